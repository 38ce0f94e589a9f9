/*
 * Bundles the handler and the rehearsal, and puts the types of a target's module, and of the rehearsal, to where
 * `cdk-rotating-secret/rotation` and `cdk-rotating-secret/testing` find them.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ASSETS, NOTIFICATION, notificationOptions, options, ROOT, SOURCE, TESTING_OPTIONS } from './bundle-options';

async function main(): Promise<void> {
  for (const asset of ASSETS) {
    const folder = join(ROOT, 'assets', asset.name);
    const { rotates = true, files } = asset.bundle;
    await build({ ...options(asset), outfile: join(folder, 'index.js') });
    if (rotates) { await build({ ...notificationOptions(), outfile: join(folder, NOTIFICATION) }); }
    for (const [file, bytes] of Object.entries(files?.() ?? {})) { writeFileSync(join(folder, file), bytes); }
  }
  await build(TESTING_OPTIONS);
  // They have nothing but types, so each is its own declaration.
  mkdirSync(join(ROOT, 'rotation'), { recursive: true });
  copyFileSync(join(SOURCE, 'targets', 'own', 'api.ts'), join(ROOT, 'rotation', 'index.d.ts'));
  copyFileSync(join(ROOT, 'rehearsal', 'api.ts'), join(ROOT, 'testing', 'index.d.ts'));
}

void main();

/*
 * Bundles the handler and the rehearsal, and writes the list of packages in the bundles. Puts the types of a target's module, and of the
 * rehearsal, where `cdk-rotating-secret/rotation` and `cdk-rotating-secret/testing` find them.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { ASSETS, COMMAND_OPTIONS, NOTIFICATION, NOTICE, notificationOptions, options, ROOT, SBOM, SOURCE, TESTING_OPTIONS } from './bundle-options';
import { notices } from './notices';
import { sbom, type Product } from './sbom';
import { thirdParties, type Bundled } from './third-parties';
import { startCommand } from '../../tools/command';

async function main(): Promise<void> {
  const bundled: Bundled[] = [];
  const bundle = async (name: string, how: BuildOptions) => {
    const { metafile } = await build({ ...how, metafile: true });
    bundled.push({ bundle: name, metafile });
  };
  for (const asset of ASSETS) {
    const folder = join(ROOT, 'assets', asset.name);
    const { rotates = true, files, dataOf } = asset.bundle;
    await bundle(asset.name, { ...options(asset), outfile: join(folder, 'index.js') });
    if (rotates) { await bundle(asset.name, { ...notificationOptions(), outfile: join(folder, NOTIFICATION) }); }
    for (const [file, bytes] of Object.entries(files?.() ?? {})) { writeFileSync(join(folder, file), bytes); }
    bundled.push({ bundle: asset.name, dataOf });
  }
  await bundle('testing', TESTING_OPTIONS);
  await bundle('testing', COMMAND_OPTIONS);
  chmodSync(join(ROOT, 'testing', 'cli.js'), 0o755);
  writeThirdParties(bundled);
  // They contain only types, so each file is its own declaration.
  mkdirSync(join(ROOT, 'rotation'), { recursive: true });
  copyFileSync(join(SOURCE, 'targets', 'own', 'api.ts'), join(ROOT, 'rotation', 'index.d.ts'));
  copyFileSync(join(ROOT, 'rehearsal', 'api.ts'), join(ROOT, 'testing', 'index.d.ts'));
}

function writeThirdParties(bundled: readonly Bundled[]): void {
  const product: Product = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const parties = thirdParties(ROOT, bundled);
  writeFileSync(join(ROOT, NOTICE), notices(product.name, parties));
  writeFileSync(join(ROOT, SBOM), `${JSON.stringify(sbom(product, parties), undefined, 1)}\n`);
}

startCommand({ name: 'bundle', description: 'Bundle the handler: one asset per target' });
// .ci/run sets it for checks that run at the same time.
if (process.env.ASSETS_ARE_BUNDLED === undefined) { void main(); }

/*
 * Bundles the handler and the rehearsal, and writes the list of packages in the bundles. Puts the types of a target's module, and of the
 * rehearsal, where `cdk-rotating-secret/rotation` and `cdk-rotating-secret/testing` find them.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import {
  ASSETS, COMMAND_OPTIONS, CORE, coreOptions, NOTIFICATION, NOTICE, notificationOptions, options, ROOT, SBOM, SOURCE, TESTING_OPTIONS,
} from './bundle-options';
import { notices } from './notices';
import { sbom, type Product } from './sbom';
import { thirdParties, type Bundled } from './third-parties';
import { startCommand } from '../../tools/command';

async function main(): Promise<void> {
  const bundled: Bundled[] = [];
  const bundle = async (name: string, how: BuildOptions) => {
    const { metafile } = await build({ ...how, metafile: true });
    bundled.push({ bundle: name, metafile });
    return filesIn(metafile);
  };
  const core = join(ROOT, 'assets', CORE);
  const shared = await bundle(CORE, { ...coreOptions(), outfile: join(core, 'index.js') });
  await bundle(CORE, { ...notificationOptions(), outfile: join(core, NOTIFICATION) });
  for (const asset of ASSETS) {
    const folder = join(ROOT, 'assets', asset.name);
    const { files, dataOf } = asset.bundle;
    const own = await bundle(asset.name, { ...options(asset), outfile: join(folder, 'index.js') });
    const twice = own.filter((file) => asset.bundle.sharesCore !== false && shared.includes(file));
    if (twice.length > 0) {
      throw new Error(`The core and the asset ${asset.name} both contain ${twice.join(', ')}. Let lambda-src/core.ts export what the asset imports`);
    }
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

/** The files whose code is in a bundle. */
function filesIn({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
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

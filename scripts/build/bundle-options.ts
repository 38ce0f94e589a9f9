/*
 * How the handler is bundled: one asset for each entry.ts below lambda-src, and one for what they share. Parts of drivers that are never used are
 * left out.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import type { AssetBundle } from '../../lambda-src/bundle';

export const ROOT = join(__dirname, '..', '..');
export const SOURCE = join(ROOT, 'lambda-src');
/** The file about the packages in the bundles. `NOTICE` is the name that jsii-pacmak copies into other packages. */
export const NOTICE = 'NOTICE';
export const SBOM = 'sbom.cdx.json';

export interface Asset {
  readonly name: string;
  readonly entry: string;
  readonly bundle: AssetBundle;
}

/** A function, or the core that is bundled with the user's module. */
export const ASSETS: readonly Asset[] = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => basename(file) === 'entry.ts').map((file) => assetOf(join(SOURCE, file)))
  .sort((one, other) => one.name < other.name ? -1 : 1);

function assetOf(entry: string): Asset {
  const said = join(dirname(entry), 'bundle.ts');
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { bundle } = existsSync(said) ? require(said) as { bundle: AssetBundle } : { bundle: {} };
  return { name: bundle.asset ?? basename(dirname(entry)), entry, bundle };
}

/** What the assets share. */
export const CORE = 'core';
const CORE_ENTRY = join(SOURCE, 'core.ts');
/** The modules and packages that only the core contains. */
const SHARED = new Set([...readFileSync(CORE_ENTRY, 'utf8').matchAll(/ from '(.+)';$/gm)]
  .map(([, name]) => name.startsWith('.') ? join(SOURCE, `${name}.ts`) : name));

/** The code for notifications: a separate file of the core, which the handler loads if there is a notification. */
export const NOTIFICATION = 'notification.js';

/** The files below `assets`, by folder. */
export const FILES: readonly { readonly name: string; readonly files: readonly string[] }[] = [
  { name: CORE, files: ['index.js', NOTIFICATION] },
  ...ASSETS.map(({ name, bundle: { files } }) => ({ name, files: ['index.js', ...Object.keys(files?.() ?? {})] })),
];

const share = (core: string): Plugin => ({
  name: 'share',
  setup({ onResolve }) {
    onResolve({ filter: /^[.@\w]/ }, ({ path, resolveDir, importer, kind }) => {
      const module = path.startsWith('.') ? join(resolveDir, `${path}.ts`) : path;
      const isOwn = !importer.includes('node_modules');
      return kind !== 'entry-point' && isOwn && SHARED.has(module) ? { path: core, external: true } : undefined;
    });
  },
});

const replace = ({ replacements = [] }: AssetBundle): Plugin => ({
  name: 'replace',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/notification\/notify$/ }, () => ({ path: `./${NOTIFICATION}`, external: true }));
    // Packages read their version from package.json, and nothing else.
    onLoad({ filter: /[\\/]package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
    for (const [index, { module, contents }] of replacements.entries()) {
      onResolve({ filter: module }, () => ({ path: String(index), namespace: 'replaced' }));
      onLoad({ filter: new RegExp(`^${index}$`), namespace: 'replaced' }, () => ({ contents, resolveDir: ROOT }));
    }
  },
});

/** `cdk-rotating-secret/testing`: readable, with the simulator in place of Secrets Manager. */
export const TESTING_OPTIONS: BuildOptions = {
  absWorkingDir: ROOT,
  entryPoints: [join(ROOT, 'rehearsal', 'index.ts')],
  outfile: join(ROOT, 'testing', 'index.js'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  legalComments: 'none',
  tsconfig: join(ROOT, 'tsconfig.dev.json'),
  logLevel: 'warning',
};

/** The command of the package: the rehearsal beside it, for tests in other languages. */
export const COMMAND_OPTIONS: BuildOptions = {
  ...TESTING_OPTIONS,
  entryPoints: [join(ROOT, 'rehearsal', 'cli.ts')],
  outfile: join(ROOT, 'testing', 'cli.js'),
  // Not a second time.
  external: ['./index'],
};

export function options({ entry, bundle }: Asset): BuildOptions {
  const { sharesCore = true } = bundle;
  return bundling(entry, [...sharesCore ? [share(`../${CORE}/index.js`)] : [], replace(bundle)]);
}

/** The asset in one file, with its copy of the core. */
export function wholeOptions({ entry, bundle }: Asset): BuildOptions {
  return bundling(entry, [replace(bundle)]);
}

export function coreOptions(): BuildOptions {
  return bundling(CORE_ENTRY, [replace({})]);
}

export function notificationOptions(): BuildOptions {
  return bundling(join(SOURCE, 'notification', 'notify.ts'), [share('./index.js'), replace({})]);
}

function bundling(entryPoint: string, plugins: Plugin[]): BuildOptions {
  return {
    entryPoints: [entryPoint],
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // import() of a module of Node.js reads all of its getters, and so loads what isn't used: of node:http, the whole of fetch.
    supported: { 'dynamic-import': false },
    minify: true,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    tsconfig: join(ROOT, 'tsconfig.dev.json'),
    plugins,
    logLevel: 'warning',
  };
}

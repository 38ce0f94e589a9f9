/** The sources of the package's files, by kind. */
export interface Sources {
  /** Below `src`. */
  readonly constructs: string[];
  /** The assets, each with its files. */
  readonly assets: readonly { readonly name: string; readonly files: readonly string[] }[];
}

const ALWAYS = [
  '.jsii', 'API.md', 'LICENSE', 'NOTICE', 'README.md', 'package.json', 'rotation/index.d.ts', 'sbom.cdx.json', 'testing/cli.js', 'testing/index.d.ts',
  'testing/index.js',
];

/**
 * The exact files of the package: each compiled source file of the constructs, and each asset with its files. A file in `lib` whose source was
 * deleted is not among them.
 */
export function expectedFiles({ constructs, assets }: Sources): string[] {
  const modules = withoutSuffix(constructs, '.ts').map((name) => `lib/${name}`);
  const bundles = assets.flatMap(({ name, files }) => files.map((file) => `assets/${name}/${file}`));
  return [...ALWAYS, ...bundles, ...modules.flatMap((module) => [`${module}.d.ts`, `${module}.js`])].sort();
}

function withoutSuffix(files: string[], suffix: string): string[] {
  return files.filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length));
}

export interface Difference {
  readonly missing: string[];
  readonly unexpected: string[];
}

export function compareFiles(expected: string[], found: string[]): Difference {
  return {
    missing: expected.filter((file) => !found.includes(file)),
    unexpected: found.filter((file) => !expected.includes(file)),
  };
}

export interface Manifest {
  readonly [field: string]: unknown;
  readonly peerDependencies?: Record<string, string>;
  readonly scripts?: Record<string, string>;
}

/** Entries of a package.json that would make npm install or run more than the package itself. */
export function findManifestProblems(manifest: Manifest): string[] {
  const installed = ['dependencies', 'optionalDependencies', 'bundledDependencies', 'bundleDependencies']
    .filter((field) => Object.keys(manifest[field] ?? {}).length > 0);
  const run = ['preinstall', 'install', 'postinstall']
    .filter((script) => manifest.scripts?.[script] !== undefined)
    .map((script) => `scripts.${script}`);
  const peers = Object.keys(manifest.peerDependencies ?? {}).sort().join(', ');
  return [...installed, ...run, ...(peers === 'aws-cdk-lib, constructs' ? [] : [`peerDependencies: ${peers}`])];
}

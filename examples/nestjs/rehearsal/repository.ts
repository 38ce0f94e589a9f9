/** All that the rehearsal and the tests use of the repository around them. A copy of this example elsewhere has to do without it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FunctionProcess as Process } from '../../../demo/function-process.js';
import type { Terminal as Screen } from '../../../demo/terminal.js';
import type { SecretsManagerServer as Server, SecretsManagerSimulator as Simulator } from '../../../test/simulator/index.js';

// The repository is CommonJS. `import` would work too, with stack traces that nobody can read.
const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../../..');
const load = <Module>(path: string) => require(join(ROOT, path)) as Module;

export const { FunctionProcess } = load<typeof import('../../../demo/function-process.js')>('demo/function-process.ts');
export const { printTable } = load<typeof import('../../../demo/table.js')>('demo/table.ts');
export const { Terminal } = load<typeof import('../../../demo/terminal.js')>('demo/terminal.ts');
export const { CONFIG_VARIABLE, HANDLER, serializeConfig } =
  load<typeof import('../../../src/private/handler-contract.js')>('src/private/handler-contract.ts');
export const { makeCertificate } = load<typeof import('../../../test/databases/certificates.js')>('test/databases/certificates.ts');
export const { freePort } = load<typeof import('../../../test/databases/ports.js')>('test/databases/ports.ts');
export const { giveToServer, unprivileged } =
  load<typeof import('../../../test/databases/server-process.js')>('test/databases/server-process.ts');
export const { rotate, SecretsManagerServer, SecretsManagerSimulator } =
  load<typeof import('../../../test/simulator/index.js')>('test/simulator/index.ts');

export type FunctionProcess = Process;
export type SecretsManagerServer = Server;
export type SecretsManagerSimulator = Simulator;
export type Terminal = Screen;

/** The function that rotates users of PostgreSQL, as it ships. `npm run bundle` in the repository makes it. */
export const POSTGRES_ASSET = join(ROOT, 'assets', 'postgres');

/** All that the rehearsal and the tests use of the repository around them. A copy of this example elsewhere has to do without it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FunctionProcess as Process } from '../../../tools/function-process.js';
import type { Terminal as Screen } from '../../../tools/terminal.js';
import type { SecretsManagerServer as Server, SecretsManagerSimulator as Simulator } from '../../../simulator/index.js';

// The repository is CommonJS. `import` would work too, with unreadable stack traces.
const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../../..');
const load = <Module>(path: string) => require(join(ROOT, path)) as Module;

export const { FunctionProcess } = load<typeof import('../../../tools/function-process.js')>('tools/function-process.ts');
export const { printTable } = load<typeof import('../../../tools/table.js')>('tools/table.ts');
export const { Terminal } = load<typeof import('../../../tools/terminal.js')>('tools/terminal.ts');
export const { CONFIG_VARIABLE, HANDLER, serializeConfig } =
  load<typeof import('../../../src/contract.js')>('src/contract.ts');
export const { makeCertificate } = load<typeof import('../../../tools/servers/certificates.js')>('tools/servers/certificates.ts');
export const { freePort } = load<typeof import('../../../tools/servers/ports.js')>('tools/servers/ports.ts');
export const { giveToServer, unprivileged } =
  load<typeof import('../../../tools/servers/server-process.js')>('tools/servers/server-process.ts');
/** MariaDB. `npm run databases` in the repository installs it. */
export const { startMariaDb: startServer } = load<typeof import('../../../servers/mariadb/mariadb.js')>('servers/mariadb/mariadb.ts');
export const { rotate, SecretsManagerServer, SecretsManagerSimulator } =
  load<typeof import('../../../simulator/index.js')>('simulator/index.ts');

export type FunctionProcess = Process;
export type SecretsManagerServer = Server;
export type SecretsManagerSimulator = Simulator;
export type Terminal = Screen;

/** The function that rotates users of databases, as it ships. `npm run bundle` in the repository makes it. */
export const assetOf = (name: 'postgres' | 'mysql') => join(ROOT, 'assets', name);

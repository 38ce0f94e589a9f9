import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { copyTemplate } from './template';
import { makeCertificate, type ServerCertificate } from '../tools/servers/certificates';
import { freePort } from '../tools/servers/ports';
import type { RestartableServer, ServerOptions } from '../tools/servers/server';
import { giveToServer, makeFolder, ServerProcess, unprivileged } from '../tools/servers/server-process';

/** A server of MySQL's family, without its specifics. */
export interface MySqlLike {
  readonly engine: 'mysql' | 'mariadb';
  /** The part of the installation, also the name of the template. */
  readonly part: string;
  /** The command line with the paths of the server's own files. It takes further arguments. */
  readonly command: string[];
  /** The SQL that the template ran at its first start. */
  readonly setup: string;
  /** Fills an empty data folder. */
  readonly initialize: (dataFolder: string) => Promise<void>;
  readonly settings: Settings;
  readonly noTls: Settings;
  /** Makes the server check passwords. The SQL runs at its start. */
  readonly passwordPolicy: { settings?: Settings; sql?: string };
}

export type Settings = Record<string, string | number>;

export const ROOT = { username: 'superuser', password: 'superuser-of-the-tests' };
export const ADMIN = { username: 'master', password: 'master-of-the-tests' };
export const DATABASE = 'app';

const SMALL_AND_FAST: Settings = {
  'innodb-flush-log-at-trx-commit': 0,
  'innodb-buffer-pool-size': '16M',
  'innodb-doublewrite': 0,
  'sync-binlog': 0,
  'performance-schema': 'OFF',
  'max-connections': 100,
};
const LOGS = ['general.log', 'slow.log', 'server.log'];
const READY = /(mysqld|mariadbd): ready for connections\./;
const PORT_TAKEN = /Can't start server: Bind on TCP\/IP port|Do you already have another (mysqld|server) server running on port/;

export async function startMySqlLike(product: MySqlLike, options: ServerOptions): Promise<RestartableServer> {
  const { tls = 'good', plaintext = tls === 'none', passwordPolicy = false } = options;
  const folder = makeFolder();
  const data = path.join(folder, 'data');
  const server = new ServerProcess(folder, 'KILL');
  try {
    const [certificate] = await Promise.all([
      makeCertificate(path.join(folder, 'tls'), tls === 'none' ? 'good' : tls),
      copyTemplate(product.part, [product.setup, ...product.command].join(), async (to) => makeTemplate(product, to), data),
    ]);
    const policy = passwordPolicy ? product.passwordPolicy : {};
    fs.writeFileSync(path.join(folder, 'init.sql'), policy.sql ?? '');
    giveToServer(folder);

    let port: number;
    const start = () => server.start([
      ...product.command,
      ...asArguments({ ...common(folder, port), ...product.settings }),
      ...asArguments(tls === 'none' ? product.noTls : certificateSettings(certificate)),
      ...asArguments({ 'require-secure-transport': plaintext ? 'OFF' : 'ON' }),
      ...asArguments(policy.settings ?? {}),
      ...asArguments(options.settings ?? {}),
    ], READY, PORT_TAKEN);
    do port = await freePort();
    while (!await start());

    return {
      engine: product.engine,
      version: /Version: '([^']+)'/.exec(server.output())![1]!,
      host: 'localhost',
      port,
      database: DATABASE,
      admin: ADMIN,
      root: ROOT,
      ca: certificate.ca,
      logs: async () => readLogs(folder),
      pause: () => server.pause(),
      resume: () => server.resume(),
      stop: async () => server.stop(),
      kill: () => server.kill(),
      restart: async () => {
        if (!await start()) { throw new Error('The port is taken'); }
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function common(folder: string, port: number): Settings {
  return {
    ...SMALL_AND_FAST,
    'datadir': path.join(folder, 'data'),
    'tmpdir': folder,
    'init-file': path.join(folder, 'init.sql'),
    'pid-file': path.join(folder, 'server.pid'),
    'bind-address': '127.0.0.1',
    port,
    // Within the data folder, because its absolute path may be too long for a socket.
    'socket': 'server.sock',
    'skip-name-resolve': 'ON',
    'server-id': 1,
    'log-bin': path.join(folder, 'binlog'),
    'general-log': 1,
    'general-log-file': path.join(folder, 'general.log'),
    'slow-query-log': 1,
    'slow-query-log-file': path.join(folder, 'slow.log'),
    'long-query-time': 0,
  };
}

function certificateSettings(certificate: ServerCertificate): Settings {
  return { 'ssl-ca': certificate.caFile, 'ssl-cert': certificate.certificateFile, 'ssl-key': certificate.keyFile };
}

/** The text logs, then the binary log, whose statements are text. */
async function readLogs(folder: string): Promise<string> {
  const binaryLogs = (await fs.promises.readdir(folder)).filter((name) => /^binlog\.\d+$/.test(name)).sort();
  const parts = await Promise.all([...LOGS, ...binaryLogs].map(async (name) => {
    const content = await fs.promises.readFile(path.join(folder, name)).catch((error) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return Buffer.alloc(0);
    });
    return `==> ${name} <==\n${content.toString(binaryLogs.includes(name) ? 'latin1' : 'utf8')}`;
  }));
  return parts.join('\n');
}

async function makeTemplate(product: MySqlLike, folder: string): Promise<void> {
  const data = path.join(folder, 'data');
  await product.initialize(data);
  const init = path.join(folder, 'init.sql');
  fs.writeFileSync(init, product.setup);
  giveToServer(folder);
  // A clean start and end, so that later starts are fast.
  await runServer(
    [...product.command, ...asArguments({ ...common(folder, 0), ...product.settings }), '--skip-networking', '--skip-log-bin'], data,
    (output) => READY.test(output),
  );
}

/** Runs the server until it ends, or until the output matches. */
export async function runServer(command: string[], cwd: string, enough: (output: string) => boolean, input = ''): Promise<void> {
  const [program, ...args] = unprivileged(command);
  const child = spawn(program!, args, { cwd });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
    if (enough(output)) child.kill('SIGTERM');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (status !== 0 || /\[ERROR\]|^ERROR/m.test(output)) throw new Error(`The template could not be made:\n${output}`);
}

export function asArguments(settings: Settings): string[] {
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

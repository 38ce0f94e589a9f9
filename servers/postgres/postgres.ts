import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { makeCertificate } from '../../tools/servers/certificates';
import { freePort } from '../../tools/servers/ports';
import type { DatabaseServer, ServerOptions } from '../../tools/servers/server';
import { giveToServer, makeFolder, ServerProcess, unprivileged } from '../../tools/servers/server-process';
import { installed } from '../installation';
import { copyTemplate } from '../template';

/** Role membership changed in 16, so both sides are tested. */
export type PostgresVersion = '15' | '18';

export interface PostgresOptions extends ServerOptions {
  /** @default '18' */
  readonly version?: PostgresVersion;
}

const ROOT = { username: 'postgres', password: 'superuser-of-the-tests' };
const ADMIN = { username: 'master', password: 'master-of-the-tests' };
const DATABASE = 'app';

const INITDB = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--wal-segsize=1', '--no-sync', '--no-instructions'];
// As in RDS: the master user has these two attributes, and the rest through a role.
const SETUP = `
CREATE ROLE rds_superuser NOLOGIN;
GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION;
CREATE ROLE ${ADMIN.username} LOGIN CREATEROLE CREATEDB PASSWORD '${ADMIN.password}';
GRANT rds_superuser TO ${ADMIN.username};
CREATE DATABASE ${DATABASE} OWNER ${ADMIN.username};
`;
const SMALL_AND_FAST = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  shared_buffers: '16MB',
  dynamic_shared_memory_type: 'mmap',
  autovacuum: 'off',
  jit: 'off',
};
const READY = /database system is ready to accept connections/;
const PORT_TAKEN = /could not bind IPv4 address|could not create any TCP\/IP sockets/;

export async function startPostgres(options: PostgresOptions = {}): Promise<DatabaseServer> {
  const { version = '18', tls = 'good', plaintext = tls === 'none', passwordPolicy = false } = options;
  const native = path.join(installed('postgres'), 'node_modules', `postgres-${version}`, 'native');
  const postgres = path.join(native, 'bin/postgres');

  const folder = makeFolder();
  const server = new ServerProcess(folder, 'QUIT');
  try {
    const [certificate] = await Promise.all([
      makeCertificate(path.join(folder, 'tls'), tls === 'none' ? 'good' : tls),
      copyTemplate(`postgres-${version}`, [...INITDB, SETUP].join(), (to) => initialize(native, to), path.join(folder, 'data')),
    ]);
    const hba = path.join(folder, 'pg_hba.conf');
    // A user with such a verifier can't log in by SCRAM. `md5` accepts both.
    const method = options.settings?.password_encryption === 'md5' ? 'md5' : 'scram-sha-256';
    fs.writeFileSync(hba, `${plaintext ? 'host' : 'hostssl'} all all 127.0.0.1/32 ${method}\n`);
    giveToServer(folder);

    const settings: Record<string, string | number> = {
      ...SMALL_AND_FAST,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      hba_file: hba,
      ...(tls === 'none' ? {} : { ssl: 'on', ssl_cert_file: certificate.certificateFile, ssl_key_file: certificate.keyFile }),
      ...(passwordPolicy ? { shared_preload_libraries: 'passwordcheck' } : {}),
      log_connections: 'on',
      log_statement: 'all',
      log_line_prefix: '%m [%p] %q%u@%d ',
      log_timezone: 'UTC',
      ...options.settings,
    };
    const configuration = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    let port: number;
    do port = await freePort();
    while (!await server.start([postgres, '-D', path.join(folder, 'data'), '-p', String(port), ...configuration], READY, PORT_TAKEN));

    return {
      engine: 'postgres',
      version: /starting PostgreSQL (\S+)/.exec(server.output())![1]!,
      host: 'localhost',
      port,
      database: DATABASE,
      admin: ADMIN,
      root: ROOT,
      ca: certificate.ca,
      logs: async () => server.output(),
      pause: () => server.pause(),
      resume: () => server.resume(),
      stop: async () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function initialize(native: string, folder: string): Promise<void> {
  const passwordFile = path.join(folder, 'password');
  fs.writeFileSync(passwordFile, ROOT.password);
  giveToServer(folder);
  const [initdb, ...args] = unprivileged([
    path.join(native, 'bin/initdb'), '-D', path.join(folder, 'data'), `--pwfile=${passwordFile}`, ...INITDB,
  ]);
  await promisify(execFile)(initdb!, args, { cwd: folder });
  const [postgres, ...single] = unprivileged([path.join(native, 'bin/postgres'), '--single', '-D', path.join(folder, 'data'), '-j', 'postgres']);
  const child = promisify(execFile)(postgres!, single, { cwd: folder });
  // In single-user mode with -j, an empty line ends a statement.
  child.child.stdin!.end(SETUP.trim().split('\n').join('\n\n') + '\n\n');
  const { stderr } = await child;
  if (/ERROR|FATAL/.test(stderr)) throw new Error(`The template could not be set up:\n${stderr}`);
}

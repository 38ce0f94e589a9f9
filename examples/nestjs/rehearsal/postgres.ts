import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { schemaOf, type Database, type User } from './database.js';
import { assetOf, freePort, giveToServer, makeCertificate, unprivileged } from './repository.js';

/** What postgres-host.ts gets. */
export interface HostOptions {
  readonly databaseDir: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface Postgres extends Database {
  /** What the server wrote. */
  log(): string;
}

const HOST = fileURLToPath(new URL('postgres-host.ts', import.meta.url));
const SUPERUSER: User = { username: 'postgres', password: 'superuser-of-the-rehearsal' };
const MASTER: User = { username: 'master', password: 'master-of-the-rehearsal' };
const DATABASE = 'app';

export async function startPostgres(): Promise<Postgres> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'rehearsal-'));
  const certificate = await makeCertificate(join(folder, 'tls'), 'good');
  giveToServer(folder);
  const port = await freePort();
  const options: HostOptions = {
    databaseDir: join(folder, 'data'), port, user: SUPERUSER.username, password: SUPERUSER.password, ...certificate,
  };
  const [program, ...args] = unprivileged([process.execPath, '--import', import.meta.resolve('tsx'), HOST, JSON.stringify(options)]);
  const host = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Ctrl-C is for the rehearsal, which then lets go of the server.
    detached: true,
  });
  let log = '';
  host.stderr!.on('data', (text: Buffer) => { log += text.toString(); });
  const gone = once(host, 'exit');
  const stop = async () => {
    if (host.connected) { host.disconnect(); }
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  await Promise.race([once(host, 'message'), gone.then(() => { throw new Error(`PostgreSQL didn't start:\n${log}`); })]);

  const run = async ({ username, password }: User, database: string, statements: string[]) => {
    const client = new pg.Client({ host: 'localhost', port, database, user: username, password, ssl: { ca: certificate.ca } });
    await client.connect();
    try {
      const results: pg.QueryResult<Record<string, unknown>>[] = [];
      for (const statement of statements) { results.push(await client.query(statement)); }
      return results;
    } finally {
      await client.end();
    }
  };
  await run(SUPERUSER, 'postgres', [
    `CREATE ROLE ${MASTER.username} LOGIN CREATEROLE PASSWORD '${MASTER.password}'`,
    `CREATE DATABASE ${DATABASE} OWNER ${MASTER.username}`,
  ]);
  return {
    address: { engine: 'postgres', host: 'localhost', port, dbname: DATABASE },
    master: MASTER,
    authority: certificate.ca,
    authorityFile: certificate.caFile,
    asset: assetOf('postgres'),
    run: (user, ...statements) => run(user, DATABASE, statements),
    makeUser: async (username) => {
      const user = { username, password: `first-password-of-${username}` };
      const schema = username;
      await run(MASTER, DATABASE, [
        `CREATE ROLE ${username} LOGIN PASSWORD '${user.password}'`, `GRANT CREATE ON DATABASE ${DATABASE} TO ${username}`,
      ]);
      await run(user, DATABASE, [`CREATE SCHEMA ${schema}`, `SET search_path TO ${schema}; ${await schemaOf('schema.sql')}`]);
      await run(user, DATABASE, [`ALTER ROLE ${username} SET search_path TO ${schema}`]);
      return user;
    },
    log: () => log,
    stop,
  };
}

/* What `npm run accept` refuses before it makes anything, on real servers. npm run accept:servers has the rest. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMariaDb, startMySql, startPostgres, type DatabaseServer } from '../../../servers';
import { connect } from '../../../servers/clients';
import { ROOT } from '../../../tools/run';
import { PASSWORD_VARIABLE } from '../address';
import { NAME } from '../kind';

const TSX = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs');

describe.each([
  { engine: 'postgres', other: 'mysql', start: () => startPostgres() },
  { engine: 'mysql', other: 'mariadb', start: () => startMySql() },
  { engine: 'mariadb', other: 'mysql', start: () => startMariaDb() },
])('$engine', ({ engine, other, start }) => {
  let server: DatabaseServer;
  let folder: string;
  beforeAll(async () => {
    server = await start();
    folder = mkdtempSync(join(tmpdir(), 'accept-'));
    writeFileSync(join(folder, 'ca.pem'), server.ca);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  function accept(options: readonly string[], { target = engine, password = server.admin.password, ca = true } = {}) {
    const url = `${target}://${server.admin.username}@localhost:${server.port}`;
    const { status, stdout, stderr } = spawnSync(process.execPath, [
      TSX, '--tsconfig', 'tsconfig.dev.json', 'test/acceptance/main.ts', target, url, ...ca ? [`--ca=${join(folder, 'ca.pem')}`] : [], ...options,
    ], { cwd: ROOT, encoding: 'utf8', input: '', env: { ...process.env, [PASSWORD_VARIABLE]: password } });
    expect(stdout + stderr).not.toContain(password);
    return { status, stdout, stderr };
  }

  async function refuses(message: RegExp, ...given: Parameters<typeof accept>) {
    expect(accept(...given)).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(message) });
    expect(await madeOn(server)).toEqual([]);
  }

  test('without a terminal and without --yes', () => refuses(/There is no terminal to ask on\. Add --yes/, []));

  test('a wrong password', () => refuses(/^No session: (28P01|ER_ACCESS_DENIED_ERROR) /, ['--yes'], { password: 'a-wrong-password' }));

  test('a certificate of an unknown authority', () => refuses(/^No session: .*(self-signed|unable to|certificate)/i, ['--yes'], { ca: false }));

  if (engine !== 'postgres') {
    test('the target of another product', () => refuses(new RegExp(`^The target is ${other}, and the server is M`), ['--yes'], { target: other }));
  }

  test('a database with the name of one that people depend on', async () => {
    const root = await connect(server, { login: server.root });
    await root.query('CREATE DATABASE orders_prod');
    await root.close();
    try {
      await refuses(/looks like one that people depend on: it has a database called orders_prod\. .*--production/, ['--yes']);
      // With the flag, the next refusal is another one.
      await refuses(/There is no terminal to ask on/, ['--production']);
    } finally {
      const again = await connect(server, { login: server.root });
      await again.query('DROP DATABASE orders_prod');
      await again.close();
    }
  });

  test('a server with sessions of other users', async () => {
    const root = await connect(server, { login: server.root });
    await refuses(new RegExp(`other users have sessions: ${server.root.username}`), ['--yes']).finally(() => root.close());
  });

  test('a second run at the same time', async () => {
    const admin = await connect({ ...server, database: engine === 'postgres' ? 'postgres' : server.database });
    await admin.query(engine === 'postgres' ? 'SELECT pg_advisory_lock(hashtextextended(\'cdk-rotating-secret acceptance\', 0))' : 'SELECT GET_LOCK(\'cdk-rotating-secret acceptance\', 0)');
    await refuses(/Another run of this command uses the server/, ['--yes']).finally(() => admin.close());
  });
});

/** The databases of the suite on a server. */
async function madeOn(server: DatabaseServer): Promise<string[]> {
  const client = await connect(server, { login: server.root });
  const rows = await client.query(server.engine === 'postgres' ? 'SELECT datname FROM pg_database' : 'SHOW DATABASES');
  await client.close();
  return rows.map((row) => String(Object.values(row)[0])).filter((name) => name.startsWith(NAME));
}

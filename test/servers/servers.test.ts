import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TestClient } from '../../servers/clients';
import { type DatabaseServer, Proxy, type ServerOptions, startMariaDb, startMySql, startPostgres } from '../../servers/index';

type Start = (options?: ServerOptions) => Promise<DatabaseServer>;

const SERVERS: [name: string, start: Start, version: RegExp][] = [
  ['PostgreSQL 15', async (options) => startPostgres({ version: '15', ...options }), /^15\./],
  ['PostgreSQL 18', async (options) => startPostgres(options), /^18\./],
  ['MariaDB 10.11', async (options) => startMariaDb({ version: '10.11', ...options }), /^10\.11\..*MariaDB/],
  ['MariaDB 11.8', async (options) => startMariaDb(options), /^11\.8\..*MariaDB/],
  ['MySQL 8.0', async (options) => startMySql(options), /^8\.0\./],
  ['MySQL 9.7', async (options) => startMySql({ version: '9.7', ...options }), /^9\.7\./],
];

const opened: { close(): Promise<void> }[] = [];

/** Everything that a test opens is closed at its end, the last first. */
function closing<T extends { close(): Promise<void> } | { stop(): Promise<void> }>(it: T): T {
  opened.unshift({ close: async () => ('stop' in it ? it.stop() : it.close()) });
  return it;
}

afterEach(async () => {
  for (const it of opened.splice(0)) await it.close().catch(() => undefined);
});

async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}

/** The processes of a server and its guard. */
function processesOf(folder: string): string[] {
  return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) || fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

/** The folder of the server at a port, from the command line of its process. */
function folderOf(port: number): string {
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let args: string[] = [];
    try {
      args = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    } catch {
      // It ended meanwhile.
    }
    if (!args.includes(String(port)) && !args.includes(`--port=${port}`)) continue;
    const folder = /\/\S*\/database-\w+/.exec(args.join(' '));
    if (folder) return folder[0];
  }
  throw new Error(`No server at ${port}`);
}

describe.each(SERVERS)('%s', (name, start, version) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await start(); });
  afterAll(async () => { await server.stop(); });

  test('starts, and its admin logs in over verified TLS', async () => {
    expect(server.version).toMatch(version);
    const client = closing(await connect(server));
    const [row] = await client.query(server.engine === 'postgres'
      ? 'SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
      : "SHOW STATUS LIKE 'Ssl_cipher'");
    expect(Object.values(row!).at(-1)).toMatch(/^(TLS_AES|ECDHE)/);
  });

  test('its admin creates users and gives them rights, but is no superuser', async () => {
    const admin = closing(await connect(server));
    const login = { username: 'app_user', password: 'the-password-of-app_user' };
    if (server.engine === 'postgres') {
      await admin.query(`CREATE ROLE app_owner; CREATE ROLE app_user LOGIN PASSWORD '${login.password}' IN ROLE app_owner`);
      await admin.query('CREATE SCHEMA things; GRANT USAGE, CREATE ON SCHEMA things TO app_owner');
      await expect(admin.query('ALTER ROLE app_user SUPERUSER')).rejects.toMatchObject({ code: '42501' });
    } else {
      await admin.query(`CREATE USER app_user IDENTIFIED BY '${login.password}'`);
      await admin.query('CREATE ROLE app_owner');
      await admin.query('GRANT SELECT, INSERT, CREATE, CREATE ROUTINE ON app.* TO app_owner');
      await admin.query('GRANT app_owner TO app_user');
      await admin.query('GRANT SELECT ON app.* TO app_user WITH GRANT OPTION');
      await expect(admin.query('GRANT SUPER ON *.* TO app_user')).rejects.toThrow(/Access denied/);
      await expect(admin.query("SELECT 1 INTO OUTFILE '/tmp/never'")).rejects.toThrow(/Access denied/);
    }
    const user = closing(await connect(server, { login }));
    expect(await user.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('its root may do things that the admin may not', async () => {
    const root = closing(await connect(server, { login: server.root }));
    if (server.engine === 'postgres') {
      expect(await root.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).toEqual([{ rolsuper: true }]);
    } else {
      await root.query('CREATE USER another');
      await root.query('GRANT SUPER ON *.* TO another');
      expect(JSON.stringify(await root.query('SHOW GRANTS FOR another'))).toContain('SUPER');
    }
  });

  test.each([
    ['wrongHost', 'ERR_TLS_CERT_ALTNAME_INVALID', /does not match certificate's altnames/],
    ['expired', 'CERT_HAS_EXPIRED', /certificate has expired/],
    // MySQL and MariaDB also send the authority's own certificate.
    ['unknownCa', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', /self-signed certificate in certificate chain/],
  ] as const)('with %s its certificate is refused with %s', async (tls, code, message) => {
    const bad = closing(await start({ tls }));
    // mysql2 passes on the message of TLS, not its code.
    await expect(connect(bad)).rejects.toMatchObject(bad.engine === 'postgres' ? { code } : { message: expect.stringMatching(message) });
  });

  test('without TLS it is refused by clients that require TLS, and accepts plaintext', async () => {
    const plain = closing(await start({ tls: 'none' }));
    await expect(connect(plain)).rejects.toThrow(/does not support (SSL|secure) connection/);
    const client = closing(await connect(plain, { tls: 'plaintext' }));
    expect(await client.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('with TLS it refuses plaintext by default', async () => {
    await expect(connect(server, { tls: 'plaintext' })).rejects.toThrow(
      // It doesn't distinguish this from a wrong password.
      name === 'MariaDB 10.11' ? /Access denied/ : /no encryption|require_secure_transport/,
    );
    const lax = closing(await start({ plaintext: true }));
    const client = closing(await connect(lax, { tls: 'plaintext' }));
    expect(await client.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('its logs have a statement at once', async () => {
    const client = closing(await connect(server));
    await client.query("SELECT 'a statement to be found'");
    expect(await server.logs()).toContain("SELECT 'a statement to be found'");
    await expect(client.query("SELECT 'another one' FROM nowhere_at_all")).rejects.toThrow(/nowhere_at_all/);
    expect(await server.logs()).toContain("SELECT 'another one' FROM nowhere_at_all");
  });

  test('its logs have a password that was sent in clear text, unless it is MySQL', async () => {
    const client = closing(await connect(server));
    const [create, change] = server.engine === 'postgres'
      ? ['CREATE ROLE logged LOGIN', "ALTER ROLE logged PASSWORD 'a-password-in-clear'"]
      : ['CREATE USER logged', "ALTER USER logged IDENTIFIED BY 'a-password-in-clear'"];
    await client.query(create);
    await client.query(change);
    const times = async (text: string) => (await server.logs()).split(text).length - 1;
    if (server.engine === 'mysql') {
      // In as many of its logs as have it by then.
      await becomes(async () => Math.min(1, await times("ALTER USER 'logged'@'%' IDENTIFIED BY <secret>")), 1);
      expect(await times('a-password-in-clear')).toBe(0);
    } else {
      // General, slow and binary log.
      await becomes(() => times('a-password-in-clear'), server.engine === 'mariadb' ? 3 : 1);
    }
  });

  test('with a password policy it refuses a weak password', async () => {
    if (name === 'MySQL 8.0') {
      await expect(startMySql({ version: '8.0', passwordPolicy: true })).rejects.toThrow(/validate_password/);
      return;
    }
    const strict = closing(await start({ passwordPolicy: true }));
    const client = closing(await connect(strict));
    const create = (password: string) => server.engine === 'postgres'
      ? `CREATE ROLE app_user LOGIN PASSWORD '${password}'`
      : `CREATE USER app_user IDENTIFIED BY '${password}'`;
    await expect(client.query(create('short'))).rejects.toMatchObject(
      server.engine === 'postgres' ? { code: '22023' } : { code: 'ER_NOT_VALID_PASSWORD' },
    );
    await client.query(create('Long-enough-4-a-policy'));
  });

  test('accepts settings', async () => {
    const set = closing(await start({ settings: name.startsWith('PostgreSQL') ? { statement_timeout: '7s' } : { 'wait-timeout': 7 } }));
    const client = closing(await connect(set));
    const [row] = await client.query(server.engine === 'postgres' ? 'SHOW statement_timeout' : "SHOW GLOBAL VARIABLES LIKE 'wait_timeout'");
    expect(Object.values(row!).at(-1)).toMatch(/^7s?$/);
  });

  test('hangs while it is paused, and then continues', async () => {
    const client = closing(await connect(server));
    server.pause();
    const answer = client.query('SELECT 1 AS one');
    expect(await Promise.race([answer, sleep(300, 'nothing')])).toBe('nothing');
    await expect(connect(server, { timeout: 300 })).rejects.toThrow(/time/i);
    server.resume();
    expect(await answer).toEqual([{ one: 1 }]);
  });

  test('stops at once, even when paused, and leaves nothing behind', async () => {
    const other = await start();
    const client = closing(await connect(other));
    const folder = folderOf(other.port);
    expect(processesOf(folder).length).toBeGreaterThanOrEqual(2);
    other.pause();
    await other.stop();
    await expect(client.query('SELECT 1')).rejects.toThrow();
    expect(processesOf(folder)).toEqual([]);
    expect(fs.existsSync(folder)).toBe(false);
    expect(await isListening(other.port)).toBe(false);
  });

  test('does not run as root', async () => {
    const folder = folderOf(server.port);
    const data = processesOf(folder).filter((pid) => fs.readlinkSync(`/proc/${pid}/cwd`) === path.join(folder, 'data'));
    expect(data.length).toBeGreaterThan(0);
    for (const pid of data) expect(/^Uid:\t(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))![1]).not.toBe('0');
  });
});

test.each([['startPostgres'], ['startMariaDb']])('%s: the server ends with the process that started it, however that process ends', async (start) => {
  const program = `
    const { ${start} } = require(${JSON.stringify(path.join(__dirname, '..', '..', 'servers', 'index.ts'))});
    ${start}().then((server) => { server.pause(); console.log(server.port); });
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number(await new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk)))));
  expect(await isListening(port)).toBe(true);
  const folder = folderOf(port);
  child.kill('SIGKILL');
  for (let i = 0; i < 200 && fs.existsSync(folder); i++) await sleep(20);
  expect(processesOf(folder)).toEqual([]);
  expect(fs.existsSync(folder)).toBe(false);
  expect(await isListening(port)).toBe(false);
});

test('PostgreSQL leaves no shared memory behind', async () => {
  const server = closing(await startPostgres());
  const pids = processesOf(folderOf(server.port));
  // The fifth column is the process that made a segment.
  const segments = () => fs.readFileSync('/proc/sysvipc/shm', 'utf8').split('\n').filter((line) => pids.includes(line.trim().split(/\s+/)[4]!));
  expect(segments()).toHaveLength(1);
  await server.stop();
  expect(segments()).toEqual([]);
});

describe.each([SERVERS[1]!, SERVERS[3]!, SERVERS[4]!])('a proxy before %s', (_name, start) => {
  let server: DatabaseServer;
  let proxy: Proxy;
  let direct: TestClient;

  beforeAll(async () => { server = await start(); });
  afterAll(async () => { await server.stop(); });
  beforeEach(async () => {
    proxy = closing(await Proxy.start(server.port));
    direct = closing(await connect(server));
    await direct.query('DROP TABLE IF EXISTS things');
    await direct.query('CREATE TABLE things (name varchar(10))');
  });

  test('forwards, including TLS', async () => {
    const client = closing(await connect(server, { port: proxy.port }));
    expect(await client.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(proxy.connections).toBe(1);
    expect(proxy.writes).toBeGreaterThan(2);
  });

  test('loses the reply to a statement that was executed', async () => {
    const client = closing(await connect(server, { port: proxy.port }));
    proxy.cutAtWrite(1);
    await expect(client.query("INSERT INTO things VALUES ('it')")).rejects.toThrow();
    expect(await direct.query('SELECT name FROM things')).toEqual([{ name: 'it' }]);
    const next = closing(await connect(server, { port: proxy.port }));
    expect(await next.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('loses the reply to each write of a login and a statement', async () => {
    proxy.cutAtWrite(Infinity);
    await (await connect(server, { port: proxy.port })).query("INSERT INTO things VALUES ('it')");
    const { writes } = proxy;
    for (let n = 1; n <= writes; n++) {
      await direct.query('DELETE FROM things');
      proxy.cutAtWrite(n);
      const attempt = async () => (await connect(server, { port: proxy.port })).query("INSERT INTO things VALUES ('it')");
      await expect(attempt()).rejects.toThrow();
      expect(await direct.query('SELECT name FROM things')).toHaveLength(n === writes ? 1 : 0);
    }
  });

  test('drops everything, then forwards again', async () => {
    const client = closing(await connect(server, { port: proxy.port }));
    proxy.blackHole();
    const query = client.query('SELECT 1 AS one').catch((error: Error) => error);
    expect(await Promise.race([query, sleep(200, 'nothing')])).toBe('nothing');
    await expect(connect(server, { port: proxy.port, timeout: 200 })).rejects.toThrow(/time/i);
    await proxy.forward();
    expect(await query).toHaveProperty('message');
    const next = closing(await connect(server, { port: proxy.port }));
    expect(await next.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('refuses, then forwards again at the same port', async () => {
    const client = closing(await connect(server, { port: proxy.port }));
    await proxy.refuse();
    await expect(client.query('SELECT 1')).rejects.toThrow();
    await expect(connect(server, { port: proxy.port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.forward();
    const next = closing(await connect(server, { port: proxy.port }));
    expect(await next.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

/** Some logs are written after the reply. */
async function becomes(look: () => Promise<number>, expected: number): Promise<void> {
  for (let attempt = 0; attempt < 50 && await look() < expected; attempt++) { await new Promise((resolve) => setTimeout(resolve, 100)); }
  expect(await look()).toBe(expected);
}

/*
 * The rotation contract's case of a restart of the server, with dual passwords. A real server is killed with SIGKILL and restarted. It writes
 * what it acknowledges to its disk first, as by default and unlike the servers of the other tests.
 */
import { created, expectNoSecrets } from './failing';
import { DatabaseHarness, letsIn, run, type Connection } from './fixture';
import { startMariaDb, startMySql, type RestartableServer, type ServerOptions } from '../../../../servers';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const DURABLE: ServerOptions = { settings: { 'innodb-flush-log-at-trx-commit': 1, 'sync-binlog': 1, 'innodb-doublewrite': 'ON' } };

interface Setting {
  readonly name: string;
  /** Who adds the passwords. */
  readonly by: 'user' | 'superuser';
  start(): Promise<RestartableServer>;
}

const SETTINGS: readonly Setting[] = [
  { name: 'MySQL 8.0', by: 'user', start: () => startMySql({ ...DURABLE, version: '8.0' }) },
  { name: 'MySQL 9.7', by: 'superuser', start: () => startMySql({ ...DURABLE, version: '9.7' }) },
  { name: 'MariaDB 11.8', by: 'superuser', start: () => startMariaDb({ ...DURABLE, version: '11.8' }) },
  { name: 'MariaDB 10.11', by: 'superuser', start: () => startMariaDb({ ...DURABLE, version: '10.11' }) },
];

describe.each(SETTINGS)('$name, passwords added by the $by', ({ by, start }) => {
  let server: RestartableServer;
  let users = 0;
  beforeAll(async () => { server = await start(); });
  afterAll(() => server.stop());

  async function make(connection?: (inner: Connection) => Connection): Promise<DatabaseHarness> {
    const user = { username: `restarted_${++users}`, password: `first-password-${users}` };
    await run(server, server.root, `CREATE USER '${user.username}'@'%' IDENTIFIED BY '${user.password}'`, `GRANT SELECT ON app.* TO '${user.username}'@'%'`);
    if (by === 'user') { await run(server, server.root, `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO '${user.username}'@'%'`); }
    return DatabaseHarness.make(server, { user, connection, config: { dualPasswords: true, ...by === 'superuser' ? { superuserSecretArn: 'superuser' } : {} } });
  }

  const accepted = (h: DatabaseHarness, ...versions: string[]) => Promise.all(versions.map((version) => letsIn(server, h.login(version))));

  async function crash(): Promise<void> {
    await server.kill();
    await server.restart();
  }

  test('case 92: the server is killed and restarted after any step, and what was acknowledged still holds', async () => {
    const h = await make();
    await h.rotate();
    const rotation = h.start();
    for (const step of STEPS) {
      await h.step(rotation, step);
      await crash();
      // setSecret replaces the password of AWSPREVIOUS, unless finishSecret has moved the label.
      const versions = { createSecret: ['AWSPREVIOUS'], setSecret: ['AWSPENDING'], testSecret: ['AWSPENDING'], finishSecret: ['AWSPREVIOUS'] }[step];
      expect(await accepted(h, 'AWSCURRENT', ...versions)).toEqual([true, true]);
    }
    h.simulator.completeRotation(h.arn);
    await h.rotate();
    expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
  });

  test('case 92: the server is killed and restarted after any statement, what was acknowledged still holds, and the rotation completes', async () => {
    let sent = 0;
    let last = Infinity;
    const crashes: string[] = [];
    const h = await make((inner) => Object.assign(Object.create(inner) as Connection, {
      query: async (sql: string) => {
        const rows = await inner.query(sql);
        if (++sent === last) {
          await crash();
          crashes.push(sql);
        }
        return rows;
      },
      close: async () => inner.close(),
    }));
    await h.rotate();
    let changes = 0;
    for (let n = 1, isOver = false; !isOver; n++) {
      const rotation = await created(h);
      [sent, last] = [0, n];
      // A failed step ends the sequence, and Secrets Manager begins it again.
      await h.steps(rotation, 'setSecret', 'testSecret').catch((error: Error) => { expect(error.name).toBe('ConnectivityError'); });
      last = Infinity;
      isOver = crashes.length < n;
      expect(await accepted(h, 'AWSCURRENT')).toEqual([true]);
      if (!isOver && crashes[n - 1].startsWith('ALTER USER')) {
        changes++;
        expect(await accepted(h, 'AWSPENDING')).toEqual([true]);
      }
      await h.steps(rotation, ...STEPS);
      h.simulator.completeRotation(h.arn);
      expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
      expect(n).toBeLessThan(30);
    }
    expect(changes).toBeGreaterThan(0);
    expectNoSecrets(h);
  }, 120_000);
});

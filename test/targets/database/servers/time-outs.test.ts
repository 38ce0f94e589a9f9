/* The rotation contract's case 33 on real servers: whatever hangs, setSecret ends before Lambda ends it, and starts nothing new after that. */
import { created, dialledVersions, fails } from './failing';
import { DatabaseHarness, letsIn, MARIADB, MYSQL, POSTGRES, REDSHIFT, STRATEGIES, type Connection, type Strategy } from './fixture';
import type { DatabaseServer } from '../../../../servers';
import { connect, type TestClient } from '../../../../servers/clients';

/** A server for each, so that one that hangs doesn't affect others, and all can wait at the same time. */
describe('PostgreSQL, MariaDB, MySQL and the stand-in for Redshift, with both strategies', () => {
  let subjects: { server: DatabaseServer; strategy: Strategy }[];
  beforeAll(async () => {
    const pairs = [POSTGRES, MARIADB, MYSQL, REDSHIFT].flatMap((kind) => STRATEGIES.map((strategy) => ({ kind, strategy })));
    subjects = await Promise.all(pairs.map(async ({ kind, strategy }) => ({ server: await kind.start(), strategy })));
  });
  afterAll(async () => { await Promise.all(subjects.map(({ server }) => server.stop())); });

  // One strategy after the other, because eight at once on a busy machine take longer than a step has here.
  const inAll = async (check: (server: DatabaseServer, strategy: Strategy) => Promise<void>) => {
    for (const strategy of STRATEGIES) {
      await Promise.all(subjects.filter((subject) => subject.strategy === strategy).map(({ server }) => check(server, strategy)));
    }
  };

  const DIALLED = { singleUser: ['AWSCURRENT'], alternatingUsers: ['AWSCURRENT', 'superuser'] };
  const NAMES = '(StepTimeoutError|ConnectivityError|TargetRefusedError)';
  const TEXT = /gave up because the time-out of the function is near|doesn't answer in time|took too long|holds a lock/;

  test.each([5_000, 12_000])('case 33: a lock of another session: with %d ms left, it fails in time and the retry completes', async (remaining) => inAll(async (server, strategy) => {
    const h = await DatabaseHarness.make(server, { strategy });
    const rotation = await created(h);
    const locker = await connect(server, { login: server.root });
    await lockPasswords(server, locker);
    h.remaining = remaining;
    const start = Date.now();
    try {
      await fails(h, h.step(rotation, 'setSecret'), NAMES, TEXT);
      expect(Date.now() - start).toBeLessThan(remaining);
      const { length } = h.dialled;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(h.dialled).toHaveLength(length);
      const dialled = dialledVersions(h);
      if (remaining < 8_000) { expect(dialled).toEqual(DIALLED[strategy].slice(0, dialled.length)); }
    } finally {
      await locker.close();
    }
    await completes(h, rotation);
  }));

  test('case 33: a server that stops answering in the middle: it fails in time, starts nothing more, and the retry completes', async () => inAll(async (server, strategy) => {
    let beforeChange = () => { server.pause(); };
    const h = await DatabaseHarness.make(server, { strategy, connection: watching(() => { beforeChange(); }) });
    const rotation = await created(h);
    h.remaining = 8_000;
    const start = Date.now();
    try {
      await fails(h, h.step(rotation, 'setSecret'), 'StepTimeoutError', /setSecret gave up because the time-out of the function is near/);
      expect(Date.now() - start).toBeLessThan(h.remaining);
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      expect(dialledVersions(h)).toEqual(DIALLED[strategy]);
    } finally {
      server.resume();
    }
    beforeChange = () => {};
    await completes(h, rotation);
  }));

  test('case 33: a server that never answers again is distinguished from a slow one, before the time is up', async () => inAll(async (server, strategy) => {
    const h = await DatabaseHarness.make(server, { strategy, connection: watching(() => { server.pause(); }) });
    const rotation = await created(h);
    const start = Date.now();
    try {
      await fails(h, h.step(rotation, 'setSecret'), 'ConnectivityError', /doesn't answer in time/);
      // A statement of Redshift has 20 seconds, and 1 more until the function gives it up. Then a login finds out what happened.
      expect(Date.now() - start).toBeLessThan(server.engine === 'redshift' ? 28_000 : 18_000);
    } finally {
      server.resume();
    }
  }));

  async function completes(h: DatabaseHarness, rotation: { secretId: string; token: string; test: boolean }): Promise<void> {
    h.remaining = 30_000;
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await letsIn(h.server, h.login('AWSCURRENT'))).toBe(true);
  }
});

/** A connection that reports the statement that sets a password. */
function watching(beforeChange: () => void): (connection: Connection) => Connection {
  return (connection) => ({
    ...connection,
    query: (sql, parameters) => {
      if (/^ALTER (USER|ROLE) .*(PASSWORD|IDENTIFIED)|^SET PASSWORD/.test(sql)) { beforeChange(); }
      return connection.query(sql, parameters);
    },
    close: () => connection.close(),
  });
}

/** Blocks changes of passwords, and no logins. */
async function lockPasswords(server: DatabaseServer, client: TestClient): Promise<void> {
  if (server.engine === 'postgres') {
    await client.query('BEGIN');
    await client.query('LOCK TABLE pg_authid IN SHARE MODE');
  } else if (server.engine === 'redshift') {
    await client.query('BEGIN');
    await client.query('LOCK pg_shadow');
  } else {
    await client.query('FLUSH TABLES WITH READ LOCK');
  }
}

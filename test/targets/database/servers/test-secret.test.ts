/*
 * The rotation contract's cases of testSecret, on real servers.
 */
import { created, dialledUsers, dialledVersions, expectNoSecrets, fails, setPassword } from './failing';
import { DatabaseHarness, KINDS, makeUser, MARIADB, MYSQL, POSTGRES, REDSHIFT, run, speaksPostgres, STRATEGIES, type DatabaseHarnessOptions } from './fixture';
import type { DatabaseServer } from '../../../../servers';
import type { StartedRotation } from '../../../../simulator';

const NOT_ACCEPTED = /does not accept the pending credentials\. See that the user is not locked and that its password has not expired/;

describe.each([...KINDS, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  /** A rotation before its testSecret. */
  async function set(options: DatabaseHarnessOptions = {}): Promise<{ h: DatabaseHarness; rotation: StartedRotation; account: string }> {
    const h = await DatabaseHarness.make(server, options);
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    h.dialled.length = 0;
    const { username } = h.login('AWSPENDING');
    return { h, rotation, account: speaksPostgres(server) ? `"${username}"` : `\`${username}\`@'%'` };
  }

  test.each(STRATEGIES)('case 43: %s: pending credentials that log in as the intended user succeed, and nothing is written', async (strategy) => {
    const { h, rotation } = await set({ strategy });
    h.simulator.resetCalls();
    await h.step(rotation, 'testSecret');
    expect(dialledUsers(h)).toEqual([h.login('AWSPENDING').username]);
    expect(h.writes).toEqual([]);
    expect(h.sleeps).toEqual([]);
    expectNoSecrets(h);
  });

  test.each(STRATEGIES)('cases 44, 47: %s: if only the current password works, it fails after a few attempts', async (strategy) => {
    const h = await DatabaseHarness.make(server, { strategy });
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'testSecret'), 'AuthenticationError', NOT_ACCEPTED);
    // A right login in between keeps the wrong ones from locking the current user.
    const look = strategy === 'singleUser' ? ['AWSPENDING', 'AWSCURRENT'] : ['AWSPENDING'];
    expect(dialledVersions(h)).toEqual(Array(6).fill(look).flat());
    expect(h.sleeps).toEqual([100, 200, 400, 800, 1600]);
  });

  test('case 45: an expired user fails', async () => {
    const { h, rotation, account } = await set();
    await run(server, server.root, speaksPostgres(server) ? `ALTER USER ${account} VALID UNTIL '2020-01-01'` : `ALTER USER ${account} PASSWORD EXPIRE`);
    // MariaDB lets such a user log in, only to change its password.
    await (server.engine === 'mariadb'
      ? fails(h, h.step(rotation, 'testSecret'), 'TargetRefusedError', /refused with ER_MUST_CHANGE_PASSWORD\. The password of the user is expired/)
      : fails(h, h.step(rotation, 'testSecret'), 'AuthenticationError', NOT_ACCEPTED));
  });

  test('case 45: a locked user fails', async () => {
    const { h, rotation, account } = await set();
    await run(server, server.root, server.engine === 'postgres' ? `ALTER ROLE ${account} NOLOGIN` : server.engine === 'redshift' ? `ALTER USER ${account} PASSWORD DISABLE` : `ALTER USER ${account} ACCOUNT LOCK`);
    if (server.engine === 'postgres') {
      await fails(h, h.step(rotation, 'testSecret'), 'TargetRefusedError', /refused with 28000\..*NOLOGIN/);
    } else {
      await fails(h, h.step(rotation, 'testSecret'), 'AuthenticationError', NOT_ACCEPTED);
    }
  });

  test.each(STRATEGIES)('case 46: %s: testSecret alone, on a copy of the current value, succeeds and writes nothing', async (strategy) => {
    const h = await DatabaseHarness.make(server, { strategy });
    const versions = h.secret.versions;
    const rotation = h.start({ rotateImmediately: false });
    expect(h.value(rotation.token)).toBe(h.value('AWSCURRENT'));
    await h.step(rotation, 'testSecret');
    expect(h.writes).toEqual([]);
    expect(dialledUsers(h)).toEqual([h.user.username]);
    h.simulator.completeRotation(h.arn);
    expect(h.secret.versions.map(({ id }) => id)).toEqual(versions.map(({ id }) => id));
  });

  test('case 46: testSecret alone fails if the current password does not work', async () => {
    const h = await DatabaseHarness.make(server);
    await setPassword(server, { ...h.user, password: 'changed-by-hand-1' });
    await fails(h, h.step(h.start({ rotateImmediately: false }), 'testSecret'), 'AuthenticationError', NOT_ACCEPTED);
  });

  test('case 47: retries with a server that takes a moment to accept', async () => {
    const h = await DatabaseHarness.make(server);
    const rotation = await created(h);
    const handler = h.makeHandler({ sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) });
    const late = new Promise<void>((resolve, reject) => { setTimeout(() => { setPassword(server, h.login('AWSPENDING')).then(resolve, reject); }, 300); });
    await Promise.all([h.step(rotation, 'testSecret', handler), late]);
    const looks = dialledVersions(h).filter((version) => version === 'AWSPENDING');
    expect(looks.length).toBeGreaterThan(1);
    expect(looks.length).toBeLessThanOrEqual(6);
  });
});

describe.each([POSTGRES, MARIADB, MYSQL])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  test('cases 44, 47: there is no attempt without enough time for it', async () => {
    const h = await DatabaseHarness.make(server);
    const rotation = await created(h);
    h.remaining = 1_350;
    await fails(h, h.step(rotation, 'testSecret'), 'AuthenticationError', NOT_ACCEPTED);
    expect(h.sleeps).toEqual([100, 200]);
  });

  test('case 43: a version without a value fails without a connection', async () => {
    const h = await DatabaseHarness.make(server);
    await fails(h, h.step(h.start(), 'testSecret'), 'PendingValueMissingError', /no value/);
    expect(h.dialled).toEqual([]);
  });
});

test.each([MARIADB, MYSQL])('case 43: an anonymous account of $name that accepts every user is not taken for the user', async (kind) => {
  const server = await kind.start();
  try {
    const user = { username: 'nobody', password: 'password-of-all' };
    await run(server, server.root, `CREATE USER ''@'%' IDENTIFIED BY '${user.password}'`, `GRANT SELECT ON ${server.database}.* TO ''@'%'`);
    const h = await DatabaseHarness.make(server, { user });
    await fails(h, h.step(h.start({ rotateImmediately: false }), 'testSecret'), 'TargetRefusedError', /accepts the credentials as those of another user.*anonymous account/);
  } finally {
    await server.stop();
  }
});

test.each([MARIADB, MYSQL])('case 45: $name: a user with an expired password, which may log in only to change it, fails', async (kind) => {
  const server = await kind.start({ settings: { 'disconnect-on-expired-password': 'OFF' } });
  try {
    const user = { username: 'stale', password: 'password-of-stale' };
    await makeUser(server, user);
    await run(server, server.root, 'ALTER USER stale PASSWORD EXPIRE');
    const h = await DatabaseHarness.make(server, { user });
    await fails(h, h.step(h.start({ rotateImmediately: false }), 'testSecret'), 'TargetRefusedError', /ER_MUST_CHANGE_PASSWORD\. The password of the user is expired/);
  } finally {
    await server.stop();
  }
});

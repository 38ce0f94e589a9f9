/*
 * The rotation contract's cases of setSecret for alternating users, on real servers. The tests of each engine have the details of copying
 * rights.
 */
import { beforeClaim, created, dialledUsers, dialledVersions, expectNoSecrets, fails, giveUp, passwordStatements, pendingWith, setPassword } from './failing';
import { DatabaseHarness, KINDS, letsIn, makeUser, MARIADB, MYSQL, POSTGRES, quoteName, run, type DatabaseHarnessOptions } from './fixture';
import type { DatabaseServer, Login } from '../../../../servers';
import { accessDenied } from '../../../../simulator';
import { failure } from '../../../harness';

/** Revokes a right from a user, to test whether it was copied. */
let tables = 0;
async function makeTable(server: DatabaseServer, login?: Login): Promise<string> {
  const table = `things_${++tables}`;
  await run(server, server.admin, `CREATE TABLE ${table} (name varchar(20))`, ...login ? grant(server, table, login) : []);
  return table;
}

function grant(server: DatabaseServer, table: string, { username }: Login): string[] {
  return [`GRANT SELECT, INSERT ON ${table} TO ${quoteName(server, username)}${server.engine === 'postgres' ? '' : '@\'%\''}`];
}

async function mayUse(server: DatabaseServer, login: Login, table: string): Promise<boolean> {
  try {
    await run(server, login, `INSERT INTO ${table} VALUES ('it')`);
    return true;
  } catch (error) {
    if (/^(42501|ER_TABLEACCESS_DENIED_ERROR)$/.test((error as { code: string }).code)) { return false; }
    throw error;
  }
}

describe.each(KINDS)('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  const make = (options: DatabaseHarnessOptions = {}) => DatabaseHarness.make(server, { strategy: 'alternatingUsers', ...options });

  /** A user with rights to one table only. */
  async function limited(name: string): Promise<{ user: Login; table: string }> {
    const user = { username: name, password: 'first-password-of-it' };
    await run(server, server.admin, server.engine === 'postgres' ? `CREATE ROLE ${name} LOGIN PASSWORD '${user.password}'` : `CREATE USER ${name} IDENTIFIED BY '${user.password}'`);
    return { user, table: await makeTable(server, user) };
  }

  test('cases 34, 35: the first rotation makes the other user, with the same rights; the second goes back', async () => {
    const { user, table } = await limited('worker');
    const h = await make({ user });
    const another = await makeTable(server);
    await h.rotate();
    // Before the other user is created there is no login, because no user has its name yet.
    expect(dialledVersions(h)).toEqual(['AWSPREVIOUS', 'superuser', 'AWSCURRENT']);
    expect(h.login('AWSCURRENT').username).toBe('worker_clone');
    expect(await letsIn(server, user)).toBe(true);
    for (const login of [user, h.login('AWSCURRENT')]) {
      expect(await mayUse(server, login, table)).toBe(true);
      expect(await mayUse(server, login, another)).toBe(false);
    }
    const clone = h.login('AWSCURRENT');
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe('worker');
    expect(h.login('AWSCURRENT').password).not.toBe(user.password);
    expect(await letsIn(server, clone)).toBe(true);
    expect(await letsIn(server, user)).toBe(false);
    expect(await mayUse(server, h.login('AWSCURRENT'), table)).toBe(true);
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe('worker_clone');
    expect(await letsIn(server, clone)).toBe(false);
    expect(await letsIn(server, h.login('AWSPREVIOUS'))).toBe(true);
    expectNoSecrets(h);
  });

  test('a copy of a rotation that was given up does not overwrite the password of a later one', async () => {
    const h: DatabaseHarness = await make({
      engine: beforeClaim(async () => {
        giveUp(h);
        await h.rotate();
      }),
    });
    const rotation = await created(h);
    expect((await failure(h.step(rotation, 'setSecret'))).name).toBe('VersionNotPendingError');
    expect(h.login('AWSCURRENT').username).toBe(`${h.user.username}_clone`);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 36: a user name at the limit of the server rotates, there and back', async () => {
    const limit = { postgres: 63, mysql: 32, mariadb: 80, redshift: 127 }[server.engine];
    const username = 'u'.repeat(limit - '_clone'.length);
    const h = await make({ user: await madeUser({ username, password: 'first-password-of-it' }) });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(h.login('AWSCURRENT').username).toHaveLength(limit);
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(username);
  });

  test('case 36: a longer name fails at createSecret', async () => {
    const username = 'u'.repeat({ postgres: 63, mysql: 32, mariadb: 80, redshift: 127 }[server.engine] - '_clone'.length + 1);
    const h = await make({ user: { username, password: 'first-password-of-it' } });
    await fails(h, h.step(h.start(), 'createSecret'), 'SecretValueError', /would be longer than \d+ (bytes|characters), the limit of (PostgreSQL|MySQL|MariaDB)\. Use a user with/);
    expect(h.dialled).toEqual([]);
  });

  test('case 37: if the current password does not log in, it fails and the superuser is not used', async () => {
    const h = await make();
    const rotation = await created(h);
    await setPassword(server, { ...h.user, password: 'changed-by-hand-1' });
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', /does not accept the credentials of the version with AWSCURRENT, so nothing was changed\. Create the user with that password if it was never created/);
    expect(dialledVersions(h)).toEqual(['AWSCURRENT']);
    expect(await exists(h.login('AWSPENDING').username)).toBe(false);
  });

  test('case 40: a wrong superuser password fails, and changes no user', async () => {
    const h = await make({ superuserChanges: { password: 'not-the-password' } });
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', /credentials of the superuser secret superuser, so nothing was changed\. Put the password that works/);
    expect(dialledUsers(h)).toEqual([h.user.username, 'master']);
    expect(await exists(h.login('AWSPENDING').username)).toBe(false);
    expect(await letsIn(server, h.user)).toBe(true);
  });

  test('case 41: later rights of the first user are copied', async () => {
    const { user, table } = await limited('late');
    const h = await make({ user });
    await h.rotate();
    const later = await makeTable(server, user);
    await h.rotate();
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe('late_clone');
    expect(await mayUse(server, h.login('AWSCURRENT'), table)).toBe(true);
    expect(await mayUse(server, h.login('AWSCURRENT'), later)).toBe(true);
  });

  test('case 42: an existing other user with a part of the rights, which AWSPREVIOUS proves to belong to the secret, gets the others', async () => {
    const { user, table } = await limited('partly');
    const h = await make({ user });
    const started = { username: 'partly_clone', password: 'password-of-before' };
    await run(server, server.admin, server.engine === 'postgres' ? `CREATE ROLE partly_clone LOGIN PASSWORD '${started.password}'` : `CREATE USER partly_clone IDENTIFIED BY '${started.password}'`,
      ...server.engine === 'postgres' ? [] : ['GRANT CREATE ON app.* TO partly_clone']);
    for (const login of [started, user]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...login }) }); }
    await h.rotate();
    expect(await letsIn(server, started)).toBe(false);
    expect(await mayUse(server, h.login('AWSCURRENT'), table)).toBe(true);
  });

  test('case 23: a pending password that works already is kept', async () => {
    const h = await make();
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    const before = await passwordStatements(server, h.login('AWSPENDING').username);
    h.dialled.length = 0;
    await h.step(rotation, 'setSecret');
    // The owner of the user is checked first, because a wrong login could lock a user of another owner.
    expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'superuser', 'AWSPENDING']);
    expect(await passwordStatements(server, h.login('AWSPENDING').username)).toBe(before);
  });

  test('accepts a user whose name is the suffix alone, or ends with it twice', async () => {
    for (const username of ['_clone', 'twice_clone_clone']) {
      const h = await make({ user: await madeUser({ username, password: 'first-password-of-it' }) });
      await h.rotate();
      expect(h.login('AWSCURRENT').username).toBe(username === '_clone' ? '_clone_clone' : 'twice_clone');
      expect(await letsIn(server, h.user)).toBe(true);
      await h.rotate();
      await h.rotate();
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    }
  });

  async function madeUser(user: Login): Promise<Login> {
    await makeUser(server, user);
    return user;
  }

  async function exists(username: string): Promise<boolean> {
    const rows = await run(server, server.root, server.engine === 'postgres'
      ? `SELECT 1 FROM pg_roles WHERE rolname = '${username}'` : `SELECT 1 FROM mysql.user WHERE User = '${username}'`);
    return rows.length > 0;
  }
});

describe.each([POSTGRES, MARIADB, MYSQL])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  const make = (options: DatabaseHarnessOptions = {}) => DatabaseHarness.make(server, { strategy: 'alternatingUsers', ...options });

  test.each([{ host: 'elsewhere.test.internal' }, { host: '127.0.0.1' }, { port: 1 }, { port: undefined }])('case 39: a superuser secret with %j fails without a connection', async (superuserChanges) => {
    const h = await make({ superuserChanges });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretMismatchError', /differ between the superuser secret and the secret.*Put the same host and port into both/);
    expect(h.dialled).toEqual([]);
  });

  test.each([{ host: 'LOCALHOST' }, { host: 'localhost.' }, { port: 'as a string' }])('accepts a superuser secret with %j as of the same server', async (changes) => {
    const h = await make({ superuserChanges: { ...changes, ...'port' in changes && { port: String(server.port) } } });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test.each([
    [{ engine: 'oracle' }, 'engine'], [{ host: undefined }, 'host'], [{ username: undefined }, 'username'], [{ password: '' }, 'password'], [{ port: 0 }, 'port'],
  ] as const)('case 40: a superuser secret with %j fails, with the key only, and without a connection', async (superuserChanges, key) => {
    const h = await make({ superuserChanges });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretValueError', new RegExp(`In the superuser secret superuser: .*key "${key}"`));
    expect(h.dialled).toEqual([]);
  });

  test.each([
    ['can not be read', 'SecretsManagerError', /GetSecretValue was refused with AccessDeniedException/, (h: DatabaseHarness) => {
      h.simulator.intercept = ({ operation, phase, input }) => {
        if (operation === 'GetSecretValue' && phase === 'before' && input.SecretId === 'superuser') { throw accessDenied(); }
      };
    }],
    ['is gone', 'SecretNotFoundError', /The secret superuser does not exist, or has no current value/, (h: DatabaseHarness) => {
      h.simulator.perform('DeleteSecret', { SecretId: 'superuser', ForceDeleteWithoutRecovery: true });
    }],
    ['is binary', 'SecretValueError', /binary/, (h: DatabaseHarness) => {
      h.simulator.perform('PutSecretValue', { SecretId: 'superuser', SecretBinary: Buffer.from('not a string') });
    }],
    ['is not JSON', 'SecretValueError', /In the superuser secret superuser: The value of the secret is not a JSON object/, (h: DatabaseHarness) => {
      h.simulator.perform('PutSecretValue', { SecretId: 'superuser', SecretString: 'not JSON' });
    }],
  ] as const)('case 40: a superuser secret that %s fails without a connection', async (_, name, text, spoil) => {
    const h = await make();
    const rotation = await created(h);
    spoil(h);
    const error = await failure(h.step(rotation, 'setSecret'));
    expect(error.name).toBe(name);
    expect(error.message).toMatch(text);
    h.simulator.intercept = undefined;
    expect(h.dialled).toEqual([]);
    expect(await letsIn(server, h.user)).toBe(true);
  });

  test.each(['', '_clone'])('a superuser that is the user itself (%j) fails without a connection', async (suffix) => {
    const h = await make({ user: { username: `itself${suffix}`, password: 'first-password-of-it' }, superuserChanges: { username: 'itself', password: 'another-password' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretValueError', /has the user whose password it would change/);
    expect(h.dialled).toEqual([]);
  });

  test('a superuser without the permission to manage users fails as refused, and changes no user', async () => {
    const powerless = { username: 'powerless', password: 'powerless-password' };
    if (kind === POSTGRES || !await letsIn(server, powerless)) { await makeUser(server, powerless); }
    const h = await make({ superuserChanges: powerless });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /refused with \w+\..*superuser/);
    expect(await letsIn(server, h.user)).toBe(true);
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(false);
  });

  test.each([
    { username: 'somebody_else' }, { username: 'itself_clone_clone' }, { host: 'elsewhere.test.internal' }, { port: 1 }, { dbname: 'another' },
  ])('case 24: a pending value with %j fails without a connection', async (changes) => {
    const h = await make();
    await fails(h, h.step(pendingWith(h, changes), 'setSecret'), 'SecretMismatchError', /was not sent anywhere/);
    expect(h.dialled).toEqual([]);
    if (!('dbname' in changes)) {
      const another = await make();
      await fails(another, another.step(pendingWith(another, changes), 'testSecret'), 'SecretMismatchError', /differ|is not the user that comes after/);
      expect(another.dialled).toEqual([]);
    }
  });

  test('case 24: a pending value of the current user fails, and its password is never changed', async () => {
    const h = await make();
    await fails(h, h.step(pendingWith(h, {}), 'setSecret'), 'SecretMismatchError', /was not sent anywhere/);
    expect(h.dialled).toEqual([]);
  });

  test('case 31: a pending version without a value fails without a connection', async () => {
    const h = await make();
    await fails(h, h.step(h.start(), 'setSecret'), 'PendingValueMissingError', /no value/);
    expect(h.dialled).toEqual([]);
  });

  test('works without dbname in the superuser secret and the secret', async () => {
    const h = await make({ changes: { dbname: undefined }, superuserChanges: { dbname: undefined } });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('secrets that name their superuser by masterarn keep the key', async () => {
    const masterarn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:master';
    const h = await make({ changes: { masterarn } });
    await h.rotate();
    expect(JSON.parse(h.value('AWSCURRENT'))).toEqual({ ...JSON.parse(h.value('AWSPREVIOUS')), ...h.login('AWSCURRENT') });
    expect(JSON.parse(h.value('AWSCURRENT')).masterarn).toBe(masterarn);
  });
});

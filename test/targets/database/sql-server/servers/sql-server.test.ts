/*
 * Rotations of logins and contained users of SQL Server. On a stand-in: no real server of SQL Server runs here.
 */
import { inspect } from 'node:util';
import { BY_ITSELF, identifier, KINDS, letsIn, literal, makeUser, prepare, SHOP, SqlServerHarness, SUPERUSER, type Kind, type SqlServerHarnessOptions } from './fixture';
import { ConnectivityError, RotationError } from '../../../../../lambda-src/rotation/errors';
import type { GeneratePassword, ValueRequest } from '../../../../../lambda-src/target';
import type { ConnectSqlServer } from '../../../../../lambda-src/targets/database/sql-server/connection';
import { SqlServer } from '../../../../../lambda-src/targets/database/sql-server/engine';
import { databaseTarget } from '../../../../../lambda-src/targets/database/target';
import { startSqlServerStandIn, type SqlServerStandIn } from '../../../../../servers/stand-ins/sql-server/sql-server';
import type { Policy } from '../../../../../servers/stand-ins/sql-server/state';
import type { StartedRotation } from '../../../../../simulator';
import type { DatabaseTargetConfig } from '../../../../../src/targets/database/contract';
import { failure } from '../../../../harness';

jest.setTimeout(60_000);

/** Checks that a step failed as it must: a named error that says what to do, and no value in it or in the log. */
async function fails(h: SqlServerHarness, step: Promise<void>, name: string, text: RegExp): Promise<void> {
  const error = await failure(step);
  expect(error).toBeInstanceOf(RotationError);
  expect(`${error.name}: ${error.message}`).toMatch(new RegExp(`^${name}: .*(?:${text.source})`));
  expect(error.message).toMatch(/\. [A-Z]/);
  const said = [inspect(error, { depth: 9, showHidden: true }), ...h.log.map((line) => JSON.stringify(line))].join('\n');
  for (const password of h.passwords) { expect(said).not.toContain(password); }
}

async function created(h: SqlServerHarness) {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  return rotation;
}

const LAX: Policy = { history: 0, hasMinimumAge: false, lockout: 0 };

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) { await new Promise((resolve) => { setTimeout(resolve, 10); }); }
}

/** Puts a pending value by hand. */
function putPending(h: SqlServerHarness, { token }: StartedRotation, value: object): void {
  const SecretString = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')) as object, ...value });
  h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] });
}

let server: SqlServerStandIn;
beforeAll(async () => {
  server = await startSqlServerStandIn();
  prepare(server);
});
afterAll(() => server.stop());
beforeEach(() => { server.state.policy = LAX; });

const make = (options?: SqlServerHarnessOptions) => SqlServerHarness.make(server, options);
const changes = (h: SqlServerHarness) => h.sent.filter((batch) => batch.startsWith('ALTER'));

test.each(KINDS)('cases 25, 43: %s: three rotations, each with a new password that the usual driver logs in with', async (kind) => {
  const h = make({ kind });
  const seen = new Set([h.user.password]);
  for (let n = 0; n < 3; n++) {
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(await h.isAccepted('AWSPREVIOUS')).toBe(false);
    seen.add(h.login('AWSCURRENT').password);
  }
  expect(seen.size).toBe(4);
  expect(changes(h)).toHaveLength(3);
});

test.each(KINDS)('%s: the statement is the one that Microsoft documents, alone in its batch', async (kind) => {
  const h = make({ kind });
  const old = h.user.password;
  await h.rotate();
  const { username, password } = h.login('AWSCURRENT');
  const byItself = kind.endsWith('superuser') ? '' : ` OLD_PASSWORD = ${literal(old)}`;
  expect(changes(h)).toEqual([`ALTER ${kind.startsWith('login') ? 'LOGIN' : 'USER'} ${identifier(username)} WITH PASSWORD = ${literal(password)}${byItself}`]);
});

test.each(KINDS)('cases 23, 46: %s: setSecret and testSecret can run any number of times', async (kind) => {
  const h = make({ kind });
  const rotation = await created(h);
  await h.steps(rotation, 'setSecret', 'setSecret', 'testSecret', 'setSecret', 'testSecret');
  expect(await h.isAccepted('AWSPENDING')).toBe(true);
  expect(changes(h)).toHaveLength(1);
});

test('case 46: testSecret alone, with a copy of the current value, succeeds and writes nothing', async () => {
  const h = make();
  const rotation = h.start();
  putPending(h, rotation, {});
  await h.step(rotation, 'testSecret');
  expect(changes(h)).toEqual([]);
});

test.each(KINDS)('case 26: %s: if only the previous password works, it is changed with that', async (kind) => {
  const h = make({ kind });
  await h.rotate();
  h.account.password = h.login('AWSPREVIOUS').password;
  await h.rotate();
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
});

test.each(KINDS)('case 28: %s: a current password that the server refuses changes nothing', async (kind) => {
  const h = make({ kind, changes: { password: 'Another-password-1' } });
  await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /put the password that works into the secret/);
  expect(h.account.password).toBe(h.user.password);
  expect(changes(h)).toEqual([]);
});

test.each(KINDS)('case 44: %s: testSecret fails while the pending password doesn\'t work', async (kind) => {
  const h = make({ kind });
  await fails(h, h.step(await created(h), 'testSecret'), 'AuthenticationError', /does not accept the pending credentials/);
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
});

test.each(BY_ITSELF)('case 32: %s: names and passwords with special characters are exact', async (kind) => {
  const awkward = ['a]b[c]', 'o\'brien', 'semi;colon--', 'über_\u{1F600}', '名前', 'per%cent"quote', ' spaces inside '];
  for (const [n, username] of awkward.entries()) {
    for (const password of [`Pw-1 ' ] ; -- \u{1F600} ü 漢 " \\ % ${n}`, `Pw1 /* '' */ N'x' ${n}`]) {
      const user = { username: `${username}${n}${password.length}`, password };
      makeUser(server, kind, user);
      const h = make({ kind, user });
      const rotation = h.start();
      const pending = `${password}!]''"`;
      putPending(h, rotation, { password: pending });
      await h.steps(rotation, 'setSecret', 'testSecret');
      expect(h.account.password).toBe(pending);
    }
  }
});

test('case 32: a backslash before a line end, which SQL Server leaves out of a text, is refused before anything changes', async () => {
  for (const lineEnd of ['\n', '\r\n']) {
    const h = make();
    const rotation = h.start();
    putPending(h, rotation, { password: `Pass-word-1\\${lineEnd}second` });
    await fails(h, h.step(rotation, 'setSecret'), 'SecretValueError', /backslash before the end of a line/);
    expect(h.account.password).toBe(h.user.password);
  }
});

test('a password of 128 characters works, and one of 129 is refused before anything changes', async () => {
  const h = make({ config: { passwordPolicy: { passwordLength: 128 } } });
  await h.rotate();
  expect(h.login('AWSCURRENT').password).toHaveLength(128);
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  const longer = make({ config: { passwordPolicy: { passwordLength: 129 } } });
  await fails(longer, longer.step(await created(longer), 'setSecret'), 'SecretValueError', /more than 128 characters/);
  expect(changes(longer)).toEqual([]);
});

test('case 36: a user name of 128 characters works, and one longer fails at createSecret', async () => {
  const user = { username: 'u'.repeat(128), password: 'First-password-1' };
  makeUser(server, 'login', user);
  const h = make({ user });
  await h.rotate();
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  const longer = make({ changes: { username: 'u'.repeat(129) } });
  await fails(longer, longer.step(longer.start(), 'createSecret'), 'SecretValueError', /128 characters, the limit of SQL Server/);
});

test('a generated password never has the name of the user in it, which the policy of Windows refuses', async () => {
  const config = { target: 'sqlServer', passwordPolicy: {}, plaintextConnection: true } as DatabaseTargetConfig;
  const target = databaseTarget(config, { sqlServer: () => new SqlServer(undefined) });
  const next = async (username: string) => {
    const current = JSON.stringify({ engine: 'sqlserver', host: 'localhost', username, password: 'First-password-1' });
    const generatePassword: GeneratePassword = async (isUsable) => ['xxaPPxx-Password-1', 'Password-1-app', 'Good-word-1'].find((each) => isUsable(each))!;
    return (JSON.parse(await target.createValue({ current, generatePassword } as ValueRequest) as string) as { password: string }).password;
  };
  expect(await next('App')).toBe('Good-word-1');
  // Windows looks for no name of fewer than three characters.
  expect(await next('ap')).toBe('xxaPPxx-Password-1');
});

test('a name in another case than the server has is that of the same user', async () => {
  const h = make();
  const other = make({ user: { ...h.user, username: h.user.username.toUpperCase() } });
  await other.rotate();
  expect(await other.isAccepted('AWSCURRENT')).toBe(true);
  expect(changes(other)[0]).toContain(identifier(h.user.username));
});

test.each(KINDS)('case 61: %s: copies at once leave the user with the pending password', async (kind) => {
  const h = make({ kind });
  const rotation = await created(h);
  await Promise.all([h.step(rotation, 'setSecret'), h.step(rotation, 'setSecret', h.makeHandler()), h.step(rotation, 'setSecret', h.makeHandler())]);
  expect(await h.isAccepted('AWSPENDING')).toBe(true);
});

test.each(KINDS)('case 56: %s: a lost reply to the change is found out, and the step succeeds', async (kind) => {
  let lost = 0;
  const connect = (dial: ConnectSqlServer): ConnectSqlServer => async (...login) => {
    const connection = await dial(...login);
    return {
      ...connection,
      query: async (batch) => {
        const rows = await connection.query(batch);
        if (!batch.startsWith('ALTER')) { return rows; }
        lost++;
        await connection.close();
        return connection.query(batch);
      },
    };
  };
  const h = make({ kind, connect });
  await h.rotate();
  expect(lost).toBe(1);
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
});

test.each(KINDS)('%s: a rotation that is cancelled after the login changes nothing', async (kind) => {
  const connect = (dial: ConnectSqlServer): ConnectSqlServer => async (...login) => {
    const connection = await dial(...login);
    if (h.secret.rotationEnabled !== false) { h.simulator.perform('CancelRotateSecret', { SecretId: h.arn }); }
    return connection;
  };
  const h: SqlServerHarness = make({ kind, connect });
  await fails(h, h.step(await created(h), 'setSecret'), 'RotationNotEnabledError', /./);
  expect(changes(h)).toEqual([]);
});

test('a late copy of an earlier rotation can\'t undo a later one, because the server checks the old password', async () => {
  const h = make();
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  const slow = SqlServerHarness.make(server, {
    user: h.user,
    connect: (dial) => async (...login) => {
      const connection = await dial(...login);
      return {
        ...connection,
        query: async (batch) => {
          if (batch.startsWith('ALTER')) { await held; }
          return connection.query(batch);
        },
      };
    },
  });
  const rotation = slow.start();
  putPending(slow, rotation, { password: 'Of-the-late-copy-1' });
  const late = slow.step(rotation, 'setSecret');
  await until(() => slow.sent.some((batch) => batch.startsWith('ALTER')));
  await h.rotate();
  release();
  await fails(slow, late, 'TargetRefusedError', /15151/);
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
});

test('a late copy by a superuser sets its old password, and the next rotation, which has that in AWSPREVIOUS, mends it', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  let isFirst = true;
  const h = make({
    kind: 'login, by a superuser',
    connect: (dial) => async (...login) => {
      const connection = await dial(...login);
      return {
        ...connection,
        query: async (batch) => {
          if (batch.startsWith('ALTER') && isFirst) {
            isFirst = false;
            await held;
          }
          return connection.query(batch);
        },
      };
    },
  });
  const rotation = await created(h);
  const late = h.step(rotation, 'setSecret');
  await until(() => !isFirst);
  await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
  h.simulator.completeRotation(h.arn);
  await h.rotate();
  release();
  await late;
  expect([await h.isAccepted('AWSCURRENT'), await h.isAccepted('AWSPREVIOUS')]).toEqual([false, true]);
  await h.rotate();
  expect(await h.isAccepted('AWSCURRENT')).toBe(true);
});

test.each(KINDS)('case 24: %s: a pending version for another host or user is sent nowhere', async (kind) => {
  for (const different of [{ host: 'elsewhere.invalid' }, { username: 'another' }, { port: 1 }]) {
    const h = make({ kind });
    const rotation = h.start();
    putPending(h, rotation, { password: 'Pending-password-1', ...different });
    await fails(h, h.step(rotation, 'setSecret'), 'SecretMismatchError', /differs from the current one/);
    await fails(h, h.step(rotation, 'testSecret'), 'SecretMismatchError', /"host" and "port" differ|not the user that comes after/);
    expect(h.sent).toEqual([]);
  }
});

test.each(KINDS)('case 27: %s: a previous version that can not be read is ignored', async (kind) => {
  const h = make({ kind });
  await h.rotate();
  const rotation = await created(h);
  const versionId = h.secret.stages.AWSPREVIOUS;
  h.simulator.intercept = ({ operation, phase, input }) => {
    if (operation === 'GetSecretValue' && phase === 'before' && input.VersionId === versionId) {
      throw Object.assign(new Error('refused'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 }, $fault: 'client' });
    }
  };
  await h.steps(rotation, 'setSecret', 'testSecret');
  expect(await h.isAccepted('AWSPENDING')).toBe(true);
});

test.each(KINDS)('case 31: %s: a pending version without a value changes nothing', async (kind) => {
  const h = make({ kind });
  await fails(h, h.step(h.start(), 'setSecret'), 'PendingValueMissingError', /AWSPENDING/);
  expect(h.sent).toEqual([]);
});

test.each(KINDS)('case 47: %s: a server that takes a moment to accept the password', async (kind) => {
  const h = make({ kind });
  const rotation = await created(h);
  await h.step(rotation, 'setSecret');
  h.account.password = h.user.password;
  const sleep = async () => { h.account.password = h.login('AWSPENDING').password; };
  await h.step(rotation, 'testSecret', h.makeHandler({ sleep }));
});

test.each(KINDS)('case 74: %s: a session that the server gives to another user changes nothing', async (kind) => {
  const connect = (dial: ConnectSqlServer): ConnectSqlServer => async (...login) => {
    const connection = await dial(...login);
    return { ...connection, query: async (batch) => (await connection.query(batch)).map((row) => ({ ...row, ...'login' in row ? { login: 'another', user: 'another' } : {} })) };
  };
  const h = make({ kind, connect });
  await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /those of another user/);
  expect(changes(h)).toEqual([]);
});

test.each(KINDS)('case 78: %s: a change that was given up, and is done later by the server, is detected by the retry', async (kind) => {
  const connect = (dial: ConnectSqlServer): ConnectSqlServer => async (...login) => {
    const connection = await dial(...login);
    return {
      query: async (batch) => {
        if (!batch.startsWith('ALTER')) { return connection.query(batch); }
        setTimeout(() => { void connection.query(batch).finally(() => connection.close()); }, 300);
        throw new ConnectivityError('The answer is late. Try again');
      },
      close: async () => {},
    };
  };
  const h = make({ kind, connect });
  const rotation = await created(h);
  await fails(h, h.step(rotation, 'setSecret'), 'ConnectivityError', /late/);
  const { password } = h.login('AWSPENDING');
  await until(() => h.account.password === password);
  await h.steps(rotation, 'setSecret', 'testSecret');
  expect(changes(h)).toHaveLength(1);
});

describe('who may change whom', () => {
  test('case 39: a superuser secret for another server fails without a connection', async () => {
    const h = make({ kind: 'login, by a superuser', superuserChanges: { host: 'elsewhere.test.internal' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretMismatchError', /"host" and "port" differ/);
    expect(h.sent).toEqual([]);
  });

  test('case 40: a superuser that the server refuses is named', async () => {
    const h = make({ kind: 'login, by a superuser', superuserChanges: { password: 'Wrong-password-1' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /superuser secret/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each(['login, by a superuser', 'contained user, by a superuser'] as const)('%s: a superuser without the right is told what it needs', async (kind) => {
    const weak = { username: `weak ${kind}`, password: 'Weak-password-1' };
    makeUser(server, 'login', weak);
    server.asRootIn(SHOP, `CREATE USER ${identifier(weak.username)} FOR LOGIN ${identifier(weak.username)}`);
    const h = make({ kind, superuserChanges: weak });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /15151.*ALTER ANY LOGIN.*ALTER ANY USER/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('a superuser that sees no users of the contained database changes no login with the name of the user', async () => {
    const blind = { username: 'blind', password: 'Superuser-password-1' };
    makeUser(server, 'login', blind);
    server.asRoot(`GRANT ALTER ANY LOGIN TO ${blind.username}`);
    server.asRootIn(SHOP, `CREATE USER ${blind.username} FOR LOGIN ${blind.username}`);
    const user = { username: 'namesake', password: 'First-password-1' };
    makeUser(server, 'contained user', user);
    makeUser(server, 'login', { ...user, password: 'Of-somebody-else-1' });
    const h = make({ kind: 'contained user, by a superuser', user, superuserChanges: blind });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /15151.*ALTER ANY USER/);
    expect(changes(h)).toEqual([expect.stringMatching(/^ALTER USER /)]);
    expect(server.state.login(user.username).password).toBe('Of-somebody-else-1');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each(['login, by a superuser', 'contained user, by a superuser'] as const)('%s: a superuser that is the user in another case is refused, and its password stays', async (kind) => {
    const superuser = { username: `both ${kind}`, password: 'First-password-1' };
    makeUser(server, kind, superuser);
    const h = make({ kind, user: { ...superuser, username: superuser.username.toUpperCase() }, superuserChanges: superuser });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretValueError', /has the user whose password it would change/);
    expect(changes(h)).toEqual([]);
  });

  test('a superuser with ALTER ANY LOGIN can\'t change a member of sysadmin', async () => {
    const h = make({ kind: 'login, by a superuser' });
    server.asRoot(`ALTER SERVER ROLE sysadmin ADD MEMBER ${identifier(h.user.username)}`);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /15151.*CONTROL SERVER/);
  });

  test('a member of sysadmin rotates itself, though its user in the database is dbo', async () => {
    const h = make();
    server.asRoot(`ALTER SERVER ROLE sysadmin ADD MEMBER ${identifier(h.user.username)}`);
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('a login whose user in a contained database has another name is changed as a login', async () => {
    const h = make({ changes: { dbname: SHOP } });
    server.asRootIn(SHOP, `CREATE USER another_name FOR LOGIN ${identifier(h.user.username)}`);
    await h.rotate();
    expect(changes(h)[0]).toMatch(/^ALTER LOGIN/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('a superuser whose own database has a user with the name of the login changes the login', async () => {
    const user = { username: 'twice', password: 'First-password-1' };
    makeUser(server, 'login', user);
    makeUser(server, 'contained user', { ...user, password: 'Other-password-1' });
    const h = make({ kind: 'login, by a superuser', user, superuserChanges: { dbname: SHOP } });
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(server.state.database(SHOP).users.get('twice')!.password).toBe('Other-password-1');
    expect(new Set(h.databases)).toEqual(new Set(['master']));
  });

  test('a contained user without dbname is refused like a wrong password, and the error names the key', async () => {
    const h = make({ kind: 'contained user', changes: { dbname: undefined } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /AWSCURRENT/);
  });
});

describe('logins that fail for another reason than the password', () => {
  type Trouble = (h: SqlServerHarness) => void;
  const TROUBLES: readonly [string, Trouble, string, RegExp][] = [
    ['locked', ({ account }) => { account.isLocked = true; }, 'TargetRefusedError', /18486.*UNLOCK/],
    ['disabled', ({ account }) => { account.isDisabled = true; }, 'TargetRefusedError', /18470.*ENABLE/],
    ['expired', ({ account }) => { account.isExpired = true; }, 'TargetRefusedError', /18487.*CHECK_EXPIRATION/],
    ['to be changed at the next login', ({ account }) => { account.mustChange = true; }, 'TargetRefusedError', /18488.*without MUST_CHANGE/],
  ];
  test.each(TROUBLES)('case 45: a login that is %s fails with what to do, and no other password is tried', async (_, trouble, name, text) => {
    const h = make();
    const rotation = await created(h);
    trouble(h);
    const before = server.logins.length;
    await fails(h, h.step(rotation, 'setSecret'), name, text);
    expect(server.logins.length - before).toBe(1);
    await fails(h, h.step(rotation, 'testSecret'), name, text);
    expect(h.account.password).toBe(h.user.password);
  });

  test('a database that doesn\'t exist, or that the login may not enter, isn\'t taken for a wrong password', async () => {
    for (const dbname of ['nowhere', SHOP]) {
      const h = make({ changes: { dbname } });
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /4060.*"dbname"/);
    }
  });

  test('a server that takes no passwords answers like for a wrong one, and the error names the mode that it needs', async () => {
    const h = make();
    server.state.takesPasswords = false;
    try {
      await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /accepts neither.*"SQL Server and Windows Authentication"/);
    } finally {
      server.state.takesPasswords = true;
    }
  });

  test('a contained database that is read only, as on a replica, is named', async () => {
    const h = make({ kind: 'contained user' });
    server.state.database(SHOP).isReadOnly = true;
    try {
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /3906.*primary/);
    } finally {
      server.state.database(SHOP).isReadOnly = false;
    }
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });
});

describe('the policy of Windows', () => {
  const short = { passwordLength: 7 };
  const simple = { excludeUppercase: true, excludePunctuation: true };
  test.each<[string, Partial<SqlServerStandIn['state']['policy']>, object, RegExp]>([
    ['too short', {}, short, /15116.*passwordPolicy/],
    ['not complex', {}, simple, /15118.*passwordPolicy/],
    ['refused by a filter', { filter: /./ }, {}, /15119.*passwordPolicy/],
  ])('case 30: a password that is %s fails, and the current one still works', async (_, policy, passwordPolicy, text) => {
    for (const kind of KINDS) {
      const h = make({ kind, config: { passwordPolicy } });
      server.state.policy = { ...LAX, ...policy };
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', text);
      expect(h.account.password).toBe(h.user.password);
      server.state.policy = LAX;
    }
  });

  test('case 30: a password of the history is refused to the user, and not to a superuser', async () => {
    for (const kind of KINDS) {
      const h = make({ kind });
      server.state.policy = { ...LAX, history: 5 };
      const rotation = await created(h);
      h.account.earlier.push(h.login('AWSPENDING').password);
      if (kind.endsWith('superuser')) { await h.step(rotation, 'setSecret'); } else { await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /15115.*Remove AWSPENDING/); }
    }
  });

  test('case 30: the minimum age of a password stops the user, and not a superuser', async () => {
    for (const kind of KINDS) {
      const h = make({ kind });
      await h.rotate();
      server.state.policy = { ...LAX, hasMinimumAge: true };
      if (kind.endsWith('superuser')) { await h.rotate(); } else { await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /15114.*minimum password age/); }
      server.state.policy = LAX;
    }
  });

  test('a login without CHECK_POLICY takes any password', async () => {
    const h = make({ config: { passwordPolicy: { passwordLength: 7 } } });
    server.asRoot(`ALTER LOGIN ${identifier(h.user.username)} WITH CHECK_POLICY = OFF`);
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });
});

describe('wrong passwords that a policy counts', () => {
  const LOCKOUT = 3;
  beforeEach(() => { server.state.policy = { ...LAX, lockout: LOCKOUT }; });

  test.each<[string, number, (h: SqlServerHarness) => Promise<void>]>([
    ['a rotation that goes well', 0, (h) => h.rotate()],
    ['a repetition of setSecret after its change', 1, async (h) => { await h.steps(await created(h), 'setSecret', 'setSecret', 'testSecret'); }],
    ['a password that works with AWSPREVIOUS alone', 2, async (h) => {
      await h.rotate();
      h.account.password = h.login('AWSPREVIOUS').password;
      await h.rotate();
    }],
    ['a rotation that knows no password', 2, async (h) => {
      h.account.password = 'Nobody-knows-it-1';
      await failure(h.step(await created(h), 'setSecret'));
    }],
    ['a rotation that knows no password, with one of AWSPREVIOUS', 3, async (h) => {
      await h.rotate();
      h.account.password = 'Nobody-knows-it-1';
      await failure(h.step(await created(h), 'setSecret'));
    }],
    ['testSecret before the change', 1, async (h) => { await failure(h.step(await created(h), 'testSecret')); }],
    ['testSecret that knows no password', 3, async (h) => {
      const rotation = await created(h);
      h.account.password = 'Nobody-knows-it-1';
      await failure(h.step(rotation, 'testSecret'));
    }],
    ['testSecret alone, with a copy of a current value that the server refuses', 1, async (h) => {
      const rotation = h.start();
      putPending(h, rotation, {});
      h.account.password = 'Nobody-knows-it-1';
      await failure(h.step(rotation, 'testSecret'));
    }],
  ])('case 75: %s has at most %d in a row', async (_, most, run) => {
    for (const kind of KINDS) {
      const h = make({ kind });
      await run(h);
      expect(h.account.mostFailures).toBe(most);
      expect(h.account.isLocked).toBe(most >= LOCKOUT);
    }
  });

  /** Waits until all of `n` copies have come. */
  function meeting(n: number): () => Promise<void> {
    let [come, open] = [0, () => {}];
    const all = new Promise<void>((resolve) => { open = resolve; });
    return () => {
      if (++come === n) { open(); }
      return all;
    };
  }

  /** A user whose `n` copies of setSecret all log in with AWSCURRENT before one goes on, and all change the password before one finds out whether it did. */
  function together(kind: Kind, n: number): SqlServerHarness {
    const [loggedIn, changed] = [meeting(n), meeting(n)];
    const h: SqlServerHarness = make({
      kind,
      connect: (dial) => async (...login) => {
        const [{ username, password }] = login;
        const connection = await dial(...login).finally(() => username === h.user.username && password === h.user.password ? loggedIn() : undefined);
        return { ...connection, query: (batch) => batch.startsWith('ALTER') ? connection.query(batch).finally(changed) : connection.query(batch) };
      },
    });
    return h;
  }

  const copies = (h: SqlServerHarness, rotation: StartedRotation, n: number) =>
    Promise.allSettled(Array.from({ length: n }, () => h.step(rotation, 'setSecret', h.makeHandler())));

  test.each([2, 3, 4])('case 75: %d copies of setSecret that change the password at once have one fewer in a row, and none by a superuser', async (n) => {
    for (const kind of KINDS) {
      const h = together(kind, n);
      await copies(h, await created(h), n);
      const most = BY_ITSELF.includes(kind) ? n - 1 : 0;
      expect(h.account.mostFailures).toBe(most);
      expect(h.account.isLocked).toBe(most >= LOCKOUT);
    }
  });

  test.each([2, 3])('case 75: %d copies of setSecret after the change have as many in a row', async (n) => {
    for (const kind of KINDS) {
      const h = together(kind, n);
      const rotation = await created(h);
      h.account.password = h.login('AWSPENDING').password;
      await copies(h, rotation, n);
      expect(h.account.mostFailures).toBe(n);
      expect(h.account.isLocked).toBe(n >= LOCKOUT);
    }
  });

  test('case 75: a login that copies locked goes on with the same rotation, after UNLOCK with the password of AWSCURRENT', async () => {
    const h = together('login', LOCKOUT + 1);
    const rotation = await created(h);
    await copies(h, rotation, LOCKOUT + 1);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /18486.*UNLOCK/);
    const { username, password } = h.login('AWSCURRENT');
    server.asRoot(`ALTER LOGIN ${identifier(username)} WITH PASSWORD = ${literal(password)} UNLOCK`);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });
});

test('case 33: a statement that hangs ends before the function does, and the server cancels it', async () => {
  const h = make();
  const rotation = await created(h);
  server.delay = 20_000;
  try {
    h.remaining = 29_000;
    await fails(h, h.step(rotation, 'setSecret'), 'ConnectivityError', /took too long.*cancelled \(ETIMEOUT\).*sys\.dm_exec_requests/);
  } finally {
    server.delay = 0;
  }
  expect(h.account.password).toBe(h.user.password);
  await h.step(rotation, 'setSecret');
  expect(await h.isAccepted('AWSPENDING')).toBe(true);
});

test('cases 69, 70: no password is in a log line of the function, nor, if the user is a login, in a trace of the server', async () => {
  for (const kind of KINDS) {
    const h = make({ kind });
    const from = server.trace.length;
    await h.rotate();
    const [log, trace] = [h.log.map((line) => JSON.stringify(line)).join('\n'), server.trace.slice(from).join('\n')];
    expect(log).toContain('setSecret');
    for (const password of h.passwords) { expect(log).not.toContain(password); }
    if (!kind.startsWith('login')) { continue; }
    expect(trace).toContain('--*ALTER LOGIN');
    for (const password of h.passwords) { expect(trace).not.toContain(password); }
  }
});

test('the superuser of these tests logs in as itself', async () => {
  expect(await letsIn(server, SUPERUSER)).toBe(true);
});

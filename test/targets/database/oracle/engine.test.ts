/* Rotations of users of Oracle Database, on a model of its statements. No server runs here. */
import { randomUUID } from 'node:crypto';
import { KINDS, OracleHarness, type Kind, type OracleHarnessOptions } from './fixture';
import { OracleError, OracleUsers } from './stand-in';
import type { ConnectOracle } from '../../../../lambda-src/targets/database/oracle/connection';
import { failure, passwordOf } from '../../../harness';

/** The statements that changed something. */
const changesOf = (h: OracleHarness) => h.users.statements.filter((sql) => sql.startsWith('ALTER'));

/** A rotation whose setSecret fails, with its error. */
async function setSecretFails(h: OracleHarness): Promise<Error> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  const error = await failure(h.step(rotation, 'setSecret'));
  for (const password of h.passwords) { expect(error.message + h.said).not.toContain(password); }
  return error;
}

/** Connects with an error of the driver. */
const refusing = (code: string, message = 'the text of the driver'): OracleHarnessOptions => ({
  connect: () => () => Promise.reject(Object.assign(new Error(message), { code })),
});

describe.each(KINDS)('%s', (kind) => {
  test('three rotations, each accepted, and no wrong login', async () => {
    const h = new OracleHarness({ kind });
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(h.accepts('AWSCURRENT')).toBe(true);
      h.pass(2);
    }
    expect(new Set(h.passwords).size).toBeGreaterThan(1);
    expect(h.users.logins).not.toContain(false);
    // Two for each rotation: the change, and the test.
    expect(h.users.logins).toHaveLength(6);
    for (const password of h.passwords) { expect(h.said).not.toContain(password); }
  });

  test('case 23: a password that the server has already is not changed', async () => {
    const h = new OracleHarness({ kind });
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'setSecret', 'setSecret');
    expect(changesOf(h)).toHaveLength(1);
  });

  test('case 56: a lost reply to the change, and the retry finds it', async () => {
    let lost = false;
    const h = new OracleHarness({
      kind,
      connect: (connect) => async (...login) => {
        const connection = await connect(...login);
        return {
          ...connection,
          execute: async (sql) => {
            const rows = await connection.execute(sql);
            if (!sql.startsWith('ALTER') || lost) { return rows; }
            lost = true;
            throw new OracleError('NJS-500');
          },
        };
      },
    });
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    await h.step(rotation, 'setSecret').catch((error: Error) => expect(error.name).toBe('ConnectivityError'));
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(changesOf(h)).toHaveLength(1);
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('case 61: two copies of setSecret at once', async () => {
    const h = new OracleHarness({ kind });
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    await Promise.all([h.step(rotation, 'setSecret'), h.step(rotation, 'setSecret', h.makeHandler())]);
    if (kind === 'dual passwords') { expect(h.accepts('AWSCURRENT')).toBe(true); }
    await h.steps(rotation, 'testSecret', 'finishSecret');
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('case 61: a copy whose change comes second, where a profile forbids to use a password again', async () => {
    const profile = { forbidsReuse: true, ...kind === 'dual passwords' ? { rolloverTime: 1 } : {} };
    let arrived = () => {};
    const both = new Promise<void>((resolve) => { let n = 0; arrived = () => { if (++n === 2) { resolve(); } }; });
    const h = new OracleHarness({
      kind,
      profile,
      connect: (connect) => async (...login) => {
        const connection = await connect(...login);
        return {
          ...connection,
          execute: async (sql) => {
            if (sql.startsWith('ALTER')) {
              arrived();
              await both;
            }
            return connection.execute(sql);
          },
        };
      },
    });
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    await Promise.all([h.step(rotation, 'setSecret'), h.step(rotation, 'setSecret', h.makeHandler())]);
    expect(changesOf(h)).toHaveLength(2);
    await h.steps(rotation, 'testSecret', 'finishSecret');
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('a late copy does not undo a later rotation', async () => {
    let pause: Promise<void> | undefined;
    let isPaused = () => {};
    const paused = new Promise<void>((resolve) => { isPaused = resolve; });
    const lastRead = kind === 'dual passwords' ? 'ACCOUNT_STATUS' : 'USER_PASSWORD_LIMITS';
    const h = new OracleHarness({
      kind,
      connect: (connect) => async (...login) => {
        const connection = await connect(...login);
        return {
          ...connection,
          execute: async (sql) => {
            const rows = await connection.execute(sql);
            if (pause && sql.includes(lastRead)) {
              isPaused();
              await pause;
            }
            return rows;
          },
        };
      },
    });
    const first = h.start();
    await h.step(first, 'createSecret');
    let goOn = () => {};
    pause = new Promise((resolve) => { goOn = resolve; });
    const late = failure(h.step(first, 'setSecret', h.makeHandler()));
    await paused;
    pause = undefined;
    await h.steps(first, 'setSecret', 'testSecret', 'finishSecret');
    h.simulator.completeRotation(h.arn);
    h.pass(2);
    await h.rotate();
    h.pass(2);
    goOn();
    expect((await late).name).toBe('VersionNotPendingError');
    expect(changesOf(h)).toHaveLength(2);
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('case 26: the password of AWSPREVIOUS, if the server has that one', async () => {
    const h = new OracleHarness({ kind });
    await h.rotate();
    h.pass(2);
    h.users.accounts.get('APP')!.password = passwordOf(h.value('AWSPREVIOUS'));
    h.users.accounts.get('APP')!.older = undefined;
    await h.rotate();
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('case 28: no password works', async () => {
    const h = new OracleHarness({ kind });
    h.users.accounts.get('APP')!.password = 'changed by hand';
    const error = await setSecretFails(h);
    expect(error).toMatchObject({ name: 'AuthenticationError' });
    expect(error.message).toContain('neither the pending password, nor the current one, nor the previous one');
    expect(changesOf(h)).toEqual([]);
    expect(h.users.logins).toEqual([false, false]);
  });

  test('case 75: a password that was refused is not tried again as that of AWSPREVIOUS', async () => {
    const h = new OracleHarness({ kind });
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: randomUUID(), SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), note: 'another' }) });
    h.users.accounts.get('APP')!.password = 'changed by hand';
    expect((await setSecretFails(h)).name).toBe('AuthenticationError');
    expect(h.users.logins).toEqual([false, false]);
  });

  test.each([[false, 5], [true, 4]])('case 75: no version works, and an AWSPREVIOUS is %j: the user is locked in attempt %d, as the page says', async (hasPrevious, attempt) => {
    const h = new OracleHarness({ kind });
    if (hasPrevious) { await h.rotate(); }
    h.pass(2);
    h.users.alter('ALTER USER app IDENTIFIED BY "changed by hand"');
    h.pass(2);
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    for (let n = 1; n <= attempt; n++) {
      expect(h.users.accounts.get('APP')!.status).toBe('OPEN');
      await failure(h.step(rotation, 'setSecret'));
    }
    expect(h.users.accounts.get('APP')!.status).toBe('LOCKED(TIMED)');
    h.users.logins.length = 0;
    expect((await failure(h.step(rotation, 'setSecret'))).message).toContain('ACCOUNT UNLOCK');
    expect(h.users.logins).toEqual([false]);
  });

  test('case 46: testSecret alone, on a copy of the current value', async () => {
    const h = new OracleHarness({ kind });
    await h.step(h.start({ rotateImmediately: false }), 'testSecret');
    expect(changesOf(h)).toEqual([]);
  });

  test('case 45: an account that was locked meanwhile fails testSecret', async () => {
    const h = new OracleHarness({ kind });
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    h.users.alter('ALTER USER app ACCOUNT LOCK');
    const error = await failure(h.step(rotation, 'testSecret'));
    expect(error).toMatchObject({ name: 'TargetRefusedError', code: 'ORA-28000' });
    expect(error.message).toContain('ACCOUNT UNLOCK');
  });

  test('a password that is in its grace time changes', async () => {
    const h = new OracleHarness({ kind });
    h.users.accounts.get('APP')!.status = 'EXPIRED(GRACE)';
    await h.rotate();
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('case 75: one failed login would lock the user, so nothing is changed', async () => {
    const h = new OracleHarness({ kind, profile: { failedLoginAttempts: 1, rolloverTime: 1 } });
    const error = await setSecretFails(h);
    expect(error.message).toMatch(/^FAILED_LOGIN_ATTEMPTS in the profile of the user is 1,.*nothing was changed.*ALTER PROFILE$/);
    expect(changesOf(h)).toEqual([]);
    expect(h.users.logins).toEqual([true]);
  });
});

describe('statements', () => {
  test.each<[string, OracleHarnessOptions, string]>([
    ['a lowercase name, which the login makes uppercase', {}, '"APP"'],
    ['a name in quotation marks', { name: 'app', changes: { username: '"app"' } }, '"app"'],
    ['a name with a space', { name: 'an App', changes: { username: '"an App"' } }, '"an App"'],
    ['a name in quotation marks with letters that have no one uppercase letter', { name: 'Straße ﬁ ſ ı', changes: { username: '"Straße ﬁ ſ ı"' } }, '"Straße ﬁ ſ ı"'],
    ['a common user', { name: 'C##APP', changes: { username: 'c##app' } }, '"C##APP"'],
  ])('case 32: %s', async (_, options, text) => {
    const h = new OracleHarness(options);
    await h.rotate();
    expect(h.accepts('AWSCURRENT')).toBe(true);
    expect(changesOf(h)[0]).toMatch(new RegExp(`^ALTER USER ${text} IDENTIFIED BY "`));
    expect(JSON.parse(h.value('AWSCURRENT'))).toMatchObject({ username: options.changes?.username ?? 'app' });
  });

  test.each(['it\'s', 'a; DROP USER app', 'a -- b', 'a /* b */', ':bind &amp', '1st', 'ALTER', '%s$\\', 'naïve pässword', 'x REPLACE y'])('case 32: the password %j, exact and without injection', async (password) => {
    const h = new OracleHarness({ password });
    await h.rotate();
    expect(h.accepts('AWSCURRENT')).toBe(true);
    expect(changesOf(h)).toHaveLength(1);
  });

  test('a user whose profile has a verify function names its old password', async () => {
    const h = new OracleHarness({ profile: { verifies: () => true } });
    await h.rotate();
    expect(changesOf(h)[0]).toMatch(/ REPLACE "first password of all"$/);
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test.each(['a"b', '" ACCOUNT LOCK "', '"'])('a pending password with a quotation mark, %j, is refused, and the current one works', async (password) => {
    const h = new OracleHarness();
    const rotation = h.start();
    h.simulator.perform('PutSecretValue', {
      SecretId: h.arn, ClientRequestToken: rotation.token, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password }), VersionStages: ['AWSPENDING'],
    });
    const error = await failure(h.step(rotation, 'setSecret'));
    expect(error).toMatchObject({ name: 'SecretValueError' });
    expect(error.message).toContain('holds a quotation mark');
    expect(changesOf(h)).toEqual([]);
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('case 74: a login that the server takes for another user\'s changes nothing', async () => {
    const users = new OracleUsers();
    users.add('APP', 'first password of all');
    users.add('OTHER', 'first password of all');
    const h = new OracleHarness({ connect: () => (credentials, ...rest) => users.connect({ ...credentials, username: 'other' }, ...rest) });
    expect((await setSecretFails(h)).message).toContain('as those of another user');
    expect(users.statements.filter((sql) => sql.startsWith('ALTER'))).toEqual([]);
  });

  test.each(['app[owner]', '[owner]', '/', 'app@orcl', '""', '"a"b"', 'a"b', 'sys', '"SYS"'])('the user name %j is refused, and nothing is dialled', async (username) => {
    const connect = jest.fn();
    const h = new OracleHarness({ changes: { username }, connect: () => connect });
    const error = await setSecretFails(h);
    expect(error).toMatchObject({ name: 'SecretValueError' });
    expect(error.message).toContain('The key "username"');
    expect(connect).not.toHaveBeenCalled();
  });

  test.each(['appß', 'ſys', 'ﬁn', 'ıd', 'müller'])('case 32: the name %j without quotation marks, which JavaScript and the server may make uppercase in two ways, is refused', async (username) => {
    const connect = jest.fn();
    const error = await setSecretFails(new OracleHarness({ changes: { username }, connect: () => connect }));
    expect(error).toMatchObject({ name: 'SecretValueError' });
    expect(error.message).toMatch(/outside ASCII.*in quotation marks$/);
    expect(connect).not.toHaveBeenCalled();
  });

  test('only its own grammar is accepted by the model', () => {
    const users = new OracleUsers({ verifies: () => true });
    users.add('APP', 'first');
    const codeOf = (sql: string, by = 'APP') => {
      try {
        users.run(sql, by);
        return undefined;
      } catch (error) {
        return (error as OracleError).code;
      }
    };
    expect([
      'ALTER USER "APP" IDENTIFIED BY "a" REPLACE "first"', 'ALTER USER "APP" IDENTIFIED BY "a', 'ALTER USER "APP" IDENTIFIED BY ""', 'ALTER USER "APP" IDENTIFIED BY "a"b"',
      'ALTER USER "app" IDENTIFIED BY "a"', 'ALTER USER APP IDENTIFIED BY "a" REPLACE "b" ACCOUNT UNLOCK', 'ALTER USER "APP" IDENTIFIED BY "b"', 'ALTER USER "APP" IDENTIFIED BY "b" REPLACE "first"',
      `ALTER USER "APP" IDENTIFIED BY "${'b'.repeat(31)}" REPLACE "a"`, 'ALTER USER "APP" IDENTIFIED BY \'b\' REPLACE "a"', 'DROP USER "APP"',
    ].map((sql) => codeOf(sql))).toEqual([
      undefined, 'ORA-00911', 'ORA-01741', 'ORA-00922', 'ORA-01031', 'ORA-00922', 'ORA-28221', 'ORA-28008', 'ORA-00972', 'ORA-00911', 'ORA-00900',
    ]);
  });
});

describe('two passwords', () => {
  const make = (options: Partial<OracleHarnessOptions> = {}) => new OracleHarness({ kind: 'dual passwords', ...options });

  test('case 87: the server accepts AWSCURRENT and AWSPENDING from setSecret on', async () => {
    const h = make();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    for (const label of ['AWSCURRENT', 'AWSPENDING']) { expect(h.accepts(label)).toBe(true); }
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(h.accepts('AWSPREVIOUS')).toBe(true);
  });

  test('case 89: the password of AWSPREVIOUS works for PASSWORD_ROLLOVER_TIME', async () => {
    const h = make({ profile: { rolloverTime: 0.5 } });
    await h.rotate();
    h.pass(0.4);
    expect(h.accepts('AWSPREVIOUS')).toBe(true);
    h.pass(0.2);
    expect(h.accepts('AWSPREVIOUS')).toBe(false);
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('a rotation within that time changes nothing, because the change would end the password of AWSCURRENT', async () => {
    const h = make();
    await h.rotate();
    h.pass(0.5);
    const error = await setSecretFails(h);
    expect(error.message).toMatch(/PASSWORD_ROLLOVER_TIME.*a change now could end the one of AWSCURRENT, so nothing was changed/);
    expect(changesOf(h)).toHaveLength(1);
    for (const label of ['AWSCURRENT', 'AWSPREVIOUS']) { expect(h.accepts(label)).toBe(true); }
  });

  test('what the error says ends that time, and the retry completes', async () => {
    const h = make();
    await h.rotate();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    await failure(h.step(rotation, 'setSecret'));
    h.users.alter(`ALTER USER app IDENTIFIED BY "${passwordOf(h.value('AWSCURRENT'))}"`);
    h.users.alter('ALTER USER app EXPIRE PASSWORD ROLLOVER PERIOD');
    expect(h.accepts('AWSCURRENT')).toBe(true);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('a rotation that was given up after setSecret goes on, also after that time', async () => {
    const h = make();
    await h.rotate();
    h.pass(2);
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    h.pass(2);
    // The page says so: the password of AWSCURRENT has become the older one.
    expect([h.accepts('AWSCURRENT'), h.accepts('AWSPENDING')]).toEqual([false, true]);
    await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    expect(h.accepts('AWSCURRENT')).toBe(true);
    expect(changesOf(h)).toHaveLength(2);
  });

  test('without the label of that version, the next rotation changes nothing, and completes when an administrator has ended the time', async () => {
    const h = make();
    await h.rotate();
    h.pass(2);
    const givenUp = h.start();
    await h.steps(givenUp, 'createSecret', 'setSecret');
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: givenUp.token });
    h.simulator.completeRotation(h.arn);
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    expect((await failure(h.step(rotation, 'setSecret'))).message).toContain('nothing was changed');
    expect(h.accepts('AWSCURRENT')).toBe(true);
    h.users.alter(`ALTER USER app IDENTIFIED BY "${passwordOf(h.value('AWSCURRENT'))}"`);
    h.users.alter('ALTER USER app EXPIRE PASSWORD ROLLOVER PERIOD');
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    for (const label of ['AWSCURRENT', 'AWSPREVIOUS']) { expect(h.accepts(label)).toBe(true); }
  });

  test('with that label back on its version, the rotation goes on', async () => {
    const h = make();
    const givenUp = h.start();
    await h.steps(givenUp, 'createSecret', 'setSecret');
    const label = { SecretId: h.arn, VersionStage: 'AWSPENDING' };
    h.simulator.perform('UpdateSecretVersionStage', { ...label, RemoveFromVersionId: givenUp.token });
    h.simulator.perform('UpdateSecretVersionStage', { ...label, MoveToVersionId: givenUp.token });
    h.pass(2);
    await h.steps(givenUp, 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    expect(h.accepts('AWSCURRENT')).toBe(true);
    expect(changesOf(h)).toHaveLength(1);
  });

  test('AWSCURRENT goes back to AWSPREVIOUS as the page says, and the next rotation completes', async () => {
    const h = make();
    await h.rotate();
    const { AWSCURRENT: newer, AWSPREVIOUS: older } = h.simulator.inspect(h.arn).stages;
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSCURRENT', MoveToVersionId: older, RemoveFromVersionId: newer });
    for (const label of ['AWSCURRENT', 'AWSPREVIOUS']) { expect(h.accepts(label)).toBe(true); }
    h.users.alter(`ALTER USER app IDENTIFIED BY "${passwordOf(h.value('AWSCURRENT'))}"`);
    h.users.alter('ALTER USER app EXPIRE PASSWORD ROLLOVER PERIOD');
    h.pass(2);
    expect(h.accepts('AWSCURRENT')).toBe(true);
    await h.rotate();
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('AWSCURRENT is the newer of two passwords, and no label has the older one: nothing is changed', async () => {
    const h = make();
    for (const password of ['second by hand', 'third by hand']) {
      h.users.alter(`ALTER USER app IDENTIFIED BY "${password}"`);
      h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: randomUUID(), SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password }) });
    }
    expect([h.accepts('AWSCURRENT'), h.accepts('AWSPREVIOUS')]).toEqual([true, false]);
    expect((await setSecretFails(h)).message).toMatch(/could end the one of AWSCURRENT, so nothing was changed.*Only if that succeeded, run ALTER USER … EXPIRE/);
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('case 90: without a version that tells which of two passwords is older, nothing is changed', async () => {
    const h = make();
    h.users.alter('ALTER USER app IDENTIFIED BY "by hand"');
    h.users.alter('ALTER USER app IDENTIFIED BY "first password of all"');
    h.users.accounts.get('APP')!.older = { password: 'by hand', until: Infinity };
    expect((await setSecretFails(h)).message).toContain('nothing was changed');
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test.each([0, -1])('a profile with a PASSWORD_ROLLOVER_TIME of %d is refused, and nothing is changed', async (rolloverTime) => {
    const h = make({ profile: { rolloverTime } });
    expect((await setSecretFails(h)).message).toMatch(/no PASSWORD_ROLLOVER_TIME.*nothing was changed.*RotationStrategy.singleUser/);
    expect(changesOf(h)).toEqual([]);
  });

  test('the limit of an hour, in a session with a decimal comma', async () => {
    const h = make({ profile: { rolloverTime: 1 / 24, hasDecimalComma: true } });
    await h.rotate();
    for (const label of ['AWSCURRENT', 'AWSPREVIOUS']) { expect(h.accepts(label)).toBe(true); }
  });

  test('case 75: two wrong logins in a row never lock the user', async () => {
    const h = make({ profile: { failedLoginAttempts: 2, rolloverTime: 1 } });
    expect((await setSecretFails(h)).message).toContain('FAILED_LOGIN_ATTEMPTS in the profile of the user is 2,');
    const longer = make({ profile: { failedLoginAttempts: 3, rolloverTime: 1 } });
    await longer.rotate();
    const rotation = longer.start();
    await longer.step(rotation, 'createSecret');
    for (let n = 0; n < 5; n++) { await failure(longer.step(rotation, 'setSecret')); }
    expect(longer.users.accounts.get('APP')!.status).toBe('OPEN');
  });

  test('the statement of a rotation that was ended by hand, on its way during the next one, ends AWSCURRENT, as the page says', async () => {
    let hold: Promise<void> | undefined;
    let isSent = () => {};
    const sent = new Promise<void>((resolve) => { isSent = resolve; });
    const h = make({
      connect: (connect) => async (...login) => {
        const connection = await connect(...login);
        return {
          ...connection,
          execute: async (sql) => {
            if (hold && sql.startsWith('ALTER')) {
              const held = hold;
              hold = undefined;
              isSent();
              await held;
            }
            return connection.execute(sql);
          },
        };
      },
    });
    const ended = h.start();
    await h.step(ended, 'createSecret');
    let arrive = () => {};
    hold = new Promise((resolve) => { arrive = resolve; });
    const late = h.step(ended, 'setSecret', h.makeHandler());
    await sent;
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: ended.token });
    h.simulator.completeRotation(h.arn);
    await h.rotate();
    expect(h.accepts('AWSCURRENT')).toBe(true);
    arrive();
    await late;
    expect([h.accepts('AWSCURRENT'), h.accepts('AWSPREVIOUS')]).toEqual([false, true]);
  });

  test('a server that tells the end of that time only after a login with the older password', async () => {
    const h = make({ profile: { rolloverTime: 1, tellsEndLate: true } });
    await h.rotate();
    h.pass(2);
    h.users.logins.length = 0;
    await h.rotate();
    expect(h.accepts('AWSCURRENT')).toBe(true);
    expect(h.users.logins).toEqual([true, false, false, true]);
  });
});

describe('failed logins of each rotation', () => {
  test.each<[string, Kind, (h: OracleHarness) => Promise<void>, boolean[]]>([
    ['a retry of setSecret of a single user', 'single user', async (h) => { await h.steps(h.start(), 'createSecret', 'setSecret', 'setSecret'); }, [true, false, true]],
    ['a retry with two passwords', 'dual passwords', async (h) => { await h.steps(h.start(), 'createSecret', 'setSecret', 'setSecret'); }, [true, true, true]],
    ['a rotation too early', 'dual passwords', async (h) => {
      await h.rotate();
      h.users.logins.length = 0;
      await setSecretFails(h);
    }, [true, false, true]],
  ])('%s', async (_, kind, run, logins) => {
    const h = new OracleHarness({ kind });
    await run(h);
    expect(h.users.logins).toEqual(logins);
  });
});

test.each<[string, boolean, number]>([
  ['db.example.com', true, 2484], ['db.example.com', false, 1521], ['db.example.com:2500', true, 2500],
])('the endpoint %s, with TLS %j, is dialled at the port %d', async (endpoint, isSecure, port) => {
  const dialled: number[] = [];
  const users = new OracleUsers();
  users.add('APP', 'first password of all');
  const connect: ConnectOracle = (credentials, ...rest) => {
    dialled.push(credentials.port);
    return users.connect(credentials, ...rest);
  };
  const h = new OracleHarness({ config: { endpoint }, isSecure, connect: () => connect });
  await h.rotate();
  expect(new Set(dialled)).toEqual(new Set([port]));
});

test.each([{ singleUser: true }, { dualPasswords: true }, {}])('a superuser secret, which synthesis refuses, changes nothing: %j', async (config) => {
  const h = new OracleHarness({ config: { ...config, superuserSecretArn: 'superuser' } });
  h.users.add('SUPERUSER', 'password of the superuser');
  h.simulator.createSecret('superuser', JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), username: 'superuser', password: 'password of the superuser' }));
  expect((await setSecretFails(h)).message).toMatch(/nothing was changed/);
  expect(changesOf(h)).toEqual([]);
});

describe('errors', () => {
  test.each<[string, string, string]>([
    ['ORA-28000', 'TargetRefusedError', 'ACCOUNT UNLOCK'],
    ['ORA-28001', 'TargetRefusedError', 'has expired'],
    ['ORA-01045', 'TargetRefusedError', 'GRANT CREATE SESSION'],
    ['ORA-28009', 'TargetRefusedError', 'SYS is an administrator'],
    ['ORA-28040', 'TargetRefusedError', 'SQLNET.ALLOWED_LOGON_VERSION_SERVER'],
    ['ORA-28365', 'TargetRefusedError', 'wallet of the server'],
    ['NJS-116', 'TargetRefusedError', 'verifier of Oracle 10g'],
    ['NJS-518', 'TargetRefusedError', '"dbname"'],
    ['ORA-99999', 'UnexpectedError', 'Oracle failed with ORA-99999'],
  ])('a login that the server refuses with %s is a %s, after which no other password is tried', async (code, name, text) => {
    let logins = 0;
    const h = new OracleHarness({ connect: () => () => { logins++; return Promise.reject(new OracleError(code)); } });
    const error = await setSecretFails(h);
    expect(error.name).toBe(name);
    expect(error.message).toContain(text);
    expect(error.message).toContain(code);
    expect(error.message).not.toContain('the text of the driver');
    expect(logins).toBe(1);
  });

  test.each<[string, string]>([
    ['ORA-12514', '"dbname"'], ['ORA-12505', '"dbname"'], ['ORA-12528', 'not open'], ['ORA-12516', 'no handler left'], ['ORA-12526', 'restricted mode'],
    ['ORA-12660', 'SQLNET.ENCRYPTION_SERVER'],
  ])('the code of the listener, %s, is in the text of the driver', async (code, text) => {
    const h = new OracleHarness(refusing('NJS-511', `NJS-511: connection to listener at host db port 1521 was refused. (CONNECTION_ID=x)\nCause: ${code}`));
    const error = await setSecretFails(h);
    expect(error).toMatchObject({ name: 'TargetRefusedError', code });
    expect(error.message).toContain(text);
  });

  test.each(['NJS-500', 'NJS-501', 'NJS-503', 'NJS-510', 'NJS-521', 'NJS-530', 'NJS-123'])('case 29: %s is a failure of the network', async (code) => {
    const error = await setSecretFails(new OracleHarness(refusing(code)));
    expect(error.name).toBe('ConnectivityError');
    expect(error.message).toContain(`(${code})`);
  });

  test.each(['single user', 'dual passwords'] as const)('case 29: a change that waits too long (%s) says what may hold it', async (kind) => {
    const connect = (real: ConnectOracle): ConnectOracle => async (...login) => {
      const connection = await real(...login);
      return { ...connection, execute: (sql) => sql.startsWith('ALTER') ? Promise.reject(new OracleError('NJS-123')) : connection.execute(sql) };
    };
    const error = await setSecretFails(new OracleHarness({ kind, connect }));
    expect(error.name).toBe('ConnectivityError');
    expect(error.message).toMatch(/statement in time \(NJS-123\).*lock on the user.*clients that log in with an old password/);
    expect(error.message).not.toContain('security groups');
  });

  test.each([['NJS-500', 'SQLNET.ENCRYPTION_SERVER'], ['NJS-501', 'SQLNET.ENCRYPTION_SERVER'], ['NJS-521', 'SQLNET.ENCRYPTION_SERVER'], ['NJS-510', 'the port is one with TLS']])('case 29: %s says what else it may be', async (code, text) => {
    expect((await setSecretFails(new OracleHarness(refusing(code)))).message).toContain(text);
  });

  test('the alert of a server never makes an error of a statement one of TLS', async () => {
    expect((await setSecretFails(new OracleHarness(refusing('ORA-20001', 'alert handshake failure')))).name).toBe('UnexpectedError');
  });

  test('case 29: so is a listener that refuses with an unknown code', async () => {
    expect((await setSecretFails(new OracleHarness(refusing('NJS-511', 'refused')))).name).toBe('ConnectivityError');
  });

  test.each(['self-signed certificate', 'certificate has expired', 'NJS-508: TLS detected an invalid certificate'])('case 66: %s', async (cause) => {
    const error = await setSecretFails(new OracleHarness(refusing('NJS-506', `NJS-506: TLS handshake failure.\n${cause}`)));
    expect(error.name).toBe('TlsError');
    expect(error.message).toContain('certificate of the database server is not trusted');
  });

  test.each(['read ECONNRESET', 'wrong version number', 'Client network socket disconnected before secure TLS connection was established'])('case 66: a port without TLS, %s', async (cause) => {
    const error = await setSecretFails(new OracleHarness(refusing('NJS-506', `NJS-506: TLS handshake failure.\n${cause}`)));
    expect(error.name).toBe('TlsError');
    expect(error.message).toContain('does not take connections with TLS');
  });

  test.each<[string, OracleHarnessOptions, string]>([
    ['a verify function', { profile: { verifies: () => false } }, 'PASSWORD_VERIFY_FUNCTION'],
    ['the limit of 30 bytes', { policy: { passwordLength: 31, excludeCharacters: '"' } }, '30 bytes'],
  ])('case 30: a password that %s refuses, and the current one still works', async (_, options, text) => {
    const h = new OracleHarness(options);
    const error = await setSecretFails(h);
    expect(error.name).toBe('TargetRefusedError');
    expect(error.message).toContain(text);
    expect(error.message).toContain('remove AWSPENDING');
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('a lock of another session', async () => {
    const connect = (real: ConnectOracle): ConnectOracle => async (...login) => {
      const connection = await real(...login);
      return { ...connection, execute: (sql) => sql.startsWith('ALTER') ? Promise.reject(new OracleError('ORA-04021')) : connection.execute(sql) };
    };
    expect((await setSecretFails(new OracleHarness({ connect }))).message).toContain('Another session holds a lock');
  });
});

describe('AWS\'s own rotation function for Oracle', () => {
  test('tries the pending password first, which is a wrong login in each rotation. This one makes none', async () => {
    const h = new OracleHarness();
    await h.rotate();
    expect(h.users.logins).toEqual([true, true]);
  });

  test('leaves out the old password, which a profile with a verify function asks for. This one names it', async () => {
    const h = new OracleHarness({ profile: { verifies: () => true } });
    expect(() => h.users.run('ALTER USER "APP" IDENTIFIED BY "next"', 'APP')).toThrow('ORA-28221');
    await h.rotate();
    expect(h.accepts('AWSCURRENT')).toBe(true);
  });

  test('puts a quotation mark of a password into the statement. This one refuses it', async () => {
    const h = new OracleHarness();
    expect(() => h.users.run('ALTER USER "APP" IDENTIFIED BY "a"b"', 'APP')).toThrow('ORA-00922');
    const policy = { passwordLength: 30, excludeCharacters: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', excludeLowercase: true, excludeUppercase: true, excludeNumbers: true };
    const error = await setSecretFails(new OracleHarness({ policy }));
    expect(error.message).toContain('quotation mark');
  });

  test('takes a locked account for a wrong password, and tries all others. This one tries none, and says so', async () => {
    const h = new OracleHarness();
    h.users.alter('ALTER USER app ACCOUNT LOCK');
    expect((await setSecretFails(h)).message).toContain('The account is locked');
    expect(h.users.logins).toEqual([false]);
  });
});

describe('the driver', () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const errors = require('oracledb/lib/errors.js') as Record<string, number> & {
    getErr(number: number): { readonly code: string };
    transformErr(error: Error): { readonly code: string };
  };

  test.each([
    ['ERR_CALL_TIMEOUT_EXCEEDED', 'NJS-123'], ['ERR_CONNECTION_CLOSED', 'NJS-500'], ['ERR_CONNECTION_LOSTCONTACT', 'NJS-501'], ['ERR_CONNECTION_INCOMPLETE', 'NJS-503'],
    ['ERR_TLS_AUTH_FAILURE', 'NJS-506'], ['ERR_TLS_DNMATCH_FAILURE', 'NJS-507'], ['ERR_TLS_HOSTMATCH_FAILURE', 'NJS-508'], ['ERR_CONNECTION_TIMEDOUT', 'NJS-510'],
    ['ERR_CONNECTION_REFUSED', 'NJS-511'], ['ERR_CONNECTION_EOF', 'NJS-521'], ['ERR_HOST_NOT_FOUND', 'NJS-530'], ['ERR_UNSUPPORTED_VERIFIER_TYPE', 'NJS-116'],
    ['ERR_SERVER_VERSION_NOT_SUPPORTED', 'NJS-138'], ['ERR_INVALID_SERVICE_NAME', 'NJS-518'], ['ERR_INVALID_SID', 'NJS-519'],
  ])('has %s as %s', (name, code) => {
    expect(errors.getErr(errors[name]).code).toBe(code);
  });

  test.each([1_017, 28_000, 28_007, 65_066])('has the error %d of the server as a code', (errorNum) => {
    const code = `ORA-${String(errorNum).padStart(5, '0')}`;
    expect(errors.transformErr(Object.assign(new Error(`${code}: the text of the server`), { errorNum })).code).toBe(code);
  });
});

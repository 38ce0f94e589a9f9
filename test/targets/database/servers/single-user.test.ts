/*
 * The rotation contract's cases of setSecret for a single user, on real servers. `fails` means: a named error, no later write, and no value of a
 * secret in an error or a log line.
 */
import { created, dialledVersions, expectNoSecrets, fails, passwordStatements, pendingWith, setPassword } from './failing';
import { DatabaseHarness, KINDS, letsIn, makeUser, MARIADB, MYSQL, POSTGRES, REDSHIFT, run, speaksPostgres, STRATEGIES } from './fixture';
import type { DatabaseServer } from '../../../../servers';
import { accessDenied, throttled, type Interceptor } from '../../../../simulator';
import { failure, passwordOf } from '../../../harness';

const NOT_ACCEPTED = /accepts neither the pending password, nor the current one, nor the previous one\. Create the user if it was never created, or give it/;

describe.each([...KINDS, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  const make = (options?: Parameters<typeof DatabaseHarness.make>[1]) => DatabaseHarness.make(server, options);

  test('case 23: a pending password that works already is kept', async () => {
    const h = await make();
    const rotation = await created(h);
    await setPassword(server, h.login('AWSPENDING'));
    const before = await passwordStatements(server, h.user.username);
    await h.step(rotation, 'setSecret');
    expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'AWSPENDING']);
    expect(await passwordStatements(server, h.user.username)).toBe(before);
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
  });

  test('case 25: if only the current password works, it is changed once', async () => {
    const h = await make();
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    expect(dialledVersions(h)).toEqual(['AWSCURRENT']);
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(false);
    await h.step(rotation, 'setSecret');
    expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'AWSCURRENT', 'AWSPENDING']);
    expect(h.writes).toEqual(['PutSecretValue']);
    expectNoSecrets(h);
  });

  test('case 26: if only the previous password works, it is changed with that', async () => {
    const h = await make();
    await h.rotate();
    const rotation = await created(h);
    await setPassword(server, h.login('AWSPREVIOUS'));
    await h.step(rotation, 'setSecret');
    expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS']);
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
    expect(await letsIn(server, h.login('AWSPREVIOUS'))).toBe(false);
  });

  test('case 65: a copy of the function that waited after its login, while later rotations went through, changes nothing', async () => {
    let inside = () => Promise.resolve();
    const h = await make({
      engine: (engine) => ({
        ...engine,
        logIn: async (...login) => {
          const session = await engine.logIn(...login);
          await inside();
          return session;
        },
      }),
    });
    const rotation = await created(h);
    inside = async () => {
      inside = () => Promise.resolve();
      await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
      h.simulator.completeRotation(h.arn);
      await h.rotate();
    };
    await failure(h.step(rotation, 'setSecret', h.makeHandler()));
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 28: if no password works, it fails as authentication', async () => {
    const h = await make();
    await h.rotate();
    const rotation = await created(h);
    await setPassword(server, { ...h.user, password: 'changed-by-hand-1' });
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', NOT_ACCEPTED);
    expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS']);
    expect(await letsIn(server, { ...h.user, password: 'changed-by-hand-1' })).toBe(true);
  });

  test('case 28: a missing user fails as authentication', async () => {
    const h = await make({ user: { username: 'nobody_at_all', password: 'password-of-nobody' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', NOT_ACCEPTED);
  });
});

describe.each([POSTGRES, MARIADB, MYSQL, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  const make = (options?: Parameters<typeof DatabaseHarness.make>[1]) => DatabaseHarness.make(server, options);

  test.each([
    { host: 'elsewhere.test.internal' }, { host: '127.0.0.1' }, { host: 'LOCALHOST' }, { port: 1 }, { port: undefined }, { username: 'somebody_else' }, { username: 'User_1' },
    { dbname: 'another' }, { more: 'keys' },
  ])('case 24: a pending value with %j fails without a connection', async (changes) => {
    const h = await make();
    await fails(h, h.step(pendingWith(h, changes), 'setSecret'), 'SecretMismatchError', /differs from the current one in more than a rotation changes, so it was not sent anywhere/);
    expect(h.dialled).toEqual([]);
  });

  test.each([
    ['host', { host: 'elsewhere.test.internal' }], ['port', { port: 1 }], ['user', { username: 'somebody_else' }],
  ])('case 24: testSecret with another %s fails without a connection', async (_, changes) => {
    const h = await make();
    await fails(h, h.step(pendingWith(h, changes), 'testSecret'), 'SecretMismatchError', /differ|not the user/);
    expect(h.dialled).toEqual([]);
  });

  test('case 24: finishSecret with another host fails', async () => {
    const h = await make();
    await fails(h, h.step(pendingWith(h, { host: 'elsewhere.test.internal' }), 'finishSecret'), 'RotationSupersededError', /not promoted/);
  });

  test.each([
    ['engine', 'oracle'], ['engine', undefined], ['engine', ''], ['host', undefined], ['host', ''], ['host', 'one,two'], ['host', '/var/run'], ['host', 'a host'], ['host', 7],
    ['port', 0], ['port', 70_000], ['port', -1], ['port', 1.5], ['port', '70000'], ['port', '0'], ['port', '12a'], ['port', ''], ['port', [5432]],
    ['username', undefined], ['username', ''], ['username', 'zero\0byte'], ['username', 5], ['password', undefined], ['password', ''], ['password', 'zero\0byte'],
    ['dbname', 5], ['dbname', 'zero\0byte'],
  ])('case 20: the key %j with %j fails, with the key only, and without a connection', async (key, value) => {
    const h = await make({ changes: { [key]: value } });
    for (const step of ['createSecret', 'setSecret', 'testSecret'] as const) {
      const rotation = step === 'createSecret' ? h.start() : pendingOrStarted(h);
      const error = await fails(h, h.step(rotation, step), 'SecretValueError', new RegExp(`key "${key}"`));
      expect(error.message).not.toContain(`${JSON.stringify(value)} `);
    }
    expect(h.dialled).toEqual([]);
  });

  /** The rotation in progress, with a pending value that createSecret would refuse. */
  function pendingOrStarted(h: DatabaseHarness) {
    const rotation = { secretId: h.arn, token: h.secret.rotationInProgress!.token, test: false };
    const SecretString = h.value('AWSCURRENT');
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString, VersionStages: ['AWSPENDING'] });
    return rotation;
  }

  test('a port may be a string, and the secret may have other keys', async () => {
    const h = await make({ changes: { port: String(server.port), masterarn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:master', dbInstanceIdentifier: 'db' } });
    const before = h.value('AWSCURRENT');
    await h.rotate();
    const after = h.value('AWSCURRENT');
    expect(after).toBe(before.replace(JSON.stringify(passwordOf(before)), () => JSON.stringify(passwordOf(after))));
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('the host may be written in capitals', async () => {
    const h = await make({ changes: { host: 'LOCALHOST' } });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test.each([undefined, ''])('a secret whose dbname is %j rotates', async (dbname) => {
    const h = await make({ changes: { dbname } });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('a missing dbname fails as refused, not as a wrong password', async () => {
    const h = await make({ changes: { dbname: 'no_such_database' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', speaksPostgres(server) ? /refused with 3D000.*"dbname"/ : /"dbname"|in the database/);
    expect(dialledVersions(h)).toEqual(['AWSCURRENT']);
    expect(await letsIn(server, h.user)).toBe(true);
  });

  test.each<[string, (error: () => Error, versionId: string) => Interceptor]>([
    ['can not be read', (error, versionId) => ({ operation, phase, input }) => {
      if (operation === 'GetSecretValue' && phase === 'before' && input.VersionId === versionId) { throw error(); }
    }],
  ])('case 27: a previous version that %s is ignored if the current password works', async (_, fault) => {
    for (const error of [accessDenied, throttled]) {
      const h = await make();
      await h.rotate();
      const rotation = await created(h);
      h.simulator.intercept = fault(error, h.secret.stages.AWSPREVIOUS);
      await h.step(rotation, 'setSecret');
      expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
    }
  });

  test('case 27: a previous version that can not be read fails as authentication if nothing else works', async () => {
    const h = await make();
    await h.rotate();
    const rotation = await created(h);
    await setPassword(server, h.login('AWSPREVIOUS'));
    const versionId = h.secret.stages.AWSPREVIOUS;
    h.simulator.intercept = ({ operation, phase, input }) => {
      if (operation === 'GetSecretValue' && phase === 'before' && input.VersionId === versionId) { throw accessDenied(); }
    };
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', NOT_ACCEPTED);
  });

  test.each([
    ['of another host', { host: 'elsewhere.test.internal' }], ['of another port', { port: 1 }], ['of another user', { username: 'somebody_else' }], ['without a host', { host: undefined }],
  ])('case 26: a previous version %s is not tried', async (_, changes) => {
    const h = await make();
    await h.rotate();
    // The current version becomes the previous one, with changes.
    const value = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...changes });
    const current = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password: 'put-by-hand-01' });
    for (const SecretString of [value, current]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString }); }
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', NOT_ACCEPTED);
    expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'AWSPENDING']);
  });

  test.each([
    ['of a database that is gone', { dbname: 'gone' }], ['with the host in capitals', { host: 'LOCALHOST' }], ['with the port as a string', { port: 'as a string' }],
  ])('case 26: a previous version %s is tried', async (_, changes) => {
    const h = await make();
    const value = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...changes, ...'port' in changes && { port: String(server.port) } });
    const current = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password: 'put-by-hand-01' });
    for (const SecretString of [value, current]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString }); }
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
  });

  test.each<[string, object, RegExp]>([
    ['a key is missing', { password: undefined }, /In version [\w-]+, which has the staging label AWSPENDING: .*"password" not at all.*remove AWSPENDING/],
    ['the port is no number', { port: 'x' }, /In version [\w-]+, which has the staging label AWSPENDING: .*"port".*remove AWSPENDING/],
    ['the password is empty', { password: '' }, /In version [\w-]+, which has the staging label AWSPENDING: .*"password".*empty.*remove AWSPENDING/],
  ])('cases 20, 102: if %s in a pending value that a user put, its version is in the error', async (_, changes, text) => {
    const h = await make();
    const rotation = h.start();
    const SecretString = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password: 'put-by-hand-02', ...changes });
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString, VersionStages: ['AWSPENDING'] });
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      const error = await failure(h.step(rotation, step));
      expect(error).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(text) });
    }
    expect(h.dialled).toEqual([]);
  });

  test('case 102: a pending value with the password of the current one is not promoted', async () => {
    const h = await make();
    const rotation = pendingWith(h, { password: h.user.password });
    for (const step of ['createSecret', 'finishSecret'] as const) {
      const error = await failure(h.step(rotation, step));
      expect(error).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(/is the current one, so no password would be rotated\. Remove AWSPENDING/) });
    }
    expect(h.writes).toEqual([]);
  });

  test('case 36: a user whose name is too long is reported as that user, not as the alternating one', async () => {
    const h = await make({ changes: { username: 'n'.repeat({ postgres: 64, mysql: 33, mariadb: 81, redshift: 128 }[kind.target]) } });
    await fails(h, h.step(h.start(), 'createSecret'), 'SecretValueError', /The user name in the key "username" of the secret is longer than \d+ \w+, the limit of \w+\. Put the name that the server has/);
  });

  test('case 31: a pending version without a value fails without a connection', async () => {
    const h = await make();
    await fails(h, h.step(h.start(), 'setSecret'), 'PendingValueMissingError', /has the staging label AWSPENDING and no value/);
    expect(h.dialled).toEqual([]);
  });

  test('case 32: quotes and 4-byte characters in the user name and the password work', async () => {
    // MySQL and MariaDB accept 4-byte characters in passwords only.
    const username = `"; DROP\\ \`x\` '%$ü${server.engine === 'postgres' ? '😀' : ''}`;
    const user = { username, password: 'Pässw\'"\\;%`$1 😀 `--' };
    await makeUser(server, user);
    const h = await make({ user });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(h.login('AWSCURRENT').username).toBe(username);
  });
});

test('the error for PostgreSQL\'s refusal has an expired password among its causes', async () => {
  const server = await POSTGRES.start();
  try {
    for (const strategy of STRATEGIES) {
      const h = await DatabaseHarness.make(server, { strategy });
      await run(server, server.admin, `ALTER ROLE ${h.user.username} VALID UNTIL '2020-01-01'`);
      await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /its password has not expired \(VALID UNTIL in PostgreSQL\)/);
    }
  } finally {
    await server.stop();
  }
});

test.each([
  // passwordcheck sees no more of a verifier than this.
  ['PostgreSQL', POSTGRES, 'strict_user', /refused with 22023.*passwordPolicy.*remove AWSPENDING/],
  ['MariaDB', MARIADB, 'tooweakly', /refused with ER_NOT_VALID_PASSWORD.*passwordPolicy.*remove AWSPENDING/],
  ['MySQL', KINDS.find(({ name }) => name === 'MySQL 9.7')!, 'tooweakly', /refused with ER_NOT_VALID_PASSWORD.*passwordPolicy.*remove AWSPENDING/],
] as const)('case 30: a password that the policy of %s refuses fails, and the current one still works', async (_, kind, password, text) => {
  const server = await kind.start({ passwordPolicy: true });
  try {
    const user = { username: 'strict_user', password: 'Str1ct-enough-for-all' };
    await makeUser(server, user);
    const h = await DatabaseHarness.make(server, { user });
    await fails(h, h.step(pendingWith(h, { password }), 'setSecret'), 'TargetRefusedError', text);
    expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'AWSPENDING']);
    expect(await letsIn(server, user)).toBe(true);
  } finally {
    await server.stop();
  }
});

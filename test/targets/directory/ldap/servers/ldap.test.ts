/*
 * The cases of the rotation contract on a real OpenLDAP: one password (23 to 33), two at a time (87 to 93), and those of any target with a login.
 */
import { inspect } from 'node:util';
import { KINDS, LdapHarness, type Kind, type LdapHarnessOptions } from './fixture';
import { RotationError } from '../../../../../lambda-src/rotation/errors';
import type { ConnectLdap, LdapConnection } from '../../../../../lambda-src/targets/directory/ldap/connection';
import { letsInLdap, makeLdapUser, SERVICES, startLdap, type LdapServer } from '../../../../../servers/ldap/ldap';
import type { StartedRotation } from '../../../../../simulator';
import { failure } from '../../../../harness';

/** Checks that a step failed as it must: a named error that says what to do, and no value in it or in the log. */
async function fails(h: LdapHarness, step: Promise<void>, name: string, text: RegExp): Promise<void> {
  const error = await failure(step);
  expect(error).toBeInstanceOf(RotationError);
  expect(`${error.name}: ${error.message}`).toMatch(new RegExp(`^${name}: .*(?:${text.source})`));
  expect(error.message).toMatch(/\. [A-Z]/);
  expectNothingSaid(h, inspect(error, { depth: 9, showHidden: true }));
}

function expectNothingSaid(h: LdapHarness, ...said: string[]): void {
  const all = [...said, ...h.log.map((line) => JSON.stringify(line))].join('\n');
  for (const value of [...h.passwords, h.user.username]) { expect(all).not.toContain(value); }
}

async function created(h: LdapHarness): Promise<StartedRotation> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  return rotation;
}

/** Changes the connections of a target. */
function through(change: (connection: LdapConnection) => Partial<LdapConnection>): (connect: ConnectLdap) => ConnectLdap {
  return (connect) => async (...login) => {
    const connection = await connect(...login);
    const same: LdapConnection = {
      bind: (...args) => connection.bind(...args),
      whoAmI: () => connection.whoAmI(),
      modifyPassword: (...args) => connection.modifyPassword(...args),
      modifyValues: (...args) => connection.modifyValues(...args),
      close: () => connection.close(),
    };
    return { ...same, ...change(same) };
  };
}

/** Changes the writes of a target. */
function afterWrite(change: (write: Promise<void>) => Promise<void>): (connect: ConnectLdap) => ConnectLdap {
  return through((to) => ({
    modifyPassword: (...args) => change(to.modifyPassword(...args)),
    modifyValues: (...args) => change(to.modifyValues(...args)),
  }));
}

let server: LdapServer;
beforeAll(async () => { server = await startLdap(); });
afterAll(() => server.stop());
const make = (options?: LdapHarnessOptions) => LdapHarness.make(server, options);

describe.each(KINDS)('%s', (kind: Kind) => {
  test('cases 25, 43, 48, 69: three rotations, without a wrong bind with one password, and no value in the log', async () => {
    const h = await make({ kind });
    for (let i = 0; i < 3; i++) {
      await h.rotate();
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await h.isAccepted('AWSPREVIOUS')).toBe(kind === 'dualPasswords');
    }
    // The first rotation with two passwords looks if the pending one is there already.
    expect(h.wrongBinds).toBe(kind === 'dualPasswords' ? 1 : 0);
    expectNothingSaid(h);
  });

  test('cases 23, 56: setSecret that runs again, also after its reply was lost, ends with the same password', async () => {
    let lost = 1;
    const loses = async (write: Promise<void>) => {
      await write;
      if (lost-- > 0) { throw new Error('the connection was lost'); }
    };
    const h = await make({ kind, connect: afterWrite(loses) });
    const rotation = await created(h);
    for (let i = 0; i < 3; i++) {
      await h.step(rotation, 'setSecret', i === 2 ? h.makeHandler() : h.handler);
      expect(await h.isAccepted('AWSPENDING')).toBe(true);
      expect(await h.isAccepted('AWSCURRENT')).toBe(kind === 'dualPasswords');
    }
    expect(lost).toBeLessThanOrEqual(0);
    await h.steps(rotation, 'testSecret', 'finishSecret');
  });

  test('case 26: an entry with the password of AWSPREVIOUS gets the pending one', async () => {
    const h = await make({ kind });
    await h.rotate();
    await makeLdapUser(server, h.user.username, h.login('AWSPREVIOUS').password);
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 28: no version has the password of the entry, or the entry is missing', async () => {
    const h = await make({ kind });
    await makeLdapUser(server, h.user.username, 'password-of-somebody-else');
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', /accepts neither the current password, nor the pending one/);
    expect(await letsInLdap(server, { ...h.user, password: 'password-of-somebody-else' })).toBe(true);
    expect(h.sent.every(({ operation }) => operation === 'bind')).toBe(true);
    const missing = await make({ kind, user: { username: `uid=missing,${SERVICES}`, password: 'first-password' } });
    await fails(missing, missing.step(await created(missing), 'setSecret'), 'AuthenticationError', /Create the entry if it was never created/);
  });

  test('case 24: a pending version for another host or user is sent nowhere', async () => {
    for (const changes of [{ host: 'elsewhere.invalid' }, { username: `uid=other,${SERVICES}` }, { port: 1 }]) {
      const h = await make({ kind });
      const rotation = h.start();
      const SecretString = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password: 'pending-password', ...changes });
      h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString, VersionStages: ['AWSPENDING'] });
      await fails(h, h.step(rotation, 'setSecret'), 'SecretMismatchError', /differs from the current one/);
      await fails(h, h.step(rotation, 'testSecret'), 'SecretMismatchError', /"host" and "port" differ|not that of the current one/);
      expect(h.sent).toEqual([]);
    }
  });

  test('case 32: distinguished names and passwords with special characters', async () => {
    const username = `uid=a\\2cb \\22x\\22\\3dd%$\\3b'ü𝄞,${SERVICES}`;
    const user = { username, password: 'p"\'%\\;$ü𝄞 {SSHA}' };
    await makeLdapUser(server, user.username, user.password);
    const h = await make({ kind, user, config: { passwordPolicy: { excludeCharacters: 'a' } } });
    await h.rotate();
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 44: testSecret fails without setSecret, and writes nothing', async () => {
    const h = await make({ kind });
    const rotation = await created(h);
    const before = await h.stored();
    await fails(h, h.step(rotation, 'testSecret'), 'AuthenticationError', /does not accept the pending credentials/);
    expect(await h.stored()).toEqual(before);
  });

  test('case 92: a server that is killed after every write keeps it', async () => {
    const own = await startLdap();
    try {
      const kill = async (write: Promise<void>) => {
        await write;
        await own.kill();
        await own.restart();
      };
      const h = await LdapHarness.make(own, { kind, connect: afterWrite(kill) });
      for (let i = 0; i < 2; i++) {
        await h.rotate();
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
        expect(await h.isAccepted('AWSPREVIOUS')).toBe(kind === 'dualPasswords');
      }
    } finally {
      await own.stop();
    }
  });
});

describe('one password', () => {
  test('the server stores a hash, not the password', async () => {
    for (const kind of ['itself', 'superuser'] as const) {
      const h = await make({ kind });
      await h.rotate();
      expect(await h.stored()).toEqual([expect.stringMatching(/^\{SSHA\}/)]);
    }
  });

  test('case 30: a policy refuses the password, which is told apart from a wrong one, and the current one still works', async () => {
    const strict = await startLdap({ policy: { pwdMinLength: '64', pwdCheckQuality: '2', pwdMaxFailure: '2', pwdLockout: 'TRUE' } });
    try {
      for (const kind of ['itself', 'superuser'] as const) {
        const h = await LdapHarness.make(strict, { kind });
        const rotation = await created(h);
        await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /result code 19\. Its password policy refused the new password/);
        await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /result code 19\./);
        expect(h.wrongBinds).toBe(0);
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      }
    } finally {
      await strict.stop();
    }
  });

  test('cases 45, 75: with pwdMaxFailure 2, three rotations lock no user; a locked user fails', async () => {
    const locking = await startLdap({ policy: { pwdMaxFailure: '2', pwdLockout: 'TRUE' } });
    try {
      for (const kind of ['itself', 'superuser'] as const) {
        const h = await LdapHarness.make(locking, { kind });
        for (let i = 0; i < 3; i++) { await h.rotate(); }
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
        for (let i = 0; i < 2; i++) { await letsInLdap(locking, { ...h.user, password: 'wrong' }); }
        await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /pwdAccountLockedTime/);
      }
    } finally {
      await locking.stop();
    }
  });
});

describe('two passwords', () => {
  const kind = 'dualPasswords';

  test('cases 87, 88, 89: AWSCURRENT and AWSPREVIOUS stay accepted, only hashes are sent, and what is older is removed', async () => {
    const h = await make({ kind });
    for (let i = 1; i <= 4; i++) {
      const rotation = await created(h);
      for (let again = 0; again < 3; again++) {
        await h.step(rotation, 'setSecret');
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
        expect(await h.isAccepted('AWSPENDING')).toBe(true);
        if (i > 1) { expect(await h.isAccepted('AWSPREVIOUS')).toBe(true); }
      }
      await h.steps(rotation, 'testSecret', 'finishSecret');
      h.simulator.completeRotation(h.arn);
      expect(await h.stored()).toHaveLength(Math.min(i + 1, 3));
    }
    expect(await letsInLdap(server, h.user)).toBe(false);
    const values = h.sent.flatMap(({ operation, args }) => ['add', 'replace'].includes(operation) ? args as string[] : []);
    expect(values.every((value) => /^\{SSHA\}[A-Za-z0-9+/=]{48}$/.test(value))).toBe(true);
  });

  test('case 90: a password that somebody else added is removed, but not in the first rotation', async () => {
    const h = await make({ kind });
    const other = { ...h.user, password: 'password-of-somebody-else' };
    await makeLdapUser(server, h.user.username, h.user.password, other.password);
    await h.rotate();
    expect(await letsInLdap(server, other)).toBe(true);
    await h.rotate();
    expect(await letsInLdap(server, other)).toBe(false);
  });

  test('a password of AWSPREVIOUS that was taken from the user is not given back', async () => {
    const h = await make({ kind });
    await h.rotate();
    await makeLdapUser(server, h.user.username, h.login('AWSCURRENT').password);
    await h.rotate();
    expect(await letsInLdap(server, h.user)).toBe(false);
    expect(await h.stored()).toHaveLength(2);
  });

  test('an entry with a password policy is refused, and the current password still works', async () => {
    const withPolicy = await startLdap({ policy: { pwdCheckQuality: '2' } });
    try {
      const h = await LdapHarness.make(withPolicy, { kind });
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /no policy may apply to the entry: give RotationStrategy\.singleUser/);
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    } finally {
      await withPolicy.stop();
    }
  });
});

describe('the superuser', () => {
  test.each(['superuser', 'dualPasswords'] as const)('case 40: a wrong password of the superuser, %s', async (kind) => {
    const h = await make({ kind, superuserChanges: { password: 'wrong' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /does not accept the credentials of the superuser secret superuser, so nothing was changed/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each(['superuser', 'dualPasswords'] as const)('case 39: a superuser of another server, %s', async (kind) => {
    const h = await make({ kind, superuserChanges: { host: 'elsewhere.example.com' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretMismatchError', /"host" and "port" differ/);
    expect(h.sent).toEqual([]);
  });

  test.each(['superuser', 'dualPasswords'] as const)('a superuser without the right has the result code 50, %s', async (kind) => {
    const other = { username: `uid=other,${SERVICES}`, password: 'password-of-other' };
    await makeLdapUser(server, other.username, other.password);
    const h = await make({ kind, superuserChanges: other });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /result code 50\. .*right to write userPassword/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('the user of the secret is no superuser of itself, in whatever case', async () => {
    const h = await make({ kind: 'dualPasswords', superuserChanges: { username: `UID = USER_0, ${SERVICES}` }, user: { username: `uid=user_0,${SERVICES}`, password: 'first-password' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretValueError', /has the user whose password it would change/);
  });
});

describe('the connection', () => {
  const user = { username: `uid=user_tls,${SERVICES}`, password: 'first-password' };

  test.each([
    ['wrongHost', 'TlsError', /no certificate to trust/], ['expired', 'TlsError', /no certificate to trust/], ['unknownCa', 'TlsError', /no certificate to trust/],
    ['none', '(TlsError|ConnectivityError)', /TLS/],
  ] as const)('case 66: refuses a server with %s, and sends nothing', async (tls, name, text) => {
    const own = await startLdap({ tls });
    try {
      const h = await LdapHarness.make(own, { user });
      await fails(h, h.step(await created(h), 'setSecret'), name, text);
      expect(h.sent).toEqual([]);
    } finally {
      await own.stop();
    }
  });

  test('case 29: a server that is down is not taken for a wrong password', async () => {
    const h = await make({ user, changes: { port: 1 } });
    await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /can't be reached with TLS, or doesn't answer in time \(ECONNREFUSED\)/);
  });

  test('case 33: a server that hangs ends the step before the time-out of the function', async () => {
    const own = await startLdap();
    try {
      const h = await LdapHarness.make(own, {
        connect: (connect) => async (...login) => {
          const connection = await connect(...login);
          own.pause();
          return connection;
        },
      });
      const rotation = await created(h);
      h.remaining = 3_000;
      await fails(h, h.step(rotation, 'setSecret'), '(ConnectivityError|StepTimeoutError)', /time/);
      own.resume();
      h.remaining = 30_000;
    } finally {
      await own.stop();
    }
  }, 20_000);

  test('a user without a right to change its password has the result code 53', async () => {
    const h = await make({ user: server.superuser });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /result code 53\. .*rights =xw on userPassword/);
  });
});

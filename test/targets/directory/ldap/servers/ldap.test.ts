/*
 * The cases of the rotation contract on a real OpenLDAP: one password (23 to 33), two at a time (87 to 93), and those of any target with a login.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Attribute, Change } from 'ldapts';
import { KINDS, LdapHarness, type Kind, type LdapHarnessOptions } from './fixture';
import type { ConnectLdap, LdapConnection } from '../../../../../lambda-src/targets/directory/ldap/connection';
import { asLdap, letsInLdap, makeLdapUser, SERVICES, startLdap, SYNC_PROVIDER, type LdapServer } from '../../../../../servers/ldap/ldap';
import { failure } from '../../../../harness';
import {
  created, detectsLateChange, endsInTime, expectNothingSaid, fails, firstReply, ignoresUnreadablePrevious, isOverWhenGivenUp, keepsWrites, killing,
  needsPendingValue, pausedAfterConnecting, pausingAtFirstWrite, sendsNothingElsewhere, writesNothingLater,
} from '../../cases';

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

/** Runs `then` after every login of a target. */
function afterBind(then: () => Promise<void>): (connect: ConnectLdap) => ConnectLdap {
  return through((to) => ({
    bind: async (...args) => {
      await to.bind(...args);
      await then();
    },
  }));
}

/** Whether the values of userPassword that were sent are hashes. */
function isHashesOnly(h: LdapHarness): boolean {
  const values = h.sent.flatMap(({ operation, args }) => ['add', 'replace'].includes(operation) ? args as string[] : []);
  expect(values.length).toBeGreaterThan(0);
  return values.every((value) => /^\{SSHA\}[A-Za-z0-9+/=]{48}$/.test(value));
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
    const reply = firstReply();
    const h = await make({ kind, connect: afterWrite(reply.lose) });
    const rotation = await created(h);
    for (let i = 0; i < 3; i++) {
      await h.step(rotation, 'setSecret', i === 2 ? h.makeHandler() : h.handler);
      expect(await h.isAccepted('AWSPENDING')).toBe(true);
      expect(await h.isAccepted('AWSCURRENT')).toBe(kind === 'dualPasswords');
    }
    expect(reply.isLost).toBe(true);
    await h.steps(rotation, 'testSecret', 'finishSecret');
  });

  test('case 26: an entry with the password of AWSPREVIOUS gets the pending one', async () => {
    const h = await make({ kind });
    await h.rotate();
    await makeLdapUser(server, h.user.username, h.login('AWSPREVIOUS').password);
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 27: a previous version that can not be read is ignored', async () => {
    const h = await make({ kind });
    await ignoresUnreadablePrevious(h);
    expect(await h.isAccepted('AWSCURRENT')).toBe(kind === 'dualPasswords');
  });

  test('case 31: a pending version without a value changes nothing', async () => {
    await needsPendingValue(await make({ kind }));
  });

  test('case 46: testSecret alone accepts a copy of the current value, and writes nothing', async () => {
    const h = await make({ kind });
    const copy = h.start();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: copy.token, SecretString: h.value('AWSCURRENT'), VersionStages: ['AWSPENDING'] });
    const before = await h.stored();
    await h.step(copy, 'testSecret');
    expect(await h.stored()).toEqual(before);
  });

  test('case 47: a server that takes a moment to accept the password', async () => {
    const h = await make({ kind });
    const rotation = await created(h);
    const handler = h.makeHandler({ sleep: (milliseconds) => sleep(milliseconds) });
    const late = new Promise<void>((resolve, reject) => { setTimeout(() => { h.step(rotation, 'setSecret').then(resolve, reject); }, 250); });
    await Promise.all([h.step(rotation, 'testSecret', handler), late]);
    expect(h.sleeps.length).toBeGreaterThan(0);
  });

  test('case 74: a login that the server takes for an anonymous one changes nothing', async () => {
    const anonymous = async () => 'dn:';
    const h = await make({ kind, connect: through(() => ({ whoAmI: anonymous })) });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /takes the login for an anonymous one, so nothing was changed/);
    expect(h.sent.every(({ operation }) => operation === 'bind')).toBe(true);
  });

  test('case 78: a change that was given up, and is done later by the server, is detected by the retry', async () => {
    const own = await startLdap();
    try {
      const pausing = pausingAtFirstWrite(own);
      const connect = through((to) => ({ modifyPassword: pausing(to.modifyPassword), modifyValues: pausing(to.modifyValues) }));
      const h = await LdapHarness.make(own, { kind, connect });
      await detectsLateChange(h, own);
      expect(await h.isAccepted('AWSPREVIOUS')).toBe(kind === 'dualPasswords');
      await h.rotate();
      expect((await h.stored()).length).toBeLessThanOrEqual(3);
    } finally {
      await own.stop();
    }
  }, 20_000);

  test('case 70: the log of the server has no password', async () => {
    const h = await make({ kind });
    await h.rotate();
    expect(server.output()).toContain(h.user.username);
    for (const password of h.passwords) { expect(server.output()).not.toContain(password); }
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

  test('case 24: a pending version for another host or user is sent nowhere', () => sendsNothingElsewhere(() => make({ kind }), 'pending-password', `uid=other,${SERVICES}`));

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
      await keepsWrites(await LdapHarness.make(own, { kind, connect: afterWrite(killing(own)) }), kind === 'dualPasswords');
    } finally {
      await own.stop();
    }
  });
});

describe('one password', () => {
  const kinds = KINDS.filter((kind) => kind !== 'dualPasswords');

  test.each(kinds)('%s: a copy of the function whose rotation is over changes nothing', (kind) =>
    writesNothingLater((inside) => make({ kind, connect: afterBind(inside) }), 'modifyPassword'));

  test.each(kinds)('case 65: %s, a copy of the function whose rotation was given up changes nothing, and the next rotation succeeds', (kind) =>
    isOverWhenGivenUp((inside) => make({ kind, connect: afterBind(inside) })));

  test('the server stores a hash, not the password', async () => {
    for (const kind of ['itself', 'superuser'] as const) {
      const h = await make({ kind });
      await h.rotate();
      expect(await h.stored()).toEqual([expect.stringMatching(/^\{SSHA\}/)]);
    }
  });

  test('cases 26, 75: with pwdMaxFailure 3, the password of AWSPREVIOUS is found after two wrong binds, and the user is not locked', async () => {
    const locking = await startLdap({ policy: { pwdMaxFailure: '3', pwdLockout: 'TRUE' } });
    try {
      for (const kind of ['itself', 'superuser'] as const) {
        const h = await LdapHarness.make(locking, { kind });
        await h.rotate();
        await makeLdapUser(locking, h.user.username, h.login('AWSPREVIOUS').password);
        const before = h.wrongBinds;
        await h.rotate();
        expect(h.wrongBinds - before).toBe(2);
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      }
    } finally {
      await locking.stop();
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

  test.each([['itself', 'pwdAllowUserChange', 'FALSE'], ['superuser', 'pwdSafeModify', 'TRUE']] as const)('case 30: %s, with %s %s, is refused with that reason, and the current password works', async (kind, name, value) => {
    const strict = await startLdap({ policy: { [name]: value } });
    try {
      const h = await LdapHarness.make(strict, { kind });
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', new RegExp(`result code 50\\. .*${name}`));
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    } finally {
      await strict.stop();
    }
  });

  test('a user that must change its password, or has one login left after it expired, is rotated, and may do everything then', async () => {
    const strict = await startLdap({ policy: { pwdMustChange: 'TRUE', pwdMaxAge: '1', pwdGraceAuthNLimit: '1' } });
    try {
      for (const kind of ['itself', 'superuser'] as const) {
        const h = await LdapHarness.make(strict, { kind });
        const search = () => asLdap(strict, h.login('AWSCURRENT'), (client) => client.search(SERVICES, { scope: 'base' }));
        const modification = new Attribute({ type: 'pwdReset', values: ['TRUE'] });
        await asLdap(strict, strict.root, (client) => client.modify(h.user.username, new Change({ operation: 'replace', modification })));
        await expect(search()).rejects.toThrow('Operations are restricted');
        await h.rotate();
        await search();
        await sleep(2_100);
        await h.rotate();
        await search();
        expect(h.wrongBinds).toBe(0);
      }
    } finally {
      await strict.stop();
    }
  }, 20_000);

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
    expect(isHashesOnly(h)).toBe(true);
  });

  test('a naive variant that sends the password itself is caught, and the server would store it in clear', async () => {
    const h: LdapHarness = await make({
      kind,
      connect: through((to) => ({ modifyValues: (dn, operation) => to.modifyValues(dn, operation, [h.login('AWSPENDING').password]) })),
    });
    await h.rotate();
    expect(isHashesOnly(h)).toBe(false);
    expect(await h.stored()).toContain(h.login('AWSCURRENT').password);
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

  test('case 74: the user of the secret is no superuser of itself, whatever name of its entry is in the superuser secret', async () => {
    const user = { username: `cn=user a+sn=b,${SERVICES}`, password: 'first-password' };
    await asLdap(server, server.root, async (client) => {
      await client.add(user.username, { objectClass: ['person', 'simpleSecurityObject'], cn: 'user a', sn: 'b', userPassword: user.password });
    });
    const names = [
      user.username, `CN = USER  A + SN=B, ${SERVICES}`, `sn=b+cn=user a,${SERVICES}`, `2.5.4.3=user a+surname=b,${SERVICES}`, `commonName=us\\65r\\20a+sn="b",${SERVICES}`, `cn=ｕser a+sn=b;${SERVICES}`,
      'cn=user a+sn=b,organizationalUnitName=services,0.9.2342.19200300.100.1.25=example,DC=com',
    ];
    for (const username of names) {
      expect(await letsInLdap(server, { ...user, username })).toBe(true);
      for (const kind of ['superuser', 'dualPasswords'] as const) {
        const h = await make({ kind, superuserChanges: { ...user, username }, user });
        const error = await failure(h.step(await created(h), 'setSecret'));
        expect(`${error.name}: ${error.message}`).toMatch(/^SecretValueError: The superuser secret has the user whose password it would change\. Use/);
        expect(h.sent.every(({ operation }) => operation === 'bind')).toBe(true);
      }
    }
  });

  test('that is rotated meanwhile is refused, and the retry completes with its new password', async () => {
    for (const kind of ['superuser', 'dualPasswords'] as const) {
      const superuser = { username: `uid=rotated,${SERVICES}`, password: 'first-password-of-it' };
      const own = await startLdap({ settings: [`access to dn.one="${SERVICES}" attrs=userPassword by dn.exact="${superuser.username}" =w by * break`] });
      try {
        await makeLdapUser(own, superuser.username, superuser.password);
        const h = await LdapHarness.make(own, {
          kind,
          superuserChanges: superuser,
          connect: (connect) => async (...login) => {
            if (h.sent.some(({ operation }) => operation === 'bind')) { await makeLdapUser(own, superuser.username, 'second-password-of-it'); }
            return connect(...login);
          },
        });
        const rotation = await created(h);
        await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', /does not accept the credentials of the superuser secret/);
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      } finally {
        await own.stop();
      }
    }
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

  test('a server that asks for a client certificate says so', async () => {
    const own = await startLdap({ asksForCertificate: true });
    try {
      const h = await LdapHarness.make(own, { user });
      await fails(h, h.step(await created(h), 'setSecret'), '(TlsError|ConnectivityError)', /asks? for a client certificate.*TLSVerifyClient/);
    } finally {
      await own.stop();
    }
  });

  test('case 29: a server that is down is not taken for a wrong password', async () => {
    const h = await make({ user, changes: { port: 1 } });
    await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /can't be reached with TLS, or doesn't answer in time \(ECONNREFUSED\)/);
  });

  test('a replica answers with a referral, which is not followed, and nothing is changed', async () => {
    const provider = await startLdap({ settings: SYNC_PROVIDER });
    const replica = await startLdap({ replicaOf: provider });
    try {
      await makeLdapUser(provider, user.username, user.password);
      for (let left = 100; left > 0 && !await letsInLdap(replica, user); left--) { await sleep(50); }
      for (const kind of KINDS) {
        const h = await LdapHarness.make(replica, { kind, user });
        await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /result code 10 \(referral\)\. The server is a replica/);
        expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      }
    } finally {
      await replica.stop();
      await provider.stop();
    }
  }, 20_000);

  test('case 33: a server that hangs ends the step before the time-out of the function', async () => {
    const own = await startLdap();
    try {
      await endsInTime(await LdapHarness.make(own, { connect: pausedAfterConnecting(own) }), own);
    } finally {
      await own.stop();
    }
  }, 20_000);

  test('a user without a right to change its password has the result code 53', async () => {
    const h = await make({ user: server.superuser });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /result code 53\. .*rights =xw on userPassword/);
  });
});

/*
 * The cases of the rotation contract on a real domain controller: one password (23 to 33), and those of any target with a login.
 */
import { AdHarness, KINDS, type AdHarnessOptions, type Kind } from './fixture';
import { Deadline } from '../../../../../lambda-src/rotation/deadline';
import { connectAd, type AdConnection, type ConnectAd } from '../../../../../lambda-src/targets/directory/active-directory/connection';
import {
  adUser, asAd, changeAd, changeAdPolicy, EXPIRED, letsInAd, makeAdUser, quoted, renameAd, SERVICES, startActiveDirectory,
  type ActiveDirectoryServer, type AdUser,
} from '../../../../../servers/active-directory/active-directory';
import { parseAdUser } from '../../../../../src/targets/directory/active-directory/contract';
import { failure } from '../../../../harness';
import {
  created, detectsLateChange, endsInTime, expectNothingSaid, fails, firstReply, ignoresUnreadablePrevious, isOverWhenGivenUp, keepsWrites, killing,
  needsPendingValue, pausedAfterConnecting, pausingAtFirstWrite, sendsNothingElsewhere, writesNothingLater,
} from '../../cases';

/** Of the domain, as attributes have a time: in units of 100 nanoseconds, negative. */
const DAY = '-864000000000';

/** Changes the connections of a target. */
function through(change: (connection: AdConnection) => Partial<AdConnection>): (connect: ConnectAd) => ConnectAd {
  return (connectTo) => async (...login) => {
    const connection = await connectTo(...login);
    const same: AdConnection = {
      bind: (...args) => connection.bind(...args),
      findUser: (...args) => connection.findUser(...args),
      isUser: (...args) => connection.isUser(...args),
      changePassword: (...args) => connection.changePassword(...args),
      resetPassword: (...args) => connection.resetPassword(...args),
      close: () => connection.close(),
    };
    return { ...same, ...change(same) };
  };
}

/** Changes the writes of a target. */
function afterWrite(change: (write: Promise<void>) => Promise<void>): (connect: ConnectAd) => ConnectAd {
  return through((to) => ({
    changePassword: (...args) => change(to.changePassword(...args)),
    resetPassword: (...args) => change(to.resetPassword(...args)),
  }));
}

/** Runs `then` after every login of a target. */
function afterBind(then: () => Promise<void>): (connect: ConnectAd) => ConnectAd {
  return through((to) => ({
    bind: async (...args) => {
      await to.bind(...args);
      await then();
    },
  }));
}

/** As a person does, beside a rotation. */
function resetByHand(h: AdHarness, password: string): Promise<void> {
  return changeAd(h.server, h.user.dn, { unicodePwd: quoted(password) });
}

/** A domain controller with a policy of its own. */
async function withPolicy(policy: Record<string, string>, use: (server: ActiveDirectoryServer) => Promise<void>): Promise<void> {
  const own = await startActiveDirectory();
  try {
    await changeAdPolicy(own, policy);
    await use(own);
  } finally {
    await own.stop();
  }
}

let server: ActiveDirectoryServer;
/** Accepts only the present password, as a domain does an hour later. */
let later: ActiveDirectoryServer;
beforeAll(async () => {
  server = await startActiveDirectory();
  later = await startActiveDirectory({ oldPasswordMinutes: 0 });
}, 60_000);
afterAll(async () => {
  await server.stop();
  await later.stop();
});
const make = (options?: AdHarnessOptions) => AdHarness.make(server, options);

describe.each(KINDS)('%s', (kind: Kind) => {
  test('cases 25, 43, 48, 69, 89: three rotations without a refused operation, the password before the present one stays accepted, and no value in the log', async () => {
    const h = await make({ kind });
    for (let i = 0; i < 3; i++) {
      await h.rotate();
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await h.isAccepted('AWSPREVIOUS')).toBe(true);
    }
    expect(h.refused).toEqual([]);
    expect(h.sent.map(({ operation }) => operation).slice(0, 4)).toEqual(kind === 'itself' ? ['bind', 'changePassword', 'bind', 'bind'] : ['bind', 'bind', 'resetPassword', 'bind']);
    expect(await h.letsIn('First-password-of-nobody-1')).toBe(false);
    expectNothingSaid(h);
  });

  test('case 87: 25 rotations beside readers that log in with AWSCURRENT, of which none is refused', async () => {
    const h = await make({ kind });
    let isOver = false;
    let logins = 0;
    const read = async () => {
      for (; !isOver; logins++) { expect(await h.isAccepted('AWSCURRENT')).toBe(true); }
    };
    const readers = Promise.all([read(), read()]);
    for (let i = 0; i < 25; i++) { await h.rotate(); }
    isOver = true;
    await readers;
    expect(logins).toBeGreaterThan(50);
  }, 60_000);

  test('after an hour, only AWSCURRENT is accepted', async () => {
    const h = await AdHarness.make(later, { kind });
    await h.rotate();
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(await h.isAccepted('AWSPREVIOUS')).toBe(false);
    expect(h.refused).toEqual([]);
  });

  test.each([['within the hour', () => server], ['later', () => later]])('cases 23, 56: setSecret that runs again %s, also after its reply was lost, ends with the same password', async (_, at) => {
    const reply = firstReply();
    const h = await AdHarness.make(at(), { kind, connect: afterWrite(reply.lose) });
    const rotation = await created(h);
    await failure(h.step(rotation, 'setSecret'));
    for (let i = 0; i < 2; i++) {
      await h.step(rotation, 'setSecret', i === 1 ? h.makeHandler() : h.handler);
      expect(await h.isAccepted('AWSPENDING')).toBe(true);
    }
    await h.steps(rotation, 'testSecret', 'finishSecret');
  });

  test('case 61: two copies of setSecret at once end with the pending password', async () => {
    const h = await make({ kind });
    const rotation = await created(h);
    await Promise.all([h.step(rotation, 'setSecret'), h.step(rotation, 'setSecret', h.makeHandler())]);
    expect(await h.isAccepted('AWSPENDING')).toBe(true);
    await h.steps(rotation, 'testSecret', 'finishSecret');
    await resetByHand(h, 'Password-of-somebody-else-1');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each([['within the hour', () => server], ['later', () => later]])('case 26: a user with the password of AWSPREVIOUS %s gets the pending one', async (_, at) => {
    const h = await AdHarness.make(at(), { kind });
    await h.rotate();
    await resetByHand(h, h.passwordOf('AWSPREVIOUS'));
    await h.rotate();
    // Only the present password is followed by another one.
    const current = h.passwordOf('AWSCURRENT');
    await h.rotate();
    expect(h.passwordOf('AWSPREVIOUS')).toBe(current);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 27: a previous version that can not be read is ignored', async () => {
    await ignoresUnreadablePrevious(await make({ kind }));
  });

  test('case 31: a pending version without a value changes nothing', async () => {
    await needsPendingValue(await make({ kind }));
  });

  test('case 70: the log of the domain controller has no password', async () => {
    const h = await make({ kind });
    await h.rotate();
    expect(server.output()).toContain('samba');
    for (const password of h.passwords) { expect(server.output()).not.toContain(password); }
  });

  test('case 78: a change that was given up, and is done later by the domain controller, is detected by the retry', async () => {
    const own = await startActiveDirectory();
    try {
      const pausing = pausingAtFirstWrite(own);
      const connect = through((to) => ({ changePassword: pausing(to.changePassword), resetPassword: pausing(to.resetPassword) }));
      const h = await AdHarness.make(own, { kind, connect });
      await detectsLateChange(h, own);
      await h.rotate();
    } finally {
      await own.stop();
    }
  }, 20_000);

  test('case 92: a domain controller that is killed after every write keeps it', async () => {
    const own = await startActiveDirectory({ oldPasswordMinutes: 0 });
    try {
      await keepsWrites(await AdHarness.make(own, { kind, connect: afterWrite(killing(own)) }), false);
    } finally {
      await own.stop();
    }
  }, 20_000);

  test('case 28: no version has the password of the user, or the user is missing', async () => {
    const h = await AdHarness.make(later, { kind });
    await resetByHand(h, 'Password-of-somebody-else-1');
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', /accepts neither the current password, nor the pending one/);
    expect(await h.letsIn('Password-of-somebody-else-1')).toBe(true);
    expect(h.sent.every(({ operation }) => operation === 'bind')).toBe(true);
    const missing = await make({ kind, username: () => adUser('missing').upn });
    await fails(missing, missing.step(await created(missing), 'setSecret'), 'AuthenticationError', /Create the user if it was never created/);
  });

  test.each([
    ['within the hour', 60, kind === 'itself' ? [2, 2, 2] : [0, 0, 0]], ['later', 0, [1, 2, 3]],
  ] as const)('case 75: after a reset by hand, %s, attempts count few wrong logins', async (_, oldPasswordMinutes, counts) => {
    const own = await startActiveDirectory({ oldPasswordMinutes });
    try {
      await changeAdPolicy(own, { lockoutThreshold: '10' });
      const h = await AdHarness.make(own, { kind });
      await h.rotate();
      await h.rotate();
      await resetByHand(h, 'Password-of-somebody-else-1');
      const rotation = await created(h);
      for (const count of counts) {
        const step = h.step(rotation, 'setSecret');
        await (count === 0 ? step : fails(h, step, 'AuthenticationError', /accepts neither the current password, nor the pending one/));
        expect(await h.wrongPasswords()).toBe(count);
      }
    } finally {
      await own.stop();
    }
  });

  test('case 24: a pending version for another host or user is sent nowhere', () => sendsNothingElsewhere(() => make({ kind }), 'Pending-password-1', adUser('other').upn));

  test.each([
    ['its user principal name', 'svc.upn', ({ upn }: { upn: string }) => upn.toUpperCase()],
    ['its distinguished name', 'svc.dn', ({ dn }: { dn: string }) => dn],
    ['its domain and name', 'svc.domain', ({ account }: { account: string }) => `AD\\${account}`],
    ['the name of its account and the domain', 'svc.implicit', ({ account }: { account: string }) => `${account}@ad`],
  ])('case 43: a user that logs in with %s', async (_, account, username) => {
    const h = await make({ kind, user: adUser(`${account}-${kind}`), username });
    await h.rotate();
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(h.refused).toEqual([]);
  });

  test('case 32: names and passwords with special characters, which match no other entry', async () => {
    const names = ['a)(ü$;%\'&|!𝄞', 'b', 'c'];
    for (const [i, name] of names.entries()) {
      const account = `s(${kind.slice(0, 3)})$ü&%'${i}`;
      const dn = `CN=\\#a\\,b\\+ "${i}" ${kind} ü𝄞\\\\ \\=c,${SERVICES}`.replace(/"/g, '\\"');
      const user = { account, dn, upn: `${name}-${kind}@ad.example.com` };
      const usernames = [({ upn }: AdUser) => upn, ({ dn: own }: AdUser) => own, () => `AD\\${account}`];
      const h = await make({ kind, user, username: usernames[i], password: 'P"\'%\\;$ü𝄞 1', config: { passwordPolicy: { excludeCharacters: 'a' } } });
      await h.rotate();
      await h.rotate();
      const login = { username: dn, password: h.passwordOf('AWSCURRENT') };
      expect(await letsInAd(server, login)).toBe(true);
      expect(h.refused).toEqual([]);
    }
  });

  test('cases 44, 46: testSecret fails without setSecret after one wrong login, and succeeds alone for a copy of current', async () => {
    const h = await make({ kind });
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'testSecret'), 'AuthenticationError', /does not accept the pending credentials/);
    expect(h.sent).toEqual([{ operation: 'bind', succeeded: false }]);
    const alone = await make({ kind });
    const test = alone.start();
    alone.simulator.perform('PutSecretValue', { SecretId: alone.arn, ClientRequestToken: test.token, SecretString: alone.value('AWSCURRENT'), VersionStages: ['AWSPENDING'] });
    await alone.step(test, 'testSecret');
    expect(alone.sent).toEqual([{ operation: 'bind', succeeded: true }]);
  });

  test('case 30: a policy refuses the password, which is told apart from a wrong one, and the current one still works', () => withPolicy({ minPwdLength: '14', lockoutThreshold: '2' }, async (strict) => {
    const h = await AdHarness.make(strict, { kind, password: 'First-long-password-1', config: { passwordPolicy: { passwordLength: 12 } } });
    const rotation = await created(h);
    for (let i = 0; i < 2; i++) { await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /Windows error 0000052D\. The password policy of the domain refused the new password/); }
    expect(h.sent.filter(({ operation, succeeded }) => operation === 'bind' && !succeeded)).toEqual([]);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    expect(await h.wrongPasswords()).toBe(0);
  }));

  test.each([
    ['disabled', '533', { userAccountControl: '514' }, /is disabled\. Enable it/],
    ['expired', '701', { accountExpires: '132000000000000000' }, /account has expired\. Change its expiry date/],
    ['one that has to change its password', '773', { pwdLastSet: '0' }, /has to change its password at the next login\. Take this flag/],
  ])('case 45: a user that is %s has the error %s, and no other password is tried', async (_, code, attributes, text) => {
    const h = await make({ kind });
    await changeAd(server, h.user.dn, attributes);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', new RegExp(`with the error ${code}\\. .*${text.source}`));
    expect(h.sent).toEqual([{ operation: 'bind', succeeded: false }]);
  });

  test('case 45: a password that has expired has the error 532, and no other password is tried', async () => {
    const h = await make({ kind, user: adUser(EXPIRED.account), password: EXPIRED.password, exists: true });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /with the error 532\. The password has expired/);
    expect(h.sent).toEqual([{ operation: 'bind', succeeded: false }]);
  });

  test('cases 45, 75: with a lockout after two wrong passwords, rotations and their repetitions lock no user; a locked user has the error 775', () => withPolicy({ lockoutThreshold: '2' }, async (own) => {
    const h = await AdHarness.make(own, { kind });
    for (let i = 0; i < 3; i++) {
      const rotation = await created(h);
      for (let again = 0; again < 3; again++) {
        await h.step(rotation, 'setSecret');
        expect(await h.wrongPasswords()).toBe(0);
      }
      await h.steps(rotation, 'testSecret', 'finishSecret');
      h.simulator.completeRotation(h.arn);
    }
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    for (let i = 0; i < 2; i++) { expect(await h.letsIn(`Wrong-password-${i}`)).toBe(false); }
    const before = h.sent.length;
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /with the error 775\. The account is locked after too many wrong passwords/);
    expect(h.sent.slice(before)).toEqual([{ operation: 'bind', succeeded: false }]);
  }));
});

describe('the hour of the old password', () => {
  test('by itself: a current password that is only the old one is no proof', async () => {
    const h = await make();
    await resetByHand(h, 'Password-of-somebody-else-1');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /as the present one, so nothing was changed/);
    expect(await h.letsIn('Password-of-somebody-else-1')).toBe(true);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('by itself: a pending password that is only the old one is no proof', async () => {
    const h = await make();
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    await resetByHand(h, 'Password-of-somebody-else-1');
    expect(await h.isAccepted('AWSPENDING')).toBe(true);
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', /as the present one, so nothing was changed/);
  });

  test('by itself: a current password that was restored by hand, while the pending one is the old one, fails by the history', async () => {
    const h = await make();
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    await resetByHand(h, h.passwordOf('AWSCURRENT'));
    expect(await h.isAccepted('AWSPENDING')).toBe(true);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /0000052D\. .*history.*Then remove AWSPENDING/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each([
    ['a password of somebody else', () => 'Password-of-somebody-else-1'],
    ['the current password', (h: AdHarness) => h.passwordOf('AWSCURRENT')],
  ])('by a superuser: after a reset to %s by hand, the pending password becomes the present one again', async (_, password) => {
    const h = await make({ kind: 'superuser' });
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    await resetByHand(h, password(h));
    await h.step(rotation, 'setSecret');
    await h.steps(rotation, 'testSecret', 'finishSecret');
    // Only the present password is still accepted after one more change.
    await resetByHand(h, 'Password-of-somebody-else-2');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('by a superuser: a copy of the function whose rotation is over resets nothing', () =>
    writesNothingLater((inside) => make({ kind: 'superuser', connect: afterBind(inside) }), 'resetPassword'));
});

test.each(KINDS)('case 65: %s, a copy of the function whose rotation was given up changes nothing, and the next rotation succeeds', (kind) =>
  isOverWhenGivenUp((inside) => make({ kind, connect: afterBind(inside) })));

describe('the policy', () => {
  test('the minimum age refuses a change by the user, and a reset ignores it', () => withPolicy({ minPwdAge: DAY }, async (own) => {
    const itself = await AdHarness.make(own);
    await fails(itself, itself.step(await created(itself), 'setSecret'), 'TargetRefusedError', /0000052D\. .*give a superuserSecret if the minimum age refused it/);
    const superuser = await AdHarness.make(own, { kind: 'superuser' });
    await superuser.rotate();
    await superuser.rotate();
    expect(await superuser.isAccepted('AWSCURRENT')).toBe(true);
  }));

  test('without a history, a rotation and its repetitions succeed', () => withPolicy({ pwdHistoryLength: '0' }, async (own) => {
    const h = await AdHarness.make(own);
    const rotation = await created(h);
    for (let i = 0; i < 3; i++) { await h.step(rotation, 'setSecret'); }
    await h.steps(rotation, 'testSecret', 'finishSecret');
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  }));
});

describe('the superuser', () => {
  test('case 40: a wrong password of the superuser', async () => {
    const h = await make({ kind: 'superuser', superuserChanges: { password: 'wrong' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /does not accept the credentials of the superuser secret superuser, so nothing was changed/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 39: a superuser of another server', async () => {
    const h = await make({ kind: 'superuser', superuserChanges: { host: 'elsewhere.example.com' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretMismatchError', /"host" and "port" differ/);
    expect(h.sent).toEqual([]);
  });

  test('a superuser without the right has the result code 50', async () => {
    const other = adUser('without-rights');
    await makeAdUser(server, other, 'Password-of-other-1');
    const h = await make({ kind: 'superuser', superuserChanges: { username: other.upn, password: 'Password-of-other-1' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /result code 50.* has no right to do this/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each<[string, (user: AdUser) => string]>([
    ['its user principal name in another case', ({ upn }) => upn.toUpperCase()], ['its distinguished name', ({ dn }) => dn], ['its account', ({ account }) => `AD\\${account}`],
  ])('case 74: the user of the secret is no superuser of itself, by %s', async (_, name) => {
    const user = adUser(`own-${name.length}`);
    const h = await make({ kind: 'superuser', user, password: 'Password-of-own-1', superuserChanges: { username: name(user), password: 'Password-of-own-1' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretValueError', /has the user whose password it would change/);
    expect(h.sent.every(({ operation }) => operation === 'bind')).toBe(true);
  });
});

describe('whose entry it is', () => {
  const sidOf = (dn: string) => asAd(server, server.superuser, async (client) => {
    const { searchEntries: [{ objectSid }] } = await client.search(dn, { scope: 'base', attributes: ['objectSid'], explicitBufferAttributes: ['objectSid'] });
    return (objectSid as Buffer).toString('hex');
  });

  test.each(KINDS)('%s: only the password of the user that logged in changes, also if another user gets its name before the change', async (kind) => {
    const [other, gone] = [adUser(`heir-${kind}`), adUser(`gone-${kind}`)];
    await makeAdUser(server, other, 'Password-of-heir-1');
    const rename = async () => {
      await renameAd(server, h.user.dn, gone.dn);
      await renameAd(server, other.dn, h.user.dn);
    };
    const h = await make({
      kind,
      connect: through((to) => ({
        changePassword: async (...args) => {
          await rename();
          return to.changePassword(...args);
        },
        resetPassword: async (...args) => {
          await rename();
          return to.resetPassword(...args);
        },
      })),
    });
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    expect(await letsInAd(server, { username: gone.dn, password: h.passwordOf('AWSPENDING') })).toBe(true);
    expect(await letsInAd(server, { username: h.user.dn, password: 'Password-of-heir-1' })).toBe(true);
    expect(await letsInAd(server, { username: h.user.dn, password: h.passwordOf('AWSPENDING') })).toBe(false);
  });

  test('a name that another user has as its account changes only the user that logged in', async () => {
    const other = adUser('twin');
    await makeAdUser(server, other, 'Password-of-twin-1');
    for (const kind of KINDS) {
      const h = await make({ kind, user: { ...adUser(`other-${kind}`), upn: `${other.account}@${kind}.example.com` } });
      await h.rotate();
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await letsInAd(server, { username: other.dn, password: 'Password-of-twin-1' })).toBe(true);
      expect(await letsInAd(server, { username: other.dn, password: h.passwordOf('AWSCURRENT') })).toBe(false);
    }
  });

  test.each(['*)(cn=*@ad.example.com', 'AD\\*', adUser('superuser').upn, adUser('superuser').dn, 'AD\\Users', 'CN=Users,CN=Builtin,DC=ad,DC=example,DC=com'])('the entry of %s is not that of another user', async (username) => {
    const { user, server: { host, port, ca } } = await make({ password: 'First-password-of-own-1' });
    const connection = await connectAd({ host, port }, ca, new Deadline(() => 30_000));
    try {
      await connection.bind(user.upn, 'First-password-of-own-1');
      expect(await connection.findUser(user.upn, parseAdUser(user.upn)!)).toBe(await sidOf(user.dn));
      const error = await failure(connection.findUser(username, parseAdUser(username)!).then(() => undefined));
      expect(error.message).toMatch(/doesn't show the entry of its user, so nothing was changed\. Put|There is no such entry in this domain\. Put/);
    } finally {
      connection.close();
    }
  });
});

describe('the connection', () => {
  test.each([
    ['wrongHost', 'TlsError', /no certificate to trust/], ['expired', 'TlsError', /no certificate to trust/], ['unknownCa', 'TlsError', /no certificate to trust/],
    ['none', '(TlsError|ConnectivityError)', /TLS/],
  ] as const)('cases 66, 67: refuses a server with %s, and sends nothing', async (tls, name, text) => {
    const own = await startActiveDirectory({ tls });
    try {
      const { host, port, ca } = own;
      const h = await make({ changes: { host, port }, config: { certificateAuthority: ca } });
      await fails(h, h.step(await created(h), 'setSecret'), name, text);
      expect(h.sent).toEqual([]);
    } finally {
      await own.stop();
    }
  });

  test('case 29: a server that is down is not taken for a wrong password', async () => {
    const h = await make({ changes: { port: 1 } });
    await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /can't be reached with TLS, or doesn't answer in time \(ECONNREFUSED\)/);
  });

  test('case 33: a server that hangs ends the step before the time-out of the function', async () => {
    const own = await startActiveDirectory();
    try {
      await endsInTime(await AdHarness.make(own, { connect: pausedAfterConnecting(own) }), own);
    } finally {
      await own.stop();
    }
  }, 20_000);
});

/*
 * Logins and passwords on FerretDB, whose code for them is its own. It has no roles, custom data or restrictions: those are in mongo.test.ts.
 */
import { makeMongoUser, MongoHarness, SUPERUSER, type Kind, type MongoHarnessOptions } from './fixture';
import { asMongo, letsInMongo, runMongo, startFerretDb, type MongoProduct, type MongoServer } from '../../../../../servers/mongo/mongo';
import { failure } from '../../../../harness';

jest.setTimeout(60_000);

const KINDS: readonly Kind[] = ['itself', 'superuser'];

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

async function messageOf(h: MongoHarness): Promise<string> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  const { name, message } = await failure(h.step(rotation, 'setSecret'));
  for (const password of h.passwords) { expect(message).not.toContain(password); }
  return `${name}: ${message}`;
}

describe.each<MongoProduct>(['mongoDb', 'documentDb'])('%s', (product) => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startFerretDb({ product });
    await makeMongoUser(server, SUPERUSER, { roles: [] });
  });
  afterAll(() => server.stop());
  const make = ({ fields, ...options }: MongoHarnessOptions = {}) => MongoHarness.make(server, { ...options, fields: { roles: [], ...fields } });
  const mechanismsOf = async (h: MongoHarness) => ((await h.shown())!.mechanisms as string[]).sort();

  test.each(KINDS)('cases 25, 43, %s: three rotations, each with a new password that the usual driver logs in with', async (kind) => {
    const h = await make({ kind });
    const seen = new Set([h.user.password]);
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await h.isAccepted('AWSPREVIOUS')).toBe(false);
      seen.add(h.login('AWSCURRENT').password);
    }
    expect(seen.size).toBe(4);
  });

  test.each(KINDS)('cases 23, 46, %s: setSecret and testSecret can run any number of times', async (kind) => {
    const h = await make({ kind });
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'setSecret', 'testSecret', 'setSecret', 'testSecret');
    expect(await h.isAccepted('AWSPENDING')).toBe(true);
  });

  test.each(KINDS)('case 26, %s: if only the previous password works, it is changed with that', async (kind) => {
    const h = await make({ kind });
    await h.rotate();
    await runMongo(server, { updateUser: h.user.username, pwd: h.login('AWSPREVIOUS').password });
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each(KINDS)('case 28, %s: a wrong password changes nothing', async (kind) => {
    const h = await make({ kind, changes: { password: 'another-password' } });
    expect(await messageOf(h)).toMatch(/^AuthenticationError: The server accepts neither/);
    expect(await letsInMongo(server, h.user)).toBe(true);
    expect(h.sent).not.toContain('updateUser');
  });

  test('a user that does not exist is refused like a wrong password', async () => {
    const h = await make({ changes: { username: 'nobody' } });
    expect(await messageOf(h)).toMatch(/^(AuthenticationError|TargetRefusedError): /);
    expect(h.sent).not.toContain('updateUser');
  });

  test('case 40: a superuser with a wrong password is named, and changes nothing', async () => {
    const h = await make({ kind: 'superuser', superuserChanges: { password: 'wrong' } });
    expect(await messageOf(h)).toMatch(/^AuthenticationError: .*superuser secret/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each([
    ['quotes and signs', 'p%41"\'\\;$db{}'], ['letters of several languages', 'pässwörd€漢字'], ['a thousand characters', 'x'.repeat(1_000)],
  ])('case 32: the function logs in with a password of %s as the usual driver does', async (name, password) => {
    const h = await make({ user: { username: `user with "${name}"`, password }, kind: 'superuser' });
    await makeMongoUser(server, h.user, { roles: [] });
    expect(await letsInMongo(server, h.user)).toBe(true);
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('a password that SASLprep changes works in another form too, so it counts as not accepted, and is not sent', async () => {
    const user = { username: 'nonbreaking', password: 'a\u00a0b' };
    await makeMongoUser(server, user, { roles: [], mechanisms: ['SCRAM-SHA-256'] });
    const h = await make({ user });
    expect(await letsInMongo({ ...server, product: 'mongoDb' }, { ...user, password: 'a b' })).toBe(true);
    expect(await messageOf(h)).toMatch(/^AuthenticationError: The server accepts neither.*SASLprep/);
    // Only the pending password is tried.
    expect(h.sent).toEqual(['saslStart', 'saslContinue']);
  });

  test.each([[['SCRAM-SHA-1']], [['SCRAM-SHA-256']], [['SCRAM-SHA-1', 'SCRAM-SHA-256']]])('a user keeps its mechanisms, and the function logs in with one of them: %j', async (mechanisms) => {
    for (const kind of KINDS) {
      const h = await make({ kind, fields: { mechanisms } });
      await h.rotate();
      await h.rotate();
      const current = h.login('AWSCURRENT');
      const letsIn = (authMechanism: 'SCRAM-SHA-1' | 'SCRAM-SHA-256') => letsInMongo({ ...server, product: authMechanism === 'SCRAM-SHA-1' ? 'documentDb' : 'mongoDb' }, current);
      expect(await letsIn(mechanisms.at(-1) as 'SCRAM-SHA-1')).toBe(true);
      expect(await mechanismsOf(h)).toEqual(mechanisms);
    }
  });

  test.each(['wrongHost', 'expired', 'unknownCa'] as const)('case 66: a certificate that is wrong (%s) is refused, before a credential is sent', async (tls) => {
    const wrong = await startFerretDb({ product, tls });
    cleanUp.push(() => wrong.stop());
    const h = await make({ changes: { port: wrong.port }, config: { certificateAuthority: wrong.ca } });
    expect(await messageOf(h)).toMatch(/^TlsError: .*no credential was sent/);
    expect(h.sent).toEqual([]);
  });

  test('case 66: a server without TLS is refused, before a credential is sent', async () => {
    const plain = await startFerretDb({ product, tls: 'none' });
    cleanUp.push(() => plain.stop());
    const h = await make({ changes: { port: plain.port } });
    expect(await messageOf(h)).toMatch(/^(ConnectivityError|TlsError): /);
    expect(h.sent).toEqual([]);
  });

  test(product === 'documentDb' ? 'cases 34, 35, alternating: two users in turn, both accepted after each rotation' : 'alternating: a server without custom data refuses, and nothing changes', async () => {
    const h = await make({ kind: 'alternating' });
    const names = async () => asMongo(server, server.root, async (client) => ((await client.db('admin').command({ usersInfo: 1 })).users as { user: string }[]).map(({ user }) => user));
    if (product === 'mongoDb') {
      const before = await names();
      expect(await messageOf(h)).toMatch(/^TargetRefusedError: .*238.*RotationStrategy\.singleUser/);
      expect(await names()).toEqual(before);
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      return;
    }
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      for (const stage of ['AWSCURRENT', 'AWSPREVIOUS']) { expect(await h.isAccepted(stage)).toBe(true); }
      expect(h.login('AWSCURRENT').username).toBe(h.user.username + (n % 2 === 0 ? '_clone' : ''));
    }
  });
});

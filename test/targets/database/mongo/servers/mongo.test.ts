/*
 * The cases of the rotation contract on a stand-in for MongoDB and DocumentDB. No real server of either runs here.
 */
import { inspect } from 'node:util';
import { KINDS, makeMongoUser, makeSuperuser, MongoHarness, type MongoHarnessOptions } from './fixture';
import { RotationError } from '../../../../../lambda-src/rotation/errors';
import { letsInMongo, runMongo, startMongo, type MongoProduct, type MongoServer } from '../../../../../servers/mongo/mongo';
import { failure } from '../../../../harness';

const PRODUCTS: readonly MongoProduct[] = ['mongoDb', 'documentDb'];
const READ_WRITE = { role: 'readWrite', db: 'orders' };
const READ = { role: 'read', db: 'stock' };

jest.setTimeout(60_000);

/** Checks that a step failed as it must: a named error that says what to do, and no value in it or in the log. */
async function fails(h: MongoHarness, step: Promise<void>, name: string, text: RegExp): Promise<void> {
  const error = await failure(step);
  expect(error).toBeInstanceOf(RotationError);
  expect(`${error.name}: ${error.message}`).toMatch(new RegExp(`^${name}: .*(?:${text.source})`));
  expect(error.message).toMatch(/\. [A-Z]/);
  const said = [inspect(error, { depth: 9, showHidden: true }), ...h.log.map((line) => JSON.stringify(line))].join('\n');
  for (const password of h.passwords) { expect(said).not.toContain(password); }
}

async function created(h: MongoHarness) {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  return rotation;
}

describe.each(PRODUCTS)('%s', (product) => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongo({ product });
    await makeSuperuser(server);
  });
  afterAll(() => server.stop());
  const make = (options?: MongoHarnessOptions) => MongoHarness.make(server, options);

  test.each(KINDS)('cases 25, 35, 43, %s: three rotations, each with a new password that the usual driver logs in with', async (kind) => {
    const h = await make({ kind });
    const seen = new Set([h.user.password]);
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await h.isAccepted('AWSPREVIOUS')).toBe(kind === 'alternating');
      seen.add(h.login('AWSCURRENT').password);
      expect(h.login('AWSCURRENT').username).toBe(h.user.username + (kind === 'alternating' && n % 2 === 0 ? '_clone' : ''));
    }
    expect(seen.size).toBe(4);
  });

  test.each(KINDS)('cases 23, 46, %s: setSecret and testSecret can run any number of times', async (kind) => {
    const h = await make({ kind });
    const rotation = await created(h);
    await h.steps(rotation, 'setSecret', 'setSecret', 'testSecret', 'setSecret', 'testSecret');
    expect(await h.isAccepted('AWSPENDING')).toBe(true);
  });

  test.each(['itself', 'superuser'] as const)('case 26, %s: if only the previous password works, it is changed with that', async (kind) => {
    const h = await make({ kind });
    await h.rotate();
    await runMongo(server, { updateUser: h.user.username, pwd: h.login('AWSPREVIOUS').password });
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 39: a superuser secret for another server fails without a connection', async () => {
    const h = await make({ kind: 'alternating', superuserChanges: { host: 'elsewhere.test.internal' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretMismatchError', /"host" and "port" differ/);
    expect(h.sent).toEqual([]);
  });

  test.each(KINDS)('case 44, %s: testSecret fails while the pending password doesn\'t work', async (kind) => {
    const h = await make({ kind });
    await fails(h, h.step(await created(h), 'testSecret'), 'AuthenticationError', /does not accept the pending credentials/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('itself: a user without changeOwnPassword is refused, with what to give it', async () => {
    const h = await make({ fields: { roles: [READ_WRITE] } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /13.*changeOwnPassword/);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each(KINDS)('cases 28, 37, %s: a current password that the server refuses changes nothing', async (kind) => {
    const h = await make({ kind, changes: { password: 'another-password' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /put the password that works into the secret|AWSCURRENT/i);
    expect(await letsInMongo(server, h.user)).toBe(true);
    expect(h.sent).not.toContain('updateUser');
    expect(h.sent).not.toContain('createUser');
  });

  test('cases 34, 41, 77, alternating: roles that the first user got and lost follow at the next turn of the second one', async () => {
    const h = await make({ kind: 'alternating' });
    const clone = `${h.user.username}_clone`;
    await h.rotate();
    const roles = async (name: string) => ((await h.shown(name))!.roles as { role: string }[]).map(({ role }) => role).sort();
    expect(await roles(clone)).toEqual(await roles(h.user.username));
    await runMongo(server, { updateUser: h.user.username, roles: [READ] });
    await h.rotate();
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(clone);
    expect(await roles(clone)).toEqual(['read']);
    expect(await roles(h.user.username)).toEqual(['read']);
  });

  test('alternating: a second user that nothing proves to belong to the secret is left alone', async () => {
    const h = await make({ kind: 'alternating' });
    const other = { username: `${h.user.username}_clone`, password: 'the-password-of-another-app' };
    await makeMongoUser(server, other, { roles: [READ] });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret/);
    expect(await letsInMongo(server, other)).toBe(true);
    expect((await h.shown(other.username))!.roles).toEqual([READ]);
  });

  test('alternating: the second user is adopted by a login with AWSPREVIOUS, as after rotations by AWS', async () => {
    const h = await make({ kind: 'alternating' });
    await h.rotate();
    const clone = `${h.user.username}_clone`;
    await runMongo(server, product === 'mongoDb' ? { updateUser: clone, roles: [READ], customData: {} } : { updateUser: clone, roles: [READ] });
    await h.rotate();
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(clone);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('alternating: a dropped second user is created again', async () => {
    const h = await make({ kind: 'alternating' });
    await h.rotate();
    await h.rotate();
    await runMongo(server, { dropUser: `${h.user.username}_clone` });
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 61, alternating: copies at once leave a user with the pending password', async () => {
    const h = await make({ kind: 'alternating' });
    const rotation = await created(h);
    await Promise.all([h.step(rotation, 'setSecret'), h.step(rotation, 'setSecret', h.makeHandler()), h.step(rotation, 'setSecret', h.makeHandler())]);
    expect(await h.isAccepted('AWSPENDING')).toBe(true);
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 40: a superuser that the server refuses is named', async () => {
    for (const kind of ['superuser', 'alternating'] as const) {
      const h = await make({ kind, superuserChanges: { password: 'wrong' } });
      await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /superuser secret/);
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    }
  });

  test('a superuser that may not manage users is told what it needs', async () => {
    const weak = { username: `weak_${product}`, password: 'weak-password' };
    await makeMongoUser(server, weak, { roles: [READ] });
    for (const kind of ['superuser', 'alternating'] as const) {
      const h = await make({ kind, superuserChanges: weak });
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /13.*userAdminAnyDatabase/);
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    }
  });

  test('case 69: the password of a user is in no log line', async () => {
    const h = await make({ kind: 'alternating' });
    await h.rotate();
    const said = h.log.map((line) => JSON.stringify(line)).join('\n');
    expect(said).toContain('setSecret');
    for (const password of h.passwords) { expect(said).not.toContain(password); }
  });
});

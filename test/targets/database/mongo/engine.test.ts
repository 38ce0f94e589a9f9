/* What MongoDB does with commands, by its manual and its source, where the stand-in can't show it. No server runs here. */
import { Deadline } from '../../../../lambda-src/rotation/deadline';
import { AuthenticationError } from '../../../../lambda-src/rotation/errors';
import { BsonElement, decode, encode, type BsonDocument, type BsonObject } from '../../../../lambda-src/targets/database/mongo/bson';
import type { MongoConnection } from '../../../../lambda-src/targets/database/mongo/connection';
import { Mongo } from '../../../../lambda-src/targets/database/mongo/engine';
import { Scram, type Mechanism } from '../../../../lambda-src/targets/database/mongo/scram';

interface User {
  readonly password: string;
  readonly mechanisms: readonly string[];
  readonly roles?: readonly { readonly role: string; readonly db: string }[];
  readonly customData?: BsonObject;
}

/** A time of the log of a replica set. 0 is none. */
function at(seconds: number) {
  const ts = Buffer.alloc(8);
  ts.writeUInt32LE(Math.min(1, seconds));
  ts.writeUInt32LE(seconds, 4);
  return { ts: new BsonElement(0x11, ts), t: 1 };
}

/** The users of one database. Everybody may do everything. */
class Users {
  public readonly all = new Map<string, User>();
  /** Those of the parameter authenticationMechanisms. */
  public allowed: readonly string[] = ['SCRAM-SHA-1', 'SCRAM-SHA-256'];

  /** The changes of users, as they were sent. */
  public readonly changes: BsonDocument[] = [];

  /** Of a member of a replica set: the time of the last write, and that of the last one that the majority has, at each call. */
  public lastWrites: () => { readonly opTime: number; readonly majorityOpTime: number } | undefined = () => undefined;

  public connect(): Promise<MongoConnection> {
    let login: Scram;
    let expected: string;
    const command = async (_: string, sent: BsonObject): Promise<BsonDocument> => {
      const [name] = Object.keys(sent);
      const doc = decode(encode(sent));
      const text = (key: string) => doc.get(key)?.text ?? '';
      switch (name) {
        case 'isMaster': {
          const user = this.all.get(text('saslSupportedMechs').replace(/^admin\./, ''));
          const times = this.lastWrites();
          const lastWrite = times && { opTime: at(times.opTime), majorityOpTime: at(times.majorityOpTime) };
          return this.reply({ ismaster: true, lastWrite, saslSupportedMechs: user?.mechanisms.filter((each) => this.allowed.includes(each)) });
        }
        case 'saslStart': {
          const [, user, nonce] = /^n,,n=([^,]+),r=(.+)$/.exec(doc.get('payload')!.binary!.toString())!;
          const first = Buffer.from(`r=${nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
          login = new Scram(text('mechanism') as Mechanism, user, this.all.get(user)!.password, nonce);
          expected = (await login.final(first)).toString();
          return this.reply({ conversationId: 1, payload: first, done: false });
        }
        case 'saslContinue':
          if (doc.get('payload')!.binary!.toString() !== expected) { return this.reply({ ok: 0, code: 18 }); }
          return this.reply({ payload: (login as unknown as { expected: Buffer }).expected, done: true });
        case 'usersInfo': {
          const username = doc.get('usersInfo')!.document!.get('user')!.text!;
          const user = this.all.get(username);
          const { roles = [], mechanisms = [], customData } = user ?? {};
          return this.reply({ users: user ? [{ user: username, roles, mechanisms, customData }] : [] });
        }
        case 'createUser':
        case 'updateUser': {
          this.changes.push(doc);
          const mechanisms = doc.get('mechanisms')?.items?.map((each) => each.text!) ?? this.allowed.filter((each) => each !== 'PLAIN');
          if (mechanisms.some((each) => !this.allowed.includes(each) || !each.startsWith('SCRAM'))) { return this.reply({ ok: 0, code: 2 }); }
          this.all.set(text(name), { password: text('pwd'), mechanisms });
          return this.reply({});
        }
        default: return this.reply({ ok: 0, code: 59 });
      }
    };
    return Promise.resolve({ hello: (sent) => command('admin', sent), command, close: () => {} });
  }

  private reply(document: BsonObject): Promise<BsonDocument> {
    return Promise.resolve(decode(encode({ ok: 1, ...document })));
  }
}

function make({ product = 'mongoDb', remaining = 30_000 }: { readonly product?: 'mongoDb' | 'documentDb'; readonly remaining?: number } = {}) {
  const users = new Users();
  users.all.set('superuser', { password: 'superuser-password', mechanisms: ['SCRAM-SHA-256'] });
  const engine = new Mongo(product, undefined, () => users.connect());
  const logIn = (username: string, password: string) => engine.logIn({ host: 'h', port: 1, username, password }, new Deadline(() => remaining, async () => {}));
  return { users, logIn };
}

describe.each([[['SCRAM-SHA-1']], [['SCRAM-SHA-256']], [['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']]])('a user with %p', (mechanisms) => {
  const kept = mechanisms.filter((each) => each !== 'PLAIN');

  test.each(['mongoDb', 'documentDb'] as const)('of %s keeps these, and gets no others, when its password changes', async (product) => {
    const { users, logIn } = make({ product });
    users.allowed = [...users.allowed, 'PLAIN'];
    users.all.set('app', { password: 'first-password', mechanisms });
    await (await logIn('app', 'first-password')).changeOwnPassword('second-password');
    expect(users.all.get('app')).toEqual({ password: 'second-password', mechanisms: kept });
    await (await logIn('superuser', 'superuser-password')).changePasswordOf({ user: 'app', password: 'third-password' });
    expect(users.all.get('app')).toEqual({ password: 'third-password', mechanisms: kept });
  });
});

test('a mechanism that the server doesn\'t allow any more isn\'t given to the second user', async () => {
  const { users, logIn } = make();
  users.all.set('app', { password: 'first-password', mechanisms: ['SCRAM-SHA-1', 'SCRAM-SHA-256'] });
  users.allowed = ['SCRAM-SHA-256'];
  const session = await logIn('superuser', 'superuser-password');
  const request = { user: 'app_clone', password: 'second-password', original: 'app', isFirst: false };
  await session.claim(request);
  await session.shareWith(request);
  expect(users.all.get('app_clone')).toEqual({ password: 'second-password', mechanisms: ['SCRAM-SHA-256'] });
});

test.each([[30_000, 7_000], [8_000, 7_000], [5_500, 4_500], [1_000, 1]])('with %i ms left, a change of a user has %i ms, so that the server makes none that was given up', async (remaining, milliseconds) => {
  const { users, logIn } = make({ remaining });
  users.all.set('app', { password: 'first-password', mechanisms: ['SCRAM-SHA-256'] });
  await (await logIn('app', 'first-password')).changeOwnPassword('second-password');
  const session = await logIn('superuser', 'superuser-password');
  await session.changePasswordOf({ user: 'app', password: 'third-password' });
  const request = { user: 'app_clone', password: 'second-password', original: 'app', isFirst: false };
  await session.claim(request);
  await session.shareWith(request);
  await session.shareWith(request);
  expect(users.changes.map((change) => [...change.keys()][0])).toEqual(['updateUser', 'updateUser', 'createUser', 'createUser']);
  expect(users.changes.map((change) => change.get('maxTimeMS')?.number)).toEqual(Array(4).fill(milliseconds));
});

test('DocumentDB gets neither a time limit nor a write concern, which it does not document for users', async () => {
  const { users, logIn } = make({ product: 'documentDb' });
  await (await logIn('superuser', 'superuser-password')).changePasswordOf({ user: 'app', password: 'third-password' });
  expect([...users.changes[0].keys()]).toEqual(['updateUser', 'pwd']);
});

test('a password that SASLprep changes counts as not accepted, so that a login with another version follows', async () => {
  const { users, logIn } = make();
  users.all.set('app', { password: 'a\u00a0b', mechanisms: ['SCRAM-SHA-256'] });
  await expect(logIn('app', 'a\u00a0b')).rejects.toThrow(AuthenticationError);
  users.all.set('app', { password: 'a\u00a0b', mechanisms: ['SCRAM-SHA-1'] });
  await expect(logIn('app', 'a\u00a0b')).resolves.toBeDefined();
});

describe('a mark', () => {
  const root = [{ role: 'root', db: 'admin' }];
  const mark = (name: string) => ({ 'cdk-rotating-secret': name });
  const mechanisms = ['SCRAM-SHA-256'];
  const isMarked = async (first: Partial<User>, second: Partial<User>, isFirst: boolean) => {
    const { users, logIn } = make();
    users.all.set('app', { password: 'first-password', mechanisms, ...first });
    users.all.set('app_clone', { password: 'second-password', mechanisms, ...second });
    const session = await logIn('superuser', 'superuser-password');
    const [user, original] = isFirst ? ['app', 'app_clone'] : ['app_clone', 'app'];
    return (await session.claim({ user, original, isFirst, password: 'third-password' })).isMarked;
  };

  test('of the second user proves that the users belong together', async () => {
    expect(await isMarked({}, { customData: mark('app') }, false)).toBe(true);
    expect(await isMarked({ roles: root }, { customData: mark('app') }, false)).toBe(true);
    expect(await isMarked({ roles: root }, { roles: root, customData: mark('app') }, true)).toBe(true);
  });

  test('doesn\'t give a user that made it itself a first user with other rights', async () => {
    expect(await isMarked({ roles: root }, { customData: mark('app') }, true)).toBe(false);
  });

  test('of the first user proves nothing', async () => {
    for (const isFirst of [false, true]) { expect(await isMarked({ customData: mark('app_clone') }, {}, isFirst)).toBe(false); }
  });

  test('of another user proves nothing', async () => {
    for (const isFirst of [false, true]) { expect(await isMarked({}, { customData: mark('somebody') }, isFirst)).toBe(false); }
  });
});

describe('a member of a replica set', () => {
  test('accepts a password as soon as the majority has what the login read', async () => {
    const { users, logIn } = make();
    let n = 0;
    // Other clients write on.
    users.lastWrites = () => ({ opTime: 300 + ++n, majorityOpTime: 299 + n });
    await expect(logIn('superuser', 'superuser-password')).resolves.toBeDefined();
    expect(n).toBeLessThanOrEqual(4);
  });

  test('isn\'t believed while the majority doesn\'t follow, because a failover would bring back the old password', async () => {
    const { users, logIn } = make();
    users.lastWrites = () => ({ opTime: 300, majorityOpTime: 299 });
    await expect(logIn('superuser', 'superuser-password')).rejects.toThrow(/majority of the replica set does not follow.*nothing is changed/);
  });

  test('that tells no time of the majority is believed', async () => {
    const { users, logIn } = make();
    for (const times of [undefined, { opTime: 300, majorityOpTime: 0 }]) {
      users.lastWrites = () => times;
      await expect(logIn('superuser', 'superuser-password')).resolves.toBeDefined();
    }
  });
});

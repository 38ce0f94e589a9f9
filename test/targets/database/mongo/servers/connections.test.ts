/*
 * Where the credentials of MongoDB are sent, and what a user has beside its password. On stand-ins: no real server of MongoDB or DocumentDB runs here.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Double, Long } from 'mongodb';
import { KINDS, makeMongoUser, makeSuperuser, MongoHarness, type MongoHarnessOptions } from './fixture';
import { decode, encode } from '../../../../../lambda-src/targets/database/mongo/bson';
import type { ConnectMongo } from '../../../../../lambda-src/targets/database/mongo/connection';
import { asMongo, letsInMongo, runMongo, startMongo, type MongoServer } from '../../../../../servers/mongo/mongo';
import { failure } from '../../../../harness';

jest.setTimeout(60_000);

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const end of cleanUp.splice(0).reverse()) { await end(); } });

async function messageOf(h: MongoHarness, step: 'setSecret' = 'setSecret'): Promise<string> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  const { name, message } = await failure(h.step(rotation, step));
  for (const password of h.passwords) { expect(message).not.toContain(password); }
  return `${name}: ${message}`;
}

/** Gives the secret another password, as a person does. */
function putPassword(h: MongoHarness, password: string): void {
  const value = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')) as object, password });
  h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: randomUUID(), SecretString: value });
}

/** A server that does something with a connection that it accepts. Nothing is checked that speaks MongoDB's protocol. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanUp.push(() => new Promise((resolve) => {
    server.close(resolve);
    for (const socket of sockets) { socket.destroy(); }
  }));
  return (server.address() as AddressInfo).port;
}

describe('a stand-in for MongoDB', () => {
  let server: MongoServer;
  beforeAll(async () => {
    server = await startMongo();
    await makeSuperuser(server);
  });
  afterAll(() => server.stop());
  const make = (options?: MongoHarnessOptions) => MongoHarness.make(server, options);
  const clone = (h: MongoHarness) => `${h.user.username}_clone`;
  const mark = (h: MongoHarness) => ({ 'cdk-rotating-secret': h.user.username });

  test('cases 34, 77: the second user has the custom data, mechanisms and restrictions of the first one, and loses what the first one lost', async () => {
    const restrictions = [{ clientSource: ['127.0.0.0/8', '::1/128'] }];
    const h = await make({
      kind: 'alternating', fields: { customData: { team: 'billing', nested: { a: [1, 2] } }, mechanisms: ['SCRAM-SHA-256'], authenticationRestrictions: restrictions },
    });
    await h.rotate();
    expect(await h.shown(clone(h))).toMatchObject({ mechanisms: ['SCRAM-SHA-256'], authenticationRestrictions: restrictions });
    expect((await h.shown(clone(h)))!.customData).toEqual({ team: 'billing', nested: { a: [1, 2] }, ...mark(h) });
    await runMongo(server, { updateUser: h.user.username, customData: { team: 'orders' }, authenticationRestrictions: [] });
    await h.rotate();
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(clone(h));
    expect((await h.shown(clone(h)))!.customData).toEqual({ team: 'orders', ...mark(h) });
    expect((await h.shown(clone(h)))!.authenticationRestrictions).toEqual([]);
    expect((await h.shown())!.customData).toEqual({ team: 'orders' });
  });

  test('case 34: custom data keeps its types, which drivers in JavaScript turn into others', async () => {
    const customData = { long: Long.fromNumber(5), double: new Double(5), date: new Date(0), text: 'ü' };
    const h = await make({ kind: 'alternating', fields: { customData } });
    await h.rotate();
    const types = await asMongo(server, server.root, async (client) => {
      const { users } = await client.db('admin').command({ usersInfo: [h.user.username, clone(h)] }, { promoteValues: false });
      return (users as { customData: Record<string, { _bsontype?: string }> }[]).map(({ customData: data }) => ['long', 'double', 'date', 'text'].map((key) => data[key]?._bsontype ?? typeof data[key]));
    });
    expect(types[0]).toEqual(types[1]);
    expect(types[0].slice(0, 2)).toEqual(['Long', 'Double']);
  });

  test('a mark proves that the second user belongs to the secret after a rotation that was cancelled', async () => {
    const h = await make({ kind: 'alternating' });
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    h.simulator.perform('CancelRotateSecret', { SecretId: h.arn });
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: rotation.token });
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(clone(h));
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('a mark for another first user proves nothing', async () => {
    const h = await make({ kind: 'alternating' });
    await makeMongoUser(server, { username: clone(h), password: 'another-password' }, { customData: { 'cdk-rotating-secret': 'somebody' } });
    expect(await messageOf(h)).toMatch(/^TargetRefusedError: .*nothing proves/);
  });

  test('a user keeps the mechanisms that it has, and a user with SCRAM-SHA-1 alone rotates', async () => {
    for (const mechanisms of [['SCRAM-SHA-1'], ['SCRAM-SHA-256'], ['SCRAM-SHA-1', 'SCRAM-SHA-256']]) {
      for (const kind of ['itself', 'superuser', 'alternating'] as const) {
        const h = await make({ kind, fields: { mechanisms } });
        await h.rotate();
        await h.rotate();
        for (const stage of ['AWSPREVIOUS', 'AWSCURRENT']) {
          const shown = (await h.shown(h.login(stage).username))!.mechanisms as string[];
          expect([...shown].sort()).toEqual(mechanisms);
        }
      }
    }
  });

  test('dbname is the database of the user, as in AWS\'s rotation functions, and the superuser has its own', async () => {
    for (const kind of ['itself', 'superuser', 'alternating'] as const) {
      const h = await make({ kind, database: 'orders', fields: { roles: [{ role: 'readWrite', db: 'orders' }, { role: 'ownPassword', db: 'admin' }] } });
      await h.rotate();
      await h.rotate();
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
      expect(await letsInMongo(server, h.login('AWSCURRENT'))).toBe(false);
    }
  });

  test('a superuser of a database other than admin has it in dbname', async () => {
    await runMongo(server, { createUser: 'owner', pwd: 'password-of-owner', roles: [{ role: 'userAdminAnyDatabase', db: 'admin' }] }, 'shop');
    const h = await make({ kind: 'alternating', database: 'shop', superuserChanges: { username: 'owner', password: 'password-of-owner', dbname: 'shop' } });
    for (let n = 0; n < 3; n++) { await h.rotate(); }
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('a user that isn\'t in the database of dbname is refused like a wrong password, and the error names the key', async () => {
    const h = await make({ changes: { dbname: 'elsewhere' } });
    expect(await messageOf(h)).toMatch(/^AuthenticationError: .*AWSCURRENT/);
  });

  test('a password that SASLprep changes counts as not accepted, and is not sent', async () => {
    for (const kind of KINDS) {
      const h = await make({ kind, changes: { password: 'a\u00a0b' }, fields: { mechanisms: ['SCRAM-SHA-256'] } });
      expect(await messageOf(h)).toMatch(/^AuthenticationError: .*SASLprep/);
      expect(h.sent).not.toContain('updateUser');
    }
  });

  test('case 26: a current password that SASLprep changes, and a previous one that works, go on with the previous one', async () => {
    const h = await make({ fields: { mechanisms: ['SCRAM-SHA-256'] } });
    putPassword(h, 'a\u00a0b');
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('case 28: an AWSPREVIOUS with a password that SASLprep changes does not hide that none works', async () => {
    const h = await make({ changes: { password: 'a\u00a0b' }, fields: { mechanisms: ['SCRAM-SHA-256'] } });
    putPassword(h, 'another-password');
    expect(await messageOf(h)).toMatch(/^AuthenticationError: The server accepts neither/);
  });

  test('ssl: false in the secret has no effect: the connection is TLS, and verified', async () => {
    const h = await make({ changes: { ssl: false } });
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test.each([false, undefined])('case 66, ssl: %p doesn\'t fall back to a connection without TLS, as AWS\'s function does', async (ssl) => {
    const plain = await startMongo({ tls: 'none' });
    cleanUp.push(() => plain.stop());
    const h = await make({ changes: { port: plain.port, ssl } });
    expect(await messageOf(h)).toMatch(/^ConnectivityError: |^TlsError: /);
    expect(h.sent).toEqual([]);
  });

  test('case 67: a server without TLS is reached if the target says so', async () => {
    const plain = await startMongo({ tls: 'none' });
    cleanUp.push(() => plain.stop());
    const h = await make({ changes: { port: plain.port }, config: { certificateAuthority: undefined, plaintextConnection: true } });
    expect(await messageOf(h)).toMatch(/^AuthenticationError: /);
    expect(h.sent).toContain('saslStart');
  });

  test.each(['wrongHost', 'expired', 'unknownCa'] as const)('case 66: a certificate that is wrong (%s) is refused, before a credential is sent', async (tls) => {
    const wrong = await startMongo({ tls });
    cleanUp.push(() => wrong.stop());
    const h = await make({ changes: { port: wrong.port }, config: { certificateAuthority: wrong.ca } });
    expect(await messageOf(h)).toMatch(/^TlsError: .*no credential was sent/);
    expect(h.sent).toEqual([]);
  });

  test('a secondary is left for the primary that it names, which the credentials are sent to', async () => {
    const secondary = await startMongo({ primary: `localhost:${server.port}` });
    cleanUp.push(() => secondary.stop());
    const h = await make({ changes: { port: secondary.port }, config: { certificateAuthority: `${secondary.ca}\n${server.ca}` } });
    await h.rotate();
    expect(await h.isAccepted('AWSCURRENT')).toBe(true);
  });

  test('a secondary that knows no primary, and one that names another secondary, fail before a login', async () => {
    const lost = await startMongo({ primary: '' });
    cleanUp.push(() => lost.stop());
    const second = await startMongo({ primary: `localhost:${lost.port}` });
    cleanUp.push(() => second.stop());
    for (const each of [lost, second]) {
      const h = await make({ changes: { port: each.port }, config: { certificateAuthority: `${lost.ca}\n${second.ca}` } });
      expect(await messageOf(h)).toMatch(/^TargetRefusedError: .*is no primary/);
      expect(h.sent).toEqual([]);
    }
  });

  test('cases 29, 33: a server that doesn\'t answer ends the step in time, and nothing waits longer', async () => {
    const silent = await listen(() => {});
    const h = await make({ changes: { port: silent } });
    h.remaining = 6_000;
    const before = Date.now();
    expect(await messageOf(h)).toMatch(/^ConnectivityError: .*ETIMEDOUT|^StepTimeoutError/);
    expect(Date.now() - before).toBeLessThan(7_000);
  });

  test('what speaks another protocol is named as such', async () => {
    const http = await listen((socket) => { socket.once('data', () => { socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'); }); });
    const h = await make({ changes: { port: http }, config: { certificateAuthority: undefined, plaintextConnection: true } });
    expect(await messageOf(h)).toMatch(/^ConnectivityError: .*another protocol than MongoDB/);
  });

  test('case 29: a port that nothing listens at is named as unreachable', async () => {
    const h = await make({ changes: { port: 1 } });
    expect(await messageOf(h)).toMatch(/^ConnectivityError: .*ECONNREFUSED/);
  });

  test('a change of a user waits for the majority of the replica set, and one that isn\'t confirmed fails, if the new password isn\'t accepted', async () => {
    const changes = ['updateUser', 'createUser'];
    for (const kind of KINDS) {
      const limits: unknown[] = [];
      const connect = (dial: ConnectMongo): ConnectMongo => async (...login) => {
        const connection = await dial(...login);
        return {
          hello: (command) => connection.hello(command),
          command: (database, command) => {
            if (!changes.some((name) => name in command)) { return connection.command(database, command); }
            limits.push([command.writeConcern, command.maxTimeMS]);
            // As after a rollback: the user is as before.
            return Promise.resolve(decode(encode({ ok: 1, writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } })));
          },
          close: () => connection.close(),
        };
      };
      const h = await make({ kind, connect });
      expect(await messageOf(h)).toMatch(/^TargetRefusedError: .*64.*majority of the replica set did not confirm/);
      expect(limits).toEqual([[{ w: 'majority', wtimeout: 5_000 }, 7_000]]);
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    }
  });

  test('case 56: a lost reply to the change of a password is found out, and the step succeeds', async () => {
    for (const kind of ['itself', 'superuser', 'alternating'] as const) {
      let lost = 0;
      const connect = (dial: ConnectMongo): ConnectMongo => async (...login) => {
        const connection = await dial(...login);
        return {
          ...connection,
          hello: (command) => connection.hello(command),
          command: async (database, command) => {
            const reply = await connection.command(database, command);
            if (!('updateUser' in command || 'createUser' in command)) { return reply; }
            lost++;
            connection.close();
            return connection.command(database, command);
          },
          close: () => connection.close(),
        };
      };
      const h = await make({ kind, connect });
      await h.rotate();
      expect(lost).toBe(1);
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    }
  });
});

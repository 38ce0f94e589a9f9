/*
 * The cases of the rotation contract on a real server.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectTo, createServer as createRelay, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer } from 'node:tls';
import { inspect } from 'node:util';
import { RabbitMqHarness, type RabbitMqHarnessOptions, type User } from './fixture';
import { RotationError } from '../../../../lambda-src/rotation/errors';
import { encodeLogin } from '../../../../lambda-src/targets/rabbitmq/amqp';
import type { CallApi, Permission, TopicPermission } from '../../../../lambda-src/targets/rabbitmq/management';
import { CLONE_TAG } from '../../../../lambda-src/targets/rabbitmq/target';
import { askRabbitMq, startRabbitMq, type RabbitMqServer } from '../../../../servers/rabbitmq/rabbitmq';
import type { StartedRotation } from '../../../../simulator';
import { makeCertificate } from '../../../../tools/servers/certificates';
import { failure } from '../../../harness';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const ALTERNATING = { config: { alternatingUsers: true } };

let server: RabbitMqServer;
beforeAll(async () => {
  server = await startRabbitMq();
  for (const vhost of ['one', 'two/ü', 'three']) { await askRabbitMq(server, 'PUT', `vhosts/${encodeURIComponent(vhost)}`); }
}, 90_000);
afterAll(() => server.stop());
const make = (options?: RabbitMqHarnessOptions) => RabbitMqHarness.make(server, options);

/** Checks that a step failed as it must: a named error that says what to do, and no value in it or in the log. */
async function fails(h: RabbitMqHarness, step: Promise<void>, name: string, text: RegExp): Promise<void> {
  const error = await failure(step);
  expect(error).toBeInstanceOf(RotationError);
  expect(`${error.name}: ${error.message}`).toMatch(new RegExp(`^${name}: .*(?:${text.source})`));
  expect(error.message).toMatch(/\. [A-Z]/);
  expectNothingSaid(h, inspect(error, { depth: 9, showHidden: true }));
}

function expectNothingSaid(h: RabbitMqHarness, ...said: string[]): void {
  const all = [...said, ...h.log.map((line) => JSON.stringify(line))].join('\n');
  for (const text of [...h.passwords, h.user.username]) { expect(all).not.toContain(text); }
}

async function created(h: RabbitMqHarness): Promise<StartedRotation> {
  const rotation = h.start();
  await h.step(rotation, 'createSecret');
  return rotation;
}

/** Gives a user permissions on two virtual hosts, a topic permission and a limit. */
async function giveRights(h: RabbitMqHarness, { username }: User): Promise<void> {
  const user = encodeURIComponent(username);
  await h.ask('PUT', `permissions/one/${user}`, { configure: '', write: '^w', read: '.*' });
  await h.ask('PUT', `permissions/${encodeURIComponent('two/ü')}/${user}`, { configure: '^c', write: '', read: '' });
  await h.ask('PUT', `topic-permissions/one/${user}`, { exchange: 'amq.topic', write: '^a', read: '^b' });
  await h.ask('PUT', `user-limits/${user}/max-connections`, { value: 7 });
}

/** What a user may do, without its name. */
async function rightsOf(h: RabbitMqHarness, username: string): Promise<unknown> {
  const limits = await h.ask<{ value: object }[]>('GET', `user-limits/${encodeURIComponent(username)}`);
  const permissions = await h.of<Permission[]>(username, '/permissions');
  const topics = await h.of<TopicPermission[]>(username, '/topic-permissions');
  const text = (each: object) => JSON.stringify({ ...each, user: undefined });
  const tags = (await h.of(username)).tags.filter((tag) => tag !== CLONE_TAG).sort();
  return { limits: limits.map(({ value }) => value), permissions: permissions.map(text).sort(), topics: topics.map(text).sort(), tags };
}

/** Calls of the management API that fail: before the server gets them, or after it did them, as a lost reply does. */
function failing(at: { readonly change: number; readonly isLost: boolean }): (call: CallApi) => CallApi {
  let change = 0;
  return (call) => async (...args) => {
    if (args[3] === 'GET' || change++ !== at.change) { return call(...args); }
    if (at.isLost) { await call(...args); }
    throw new Error('the function ends here');
  };
}

describe('a single user', () => {
  test('cases 25, 69: the password changes, AWSPREVIOUS is refused, and tags, permissions and limits stay', async () => {
    const h = await make({ tags: 'policymaker,own' });
    await giveRights(h, h.user);
    const before = await rightsOf(h, h.user.username);
    expect(before).toMatchObject({ limits: [{ 'max-connections': 7 }], tags: ['own', 'policymaker'] });
    for (let i = 0; i < 3; i++) {
      await h.rotate();
      expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
      expect(await h.accepts(h.login('AWSPREVIOUS'))).toBe(false);
    }
    expect(await rightsOf(h, h.user.username)).toEqual(before);
    expect(h.changes).toHaveLength(3);
    expect(h.sentInClear).toBe(false);
    expectNothingSaid(h);
  });

  test('an open connection stays, also after its password is that of no version', async () => {
    const h = await make();
    await h.ask('PUT', `permissions/one/${encodeURIComponent(h.user.username)}`, { configure: '', write: '', read: '.*' });
    const socket = connectTls({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca: server.ca });
    try {
      const frame = (method: number, ...fields: Buffer[]) => {
        const payload = Buffer.concat([Buffer.from([0, 10, 0, method]), ...fields]);
        const size = Buffer.alloc(4);
        size.writeUInt32BE(payload.length);
        socket.write(Buffer.concat([Buffer.from([1, 0, 0]), size, payload, Buffer.from([0xCE])]));
      };
      /** The next reply of the server is a method of the class connection. */
      const reply = async (method: number) => {
        const [bytes] = await once(socket, 'data', { signal: AbortSignal.timeout(10_000) }) as [Buffer];
        expect([bytes.readUInt16BE(7), bytes.readUInt16BE(9)]).toEqual([10, method]);
      };
      await once(socket, 'secureConnect');
      socket.write('AMQP\0\0\x09\x01', 'latin1');
      await reply(10);
      socket.write(encodeLogin(h.user.username, h.user.password));
      await reply(30);
      frame(31, Buffer.from([0, 100, 0, 2, 0, 0, 0, 0]));
      frame(40, Buffer.from('\x03one\0\0', 'latin1'));
      await reply(41);
      for (let i = 0; i < 2; i++) { await h.rotate(); }
      expect(await h.accepts(h.user)).toBe(false);
      // The server ends a connection that is closed properly with its own reply.
      frame(50, Buffer.from([0, 200, 0, 0, 0, 0, 0]));
      await reply(51);
    } finally {
      socket.destroy();
    }
  });

  test('cases 23, 56: setSecret changes nothing if the pending password is set already', async () => {
    const h = await make();
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    await h.step(rotation, 'setSecret', h.makeHandler());
    expect(h.changes).toHaveLength(1);
    await h.steps(rotation, 'testSecret', 'finishSecret');
  });

  test.each([true, false])('cases 55, 56: the function ends at the change, and the reply is lost: %s. The retry completes', async (isLost) => {
    const h = await make({ call: failing({ change: 0, isLost }) });
    const rotation = await created(h);
    await failure(h.step(rotation, 'setSecret'));
    await h.steps(rotation, ...STEPS);
    expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 26: if only the previous password works, it is changed', async () => {
    const h = await make();
    await h.rotate();
    const { username, password } = h.login('AWSPREVIOUS');
    await h.ask('PUT', `users/${encodeURIComponent(username)}`, { password, tags: '' });
    await h.rotate();
    expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 24: a pending version for another host or user is sent nowhere', async () => {
    for (const changes of [{ host: 'elsewhere.invalid' }, { username: 'other' }, { port: 1 }, { managementPort: 1 }]) {
      for (const config of [{}, { alternatingUsers: true }]) {
        const h = await make({ config });
        const rotation = h.start();
        const SecretString = JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), password: 'pending-password', ...changes });
        h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString, VersionStages: ['AWSPENDING'] });
        await fails(h, h.step(rotation, 'setSecret'), 'SecretMismatchError', /differs from the current one/);
        expect(h.calls).toEqual([]);
      }
    }
  });

  test('case 27: a previous version that can not be read is ignored', async () => {
    for (const config of [{}, { alternatingUsers: true }]) {
      const h = await make({ config });
      await h.rotate();
      const rotation = await created(h);
      const versionId = h.secret.stages.AWSPREVIOUS;
      h.simulator.intercept = ({ operation, phase, input }) => {
        if (operation === 'GetSecretValue' && phase === 'before' && input.VersionId === versionId) {
          throw Object.assign(new Error('refused'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 }, $fault: 'client' });
        }
      };
      await h.steps(rotation, 'setSecret', 'testSecret');
      expect(await h.accepts(h.login('AWSPENDING'))).toBe(true);
    }
  });

  test('case 31: a pending version without a value changes nothing', async () => {
    const h = await make();
    await fails(h, h.step(h.start(), 'setSecret'), 'PendingValueMissingError', /AWSPENDING/);
    expect(h.calls).toEqual([]);
  });

  test('case 47: a server that takes a moment to accept the password', async () => {
    const h = await make();
    const rotation = await created(h);
    const handler = h.makeHandler({ sleep: (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); }) });
    const late = new Promise<void>((resolve, reject) => { setTimeout(() => { h.step(rotation, 'setSecret').then(resolve, reject); }, 250); });
    await Promise.all([h.step(rotation, 'testSecret', handler), late]);
    expect(h.sleeps.length).toBeGreaterThan(0);
  });

  test('case 78: a change that was given up, and is done later by the server, is detected by the retry', async () => {
    for (const config of [{}, { alternatingUsers: true }]) {
      let isFirst = true;
      const h: RabbitMqHarness = await make({
        config,
        call: (call) => async (...args) => {
          if (args[3] !== 'PUT' || !isFirst) { return call(...args); }
          isFirst = false;
          server.pause();
          h.remaining = 0;
          return call(...args);
        },
      });
      const rotation = await created(h);
      h.remaining = 3_000;
      await fails(h, h.step(rotation, 'setSecret'), 'StepTimeoutError|ConnectivityError', /time/);
      server.resume();
      h.remaining = 30_000;
      await h.steps(rotation, ...STEPS);
      expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
    }
  }, 30_000);

  test('case 28: a password of no version is not replaced', async () => {
    const h = await make();
    await h.ask('PUT', `users/${encodeURIComponent(h.user.username)}`, { password: 'changed by hand', tags: '' });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /accepts neither the current password/);
    expect(h.changes).toEqual([]);
  });

  test('a missing user is named as the reason', async () => {
    const h = await make();
    await h.ask('DELETE', `users/${encodeURIComponent(h.user.username)}`);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /has no user/);
    expect(h.changes).toEqual([]);
  });

  test('cases 44, 46: testSecret accepts a copy of the current value, and refuses a pending password that is not set', async () => {
    const h = await make();
    await fails(h, h.step(await created(h), 'testSecret'), 'AuthenticationError', /does not accept the pending credentials/);
    const alone = await make();
    const copy = alone.start();
    alone.simulator.perform('PutSecretValue', { SecretId: alone.arn, ClientRequestToken: copy.token, SecretString: alone.value('AWSCURRENT'), VersionStages: ['AWSPENDING'] });
    await alone.step(copy, 'testSecret');
    expect(alone.calls).toEqual([]);
  });

  test('if the server can\'t be reached by AMQP, setSecret changes nothing, because testSecret would fail after AWSCURRENT is refused', async () => {
    for (const config of [{}, { alternatingUsers: true }]) {
      const h = await make({ config, changes: { port: 1 }, superuserChanges: { port: 1 } });
      await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /The port for AMQP over TLS can't be reached/);
      expect(h.changes).toEqual([]);
      expect(await h.accepts(h.user)).toBe(true);
    }
  });

  test('case 36: a login that RabbitMQ has no room for is refused before anything is stored, and the longest one works', async () => {
    const h = await make();
    const room = 3_000 - Buffer.byteLength(h.user.username);
    const long = await make({ user: h.user, config: { passwordPolicy: { passwordLength: room } } });
    await long.rotate();
    expect(await long.accepts(long.login('AWSCURRENT'))).toBe(true);
    const tooLong = await make({ user: long.login('AWSCURRENT'), config: { passwordPolicy: { passwordLength: room + 1 } } });
    const rotation = tooLong.start();
    await fails(tooLong, tooLong.step(rotation, 'createSecret'), 'SecretValueError', /more than 3000 bytes together/);
    expect(() => tooLong.value('AWSPENDING')).toThrow();
  });

  test('names that the management API can\'t be asked for are refused', async () => {
    for (const username of ['.', '..']) {
      const h = await make({ user: { username, password: 'first-password' } });
      const error = await failure(h.step(h.start(), 'createSecret'));
      expect(error.message).toMatch(/"username" in the value of the secret is \. or \.\./);
      expect(h.calls).toEqual([]);
    }
  });

  test('case 76: a user with a hash of SHA-512 keeps that algorithm', async () => {
    const user = { username: 'sha512', password: 'first-password' };
    const salt = Buffer.from('salt');
    const password_hash = Buffer.concat([salt, createHash('sha512').update(salt).update(user.password).digest()]).toString('base64');
    await askRabbitMq(server, 'PUT', 'users/sha512', { password_hash, hashing_algorithm: 'rabbit_password_hashing_sha512', tags: '' });
    for (const config of [{}, { alternatingUsers: true }]) {
      const h = await make({ user, config });
      await h.rotate();
      const { username } = h.login('AWSCURRENT');
      expect(await h.of(username)).toMatchObject({ hashing_algorithm: 'rabbit_password_hashing_sha512' });
      expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
      await h.ask('PUT', 'users/sha512', { password_hash, hashing_algorithm: 'rabbit_password_hashing_sha512', tags: '' });
    }
  });

  test('case 32: passwords and names with special characters arrive unchanged', async () => {
    const user = { username: 'a:b"c\\d;e$f%2F/😀', password: 'p"q\\r;s$t%u:v 😀' };
    await askRabbitMq(server, 'PUT', `users/${encodeURIComponent(user.username)}`, { password: user.password, tags: '' });
    const h = await make({ user });
    expect(await h.accepts(user)).toBe(true);
    await h.rotate();
    expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
    expect(await h.accepts(user)).toBe(false);
  });
});

describe('alternating users', () => {
  test('cases 34, 35, 41, 77: the other user is created with the same rights, and follows each change of them', async () => {
    const h = await make({ ...ALTERNATING, tags: 'policymaker' });
    const [first, clone] = [h.user.username, `${h.user.username}_clone`];
    await giveRights(h, h.user);
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(clone);
    expect(await rightsOf(h, clone)).toEqual(await rightsOf(h, first));
    expect((await h.of(clone)).tags).toContain(CLONE_TAG);
    expect(await h.accepts(h.login('AWSPREVIOUS'))).toBe(true);

    const user = encodeURIComponent(clone);
    await h.ask('DELETE', `permissions/one/${user}`);
    await h.ask('DELETE', `topic-permissions/one/${user}`);
    await h.ask('DELETE', `user-limits/${user}/max-connections`);
    await h.ask('PUT', `permissions/three/${user}`, { configure: '', write: '', read: '^new' });
    await h.ask('PUT', `users/${user}`, { password_hash: (await h.of(clone)).password_hash, tags: CLONE_TAG });
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(first);
    expect(await rightsOf(h, first)).toEqual(await rightsOf(h, clone));
    expect(await rightsOf(h, first)).toMatchObject({ limits: [], topics: [], tags: [] });
    expect((await h.of(first)).tags).not.toContain(CLONE_TAG);
    expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
    expect(await h.accepts(h.login('AWSPREVIOUS'))).toBe(true);
    expect(h.sentInClear).toBe(false);
    expectNothingSaid(h);
  });

  test('case 57: the function ends at each change, with and without its effect. AWSCURRENT is accepted, and the retry completes', async () => {
    for (const isLost of [false, true]) {
      for (let change = 0; ; change++) {
        const h = await make({ ...ALTERNATING, call: failing({ change, isLost }) });
        await giveRights(h, h.user);
        const rotation = await created(h);
        const error = await h.step(rotation, 'setSecret').catch((caught: unknown) => caught);
        if (error === undefined) {
          expect(change).toBe(5);
          break;
        }
        expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
        await h.steps(rotation, ...STEPS);
        expect(await rightsOf(h, h.login('AWSCURRENT').username)).toEqual(await rightsOf(h, h.user.username));
        expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
        expect(await h.accepts(h.login('AWSPREVIOUS'))).toBe(true);
      }
    }
  }, 60_000);

  test('cases 42, 57: the function ends at each change of an existing user. The retry brings rights up to date, also of a user who has the pending password', async () => {
    for (let change = 0; ; change++) {
      let isFailing = false;
      const fail = failing({ change, isLost: true });
      const h = await make({
        ...ALTERNATING,
        tags: 'policymaker',
        call: (call) => {
          const failingCall = fail(call);
          return (...args) => (isFailing ? failingCall : call)(...args);
        },
      });
      await giveRights(h, h.user);
      await h.rotate();
      const clone = h.login('AWSCURRENT').username;
      await h.ask('DELETE', `permissions/one/${encodeURIComponent(clone)}`);
      await h.ask('DELETE', `topic-permissions/one/${encodeURIComponent(clone)}`);
      await h.ask('PUT', `permissions/three/${encodeURIComponent(clone)}`, { configure: '', write: '', read: '^new' });
      await h.ask('PUT', `user-limits/${encodeURIComponent(clone)}/max-connections`, { value: 9 });
      const wanted = await rightsOf(h, clone);
      isFailing = true;
      const rotation = await created(h);
      const error = await h.step(rotation, 'setSecret').catch((caught: unknown) => caught);
      isFailing = false;
      await h.step(rotation, 'setSecret');
      expect(await rightsOf(h, h.login('AWSPENDING').username)).toEqual(wanted);
      // The first user has the pending password now. A repetition still gives it what the current one got meanwhile.
      await h.ask('PUT', `permissions/one/${encodeURIComponent(clone)}`, { configure: '', write: '', read: '^later' });
      await h.ask('DELETE', `permissions/three/${encodeURIComponent(clone)}`);
      await h.steps(rotation, ...STEPS);
      expect(await rightsOf(h, h.login('AWSCURRENT').username)).toEqual(await rightsOf(h, clone));
      expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
      if (error === undefined) {
        expect(change).toBe(5);
        break;
      }
    }
  }, 60_000);

  test('a virtual host that is deleted while rights are copied fails with its reason, and the retry completes', async () => {
    await askRabbitMq(server, 'PUT', 'vhosts/passing');
    const h = await make({
      ...ALTERNATING,
      call: (call) => async (...args) => {
        if (args[3] === 'PUT' && args[4].startsWith('permissions/passing/')) { await askRabbitMq(server, 'DELETE', 'vhosts/passing'); }
        return call(...args);
      },
    });
    await giveRights(h, h.user);
    await h.ask('PUT', `permissions/passing/${encodeURIComponent(h.user.username)}`, { configure: '', write: '', read: '' });
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /A virtual host or a user was deleted meanwhile/);
    await h.steps(rotation, ...STEPS);
    expect(await rightsOf(h, h.login('AWSCURRENT').username)).toEqual(await rightsOf(h, h.user.username));
  });

  test('case 100: a first user whose name ends with _clone. The function ends after it created the other user, and a new rotation completes', async () => {
    const user = { username: 'ends_with_clone', password: 'first-password' };
    await askRabbitMq(server, 'PUT', 'users/ends_with_clone', { password: user.password, tags: '' });
    const h = await make({ ...ALTERNATING, user, call: failing({ change: 0, isLost: true }) });
    await giveRights(h, user);
    const first = await created(h);
    await failure(h.step(first, 'setSecret'));
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: first.token });
    for (let i = 0; i < 3; i++) {
      await h.rotate();
      expect(h.login('AWSCURRENT').username).toBe(['ends_with', 'ends_with_clone'][i % 2]);
      expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
      expect(await rightsOf(h, 'ends_with')).toEqual(await rightsOf(h, 'ends_with_clone'));
    }
  });

  test('case 61: two copies of setSecret converge', async () => {
    const h = await make(ALTERNATING);
    await giveRights(h, h.user);
    const rotation = await created(h);
    await Promise.all([h.step(rotation, 'setSecret'), h.step(rotation, 'setSecret', h.makeHandler())]);
    await h.steps(rotation, 'testSecret', 'finishSecret');
    expect(await rightsOf(h, h.login('AWSCURRENT').username)).toEqual(await rightsOf(h, h.user.username));
  });

  test('case 61: a copy whose creation of the user is late, after the whole rotation, does not lock AWSCURRENT out', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    let isFirst = true;
    const h = await make({
      ...ALTERNATING,
      call: (call) => async (...args) => {
        if (args[3] === 'PUT' && isFirst) {
          isFirst = false;
          await held;
          await call(...args);
          throw new Error('the function ends here');
        }
        return call(...args);
      },
    });
    const rotation = await created(h);
    const late = failure(h.step(rotation, 'setSecret'));
    while (isFirst) { await new Promise((resolve) => setTimeout(resolve, 5)); }
    const other = h.makeHandler();
    for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) { await h.step(rotation, step, other); }
    release();
    await late;
    expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 37: if the current password is refused, nothing is changed', async () => {
    const h = await make(ALTERNATING);
    await h.ask('PUT', `users/${encodeURIComponent(h.user.username)}`, { password: 'changed by hand', tags: '' });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /does not accept the credentials of the version with AWSCURRENT/);
    expect(h.changes).toEqual([]);
  });

  test('case 99: an existing user with the name of the other one is not changed without a proof', async () => {
    const h = await make(ALTERNATING);
    const clone = encodeURIComponent(`${h.user.username}_clone`);
    await h.ask('PUT', `users/${clone}`, { password: 'of another application', tags: 'monitoring' });
    const before = await h.ask('GET', `users/${clone}`);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret.*cdk-rotating-secret-clone/);
    expect(h.changes).toEqual([]);
    expect(await h.ask('GET', `users/${clone}`)).toEqual(before);
    await h.ask('PUT', `users/${clone}`, { password: 'of another application', tags: CLONE_TAG });
    await h.steps(rotation, ...STEPS);
    expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 99: the tag of the first user is no proof for the other one', async () => {
    const h = await make({ ...ALTERNATING, tags: CLONE_TAG });
    await h.ask('PUT', `users/${encodeURIComponent(`${h.user.username}_clone`)}`, { password: 'of another application', tags: '' });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret/);
    expect(h.changes).toEqual([]);
  });

  test('a topic permission that the first user no longer has ends, and the others stay in force meanwhile', async () => {
    const h = await make(ALTERNATING);
    await giveRights(h, h.user);
    await h.rotate();
    const clone = encodeURIComponent(`${h.user.username}_clone`);
    await h.ask('DELETE', `topic-permissions/one/${clone}`);
    await h.ask('PUT', `topic-permissions/one/${clone}`, { exchange: 'amq.direct', write: '^d', read: '^e' });
    await h.rotate();
    const topics = await h.of<TopicPermission[]>(h.user.username, '/topic-permissions');
    expect(topics.map(({ exchange, write, read }) => [exchange, write, read]).sort()).toEqual([['amq.direct', '^d', '^e'], ['amq.topic', '.*', '.*']]);
    expect(h.changes.filter((change) => change.startsWith('DELETE topic'))).toEqual([]);
  });

  test('50 rotations while a client logs in with AWSCURRENT: none of its logins is refused', async () => {
    const h = await make(ALTERNATING);
    let isOver = false;
    let accepted = 0;
    let refused = 0;
    const client = (async () => {
      while (!isOver) {
        if (await h.accepts(h.login('AWSCURRENT'))) { accepted++; } else { refused++; }
      }
    })();
    for (let i = 0; i < 50; i++) { await h.rotate(); }
    isOver = true;
    await client;
    expect(refused).toBe(0);
    expect(accepted).toBeGreaterThan(50);
  }, 60_000);
});

describe('naive variants are caught', () => {
  const naive = async (call: (call: CallApi) => CallApi) => {
    const h = await make({ ...ALTERNATING, tags: 'policymaker', call });
    await giveRights(h, h.user);
    await h.rotate();
    const isCopied = JSON.stringify(await rightsOf(h, h.login('AWSCURRENT').username)) === JSON.stringify(await rightsOf(h, h.user.username));
    return { isCopied, sentInClear: h.sentInClear };
  };
  let h: RabbitMqHarness;

  test('the target itself copies everything, and sends no password', async () => {
    expect(await naive((call) => call)).toEqual({ isCopied: true, sentInClear: false });
  });

  test('one that drops the tags', async () => {
    const { isCopied } = await naive((call) => (login, ca, deadline, method, path, body) =>
      call(login, ca, deadline, method, path, body && 'tags' in body ? { ...body, tags: CLONE_TAG } : body));
    expect(isCopied).toBe(false);
  });

  test('one that forgets a virtual host', async () => {
    const { isCopied } = await naive((call) => (login, ca, deadline, method, path, body) =>
      method === 'PUT' && path.startsWith('permissions/one/') ? Promise.resolve({ status: 204, body: undefined }) : call(login, ca, deadline, method, path, body));
    expect(isCopied).toBe(false);
  });

  test('one that sends the password in clear', async () => {
    h = await make({
      call: (call) => (login, ca, deadline, method, path, body) =>
        call(login, ca, deadline, method, path, body && 'password_hash' in body ? { tags: '', password: h.login('AWSPENDING').password } : body),
    });
    await h.rotate();
    expect(h.sentInClear).toBe(true);
  });
});

describe('the superuser', () => {
  test.each([
    ['its password is wrong', { password: 'wrong-password-of-the-superuser' }, 'AuthenticationError', /does not accept the credentials of the superuser secret/],
    ['case 39: its host differs', { host: '127.0.0.1' }, 'SecretMismatchError', /differ between the superuser secret and the secret/],
    ['its management port differs', { managementPort: 1 }, 'SecretMismatchError', /managementPort/],
  ])('case 40: %s, so both users stay unchanged', async (_, superuserChanges, name, text) => {
    const h = await make({ superuserChanges });
    await fails(h, h.step(await created(h), 'setSecret'), name, text);
    expect(h.changes).toEqual([]);
  });

  test('case 40: without the tag administrator it is refused, and the error names the tag', async () => {
    const superuserChanges = { username: 'monitor', password: 'password-of-the-monitor' };
    await askRabbitMq(server, 'PUT', 'users/monitor', { password: superuserChanges.password, tags: 'monitoring' });
    const h = await make({ superuserChanges });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /needs the tag administrator/);
  });
});

describe('a superuser secret', () => {
  test('that is rotated meanwhile: the step fails between two changes, AWSCURRENT is accepted, and the retry completes with the new value', async () => {
    const superuser = { username: 'rotating_administrator', password: 'first-password-of-it' };
    await askRabbitMq(server, 'PUT', `users/${superuser.username}`, { password: superuser.password, tags: 'administrator' });
    let changes = 0;
    const h = await make({
      ...ALTERNATING,
      superuserChanges: superuser,
      call: (call) => async (...args) => {
        if (args[3] !== 'GET' && changes++ === 2) { await askRabbitMq(server, 'PUT', `users/${superuser.username}`, { password: 'second-password-of-it', tags: 'administrator' }); }
        return call(...args);
      },
    });
    await giveRights(h, h.user);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'AuthenticationError', /does not accept the credentials of the superuser secret/);
    expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
    const value = { ...JSON.parse(h.value('AWSCURRENT')), ...superuser, password: 'second-password-of-it' };
    h.simulator.perform('PutSecretValue', { SecretId: 'superuser', ClientRequestToken: 'x'.repeat(32), SecretString: JSON.stringify(value) });
    await h.steps(rotation, ...STEPS);
    expect(await rightsOf(h, h.login('AWSCURRENT').username)).toEqual(await rightsOf(h, h.user.username));
  });

  test('with unicode in its name and password works, and with a colon in its name is refused', async () => {
    const superuser = { username: 'ü😀', password: 'p:ü😀' };
    await askRabbitMq(server, 'PUT', `users/${encodeURIComponent(superuser.username)}`, { password: superuser.password, tags: 'administrator' });
    const h = await make({ superuserChanges: superuser });
    await h.rotate();
    const colon = await make({ superuserChanges: { username: 'a:b' } });
    await fails(colon, colon.step(await created(colon), 'setSecret'), 'SecretValueError', /has a colon/);
    expect(colon.calls).toEqual([]);
  });
});

describe('a login by AMQP comes before the change', () => {
  test('a server without the mechanism PLAIN is refused before any change, and gets no password', async () => {
    const own = await startRabbitMq({ settings: ['auth_mechanisms.1 = AMQPLAIN'] });
    try {
      for (const config of [{}, { alternatingUsers: true }]) {
        const h = await RabbitMqHarness.make(own, { config });
        await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /Add PLAIN to auth_mechanisms/);
        expect(h.changes).toEqual([]);
      }
    } finally {
      await own.stop();
    }
  }, 90_000);

  test.each([['somebody else', false], ['another copy of the function', true]])('%s changes the password between the two', async (_, isCopy) => {
    let isFirst = true;
    const h: RabbitMqHarness = await make({
      call: (call) => async (...args) => {
        const reply = await call(...args);
        const password = isCopy ? h.login('AWSPENDING').password : 'changed by hand';
        if (isFirst) { await askRabbitMq(server, 'PUT', `users/${encodeURIComponent(h.user.username)}`, { password, tags: '' }); }
        isFirst = false;
        return reply;
      },
    });
    const step = h.step(await created(h), 'setSecret');
    if (isCopy) { await step; } else { await fails(h, step, 'TargetRefusedError', /refuses a login by AMQP with it, so nothing was changed\. See that auth_backends/); }
    expect(h.changes).toEqual([]);
  });
});

const ADDRESS = Object.values(networkInterfaces()).flat().find((each) => each && !each.internal && each.family === 'IPv4')?.address;

(ADDRESS === undefined ? test.skip : test)('a superuser that may log in from the host of the server only, as guest, is refused with that reason', async () => {
  const sockets: Socket[] = [];
  const relay = createRelay((socket) => {
    const upstream = connectTo({ host: '127.0.0.1', port: server.managementPort, localAddress: ADDRESS });
    for (const each of [socket, upstream]) { sockets.push(each.on('error', () => undefined)); }
    socket.pipe(upstream).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  try {
    await askRabbitMq(server, 'PUT', 'users/guest', { password: 'password-of-guest', tags: 'administrator' });
    const ports = { managementPort: (relay.address() as AddressInfo).port };
    const superuserChanges = { ...ports, username: 'guest', password: 'password-of-guest' };
    const h = await make({ changes: ports, superuserChanges });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /from its own host only.*loopback_users/);
    expect(h.changes).toEqual([]);
  } finally {
    for (const socket of sockets) { socket.destroy(); }
    relay.close();
  }
});

test('case 70: the log of the server has no password, nor its hash', async () => {
  const own = await startRabbitMq({ settings: ['log.console.level = debug'] });
  try {
    for (const config of [{}, { alternatingUsers: true }]) {
      const h = await RabbitMqHarness.make(own, { config });
      await h.rotate();
      expect(own.output()).toContain(`${h.login('AWSCURRENT').username}`.slice(0, 6));
      for (const password of h.passwords) { expect(own.output()).not.toContain(password); }
      for (const { body } of h.calls) {
        const { password_hash: hash } = JSON.parse(body) as { password_hash?: string };
        if (hash !== undefined) { expect(own.output()).not.toContain(hash); }
      }
    }
  } finally {
    await own.stop();
  }
}, 90_000);

test('case 92: a server that is killed right after a change, and restarts, keeps it', async () => {
  const own = await startRabbitMq();
  try {
    const rotations: [RabbitMqHarness, StartedRotation][] = [];
    for (const config of [{}, { alternatingUsers: true }]) {
      const h = await RabbitMqHarness.make(own, { config });
      rotations.push([h, await created(h)]);
    }
    for (const [h, rotation] of rotations) { await h.step(rotation, 'setSecret'); }
    await own.kill();
    await own.restart();
    for (const [h, rotation] of rotations) {
      await h.steps(rotation, 'testSecret', 'finishSecret');
      expect(await h.accepts(h.login('AWSCURRENT'))).toBe(true);
    }
  } finally {
    await own.stop();
  }
}, 120_000);

describe('connections', () => {
  test('a redirect is not followed, so the administrator\'s password goes to no other host', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rabbitmq-'));
    const certificate = await makeCertificate(folder, 'good');
    const asked: string[] = [];
    const options = { cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile) };
    const standIn = createHttpsServer(options, ({ url, headers }, response) => {
      asked.push(url!);
      response.writeHead(302, { location: `https://${headers.host}/elsewhere` }).end();
    }).listen(0, '127.0.0.1');
    await once(standIn, 'listening');
    try {
      const ports = { managementPort: (standIn.address() as AddressInfo).port };
      const h = await make({ changes: ports, superuserChanges: ports, config: { certificateAuthority: certificate.ca } });
      await fails(h, h.step(await created(h), 'setSecret'), 'ConnectivityError', /not one of the management API/);
      expect(asked).toEqual([expect.stringMatching(/^\/api\/users\//)]);
    } finally {
      standIn.close();
      rmSync(folder, { recursive: true });
    }
  });

  test('case 66: a certificate of an unknown authority is refused, by both ports', async () => {
    const h = await make({ config: { certificateAuthority: undefined } });
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TlsError', /no certificate to trust/);
    await fails(h, h.step(rotation, 'testSecret'), 'TlsError', /no certificate to trust/);
  });

  test.each(['wrongHost', 'expired', 'unknownCa'] as const)('case 66: a certificate that is %s is refused (a stand-in, which has TLS only)', async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'rabbitmq-'));
    const certificate = await makeCertificate(folder, kind);
    const received: Buffer[] = [];
    const standIn = createServer({ cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile) }, (socket) => {
      socket.on('error', () => undefined).on('data', (chunk) => received.push(chunk));
    }).on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(standIn, 'listening');
    try {
      const { port } = standIn.address() as AddressInfo;
      const ports = { port, managementPort: port };
      const h = await make({ changes: ports, superuserChanges: ports, config: { certificateAuthority: certificate.ca } });
      const rotation = await created(h);
      await fails(h, h.step(rotation, 'setSecret'), 'TlsError', /no certificate to trust/);
      await fails(h, h.step(rotation, 'testSecret'), 'TlsError', /no certificate to trust/);
      expect(received).toEqual([]);
    } finally {
      standIn.close();
      rmSync(folder, { recursive: true });
    }
  });

  test.each([['ssl_options', 'testSecret'], ['management.ssl', 'setSecret']] as const)('a server that asks for a client certificate says so, with %s', async (listener, step) => {
    const own = await startRabbitMq({ settings: [`${listener}.verify = verify_peer`, `${listener}.fail_if_no_peer_cert = true`] });
    try {
      const h = await RabbitMqHarness.make(own, { user: { username: 'user_of_tls', password: 'first-password' } });
      await fails(h, h.step(await created(h), step), 'TlsError', /asks for a client certificate.*fail_if_no_peer_cert/);
    } finally {
      await own.stop();
    }
  }, 30_000);

  test('case 29: a server that is down is not taken for a wrong password', async () => {
    const h = await make({ changes: { port: 1, managementPort: 1 }, superuserChanges: { port: 1, managementPort: 1 } });
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'ConnectivityError', /ECONNREFUSED/);
    await fails(h, h.step(rotation, 'testSecret'), 'ConnectivityError', /ECONNREFUSED/);
  });

  test('the port of AMQP given as that of the management API, and the other way round', async () => {
    const { port, managementPort } = server;
    const swapped = { port: managementPort, managementPort: port };
    const h = await make({ changes: swapped, superuserChanges: swapped });
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'ConnectivityError', /management API/);
    await fails(h, h.step(rotation, 'testSecret'), 'ConnectivityError', /AMQP/);
  });

  test('case 33: a server that doesn\'t answer fails in time', async () => {
    const h = await make();
    const rotation = await created(h);
    server.pause();
    try {
      h.remaining = 3_000;
      await fails(h, h.step(rotation, 'setSecret'), 'StepTimeoutError|ConnectivityError', /time/);
    } finally {
      server.resume();
    }
    h.remaining = 30_000;
    await h.steps(rotation, ...STEPS);
  }, 30_000);
});

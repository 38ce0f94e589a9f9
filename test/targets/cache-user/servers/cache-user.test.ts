import { signedCall } from '../../../../lambda-src/aws/signed-call';
import { connectRedis, type ConnectRedis } from '../../../../lambda-src/redis/connection';
import { CacheUserTarget } from '../../../../lambda-src/targets/cache-user/cache-user-target';
import { elastiCacheUser } from '../../../../lambda-src/targets/cache-user/elasticache-user/api';
import { memoryDbUser } from '../../../../lambda-src/targets/cache-user/memorydb-user/api';
import { RedisProbe, startRedis, type RedisServer } from '../../../../servers/redis/redis';
import { CacheService, CacheServiceEndpoint, USER_ARNS } from '../../../../servers/stand-ins/cache-service';
import { CREDENTIALS } from '../../../../servers/stand-ins/publishing-endpoint';
import { CACHE_USER_TARGETS, parseCacheUserConfig, type CacheUserTargetConfig } from '../../../../src/targets/cache-user/contract';
import { failure, Harness, passwordOf } from '../../../harness';

const FIRST = 'first-password-of-all';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

let server: RedisServer;
let probe: RedisProbe;
beforeAll(async () => {
  server = await startRedis({ product: 'valkey-8' });
  probe = new RedisProbe(server);
}, 60_000);
afterAll(async () => {
  probe.close();
  await server.stop();
});

describe.each(CACHE_USER_TARGETS)('%s', (target) => {
  let service: CacheService;
  let endpoint: CacheServiceEndpoint;
  const environment = { ...process.env };
  beforeEach(async () => {
    service = new CacheService(server, probe);
    await service.reset(FIRST);
    endpoint = await CacheServiceEndpoint.start(service);
    Object.assign(process.env, CREDENTIALS, { AWS_ENDPOINT_URL_ELASTICACHE: endpoint.url, AWS_ENDPOINT_URL_MEMORYDB: endpoint.url });
  });
  afterEach(async () => {
    await endpoint.stop();
    process.env = { ...environment };
  });

  const toServer: ConnectRedis = (node, _, deadline) => connectRedis({ ...node, host: 'localhost', port: server.port, address: server.address }, server.ca, deadline);

  interface Options {
    readonly value?: object;
    readonly config?: Partial<CacheUserTargetConfig>;
    readonly connect?: ConnectRedis;
  }

  function harness({ value = {}, config = {}, connect = toServer }: Options = {}): Harness {
    const call = signedCall();
    return new Harness({
      value: JSON.stringify({ username: 'app', password: FIRST, user_arn: USER_ARNS[target], note: 'kept', ...value }),
      config: { target, userArn: USER_ARNS[target], endpoint: 'cache.example.com', passwordPolicy: { excludePunctuation: true }, ...config } as never,
      makeTarget: (given) => {
        const api = target === 'elasticache-user' ? elastiCacheUser('app-id', 'eu-west-1', call) : memoryDbUser('app', 'eu-west-1', call);
        return new CacheUserTarget(parseCacheUserConfig(given, target), api, connect);
      },
    });
  }
  const accepted = (password: string) => service.accepts({ username: 'app', password });
  const noValues = (h: Harness) => {
    const log = JSON.stringify(h.log);
    for (const value of h.allValues) { expect(log).not.toContain(passwordOf(value)); }
  };

  test('cases 43, 69, 87, 89: after setSecret both passwords are accepted, and after the rotation those of AWSCURRENT and AWSPREVIOUS', async () => {
    const h = harness();
    for (let n = 0; n < 3; n++) {
      const rotation = h.start();
      await h.steps(rotation, 'createSecret', 'setSecret');
      for (const label of ['AWSPENDING', 'AWSCURRENT']) { expect(await accepted(passwordOf(h.value(label)))).toBe(true); }
      await h.steps(rotation, 'testSecret', 'finishSecret');
      h.simulator.completeRotation(h.arn);
      for (const label of ['AWSCURRENT', 'AWSPREVIOUS']) { expect(await accepted(passwordOf(h.value(label)))).toBe(true); }
    }
    expect(await accepted(FIRST)).toBe(false);
    expect(JSON.parse(h.value('AWSCURRENT'))).toMatchObject({ username: 'app', user_arn: USER_ARNS[target], note: 'kept' });
    expect(new Set(endpoint.asked.map((line) => line.split(' ').slice(0, 2).join(' ')))).toEqual(new Set([`${target.replace('-user', '')} eu-west-1`]));
    noValues(h);
  });

  test('case 88: setSecret repeated any number of times keeps the current password', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    for (let n = 0; n < 4; n++) {
      await h.step(rotation, 'setSecret');
      for (const label of ['AWSPENDING', 'AWSCURRENT']) { expect(await accepted(passwordOf(h.value(label)))).toBe(true); }
    }
  });

  test('case 90: a second password that no version has is replaced', async () => {
    await service.reset(FIRST, 'password-of-somebody');
    const h = harness();
    await h.steps(h.start(), ...STEPS);
    expect(await accepted('password-of-somebody')).toBe(false);
    expect(await accepted(passwordOf(h.value('AWSCURRENT')))).toBe(true);
  });

  test('case 47: a change that is applied later is waited for, then tested by a login', async () => {
    service.looks = 8;
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    expect(h.sleeps.length).toBeGreaterThan(8);
    expect(await accepted(passwordOf(h.value('AWSPENDING')))).toBe(true);
    await h.steps(rotation, 'testSecret', 'finishSecret');
  });

  test('a change by something else is waited for', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    expect(service.modify([FIRST])).toBeUndefined();
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(service.changes).toBe(2);
  });

  test('a state that doesn\'t allow a change yet is waited for, though the user seemed active', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    const { modify } = service;
    let refusals = 0;
    jest.spyOn(service, 'modify').mockImplementation((passwords) => refusals++ < 2 ? 'InvalidUserState' : modify.call(service, passwords));
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(service.changes).toBe(1);
  });

  test('case 78: too little time fails with an error that says that a repetition is harmless, and the retry succeeds', async () => {
    service.looks = 1_000;
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    h.remaining = 3_500;
    const error = await failure(h.step(rotation, 'setSecret'));
    expect(error.name).toBe('TargetNotReadyError');
    expect(error.message).toMatch(/retries the rotation, and a repetition is harmless/);
    h.remaining = 30_000;
    await service.settle();
    service.looks = 1;
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
  });

  test.each([
    ['iam', 'TargetRefusedError', /authentication type has to be password, and is iam/],
    ['no-password', 'TargetRefusedError', /has to be password, and is another one/],
  ])('a user with the authentication type %s is refused, and nothing is changed', async (authentication, name, text) => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    service.user.authentication = authentication;
    const error = await failure(h.step(rotation, 'setSecret'));
    expect(error.name).toBe(name);
    expect(error.message).toMatch(text);
    expect(service.changes).toBe(0);
  });

  test('case 74: a user that doesn\'t exist, is being deleted or has another name is refused, and nothing is changed', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    service.user.name = 'other&name';
    expect((await failure(h.step(rotation, 'setSecret'))).message).toMatch(/"username" in the value of the secret is not the user name of/);
    service.user.name = 'app';
    service.user.status = 'deleting';
    expect((await failure(h.step(rotation, 'setSecret'))).message).toMatch(/is being deleted/);
    service.exists = false;
    expect((await failure(h.step(rotation, 'setSecret'))).message).toMatch(/does not exist, so nothing was changed/);
    expect(service.changes).toBe(0);
  });

  test('a user_arn that is not that of the app is refused before any call', async () => {
    const h = harness({ value: { user_arn: USER_ARNS[target].replace('app', 'admin') } });
    const error = await failure(h.step(h.start(), 'createSecret'));
    expect(error.message).toMatch(/"user_arn" in the value of the secret is not the userArn of the RotationTarget/);
    expect(endpoint.asked).toEqual([]);
  });

  test('user_arn may be left out', async () => {
    const h = harness({ value: { user_arn: undefined } });
    await h.steps(h.start(), ...STEPS);
    expect(await accepted(passwordOf(h.value('AWSCURRENT')))).toBe(true);
  });

  test.each(['fifteen-charact', `${'x'.repeat(129)}`, 'a password with spaces', 'pässword-of-sixteen'])('the password %j is refused before any call', async (password) => {
    const h = harness({ value: { password } });
    const error = await failure(h.step(h.start(), 'createSecret'));
    expect(error.message).toMatch(/16 to 128 printable characters/);
    expect(error.message).not.toContain(password);
    expect(endpoint.asked).toEqual([]);
  });

  test('case 44: testSecret fails with a password that the cache doesn\'t accept', async () => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    await service.reset(FIRST, 'password-of-somebody');
    const error = await failure(h.step(rotation, 'testSecret'));
    expect(error.name).toBe('AuthenticationError');
    expect(error.message).toMatch(/does not accept the pending credentials/);
    await service.reset(FIRST);
    expect((await failure(h.step(rotation, 'testSecret'))).message).toMatch(/does not have the two passwords/);
    noValues(h);
  });

  test('without endpoint, testSecret looks at the status and the number of passwords only', async () => {
    const h = harness({ config: { endpoint: undefined } });
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    await service.reset(FIRST, 'password-of-somebody');
    await h.step(rotation, 'testSecret');
    await service.reset(FIRST);
    expect((await failure(h.step(rotation, 'testSecret'))).message).toMatch(/does not have the two passwords/);
  });

  test.each([
    [403, 'AccessDenied', 'TargetRefusedError', /DescribeUsers was refused with AccessDenied(Exception)?\. Grant it/],
    [400, 'InvalidParameterCombination', 'TargetRefusedError', /refused with InvalidParameterCombination/],
  ])('an answer %s %s says what to do, and quotes nothing', async (status, name, type, text) => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    endpoint.refusals.push({ status, name });
    const error = await failure(h.step(rotation, 'setSecret'));
    expect(error.name).toBe(type);
    expect(error.message).toMatch(text);
    noValues(h);
  });

  test('throttling and failures of the service are retried', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    endpoint.refusals.push({ status: 400, name: 'Throttling' }, { status: 503, name: 'ServiceUnavailable' });
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
  });

  test('cases 24, 31: a pending version that is missing, or differs in more than its password, is sent nowhere', async () => {
    const h = harness();
    expect((await failure(h.step(h.start(), 'setSecret'))).name).toBe('PendingValueMissingError');
    for (const changes of [{ username: 'other' }, { note: 'changed' }]) {
      const other = harness();
      const rotation = other.start();
      const SecretString = JSON.stringify({ ...JSON.parse(other.value('AWSCURRENT')), password: 'a-pending-password', ...changes });
      other.simulator.perform('PutSecretValue', { SecretId: other.arn, ClientRequestToken: rotation.token, SecretString, VersionStages: ['AWSPENDING'] });
      expect((await failure(other.step(rotation, 'setSecret'))).name).toBe('SecretMismatchError');
    }
    expect(endpoint.asked).toEqual([]);
    expect(service.changes).toBe(0);
  });

  test('case 30: a password that the service refuses changes nothing, and the current one works', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    jest.spyOn(service, 'modify').mockReturnValue('InvalidParameterValue');
    const error = await failure(h.step(rotation, 'setSecret'));
    expect(error.message).toMatch(/refused with InvalidParameterValue(Exception)?\. The service refuses a password of AWSPENDING or AWSCURRENT, and nothing was changed/);
    expect(await accepted(FIRST)).toBe(true);
    noValues(h);
  });

  test('case 32: every character that the service allows arrives unchanged', async () => {
    const printable = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i)).join('');
    await service.reset(printable);
    const h = harness({ value: { password: printable }, config: { passwordPolicy: { excludeCharacters: '~' } } });
    await h.steps(h.start(), ...STEPS);
    expect(await accepted(printable)).toBe(true);
    expect(await accepted(passwordOf(h.value('AWSCURRENT')))).toBe(true);
  });

  test('cases 29, 33: an API that hangs or is down, and a cache that is down, fail as connectivity, and the retry completes', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    const look = jest.spyOn(service, 'describe').mockImplementation(() => new Promise(() => {}));
    h.remaining = 2_500;
    expect((await failure(h.step(rotation, 'setSecret'))).name).toMatch(/^(StepTimeoutError|ConnectivityError)$/);
    look.mockRestore();
    await endpoint.stop();
    expect((await failure(h.step(rotation, 'setSecret'))).name).toMatch(/^(StepTimeoutError|ConnectivityError)$/);
    expect(service.changes).toBe(0);
    endpoint = await CacheServiceEndpoint.start(service);
    Object.assign(process.env, { AWS_ENDPOINT_URL_ELASTICACHE: endpoint.url, AWS_ENDPOINT_URL_MEMORYDB: endpoint.url });
    h.remaining = 30_000;
    const copy = h.makeHandler();
    await h.step(rotation, 'setSecret', copy);
    const cut = harness({ connect: (node, ca, deadline) => connectRedis({ ...node, host: 'localhost', port: 1 }, ca, deadline) });
    await service.reset(FIRST);
    const other = cut.start();
    await cut.steps(other, 'createSecret', 'setSecret');
    expect((await failure(cut.step(other, 'testSecret'))).name).toBe('ConnectivityError');
  }, 20_000);

  test('case 45: a user that is off fails', async () => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    await probe.letsIn(server.root);
    expect(await probe.ask('ACL', 'SETUSER', 'app', 'off')).toBe('+OK');
    const error = await failure(h.step(rotation, 'testSecret'));
    expect(error.name).toBe('AuthenticationError');
    expect(error.message).toMatch(/See that the user is on/);
  });

  test('case 46: testSecret alone accepts a copy of the current value, and changes nothing', async () => {
    const h = harness();
    const copy = h.start();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: copy.token, SecretString: h.value('AWSCURRENT'), VersionStages: ['AWSPENDING'] });
    await h.step(copy, 'testSecret');
    expect(service.changes).toBe(0);
  });

  test('case 66: a cache with a certificate of an unknown authority is refused, and gets no password', async () => {
    const h = harness({ connect: (node, _, deadline) => connectRedis({ ...node, host: 'localhost', port: server.port, address: server.address }, undefined, deadline) });
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    const error = await failure(h.step(rotation, 'testSecret'));
    expect(error.name).toBe('TlsError');
    noValues(h);
  });

  test('case 65: a rotation that is cancelled while setSecret waits changes no user', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    const { describe: look } = service;
    jest.spyOn(service, 'describe').mockImplementationOnce(async () => {
      h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: rotation.token });
      return look.call(service);
    });
    expect((await failure(h.step(rotation, 'setSecret'))).name).toBe('VersionNotPendingError');
    expect(service.changes).toBe(0);
    expect(await accepted(FIRST)).toBe(true);
  });
});

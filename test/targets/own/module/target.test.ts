import { createServer, type AddressInfo } from 'node:net';
import type { CreateSecretContext, RotationContext, RotationModule } from '../../../../lambda-src/targets/own/api';
import { checkModule, moduleTarget } from '../../../../lambda-src/targets/own/module/target';
import { internalError, type Interceptor } from '../../../../simulator';
import type { HandlerConfig } from '../../../../src/contract';
import type { ModuleTargetConfig } from '../../../../src/targets/own/module/contract';
import { failure, Harness, passwordOf, type HarnessOptions } from '../../../harness';

const FIRST = JSON.stringify({ username: 'user1', password: 'first-p4ssw0rd' });
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

interface Line { readonly level: string; readonly message: string; readonly step: string }

/** A rotation with the user's module, and the module's log. */
function harnessOf(module: object, options: HarnessOptions & { config?: ModuleTargetConfig } = {}) {
  const lines: Line[] = [];
  const config: HandlerConfig = options.config ?? { target: 'module', generateStringKey: 'password', passwordPolicy: {} };
  const harness = new Harness({
    value: FIRST,
    ...options,
    config,
    makeTarget: (given) => moduleTarget(given, module as RotationModule<unknown>, (level, message, { step }) => lines.push({ level, message, step })),
  });
  return { harness, lines };
}

const nothing = async () => {};
/** The service fails once, before or after the operation. */
function once(failing: string, when: 'before' | 'after'): Interceptor {
  let failed = false;
  return ({ operation, phase }) => {
    if (failed || operation !== failing || phase !== when) { return; }
    failed = true;
    throw internalError();
  };
}
const base = { setSecret: nothing, testSecret: nothing };

describe('the module', () => {
  test('gets the values of the versions, parsed, with their ids', async () => {
    const seen: Record<string, RotationContext> = {};
    const see = (step: string) => async (context: RotationContext) => { seen[step] = context; };
    const { harness } = harnessOf({ setSecret: see('setSecret'), testSecret: see('testSecret'), finishSecret: see('finishSecret') });
    const first = harness.secret.stages.AWSCURRENT;
    const one = harness.start();
    await harness.steps(one, ...STEPS);
    const two = harness.start();
    await harness.steps(two, ...STEPS);
    for (const step of ['setSecret', 'testSecret', 'finishSecret']) {
      expect(seen[step]).toMatchObject({
        secretId: harness.arn,
        pending: { versionId: two.token, value: { username: 'user1', password: passwordOf(harness.value(two.token)) } },
        current: { versionId: one.token, value: { username: 'user1', password: passwordOf(harness.value(one.token)) } },
        previous: { versionId: first, value: { username: 'user1', password: 'first-p4ssw0rd' } },
      });
    }
    expect(passwordOf(harness.value(one.token))).not.toBe('first-p4ssw0rd');
  });

  test('gets no previous version at the first rotation', async () => {
    const setSecret = jest.fn(nothing);
    const { harness } = harnessOf({ ...base, setSecret });
    await harness.steps(harness.start(), 'createSecret', 'setSecret');
    expect(setSecret).toHaveBeenCalledWith(expect.objectContaining({ previous: undefined }));
  });

  test('gets a value that is no JSON object unchanged', async () => {
    const setSecret = jest.fn(nothing);
    const { harness } = harnessOf({ ...base, setSecret }, { value: 'plain', config: { target: 'module', passwordPolicy: { passwordLength: 20 } } });
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    expect(setSecret).toHaveBeenCalledWith(expect.objectContaining({
      pending: { versionId: rotation.token, value: harness.value(rotation.token) }, current: expect.objectContaining({ value: 'plain' }),
    }));
  });

  test('gets its remaining time, and a signal when it is over', async () => {
    let aborted: unknown;
    const setSecret = ({ remainingTimeInMillis, signal }: RotationContext) => new Promise<void>((resolve) => {
      expect(remainingTimeInMillis()).toBeLessThanOrEqual(200);
      signal.addEventListener('abort', () => {
        aborted = (signal.reason as Error).name;
        resolve();
      });
    });
    const { harness } = harnessOf({ ...base, setSecret });
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret');
    harness.remaining = 1_200;
    expect((await failure(harness.step(rotation, 'setSecret'))).name).toBe('StepTimeoutError');
    expect(aborted).toBe('StepTimeoutError');
  });

  test('has a log that masks, with the step', async () => {
    const setSecret = async ({ log, pending, current }: RotationContext<{ password: string }>) => {
      log.info(`from ${current.value.password} to ${pending.value.password}`);
      log.error('careful');
    };
    const { harness, lines } = harnessOf({ ...base, setSecret });
    await harness.steps(harness.start(), 'createSecret', 'setSecret');
    expect(lines).toEqual([{ level: 'INFO', message: 'from *** to ***', step: 'setSecret' }, { level: 'ERROR', message: 'careful', step: 'setSecret' }]);
  });

  test('finishes just before the label moves, and again if that call failed', async () => {
    const labels: (string | undefined)[] = [];
    const { harness } = harnessOf({ ...base, finishSecret: async () => { labels.push(harness.secret.stages.AWSCURRENT); } });
    const first = harness.secret.stages.AWSCURRENT;
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    harness.simulator.intercept = once('UpdateSecretVersionStage', 'before');
    await failure(harness.step(rotation, 'finishSecret'));
    await harness.steps(rotation, 'finishSecret', 'finishSecret');
    expect(labels).toEqual([first, first]);
    expect(harness.secret.stages.AWSCURRENT).toBe(rotation.token);
  });

  test('that does not finish keeps the label in its place', async () => {
    const finishSecret = async () => ({ status: 'failed', reason: 'The old key is in use' });
    const { harness } = harnessOf({ ...base, finishSecret });
    const first = harness.secret.stages.AWSCURRENT;
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    expect(await failure(harness.step(rotation, 'finishSecret'))).toMatchObject({
      name: 'TargetRefusedError', message: 'finishSecret of the module failed: The old key is in use',
    });
    expect(harness.secret.stages.AWSCURRENT).toBe(first);
  });

  test('is called again while it is not ready', async () => {
    let calls = 0;
    const testSecret = async () => ++calls < 3 ? { status: 'notYet', retryAfterMillis: 700 } : undefined;
    const { harness } = harnessOf({ ...base, testSecret });
    await harness.steps(harness.start(), 'createSecret', 'setSecret', 'testSecret');
    expect(calls).toBe(3);
    expect(harness.sleeps).toEqual([700, 700]);
  });

  test.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])('may be an object with methods that use each other: %s', async (step) => {
    class Api {
      public readonly done: string[] = [];
      public async createSecret() {
        this.note('createSecret');
        return { username: 'user1', password: 'made-p4ssw0rd' };
      }
      public async setSecret() { this.note('setSecret'); }
      public async testSecret() { this.note('testSecret'); }
      public async finishSecret() { this.note('finishSecret'); }
      private note(done: string) { this.done.push(done); }
    }
    const api = new Api();
    const { harness } = harnessOf(api);
    await harness.steps(harness.start(), ...STEPS);
    expect(api.done).toContain(step);
  });
});

describe('a module that makes the value', () => {
  const config: ModuleTargetConfig = { target: 'module', passwordPolicy: { passwordLength: 20 } };

  test('gets the current and the previous value, and a generator with the policy', async () => {
    const createSecret = jest.fn(async ({ current, generatePassword }: CreateSecretContext<{ id: number }>) =>
      ({ id: current.value.id + 1, key: await generatePassword() }));
    const { harness } = harnessOf({ ...base, createSecret }, { config, value: '{"id":1,"key":"first-p4ssw0rd"}' });
    const rotation = harness.start();
    await harness.steps(rotation, ...STEPS);
    expect(JSON.parse(harness.value('AWSCURRENT'))).toEqual({ id: 2, key: expect.stringMatching(/^.{20}$/) });
    expect(createSecret.mock.calls[0][0]).not.toHaveProperty('pending');
  });

  test('keeps the first stored value, however often it is called', async () => {
    let made = 0;
    const { harness } = harnessOf({ ...base, createSecret: async () => `key ${++made}` }, { config, value: 'key 0' });
    const rotation = harness.start();
    harness.simulator.intercept = once('PutSecretValue', 'after');
    await failure(harness.step(rotation, 'createSecret'));
    await harness.steps(rotation, ...STEPS);
    expect(harness.value('AWSCURRENT')).toBe('key 1');
  });

  test.each<[unknown, string]>([
    [undefined, 'returned no value. Return the next value'],
    ['', 'returned no value'],
    ['key 0', 'is the current value again'],
    [null, 'no value, but null'],
    [[], 'no value, but an array'],
    [7, 'no value, but a number'],
    [new Map([['key', 'p4ssw0rd']]), 'no value, but an object of the class Map'],
    [new (class Credential { public key = 'p4ssw0rd'; })(), 'no value, but an object of the class Credential'],
    [{ key: Promise.resolve('p4ssw0rd') }, 'an object that has a promise that was not awaited at key'],
    [{ keys: [{ made: new Date(0) }] }, 'an object that has an object of the class Date at keys.0.made'],
    [{ key: NaN }, 'a number that JSON does not know at key'],
    [{ key: () => 'p4ssw0rd' }, 'a function at key'],
    [{ key: 1n }, 'a bigint at key'],
    [{ status: 'done' }, 'is the reply "done" and no value'],
    [{ status: 'failed' }, 'has the status "failed" and no reason'],
  ])('has to make a new value: not %p', async (value, problem) => {
    const { harness } = harnessOf({ ...base, createSecret: async () => value }, { config, value: 'key 0' });
    const { name, message } = await failure(harness.step(harness.start(), 'createSecret'));
    expect({ name, message }).toEqual({ name: 'TargetModuleError', message: expect.stringContaining(problem) });
    expect(message).not.toContain('p4ssw0rd');
    expect(harness.writes).toEqual([]);
  });

  test('is refused if an object contains itself', async () => {
    const value: Record<string, unknown> = {};
    value.self = { value };
    const { harness } = harnessOf({ ...base, createSecret: async () => value }, { config, value: 'key 0' });
    expect((await failure(harness.step(harness.start(), 'createSecret'))).message).toContain('an object that is in itself at self.value');
  });

  test.each([['{ "key": "p4ssw0rd",  "id": 1 }', { id: 1, key: 'p4ssw0rd' }], ['{"a":{"b":1,"c":2},"d":[1]}', { d: [1], a: { c: 2, b: 1 } }], ['"key 0"', 'key 0']])(
    'may not return the current value in another order or with other white space: %s', async (current, value) => {
      const { harness } = harnessOf({ ...base, createSecret: async () => typeof value === 'string' ? JSON.stringify(value) : value }, { config, value: current });
      const { name, message } = await failure(harness.step(harness.start(), 'createSecret'));
      expect({ name, message }).toEqual({ name: 'TargetModuleError', message: expect.stringContaining('is the current value again') });
      expect(message).not.toContain('p4ssw0rd');
    });

  test.each<[unknown, string]>([
    [{ password: 'made' }, 'lacks a key of the current value: "username"'],
    [{ id: 1, username: undefined }, 'lacks keys of the current value: "username", "password"'],
    ['made', 'is not a JSON object, and the current value is one'],
  ])('may not lose keys of the current value: %j', async (value, problem) => {
    const { harness } = harnessOf({ ...base, createSecret: async () => value }, { config });
    expect((await failure(harness.step(harness.start(), 'createSecret'))).message).toContain(problem);
    expect(harness.writes).toEqual([]);
  });

  test('may reply that it is not ready, or failed, and is masked in its reason', async () => {
    const replies = [{ status: 'notYet', reason: 'soon' }, { status: 'failed', reason: 'user1 has first-p4ssw0rd' }];
    const { harness } = harnessOf({ ...base, createSecret: async () => replies.shift() }, { config });
    expect(await failure(harness.step(harness.start(), 'createSecret'))).toMatchObject({ name: 'TargetRefusedError', message: 'createSecret of the module failed: *** has ***' });
    expect(harness.sleeps).toEqual([200]);
  });

  test('may have a value with the key status, if the current one has it', async () => {
    const { harness } = harnessOf({ ...base, createSecret: async () => ({ status: 'notYet' }) }, { config, value: '{"status":"done"}' });
    await harness.step(harness.start(), 'createSecret');
    expect(harness.value('AWSPENDING')).toBe('{"status":"notYet"}');
  });

  test('is not promoted with a pending value that a user put and that rotates nothing', async () => {
    const { harness } = harnessOf({ ...base, createSecret: async () => 'never' }, { config });
    const rotation = harness.start();
    harness.simulator.perform('PutSecretValue', { SecretId: harness.arn, ClientRequestToken: rotation.token, SecretString: ` ${FIRST}`, VersionStages: ['AWSPENDING'] });
    for (const step of ['createSecret', 'finishSecret'] as const) {
      expect(await failure(harness.step(rotation, step))).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(/is the current value again.*RemoveFromVersionId/) });
    }
  });
});

describe('the log of a module in createSecret', () => {
  const config: ModuleTargetConfig = { target: 'module', passwordPolicy: { passwordLength: 20 } };
  const making = (createSecret: (context: CreateSecretContext<{ key: string }>) => unknown) => harnessOf({ ...base, createSecret }, { config, value: '{"key":"first-p4ssw0rd"}' });

  test('is masked with every generated password', async () => {
    const passwords: string[] = [];
    const { harness, lines } = making(async ({ log, generatePassword, current }) => {
      for (let n = 0; n < 2; n++) { passwords.push(await generatePassword()); }
      log.info(`made ${passwords.join(' and ')} after ${current.value.key}`);
      throw new Error(`no room for ${encodeURIComponent(passwords[0])}`);
    });
    const error = await failure(harness.step(harness.start(), 'createSecret'));
    expect(lines).toEqual([{ level: 'INFO', message: 'made *** and *** after ***', step: 'createSecret' }]);
    expect(error.message).toBe('createSecret of the module failed with Error: no room for ***');
    for (const password of passwords) { expect(JSON.stringify(harness.log)).not.toContain(password); }
  });

  test('is written when it is over, with the returned value masked', async () => {
    const { harness, lines } = making(async ({ log }) => {
      log.info('the API gave issued-by-the-api');
      expect(lines).toEqual([]);
      setImmediate(() => log.error('late: issued-by-the-api'));
      return { key: 'issued-by-the-api' };
    });
    await harness.step(harness.start(), 'createSecret');
    await new Promise(setImmediate);
    expect(lines.map(({ message }) => message)).toEqual(['the API gave ***', 'late: ***']);
  });

  test('is masked by the pattern of a key if it ends without a value', async () => {
    const { harness, lines } = making(async ({ log }) => {
      log.info('the API issued sk-live-51H8xYzAbCdEf');
      throw new Error('sk-live-51H8xYzAbCdEf can not be stored');
    });
    expect((await failure(harness.step(harness.start(), 'createSecret'))).message).toBe('createSecret of the module failed with Error: *** can not be stored');
    expect(lines[0].message).toBe('the API issued ***');
  });

  test('is written when the time is up', async () => {
    const { harness, lines } = making(({ log, generatePassword }) => {
      void generatePassword().then((password) => log.info(`waiting with ${password}`));
      return new Promise(() => {});
    });
    harness.remaining = 1_100;
    expect((await failure(harness.step(harness.start(), 'createSecret'))).name).toBe('StepTimeoutError');
    expect(lines.map(({ message }) => message)).toEqual(['waiting with ***']);
  });

  test.each([[new Map([['key', 'issued-by-the-api']])], [['issued-by-the-api']], [new Error('issued-by-the-api')]])('is masked with the returned value, even if that is invalid: %p', async (returned) => {
    const { harness, lines } = making(async ({ log }) => {
      log.info('issued-by-the-api');
      return returned;
    });
    await failure(harness.step(harness.start(), 'createSecret')).catch(() => {});
    expect(lines.map(({ message }) => message)).toEqual(['***']);
  });
});

describe('a module that fails', () => {
  test('fails the step with its message, without the values of the secret and without its cause', async () => {
    const setSecret = async ({ pending, current }: RotationContext<{ password: string }>) => {
      throw new TypeError(`fetch failed: ${current.value.password} and ${Buffer.from(pending.value.password).toString('base64')}`, { cause: pending.value.password });
    };
    const { harness } = harnessOf({ ...base, setSecret });
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    const error = await failure(harness.step(rotation, 'setSecret'));
    expect(error).toMatchObject({ name: 'TargetModuleError', message: expect.stringMatching(/^setSecret of the module failed with TypeError: fetch failed: \*\*\* and \*\*\*/) });
    const said = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)} ${JSON.stringify(harness.log)}`;
    for (const value of harness.allValues) { expect(said).not.toContain(passwordOf(value)); }
  });

  test.each<[string, Error, string]>([
    ['its cause', new TypeError('fetch failed', { cause: Object.assign(new Error('connect p4ssw0rd'), { code: 'ECONNREFUSED' }) }), 'TypeError: fetch failed (ECONNREFUSED)'],
    ['the cause of its cause', new Error('no', { cause: new Error('no', { cause: { code: 'UND_ERR_SOCKET' } }) }), 'Error: no (UND_ERR_SOCKET)'],
    ['the first of many', new TypeError('fetch failed', { cause: new AggregateError([{ code: 'ENETUNREACH' }]) }), 'TypeError: fetch failed (ENETUNREACH)'],
    ['itself', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'Error: socket hang up (ECONNRESET)'],
    ['itself, which says it', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), 'Error: read ECONNRESET'],
    ['a cause whose code is no code', new TypeError('fetch failed', { cause: { code: 'p4ssw0rd' } }), 'TypeError: fetch failed'],
    ['a cause whose code is a value', new TypeError('fetch failed', { cause: { code: 'FIRST_P4SSW0RD' } }), 'TypeError: fetch failed (***)'],
  ])('has the code of %s in the error', async (_, thrown, message) => {
    const { harness } = harnessOf({ ...base, setSecret: async () => { throw thrown; } }, { value: FIRST.replace('first-', 'first_') });
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    expect((await failure(harness.step(rotation, 'setSecret'))).message).toBe(`setSecret of the module failed with ${message}`);
  });

  test('has the code of a refused fetch in the error', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => { server.close(resolve); });
    const { harness } = harnessOf({ ...base, setSecret: async () => { await fetch(`http://127.0.0.1:${port}/`); } });
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    expect((await failure(harness.step(rotation, 'setSecret'))).message).toMatch(/^setSecret of the module failed with TypeError: fetch failed \(ECONNREFUSED\)$/);
  });

  test.each([['a string', 'p4ssw0rd'], ['nothing', undefined], ['an object', { password: 'p4ssw0rd' }]])('by throwing %s has an error', async (_, thrown) => {
    const { harness } = harnessOf({ ...base, setSecret: async () => { throw thrown; } });
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({
      name: 'TargetModuleError', message: `setSecret of the module failed with a ${typeof thrown} was thrown, not an Error`,
    });
  });

  test('by an invalid reply has an error with the step, and with what is wrong', async () => {
    const { harness } = harnessOf({ ...base, testSecret: async () => ({ state: 'ok' }) });
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    expect(await failure(harness.step(rotation, 'testSecret'))).toMatchObject({
      name: 'TargetModuleError', message: 'The result of testSecret of the module has no status. Return nothing, or one of the replies of its type',
    });
  });

  test.each([
    [{}, 'has to export the function setSecret'],
    [{ setSecret: nothing }, 'has to export the function testSecret'],
    [{ ...base, finnishSecret: nothing }, 'exports finnishSecret, which no step of a rotation calls, and not finishSecret'],
    [{ ...base, testSecret: 'p4ssw0rd' }, 'has to export the function testSecret, and exports a string'],
    [{ ...base, finishSecret: 1 }, 'has to export the function finishSecret, and exports a number'],
    [{ ...base, createSecret: null }, 'has to export the function createSecret, and exports a object'],
  ])('to export a required function has an error with its name: %j', async (module, problem) => {
    const { harness } = harnessOf(module);
    expect(await failure(harness.step(harness.start(), 'testSecret'))).toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining(problem) });
  });

  test('may export constants and have methods of a prototype, with any name', () => {
    class Prototyped {
      public readonly CREATED_SECRET = 'x';
      public setSecret = nothing;
      public testSecrets = nothing;
      public testSecret(): Promise<void> { return Promise.resolve(); }
    }
    expect(() => checkModule(new Prototyped() as never)).not.toThrow();
    expect(() => checkModule({ ...base, createSecretV2: nothing } as never)).not.toThrow();
  });

  test('to have the configuration of its asset has an error', () => {
    expect(() => moduleTarget({ target: 'generated', passwordPolicy: {} }, base, () => {})).toThrow('and this asset is that of');
  });
});

test('without createSecret the key is generated, and a pending value that differs in anything else is not promoted', async () => {
  const { harness } = harnessOf(base, { simulator: { manualPutRemovesPending: false } });
  const rotation = harness.start();
  await harness.steps(rotation, 'createSecret', 'setSecret');
  harness.simulator.perform('PutSecretValue', { SecretId: harness.arn, SecretString: JSON.stringify({ username: 'user2', password: 'p' }) });
  expect((await failure(harness.step(rotation, 'finishSecret'))).name).toBe('RotationSupersededError');
});

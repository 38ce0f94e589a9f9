import type { CreateSecretContext, RotationContext, RotationModule } from '../../../../lambda-src/targets/custom/api';
import { moduleTarget } from '../../../../lambda-src/targets/custom/module';
import type { HandlerConfig, ModuleTargetConfig } from '../../../../src/private/handler-contract';
import { internalError, type Interceptor } from '../../../simulator';
import { failure, Harness, passwordOf, type HarnessOptions } from '../../harness';

const FIRST = JSON.stringify({ username: 'user1', password: 'first-p4ssw0rd' });
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

interface Line { readonly level: string; readonly message: string; readonly step: string }

/** A rotation with a module of the user's, and what the module wrote to its log. */
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
/** The service fails once, before it did what it was asked or after. */
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
  test('sees the values of the versions, parsed, with their ids', async () => {
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

  test('sees no previous version at the first rotation', async () => {
    const setSecret = jest.fn(nothing);
    const { harness } = harnessOf({ ...base, setSecret });
    await harness.steps(harness.start(), 'createSecret', 'setSecret');
    expect(setSecret).toHaveBeenCalledWith(expect.objectContaining({ previous: undefined }));
  });

  test('sees a value that is no JSON object as it is', async () => {
    const setSecret = jest.fn(nothing);
    const { harness } = harnessOf({ ...base, setSecret }, { value: 'plain', config: { target: 'module', passwordPolicy: { passwordLength: 20 } } });
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    expect(setSecret).toHaveBeenCalledWith(expect.objectContaining({
      pending: { versionId: rotation.token, value: harness.value(rotation.token) }, current: expect.objectContaining({ value: 'plain' }),
    }));
  });

  test('is told how much time it has, and when it is over', async () => {
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

  test('writes to a log that masks, with the step', async () => {
    const setSecret = async ({ log, pending, current }: RotationContext<{ password: string }>) => {
      log.info(`from ${current.value.password} to ${pending.value.password}`);
      log.error('careful');
    };
    const { harness, lines } = harnessOf({ ...base, setSecret });
    await harness.steps(harness.start(), 'createSecret', 'setSecret');
    expect(lines).toEqual([{ level: 'INFO', message: 'from *** to ***', step: 'setSecret' }, { level: 'ERROR', message: 'careful', step: 'setSecret' }]);
  });

  test('finishes just before the label moves, and again where the call that moves it failed', async () => {
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

  test('that does not finish keeps the label where it is', async () => {
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

  test('is asked again while it is not ready', async () => {
    let calls = 0;
    const testSecret = async () => ++calls < 3 ? { status: 'notYet', retryAfterMillis: 700 } : undefined;
    const { harness } = harnessOf({ ...base, testSecret });
    await harness.steps(harness.start(), 'createSecret', 'setSecret', 'testSecret');
    expect(calls).toBe(3);
    expect(harness.sleeps).toEqual([700, 700]);
  });

  test.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])('may be an object with methods that use one another: %s', async (step) => {
    class Api {
      public readonly done: string[] = [];
      public async createSecret() {
        this.note('createSecret');
        return { password: 'made-p4ssw0rd' };
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

  test('is given the current and the previous value, and a generator with the policy', async () => {
    const createSecret = jest.fn(async ({ current, generatePassword }: CreateSecretContext<{ id: number }>) =>
      ({ id: current.value.id + 1, key: await generatePassword() }));
    const { harness } = harnessOf({ ...base, createSecret }, { config, value: '{"id":1,"key":"first-p4ssw0rd"}' });
    const rotation = harness.start();
    await harness.steps(rotation, ...STEPS);
    expect(JSON.parse(harness.value('AWSCURRENT'))).toEqual({ id: 2, key: expect.stringMatching(/^.{20}$/) });
    expect(createSecret.mock.calls[0][0]).not.toHaveProperty('pending');
  });

  test('keeps the first value that was stored, however often it is asked', async () => {
    let made = 0;
    const { harness } = harnessOf({ ...base, createSecret: async () => `key ${++made}` }, { config, value: 'key 0' });
    const rotation = harness.start();
    harness.simulator.intercept = once('PutSecretValue', 'after');
    await failure(harness.step(rotation, 'createSecret'));
    await harness.steps(rotation, ...STEPS);
    expect(harness.value('AWSCURRENT')).toBe('key 1');
  });

  test.each([[undefined, 'returned no value'], ['', 'returned no value'], ['key 0', 'returned the current value']])('has to make one, and a new one: not %j', async (value, problem) => {
    const { harness } = harnessOf({ ...base, createSecret: async () => value }, { config, value: 'key 0' });
    expect(await failure(harness.step(harness.start(), 'createSecret'))).toMatchObject({ name: 'TargetModuleError', message: expect.stringContaining(problem) });
    expect(harness.writes).toEqual([]);
  });
});

describe('what a module says while it makes the value', () => {
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

  test('is written when it is over, masked with what it returned', async () => {
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

  test('is masked by what looks like a key if it ends without a value', async () => {
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

  test.each([[new Map([['key', 'issued-by-the-api']])], [['issued-by-the-api']], [new Error('issued-by-the-api')]])('is masked with what it returned, even if that is no value: %p', async (returned) => {
    const { harness, lines } = making(async ({ log }) => {
      log.info('issued-by-the-api');
      return returned;
    });
    await failure(harness.step(harness.start(), 'createSecret')).catch(() => {});
    expect(lines.map(({ message }) => message)).toEqual(['***']);
  });
});

describe('a module that fails', () => {
  test('leaves the function with what it said, but for the values of the secret, and without its cause', async () => {
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

  test.each([['a string', 'p4ssw0rd'], ['nothing', undefined], ['an object', { password: 'p4ssw0rd' }]])('by throwing %s says so', async (_, thrown) => {
    const { harness } = harnessOf({ ...base, setSecret: async () => { throw thrown; } });
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({
      name: 'TargetModuleError', message: `setSecret of the module failed with a ${typeof thrown} was thrown, not an Error`,
    });
  });

  test('by a reply that is none says which step, and what is wrong', async () => {
    const { harness } = harnessOf({ ...base, testSecret: async () => ({ state: 'ok' }) });
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret', 'setSecret');
    expect(await failure(harness.step(rotation, 'testSecret'))).toMatchObject({
      name: 'TargetModuleError', message: 'What testSecret of the module returned has no status. Return nothing, or one of the replies of its type',
    });
  });

  test.each([
    [{}, 'has to export the function setSecret'],
    [{ setSecret: nothing }, 'has to export the function testSecret'],
    [{ ...base, testSecret: 'p4ssw0rd' }, 'has to export the function testSecret, and exports a string'],
    [{ ...base, finishSecret: 1 }, 'has to export the function finishSecret, and exports a number'],
    [{ ...base, createSecret: null }, 'has to export the function createSecret, and exports a object'],
  ])('to export what it has to is told what: %j', async (module, problem) => {
    const { harness } = harnessOf(module);
    expect(await failure(harness.step(harness.start(), 'testSecret'))).toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining(problem) });
  });

  test('to be of the module\'s asset is told so', () => {
    expect(() => moduleTarget({ target: 'generated', passwordPolicy: {} }, base, () => {})).toThrow('configuration of generated');
  });
});

test('without createSecret the key is generated, and a pending value that is not the current one but for it is not promoted', async () => {
  const { harness } = harnessOf(base, { simulator: { manualPutRemovesPending: false } });
  const rotation = harness.start();
  await harness.steps(rotation, 'createSecret', 'setSecret');
  harness.simulator.perform('PutSecretValue', { SecretId: harness.arn, SecretString: JSON.stringify({ username: 'user2', password: 'p' }) });
  expect((await failure(harness.step(rotation, 'finishSecret'))).name).toBe('RotationSupersededError');
});

import type { FunctionEvent } from '../../../../lambda-src/targets/own/function/function-event';
import { functionError, invokeTarget, type Invocation } from '../../../../lambda-src/targets/own/function/target';
import { accessDenied } from '../../../../simulator/faults';
import type { InvokeTargetConfig } from '../../../../src/targets/own/function/contract';
import { failure, Harness, passwordOf, type HarnessOptions } from '../../../harness';

const ARN = 'arn:aws:lambda:eu-west-1:111111111111:function:target';
const FIRST = JSON.stringify({ username: 'user1', password: 'first-p4ssw0rd' });
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const CONFIG: InvokeTargetConfig = { target: 'invoke', functionArn: ARN, generateStringKey: 'password', passwordPolicy: {} };

type Reply = string | Invocation | ((event: FunctionEvent, harness: Harness) => string | Invocation | Promise<string>);

/** A rotation with the user's function, and the events that it got. */
function harnessOf(reply: Reply, options: Partial<InvokeTargetConfig> = {}, more: HarnessOptions = {}) {
  const events: FunctionEvent[] = [];
  const harness: Harness = new Harness({
    value: FIRST,
    ...more,
    config: { ...CONFIG, ...options },
    makeTarget: (config) => invokeTarget(config, (functionArn) => async (payload) => {
      expect(functionArn).toBe(ARN);
      for (const value of harness.allValues) { expect(payload).not.toContain(passwordOf(value)); }
      const event = JSON.parse(payload) as FunctionEvent;
      events.push(event);
      const given = typeof reply === 'function' ? await reply(event, harness) : reply;
      return typeof given === 'string' ? { isError: false, payload: given } : given;
    }),
  });
  return { harness, events };
}

const DONE = '{"status":"done"}';

test('the function gets the step and the versions, and no value', async () => {
  const { harness, events } = harnessOf(DONE);
  const first = harness.secret.stages.AWSCURRENT;
  const one = harness.start();
  await harness.steps(one, ...STEPS);
  const two = harness.start();
  await harness.steps(two, ...STEPS);
  const ids = { eventVersion: 1, secretId: harness.arn, remainingTimeInMillis: 29_000 };
  expect(events).toEqual([
    expect.objectContaining({ ...ids, step: 'setSecret', pendingVersionId: one.token, currentVersionId: first }),
    expect.objectContaining({ ...ids, step: 'testSecret', pendingVersionId: one.token, currentVersionId: first }),
    expect.objectContaining({ ...ids, step: 'setSecret', pendingVersionId: two.token, currentVersionId: one.token, previousVersionId: first }),
    expect.objectContaining({ ...ids, step: 'testSecret', pendingVersionId: two.token, currentVersionId: one.token, previousVersionId: first }),
  ]);
  expect(events[0]).not.toHaveProperty('previousVersionId');
  expect(harness.secret.stages.AWSCURRENT).toBe(two.token);
});

test('the function is invoked before the label moves, on request', async () => {
  const { harness, events } = harnessOf((event, { secret }) => {
    if (event.step === 'finishSecret') { expect(secret.stages.AWSCURRENT).toBe(event.currentVersionId); }
    return DONE;
  }, { finishSecret: true });
  await harness.steps(harness.start(), ...STEPS);
  expect(events.map(({ step }) => step)).toEqual(['setSecret', 'testSecret', 'finishSecret']);
});

describe('a function that makes the value', () => {
  const put = (value?: string): Reply => ({ step, secretId, pendingVersionId }, { simulator }) => {
    if (step === 'createSecret' && value !== undefined) {
      simulator.perform('PutSecretValue', { SecretId: secretId, ClientRequestToken: pendingVersionId, SecretString: value, VersionStages: ['AWSPENDING'] });
    }
    return DONE;
  };

  test('stores it itself, whatever it is', async () => {
    const { harness, events } = harnessOf(put('{"id":7,"username":"user1","password":"made-p4ssw0rd"}'), { createSecret: true });
    await harness.steps(harness.start(), ...STEPS);
    expect(events.map(({ step }) => step)).toEqual(['createSecret', 'setSecret', 'testSecret']);
    expect(harness.value('AWSCURRENT')).toBe('{"id":7,"username":"user1","password":"made-p4ssw0rd"}');
    expect(harness.operations).not.toContain('GetRandomPassword');
  });

  test('isn\'t invoked again after it has', async () => {
    const { harness, events } = harnessOf(put('{"username":"user1","password":"made-p4ssw0rd"}'), { createSecret: true });
    await harness.steps(harness.start(), 'createSecret', 'createSecret');
    expect(events).toHaveLength(1);
    expect(harness.log.at(-1)).toMatchObject({ outcome: 'alreadyCreated' });
  });

  test.each([
    ['the current value', FIRST, 'is the current value again'],
    ['the current value in another order', '{ "password": "first-p4ssw0rd", "username": "user1" }', 'is the current value again'],
    ['a value that lacks a key', '{"password":"made-p4ssw0rd"}', 'lacks a key of the current value: "username"'],
    ['a string instead of an object', 'made-p4ssw0rd', 'is not a JSON object'],
  ])('may not store %s, and a retry finds it too', async (_, value, problem) => {
    const { harness } = harnessOf(put(value), { createSecret: true });
    const rotation = harness.start();
    for (const step of ['createSecret', 'createSecret', 'finishSecret'] as const) {
      const { name, message } = await failure(harness.step(rotation, step));
      expect({ name, message }).toEqual({ name: 'SecretValueError', message: expect.stringContaining(problem) });
      expect(message).toContain(`RemoveFromVersionId ${rotation.token}`);
      expect(message).not.toMatch(/p4ssw0rd/);
    }
  });

  test('fails if it replies that it stored a value, and has not', async () => {
    const { harness } = harnessOf(put(), { createSecret: true });
    expect(await failure(harness.step(harness.start(), 'createSecret'))).toMatchObject({
      name: 'PendingValueMissingError', message: expect.stringMatching(/ended without an error, and version .* has no value\. Call PutSecretValue with ClientRequestToken: .*VersionStages: \["AWSPENDING"\]/),
    });
  });
});

describe('a function that makes the value and forgets VersionStages', () => {
  const MADE = '{"username":"user1","password":"made-by-the-function"}';
  const forgetting = (reply = DONE): Reply => ({ secretId, pendingVersionId }, { simulator }) => {
    simulator.perform('PutSecretValue', { SecretId: secretId, ClientRequestToken: pendingVersionId, SecretString: MADE });
    return reply;
  };

  test.each([{}, { promotionRemovesPending: false, manualPutRemovesPending: false }])('gets an error with what happened and how to go back, and so does every retry: %j', async (simulator) => {
    const { harness, events } = harnessOf(forgetting(), { createSecret: true }, { simulator });
    const before = harness.secret.stages.AWSCURRENT;
    const rotation = harness.start();
    const error = await failure(harness.step(rotation, 'createSecret'));
    expect(error).toMatchObject({ name: 'CurrentVersionMovedError', message: expect.stringContaining('VersionStages: ["AWSPENDING"]') });
    expect(error.message).toContain(`AWSPREVIOUS is on the version before, ${before}`);
    expect(error.message).toContain(`MoveToVersionId ${before}, RemoveFromVersionId ${rotation.token}`);
    for (const step of STEPS) { expect((await failure(harness.step(rotation, step))).message).toBe(error.message); }
    expect(events).toHaveLength(1);

    // Follows the message.
    const move = (label: string, to?: string) => harness.simulator.perform('UpdateSecretVersionStage', { SecretId: harness.arn, VersionStage: label, MoveToVersionId: to, RemoveFromVersionId: rotation.token });
    move('AWSCURRENT', before);
    if (harness.secret.stages.AWSPENDING === rotation.token) { move('AWSPENDING'); }
    move('UNTESTED');
    expect(harness.secret.stages).toEqual({ AWSCURRENT: before, AWSPREVIOUS: rotation.token });
    harness.start();
  });

  test('gets the error at a retry whose first read of the labels lags', async () => {
    const { harness } = harnessOf(forgetting(), { createSecret: true });
    const rotation = harness.start();
    await failure(harness.step(rotation, 'createSecret'));
    // From before the put and the label of the first attempt.
    let late = 1;
    harness.simulator.lag = ({ operation }) => operation === 'DescribeSecret' && late-- > 0 ? 2 : 0;
    expect(await failure(harness.step(rotation, 'createSecret'))).toMatchObject({ name: 'CurrentVersionMovedError' });
  });

  test('gets the error even if it replies that it failed, with its reason', async () => {
    const { harness } = harnessOf(forgetting('{"status":"failed","reason":"no luck with made-by-the-function"}'), { createSecret: true });
    expect(await failure(harness.step(harness.start(), 'createSecret'))).toMatchObject({
      name: 'CurrentVersionMovedError', message: expect.stringMatching(/createSecret also failed: createSecret of the function .* failed: no luck with \*\*\*$/),
    });
  });

  test('gets no error if the label is there already and only the reply was lost', async () => {
    const { harness } = harnessOf((event, given) => {
      given.simulator.intercept = ({ operation, phase }) => {
        if (operation === 'UpdateSecretVersionStage' && phase === 'after') { throw accessDenied('secretsmanager:UpdateSecretVersionStage'); }
      };
      return (forgetting() as (event: FunctionEvent, harness: Harness) => string)(event, given);
    }, { createSecret: true });
    expect((await failure(harness.step(harness.start(), 'createSecret'))).message).not.toMatch(/could not be given/);
  });

  test('gets an error that a retry can\'t know, if the version can\'t be labelled', async () => {
    const { harness } = harnessOf((event, given) => {
      given.simulator.intercept = ({ operation }) => { if (operation === 'UpdateSecretVersionStage') { throw accessDenied('secretsmanager:UpdateSecretVersionStage'); } };
      return (forgetting() as (event: FunctionEvent, harness: Harness) => string)(event, given);
    }, { createSecret: true });
    expect((await failure(harness.step(harness.start(), 'createSecret'))).message).toMatch(/could not be given to it, so a retry of this rotation says that it succeeded$/);
  });

  test.each<[string, object, string, RegExp]>([
    ['under an id of its own', { SecretString: MADE }, 'CurrentVersionMovedError', /AWSCURRENT moved from version .* to version .*ClientRequestToken: the pendingVersionId/],
    ['under an id of its own as pending', { SecretString: MADE, VersionStages: ['AWSPENDING'] }, 'VersionNotPendingError', /version .* has it\. Call PutSecretValue .* AWSCURRENT did not move$/],
  ])('or puts the value %s gets an error', async (_, input, name, message) => {
    const { harness } = harnessOf(({ secretId }, { simulator }) => {
      simulator.perform('PutSecretValue', { SecretId: secretId, ClientRequestToken: '99999999-2222-4333-8444-555555555555', ...input });
      return DONE;
    }, { createSecret: true }, { simulator: { manualPutRemovesPending: false } });
    expect(await failure(harness.step(harness.start(), 'createSecret'))).toMatchObject({ name, message: expect.stringMatching(message) });
  });

  test('or removes AWSPENDING from it gets an error', async () => {
    const { harness } = harnessOf(({ secretId, pendingVersionId }, { simulator }) => {
      simulator.perform('PutSecretValue', { SecretId: secretId, ClientRequestToken: pendingVersionId, SecretString: MADE, VersionStages: ['AWSPENDING'] });
      simulator.perform('UpdateSecretVersionStage', { SecretId: secretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: pendingVersionId });
      return DONE;
    }, { createSecret: true });
    const error = await failure(harness.step(harness.start(), 'createSecret'));
    expect(error).toMatchObject({ name: 'VersionNotPendingError', message: expect.stringContaining('no version has it') });
  });
});

test('all steps of a rotation of a function that makes the value succeed, also when repeated', async () => {
  const { harness } = harnessOf(({ step, secretId, pendingVersionId }, { simulator }) => {
    if (step === 'createSecret') {
      simulator.perform('PutSecretValue', { SecretId: secretId, ClientRequestToken: pendingVersionId, SecretString: '{"username":"user1","password":"made"}', VersionStages: ['AWSPENDING'] });
    }
    return DONE;
  }, { createSecret: true });
  await harness.steps(harness.start(), ...STEPS, ...STEPS);
  expect(harness.log.at(-1)).toMatchObject({ outcome: 'alreadyCurrent' });
});

test('a reason has no values of the secret', async () => {
  const { harness } = harnessOf((event, { secret }) => JSON.stringify({
    status: 'failed', reason: `${passwordOf(String(secret.value(event.pendingVersionId)))} and ${passwordOf(String(secret.value('AWSCURRENT')))} are refused`,
  }));
  const rotation = harness.start();
  await harness.step(rotation, 'createSecret');
  expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({
    name: 'TargetRefusedError', message: `setSecret of the function ${ARN} failed: *** and *** are refused`,
  });
});

describe('a reason that quotes a value of the same step', () => {
  const MADE = '{"username":"user1","password":"made-by-the-function"}';
  const storing = (reply: object, stored = MADE) => ({ secretId, pendingVersionId }: FunctionEvent, { simulator }: Harness) => {
    simulator.perform('PutSecretValue', { SecretId: secretId, ClientRequestToken: pendingVersionId, SecretString: stored, VersionStages: ['AWSPENDING'] });
    return JSON.stringify(reply);
  };

  test.each(['failed', 'notYet'])('is masked in a reply %s of createSecret, because the next attempt promotes that value', async (status) => {
    const { harness } = harnessOf(storing({ status, reason: 'stored made-by-the-function, not first-p4ssw0rd' }), { createSecret: true });
    harness.remaining = 1_050;
    const error = await failure(harness.step(harness.start(), 'createSecret'));
    expect(error.message).toContain('stored ***, not ***');
    expect(`${error.stack} ${JSON.stringify(harness.log)}`).not.toMatch(/made-by-the|first-p4/);
  });

  test('is masked by the pattern of a key before the value can be read', async () => {
    const { harness } = harnessOf('{"status":"failed","reason":"The key Zx9-made_by-the-api-0001 could not be stored at step 2"}', { createSecret: true });
    expect((await failure(harness.step(harness.start(), 'createSecret'))).message).toMatch(/: The key \*\*\* could not be stored at step 2$/);
    expect(harness.sleeps).toEqual([100]);
  });

  test('is left out of the time-out error if the function might have stored the value since', async () => {
    let asked = 0;
    const { harness } = harnessOf((event, given) => {
      if (asked++ === 0) { return '{"status":"notYet","reason":"wait for made-by-the-function"}'; }
      storing({})(event, given);
      return new Promise(() => {});
    }, { createSecret: true });
    harness.remaining = 1_300;
    const { name, message } = await failure(harness.step(harness.start(), 'createSecret'));
    expect(name).toBe('StepTimeoutError');
    expect(message).toMatch(/ was not ready: Its reason is left out, /);
    expect(message).not.toContain('made-by');
  });

  test('is left out if the values can not be read', async () => {
    const { harness } = harnessOf((_, { simulator }) => {
      simulator.intercept = ({ operation }) => { if (operation === 'GetSecretValue') { throw accessDenied('secretsmanager:GetSecretValue'); } };
      return '{"status":"failed","reason":"first-p4ssw0rd is refused"}';
    });
    const rotation = harness.start();
    await harness.step(rotation, 'createSecret');
    expect(await failure(harness.step(rotation, 'setSecret'))).toMatchObject({
      name: 'TargetRefusedError',
      message: `setSecret of the function ${ARN} failed: Its reason is left out, because the values of the secret can't be read to mask them in it`,
    });
  });
});

test('an invalid reply fails the step', async () => {
  const { harness } = harnessOf('null');
  const rotation = harness.start();
  await harness.step(rotation, 'createSecret');
  expect((await failure(harness.step(rotation, 'setSecret'))).name).toBe('TargetFunctionReplyError');
});

test('a function that throws fails the step, in the format of any runtime', async () => {
  const { harness } = harnessOf({ isError: true, payload: '{"errorType":"KeyError","errorMessage":"p4ssw0rd","stackTrace":["p4ssw0rd"]}' });
  const rotation = harness.start();
  await harness.step(rotation, 'createSecret');
  const error = await failure(harness.step(rotation, 'setSecret'));
  expect(error).toMatchObject({ name: 'TargetFunctionThrewError', type: 'KeyError' });
  expect(`${error.stack} ${JSON.stringify(harness.log)}`).not.toContain('p4ssw0rd');
});

// The errors of Lambda and its runtimes: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
test.each<[string, string, string, RegExp]>([
  ['its time-out', '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 1 Error: Task timed out after 3.00 seconds"}', 'TargetFunctionTimedOutError', /timed out/],
  ['its time-out, as it was said before', '{"errorMessage":"2026-11-24T03:00:00.000Z 1 Task timed out after 3.00 seconds"}', 'TargetFunctionTimedOutError', /Raise the timeout/],
  ['its end', '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: Runtime exited with error: signal: killed"}', 'TargetFunctionCrashedError', /crashed \(Runtime\.ExitError\)/],
  ['its end without a type', '{"errorMessage":"RequestId: 1 Error: Runtime exited without providing a reason"}', 'TargetFunctionCrashedError', /enough memory/],
  ['its end for memory', '{"errorType":"Runtime.OutOfMemory","errorMessage":"p4ssw0rd"}', 'TargetFunctionCrashedError', /enough memory/],
  ['code that is not there', '{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module"}', 'TargetFunctionLoadError', /could not be loaded \(Runtime\.ImportModuleError\)/],
  ['a handler that is not there', '{"errorType":"Runtime.HandlerNotFound","errorMessage":"p4ssw0rd"}', 'TargetFunctionLoadError', /Look at the handler/],
  ['code that is none', '{"errorType":"Runtime.UserCodeSyntaxError","errorMessage":"p4ssw0rd"}', 'TargetFunctionLoadError', /could not be loaded/],
  ['a promise that was not awaited', '{"errorType":"Runtime.UnhandledPromiseRejection","errorMessage":"p4ssw0rd"}', 'TargetFunctionUnhandledRejectionError', /Await it/],
  ['an error of JavaScript', '{"errorType":"TypeError","errorMessage":"p4ssw0rd","trace":[]}', 'TargetFunctionThrewError', /threw an error \(TypeError\)/],
  ['an error of Java', '{"errorType":"java.lang.IllegalStateException","errorMessage":"p4ssw0rd"}', 'TargetFunctionThrewError', /\(java\.lang\.IllegalStateException\)/],
  ['an error without a type', '{"errorMessage":"p4ssw0rd"}', 'TargetFunctionThrewError', /threw an error\. /],
  ['a type that is more than a name', '{"errorType":"p4ssw0rd is wrong"}', 'TargetFunctionThrewError', /threw an error\. /],
  ['nothing that can be read', 'p4ssw0rd', 'TargetFunctionThrewError', /threw an error\. /],
  ['nothing', 'null', 'TargetFunctionThrewError', /threw an error\. /],
])('an invocation that ended by %s has its own error', (_, payload, name, message) => {
  const error = functionError('setSecret of the function f', payload);
  expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
  expect(error.message).toMatch(/^setSecret of the function f /);
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('p4ssw0rd');
});

test('refuses the configuration of another asset', () => {
  expect(() => invokeTarget({ target: 'generated', passwordPolicy: {} }, () => async () => ({ isError: false, payload: '' }))).toThrow('and this asset is that of');
});

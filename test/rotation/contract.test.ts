/*
 * The rotation contract for generated values, case by case, against the strict simulator. The cases are numbered in docs/rotation-contract.md.
 * `fails` means: a named error, no later write, and no value of the secret in an error or a log line.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  accessDenied, connectionReset, decryptionFailure, encryptionFailure, internalError, kmsDenied, throttled, type Interceptor, type Step,
} from '../../simulator';
import { CONFIG_VARIABLE, meetsPolicy } from '../../src/contract';
import { failure, Harness, JSON_VALUE, passwordOf, type HarnessOptions } from '../harness';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** Makes `operation` fail, before or after it is done, the first `times` times. */
function fault(operation: string, error: () => Error, phase: 'before' | 'after' = 'before', times = Infinity): Interceptor {
  return (call) => {
    if (call.operation === operation && call.phase === phase && times-- > 0) { throw error(); }
  };
}

/** Checks that a step failed as the contract requires. */
async function fails(h: Harness, step: Promise<void>, name: string, text: RegExp): Promise<Error> {
  const secrets = h.allValues.flatMap((value) => [value, ...value.match(/(?<="password"\s*:\s*")(?:[^"\\]|\\.)+/g) ?? []]);
  const writes = h.writes.length;
  const error = await failure(step);
  expect(error).toMatchObject({ name, message: expect.stringMatching(text) });
  expect(error.cause).toBeUndefined();
  expect(h.simulator.calls.filter(({ kind, changed }) => kind === 'write' && changed).length).toBeLessThanOrEqual(writes);
  expect(h.log.at(-1)).toMatchObject({ level: 'ERROR', errorType: name, message: error.message });
  expectNoValues(h, error, secrets);
  return error;
}

/** Case 69: every failure in this file is checked. */
function expectNoValues(h: Harness, error?: Error, more: string[] = []): void {
  const said = [JSON.stringify(h.log), error?.message, error?.stack, JSON.stringify(error)].join('\n');
  const values = [...h.allValues, ...more, 'first \\"value', 'user1'];
  expect(values.length).toBeGreaterThan(2);
  for (const value of values) {
    expect(said).not.toContain(value);
    expect(said).not.toContain(JSON.stringify(value).slice(1, -1));
  }
}

function harness(options: HarnessOptions = {}): Harness { return new Harness(options); }

afterEach(() => { delete process.env[CONFIG_VARIABLE]; });

describe('admission', () => {
  const event = () => ({ SecretId: 'secret', ClientRequestToken: '11111111-2222-4333-8444-555555555555', Step: 'createSecret' });

  test.each(['SecretId', 'ClientRequestToken', 'Step'])('case 1: %s missing fails without a call', async (field) => {
    const h = harness();
    await fails(h, h.invoke({ ...event(), [field]: undefined }), 'InvalidEventError', new RegExp(`has no ${field}`));
    expect(h.operations).toEqual([]);
  });

  test.each([undefined, null, 'createSecret', 7])('case 1: an event that is %p fails without a call', async (other) => {
    const h = harness();
    await fails(h, h.invoke(other), 'InvalidEventError', /not an object/);
    expect(h.operations).toEqual([]);
  });

  test.each([
    ['SecretId', 'secret\n{"level":"INFO"}'], ['ClientRequestToken', 'a\u0000b'], ['Step', 'createSecret\n'], ['SecretId', 'secret\u001b[2J'],
    ['SecretId', 'gehe\u0130m'], ['SecretId', ''], ['ClientRequestToken', 5], ['SecretId', 'x'.repeat(2049)], ['RotationToken', 'a\r\nb'],
  ])('case 2: %s %j fails without a call, and is not logged', async (field, value) => {
    const h = harness();
    await fails(h, h.invoke({ ...event(), [field]: value }), 'InvalidEventError', new RegExp(`^${field} in the event`));
    expect(h.operations).toEqual([]);
    expect(Object.keys(h.log[0])).not.toContain('secretId');
  });

  test.each(['CreateSecret', 'createsecret', 'create_secret', 'rotate', 'toString', 'constructor'])('cases 3, 7: the step %s fails without a call', async (step) => {
    const h = harness();
    await fails(h, h.invoke({ ...event(), Step: step }), 'InvalidEventError', /not one of createSecret, setSecret, testSecret, finishSecret/);
    expect(h.operations).toEqual([]);
  });

  test.each(STEPS)('cases 4, 65: %s fails if rotation was cancelled, and says so at once', async (step) => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, ...STEPS.slice(0, STEPS.indexOf(step)));
    h.simulator.perform('CancelRotateSecret', { SecretId: h.arn });
    await fails(h, h.step(rotation, step), 'RotationNotEnabledError', /not enabled/);
    expect(h.sleeps).toEqual([]);
  });

  test('case 4: a description that does not say whether rotation is enabled counts as enabled', async () => {
    const h = harness();
    const rotation = h.start();
    const handler = h.makeHandler({ rewrite: (answer) => ({ ...answer, RotationEnabled: undefined }) });
    await h.step(rotation, 'createSecret', handler);
    expect(h.secret.value(rotation.token)).toBeDefined();
  });

  test.each(STEPS)('case 5: %s with an unknown token fails, after a few reads', async (step) => {
    const h = harness();
    const rotation = h.start();
    const unknown = { ...rotation, token: '99999999-2222-4333-8444-555555555555' };
    await fails(h, h.step(unknown, step), 'VersionNotPendingError', /AWSPENDING/);
    expect(h.sleeps).toEqual([100, 200, 400, 800, 1600]);
  });

  test.each(STEPS)('case 6: %s with the token of the current version succeeds and writes nothing', async (step) => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, ...STEPS);
    h.simulator.resetCalls();
    await h.step(rotation, step);
    expect(h.operations).toEqual(['DescribeSecret']);
    expect(h.log.at(-1)).toMatchObject({ level: 'INFO', outcome: 'alreadyCurrent' });
  });

  test.each(STEPS)('case 7: %s with the token of the previous version fails', async (step) => {
    const h = harness();
    const first = h.secret.stages.AWSCURRENT;
    const rotation = h.start();
    await h.steps(rotation, ...STEPS);
    h.simulator.completeRotation(h.arn);
    const next = h.start();
    await fails(h, h.step({ ...next, token: first }, step), 'VersionNotPendingError', /does not have the staging label AWSPENDING/);
    expect(h.writes).toEqual([]);
  });

  test.each(STEPS)('case 7: %s with the token of a version without a label fails', async (step) => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: rotation.token });
    await fails(h, h.step(rotation, step), 'VersionNotPendingError', /does not have the staging label AWSPENDING/);
  });

  test.each(STEPS)('case 8: %s fails if the secret is scheduled for deletion', async (step) => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, ...STEPS.slice(0, STEPS.indexOf(step)));
    h.simulator.perform('DeleteSecret', { SecretId: h.arn });
    await fails(h, h.step(rotation, step), 'SecretNotFoundError', /RestoreSecret/);
  });

  test('case 8: a secret that does not exist fails', async () => {
    const h = harness();
    await fails(h, h.invoke(event()), 'SecretNotFoundError', /does not exist/);
  });

  test('case 9: a RotationToken is passed on to PutSecretValue, and never logged', async () => {
    const h = harness({ simulator: { issueRotationTokens: true, recordInputs: true } });
    const rotation = h.start();
    expect(rotation.rotationToken).toHaveLength(36);
    await h.step(rotation, 'createSecret');
    const put = h.simulator.calls.find(({ operation }) => operation === 'PutSecretValue');
    expect(put?.input).toMatchObject({ RotationToken: rotation.rotationToken });
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
    expect(JSON.stringify(h.log)).not.toContain(rotation.rotationToken);
  });

  test.each([[undefined, /is not set/], ['{', /is not JSON/], ['{"target":"other","passwordPolicy":{}}', /has the target "other"/]])('the configuration %p fails', async (config, text) => {
    const h = harness();
    const rotation = h.start();
    if (config === undefined) { delete process.env[CONFIG_VARIABLE]; } else { process.env[CONFIG_VARIABLE] = config; }
    await fails(h, h.step(rotation, 'createSecret'), 'ConfigurationError', text);
    expect(h.operations).toEqual([]);
  });
});

describe('createSecret', () => {
  test('case 10: a pending version without a value gets one, with this token, labelled AWSPENDING', async () => {
    const h = harness({ simulator: { recordInputs: true } });
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    const puts = h.simulator.calls.filter(({ operation }) => operation === 'PutSecretValue');
    expect(puts.map(({ input }) => input)).toEqual([{
      SecretId: h.arn, ClientRequestToken: rotation.token, SecretString: h.value('AWSPENDING'), VersionStages: ['AWSPENDING'], RotationToken: undefined,
    }]);
    expect(h.secret.stages.AWSPENDING).toBe(rotation.token);
    expect(h.value('AWSCURRENT')).toBe(JSON_VALUE);
    expect(h.log.at(-1)).toMatchObject({ level: 'INFO', outcome: 'created', step: 'createSecret', secretId: h.arn, clientRequestToken: rotation.token });
  });

  test('case 11: an existing pending value is kept', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    const value = h.value('AWSPENDING');
    h.simulator.resetCalls();
    await h.step(rotation, 'createSecret');
    expect(h.writes).toEqual([]);
    expect(h.value('AWSPENDING')).toBe(value);
    expect(h.log.at(-1)).toMatchObject({ outcome: 'alreadyCreated' });
  });

  test('case 12: all other keys of the JSON stay the same, byte for byte', async () => {
    const h = harness();
    await h.step(h.start(), 'createSecret');
    const pending = h.value('AWSPENDING');
    const [before, after] = JSON_VALUE.split('"first \\"value\\""');
    expect(pending.startsWith(before)).toBe(true);
    expect(pending.endsWith(after)).toBe(true);
    expect(pending).toBe(before + JSON.stringify(passwordOf(pending)) + after);
    expect(passwordOf(pending)).not.toBe(passwordOf(JSON_VALUE));
  });

  test.each([
    ['case 13: AccessDenied', accessDenied, 'SecretsManagerError', /GetSecretValue was refused with AccessDeniedException.*Grant it/],
    ['case 14: throttling', throttled, 'SecretsManagerError', /ThrottlingException.*Spread/],
    ['case 15: a key that may not be used', kmsDenied, 'SecretsManagerError', /AccessDeniedException.*key/],
    ['case 15: a key that can not decrypt', decryptionFailure, 'SecretsManagerError', /DecryptionFailure.*kms:Decrypt/],
    ['case 64: a cut network', connectionReset, 'ConnectivityError', /can't be reached for GetSecretValue \(ECONNRESET\)/],
    ['a failing service', internalError, 'SecretsManagerError', /InternalServiceError.*retries/],
  ])('%s on reading the pending value fails, and nothing is put', async (_, error, name, text) => {
    const h = harness();
    const rotation = h.start();
    h.simulator.intercept = fault('GetSecretValue', error);
    await fails(h, h.step(rotation, 'createSecret'), name, text);
    expect(h.writes).toEqual([]);
    expect(h.secret.value(rotation.token)).toBeUndefined();
  });

  test('case 15: a key that can not encrypt fails the put', async () => {
    const h = harness();
    const rotation = h.start();
    h.simulator.intercept = fault('PutSecretValue', encryptionFailure);
    await fails(h, h.step(rotation, 'createSecret'), 'SecretsManagerError', /PutSecretValue was refused with EncryptionFailure.*kms:GenerateDataKey/);
    expect(h.secret.value(rotation.token)).toBeUndefined();
  });

  test('cases 16, 63: ResourceExistsException after a stale read is success with the stored value', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    const value = h.value('AWSPENDING');
    h.simulator.resetCalls();
    let stale = 3;
    h.simulator.lag = ({ operation, input }) => operation === 'GetSecretValue' && input.VersionId !== undefined && stale-- > 0 ? 1 : 0;
    await h.step(rotation, 'createSecret');
    expect(h.simulator.calls.filter(({ operation }) => operation === 'PutSecretValue')).toEqual([expect.objectContaining({ error: 'ResourceExistsException', changed: false })]);
    expect(h.value('AWSPENDING')).toBe(value);
    expect(h.log.at(-1)).toMatchObject({ outcome: 'alreadyCreated' });
    expect(h.sleeps).toEqual([100, 200]);
  });

  test('case 16: ResourceExistsException with a pending value that is not valid fails', async () => {
    const h = harness();
    const rotation = h.start();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString: 'not JSON', VersionStages: ['AWSPENDING'] });
    h.simulator.lag = ({ operation, index }) => operation === 'GetSecretValue' && index === 1 ? 1 : 0;
    await fails(h, h.step(rotation, 'createSecret'), 'SecretValueError', /not a JSON object/);
  });

  test.each([
    ['text', 'just a password'], ['an array', '["password"]'], ['null', 'null'], ['a string', '"p4ssw0rd"'], ['a number', '50017'], ['cut off', '{"password":"s3cret'],
  ])('case 17: a current value that is %s fails if a key is configured', async (_, value) => {
    const h = harness({ value });
    await fails(h, h.step(h.start(), 'createSecret'), 'SecretValueError', /not a JSON object, so its key "password"/);
    expect(h.writes).toEqual([]);
  });

  test('case 18: without a key the whole string rotates', async () => {
    const h = harness({ value: 'just a password', generateStringKey: undefined });
    const rotation = h.start();
    await h.steps(rotation, ...STEPS);
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
    expect(h.value('AWSCURRENT')).toHaveLength(32);
    expect(h.value('AWSPREVIOUS')).toBe('just a password');
  });

  test('case 18: without a key a JSON object is not replaced by a password', async () => {
    const h = harness({ generateStringKey: undefined });
    await fails(h, h.step(h.start(), 'createSecret'), 'SecretValueError', /generateStringKey is not set/);
    expect(h.writes).toEqual([]);
  });

  test('case 19: a binary secret fails with a clear error', async () => {
    const h = harness({ value: new Uint8Array([1, 2, 3]) });
    await expect(h.step(h.start(), 'createSecret')).rejects.toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(/binary/) });
    expect(h.writes).toEqual([]);
  });

  test.each([
    ['is missing', '{"username":"user1","pass":"p4ssw0rd"}', /has the key "password" not at all/],
    ['is there only further down', '{"nested":{"password":"p4ssw0rd"}}', /not at all/],
    ['is there twice', '{"password":"p4ssw0rd","pass\\u0077ord":"p4ssw0rd2"}', /more than once/],
    ['is a number', '{"password":12345678}', /is not a string/],
    ['is null', '{"password":null}', /is not a string/],
    ['is an object', '{"password":{"value":"p4ssw0rd"}}', /is not a string/],
  ])('case 20: a key that %s fails, with the key only', async (_, value, text) => {
    const h = harness({ value });
    const error = await failure(h.step(h.start(), 'createSecret'));
    expect(error).toMatchObject({ name: 'SecretValueError', message: expect.stringMatching(text) });
    expect(error.message + JSON.stringify(h.log)).not.toMatch(/p4ssw0rd|12345678|user1/);
    expect(h.writes).toEqual([]);
  });

  test.each([
    {}, { passwordLength: 8 }, { passwordLength: 64, excludePunctuation: true }, { excludeCharacters: '"@/\\\'`$;%' }, { includeSpace: true },
    { passwordLength: 4 }, { passwordLength: 1, requireEachIncludedType: false },
    { excludeLowercase: true, excludeUppercase: true, excludePunctuation: true, passwordLength: 12 },
  ])('case 21: the policy %j holds for every generated value', async (policy) => {
    const h = harness({ policy });
    for (let round = 0; round < 10; round++) {
      const rotation = h.start();
      await h.steps(rotation, ...STEPS);
      h.simulator.completeRotation(h.arn);
      expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
      expect(meetsPolicy(passwordOf(h.value('AWSCURRENT')), policy)).toBe(true);
    }
  });

  test('case 21: a password that misses the policy is not stored', async () => {
    const h = harness({ policy: { excludePunctuation: true } });
    const handler = h.makeHandler({ rewrite: (answer) => 'RandomPassword' in answer ? { RandomPassword: 'has-punctuation-in-it-and-32-char' } : answer });
    const error = await failure(h.step(h.start(), 'createSecret', handler));
    expect(error).toMatchObject({ name: 'PasswordGenerationError', message: expect.not.stringContaining('has-punctuation') });
    expect(h.operations.filter((operation) => operation === 'GetRandomPassword')).toHaveLength(5);
    expect(h.writes).toEqual([]);
  });

  test('case 22: a generated password that equals the current one is generated again', async () => {
    const h = harness({ policy: { passwordLength: 1, excludeLowercase: true, excludeUppercase: true, excludePunctuation: true, excludeCharacters: '23456789' }, value: '{"password":"0"}' });
    const seen = new Set<string>();
    for (let round = 0; round < 8; round++) {
      const before = passwordOf(h.value('AWSCURRENT'));
      const rotation = h.start();
      try {
        await h.steps(rotation, ...STEPS);
      } catch (error) {
        expect((error as Error).name).toBe('PasswordGenerationError');
        h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: rotation.token });
        continue;
      }
      h.simulator.completeRotation(h.arn);
      expect(passwordOf(h.value('AWSCURRENT'))).not.toBe(before);
      seen.add(before);
    }
    expect(seen).toEqual(new Set(['0', '1']));
  });

  test('case 22: if no other password is possible, it fails and nothing is put', async () => {
    const policy = { passwordLength: 1, excludeLowercase: true, excludeUppercase: true, excludePunctuation: true, excludeCharacters: '123456789' };
    const h = harness({ policy, value: '{"password":"0"}' });
    const error = await failure(h.step(h.start(), 'createSecret'));
    expect(error.name).toBe('PasswordGenerationError');
    expect(h.writes).toEqual([]);
  });

  test('a current value that can not be read as the described one is read again', async () => {
    const h = harness();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON_VALUE.replace('user1', 'user2') });
    const rotation = h.start();
    let stale = 2;
    h.simulator.lag = ({ operation, input }) => operation === 'GetSecretValue' && input.VersionStage === 'AWSCURRENT' && stale-- > 0 ? 2 : 0;
    await h.step(rotation, 'createSecret');
    expect(h.value('AWSPENDING')).toContain('user2');
  });
});

describe('testSecret', () => {
  test('case 46: testSecret alone, on a copy of the current value, succeeds and writes nothing', async () => {
    const h = harness();
    const rotation = h.start({ rotateImmediately: false });
    expect(h.value(rotation.token)).toBe(JSON_VALUE);
    await h.step(rotation, 'testSecret');
    expect(h.writes).toEqual([]);
    expect(h.log.at(-1)).toMatchObject({ level: 'INFO', outcome: 'tested' });
  });

  test.each(['testSecret', 'finishSecret'] as const)('%s fails if the pending version has no value', async (step) => {
    const h = harness();
    await fails(h, h.step(h.start(), step), 'PendingValueMissingError', /no value/);
    expect(h.writes).toEqual([]);
    expect(h.sleeps).toEqual([100, 200, 400, 800, 1600]);
  });

  test('testSecret fails if this target makes no such pending value', async () => {
    const h = harness();
    const rotation = h.start();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, SecretString: '{}', VersionStages: ['AWSPENDING'] });
    await fails(h, h.step(rotation, 'testSecret'), 'SecretValueError', /not at all/);
  });
});

describe('finishSecret', () => {
  test.each([true, false])('cases 48, 50: the labels move, and the next rotation works (AWSPENDING removed: %p)', async (promotionRemovesPending) => {
    const h = harness({ simulator: { promotionRemovesPending } });
    for (let round = 0; round < 3; round++) {
      const old = h.secret.stages.AWSCURRENT;
      const rotation = h.start();
      await h.steps(rotation, ...STEPS);
      expect(h.secret.stages).toMatchObject({ AWSCURRENT: rotation.token, AWSPREVIOUS: old });
      expect(h.secret.stagesOf(rotation.token)).toEqual(promotionRemovesPending ? ['AWSCURRENT'] : ['AWSCURRENT', 'AWSPENDING']);
      expect(h.log.at(-1)).toMatchObject({ level: 'INFO', outcome: 'promoted' });
      h.simulator.completeRotation(h.arn);
    }
  });

  test('case 49: a version that is current already stays so, and nothing is written', async () => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, ...STEPS);
    h.simulator.resetCalls();
    await h.step(rotation, 'finishSecret');
    expect(h.writes).toEqual([]);
  });

  test.each(STEPS)('case 51: %s fails if no version has AWSCURRENT', async (step) => {
    const h = harness();
    const rotation = h.start();
    const handler = h.makeHandler({
      rewrite: (answer) => answer.VersionIdsToStages
        ? { ...answer, VersionIdsToStages: { [rotation.token]: ['AWSPENDING'], other: ['AWSPREVIOUS'] } } : answer,
    });
    await expect(h.step(rotation, step, handler)).rejects.toMatchObject({ name: 'NoCurrentVersionError', message: expect.stringMatching(/UpdateSecretVersionStage/) });
    expect(h.writes).toEqual([]);
  });

  test.each([['a cut connection', connectionReset], ['a failing service', internalError]])('case 52: the reply is lost by %s after the label moved: success on retry', async (_, error) => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    h.simulator.intercept = fault('UpdateSecretVersionStage', error, 'after', 1);
    await failure(h.step(rotation, 'finishSecret'));
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
    h.simulator.resetCalls();
    await h.step(rotation, 'finishSecret');
    expect(h.writes).toEqual([]);
  });

  test('case 52: if the SDK itself retries, the refusal of the second attempt counts as success', async () => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    h.simulator.intercept = fault('UpdateSecretVersionStage', connectionReset, 'after', 1);
    const handler = h.makeHandler({ maxAttempts: 3 });
    await h.step(rotation, 'finishSecret', handler);
    expect(h.writes).toEqual(['PutSecretValue', 'UpdateSecretVersionStage', 'UpdateSecretVersionStage']);
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
  });
});

describe('crashes', () => {
  class Crash extends Error {}
  const crash = (operation: string, phase: 'before' | 'after'): Interceptor => fault(operation, () => new Crash('killed'), phase, 1);

  /** The whole sequence with one token. After a crash it starts again, with another copy of the function. */
  async function rotateThroughCrash(h: Harness): Promise<string> {
    const rotation = h.start();
    await failure(h.steps(rotation, ...STEPS));
    const again = h.makeHandler();
    for (const step of STEPS) { await h.step(rotation, step, again); }
    return rotation.token;
  }

  test.each([
    ['case 53: before Put', 'PutSecretValue', 'before'], ['case 54: after Put', 'PutSecretValue', 'after'],
    ['case 59: before the label moves', 'UpdateSecretVersionStage', 'before'], ['case 59: after the label moved', 'UpdateSecretVersionStage', 'after'],
  ] as const)('%s: one new value, one version', async (_, operation, phase) => {
    const h = harness();
    h.simulator.intercept = crash(operation, phase);
    const stored = new Set<string>();
    const intercept = h.simulator.intercept;
    h.simulator.intercept = (call) => {
      const pending = h.secret.stages.AWSPENDING && h.secret.value(h.secret.stages.AWSPENDING);
      if (typeof pending === 'string') { stored.add(pending); }
      return intercept(call);
    };
    const token = await rotateThroughCrash(h);
    expect(h.secret.stages.AWSCURRENT).toBe(token);
    expect(h.secret.versionCount).toBe(2);
    expect([...stored]).toEqual([h.value('AWSCURRENT')]);
    expect(h.simulator.calls.filter(({ operation: name, changed }) => name === 'PutSecretValue' && changed)).toHaveLength(1);
  });

  test('case 58: during testSecret: it runs again, and writes nothing', async () => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret');
    h.simulator.resetCalls();
    h.simulator.intercept = crash('GetSecretValue', 'after');
    await failure(h.step(rotation, 'testSecret'));
    await h.step(rotation, 'testSecret', h.makeHandler());
    expect(h.writes).toEqual([]);
  });
});

describe('races and faults', () => {
  test('case 60: two createSecret with one token: one value, both succeed', async () => {
    const h = harness();
    const rotation = h.start();
    // Both have read that there is no value before either puts one.
    let waiting: (() => void)[] = [];
    h.simulator.intercept = ({ operation, phase }) => operation === 'PutSecretValue' && phase === 'before'
      ? new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) { waiting.forEach((go) => go()); waiting = []; }
      }) : undefined;
    await Promise.all([h.step(rotation, 'createSecret'), h.step(rotation, 'createSecret', h.makeHandler())]);
    expect(h.simulator.calls.filter(({ operation }) => operation === 'PutSecretValue').map(({ error }) => error)).toEqual([undefined, 'ResourceExistsException']);
    expect(h.log.map(({ outcome }) => outcome).sort()).toEqual(['alreadyCreated', 'created']);
    h.simulator.intercept = undefined;
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
  });

  test.each([true, false])('case 73: two finishSecret with one token succeed, in every order of their calls (AWSPENDING removed: %p)', async (promotionRemovesPending) => {
    const orders = Array.from({ length: 2 ** 8 }, (_, bits) => Array.from({ length: 8 }, (__, call) => Math.floor(bits / 2 ** call) % 2));
    const seen = new Set<string>();
    const copies = new AsyncLocalStorage<number>();
    for (const order of orders) {
      const h = harness({ simulator: { promotionRemovesPending } });
      const before = h.secret.stages.AWSCURRENT;
      const rotation = h.start();
      await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
      const waiting = new Map<number, () => void>();
      const calls: string[] = [];
      let running = 2;
      // When every running copy waits for a call, one of them continues.
      const goOn = () => {
        if (waiting.size < running || running === 0) { return; }
        const next = order[calls.length] ?? 0;
        const copy = waiting.has(next) ? next : 1 - next;
        const call = waiting.get(copy)!;
        waiting.delete(copy);
        call();
      };
      h.simulator.intercept = ({ operation, phase }) => phase === 'after' ? undefined : new Promise<void>((resolve) => {
        const copy = copies.getStore()!;
        waiting.set(copy, () => {
          calls.push(`${copy} ${operation}`);
          resolve();
        });
        goOn();
      });
      await Promise.all([0, 1].map((copy) => copies.run(copy, () => h.step(rotation, 'finishSecret', h.makeHandler())).finally(() => {
        running--;
        goOn();
      })));
      seen.add(calls.join());
      expect(h.secret.stages).toMatchObject({ AWSCURRENT: rotation.token, AWSPREVIOUS: before });
    }
    copies.disable();
    expect(seen.size).toBeGreaterThan(50);
  });

  const manualPuts = [
    ['another static key', (value: string) => value.replace('user1', 'user2')],
    ['another password only', (value: string) => value.replace('first ', 'manual ')],
  ] as const;
  const switches = [true, false].flatMap((manualPutRemovesPending) => (['rotate', 'put'] as const).map((pendingCreatedDate) => ({ manualPutRemovesPending, pendingCreatedDate })));
  const afterSteps = ['createSecret', 'setSecret', 'testSecret'] as const;
  const manualCases = manualPuts.flatMap(([name, change]) => switches.flatMap((simulator) =>
    afterSteps.map((step) => [name, step, simulator, change] as const)));
  test.each(manualCases)(
    'case 62: a manual Put with %s after %s fails the rotation, and nothing stale is promoted (%j)', async (_, last, simulator, change) => {
      const h = harness({ simulator });
      const rotation = h.start();
      await h.steps(rotation, ...STEPS.slice(0, STEPS.indexOf(last) + 1));
      const manual = change(JSON_VALUE);
      h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: manual });
      await fails(h, h.steps(rotation, ...STEPS.slice(STEPS.indexOf(last) + 1)),
        simulator.manualPutRemovesPending ? 'VersionNotPendingError' : 'RotationSupersededError', /AWSPENDING/);
      expect(h.value('AWSCURRENT')).toBe(manual);
    });

  test.each(switches)('case 62: a manual Put between the last read and the move fails, and is not overwritten (%j)', async (simulator) => {
    const h = harness({ simulator });
    const rotation = h.start();
    await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret');
    const manual = JSON_VALUE.replace('user1', 'user2');
    h.simulator.intercept = ({ operation, phase }) => {
      if (operation === 'UpdateSecretVersionStage' && phase === 'before') { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: manual }); }
    };
    await fails(h, h.step(rotation, 'finishSecret'), 'RotationSupersededError', /moved to another version during this rotation/);
    expect(h.value('AWSCURRENT')).toBe(manual);
  });

  test('case 63: stale reads after Put are retried, a bounded number of times, and no second value is put', async () => {
    const h = harness();
    const rotation = h.start();
    await h.step(rotation, 'createSecret');
    let stale = 5;
    h.simulator.lag = ({ operation, input }) => operation === 'GetSecretValue' && input.VersionId !== undefined && stale-- > 0 ? 1 : 0;
    await h.step(rotation, 'testSecret');
    expect(h.sleeps).toEqual([100, 200, 400, 800, 1600]);
    expect(h.writes).toEqual(['PutSecretValue']);
    stale = 6;
    await fails(h, h.step(rotation, 'testSecret'), 'PendingValueMissingError', /no value/);
  });

  test('case 63: a description from before RotateSecret is read again', async () => {
    const h = harness();
    const rotation = h.start();
    let stale = 2;
    h.simulator.lag = ({ operation }) => operation === 'DescribeSecret' && stale-- > 0 ? 1 : 0;
    await h.step(rotation, 'createSecret');
    expect(h.writes).toEqual(['PutSecretValue']);
    expect(h.sleeps).toEqual([100, 200]);
  });

  const calls: [Step, string][] = [
    ...STEPS.map((step): [Step, string] => [step, 'DescribeSecret']), ['createSecret', 'GetSecretValue'], ['createSecret', 'GetRandomPassword'],
    ['createSecret', 'PutSecretValue'], ['testSecret', 'GetSecretValue'], ['finishSecret', 'GetSecretValue'], ['finishSecret', 'UpdateSecretVersionStage'],
  ];
  test.each(calls)('case 64: the network cut in %s at %s fails as connectivity, and the retry succeeds', async (step, operation) => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, ...STEPS.slice(0, STEPS.indexOf(step)));
    h.simulator.intercept = fault(operation, connectionReset);
    await fails(h, h.step(rotation, step), 'ConnectivityError', new RegExp(`for ${operation} .*interface endpoint`));
    h.simulator.intercept = undefined;
    await h.steps(rotation, ...STEPS);
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
  });

  test.each(calls)('case 64: a step gives up on a call in %s to %s that never answers before Lambda\'s own time-out', async (step, operation) => {
    const h = harness();
    const rotation = h.start();
    await h.steps(rotation, ...STEPS.slice(0, STEPS.indexOf(step)));
    h.simulator.intercept = (call) => call.operation === operation && call.phase === 'before' ? new Promise(() => {}) : undefined;
    h.remaining = 1_050;
    await fails(h, h.step(rotation, step), 'StepTimeoutError', new RegExp(`^${step} gave up`));
  });

  test('an unknown error is reduced to a sentence without its content', async () => {
    const h = harness();
    const rotation = h.start();
    h.simulator.intercept = fault('GetSecretValue', () => new SyntaxError('Unexpected token in {"password":"first \\"value\\""}'), 'after');
    await fails(h, h.step(rotation, 'createSecret'), 'UnexpectedError', /left out as it may hold a value/);
  });
});

describe('values that can not be rotated', () => {
  /** A value with so many bytes, including the password. */
  function valueOf(bytes: number, password: string): string {
    const rest = JSON.stringify({ note: '', password });
    const missing = bytes - rest.length;
    return rest.replace('""', `"${'ü'.repeat(missing / 2)}${'u'.repeat(missing % 2)}"`);
  }

  test('case 101: a value of 65,536 bytes rotates, whatever the characters of its next passwords', async () => {
    const h = harness({ value: valueOf(65_536, 'p'.repeat(32)) });
    for (let rotations = 0; rotations < 12; rotations++) {
      const rotation = h.start();
      await h.steps(rotation, ...STEPS);
      h.simulator.completeRotation(h.arn);
      expect(Buffer.byteLength(h.value('AWSCURRENT'))).toBe(65_536);
    }
  });

  test.each([
    ['a password that is too long', {}, 'p'.repeat(30), 32, 2],
    ['the only punctuation that the policy allows', { excludeCharacters: '!#$%&\'()*+,-./:;<=>?@[]^_`{|}~' }, 'p'.repeat(32), 32, 32],
  ])('case 101: %s has no room in a value of 65,536 bytes, and nothing is put', async (_, policy, password, length, bytes) => {
    const h = harness({ value: valueOf(65_536, password), policy });
    const error = await fails(h, h.step(h.start(), 'createSecret'), 'SecretValueError', /./);
    expect(error.message).toBe(`The value of the secret has no room for the next password: with one of ${length} characters, it would have more than the 65536 bytes that Secrets Manager takes. `
      + `Make the rest of the value at least ${bytes} bytes shorter, or give the target a passwordPolicy with a smaller passwordLength`);
    expect(h.operations).not.toContain('GetRandomPassword');
    expect(h.writes).toEqual([]);
  });

  const put = (h: Harness, token: string, SecretString: string) =>
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] });

  test.each([
    ['empty', JSON_VALUE.replace('first \\"value\\"', ''), 'password', 'empty'],
    ['the current one', JSON_VALUE.replace('"first', '"\\u0066irst'), 'password', 'the current one, so no password would be rotated'],
    ['the current whole string', 'plain-current', undefined, 'the current one, so no password would be rotated'],
  ])('case 102: a pending password that is %s is not promoted', async (_, value, generateStringKey, problem) => {
    const h = harness(generateStringKey ? {} : { value, generateStringKey });
    const rotation = h.start();
    put(h, rotation.token, value);
    h.simulator.resetCalls();
    for (const step of ['createSecret', 'finishSecret'] as const) {
      const error = await fails(h, h.step(rotation, step), 'SecretValueError', /./);
      expect(error.message).toBe(`The password in version ${rotation.token}, which has the staging label AWSPENDING, is ${problem}. Remove AWSPENDING with UpdateSecretVersionStage `
        + `(VersionStage AWSPENDING, RemoveFromVersionId ${rotation.token}) and rotate again`);
    }
    expect(h.writes).toEqual([]);
  });

  test('case 102: an empty password may be the current one, and is replaced', async () => {
    const value = '{"password":""}';
    const tested = harness({ value });
    await tested.step(tested.start({ rotateImmediately: false }), 'testSecret');
    const h = harness({ value });
    const rotation = h.start();
    await h.steps(rotation, ...STEPS);
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
  });

  test('case 103: a pending password that a user put is promoted, even if the policy would not have made it', async () => {
    const h = harness({ policy: { passwordLength: 40, excludePunctuation: true } });
    const rotation = h.start();
    const value = JSON_VALUE.replace('first \\"value\\"', 'by-hand!');
    put(h, rotation.token, value);
    await h.steps(rotation, ...STEPS);
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
    expect(h.value('AWSCURRENT')).toBe(value);
  });

  test.each(['createSecret', 'testSecret', 'finishSecret'] as const)('case 102: a malformed pending value is reported with its version in %s', async (step) => {
    const h = harness();
    const rotation = h.start();
    put(h, rotation.token, '{"pass":"by-hand-1"}');
    const error = await fails(h, h.step(rotation, step), 'SecretValueError', /./);
    expect(error.message).toBe(`In version ${rotation.token}, which has the staging label AWSPENDING: The value of the secret has the key "password" not at all. It needs it once, with a string. `
      + `A version can not get another value, so, unless setSecret succeeded with it, remove AWSPENDING with UpdateSecretVersionStage (VersionStage AWSPENDING, RemoveFromVersionId ${rotation.token}) and rotate again`);
  });

  test('case 102: a pending value is not reported if the current one is malformed too: it may be the only one that works', async () => {
    const h = harness({ value: '{"pass":"p4ssw0rd-1"}' });
    const rotation = h.start();
    put(h, rotation.token, '{"pass":"by-hand-1"}');
    const error = await fails(h, h.step(rotation, 'createSecret'), 'SecretValueError', /./);
    expect(error.message).toBe('The value of the secret has the key "password" not at all. It needs it once, with a string');
  });

  test('case 102: a binary pending value is reported with its version', async () => {
    const h = harness();
    const rotation = h.start();
    await h.simulator.execute('PutSecretValue', { SecretId: h.arn, ClientRequestToken: rotation.token, VersionStages: ['AWSPENDING'], SecretBinary: new Uint8Array([1, 2]) });
    await fails(h, h.step(rotation, 'createSecret'), 'SecretValueError', /^In version [\w-]+, which has the staging label AWSPENDING: The value of the secret is binary\. .*remove AWSPENDING/);
  });

  test.each([
    ['a JSON array', '["p4ssw0rd-1"]'], ['a text of several lines', 'user: p4ssw0rd-1\nother: p4ssw0rd-2\n'],
    ['a PEM text, such as a key or a certificate', '-----BEGIN PRIVATE KEY-----\np4ssw0rd-1\n-----END PRIVATE KEY-----'],
    ['a PEM text, such as a key or a certificate', ' -----BEGIN PRIVATE KEY----- p4ssw0rd-1 -----END PRIVATE KEY-----'],
    ['a JSON array', '\ufeff["p4ssw0rd-1"]'],
  ])('case 104: %s as the whole string is not replaced by a password', async (what, value) => {
    const h = harness({ value, generateStringKey: undefined });
    const error = await fails(h, h.step(h.start(), 'createSecret'), 'SecretValueError', /./);
    expect(error.message).toBe(`The value of the secret is ${what}; a password in its place would lock its readers out. Rotate it with RotationTarget.module or RotationTarget.invoke, whose `
      + 'createSecret makes such a value, or make the value a plain string');
    expect(h.writes).toEqual([]);
  });

  test.each(['password\n', 'two words', '{', '[', '12345678', '"quoted"', '-----', 'user: password'])('case 104: %j as the whole string is a password', async (value) => {
    const h = harness({ value, generateStringKey: undefined });
    const rotation = h.start();
    await h.steps(rotation, ...STEPS);
    expect(h.secret.stages.AWSCURRENT).toBe(rotation.token);
  });
});

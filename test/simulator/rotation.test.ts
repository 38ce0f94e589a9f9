import { LAMBDA_ARN, errorOf, rejectionOf, token, withSecret } from './fixture';
import { STEPS, eventOf, rotate, rotationInProgress, runRotation, startRotation } from '../../simulator/rotation';
import type { Invoke, RotationEvent, Step } from '../../simulator/rotation';
import { SecretsManagerSimulator } from '../../simulator/secrets-manager';

const SecretId = 'app';
const A = token('a');
const B = token('b');
const C = token('c');

/** A correct rotation function that records its events. */
function correctFunction(simulator: SecretsManagerSimulator): { invoke: Invoke; events: RotationEvent[] } {
  const events: RotationEvent[] = [];
  const invoke = async (event: RotationEvent) => {
    events.push(event);
    const { Step, ClientRequestToken, RotationToken } = event;
    const { stages } = simulator.inspect(event.SecretId);
    if (stages.AWSCURRENT === ClientRequestToken) { return; }
    if (Step === 'createSecret') {
      await simulator.execute('PutSecretValue', {
        SecretId: event.SecretId, ClientRequestToken, RotationToken, SecretString: `of ${ClientRequestToken[0]}`, VersionStages: ['AWSPENDING'],
      });
    }
    if (Step === 'finishSecret') {
      await simulator.execute('UpdateSecretVersionStage', {
        SecretId: event.SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId: stages.AWSCURRENT,
      });
    }
  };
  return { invoke, events };
}

/** The same, with a number of failures at a step. */
function failingAt(step: Step, times: number, invoke: Invoke): Invoke {
  let left = times;
  return async (event) => {
    if (event.Step === step && left-- > 0) { throw new Error(`fails at ${step}`); }
    await invoke(event);
  };
}

const namesOf = (simulator: SecretsManagerSimulator) => simulator.events.map(({ name, step }) => step ? `${name} ${step}` : name);

describe('RotateSecret', () => {
  test('creates a version with AWSPENDING and without a value, and turns rotation on', () => {
    const { simulator, arn } = withSecret();
    const rules = { ScheduleExpression: 'rate(10 days)', Duration: '3h' };
    expect(simulator.perform('RotateSecret', { SecretId, ClientRequestToken: B, RotationLambdaARN: LAMBDA_ARN, RotationRules: rules }))
      .toEqual({ ARN: arn, Name: 'app', VersionId: B });
    expect(simulator.inspect(SecretId).versions[1]).toMatchObject({ id: B, stages: ['AWSPENDING'], hasValue: false });
    expect(simulator.perform('DescribeSecret', { SecretId })).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: LAMBDA_ARN,
      RotationRules: rules,
      VersionIdsToStages: { [A]: ['AWSCURRENT'], [B]: ['AWSPENDING'] },
    });
  });

  test('needs a function the first time, and keeps it', async () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('RotateSecret', { SecretId })))
      .toBe('InvalidRequestException: No Lambda rotation function ARN is associated with this secret.');
    await rotate(simulator, SecretId, { ...correctFunction(simulator), rotationRules: { AutomaticallyAfterDays: 3 } });
    simulator.perform('RotateSecret', { SecretId });
    expect(simulator.perform('DescribeSecret', { SecretId }))
      .toMatchObject({ RotationLambdaARN: LAMBDA_ARN, RotationRules: { AutomaticallyAfterDays: 3 } });
  });

  test('refuses anything but a function', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('RotateSecret', { SecretId, RotationLambdaARN: 'arn:aws:lambda:us-east-1:111122223333:layer:x' })))
      .toMatch(/^AccessDeniedException: Secrets Manager cannot invoke the specified Lambda function\./);
    expect(simulator.perform('DescribeSecret', { SecretId })).not.toHaveProperty('RotationEnabled');
  });

  test.each([
    [{ AutomaticallyAfterDays: 0 }, /^ValidationException/],
    [{ AutomaticallyAfterDays: 1001 }, /^ValidationException/],
    [{ Duration: 'long' }, /^ValidationException/],
    [{ ScheduleExpression: 'rate(4 hours); x' }, /^ValidationException/],
    [{ AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' }, /^InvalidParameterException/],
  ])('refuses the rules %j', (RotationRules, error) => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('RotateSecret', { SecretId, RotationLambdaARN: LAMBDA_ARN, RotationRules }))).toMatch(error);
  });

  test('is refused while AWSPENDING is on a version other than the AWSCURRENT one', () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId);
    expect(errorOf(() => simulator.perform('RotateSecret', { SecretId })))
      .toBe("InvalidRequestException: A previous rotation isn't complete. That rotation will be reattempted.");
  });

  test('is accepted if both labels are on one version', async () => {
    const { simulator } = withSecret({ promotionRemovesPending: false });
    const { invoke } = correctFunction(simulator);
    await rotate(simulator, SecretId, { invoke, clientRequestToken: B });
    expect(simulator.inspect(SecretId).stagesOf(B)).toEqual(['AWSCURRENT', 'AWSPENDING']);
    expect((await rotate(simulator, SecretId, { invoke, clientRequestToken: C })).outcome).toBe('succeeded');
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: C, AWSPENDING: C, AWSPREVIOUS: B });
  });

  test('repeated with its token changes nothing; the token of another version is refused', () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: B });
    const before = simulator.snapshot().state;
    expect(simulator.perform('RotateSecret', { SecretId, ClientRequestToken: B }).VersionId).toBe(B);
    expect(simulator.snapshot().state).toBe(before);
    expect(errorOf(() => simulator.perform('RotateSecret', { SecretId, ClientRequestToken: A }))).toMatch(/^InvalidRequestException: .*already in use/);
  });
});

describe('rotate', () => {
  test('invokes the four steps with the ARN and the token, and ends', async () => {
    const { simulator, arn } = withSecret();
    const { invoke, events } = correctFunction(simulator);
    expect(await rotate(simulator, SecretId, { invoke, clientRequestToken: B }))
      .toEqual({ outcome: 'succeeded', token: B, attempts: 1, failures: [] });
    expect(events).toEqual(STEPS.map((Step) => ({ Step, SecretId: arn, ClientRequestToken: B })));
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: B, AWSPREVIOUS: A });
    expect(simulator.inspect(SecretId).rotationInProgress).toBeUndefined();
    expect(simulator.events).toEqual([
      { name: 'RotationStarted', secretId: arn, token: B, at: Date.UTC(2026, 0, 1, 0, 0, 2) },
      { name: 'RotationSucceeded', secretId: arn, token: B, at: Date.UTC(2026, 0, 1, 0, 0, 5) },
    ]);
    expect(simulator.perform('DescribeSecret', { SecretId }).LastRotatedDate).toEqual(new Date('2026-01-01T00:00:05Z'));
  });

  test('a token is made if none is given', async () => {
    const { simulator } = withSecret();
    const { token: made } = await rotate(simulator, SecretId, correctFunction(simulator));
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test.each(STEPS)('after a failing %s the entire sequence runs again with the same token', async (step) => {
    const { simulator } = withSecret();
    const { invoke, events } = correctFunction(simulator);
    const result = await rotate(simulator, SecretId, { invoke: failingAt(step, 1, invoke) });
    expect(result).toMatchObject({ outcome: 'succeeded', attempts: 2, failures: [{ attempt: 1, step, error: new Error(`fails at ${step}`) }] });
    expect(events.map(({ Step }) => Step)).toEqual([...STEPS.slice(0, STEPS.indexOf(step)), ...STEPS]);
    expect(new Set(events.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([result.token]));
    expect(namesOf(simulator)).toEqual(['RotationStarted', `RotationFailed ${step}`, 'RotationSucceeded']);
  });

  test('if all attempts fail, the rotation is still in progress, and can be retried', async () => {
    const { simulator } = withSecret();
    const { invoke } = correctFunction(simulator);
    const failed = await rotate(simulator, SecretId, { invoke: failingAt('testSecret', 3, invoke), attempts: 2 });
    expect(failed).toMatchObject({ outcome: 'failed', attempts: 2, failures: [{ attempt: 1 }, { attempt: 2 }] });
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: A, AWSPENDING: failed.token });
    expect(errorOf(() => startRotation(simulator, SecretId))).toMatch(/previous rotation isn't complete/);

    expect(await runRotation(simulator, SecretId, { invoke })).toMatchObject({ outcome: 'succeeded', token: failed.token });
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: failed.token, AWSPREVIOUS: A });
  });

  test('makes five attempts by default', async () => {
    const { simulator } = withSecret();
    const { attempts } = await rotate(simulator, SecretId, { invoke: () => Promise.reject(new Error('never works')) });
    expect(attempts).toBe(5);
  });

  test('a function that succeeds without moving AWSCURRENT has failed', async () => {
    const { simulator } = withSecret();
    const result = await rotate(simulator, SecretId, { invoke: async () => {}, attempts: 1 });
    expect(result).toMatchObject({ outcome: 'failed', failures: [{ step: 'finishSecret' }] });
    expect(namesOf(simulator)).toEqual(['RotationStarted', 'RotationFailed finishSecret']);
  });

  test('a rotation that is not in progress cannot run', async () => {
    const { simulator } = withSecret();
    expect((await rejectionOf(runRotation(simulator, SecretId, { invoke: async () => {} }))).message).toBe('No rotation of app is in progress');
    expect(errorOf(() => simulator.completeRotation(SecretId))).toMatch(/No rotation of this secret is in progress/);
  });

  test('the caller can run single steps', async () => {
    const { simulator, arn } = withSecret();
    const started = startRotation(simulator, SecretId, { clientRequestToken: B });
    expect(started).toEqual({ secretId: arn, token: B, rotationToken: undefined, test: false });
    expect(rotationInProgress(simulator, SecretId)).toEqual(started);
    await correctFunction(simulator).invoke(eventOf(started, 'createSecret'));
    expect(simulator.inspect(SecretId).value('AWSPENDING')).toBe('of b');
  });
});

describe('a test of the configuration', () => {
  test('runs testSecret alone, on a temporary copy of the current version', async () => {
    const { simulator, arn } = withSecret();
    const seen: unknown[] = [];
    const invoke = async (event: RotationEvent) => {
      seen.push(event, simulator.inspect(arn).stages, simulator.inspect(arn).value('AWSPENDING'));
    };
    expect(await rotate(simulator, SecretId, { invoke, clientRequestToken: B, rotateImmediately: false }))
      .toEqual({ outcome: 'succeeded', token: B, attempts: 1, failures: [] });
    expect(seen).toEqual([{ Step: 'testSecret', SecretId: arn, ClientRequestToken: B }, { AWSCURRENT: A, AWSPENDING: B }, 'one']);
    expect(simulator.inspect(SecretId).versions.map(({ id }) => id)).toEqual([A]);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: A });
    expect(simulator.inspect(SecretId).rotationEnabled).toBe(true);
    expect(namesOf(simulator)).toEqual(['TestRotationStarted', 'TestRotationSucceeded']);
    expect(simulator.perform('DescribeSecret', { SecretId })).not.toHaveProperty('LastRotatedDate');
  });

  test('that fails ends after one attempt, and leaves nothing behind', async () => {
    const { simulator } = withSecret();
    const result = await rotate(simulator, SecretId, { invoke: () => Promise.reject(new Error('no')), rotateImmediately: false, attempts: 3 });
    expect(result).toMatchObject({ outcome: 'failed', attempts: 1, failures: [{ step: 'testSecret' }] });
    expect(simulator.inspect(SecretId).versions.map(({ id }) => id)).toEqual([A]);
    expect(namesOf(simulator)).toEqual(['TestRotationStarted', 'TestRotationFailed testSecret']);
    expect((await rotate(simulator, SecretId, correctFunction(simulator))).outcome).toBe('succeeded');
  });

  test('does not hide that the function promoted the temporary version', async () => {
    const { simulator, arn } = withSecret();
    const invoke = async () => {
      simulator.perform('UpdateSecretVersionStage', {
        SecretId: arn, VersionStage: 'AWSCURRENT', RemoveFromVersionId: A, MoveToVersionId: simulator.inspect(arn).stages.AWSPENDING,
      });
    };
    await rotate(simulator, SecretId, { invoke, clientRequestToken: B, rotateImmediately: false });
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: B, AWSPREVIOUS: A });
  });

  test('that is cancelled half way leaves nothing behind', () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: B, rotateImmediately: false });
    expect(simulator.perform('CancelRotateSecret', { SecretId })).not.toHaveProperty('VersionId');
    expect(simulator.inspect(SecretId).versions.map(({ id }) => id)).toEqual([A]);
    expect(simulator.inspect(SecretId).rotationEnabled).toBe(false);
  });
});

describe('a version put by hand during a rotation', () => {
  const put = (simulator: SecretsManagerSimulator) =>
    simulator.perform('PutSecretValue', { SecretId, ClientRequestToken: C, SecretString: 'by hand' });
  const update = (simulator: SecretsManagerSimulator) =>
    simulator.perform('UpdateSecret', { SecretId, ClientRequestToken: C, SecretString: 'by hand' });

  test.each([['PutSecretValue', put], ['UpdateSecret', update]])('by %s abandons it, and removes AWSPENDING', (_, byHand) => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: B });
    byHand(simulator);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: C, AWSPREVIOUS: A });
    expect(simulator.inspect(SecretId).rotationInProgress).toBeUndefined();
    expect(namesOf(simulator)).toEqual(['RotationStarted', 'RotationAbandoned']);
    expect(startRotation(simulator, SecretId).test).toBe(false);
  });

  test('without manualPutRemovesPending leaves AWSPENDING, and the next rotation is refused', () => {
    const { simulator } = withSecret({ manualPutRemovesPending: false });
    startRotation(simulator, SecretId, { clientRequestToken: B });
    put(simulator);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: C, AWSPREVIOUS: A, AWSPENDING: B });
    expect(namesOf(simulator)).toEqual(['RotationStarted', 'RotationAbandoned']);
    expect(errorOf(() => startRotation(simulator, SecretId))).toMatch(/previous rotation isn't complete/);
  });

  test.each([true, false])('ends the driver, whose steps then stop (manualPutRemovesPending %s)', async (manualPutRemovesPending) => {
    const { simulator } = withSecret({ manualPutRemovesPending });
    const { invoke, events } = correctFunction(simulator);
    const result = await rotate(simulator, SecretId, {
      invoke: async (event) => {
        await invoke(event);
        if (event.Step === 'setSecret') { put(simulator); }
      },
    });
    expect(result).toMatchObject({ outcome: 'abandoned', attempts: 1, failures: [] });
    expect(events.map(({ Step }) => Step)).toEqual(['createSecret', 'setSecret']);
  });

  test('a function that puts with another token abandons its own rotation', async () => {
    const { simulator } = withSecret();
    const invoke = async () => {
      simulator.perform('PutSecretValue', { SecretId, SecretString: 'x', VersionStages: ['AWSPENDING'] });
      throw new Error('and then it fails');
    };
    expect(await rotate(simulator, SecretId, { invoke })).toMatchObject({ outcome: 'abandoned', failures: [{ step: 'createSecret' }] });
  });

  test('counts as a rotation, if rotation is on', () => {
    const { simulator } = withSecret();
    put(simulator);
    expect(simulator.perform('DescribeSecret', { SecretId })).not.toHaveProperty('LastRotatedDate');
    startRotation(simulator, SecretId);
    simulator.perform('PutSecretValue', { SecretId, SecretString: 'again' });
    expect(simulator.perform('DescribeSecret', { SecretId }).LastRotatedDate).toBeInstanceOf(Date);
  });

  test.each<[boolean, string[]]>([[true, ['AWSPREVIOUS']], [false, ['AWSPENDING', 'AWSPREVIOUS']]])(
    'removes AWSPENDING from the version that AWSCURRENT leaves: %s', async (manualPutRemovesPending, expected) => {
      const { simulator } = withSecret({ manualPutRemovesPending, promotionRemovesPending: false });
      await rotate(simulator, SecretId, { ...correctFunction(simulator), clientRequestToken: B });
      put(simulator);
      expect(simulator.inspect(SecretId).stagesOf(B)).toEqual(expected);
    });
});

describe('CancelRotateSecret', () => {
  test('turns rotation off and leaves AWSPENDING, which blocks the next rotation', () => {
    const { simulator, arn } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: B });
    expect(simulator.perform('CancelRotateSecret', { SecretId })).toEqual({ ARN: arn, Name: 'app', VersionId: B });
    expect(simulator.perform('DescribeSecret', { SecretId })).toMatchObject({
      RotationEnabled: false, VersionIdsToStages: { [A]: ['AWSCURRENT'], [B]: ['AWSPENDING'] },
    });
    expect(errorOf(() => startRotation(simulator, SecretId))).toMatch(/previous rotation isn't complete/);
    simulator.perform('UpdateSecretVersionStage', { SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: B });
    startRotation(simulator, SecretId);
    expect(simulator.inspect(SecretId).rotationEnabled).toBe(true);
  });

  test('with no rotation in progress returns no version', async () => {
    const { simulator, arn } = withSecret();
    await rotate(simulator, SecretId, correctFunction(simulator));
    expect(simulator.perform('CancelRotateSecret', { SecretId })).toEqual({ ARN: arn, Name: 'app' });
  });

  test('is refused if rotation was never configured', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('CancelRotateSecret', { SecretId }))).toMatch(/^InvalidRequestException/);
  });

  test('ends the driver', async () => {
    const { simulator } = withSecret();
    const invoke = async () => { simulator.perform('CancelRotateSecret', { SecretId }); };
    expect((await rotate(simulator, SecretId, { invoke })).outcome).toBe('abandoned');
  });

  test('a secret with rotation turned off has no LastRotatedDate', async () => {
    const { simulator } = withSecret();
    await rotate(simulator, SecretId, correctFunction(simulator));
    expect(simulator.perform('DescribeSecret', { SecretId })).toHaveProperty('LastRotatedDate');
    simulator.perform('CancelRotateSecret', { SecretId });
    expect(simulator.perform('DescribeSecret', { SecretId })).not.toHaveProperty('LastRotatedDate');
  });
});

test('deleting the secret ends the driver', async () => {
  const { simulator } = withSecret();
  const invoke = async () => { simulator.perform('DeleteSecret', { SecretId }); };
  expect((await rotate(simulator, SecretId, { invoke })).outcome).toBe('abandoned');
});

describe('pendingCreatedDate', () => {
  test.each<['rotate' | 'put', string]>([['rotate', '2026-01-01T00:00:02Z'], ['put', '2026-01-01T00:00:03Z']])('%s', async (pendingCreatedDate, date) => {
    const { simulator } = withSecret({ pendingCreatedDate });
    const started = startRotation(simulator, SecretId);
    await correctFunction(simulator).invoke(eventOf(started, 'createSecret'));
    expect(simulator.perform('GetSecretValue', { SecretId, VersionStage: 'AWSPENDING' }).CreatedDate).toEqual(new Date(date));
  });
});

describe('rotation tokens', () => {
  test('are neither issued nor accepted by default', async () => {
    const { simulator } = withSecret();
    const started = startRotation(simulator, SecretId, { clientRequestToken: B });
    expect(eventOf(started, 'createSecret')).not.toHaveProperty('RotationToken');
    expect(errorOf(() => simulator.perform('PutSecretValue', { SecretId, ClientRequestToken: B, SecretString: 'x', RotationToken: 'r'.repeat(36) })))
      .toMatch(/^InvalidParameterException: .*no rotation that has one/);
  });

  test('are in the event, and the put of the pending value needs them', async () => {
    const { simulator } = withSecret({ issueRotationTokens: true });
    const { invoke, events } = correctFunction(simulator);
    expect((await rotate(simulator, SecretId, { invoke })).outcome).toBe('succeeded');
    const { RotationToken } = events[0];
    expect(RotationToken).toMatch(/^[0-9a-f-]{36}$/);
    expect(events.map((event) => event.RotationToken)).toEqual(STEPS.map(() => RotationToken));
  });

  test.each([[undefined], ['w'.repeat(36)]])('the put is refused with %s, and the error does not have the right one', (RotationToken) => {
    const { simulator } = withSecret({ issueRotationTokens: true });
    const { rotationToken } = startRotation(simulator, SecretId, { clientRequestToken: B });
    const error = errorOf(() => simulator.perform('PutSecretValue', { SecretId, ClientRequestToken: B, SecretString: 'x', RotationToken }));
    expect(error).toMatch(/^InvalidParameterException: The RotationToken is missing/);
    expect(error).not.toContain(rotationToken);
    expect(simulator.inspect(SecretId).value(B)).toBeUndefined();
  });

  test('a put by hand needs none', () => {
    const { simulator } = withSecret({ issueRotationTokens: true });
    startRotation(simulator, SecretId);
    simulator.perform('PutSecretValue', { SecretId, SecretString: 'by hand' });
    expect(simulator.inspect(SecretId).value('AWSCURRENT')).toBe('by hand');
  });
});

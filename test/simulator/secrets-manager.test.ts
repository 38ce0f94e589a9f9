import { rejectionOf, token, withSecret } from './fixture';
import { connectionReset, throttled } from '../../simulator/faults';
import type { InterceptedCall, Interceptor } from '../../simulator/options';
import { rotate, startRotation } from '../../simulator/rotation';
import { SecretsManagerSimulator } from '../../simulator/secrets-manager';

const SecretId = 'app';
const A = token('a');
const B = token('b');

function put(simulator: SecretsManagerSimulator, letter: string, ...VersionStages: string[]) {
  return simulator.execute('PutSecretValue', { SecretId, ClientRequestToken: token(letter), SecretString: letter, ...VersionStages.length > 0 && { VersionStages } });
}

describe('the clock', () => {
  test('moves one second with every write, and with no read', () => {
    const { simulator } = withSecret();
    simulator.perform('GetSecretValue', { SecretId });
    simulator.perform('PutSecretValue', { SecretId, SecretString: 'two', ClientRequestToken: B });
    const dates = simulator.inspect(SecretId).versions.map(({ createdAt }) => new Date(createdAt).toISOString());
    expect(dates).toEqual(['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:02.000Z']);
  });

  test('does not move with a write that changes nothing or fails', () => {
    const { simulator } = withSecret();
    simulator.perform('PutSecretValue', { SecretId, SecretString: 'one', ClientRequestToken: A });
    expect(() => simulator.perform('PutSecretValue', { SecretId, SecretString: 'two', ClientRequestToken: A })).toThrow();
    simulator.perform('PutSecretValue', { SecretId, SecretString: 'two' });
    expect(simulator.inspect(SecretId).versions[1].createdAt).toBe(Date.UTC(2026, 0, 1, 0, 0, 2));
  });

  test('moves by a given step, or can be replaced', () => {
    expect(withSecret({ clockStep: 5 }).simulator.inspect(SecretId).versions[0].createdAt).toBe(Date.UTC(2026, 0, 1) + 5);
    expect(withSecret({ now: () => 1234 }).simulator.inspect(SecretId).versions[0].createdAt).toBe(1234);
  });
});

describe('randomness', () => {
  const made = (seed?: number) => {
    const { simulator, arn } = withSecret({ seed });
    return [arn, simulator.newToken(), simulator.perform('GetRandomPassword', {}).RandomPassword];
  };

  test('is the same for the same seed, and differs for another', () => {
    expect(made(7)).toEqual(made(7));
    expect(made()).toEqual(made(1));
    expect(made(8)).not.toEqual(made(7));
  });

  test('can be replaced', () => {
    expect(withSecret({ random: () => 0 }).simulator.newToken()).toBe('00000000-0000-4000-8000-000000000000');
  });
});

describe('lag', () => {
  test('makes a read return an older state', async () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: B });
    await put(simulator, 'b', 'AWSPENDING');

    const pending = () => simulator.execute('GetSecretValue', { SecretId, VersionStage: 'AWSPENDING', VersionId: B });
    expect((await pending()).SecretString).toBe('b');
    simulator.lag = () => 1;
    expect((await rejectionOf(pending())).message).toBe(`Secrets Manager can't find the specified secret value for VersionId: ${B}`);
    expect((await simulator.execute('DescribeSecret', { SecretId })).VersionIdsToStages).toEqual({ [A]: ['AWSCURRENT'], [B]: ['AWSPENDING'] });
    simulator.lag = () => 2;
    expect((await simulator.execute('DescribeSecret', { SecretId })).VersionIdsToStages).toEqual({ [A]: ['AWSCURRENT'] });
    expect((await simulator.execute('ListSecretVersionIds', { SecretId })).Versions).toHaveLength(1);
    simulator.lag = () => 3;
    expect((await rejectionOf(simulator.execute('DescribeSecret', { SecretId }))).name).toBe('ResourceNotFoundException');
    expect(simulator.calls.map(({ operation, lag }) => `${operation} ${lag}`)).toEqual([
      'PutSecretValue 0', 'GetSecretValue 0', 'GetSecretValue 1', 'DescribeSecret 1', 'DescribeSecret 2', 'ListSecretVersionIds 2', 'DescribeSecret 3',
    ]);
  });

  test('can be chosen per call', async () => {
    const asked: InterceptedCall[] = [];
    const { simulator } = withSecret({
      lag: (call) => {
        asked.push(call);
        return call.operation === 'GetSecretValue' ? 1 : 0;
      },
    });
    await put(simulator, 'b');
    expect((await simulator.execute('GetSecretValue', { SecretId })).SecretString).toBe('one');
    expect((await simulator.execute('DescribeSecret', { SecretId })).VersionIdsToStages![B]).toEqual(['AWSCURRENT']);
    expect(asked.map(({ operation, kind, index }) => [operation, kind, index])).toEqual([['GetSecretValue', 'read', 1], ['DescribeSecret', 'read', 2]]);
  });

  test('goes back no further than the first write', async () => {
    const { simulator } = withSecret({ lag: () => 1000 });
    await put(simulator, 'b');
    await rejectionOf(simulator.execute('DescribeSecret', { SecretId }));
    expect(simulator.calls[1].lag).toBe(2);
  });

  test('never applies to writes, or to the owner', async () => {
    const { simulator } = withSecret({ lag: () => 1 });
    await put(simulator, 'b', 'AWSPENDING');
    expect((await rejectionOf(simulator.execute('PutSecretValue', { SecretId, ClientRequestToken: B, SecretString: 'other' }))).name)
      .toBe('ResourceExistsException');
    expect(simulator.perform('GetSecretValue', { SecretId, VersionStage: 'AWSPENDING' }).SecretString).toBe('b');
  });
});

describe('faults', () => {
  /** Throws at the n-th call, in this phase. */
  const faultAt = (index: number, phase: 'before' | 'after', error: Error): Interceptor => (call) => {
    if (call.index === index && call.phase === phase) { throw error; }
  };

  test('before: the service never did the operation', async () => {
    const { simulator } = withSecret({ intercept: faultAt(0, 'before', throttled()) });
    expect((await rejectionOf(put(simulator, 'b'))).name).toBe('ThrottlingException');
    expect(simulator.inspect(SecretId).versionCount).toBe(1);
    expect(simulator.calls).toMatchObject([{ operation: 'PutSecretValue', error: 'ThrottlingException', changed: false, lost: false }]);
  });

  test('after: the operation was done, and the answer is lost', async () => {
    const { simulator } = withSecret({ intercept: faultAt(0, 'after', connectionReset()) });
    expect(await rejectionOf(put(simulator, 'b'))).toMatchObject({ code: 'ECONNRESET' });
    expect(simulator.inspect(SecretId).value('AWSCURRENT')).toBe('b');
    expect(simulator.calls).toMatchObject([{ error: 'TimeoutError', changed: true, lost: true }]);
    expect((await put(simulator, 'b')).VersionId).toBe(B);
    expect(simulator.calls[1]).toMatchObject({ changed: false, lost: false });
    expect(simulator.calls[1]).not.toHaveProperty('error');
  });

  test('an operation that fails has no phase after', async () => {
    const phases: string[] = [];
    const { simulator } = withSecret({ intercept: ({ phase }) => { phases.push(phase); } });
    await rejectionOf(simulator.execute('GetSecretValue', { SecretId: 'nothing' }));
    expect(phases).toEqual(['before']);
  });

  test('the interceptor gets the operation, its kind, the request and the number', async () => {
    const seen: unknown[] = [];
    const { simulator } = withSecret({ intercept: (call) => { seen.push(call); } });
    await simulator.execute('DescribeSecret', { SecretId });
    await put(simulator, 'b', 'X');
    const input = { SecretId, ClientRequestToken: B, SecretString: 'b', VersionStages: ['X'] };
    expect(seen).toEqual([
      { operation: 'DescribeSecret', kind: 'read', input: { SecretId }, index: 0, phase: 'before' },
      { operation: 'DescribeSecret', kind: 'read', input: { SecretId }, index: 0, phase: 'after' },
      { operation: 'PutSecretValue', kind: 'write', input, index: 1, phase: 'before' },
      { operation: 'PutSecretValue', kind: 'write', input, index: 1, phase: 'after' },
    ]);
  });

  test('a promise delays the call, and others overtake it', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    const { simulator } = withSecret({ intercept: ({ index, phase }) => index === 0 && phase === 'before' ? held : undefined });
    const first = put(simulator, 'b', 'X');
    await put(simulator, 'c', 'X');
    expect(simulator.inspect(SecretId).stages.X).toBe(token('c'));
    release();
    await first;
    expect(simulator.inspect(SecretId).stages.X).toBe(B);
  });

  test('do not apply to the owner', () => {
    const { simulator } = withSecret({ intercept: () => { throw throttled(); } });
    expect(simulator.perform('GetSecretValue', { SecretId }).SecretString).toBe('one');
  });
});

describe('calls', () => {
  test('have the operation and the version, and no value', async () => {
    const { simulator } = withSecret();
    await put(simulator, 'b', 'AWSPENDING');
    await simulator.execute('GetSecretValue', { SecretId, VersionId: B, VersionStage: 'AWSPENDING' });
    await simulator.execute('UpdateSecretVersionStage', { SecretId, VersionStage: 'AWSCURRENT', RemoveFromVersionId: A, MoveToVersionId: B });
    await rejectionOf(simulator.execute('GetSecretValue', { SecretId: 'other' }));
    const common = { lag: 0, lost: false };
    expect(simulator.calls).toEqual([
      { index: 0, operation: 'PutSecretValue', kind: 'write', secretId: 'app', token: B, stages: ['AWSPENDING'], changed: true, ...common },
      { index: 1, operation: 'GetSecretValue', kind: 'read', secretId: 'app', token: B, stages: ['AWSPENDING'], changed: false, ...common },
      { index: 2, operation: 'UpdateSecretVersionStage', kind: 'write', secretId: 'app', token: B, stages: ['AWSCURRENT'], changed: true, ...common },
      { index: 3, operation: 'GetSecretValue', kind: 'read', secretId: 'other', changed: false, error: 'ResourceNotFoundException', ...common },
    ]);
  });

  test('have the requests only on request', async () => {
    const { simulator } = withSecret({ recordInputs: true });
    await put(simulator, 'b', 'X');
    expect(simulator.calls[0].input).toEqual({ SecretId, ClientRequestToken: B, SecretString: 'b', VersionStages: ['X'] });
  });

  test('start again after a reset', async () => {
    const { simulator } = withSecret();
    await simulator.execute('DescribeSecret', { SecretId });
    simulator.resetCalls();
    expect(simulator.calls).toEqual([]);
    await simulator.execute('DescribeSecret', { SecretId });
    expect(simulator.calls.map(({ index }) => index)).toEqual([0]);
  });

  test('do not include those of the owner', () => {
    expect(withSecret().simulator.calls).toEqual([]);
  });
});

describe('branches', () => {
  test('a clone continues independently', async () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: B });
    const branch = simulator.clone();
    await put(branch, 'b', 'AWSPENDING');
    expect(branch.inspect(SecretId).value(B)).toBe('b');
    expect(simulator.inspect(SecretId).value(B)).toBeUndefined();
    simulator.perform('PutSecretValue', { SecretId, SecretString: 'by hand' });
    expect([simulator.events.length, branch.events.length]).toEqual([2, 1]);
    expect([simulator.calls.length, branch.calls.length]).toEqual([0, 1]);
  });

  test('both make the same random choices, unless the branch has its own seed', () => {
    const { simulator } = withSecret();
    simulator.newToken();
    const [same, other] = [simulator.clone(), simulator.clone({ seed: 99 })];
    const next = simulator.newToken();
    expect(same.newToken()).toBe(next);
    expect(other.newToken()).not.toBe(next);
  });

  test('a clone keeps the options, and may change some', async () => {
    const { simulator } = withSecret({ promotionRemovesPending: false, lag: () => 1 });
    const branch = simulator.clone({ lag: undefined, manualPutRemovesPending: false });
    const invoke = async ({ Step, ClientRequestToken }: { Step: string; ClientRequestToken: string }) => {
      if (Step === 'createSecret') { await branch.execute('PutSecretValue', { SecretId, ClientRequestToken, SecretString: 'x' }); }
    };
    const rotated = await rotate(branch, SecretId, { invoke });
    expect(branch.inspect(SecretId).stagesOf(rotated.token)).toEqual(['AWSCURRENT', 'AWSPENDING']);
    expect((await branch.execute('GetSecretValue', { SecretId })).SecretString).toBe('x');
    expect((await rejectionOf(simulator.execute('GetSecretValue', { SecretId }))).name).toBe('ResourceNotFoundException');
  });

  test('a snapshot can be restored any number of times, with clock, randomness, lag and log', async () => {
    const { simulator } = withSecret();
    await put(simulator, 'b', 'X');
    const snapshot = simulator.snapshot();
    const run = async () => {
      simulator.restore(snapshot);
      const { VersionId } = simulator.perform('PutSecretValue', { SecretId, SecretString: 'again' });
      await simulator.execute('DescribeSecret', { SecretId });
      return [VersionId, simulator.inspect(SecretId).versions, simulator.calls];
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(snapshot.calls).toHaveLength(1);
    simulator.restore(snapshot);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: A, X: B });
  });
});

describe('inspect', () => {
  test('shows labels, versions and values, and is not a call', async () => {
    const { simulator, arn } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: B });
    const inspected = simulator.inspect(SecretId);
    expect(inspected).toMatchObject({ arn, name: 'app', deleted: false, rotationEnabled: true, versionCount: 2 });
    expect(inspected.rotationInProgress).toEqual({ token: B, test: false });
    expect(inspected.versions).toEqual([
      { id: A, stages: ['AWSCURRENT'], hasValue: true, createdAt: Date.UTC(2026, 0, 1, 0, 0, 1) },
      { id: B, stages: ['AWSPENDING'], hasValue: false, createdAt: Date.UTC(2026, 0, 1, 0, 0, 2) },
    ]);
    expect(['AWSCURRENT', A, 'AWSPENDING', B, 'AWSPREVIOUS'].map((version) => inspected.value(version)))
      .toEqual(['one', 'one', undefined, undefined, undefined]);
    expect(inspected.stagesOf('unknown')).toBeUndefined();
    expect(simulator.calls).toEqual([]);
    expect([simulator.exists(arn), simulator.exists('app')]).toEqual([true, false]);
  });

  test('does not change afterwards', async () => {
    const { simulator } = withSecret();
    const before = simulator.inspect(SecretId);
    await put(simulator, 'b', 'X');
    expect(before.versionCount).toBe(1);
  });
});

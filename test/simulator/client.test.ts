import { LAMBDA_ARN, rejectionOf, token, withSecret } from './fixture';
import { InMemoryClient } from '../../simulator/client';
import { accessDenied, connectionReset, decryptionFailure, encryptionFailure, internalError, kmsDenied, throttled } from '../../simulator/faults';
import type { Interceptor } from '../../simulator/options';
import type { Operation } from '../../simulator/types';

const SecretId = 'app';

function setUp(intercept?: Interceptor, maxAttempts?: number) {
  const { simulator, arn } = withSecret({ intercept });
  const client = new InMemoryClient(simulator, { maxAttempts });
  return { simulator, arn, client };
}

test('sends every operation', async () => {
  const { client, simulator, arn } = setUp();
  await client.send('CreateSecret', { Name: 'other', SecretString: 'x' });
  const put = await client.send('PutSecretValue', { SecretId, SecretString: 'two', VersionStages: ['X'] });
  const described = await client.send('DescribeSecret', { SecretId });
  const read = await client.send('GetSecretValue', { SecretId, VersionStage: 'X' });
  await client.send('UpdateSecret', { SecretId, SecretString: 'three' });
  await client.send('UpdateSecretVersionStage', { SecretId, VersionStage: 'X', RemoveFromVersionId: put.VersionId });
  const listed = await client.send('ListSecretVersionIds', { SecretId });
  const password = await client.send('GetRandomPassword', { PasswordLength: 9 });
  await client.send('RotateSecret', { SecretId, RotationLambdaARN: LAMBDA_ARN });
  await client.send('CancelRotateSecret', { SecretId });
  await client.send('DeleteSecret', { SecretId });
  await client.send('RestoreSecret', { SecretId });

  expect(simulator.calls.map(({ operation }) => operation)).toEqual([
    'CreateSecret', 'PutSecretValue', 'DescribeSecret', 'GetSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'ListSecretVersionIds',
    'GetRandomPassword', 'RotateSecret', 'CancelRotateSecret', 'DeleteSecret', 'RestoreSecret',
  ]);
  expect(described.VersionIdsToStages).toEqual({ [token('a')]: ['AWSCURRENT'], [put.VersionId!]: ['X'] });
  expect(read).toMatchObject({ ARN: arn, SecretString: 'two', VersionId: put.VersionId });
  expect(listed.Versions).toHaveLength(2);
  expect(password.RandomPassword).toHaveLength(9);
});

test('throws for an unknown operation', async () => {
  const { client } = setUp();
  expect((await rejectionOf(client.send('ListSecrets' as 'DescribeSecret', {} as never))).message).toBe('The simulator does not know ListSecrets');
});

test('makes a ClientRequestToken if none is given, and keeps a given one', async () => {
  const { client } = setUp();
  const made = await client.send('PutSecretValue', { SecretId, SecretString: 'x' });
  const madeForUndefined = await client.send('PutSecretValue', { SecretId, SecretString: 'x', ClientRequestToken: undefined });
  const given = await client.send('PutSecretValue', { SecretId, SecretString: 'x', ClientRequestToken: token('b') });
  expect(made.VersionId).toMatch(/^[0-9a-f-]{36}$/);
  expect(madeForUndefined.VersionId).toMatch(/^[0-9a-f-]{36}$/);
  expect(given.VersionId).toBe(token('b'));
});

describe('errors have the names of the service\'s', () => {
  test.each([decryptionFailure(), encryptionFailure()])('a fault: %s', async (fault) => {
    const { client } = setUp(() => { throw fault; });
    const error = await rejectionOf(client.send('GetSecretValue', { SecretId }));
    expect(error).toMatchObject({ name: fault.code, message: fault.message, $fault: 'client', $metadata: { httpStatusCode: 400 } });
  });

  test('a fault of the server', async () => {
    const { client } = setUp(() => { throw internalError(); });
    const error = await rejectionOf(client.send('GetSecretValue', { SecretId }));
    expect(error).toMatchObject({ name: 'InternalServiceError', $fault: 'server', $metadata: { httpStatusCode: 500 } });
  });

  test.each([
    [accessDenied('secretsmanager:GetSecretValue'), 'AccessDeniedException', 'secretsmanager:GetSecretValue'],
    [kmsDenied(), 'AccessDeniedException', 'Access to KMS is not allowed'],
    [throttled(), 'ThrottlingException', 'Rate exceeded'],
  ])('a fault outside the service model: %s', async (fault, name, message) => {
    const { client } = setUp(() => { throw fault; });
    const error = await rejectionOf(client.send('GetSecretValue', { SecretId }));
    expect(error).toMatchObject({ name, $fault: 'client', $metadata: { httpStatusCode: 400 } });
    expect(error.message).toContain(message);
  });

  test('keeps an error of the network', async () => {
    const reset = connectionReset();
    const { client } = setUp(() => { throw reset; });
    expect(await rejectionOf(client.send('GetSecretValue', { SecretId }))).toBe(reset);
    expect(reset).toMatchObject({ code: 'ECONNRESET' });
  });

  test.each<[Operation, object, string]>([
    ['GetSecretValue', { SecretId: 'nothing' }, 'ResourceNotFoundException'],
    ['GetSecretValue', { SecretId, VersionId: token('a'), VersionStage: 'X' }, 'InvalidRequestException'],
    ['PutSecretValue', { SecretId, SecretString: 'x', ClientRequestToken: token('a') }, 'ResourceExistsException'],
    ['UpdateSecretVersionStage', { SecretId, VersionStage: 'X', MoveToVersionId: token('z') }, 'InvalidParameterException'],
    ['ListSecretVersionIds', { SecretId, NextToken: 'x' }, 'InvalidNextTokenException'],
    ['PutSecretValue', { SecretId, SecretString: 'x', VersionStages: Array.from({ length: 20 }, (_, n) => `s${n}`) }, 'LimitExceededException'],
    ['GetSecretValue', { SecretId: undefined }, 'ValidationException'],
  ])('%s of %j: %s', async (operation, input, name) => {
    expect(await rejectionOf(setUp().client.send(operation, input as never))).toMatchObject({ name });
  });
});

describe('maxAttempts', () => {
  const failFirst = (times: number, phase: string, error: Error): Interceptor => (call) => {
    if (call.phase === phase && call.index < times) { throw error; }
  };

  test.each([throttled(), internalError(), connectionReset()])('retries after %s', async (fault) => {
    const { client, simulator } = setUp(failFirst(2, 'before', fault), 3);
    expect(await client.send('GetSecretValue', { SecretId })).toMatchObject({ SecretString: 'one' });
    expect(simulator.calls).toHaveLength(3);
  });

  test('uses one token for all attempts, so that a lost answer does no harm', async () => {
    const { client, simulator } = setUp(failFirst(1, 'after', connectionReset()), 2);
    await client.send('PutSecretValue', { SecretId, SecretString: 'two' });
    expect(simulator.calls.map(({ changed }) => changed)).toEqual([true, false]);
    expect(simulator.inspect(SecretId).versionCount).toBe(2);
  });

  test('gives up in the end', async () => {
    const { client, simulator } = setUp(() => { throw throttled(); }, 3);
    expect(await rejectionOf(client.send('GetSecretValue', { SecretId }))).toMatchObject({ name: 'ThrottlingException' });
    expect(simulator.calls).toHaveLength(3);
  });

  test('retries nothing else, and nothing at all by default', async () => {
    const denied = setUp(() => { throw accessDenied(); }, 3);
    await rejectionOf(denied.client.send('GetSecretValue', { SecretId }));
    const once = setUp(() => { throw throttled(); });
    await rejectionOf(once.client.send('GetSecretValue', { SecretId }));
    expect([denied.simulator.calls.length, once.simulator.calls.length]).toEqual([1, 1]);
  });
});

describe('abortSignal', () => {
  test('ends a call that hangs', async () => {
    const { client } = setUp(() => new Promise(() => {}));
    const controller = new AbortController();
    const sent = client.send('GetSecretValue', { SecretId }, controller.signal);
    controller.abort();
    expect((await rejectionOf(sent)).name).toBe('AbortError');
  });

  test('that is aborted already sends nothing', async () => {
    const { client, simulator } = setUp();
    const error = await rejectionOf(client.send('PutSecretValue', { SecretId, SecretString: 'x' }, AbortSignal.abort()));
    expect(error.name).toBe('AbortError');
    expect(simulator.calls).toEqual([]);
  });

  test('that is not given has no effect', async () => {
    const { client } = setUp();
    const { signal } = new AbortController();
    expect((await client.send('GetSecretValue', { SecretId }, signal)).SecretString).toBe('one');
  });
});

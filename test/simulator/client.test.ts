import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DecryptionFailure,
  DeleteSecretCommand,
  DescribeSecretCommand,
  EncryptionFailure,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  InternalServiceError,
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidRequestException,
  LimitExceededException,
  ListSecretVersionIdsCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  RotateSecretCommand,
  SecretsManagerServiceException,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { LAMBDA_ARN, rejectionOf, token, withSecret } from './fixture';
import { InMemoryClient } from '../../simulator/client';
import { accessDenied, connectionReset, decryptionFailure, encryptionFailure, internalError, kmsDenied, throttled } from '../../simulator/faults';
import type { Interceptor } from '../../simulator/options';

const SecretId = 'app';

function setUp(intercept?: Interceptor, maxAttempts?: number) {
  const { simulator, arn } = withSecret({ intercept });
  const client: Pick<SecretsManagerClient, 'send'> = new InMemoryClient(simulator, { maxAttempts });
  return { simulator, arn, client };
}

test('every command has its operation', async () => {
  const { client, simulator, arn } = setUp();
  await client.send(new CreateSecretCommand({ Name: 'other', SecretString: 'x' }));
  const put = await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'two', VersionStages: ['X'] }));
  const described = await client.send(new DescribeSecretCommand({ SecretId }));
  const read = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'X' }));
  await client.send(new UpdateSecretCommand({ SecretId, SecretString: 'three' }));
  await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'X', RemoveFromVersionId: put.VersionId }));
  const listed = await client.send(new ListSecretVersionIdsCommand({ SecretId }));
  const password = await client.send(new GetRandomPasswordCommand({ PasswordLength: 9 }));
  await client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: LAMBDA_ARN }));
  await client.send(new CancelRotateSecretCommand({ SecretId }));
  await client.send(new DeleteSecretCommand({ SecretId }));
  await client.send(new RestoreSecretCommand({ SecretId }));

  expect(simulator.calls.map(({ operation }) => operation)).toEqual([
    'CreateSecret', 'PutSecretValue', 'DescribeSecret', 'GetSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'ListSecretVersionIds',
    'GetRandomPassword', 'RotateSecret', 'CancelRotateSecret', 'DeleteSecret', 'RestoreSecret',
  ]);
  expect(put.$metadata).toEqual({ httpStatusCode: 200, requestId: expect.any(String), attempts: 1, totalRetryDelay: 0 });
  expect(described.VersionIdsToStages).toEqual({ [token('a')]: ['AWSCURRENT'], [put.VersionId!]: ['X'] });
  expect(read).toMatchObject({ ARN: arn, SecretString: 'two', VersionId: put.VersionId });
  expect(listed.Versions).toHaveLength(2);
  expect(password.RandomPassword).toHaveLength(9);
});

test('throws for an unknown command', async () => {
  const { client } = setUp();
  expect((await rejectionOf(client.send(new ListSecretsCommand({})))).message).toBe('The simulator does not know ListSecretsCommand');
});

test('makes a ClientRequestToken if none is given, and keeps a given one', async () => {
  const { client } = setUp();
  const made = await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'x' }));
  const madeForUndefined = await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'x', ClientRequestToken: undefined }));
  const given = await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'x', ClientRequestToken: token('b') }));
  expect(made.VersionId).toMatch(/^[0-9a-f-]{36}$/);
  expect(madeForUndefined.VersionId).toMatch(/^[0-9a-f-]{36}$/);
  expect(given.VersionId).toBe(token('b'));
});

describe('errors are the SDK\'s own', () => {
  const modeled = [
    [decryptionFailure(), DecryptionFailure], [encryptionFailure(), EncryptionFailure],
  ] as const;

  test.each(modeled)('a fault: %s', async (fault, Exception) => {
    const { client } = setUp(() => { throw fault; });
    const error = await rejectionOf(client.send(new GetSecretValueCommand({ SecretId })));
    expect(error).toBeInstanceOf(Exception);
    expect(error).toMatchObject({ name: fault.code, message: fault.message, $fault: 'client', $metadata: { httpStatusCode: 400 } });
  });

  test('a fault of the server', async () => {
    const { client } = setUp(() => { throw internalError(); });
    const error = await rejectionOf(client.send(new GetSecretValueCommand({ SecretId })));
    expect(error).toBeInstanceOf(InternalServiceError);
    expect(error).toMatchObject({ $fault: 'server', $metadata: { httpStatusCode: 500 } });
  });

  test.each([
    [accessDenied('secretsmanager:GetSecretValue'), 'AccessDeniedException', 'secretsmanager:GetSecretValue'],
    [kmsDenied(), 'AccessDeniedException', 'Access to KMS is not allowed'],
    [throttled(), 'ThrottlingException', 'Rate exceeded'],
  ])('a fault outside the service model: %s', async (fault, name, message) => {
    const { client } = setUp(() => { throw fault; });
    const error = await rejectionOf(client.send(new GetSecretValueCommand({ SecretId })));
    expect(error).toBeInstanceOf(SecretsManagerServiceException);
    expect(error).toMatchObject({ name, $fault: 'client', $metadata: { httpStatusCode: 400 } });
    expect(error.message).toContain(message);
  });

  test('keeps an error of the network', async () => {
    const reset = connectionReset();
    const { client } = setUp(() => { throw reset; });
    expect(await rejectionOf(client.send(new GetSecretValueCommand({ SecretId })))).toBe(reset);
    expect(reset).toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET', $metadata: { attempts: 1, totalRetryDelay: 0 } });
  });

  test.each([
    [new GetSecretValueCommand({ SecretId: 'nothing' }), ResourceNotFoundException],
    [new GetSecretValueCommand({ SecretId, VersionId: token('a'), VersionStage: 'X' }), InvalidRequestException],
    [new PutSecretValueCommand({ SecretId, SecretString: 'x', ClientRequestToken: token('a') }), ResourceExistsException],
    [new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'X', MoveToVersionId: token('z') }), InvalidParameterException],
    [new ListSecretVersionIdsCommand({ SecretId, NextToken: 'x' }), InvalidNextTokenException],
    [new PutSecretValueCommand({ SecretId, SecretString: 'x', VersionStages: Array.from({ length: 20 }, (_, n) => `s${n}`) }), LimitExceededException],
    [new GetSecretValueCommand({ SecretId: undefined }), SecretsManagerServiceException],
  ])('of the model: %#', async (command, Exception) => {
    const error = await rejectionOf(setUp().client.send(command as GetSecretValueCommand));
    expect(error.constructor).toBe(Exception);
  });
});

describe('maxAttempts', () => {
  const failFirst = (times: number, phase: string, error: Error): Interceptor => (call) => {
    if (call.phase === phase && call.index < times) { throw error; }
  };

  test.each([throttled(), internalError(), connectionReset()])('retries after %s', async (fault) => {
    const { client, simulator } = setUp(failFirst(2, 'before', fault), 3);
    expect((await client.send(new GetSecretValueCommand({ SecretId }))).$metadata.attempts).toBe(3);
    expect(simulator.calls).toHaveLength(3);
  });

  test('uses one token for all attempts, so that a lost answer does no harm', async () => {
    const { client, simulator } = setUp(failFirst(1, 'after', connectionReset()), 2);
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'two' }));
    expect(simulator.calls.map(({ changed }) => changed)).toEqual([true, false]);
    expect(simulator.inspect(SecretId).versionCount).toBe(2);
  });

  test('gives up in the end, with the number of attempts', async () => {
    const { client, simulator } = setUp(() => { throw throttled(); }, 3);
    expect(await rejectionOf(client.send(new GetSecretValueCommand({ SecretId })))).toMatchObject({ name: 'ThrottlingException', $metadata: { attempts: 3 } });
    expect(simulator.calls).toHaveLength(3);
  });

  test('retries nothing else, and nothing at all by default', async () => {
    const denied = setUp(() => { throw accessDenied(); }, 3);
    await rejectionOf(denied.client.send(new GetSecretValueCommand({ SecretId })));
    const once = setUp(() => { throw throttled(); });
    await rejectionOf(once.client.send(new GetSecretValueCommand({ SecretId })));
    expect([denied.simulator.calls.length, once.simulator.calls.length]).toEqual([1, 1]);
  });
});

describe('abortSignal', () => {
  test('ends a call that hangs', async () => {
    const { client } = setUp(() => new Promise(() => {}));
    const controller = new AbortController();
    const sent = client.send(new GetSecretValueCommand({ SecretId }), { abortSignal: controller.signal });
    controller.abort();
    expect((await rejectionOf(sent)).name).toBe('AbortError');
  });

  test('that is aborted already sends nothing', async () => {
    const { client, simulator } = setUp();
    const error = await rejectionOf(client.send(new PutSecretValueCommand({ SecretId, SecretString: 'x' }), { abortSignal: AbortSignal.abort() }));
    expect(error.name).toBe('AbortError');
    expect(simulator.calls).toEqual([]);
  });

  test('that is not given has no effect', async () => {
    const { client } = setUp();
    const { signal } = new AbortController();
    expect((await client.send(new GetSecretValueCommand({ SecretId }), { abortSignal: signal })).SecretString).toBe('one');
  });
});

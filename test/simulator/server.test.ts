import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { LAMBDA_ARN, rejectionOf, token, withSecret } from './fixture';
import { InMemoryClient } from '../../simulator/client';
import { accessDenied, connectionReset, decryptionFailure, internalError, throttled } from '../../simulator/faults';
import type { SimulatorOptions } from '../../simulator/options';
import { SecretsManagerServer } from '../../simulator/server';
import type { ServerOptions } from '../../simulator/server';

const SecretId = 'app';
const opened: { stop: () => Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ stop }) => stop()));
});

async function setUp(serverOptions: ServerOptions = {}, simulatorOptions: SimulatorOptions = {}) {
  const { simulator, arn } = withSecret(simulatorOptions);
  const server = await SecretsManagerServer.start(simulator, serverOptions);
  const client = new SecretsManagerClient({
    endpoint: server.url, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  opened.push({
    stop: () => {
      client.destroy();
      return server.stop();
    },
  });
  return { simulator, arn, server, client };
}

function post(url: string, operation: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${operation}`,
      'authorization': 'AWS4-HMAC-SHA256 Credential=test',
      ...headers,
    },
  });
}

describe('through the SDK\'s client', () => {
  test('reads a written value', async () => {
    const { client, arn } = await setUp();
    const put = await client.send(new PutSecretValueCommand({ SecretId, SecretString: '{"user":"Zoë","password":"\\u0000\\"𝄞"}', VersionStages: ['X'] }));
    expect(put).toMatchObject({ ARN: arn, Name: 'app', VersionStages: ['X'], $metadata: { httpStatusCode: 200 } });
    expect(put.VersionId).toMatch(/^[0-9a-f-]{36}$/);
    const read = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'X' }));
    expect(read.SecretString).toBe('{"user":"Zoë","password":"\\u0000\\"𝄞"}');
  });

  test('passes a value of 65,536 bytes that are all escaped', async () => {
    const { client } = await setUp();
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: '\u0001'.repeat(65536) }));
    expect((await client.send(new GetSecretValueCommand({ SecretId }))).SecretString).toHaveLength(65536);
  });

  test('binary values', async () => {
    const { client } = await setUp();
    await client.send(new CreateSecretCommand({ Name: 'binary', SecretBinary: new Uint8Array([0, 1, 254, 255]) }));
    const read = await client.send(new GetSecretValueCommand({ SecretId: 'binary' }));
    expect([...read.SecretBinary!]).toEqual([0, 1, 254, 255]);
    expect(read.SecretString).toBeUndefined();
  });

  test('dates, to the millisecond', async () => {
    const { client } = await setUp({}, { now: () => Date.UTC(2026, 1, 3, 4, 5, 6, 789) });
    const date = new Date('2026-02-03T04:05:06.789Z');
    expect((await client.send(new GetSecretValueCommand({ SecretId }))).CreatedDate).toEqual(date);
    expect((await client.send(new DescribeSecretCommand({ SecretId }))).LastChangedDate).toEqual(date);
    expect((await client.send(new ListSecretVersionIdsCommand({ SecretId }))).Versions![0].CreatedDate).toEqual(date);
  });

  test('structures in requests and maps in answers', async () => {
    const { client } = await setUp();
    const RotationRules = { ScheduleExpression: 'cron(0 3 ? * SUN *)', Duration: '2h' };
    const { VersionId } = await client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN: LAMBDA_ARN, RotationRules }));
    expect(await client.send(new DescribeSecretCommand({ SecretId })))
      .toMatchObject({ RotationEnabled: true, RotationRules, VersionIdsToStages: { [token('a')]: ['AWSCURRENT'], [VersionId!]: ['AWSPENDING'] } });
  });

  test('an operation that the simulator does not have', async () => {
    const { client } = await setUp();
    expect((await rejectionOf(client.send(new ListSecretsCommand({})))).name).toBe('UnknownOperationException');
  });
});

describe('errors are the same as those of the in-memory client', () => {
  const commands = {
    'no such secret': new GetSecretValueCommand({ SecretId: 'nothing' }),
    'no SecretId': new GetSecretValueCommand({ SecretId: undefined }),
    'label and id disagree': new GetSecretValueCommand({ SecretId, VersionId: token('a'), VersionStage: 'X' }),
    'token in use': new PutSecretValueCommand({ SecretId, SecretString: 'x', ClientRequestToken: token('a') }),
    'token too short': new PutSecretValueCommand({ SecretId, SecretString: 'x', ClientRequestToken: 'short' }),
    'no value': new PutSecretValueCommand({ SecretId }),
    'unknown version': new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'X', MoveToVersionId: token('z') }),
    'bad page': new ListSecretVersionIdsCommand({ SecretId, NextToken: 'x' }),
    'no function': new RotateSecretCommand({ SecretId }),
  };
  const comparable = (error: Error) => {
    const { name, message, $fault, $metadata } = error as SecretsManagerServiceException;
    return { name, message, $fault, status: $metadata.httpStatusCode };
  };

  test.each(Object.entries(commands))('%s', async (_, command) => {
    const { simulator, client } = await setUp();
    const operation = command.constructor.name.replace(/Command$/, '') as 'GetSecretValue';
    const inMemory = await rejectionOf(new InMemoryClient(simulator).send(operation, command.input as { SecretId: string }));
    const overTheWire = await rejectionOf(client.send(command as GetSecretValueCommand));
    expect(overTheWire).toBeInstanceOf(SecretsManagerServiceException);
    expect(comparable(overTheWire)).toEqual(comparable(inMemory));
  });

  test.each([accessDenied(), throttled(), decryptionFailure(), internalError()])('%s', async (fault) => {
    const { simulator, client } = await setUp({}, { intercept: () => { throw fault; } });
    const inMemory = await rejectionOf(new InMemoryClient(simulator).send('GetSecretValue', { SecretId }));
    const overTheWire = await rejectionOf(client.send(new GetSecretValueCommand({ SecretId })));
    expect(comparable(overTheWire)).toEqual(comparable(inMemory));
  });
});

describe('on the wire', () => {
  test('an answer', async () => {
    const { server, arn } = await setUp();
    const response = await post(server.url, 'GetSecretValue', JSON.stringify({ SecretId }));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toEqual({
      ARN: arn, Name: 'app', VersionId: token('a'), SecretString: 'one', VersionStages: ['AWSCURRENT'], CreatedDate: Date.UTC(2026, 0, 1, 0, 0, 1) / 1000,
    });
  });

  test('an error in the service model', async () => {
    const { server } = await setUp();
    const response = await post(server.url, 'GetSecretValue', JSON.stringify({ SecretId: 'nothing' }));
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, 'ResourceNotFoundException']);
    expect(await response.json()).toEqual({ __type: 'ResourceNotFoundException', Message: "Secrets Manager can't find the specified secret." });
  });

  test('an error outside the service model', async () => {
    const { server } = await setUp();
    const response = await post(server.url, 'GetSecretValue', '{}');
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ __type: 'ValidationException', message: expect.stringContaining("'secretId'") });
  });

  test.each([
    ['no JSON', 'GetSecretValue', 'no json', {}, 'SerializationException'],
    ['no structure', 'GetSecretValue', '[]', {}, 'SerializationException'],
    ['an unknown operation', 'Frobnicate', '{}', {}, 'UnknownOperationException'],
    ['an inherited name', 'toString', '{}', {}, 'UnknownOperationException'],
    ['another service', 'x', '{}', { 'x-amz-target': 'other.GetSecretValue' }, 'UnknownOperationException'],
    ['another content type', 'GetSecretValue', '{}', { 'content-type': 'application/json' }, 'UnknownOperationException'],
    ['no signature', 'GetSecretValue', '{}', { authorization: 'Bearer x' }, 'MissingAuthenticationTokenException'],
    ['no token in a raw request', 'PutSecretValue', '{"SecretId":"app","SecretString":"x"}', {}, 'InvalidRequestException'],
  ])('%s', async (_, operation, body, headers, type) => {
    const { server } = await setUp();
    const response = await post(server.url, operation, body, headers as Record<string, string>);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: type });
  });

  test('a request that is too large', async () => {
    const { server } = await setUp();
    expect((await post(server.url, 'PutSecretValue', 'x'.repeat(500_000))).status).toBe(413);
  });

  test('only on the loopback interface', async () => {
    const { server } = await setUp();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('hooks', () => {
  test('before: the service has not done the operation yet', async () => {
    const seen: unknown[] = [];
    const { client, simulator } = await setUp({
      before: ({ operation, index }) => { seen.push([operation, index, simulator.inspect(SecretId).versionCount]); },
    });
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'two' }));
    expect(seen).toEqual([['PutSecretValue', 0, 1]]);
  });

  test('after: it has, and the answer is not sent yet', async () => {
    const { client, simulator } = await setUp({ after: () => { throw connectionReset(); } });
    const error = await rejectionOf(client.send(new PutSecretValueCommand({ SecretId, SecretString: 'two' })));
    expect(error.message).toContain('socket hang up');
    expect(simulator.inspect(SecretId).value('AWSCURRENT')).toBe('two');
    expect(simulator.calls[0]).toMatchObject({ changed: true, lost: true });
  });

  test('before: may cut the connection', async () => {
    const { client, simulator } = await setUp({ before: () => { throw connectionReset(); } });
    expect((await rejectionOf(client.send(new PutSecretValueCommand({ SecretId, SecretString: 'two' })))).message).toContain('socket hang up');
    expect(simulator.inspect(SecretId).value('AWSCURRENT')).toBe('one');
  });

  test('may answer with an error of the service', async () => {
    const { client } = await setUp({ before: () => { throw accessDenied(); } });
    expect((await rejectionOf(client.send(new GetSecretValueCommand({ SecretId })))).name).toBe('AccessDeniedException');
  });

  test('the SDK retries a call whose answer is lost, with the same token', async () => {
    const { server, simulator } = await setUp({ after: ({ index }) => { if (index === 0) { throw connectionReset(); } } });
    const client = new SecretsManagerClient({
      endpoint: server.url, region: 'us-east-1', maxAttempts: 2, credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const { $metadata } = await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'two' }));
    client.destroy();
    expect($metadata.attempts).toBe(2);
    expect(simulator.calls.map(({ changed }) => changed)).toEqual([true, false]);
    expect(simulator.inspect(SecretId).versionCount).toBe(2);
  });
});

describe('latency', () => {
  test('per call', async () => {
    const { client } = await setUp({ latency: ({ operation }) => operation === 'GetSecretValue' ? 80 : 0 });
    const start = performance.now();
    await client.send(new GetSecretValueCommand({ SecretId }));
    expect(performance.now() - start).toBeGreaterThan(75);
  });

  test('for all calls, and a client that gives up meanwhile', async () => {
    const { client } = await setUp({ latency: 10_000 });
    const sent = client.send(new GetSecretValueCommand({ SecretId }), { abortSignal: AbortSignal.timeout(50) });
    expect((await rejectionOf(sent)).name).toBe('AbortError');
  });
});

test('a stopped server refuses connections', async () => {
  const { simulator } = withSecret();
  const server = await SecretsManagerServer.start(simulator);
  expect((await post(server.url, 'GetSecretValue', JSON.stringify({ SecretId }))).status).toBe(200);
  await server.stop();
  await expect(post(server.url, 'GetSecretValue', '{}')).rejects.toThrow();
});

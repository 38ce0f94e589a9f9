import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeSecretCommand, GetRandomPasswordCommand, GetSecretValueCommand, ListSecretsCommand, PutSecretValueCommand,
  SecretsManagerClient as SdkClient, type SecretsManagerServiceException, UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { SecretsManagerClient } from '../../lambda-src/aws/secrets-manager';
import { signedCall } from '../../lambda-src/aws/signed-call';
import type { Operations } from '../../lambda-src/rotation/secrets-manager';
import { SecretsManagerServer, SecretsManagerSimulator } from '../../simulator';
import { accessDenied, internalError, throttled } from '../../simulator/faults';
import { makeCertificate } from '../../tools/servers/certificates';

const TIMEOUTS = { connection: 1_000, answer: 300 };
const TOKEN = '0123456789012345678901234567890123456789';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example', sessionToken: 'to+ken==' };

const environment = { ...process.env };
const opened: { close(): unknown }[] = [];
let pauses: number[] = [];
beforeEach(() => {
  pauses = [];
  Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example', AWS_SESSION_TOKEN: 'to+ken==' });
});
afterEach(async () => {
  process.env = { ...environment };
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

/** A client of a server, which doesn't wait before a retry. */
function clientOf(endpoint: string): SecretsManagerClient {
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = endpoint;
  const pause = async (milliseconds: number) => pauses.push(milliseconds) > 0;
  return new SecretsManagerClient(signedCall(TIMEOUTS), { pause });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  opened.push({
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (listener: RequestListener) => listen(createServer(listener));

/** A server that answers every request in the same way, and how often it was asked. */
async function answering(status: number, body: string, headers: Record<string, string> = {}) {
  let requests = 0;
  const url = await serve((_, response) => {
    requests++;
    response.writeHead(status, headers).end(body);
  });
  return { client: clientOf(url), requests: () => requests };
}

const describeSecret = (client: SecretsManagerClient, signal?: AbortSignal) => client.send('DescribeSecret', { SecretId: 'app' }, signal);

describe('a request is that of the SDK', () => {
  const INPUTS: { [O in keyof Operations]: Operations[O]['input'] } & { readonly ListSecrets: object } = {
    DescribeSecret: { SecretId: 'app' },
    GetRandomPassword: { PasswordLength: 32, ExcludeCharacters: '"@/\\é', RequireEachIncludedType: undefined },
    GetSecretValue: { SecretId: 'app', VersionStage: 'AWSCURRENT' },
    ListSecrets: { MaxResults: 100, NextToken: undefined },
    PutSecretValue: { SecretId: 'app', ClientRequestToken: TOKEN, SecretString: '{"password":"\u0000\\"𝄞é"}', VersionStages: ['AWSPENDING'] },
    UpdateSecretVersionStage: { SecretId: 'app', VersionStage: 'AWSCURRENT', MoveToVersionId: TOKEN, RemoveFromVersionId: TOKEN },
  };
  const COMMANDS = {
    DescribeSecret: DescribeSecretCommand,
    GetRandomPassword: GetRandomPasswordCommand,
    GetSecretValue: GetSecretValueCommand,
    ListSecrets: ListSecretsCommand,
    PutSecretValue: PutSecretValueCommand,
    UpdateSecretVersionStage: UpdateSecretVersionStageCommand,
  };

  test.each(Object.keys(INPUTS) as (keyof typeof INPUTS)[])('of %s', async (operation) => {
    const seen: { method?: string; url?: string; headers: IncomingHttpHeaders; body: unknown }[] = [];
    const endpoint = await serve((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => {
        seen.push({ method: request.method, url: request.url, headers: request.headers, body: JSON.parse(body) });
        response.end('{}');
      });
    });
    const sdk = new SdkClient({ endpoint, region: 'eu-west-1', credentials: CREDENTIALS });
    opened.push({ close: () => sdk.destroy() });
    const Command = COMMANDS[operation] as new (input: object) => DescribeSecretCommand;
    await sdk.send(new Command(INPUTS[operation]));
    await clientOf(endpoint).send(operation, INPUTS[operation] as never);
    const [theirs, ours] = seen.map(({ method, url, body, headers }) => ({
      method,
      url,
      body,
      headers: Object.fromEntries(['host', 'content-type', 'x-amz-target', 'x-amz-security-token', 'content-length', 'connection'].map((name) => [name, headers[name]])),
      signer: headers.authorization?.replace(/SignedHeaders=.*/, ''),
    }));
    expect(ours).toEqual(theirs);
    // For those who look for our calls in CloudTrail. A proxy may change it, so it is not signed.
    expect(seen[1].headers['user-agent']).toBe('cdk-rotating-secret');
    expect(seen[1].headers.authorization).not.toContain('user-agent');
  });
});

describe('an answer is that of the SDK', () => {
  async function both() {
    const simulator = new SecretsManagerSimulator({ now: () => Date.UTC(2026, 1, 3, 4, 5, 6, 789) });
    simulator.createSecret('app', '{"password":"\u0000\\"𝄞é"}');
    const server = await SecretsManagerServer.start(simulator);
    const sdk = new SdkClient({ endpoint: server.url, region: 'eu-west-1', credentials: CREDENTIALS, maxAttempts: 1 });
    opened.push({ close: () => { sdk.destroy(); return server.stop(); } });
    return { simulator, sdk, ours: clientOf(server.url) };
  }

  test('with dates, lists and maps', async () => {
    const { sdk, ours } = await both();
    const { $metadata: _, ...described } = await sdk.send(new DescribeSecretCommand({ SecretId: 'app' }));
    expect(await describeSecret(ours)).toEqual(described);
    expect(described.CreatedDate).toEqual(new Date('2026-02-03T04:05:06.789Z'));
    const { $metadata: __, ...read } = await sdk.send(new GetSecretValueCommand({ SecretId: 'app' }));
    expect(await ours.send('GetSecretValue', { SecretId: 'app' })).toEqual(read);
  });

  test.each([accessDenied(), throttled(), internalError()])('if it is a refusal: %s, without the message of the service', async (fault) => {
    const { simulator, sdk, ours } = await both();
    simulator.intercept = () => { throw fault; };
    const refusalOf = (sent: Promise<unknown>) => sent.then(() => { throw new Error('It was not refused'); }, (error: unknown) => error as SecretsManagerServiceException);
    const { name, $fault, $metadata: { httpStatusCode } } = await refusalOf(sdk.send(new DescribeSecretCommand({ SecretId: 'app' })));
    const refusal = await refusalOf(describeSecret(ours));
    expect(refusal).toMatchObject({ name, $fault, $metadata: { httpStatusCode, requestId: expect.stringMatching(/^[\w-]{36}$/) } });
    expect(String(refusal)).not.toContain(fault.message);
  });
});

describe('retries', () => {
  test.each([
    ['an error of the service', 500, '{"__type":"InternalServiceError"}', 4], ['throttling', 400, '{"__type":"ThrottlingException"}', 4],
    ['a gateway', 502, '<html>', 4], ['a refusal', 400, '{"__type":"AccessDeniedException"}', 1], ['a foreign answer', 200, '<html>', 1],
  ])('after %s, with HTTP %i', async (_, status, body, attempts) => {
    const { client, requests } = await answering(status, body);
    await expect(describeSecret(client)).rejects.toThrow();
    expect(requests()).toBe(attempts);
    const delays = pauses.map((pause) => [100, 400, 1_600].find((least) => pause >= least && pause < 2 * least));
    expect(delays).toEqual([100, 400, 1_600].slice(0, attempts - 1));
  });

  test('after a connection that broke, and then succeeds', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      if (++requests < 3) { request.socket.destroy(); } else { response.end('{"ARN":"arn"}'); }
    });
    expect(await describeSecret(clientOf(url))).toEqual({ ARN: 'arn' });
    expect(requests).toBe(3);
  });

  test('not if there is no time', async () => {
    const { requests } = await answering(500, '{"__type":"InternalServiceError"}');
    const client = new SecretsManagerClient(signedCall(TIMEOUTS), { pause: async () => false });
    await expect(describeSecret(client)).rejects.toMatchObject({ name: 'InternalServiceError' });
    expect(requests()).toBe(1);
  });
});

test('uses a connection again, also after a refusal', async () => {
  const sockets = new Set<unknown>();
  let requests = 0;
  const client = clientOf(await serve((request, response) => {
    sockets.add(request.socket);
    response.writeHead(++requests === 2 ? 400 : 200).end(requests === 2 ? '{"__type":"AccessDeniedException"}' : '{"ARN":"arn"}');
  }));
  await describeSecret(client);
  await expect(describeSecret(client)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await describeSecret(client);
  expect([requests, sockets.size]).toEqual([3, 1]);
});

describe('the name of an error', () => {
  test.each([
    ['{"__type":"com.amazonaws.secretsmanager#DecryptionFailure"}', {}, 'DecryptionFailure'],
    ['{"__type":"DecryptionFailure:http://internal/"}', {}, 'DecryptionFailure'],
    ['{}', { 'x-amzn-errortype': 'DecryptionFailure:http://internal/' }, 'DecryptionFailure'],
  ])('is in %s, with the headers %j', async (body, headers, name) => {
    const { client } = await answering(400, body, headers);
    await expect(describeSecret(client)).rejects.toMatchObject({ name, $fault: 'client' });
  });
});

describe('what is not the service', () => {
  test.each([
    ['a page', 200, '<html>p4ssw0rd'], ['a page for an error', 403, '<html>p4ssw0rd'], ['a list', 200, '[]'], ['nothing', 200, ''], ['null', 200, 'null'], ['a redirection', 302, ''],
    ['a name that is none', 400, '{"__type":"p4ssw0rd is wrong"}'],
  ])('answers with %s', async (_, status, body) => {
    const { client } = await answering(status, body);
    await expect(describeSecret(client)).rejects.toMatchObject({
      name: 'ConnectivityError', message: expect.stringMatching(new RegExp(`^The answer to DescribeSecret with the HTTP status ${status} does not look like one of Secrets Manager`)),
    });
  });

  test('does not answer at all', async () => {
    const client = clientOf(await serve(() => {}));
    await expect(describeSecret(client)).rejects.toMatchObject({ name: 'ConnectivityError', message: expect.stringContaining('(ETIMEDOUT)') });
    expect(pauses).toHaveLength(3);
  });

  test('does not listen', async () => {
    const client = clientOf('http://127.0.0.1:9');
    await expect(describeSecret(client)).rejects.toMatchObject({ name: 'ConnectivityError', message: expect.stringContaining('(ECONNREFUSED)') });
  });

  test('has another certificate', async () => {
    const { certificateFile, keyFile } = await makeCertificate(mkdtempSync(join(tmpdir(), 'certificate-')), 'good');
    const url = await listen(createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (_, response) => { response.end('{"ARN":"arn"}'); }));
    await expect(describeSecret(clientOf(url.replace('http:', 'https:')))).rejects.toMatchObject({ name: 'TlsError' });
    expect(pauses).toEqual([]);
  });

  test('has no TLS', async () => {
    const url = await serve((_, response) => { response.end('{}'); });
    await expect(describeSecret(clientOf(url.replace('http:', 'https:')))).rejects.toMatchObject({ name: 'TlsError' });
  });
});

/** A server that answers every connection with these bytes, and closes it if they are all. */
async function raw(answer: string, isAll = true) {
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections++;
    socket.on('error', () => {}).once('data', () => { if (isAll) { socket.end(answer); } else { socket.write(answer); } });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  opened.push({ close: () => new Promise((resolve) => { server.close(resolve); }) });
  return { client: clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), connections: () => connections };
}

describe('an answer on the wire', () => {
  test.each([
    ['is cut', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"ARN":"arn"}', '(ECONNRESET)'],
    ['is cut between chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nd\r\n{"ARN":"arn"}\r\n', '(ECONNRESET)'],
    ['never comes', '', '(ECONNRESET)'],
    ['switches to another protocol', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n', '(ECONNRESET)'],
    ['is not HTTP', 'SSH-2.0-p4ssw0rd\r\n', 'does not look like one of Secrets Manager'],
    ['has a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', '(ECONNRESET)'],
    ['says that the connection was idle', 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', 'does not look like one of Secrets Manager'],
  ])('%s', async (_, answer, message) => {
    const { client, connections } = await raw(answer);
    await expect(describeSecret(client)).rejects.toMatchObject({ name: 'ConnectivityError', message: expect.stringContaining(message) });
    expect(connections()).toBe(4);
  });

  test('follows one that is not final', async () => {
    const { client } = await raw('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{"ARN":"arn"}');
    expect(await describeSecret(client)).toEqual({ ARN: 'arn' });
  });

  test('is read if it came while the process was busy', async () => {
    const client = clientOf(await serve((_, response) => {
      response.end('{"ARN":"arn"}');
      setImmediate(() => { const end = Date.now() + 2 * TIMEOUTS.answer; while (Date.now() < end) { /* busy */ } });
    }));
    expect(await describeSecret(client)).toEqual({ ARN: 'arn' });
    expect(pauses).toEqual([]);
  });
});

test('fields that are null are left out, as in the SDK', async () => {
  const body = '{"ARN":"arn","DeletedDate":null,"LastRotatedDate":null,"VersionIdsToStages":{"a":["AWSCURRENT"]},"CreatedDate":1.5E9}';
  const endpoint = await serve((_, response) => { response.end(body); });
  const sdk = new SdkClient({ endpoint, region: 'eu-west-1', credentials: CREDENTIALS });
  opened.push({ close: () => sdk.destroy() });
  const { $metadata: _, ...theirs } = await sdk.send(new DescribeSecretCommand({ SecretId: 'app' }));
  expect(await describeSecret(clientOf(endpoint))).toStrictEqual(theirs);
});

describe('a connection', () => {
  test('is kept alive from its first second on, because a called function may be silent for minutes', async () => {
    const keepAlive = jest.spyOn(Socket.prototype, 'setKeepAlive');
    const { client } = await answering(200, '{"ARN":"arn"}');
    await describeSecret(client);
    expect(keepAlive.mock.calls[0][0]).toBe(true);
    keepAlive.mockRestore();
  });

  test.each([[19_000, 1], [21_000, 2]])('that was idle for %d ms, as in a frozen function, makes it %d connections', async (idle, expected) => {
    const sockets = new Set<unknown>();
    const client = clientOf(await serve((request, response) => {
      sockets.add(request.socket);
      response.end('{"ARN":"arn"}');
    }));
    await describeSecret(client);
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + idle);
    await describeSecret(client);
    clock.mockRestore();
    expect(sockets.size).toBe(expected);
  });
});

test('ends with the deadline', async () => {
  const controller = new AbortController();
  const client = clientOf(await serve(() => { controller.abort(); }));
  await expect(describeSecret(client, controller.signal)).rejects.toThrow();
  expect(pauses).toEqual([]);
  await expect(describeSecret(client, AbortSignal.abort())).rejects.toThrow();
});

test.each([['AWS_REGION', 'NoRegionError'], ['AWS_ACCESS_KEY_ID', 'ConfigurationError'], ['AWS_SECRET_ACCESS_KEY', 'ConfigurationError']])('needs %s', async (variable, name) => {
  const { client, requests } = await answering(200, '{}');
  delete process.env[variable];
  await expect(describeSecret(client)).rejects.toMatchObject({ name });
  expect(requests()).toBe(0);
});

test.each(['ftp://127.0.0.1:9', 'nowhere'])('needs an endpoint that is a URL of HTTP, not %s', async (endpoint) => {
  await expect(describeSecret(clientOf(endpoint))).rejects.toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining('is not a URL') });
});

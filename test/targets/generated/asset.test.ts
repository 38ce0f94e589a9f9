/* The deployed file, over HTTP, through the real SDK, for what a mocked client can't show. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  eventOf, rotate, SecretsManagerServer, SecretsManagerSimulator, startRotation, STEPS, throttled, type RotationEvent, type ServerOptions,
} from '../../../simulator';
import { CONFIG_VARIABLE, HANDLER, METRIC_DIMENSIONS, METRICS, serializeConfig } from '../../../src/contract';
import { FunctionProcess } from '../../../tools/function-process';
import { makeCertificate } from '../../../tools/servers/certificates';
import { failure, passwordOf } from '../../harness';
import { metricsIn } from '../../metrics/embedded';

const ASSET = join(__dirname, '..', '..', '..', 'assets', 'generated');
const FUNCTION_NAME = 'rotation';
const EVENT = { SecretId: 's', ClientRequestToken: 't', Step: 'createSecret' } as const;

let output = '';
const cleanUp: (() => Promise<unknown>)[] = [];
beforeEach(() => { output = ''; });
afterEach(async () => { await Promise.all(cleanUp.splice(0).map((end) => end())); });

/** The asset in a separate process, with Lambda's environment only. */
async function load(endpoint: string, options: { timeoutMs?: number; without?: string; rotationMetrics?: boolean } = {}) {
  const { timeoutMs = 30_000, without, rotationMetrics } = options;
  const environment: Record<string, string> = {
    _HANDLER: HANDLER,
    LAMBDA_TASK_ROOT: ASSET,
    AWS_LAMBDA_FUNCTION_NAME: FUNCTION_NAME,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_SESSION_TOKEN: 'token',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    [CONFIG_VARIABLE]: serializeConfig({ target: 'generated', generateStringKey: 'password', passwordPolicy: {}, rotationMetrics }),
  };
  if (without) { delete environment[without]; }
  const functionProcess = await FunctionProcess.start({
    environment,
    functionArn: 'arn:aws:lambda:us-east-1:111122223333:function:rotation',
    timeoutMs,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
  cleanUp.push(() => functionProcess.kill());
  return async (event: RotationEvent) => { await functionProcess.invoke(event); };
}

async function serve(options: ServerOptions = {}, loadOptions = {}) {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', '{"username":"user1","password":"first-value-of-all"}');
  const server = await SecretsManagerServer.start(simulator, options);
  cleanUp.push(() => server.stop());
  return { simulator, arn, invoke: await load(server.url, loadOptions) };
}

/** A TCP server on a free port of the loopback interface. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('rotates with ten reads and two writes, and logs one JSON line for each step', async () => {
  const { simulator, arn, invoke } = await serve();
  const result = await rotate(simulator, arn, { invoke });
  expect(result).toMatchObject({ outcome: 'succeeded', attempts: 1 });
  const writes = simulator.calls.filter(({ kind }) => kind === 'write');
  expect(writes.map(({ operation }) => operation)).toEqual(['PutSecretValue', 'UpdateSecretVersionStage']);
  expect(simulator.calls).toHaveLength(12);
  const lines = output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ level, step, outcome }) => [level, step, outcome])).toEqual([
    ['INFO', 'createSecret', 'created'], ['INFO', 'setSecret', 'set'], ['INFO', 'testSecret', 'tested'], ['INFO', 'finishSecret', 'promoted'],
  ]);
  expect(lines[0]).toMatchObject({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), requestId: expect.stringMatching(/^[\w-]{36}$/), secretId: arn,
  });
  const secret = simulator.inspect(arn);
  const values = secret.versions.map(({ id }) => passwordOf(secret.value(id) as string));
  expect(new Set(values).size).toBe(2);
  expect(values.filter((value) => output.includes(value))).toEqual([]);
});

test('with rotationMetrics, adds them in the embedded metric format to its log lines', async () => {
  const { simulator, arn, invoke } = await serve({}, { rotationMetrics: true });
  await rotate(simulator, arn, { invoke });
  const lines = output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ step }) => step)).toEqual([...STEPS]);
  const metrics = lines.flatMap(metricsIn).map(({ name, dimensions }) => [name, dimensions]);
  const [ofSecret, ofFunction] = [{ [METRIC_DIMENSIONS.secret]: arn }, { [METRIC_DIMENSIONS.function]: FUNCTION_NAME }];
  expect(metrics).toEqual([
    ...Array(3).fill([[METRICS.stepDuration, ofSecret], [METRICS.stepDuration, ofFunction]]).flat(),
    [METRICS.stepDuration, ofSecret], [METRICS.succeeded, ofSecret], [METRICS.stepDuration, ofFunction], [METRICS.succeeded, ofFunction],
  ]);
  const secret = simulator.inspect(arn);
  const passwords = secret.versions.map(({ id }) => passwordOf(secret.value(id) as string));
  expect(passwords.filter((password) => output.includes(password))).toEqual([]);
});

test('case 14: throttling is answered with bounded backoff, then fails, and nothing is put', async () => {
  const { simulator, arn, invoke } = await serve({ before: ({ operation }) => { if (operation === 'GetSecretValue') { throw throttled(); } } });
  const error = await failure(invoke(eventOf(startRotation(simulator, arn), 'createSecret')));
  expect(error).toMatchObject({ errorType: 'SecretsManagerError', message: expect.stringContaining('ThrottlingException') });
  expect(simulator.calls.map(({ operation }) => operation)).toEqual(['DescribeSecret', ...Array<string>(4).fill('GetSecretValue')]);
});

test('case 14: throttling that passes does not fail the step', async () => {
  let refused = 0;
  const { simulator, arn, invoke } = await serve({ before: () => { if (refused++ < 2) { throw throttled(); } } });
  await invoke(eventOf(startRotation(simulator, arn), 'createSecret'));
  expect(simulator.inspect(arn).value('AWSPENDING')).toBeDefined();
});

test('cases 52, 54: replies that are lost after the service committed are found out', async () => {
  const lost = new Set<string>();
  const { simulator, arn, invoke } = await serve({
    after: ({ operation, kind }) => {
      if (kind === 'write' && !lost.has(operation)) {
        lost.add(operation);
        throw new Error('cut');
      }
    },
  });
  const result = await rotate(simulator, arn, { invoke });
  expect([...lost]).toEqual(['PutSecretValue', 'UpdateSecretVersionStage']);
  expect(result).toMatchObject({ outcome: 'succeeded', attempts: 1 });
  expect(simulator.inspect(arn).versionCount).toBe(2);
});

test('case 64: a refused connection fails as connectivity, with what a VPC needs', async () => {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const invoke = await load(url);
  expect(await failure(invoke(EVENT))).toMatchObject({
    errorType: 'ConnectivityError', message: expect.stringMatching(/ECONNREFUSED.*interface endpoint/),
  });
});

test('case 64: a step gives up on a service that never answers before Lambda\'s time-out', async () => {
  const hang = { before: ({ operation }: { operation: string }) => operation === 'PutSecretValue' ? new Promise<void>(() => {}) : undefined };
  const { simulator, arn, invoke } = await serve(hang, { timeoutMs: 3_000 });
  const error = await failure(invoke(eventOf(startRotation(simulator, arn), 'createSecret')));
  expect(error).toMatchObject({ errorType: 'StepTimeoutError', message: expect.stringContaining('raise the timeout') });
});

test('case 69: an answer that is not JSON fails without its content', async () => {
  const body = '{"SecretString":"s3cret-on-the-wire", oops';
  const invoke = await load(await listen(createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n'
      + `content-length: ${body.length}\r\n\r\n${body}`));
  })));
  const error = await failure(invoke(EVENT));
  expect(error).toMatchObject({ errorType: 'ConnectivityError', message: expect.stringMatching(/^The answer to DescribeSecret with the HTTP status 200 does not look like one of/) });
  expect(output).toContain('ConnectivityError');
  expect(`${output}${error.message}`).not.toMatch(/s3cret|oops/);
});

test('an endpoint with its own certificate is an error, and nothing is sent to it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'self-signed-'));
  try {
    const { certificateFile, keyFile } = await makeCertificate(folder, 'unknownCa');
    let requests = 0;
    const server = createHttpsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, () => { requests++; });
    const invoke = await load((await listen(server)).replace('http://127.0.0.1', 'https://localhost'));
    expect(await failure(invoke(EVENT))).toMatchObject({
      errorType: 'TlsError', message: expect.stringMatching(/^The certificate of what answers for Secrets Manager is not trusted \([A-Z_]+\)\. Look for a proxy/),
    });
    expect(requests).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each([
  ['an HTML page of a proxy', 'HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html', '<html>s3cret</html>', '503'],
  ['no body', 'HTTP/1.1 403 Forbidden', '', '403'],
  ['a redirection', 'HTTP/1.1 302 Found\r\nlocation: https://example.com/', '', '302'],
  ['nothing, as a success', 'HTTP/1.1 200 OK', '', '200'],
  ['a JSON text that is not from Secrets Manager, as a success', 'HTTP/1.1 200 OK\r\ncontent-type: application/json', '{"status":"s3cret"}', undefined],
])('case 64: %s is not an answer of Secrets Manager, and is an error', async (_, head, body, status) => {
  const invoke = await load(await listen(createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(`${head}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
  })));
  const error = await failure(invoke(EVENT));
  expect(error).toMatchObject({
    errorType: 'ConnectivityError',
    message: `The answer to DescribeSecret${status ? ` with the HTTP status ${status}` : ''} does not look like one of Secrets Manager. Look for a proxy, a firewall or an endpoint of your own between `
      + 'the function and Secrets Manager; without one, Secrets Manager failed',
  });
  expect(output).not.toContain('s3cret');
});

test('takes credentials only from the environment', async () => {
  const { simulator, arn, invoke } = await serve({}, { without: 'AWS_ACCESS_KEY_ID' });
  const error = await failure(invoke(eventOf(startRotation(simulator, arn), 'createSecret')));
  expect(error).toMatchObject({
    errorType: 'ConfigurationError', message: expect.stringMatching(/^There are no credentials for DescribeSecret: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set .* layer that removes them$/),
  });
  expect(simulator.calls).toEqual([]);
  const bytes = readFileSync(join(ASSET, '..', 'core', 'index.js'), 'utf8');
  const sources = ['/latest/meta-data/iam/security-credentials', '169.254.170.2', 'sso_session', 'web_identity_token_file', 'credential_process'];
  expect(sources.filter((source) => bytes.includes(source))).toEqual([]);
});

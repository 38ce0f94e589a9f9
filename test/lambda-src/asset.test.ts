/*
 * The file that Lambda runs, over HTTP, through the real SDK: what a mocked client can't show.
 */
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { failure } from './harness';
import type { RotationHandler } from '../../lambda-src/handler';
import { CONFIG_VARIABLE, serializeConfig } from '../../src/private/handler-contract';
import { eventOf, rotate, SecretsManagerServer, SecretsManagerSimulator, startRotation, throttled, type ServerOptions } from '../simulator';

const ASSET = join(__dirname, '..', '..', 'assets', 'generated', 'index.js');
const environment = { ...process.env };
let server: SecretsManagerServer | undefined;

async function serve(options: ServerOptions = {}) {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', '{"username":"user1","password":"first-value-of-all"}');
  server = await SecretsManagerServer.start(simulator, options);
  return { simulator, arn, handler: load(server.url) };
}

/** The asset as a new process would have it, with what Lambda sets. */
function load(endpoint: string): RotationHandler {
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_SESSION_TOKEN: 'token',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    [CONFIG_VARIABLE]: serializeConfig({ target: 'generated', generateStringKey: 'password', passwordPolicy: {} }),
  });
  let handler: RotationHandler | undefined;
  jest.isolateModules(() => { handler = (jest.requireActual<{ handler: RotationHandler }>(ASSET)).handler; });
  return handler!;
}

const context = (milliseconds: number) => {
  const end = Date.now() + milliseconds;
  return { awsRequestId: 'request-1', getRemainingTimeInMillis: () => end - Date.now() };
};

let output = '';
beforeEach(() => {
  output = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => { output += String(text); return true; });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await server?.stop();
  server = undefined;
  process.env = { ...environment };
});

test('rotates with ten reads and two writes, and logs a line of JSON a step', async () => {
  const { simulator, arn, handler } = await serve();
  const result = await rotate(simulator, arn, { invoke: (event) => handler(event, context(30_000)) });
  expect(result.outcome).toBe('succeeded');
  expect(simulator.calls.filter(({ kind }) => kind === 'write').map(({ operation }) => operation)).toEqual(['PutSecretValue', 'UpdateSecretVersionStage']);
  expect(simulator.calls).toHaveLength(12);
  const lines = output.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ level, step, outcome }) => [level, step, outcome])).toEqual([
    ['INFO', 'createSecret', 'created'], ['INFO', 'setSecret', 'set'], ['INFO', 'testSecret', 'tested'], ['INFO', 'finishSecret', 'promoted'],
  ]);
  expect(lines[0]).toMatchObject({ timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), requestId: 'request-1', secretId: arn });
  for (const { id } of simulator.inspect(arn).versions) {
    expect(output).not.toContain((JSON.parse(simulator.inspect(arn).value(id) as string) as { password: string }).password);
  }
});

test('case 14: throttling is answered with bounded backoff, then fails, and nothing is put', async () => {
  const { simulator, arn, handler } = await serve({ before: ({ operation }) => { if (operation === 'GetSecretValue') { throw throttled(); } } });
  const rotation = startRotation(simulator, arn);
  const error = await failure(handler(eventOf(rotation, 'createSecret'), context(30_000)));
  expect(error).toMatchObject({ name: 'SecretsManagerError', message: expect.stringContaining('ThrottlingException') });
  expect(simulator.calls.map(({ operation }) => operation)).toEqual(['DescribeSecret', ...Array<string>(4).fill('GetSecretValue')]);
});

test('case 14: throttling that passes does not fail the step', async () => {
  let refused = 0;
  const { simulator, arn, handler } = await serve({ before: () => { if (refused++ < 2) { throw throttled(); } } });
  await handler(eventOf(startRotation(simulator, arn), 'createSecret'), context(30_000));
  expect(simulator.inspect(arn).value('AWSPENDING')).toBeDefined();
});

test('case 52: a reply lost on the wire after the label moved is found out', async () => {
  let lost = 0;
  const { simulator, arn, handler } = await serve({
    after: ({ operation }) => { if (operation !== 'DescribeSecret' && lost++ % 2 === 0) { throw Object.assign(new Error('cut'), { code: 'ECONNRESET' }); } },
  });
  const result = await rotate(simulator, arn, { invoke: (event) => handler(event, context(30_000)) });
  expect(result).toMatchObject({ outcome: 'succeeded', attempts: 1 });
  expect(simulator.inspect(arn).versionCount).toBe(2);
});

test('case 64: nobody listening fails as connectivity, saying what a VPC needs', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const handler = load(`http://127.0.0.1:${port}`);
  const error = await failure(handler({ SecretId: 's', ClientRequestToken: 't', Step: 'createSecret' }, context(30_000)));
  expect(error).toMatchObject({ name: 'ConnectivityError', message: expect.stringMatching(/ECONNREFUSED.*interface endpoint/) });
});

test('case 64: a service that never answers is given up before Lambda would kill the function', async () => {
  const { simulator, arn, handler } = await serve({ before: ({ operation }) => operation === 'PutSecretValue' ? new Promise(() => {}) : undefined });
  const rotation = startRotation(simulator, arn);
  const time = context(2_000);
  const error = await failure(handler(eventOf(rotation, 'createSecret'), time));
  expect(error.name).toBe('StepTimeoutError');
  expect(time.getRemainingTimeInMillis()).toBeGreaterThan(500);
});

test('case 64: an answer that is not JSON fails without what it says', async () => {
  const net = createServer((socket) => socket.once('data', () => {
    const body = '{"SecretString":"s3cret-on-the-wire", oops';
    socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
  }));
  await new Promise<void>((resolve) => net.listen(0, '127.0.0.1', resolve));
  const handler = load(`http://127.0.0.1:${(net.address() as AddressInfo).port}`);
  const error = await failure(handler({ SecretId: 's', ClientRequestToken: 't', Step: 'createSecret' }, context(30_000)));
  await new Promise((resolve) => net.close(resolve));
  expect(error.name).toBe('UnexpectedError');
  expect(`${output}${error.message}${error.stack}`).not.toMatch(/s3cret|oops/);
});

test('takes credentials from the environment only', async () => {
  const { simulator, arn, handler } = await serve();
  delete process.env.AWS_ACCESS_KEY_ID;
  const error = await failure(handler(eventOf(startRotation(simulator, arn), 'createSecret'), context(30_000)));
  expect(error.name).toBe('UnexpectedError');
  expect(simulator.calls).toEqual([]);
  const bytes = readFileSync(ASSET, 'utf8');
  const sources = ['/latest/meta-data/iam/security-credentials', '169.254.170.2', 'sso_session', 'web_identity_token_file', 'credential_process'];
  expect(sources.filter((source) => bytes.includes(source))).toEqual([]);
});

/* The handler's own clients: how long they wait for a service that can't be reached, and how often they retry. */
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeHandler } from '../../lambda-src/handler';
import { generatedTarget } from '../../lambda-src/targets/generated/target';
import { CONFIG_VARIABLE, serializeConfig } from '../../src/contract';

const EVENT = { SecretId: 'secret', ClientRequestToken: 'token', Step: 'setSecret' };
const realSetTimeout = setTimeout;
const environment = { ...process.env };
let server: Server | undefined;

beforeEach(() => {
  // The clock runs as fast as the test needs, and sockets are real.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  process.env = { ...environment };
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

function setEnvironment(endpoint: string): void {
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    [CONFIG_VARIABLE]: serializeConfig({ target: 'generated', passwordPolicy: {} }),
  });
}

/** How a step ends against an endpoint, and after how many seconds of the clock. */
async function giveUp(endpoint: string): Promise<{ error: Error; seconds: number }> {
  setEnvironment(endpoint);
  const start = Date.now();
  let ended: { error: Error; seconds: number } | undefined;
  const handler = makeHandler(generatedTarget);
  const step = handler(EVENT, { awsRequestId: 'request-1', getRemainingTimeInMillis: () => start + 30_000 - Date.now() });
  step.catch((error: Error) => { ended = { error, seconds: (Date.now() - start) / 1_000 }; });
  while (!ended && Date.now() - start < 30_000) {
    await jest.advanceTimersByTimeAsync(50);
    await new Promise((resolve) => realSetTimeout(resolve, 1));
  }
  if (!ended) { throw new Error('The step did not end'); }
  return ended;
}

test('case 64: calls a service that never answers four times, for five seconds each', async () => {
  let requests = 0;
  server = createServer(() => { requests++; }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { error, seconds } = await giveUp(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(error).toMatchObject({ name: 'ConnectivityError', message: expect.stringContaining('DescribeSecret (ETIMEDOUT)') });
  expect(requests).toBe(4);
  expect(seconds).toBeGreaterThanOrEqual(20);
  expect(seconds).toBeLessThan(25);
});

test('case 64: attempts a connection that is never made four times, for two seconds each', async () => {
  const lookup = jest.spyOn(dns, 'lookup').mockImplementation((() => {}) as unknown as typeof dns.lookup);
  const { error, seconds } = await giveUp('http://secretsmanager.invalid');
  expect(error).toMatchObject({ name: 'ConnectivityError', message: expect.stringContaining('DescribeSecret (ETIMEDOUT)') });
  expect(lookup).toHaveBeenCalledTimes(4);
  expect(seconds).toBeGreaterThanOrEqual(8);
  expect(seconds).toBeLessThan(13);
});

test('case 14: each step of a warm function has all of its retries, however often it was throttled before', async () => {
  let requests = 0;
  server = createServer((_, response) => {
    requests++;
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end('{"__type":"ThrottlingException"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  setEnvironment(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const handler = makeHandler(generatedTarget);
  for (let steps = 1; steps <= 60; steps++) {
    let error: Error | undefined;
    handler(EVENT, { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 300_000 }).catch((thrown: Error) => { error = thrown; });
    while (!error) {
      await jest.advanceTimersByTimeAsync(500);
      await new Promise((resolve) => realSetTimeout(resolve, 1));
    }
    expect(error.message).toMatch(/^DescribeSecret was refused with ThrottlingException\b/);
    expect(requests).toBe(4 * steps);
  }
});

test('the steps of a warm function share their connections', async () => {
  let connections = 0;
  server = createServer((_, response) => { response.end('{}'); }).on('connection', () => { connections++; }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  setEnvironment(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  jest.useRealTimers();
  const handler = makeHandler(generatedTarget);
  for (let steps = 0; steps < 4; steps++) {
    await expect(handler(EVENT, { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 30_000 })).rejects.toMatchObject({ name: 'ConnectivityError' });
  }
  expect(connections).toBe(1);
});

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signedCall } from '../../../../lambda-src/aws/signed-call';
import { Deadline } from '../../../../lambda-src/rotation/deadline';
import { lambdaFunction, TIMEOUTS } from '../../../../lambda-src/targets/own/function/lambda-function';

const ARN = 'arn:aws:lambda:eu-west-1:111111111111:function:target';
const FAKE = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };
const environment = { ...process.env };

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void;
let server: Server;
let answer: Answer;
const requests: { readonly method?: string; readonly url: string; readonly body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => {
      requests.push({ method: request.method, url: decodeURIComponent(request.url!), body });
      answer(request, body, response);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  Object.assign(process.env, FAKE, { AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterAll(async () => {
  process.env = environment;
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
});
beforeEach(() => { requests.length = 0; });

const invoke = (deadline = new Deadline(() => 30_000)) => lambdaFunction(ARN, signedCall(TIMEOUTS))('{"step":"setSecret"}', deadline);
const refuse = (status: number, type: string): Answer => (_, __, response) => {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ Type: 'User', message: 'p4ssw0rd', Message: 'p4ssw0rd' }));
};

test('invokes the function and waits for its reply', async () => {
  answer = (_, __, response) => { response.end('{"status":"done"}'); };
  expect(await invoke()).toEqual({ isError: false, payload: '{"status":"done"}' });
  expect(requests).toEqual([{ method: 'POST', url: `/2015-03-31/functions/${ARN}/invocations`, body: '{"step":"setSecret"}' }]);
});

test('distinguishes a reply from an error of the runtime', async () => {
  answer = (_, __, response) => {
    response.setHeader('x-amz-function-error', 'Unhandled');
    response.end('{"errorType":"TypeError"}');
  };
  expect(await invoke()).toEqual({ isError: true, payload: '{"errorType":"TypeError"}' });
});

test('a function without a reply has an empty payload', async () => {
  answer = (_, __, response) => { response.end(); };
  expect(await invoke()).toEqual({ isError: false, payload: '' });
});

test('waits longer than for a call to Secrets Manager, until the time is up', async () => {
  answer = () => {};
  const deadline = new Deadline(() => 1_300);
  await expect(deadline.run('setSecret', () => invoke(deadline))).rejects.toMatchObject({ name: 'StepTimeoutError' });
  expect(requests).toHaveLength(1);
});

test.each<[number, string, RegExp]>([
  [404, 'ResourceNotFoundException', /does not exist any more/],
  [403, 'AccessDeniedException', /Grant it lambda:InvokeFunction/],
  [502, 'KMSAccessDeniedException', /kms:Decrypt/],
  [400, 'InvalidRequestContentException', /API reference of Lambda/],
])('%i %s is an error with what to do, and without the service\'s message', async (status, type, remedy) => {
  answer = refuse(status, type);
  const error: Error = await invoke().then(() => { throw new Error('It was invoked'); }, (thrown: Error) => thrown);
  expect(error).toMatchObject({ name: 'TargetFunctionError', message: expect.stringMatching(remedy) });
  expect(error.message).toContain(`Invoking ${ARN} failed with ${type}. `);
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('p4ssw0rd');
});

test('retries if it is throttled', async () => {
  answer = (request, body, response) => {
    if (requests.length < 2) { refuse(429, 'TooManyRequestsException')(request, body, response); } else { response.end('{"status":"done"}'); }
  };
  expect(await invoke()).toEqual({ isError: false, payload: '{"status":"done"}' });
  expect(requests).toHaveLength(2);
});

// Over a real socket it needs a separate process. In Jest's realm, the SDK doesn't recognize the error of a socket, and wraps it.
test.each([[{ code: 'ECONNREFUSED' }], [{ code: 'ENOTFOUND' }], [{ name: 'TimeoutError' }]])('fails if Lambda can not be reached: %j', async (failure) => {
  const call = async () => { throw Object.assign(new Error('p4ssw0rd'), failure); };
  await expect(lambdaFunction(ARN, call)('{}', new Deadline(() => 1_000))).rejects.toMatchObject({
    name: 'ConnectivityError', message: expect.stringMatching(/^Lambda can't be reached for Invoke of arn:.* \(\w+\)\. In a VPC .*interface endpoint for lambda/),
  });
});

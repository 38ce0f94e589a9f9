/* The deployed file, over HTTP: all pages, and the lines in the log. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CHECK_CONFIG_VARIABLE, HANDLER } from '../../src/contract';
import { FunctionProcess } from '../../tools/function-process';

const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:rotation';
const DAY = 86_400;
const now = () => Date.now() / 1000;
const secret = (name: string, days: number) => ({
  ARN: `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-AbCdEf`,
  RotationEnabled: true,
  RotationLambdaARN: FUNCTION,
  RotationRules: { ScheduleExpression: 'rate(30 days)' },
  LastRotatedDate: now() - (30 + days) * DAY,
  NextRotationDate: now() - days * DAY,
  SecretVersionsToStages: { one: ['AWSCURRENT'] },
});

let server: Server;
let fn: FunctionProcess;
const requests: { readonly target: string; readonly body: { readonly NextToken?: string } }[] = [];
const lines: string[] = [];

beforeAll(async () => {
  const pages = [{ SecretList: [secret('late', 5), secret('in-time', -5)], NextToken: 'more' }, { SecretList: [secret('too-late', 9)] }];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    request.on('end', () => {
      const body = JSON.parse(text) as { NextToken?: string };
      requests.push({ target: String(request.headers['x-amz-target']), body });
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify(pages[body.NextToken === 'more' ? 1 : 0]));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  fn = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(__dirname, '..', '..', 'assets', 'overdue'),
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_LAMBDA_FUNCTION_NAME: 'the-check',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      [CHECK_CONFIG_VARIABLE]: JSON.stringify({ functionArns: [FUNCTION], graceSeconds: DAY }),
    },
    functionArn: FUNCTION,
    timeoutMs: 30_000,
    onLine: ({ text, stream }) => { if (stream === 'stdout') { lines.push(text); } },
  });
});
afterAll(async () => {
  await fn.kill();
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
});

test('lists all secrets, and logs a line for each overdue one and a line with the metric', async () => {
  const { result } = await fn.invoke({ source: 'aws.events' });
  expect(requests.map(({ target, body }) => [target, body.NextToken])).toEqual([['secretsmanager.ListSecrets', undefined], ['secretsmanager.ListSecrets', 'more']]);
  expect(result).toEqual({
    checked: 3,
    overdue: ['late', 'too-late'].map((name) => ({ secretId: `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-AbCdEf`, reason: 'missed' })),
  });
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(parsed.map(({ level, reason, OverdueSecrets, FunctionName }) => [level, reason, OverdueSecrets, FunctionName])).toEqual([
    ['WARN', 'missed', undefined, undefined], ['WARN', 'missed', undefined, undefined], ['INFO', undefined, 2, 'the-check'],
  ]);
});

/* The deployed file, invoked as by CloudFormation, with the simulator of Secrets Manager behind HTTP and a real address for the answer. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CustomResourceEvent } from '../../lambda-src/custom-resource';
import { SecretsManagerServer, ServiceError, startRotation, type SecretsManagerSimulator } from '../../simulator';
import { HANDLER, type FirstRotationProperties } from '../../src/contract';
import { FunctionProcess } from '../../tools/function-process';
import { Harness } from '../harness';

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
}

const VALUE = '{"username":"user1","password":"do-not-show-the-password"}';
const LOG_GROUP = 'Stack-RotationLogGroup';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
/** Of this, 26 seconds are for the answer. */
const TIMEOUT_MS = 29_000;

let harness: Harness;
let service: SecretsManagerServer;
let cloudFormation: Server;
let waiter: FunctionProcess;
let answers: Answer[] = [];
let output = '';
let isDenied = false;

beforeAll(async () => {
  // The simulator of the running test.
  const current: Pick<SecretsManagerSimulator, 'execute'> = { execute: (...args) => harness.simulator.execute(...args) };
  service = await SecretsManagerServer.start(current, {
    before: () => { if (isDenied) { throw new ServiceError('AccessDeniedException', 'User: arn:aws:sts::111122223333:assumed-role/waiter is not authorized'); } },
  });
  cloudFormation = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += String(chunk); });
    request.on('end', () => {
      answers.push(JSON.parse(body) as Answer);
      response.end();
    });
  });
  await new Promise<void>((resolve) => { cloudFormation.listen(0, '127.0.0.1', resolve); });
  waiter = await FunctionProcess.start({
    environment: {
      _HANDLER: HANDLER,
      LAMBDA_TASK_ROOT: join(__dirname, '..', '..', 'assets', 'first-rotation'),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.url,
    },
    functionArn: 'arn:aws:lambda:us-east-1:111122223333:function:waiter',
    timeoutMs: TIMEOUT_MS,
    onLine: ({ text }) => { output += `${text}\n`; },
  });
});
afterAll(async () => {
  await waiter.kill();
  await service.stop();
  cloudFormation.closeAllConnections();
  await new Promise((resolve) => { cloudFormation.close(resolve); });
});
beforeEach(() => {
  harness = new Harness({ value: VALUE });
  [answers, output, isDenied] = [[], '', false];
});
afterEach(() => {
  for (const secret of ['do-not-show', harness.value('AWSCURRENT')]) { expect(JSON.stringify(answers) + output).not.toContain(secret); }
});

const properties = (changes: Partial<FirstRotationProperties> = {}): FirstRotationProperties => ({ SecretId: harness.arn, Path: 'Stack/App', LogGroup: LOG_GROUP, ...changes });

async function ask(requestType: CustomResourceEvent['RequestType'], changes: Partial<CustomResourceEvent> = {}): Promise<Answer> {
  await waiter.invoke({
    RequestType: requestType,
    ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/answer?Signature=do-not-show`,
    StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/app/1',
    RequestId: 'request-1',
    LogicalResourceId: 'First',
    ResourceProperties: properties(),
    ...changes,
  } satisfies CustomResourceEvent);
  expect(answers).toHaveLength(1);
  return answers[0];
}

const describes = () => harness.simulator.calls.filter(({ operation }) => operation === 'DescribeSecret').length;

async function rotate(): Promise<void> {
  await harness.steps(startRotation(harness.simulator, harness.arn), ...STEPS);
  harness.simulator.completeRotation(harness.arn);
}

test('answers a creation when the rotation is over', async () => {
  const rotation = harness.start();
  const answered = ask('Create');
  await sleep(1_000);
  expect(answers).toEqual([]);
  await harness.steps(rotation, ...STEPS);
  harness.simulator.completeRotation(harness.arn);
  expect(await answered).toEqual({
    Status: 'SUCCESS',
    PhysicalResourceId: harness.arn,
    StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/app/1',
    RequestId: 'request-1',
    LogicalResourceId: 'First',
  });
  expect(describes()).toBeGreaterThan(1);
});

test('answers at once for a secret that was rotated before', async () => {
  await rotate();
  harness.simulator.resetCalls();
  expect(await ask('Create')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: harness.arn });
  expect(harness.simulator.calls.map(({ operation }) => operation)).toEqual(['DescribeSecret']);
});

test('answers in time if a rotation fails, with its state, the log and what to do', async () => {
  const rotation = harness.start();
  await harness.steps(rotation, 'createSecret', 'setSecret');
  harness.simulator.failRotation(harness.arn, 'testSecret');
  const { Status, Reason, PhysicalResourceId } = await ask('Create');
  expect([Status, PhysicalResourceId]).toEqual(['FAILED', `${harness.arn}#waiting`]);
  expect(Reason).toMatch(/^rotation\.first: the first rotation of Stack\/App was not over after [1-3] seconds\. A rotation began, and AWSCURRENT has not moved/);
  expect(Reason).toContain(`The log is ${LOG_GROUP}. A rollback may delete it; cdk deploy --no-rollback keeps it. See https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/runbook.md#the-first-rotation`);
  expect(output).toContain('"message":"Create of First: rotation.first: ');
});

test('answers with possible causes if a rotation never began', async () => {
  harness.simulator.perform('RotateSecret', { SecretId: harness.arn, RotationLambdaARN: 'arn:aws:lambda:us-east-1:111122223333:function:rotation', RotateImmediately: false, ClientRequestToken: harness.simulator.newToken() });
  harness.simulator.completeRotation(harness.arn);
  const { Status, Reason } = await ask('Create', { ResourceProperties: properties({ LogGroup: undefined }) });
  expect([Status, Reason]).toEqual(['FAILED', expect.stringContaining('No rotation is in progress')]);
  expect(Reason).toContain('The log is the log group of the function arn:aws:lambda:us-east-1:111122223333:function:rotation.');
});

test('answers with the name of Secrets Manager\'s refusal, without its message', async () => {
  harness.start();
  isDenied = true;
  const { Status, Reason } = await ask('Create');
  expect([Status, Reason]).toEqual(['FAILED', expect.stringMatching(/DescribeSecret was refused with AccessDeniedException, request [\w-]+\. The function that waits may not describe the secret/)]);
  expect(Reason).not.toContain('assumed-role');
});

test('answers that a secret is deleted', async () => {
  const { Reason } = await ask('Create', { ResourceProperties: properties({ SecretId: `${harness.arn.slice(0, -6)}GoneAB` }) });
  expect(Reason).toContain('The secret does not exist in this account and region');
});

test('answers an update of the same secret and a deletion without a request', async () => {
  harness.start();
  expect(await ask('Update', { PhysicalResourceId: harness.arn, OldResourceProperties: properties({ Path: 'Stack/Before' }) }))
    .toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: harness.arn });
  answers = [];
  expect(await ask('Delete', { PhysicalResourceId: harness.arn })).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: harness.arn });
  expect(describes()).toBe(0);
});

test('waits for another secret in its place, with an id that makes CloudFormation delete the previous resource', async () => {
  await rotate();
  const before = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:before-AbCdEf';
  expect(await ask('Update', { PhysicalResourceId: before, OldResourceProperties: properties({ SecretId: before }) }))
    .toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: harness.arn });
});

test('answers an unknown request', async () => {
  expect(await ask('Create', { ResourceProperties: undefined as unknown as object })).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('This function does not know such a request') });
});

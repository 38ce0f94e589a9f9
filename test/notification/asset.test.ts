/* The deployed files, over HTTP: a rotation with a notification, and the effects of a crash, a refusal and a missing answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUS, CREDENTIALS, failEntry, PublishingEndpoint, refuse, TOPIC } from '../../servers/stand-ins/publishing-endpoint';
import { eventOf, rotate, runRotation, SecretsManagerServer, SecretsManagerSimulator, startRotation, STEPS } from '../../simulator';
import { CONFIG_VARIABLE, HANDLER, serializeConfig, type NotificationConfig } from '../../src/contract';
import { FunctionProcess } from '../../tools/function-process';
import { copyAsset } from '../../tools/shipped-asset';
import { failure, passwordOf } from '../harness';

const ASSETS = join(__dirname, '..', '..', 'assets');

let output = '';
const cleanUp: (() => Promise<unknown>)[] = [];
beforeEach(() => { output = ''; });
afterEach(async () => { await Promise.all(cleanUp.splice(0).map((end) => end())); });

async function serve(notification: NotificationConfig) {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('secret', '{"username":"user1","password":"first-value-of-all"}');
  const server = await SecretsManagerServer.start(simulator);
  const endpoint = await PublishingEndpoint.start();
  cleanUp.push(() => server.stop(), () => endpoint.stop());
  const load = async ({ timeoutMs = 30_000, publishTo = endpoint.url, root = join(ASSETS, 'generated') } = {}) => {
    const started = await FunctionProcess.start({
      environment: {
        ...CREDENTIALS,
        _HANDLER: HANDLER,
        LAMBDA_TASK_ROOT: root,
        AWS_REGION: 'eu-west-1',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url,
        AWS_ENDPOINT_URL: publishTo,
        [CONFIG_VARIABLE]: serializeConfig({ target: 'generated', generateStringKey: 'password', passwordPolicy: {}, ...notification }),
      },
      functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
      timeoutMs,
      onLine: ({ text }) => { output += `${text}\n`; },
    });
    cleanUp.push(() => started.kill());
    return started;
  };
  return { simulator, arn, endpoint, load };
}

test.each<[string, NotificationConfig]>([['a bus', { eventBusArn: BUS }], ['a topic', { topicArn: TOPIC }]])('sends %s one notification of each promotion, after it, and no other message', async (_, notification) => {
  const { simulator, arn, endpoint, load } = await serve(notification);
  const fn = await load();
  const currents: string[] = [simulator.inspect(arn).stages.AWSCURRENT];
  await fn.invoke(eventOf(startRotation(simulator, arn, { rotateImmediately: false }), 'testSecret'));
  simulator.completeRotation(arn);
  expect(endpoint.requests).toEqual([]);
  for (const expected of [1, 2]) {
    const { token } = startRotation(simulator, arn);
    for (const step of STEPS) {
      expect(endpoint.requests).toHaveLength(expected - 1);
      await fn.invoke(eventOf({ secretId: arn, token, test: false }, step));
    }
    simulator.completeRotation(arn);
    currents.push(token);
  }
  const told = [...endpoint.entries.map(({ Detail }) => JSON.parse(Detail)), ...endpoint.messages.map(({ Message }) => JSON.parse(Message))];
  expect(told.map(({ secretId, versionId, previousVersionId }) => [secretId, versionId, previousVersionId])).toEqual([
    [arn, currents[1], currents[0]], [arn, currents[2], currents[1]],
  ]);
  const secret = simulator.inspect(arn);
  const said = `${output}${JSON.stringify(endpoint.requests)}`;
  const values = secret.versions.map(({ id }) => secret.value(id) as string);
  expect(values).toHaveLength(3);
  expect([...values, ...values.map(passwordOf)].filter((value) => said.includes(value) || said.includes(encodeURIComponent(value)))).toEqual([]);
});

test('cases 49, 59: a function that crashes between the promotion and the message sends it when the rotation is retried', async () => {
  const { simulator, arn, endpoint, load } = await serve({ eventBusArn: BUS });
  const [first, second] = [await load(), await load()];
  // It gets the request, and the function gets no answer.
  const arrived = new Promise<void>((resolve) => { endpoint.answers.push(() => { resolve(); }); });
  const rotation = startRotation(simulator, arn);
  for (const step of STEPS.slice(0, 3)) { await first.invoke(eventOf(rotation, step)); }
  const finish = failure(first.invoke(eventOf(rotation, 'finishSecret')) as unknown as Promise<void>);
  await arrived;
  expect(simulator.inspect(arn).stages.AWSCURRENT).toBe(rotation.token);
  await first.kill();
  expect(await finish).toMatchObject({ name: 'ProcessEndedError' });
  endpoint.requests.length = 0;
  expect(await runRotation(simulator, arn, { invoke: (event) => second.invoke(event) })).toMatchObject({ outcome: 'succeeded', attempts: 1 });
  expect(endpoint.entries.map(({ Detail }) => JSON.parse(Detail).versionId)).toEqual([rotation.token]);
});

test('a bus that refuses fails the last step, the version stays current, and the retry sends the notification', async () => {
  const { simulator, arn, endpoint, load } = await serve({ eventBusArn: BUS });
  const fn = await load();
  endpoint.answers.push(failEntry('ThrottlingException'), refuse(400, '{"__type":"AccessDeniedException"}'));
  const result = await rotate(simulator, arn, { invoke: (event) => fn.invoke(event) });
  expect(result).toMatchObject({ outcome: 'succeeded', attempts: 2, failures: [{ step: 'finishSecret', error: { errorType: 'NotificationError' } }] });
  expect((result.failures[0].error as Error).message).toMatch(/^Version [\w-]+ is the current one, but events:PutEvents on arn:.* was refused with AccessDeniedException\. Grant it/);
  expect(simulator.inspect(arn).versions.filter(({ hasValue }) => hasValue)).toHaveLength(2);
  expect(endpoint.entries).toHaveLength(3);
});

test('case 64: a refused connection is an error with what a VPC needs', async () => {
  const { simulator, arn, endpoint, load } = await serve({ eventBusArn: BUS });
  const { url } = endpoint;
  await endpoint.stop();
  cleanUp.pop();
  const fn = await load({ publishTo: url });
  const result = await rotate(simulator, arn, { invoke: (event) => fn.invoke(event), attempts: 1 });
  expect((result.failures[0].error as Error).message).toMatch(/EventBridge can't be reached for PutEvents on arn:\S+ \(ECONNREFUSED\).*interface endpoint for events/);
});

test('case 64: a step gives up on a bus that never answers before Lambda\'s time-out', async () => {
  const { simulator, arn, endpoint, load } = await serve({ eventBusArn: BUS });
  const fn = await load({ timeoutMs: 4_000 });
  endpoint.answers.push(() => {});
  const result = await rotate(simulator, arn, { invoke: (event) => fn.invoke(event), attempts: 1 });
  expect(result.failures).toMatchObject([{ step: 'finishSecret', error: { errorType: 'StepTimeoutError' } }]);
});

test('a function without a notification does not load the file for notifications', async () => {
  const { simulator, arn, endpoint, load } = await serve({});
  const alone = mkdtempSync(join(tmpdir(), 'alone-'));
  cleanUp.push(async () => { rmSync(alone, { recursive: true }); });
  const root = copyAsset('generated', alone);
  rmSync(join(alone, 'core', 'notification.js'));
  const fn = await load({ root });
  expect(await rotate(simulator, arn, { invoke: (event) => fn.invoke(event) })).toMatchObject({ outcome: 'succeeded', attempts: 1 });
  expect(endpoint.requests).toEqual([]);
});

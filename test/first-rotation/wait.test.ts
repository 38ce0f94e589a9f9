import { waitForFirstRotation } from '../../lambda-src/first-rotation/wait';
import { InMemoryClient, SecretsManagerSimulator, startRotation } from '../../simulator';
import { Harness } from '../harness';

const LOG_GROUP = 'Stack-RotationLogGroup';
const REMAINING_MS = 14 * 60_000;

/** A waiter with its own clock, and events at times. */
function setUp(simulator: SecretsManagerSimulator, events: Readonly<Record<number, () => void | Promise<void>>> = {}) {
  let time = 0;
  const wait = waitForFirstRotation({
    client: new InMemoryClient(simulator),
    now: () => time,
    sleep: async (milliseconds) => {
      time += milliseconds;
      await events[time]?.();
    },
  });
  return { wait, waited: () => time };
}

const propertiesOf = (arn: string) => ({ SecretId: arn, Path: 'Stack/App', LogGroup: LOG_GROUP });
const describes = (simulator: SecretsManagerSimulator) => simulator.calls.filter(({ operation }) => operation === 'DescribeSecret').length;

test('waits until the rotation is over, and no longer', async () => {
  const harness = new Harness();
  const rotation = harness.start();
  const { wait, waited } = setUp(harness.simulator, {
    2_000: () => harness.steps(rotation, 'createSecret', 'setSecret'),
    6_000: async () => {
      await harness.steps(rotation, 'testSecret', 'finishSecret');
      harness.simulator.completeRotation(harness.arn);
    },
  });
  expect(await wait({ properties: propertiesOf(harness.arn) }, REMAINING_MS)).toEqual({ id: harness.arn });
  expect(waited()).toBe(6_000);
});

test('waits for a rotation that succeeds at the second attempt', async () => {
  const harness = new Harness();
  const rotation = harness.start();
  const { wait } = setUp(harness.simulator, {
    4_000: () => { harness.simulator.failRotation(harness.arn, 'createSecret'); },
    300_000: async () => {
      await harness.steps(rotation, 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
      harness.simulator.completeRotation(harness.arn);
    },
  });
  expect(await wait({ properties: propertiesOf(harness.arn) }, REMAINING_MS)).toEqual({ id: harness.arn });
});

test('refuses when the time is up, if every attempt of a rotation fails, with the steps and the log', async () => {
  const harness = new Harness();
  harness.start();
  const { wait, waited } = setUp(harness.simulator, { 4_000: () => { harness.simulator.failRotation(harness.arn, 'createSecret'); } });
  const { id, refusal } = await wait({ properties: propertiesOf(harness.arn) }, REMAINING_MS);
  expect(waited()).toBe(REMAINING_MS);
  expect(id).toBe(`${harness.arn}#waiting`);
  expect(refusal).toMatch(/^rotation\.first: the first rotation of Stack\/App was not over after 840 seconds\. A rotation began/);
  expect(refusal).toContain('createSecret, setSecret, testSecret or finishSecret failed');
  expect(refusal).toContain(`The log is ${LOG_GROUP}. A rollback may delete it; cdk deploy --no-rollback keeps it. See https://`);
  expect(refusal).not.toContain('first \\"value');
  // The whole answer: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
  expect(Buffer.byteLength(refusal!)).toBeLessThan(1_000);
});

test('names the function if there is no log group', async () => {
  const simulator = new SecretsManagerSimulator();
  const arn = simulator.createSecret('app', '{"password":"first"}');
  startRotation(simulator, arn);
  const { refusal } = await setUp(simulator).wait({ properties: { SecretId: arn, Path: 'Stack/App' } }, 10_000);
  expect(refusal).toContain('The log is the log group of the function arn:aws:lambda:us-east-1:111122223333:function:rotation. A rollback');
});

test('does not wait for a secret that was rotated before', async () => {
  const harness = new Harness();
  await harness.steps(harness.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
  harness.simulator.completeRotation(harness.arn);
  harness.start();
  const { wait, waited } = setUp(harness.simulator);
  expect(await wait({ properties: propertiesOf(harness.arn) }, REMAINING_MS)).toEqual({ id: harness.arn });
  expect(waited()).toBe(0);
});

test('gives up after two minutes if a rotation was cancelled', async () => {
  const harness = new Harness();
  harness.start();
  const { wait, waited } = setUp(harness.simulator, { 60_000: () => { harness.simulator.perform('CancelRotateSecret', { SecretId: harness.arn }); } });
  expect((await wait({ properties: propertiesOf(harness.arn) }, REMAINING_MS)).refusal).toContain('Its rotation is turned off');
  expect(waited()).toBe(180_000);
});

test.each([
  ['AccessDeniedException', 'denies secretsmanager:DescribeSecret to its role'],
  ['ThrottlingException', 'Deploy again'],
])('gives up after %s for two minutes, with what to do', async (name, advice) => {
  const error = Object.assign(new Error('quotes something'), { name, $fault: 'client', $metadata: {} });
  let time = 0;
  const wait = waitForFirstRotation({
    client: { send: () => Promise.reject(error) } as never,
    now: () => time,
    sleep: (milliseconds) => { time += milliseconds; return Promise.resolve(); },
  });
  const { refusal } = await wait({ properties: propertiesOf('arn') }, REMAINING_MS);
  expect(time).toBe(120_000);
  expect(refusal).toContain(`DescribeSecret was refused with ${name}`);
  expect(refusal).toContain(advice);
  expect(refusal).not.toContain('quotes something');
});

test('waits if a refusal ends in time: new policies take a while to be known', async () => {
  const harness = new Harness();
  const rotation = harness.start();
  let isAllowed = false;
  const client = new InMemoryClient(harness.simulator);
  const denied = Object.assign(new Error('denied'), { name: 'AccessDeniedException', $fault: 'client', $metadata: {} });
  let time = 0;
  const wait = waitForFirstRotation({
    client: { send: (operation: never, input: never) => isAllowed ? client.send(operation, input) : Promise.reject(denied) } as never,
    now: () => time,
    sleep: async (milliseconds) => {
      time += milliseconds;
      isAllowed = time % 118_000 === 0;
      if (time === 236_000) {
        await harness.steps(rotation, 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
        harness.simulator.completeRotation(harness.arn);
      }
    },
  });
  expect(await wait({ properties: propertiesOf(harness.arn) }, REMAINING_MS)).toEqual({ id: harness.arn });
});

test('does not take an answer that does not look like one of Secrets Manager for the end of a rotation', async () => {
  const wait = waitForFirstRotation({ client: { send: () => Promise.resolve({ LastRotatedDate: new Date() }) } as never });
  expect((await wait({ properties: propertiesOf('arn') }, 0)).refusal).toContain('does not look like one of Secrets Manager');
});

describe('a later deployment', () => {
  test('of the same secret makes no request', async () => {
    const harness = new Harness();
    harness.start();
    const { wait } = setUp(harness.simulator);
    expect(await wait({ id: harness.arn, properties: propertiesOf(harness.arn) }, REMAINING_MS)).toEqual({ id: harness.arn });
    expect(describes(harness.simulator)).toBe(0);
  });

  test('of another secret waits for that one, and keeps the id if its rotation fails, so that the rollback does not wait', async () => {
    const harness = new Harness();
    harness.start();
    const { wait } = setUp(harness.simulator);
    const before = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:before-AbCdEf';
    const answer = await wait({ id: before, properties: propertiesOf(harness.arn), oldProperties: propertiesOf(before) }, 10_000);
    expect(answer).toEqual({ id: before, refusal: expect.stringContaining('A rotation began') });
    expect(answer.refusal).not.toContain('rollback');
    expect(await wait({ id: answer.id, properties: propertiesOf(before) }, REMAINING_MS)).toEqual({ id: before });
  });

  test('after a first one that failed waits again', async () => {
    const harness = new Harness();
    harness.start();
    const { wait } = setUp(harness.simulator);
    const { id, refusal } = await wait({ properties: propertiesOf(harness.arn) }, 10_000);
    expect(refusal).toContain('A rotation began');
    expect((await wait({ id, properties: propertiesOf(harness.arn) }, 10_000)).refusal).toContain('A rotation began');
  });
});

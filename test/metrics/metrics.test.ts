import { metricsIn, type MetricValue } from './embedded';
import { metricsOf } from '../../lambda-src/metrics';
import { STEPS } from '../../simulator';
import { METRIC_DIMENSIONS, METRICS, type HandlerConfig } from '../../src/contract';
import { failure, Harness, passwordOf, type HarnessOptions } from '../harness';

const FUNCTION_NAME = 'rotation';
const CONFIG: HandlerConfig = { target: 'generated', generateStringKey: 'password', passwordPolicy: {}, rotationMetrics: true };

beforeEach(() => { process.env.AWS_LAMBDA_FUNCTION_NAME = FUNCTION_NAME; });
afterEach(() => {
  delete process.env.AWS_LAMBDA_FUNCTION_NAME;
  jest.useRealTimers();
});

const make = (options: HarnessOptions = {}) => new Harness({ config: CONFIG, ...options });

/** The counts of all metrics with one dimension. */
function counts(values: readonly MetricValue[], dimension: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { name, value, dimensions } of values) {
    if (Object.keys(dimensions).join() === dimension && name !== METRICS.stepDuration) { sums[name] = (sums[name] ?? 0) + value; }
  }
  return sums;
}

/** The counts, which are the same for the secret and for the function. */
function countsOf(harness: Harness): Record<string, number> {
  const values = harness.log.flatMap(metricsIn);
  const [ofSecret, ofFunction] = [counts(values, METRIC_DIMENSIONS.secret), counts(values, METRIC_DIMENSIONS.function)];
  expect(ofSecret).toEqual(ofFunction);
  return ofSecret;
}

describe('without rotationMetrics', () => {
  test.each([undefined, false])('%s: no log line has any of them', async (rotationMetrics) => {
    const harness = make({ config: { ...CONFIG, rotationMetrics } });
    const rotation = harness.start();
    await harness.steps(rotation, ...STEPS);
    await failure(harness.step({ ...rotation, token: 'unknown-token-of-a-version-00000' } as typeof rotation, 'setSecret'));
    const fields = new Set(harness.log.flatMap((line) => Object.keys(line)));
    expect([...fields].sort()).toEqual(['clientRequestToken', 'durationMs', 'errorType', 'level', 'message', 'outcome', 'requestId', 'secretId', 'step']);
  });
});

describe('with rotationMetrics', () => {
  test('a rotation counts once, with the last step, and every step has its duration, for the secret and for the function', async () => {
    const harness = make();
    await harness.steps(harness.start(), ...STEPS);
    expect(countsOf(harness)).toEqual({ [METRICS.succeeded]: 1 });
    expect(harness.log.map((line) => metricsIn(line).map(({ name }) => name))).toEqual([
      ...Array<string[]>(3).fill([METRICS.stepDuration, METRICS.stepDuration]),
      [METRICS.stepDuration, METRICS.succeeded, METRICS.stepDuration, METRICS.succeeded],
    ]);
    const dimensions = harness.log.flatMap(metricsIn).map((value) => value.dimensions);
    expect(new Set(dimensions.map((value) => JSON.stringify(value)))).toEqual(new Set([
      JSON.stringify({ [METRIC_DIMENSIONS.secret]: harness.arn }), JSON.stringify({ [METRIC_DIMENSIONS.function]: FUNCTION_NAME }),
    ]));
  });

  test('finishSecret counts nothing again if the version is current already', async () => {
    const harness = make();
    const rotation = harness.start();
    await harness.steps(rotation, ...STEPS, 'finishSecret', 'createSecret');
    expect(harness.log.map(({ outcome }) => outcome).slice(-2)).toEqual(['alreadyCurrent', 'alreadyCurrent']);
    expect(countsOf(harness)).toEqual({ [METRICS.succeeded]: 1 });
  });

  test('testSecret alone, as at deployment, is no rotation', async () => {
    const harness = make();
    const rotation = harness.start();
    await harness.steps(rotation, 'createSecret');
    harness.log.length = 0;
    await harness.step(rotation, 'testSecret');
    expect(countsOf(harness)).toEqual({});
    expect(harness.log.flatMap(metricsIn)).toHaveLength(2);
  });

  test('a failed step counts, and so does the next attempt', async () => {
    const harness = make();
    const rotation = harness.start();
    const error = await failure(harness.step(rotation, 'testSecret'));
    expect(error.name).toBe('PendingValueMissingError');
    expect(countsOf(harness)).toEqual({ [METRICS.failed]: 1 });
    expect(harness.log[0]).toMatchObject({ level: 'ERROR', errorType: 'PendingValueMissingError', [METRICS.failed]: 1 });
    await harness.steps(rotation, ...STEPS);
    expect(countsOf(harness)).toEqual({ [METRICS.failed]: 1, [METRICS.succeeded]: 1 });
  });

  test('the time is the end of the step, in milliseconds, so that an alarm reads it after any duration', async () => {
    const start = Date.UTC(2026, 2, 1, 3, 17, 16, 250);
    jest.useFakeTimers({ now: start, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const harness = make({
      makeTarget: () => ({
        createValue: async () => undefined,
        validate: () => {},
        isDerived: () => true,
        setSecret: async () => { jest.setSystemTime(start + 1_500); },
        testSecret: async () => {},
      }),
    });
    await harness.step(harness.start(), 'setSecret');
    expect(harness.log.flatMap(metricsIn).map(({ value, unit, timestamp }) => [value, unit, timestamp])).toEqual(Array(2).fill([1_500, 'Milliseconds', start + 1_500]));
  });

  test('an event that Secrets Manager doesn\'t send counts nothing', async () => {
    const harness = make();
    await failure(harness.invoke({ Step: 'rotate', SecretId: harness.arn, ClientRequestToken: 'token' }));
    expect(harness.log.flatMap(metricsIn)).toEqual([]);
  });

  test('no value of the secret is in a line', async () => {
    const harness = make();
    await harness.steps(harness.start(), ...STEPS);
    const log = JSON.stringify(harness.log);
    expect(harness.allValues.length).toBe(2);
    expect(harness.allValues.filter((value) => log.includes(passwordOf(value)))).toEqual([]);
  });
});

describe('a line about a secret', () => {
  const step = { start: Date.UTC(2026, 0, 1), durationMs: 5, functionName: FUNCTION_NAME, end: 'failed' } as const;

  test.each([
    ['a name that is no ARN', 'my-app/password'], ['an ARN that is too long', `arn:${'x'.repeat(1021)}`], ['a space', ' '], ['a colon before the ARN', ':arn:aws:secretsmanager'],
  ])('that has %s counts for the function only, so that CloudWatch takes it', (_, secretId) => {
    const metrics = metricsIn(metricsOf({ ...step, secretId }));
    expect(metrics.map(({ dimensions }) => dimensions)).toEqual(Array(2).fill({ [METRIC_DIMENSIONS.function]: FUNCTION_NAME }));
  });

  test('that has the longest ARN counts for both', () => {
    expect(metricsIn(metricsOf({ ...step, secretId: `arn:${'x'.repeat(1020)}` }))).toHaveLength(4);
  });
});

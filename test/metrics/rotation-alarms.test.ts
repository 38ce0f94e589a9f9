import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { metricsIn, valuesOf, type MetricReference } from './embedded';
import { metricsOf } from '../../lambda-src/metrics';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type RotationAlarmsOptions, type RotationFunctionProps } from '../../src';
import { CONFIG_VARIABLE } from '../../src/contract';
import { deployed } from '../../tools/events/template';
import { anchorsOf, RUNBOOK_URL } from '../docs/runbook';
import { configOf, errorOf, expectInvalid, FUNCTION, makeApp, makeStack, onlyResource, resourcesOf, SCHEDULE, SECRET, warningsOf } from '../fixture';

const ALARM = 'AWS::CloudWatch::Alarm';
const ACCOUNT = '111111111111';
const REGION = 'eu-west-1';
const arnOf = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`;

/** The metrics that the handler logs for a failed step. */
const failedStep = (functionName: string, secretId: string) =>
  metricsIn(metricsOf({ start: Date.UTC(2026, 0, 1), durationMs: 5, functionName, secretId, end: 'failed' }));

/** A function with its alarms. */
function alarmsOf(options: RotationAlarmsOptions = {}, props: RotationFunctionProps = {}) {
  const stack = makeStack();
  const fn = new RotationFunction(stack, 'Rotation', { rotationMetrics: true, ...props });
  const alarms = fn.addRotationAlarms(options);
  const found = resourcesOf(stack, ALARM);
  const idOf = (alarm: cloudwatch.Alarm) => stack.getLogicalId(alarm.node.defaultChild as cloudwatch.CfnAlarm);
  return {
    stack,
    fn,
    alarms,
    ids: found.map(({ id }) => id),
    properties: (alarm: keyof typeof alarms): any => found.find(({ id }) => id === idOf(alarms[alarm]!))!.properties,
  };
}

/** A text of a template, with its CloudFormation functions replaced. */
const textOf = (value: unknown, refs: Record<string, string>) => String(deployed(value, { account: ACCOUNT, region: REGION, refs }));

describe('the alarms on a function', () => {
  const { stack, ids, properties } = alarmsOf();
  const { id: functionId } = onlyResource(stack, FUNCTION);
  const ALARMS = ['rotationsFailed', 'errors', 'throttles', 'duration'] as const;

  test('are four, and no other resource is made', () => {
    const without = makeStack();
    new RotationFunction(without, 'Rotation', { rotationMetrics: true });
    expect(ids).toHaveLength(ALARMS.length);
    expect(resourcesOf(stack).length - resourcesOf(without).length).toBe(ALARMS.length);
  });

  test.each([
    ['rotationsFailed', 'RotatingSecret', 'RotationsFailed', 'Sum', 1],
    ['errors', 'AWS/Lambda', 'Errors', 'Sum', 1],
    ['throttles', 'AWS/Lambda', 'Throttles', 'Sum', 1],
    ['duration', 'AWS/Lambda', 'Duration', 'Maximum', 24_000],
  ] as const)('%s: %s %s of this function, in five minutes, at once, and not for missing data', (alarm, namespace, metric, statistic, threshold) => {
    expect(properties(alarm)).toEqual({
      Namespace: namespace,
      MetricName: metric,
      Statistic: statistic,
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: functionId } }],
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: threshold,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmDescription: expect.anything(),
    });
  });

  test.each([
    ['rotationsFailed', 'failed. Secrets Manager retries the rotation', 'errorType'],
    ['errors', 'ended with an error', 'more time or memory'],
    ['throttles', 'too many invocations', 'reserved concurrency'],
    ['duration', 'took 24 of its 30 seconds', 'longer timeout'],
  ] as const)('%s says what happened, what to do, and which section to read', (alarm, happened, whatToDo) => {
    const text = textOf(properties(alarm).AlarmDescription, { [functionId]: 'the-function' });
    expect(text).toMatch(new RegExp('^[^.]*\\bthe-function\\b'));
    expect(text).toContain(happened);
    expect(text).toContain(whatToDo);
    const [, page, anchor] = /(https:\S+)#(\S+)$/.exec(text)!;
    expect(page).toBe(RUNBOOK_URL);
    expect(anchorsOf('runbook.md')).toContain(anchor);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    expect(text.length + 64).toBeLessThanOrEqual(1024);
  });

  test('the runbook has a section for each of these alarms', () => {
    const linked = ALARMS.map((alarm) => textOf(properties(alarm).AlarmDescription, { [functionId]: 'x' }).split('#').pop());
    expect(anchorsOf('runbook.md').filter((anchor) => anchor.startsWith('alarm-')).sort()).toEqual([...linked].sort());
  });

  test('rotationsFailed goes off for every secret of the function, and for none of another function', () => {
    const metric = deployed(properties('rotationsFailed'), { account: ACCOUNT, region: REGION, refs: { [functionId]: 'this' } }) as MetricReference;
    expect(['one-AbCdEf', 'two-AbCdEf'].map((name) => valuesOf(metric, failedStep('this', arnOf(name))))).toEqual([[1], [1]]);
    expect(valuesOf(metric, failedStep('that', arnOf('one-AbCdEf')))).toEqual([]);
  });
});

describe('the options of the alarms', () => {
  test('are actions for all of them', () => {
    const stack = makeStack();
    const topic = new sns.Topic(stack, 'Topic');
    new RotationFunction(stack, 'Rotation', { rotationMetrics: true }).addRotationAlarms({ alarmActions: [new SnsAction(topic)] });
    const actions = resourcesOf(stack, ALARM).map(({ properties }) => properties.AlarmActions);
    expect(actions).toEqual(Array(4).fill([{ Ref: onlyResource(stack, 'AWS::SNS::Topic').id }]));
  });

  test('are a threshold for the duration', () => {
    const { properties } = alarmsOf({ durationPercent: 50 }, { timeout: Duration.minutes(5) });
    expect(properties('duration').Threshold).toBe(150_000);
    expect(JSON.stringify(properties('duration').AlarmDescription)).toContain('took 150 of its 300 seconds');
  });

  test.each([0, -1, 100, 120, NaN])('don\'t accept %d percent', (durationPercent) => {
    expectInvalid(() => alarmsOf({ durationPercent }), 'durationPercent', `is ${durationPercent}`, 'below 100', 'Leave it out for 80');
  });
});

test.each([[10, 95, 90], [30, 97, 96]])('refuses a time-out of %d seconds and %d percent: no step takes that long', (seconds, durationPercent, most) => {
  const duration = { timeout: Duration.seconds(seconds) };
  expectInvalid(() => alarmsOf({ durationPercent }, duration), 'durationPercent', `is ${durationPercent}`, `Give at most ${most}`);
  expect(alarmsOf({ durationPercent: most }, duration).properties('duration').Threshold).toBe(seconds * most * 10);
});

test('a function without rotationMetrics has the same three other alarms', () => {
  const [without, having] = [alarmsOf({}, { rotationMetrics: false }), alarmsOf()];
  expect(without.ids).toHaveLength(3);
  expect(without.alarms.rotationsFailed).toBeUndefined();
  for (const alarm of ['errors', 'throttles', 'duration'] as const) { expect(without.properties(alarm)).toEqual(having.properties(alarm)); }
});

describe('the alarms are refused', () => {
  test('if the time-out is not known', () => {
    const stack = makeStack();
    const timeout = Duration.seconds(new CfnParameter(stack, 'Timeout', { type: 'Number' }).valueAsNumber);
    const fn = new RotationFunction(stack, 'Rotation', { rotationMetrics: true, timeout });
    expectInvalid(() => fn.addRotationAlarms(), 'timeout', 'Stack/Rotation is a token', '80 percent');
    expect(fn.node.findAll().filter((child) => child instanceof cloudwatch.Alarm)).toEqual([]);
  });

  test('if the function has them', () => {
    const { fn } = alarmsOf();
    expect(errorOf(() => fn.addRotationAlarms()).message).toContain('RotationsFailedAlarm');
  });
});

test('a fleet of 50 secrets in another stack takes only the four alarms, in the stack of the function', () => {
  const app = makeApp();
  const functions = new Stack(app, 'Functions');
  const secrets = new Stack(app, 'Secrets');
  const rotationFunction = new RotationFunction(functions, 'Rotation', { rotationMetrics: true });
  rotationFunction.addRotationAlarms();
  for (let n = 0; n < 50; n++) { new RotatingSecret(secrets, `Secret${n}`, { rotationFunction }); }
  expect(resourcesOf(secrets).length).toBe(100);
  expect(resourcesOf(functions, ALARM)).toHaveLength(4);
});

describe('a metric', () => {
  const HELPERS = [
    ['metricRotationsSucceeded', 'RotationsSucceeded', 'Sum'],
    ['metricRotationsFailed', 'RotationsFailed', 'Sum'],
    ['metricRotationStepDuration', 'RotationStepDuration', 'Maximum'],
  ] as const;

  test.each(HELPERS)('%s of a RotatingSecret is %s of its ARN', (helper, name, statistic) => {
    const stack = makeStack();
    const secret = new RotatingSecret(stack, 'Secret', { rotationMetrics: true });
    const metric = secret.rotation[helper]();
    expect(metric).toMatchObject({ namespace: 'RotatingSecret', metricName: name, statistic, period: Duration.minutes(5) });
    expect(stack.resolve(metric.dimensions)).toEqual({ SecretId: { Ref: onlyResource(stack, SECRET).id } });
    expect(configOf(stack).rotationMetrics).toBe(true);
  });

  test.each(HELPERS)('%s of a function is %s of its name', (helper, name, statistic) => {
    const stack = makeStack();
    const metric = new RotationFunction(stack, 'Rotation', { rotationMetrics: true })[helper]();
    expect(metric).toMatchObject({ namespace: 'RotatingSecret', metricName: name, statistic });
    expect(stack.resolve(metric.dimensions)).toEqual({ FunctionName: { Ref: onlyResource(stack, FUNCTION).id } });
  });

  test.each(HELPERS)('%s of a secret of another construct is of the ARN of the import', (helper, name) => {
    const stack = makeStack();
    const rotation = new RotationFunction(stack, 'Rotation', { rotationMetrics: true }).rotate(Secret.fromSecretCompleteArn(stack, 'Secret', arnOf('x-AbCdEf')));
    expect(rotation[helper]()).toMatchObject({ metricName: name, dimensions: { SecretId: arnOf('x-AbCdEf') } });
  });

  test.each(HELPERS)('%s accepts the options of CDK', (helper) => {
    const secret = new RotatingSecret(makeStack(), 'Secret', { rotationMetrics: true });
    const options = { period: Duration.days(1), statistic: 'p90', label: 'Ours' };
    expect(secret.rotation[helper](options)).toMatchObject(options);
    expect(secret.rotationFunction[helper](options)).toMatchObject(options);
  });

  test.each(HELPERS)('%s is refused if the function makes none, with what to do', (helper) => {
    const secret = new RotatingSecret(makeStack(), 'Secret');
    for (const metric of [() => secret.rotation[helper](), () => secret.rotationFunction[helper]()]) {
      expectInvalid(metric, 'rotationMetrics', 'is not set', 'Stack/Secret/RotationFunction makes no metrics', 'Turn rotationMetrics on');
    }
  });

  test.each(HELPERS)('%s is refused for a secret whose complete ARN is not known', (helper) => {
    const stack = makeStack();
    const rotation = new RotationFunction(stack, 'Rotation', { rotationMetrics: true }).rotate(Secret.fromSecretNameV2(stack, 'Secret', 'my-app/db'));
    expectInvalid(() => rotation[helper](), 'secret', 'Stack/Secret is known by a partial ARN or its name', 'Secret.fromSecretCompleteArn');
  });

  test('makes an alarm that goes off for its secret, and not for another one of the same function', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', { rotationMetrics: true });
    const secret = new RotatingSecret(stack, 'Secret', { rotationFunction });
    new RotatingSecret(stack, 'Other', { rotationFunction });
    secret.rotation.metricRotationsFailed().createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 });
    const refs = { [stack.getLogicalId(secret.node.defaultChild as any)]: arnOf('secret-AbCdEf') };
    const metric = deployed(onlyResource(stack, ALARM).properties, { account: ACCOUNT, region: REGION, refs }) as MetricReference;
    expect(valuesOf(metric, failedStep('fn', arnOf('secret-AbCdEf')))).toEqual([1]);
    expect(valuesOf(metric, failedStep('fn', arnOf('other-AbCdEf')))).toEqual([]);
  });
});

describe('rotationMetrics', () => {
  test.each([undefined, false])('%s leaves the template unchanged', (rotationMetrics) => {
    const templates = [{}, { rotationMetrics }].map((props) => {
      const stack = makeStack();
      new RotationFunction(stack, 'Rotation', props);
      new RotatingSecret(stack, 'Secret', props);
      return resourcesOf(stack);
    });
    expect(templates[1]).toEqual(templates[0]);
    expect(JSON.stringify(templates[1])).not.toContain('rotationMetrics');
  });

  test('changes nothing but the configuration of the function', () => {
    const [without, withMetrics] = [false, true].map((rotationMetrics) => {
      const stack = makeStack();
      new RotatingSecret(stack, 'Secret', { rotationMetrics });
      return resourcesOf(stack);
    });
    expect(withMetrics.filter(({ type }) => type !== FUNCTION)).toEqual(without.filter(({ type }) => type !== FUNCTION));
    expect(withMetrics.filter(({ type }) => type === SCHEDULE)).toHaveLength(1);
  });

  test.each([
    ['a generated value', () => RotationTarget.generated()],
    ['a database with a superuser secret, whose ARN is a token',
      (stack: Stack) => RotationTarget.postgres({ strategy: RotationStrategy.alternatingUsers(new Secret(stack, 'Superuser')) })],
    ['a function of one\'s own', (stack: Stack) => RotationTarget.invoke(lambda.Function.fromFunctionName(stack, 'Target', 'target'))],
  ])('reaches the handler of %s', (_, target) => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { target: target(stack), rotationMetrics: true });
    const { Variables: variables } = onlyResource(stack, FUNCTION).properties.Environment;
    const config = JSON.stringify(variables[CONFIG_VARIABLE]).replace(/\\/g, '');
    expect(config).toContain('"rotationMetrics":true');
  });

  test.each([true, false])('%s is refused together with a rotationFunction, which has it', (rotationMetrics) => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation');
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { rotationFunction, rotationMetrics }), 'rotationMetrics', 'together with rotationFunction', 'to the RotationFunction only');
  });

  test.each([
    ['WARN', 'of steps that succeeded'], ['ERROR', 'of steps that succeeded'], ['FATAL', 'of all steps'],
  ])('with the level %s warns of lost lines, %s', (applicationLogLevel, lost) => {
    const { stack } = alarmsOf({}, { applicationLogLevel, loggingFormat: lambda.LoggingFormat.JSON });
    expect(warningsOf(stack).filter((warning) => warning.includes('applicationLogLevel'))).toEqual([expect.stringContaining(lost)]);
  });

  test.each(['TRACE', 'DEBUG', 'INFO', undefined])('with the level %s gives no warning', (applicationLogLevel) => {
    const { stack } = alarmsOf({}, { applicationLogLevel });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('ignores the level if it is not set', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { applicationLogLevel: 'FATAL' });
    expect(warningsOf(stack)).toEqual([]);
  });
});

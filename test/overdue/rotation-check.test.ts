import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotationCheck, RotationFunction } from '../../src';
import { CHECK_CONFIG_VARIABLE, parseCheckConfig } from '../../src/contract';
import { ENV, expectInvalid, FUNCTION, makeApp, makeStack, onlyResource, PERMISSION, resourcesOf, ROLE, statementsOf, warningsOf } from '../fixture';

const RULE = 'AWS::Events::Rule';
const ALARM = 'AWS::CloudWatch::Alarm';

/** The configuration of the check, with tokens as in the template. */
function configOf(stack: Stack): unknown {
  const variables = resourcesOf(stack, FUNCTION).map(({ properties }) => properties.Environment.Variables);
  const given = variables.map(({ [CHECK_CONFIG_VARIABLE]: value }) => value).find((value) => value !== undefined);
  const text = typeof given === 'string' ? given : given['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : 'TOKEN').join('');
  return parseCheckConfig(text);
}

const functionArn = (n: number) => `arn:aws:lambda:${ENV.region}:${ENV.account}:function:rotation-${n}`;

test('checks every secret once a day, with a day of grace, and may only list', () => {
  const stack = makeStack();
  new RotationCheck(stack, 'Check');
  expect(configOf(stack)).toEqual({ graceSeconds: 86_400 });
  const fn = onlyResource(stack, FUNCTION);
  expect(fn.properties).toMatchObject({ Handler: 'overdue/index.handler', Runtime: 'nodejs24.x', Architectures: ['arm64'], MemorySize: 256, Timeout: 300, LoggingConfig: { LogFormat: 'JSON' } });
  const rule = onlyResource(stack, RULE);
  expect(rule.properties).toMatchObject({ ScheduleExpression: 'rate(1 day)', State: 'ENABLED', Targets: [{ Arn: { 'Fn::GetAtt': [fn.id, 'Arn'] } }] });
  expect(onlyResource(stack, PERMISSION).properties).toMatchObject({ Principal: 'events.amazonaws.com', SourceArn: { 'Fn::GetAtt': [rule.id, 'Arn'] } });
  expect(statementsOf(stack)).toEqual([{ Sid: 'ListSecrets', Effect: 'Allow', Action: 'secretsmanager:ListSecrets', Resource: '*' }]);
  expect(onlyResource(stack, ROLE).properties.ManagedPolicyArns).toBeUndefined();
});

test('makes six resources, and no alarm without a request', () => {
  const stack = makeStack();
  const check = new RotationCheck(stack, 'Check');
  expect(check.node.defaultChild).toBe(check.checkFunction);
  expect(resourcesOf(stack).map(({ type }) => type).sort()).toEqual([
    'AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Lambda::Permission', 'AWS::Logs::LogGroup',
  ]);
});

test('has the functions, the excluded secrets, the grace and the schedule', () => {
  const stack = makeStack();
  new RotationCheck(stack, 'Check', {
    rotationFunctions: [new RotationFunction(stack, 'Rotation'), lambda.Function.fromFunctionArn(stack, 'Theirs', functionArn(1))],
    excludedSecrets: [secretsmanager.Secret.fromSecretNameV2(stack, 'Off', 'off')],
    grace: Duration.hours(6),
    schedule: events.Schedule.cron({ hour: '*/6', minute: '0' }),
    runtime: lambda.Runtime.NODEJS_20_X,
    functionOptions: { memorySize: 512 },
  });
  expect(configOf(stack)).toEqual({ functionArns: ['TOKEN', functionArn(1)], excludedSecretArns: [expect.stringMatching(/secret:off$/)], graceSeconds: 21_600 });
  expect(onlyResource(stack, RULE).properties.ScheduleExpression).toBe('cron(0 */6 * * ? *)');
  expect(resourcesOf(stack, FUNCTION).map(({ properties: { Runtime, MemorySize } }) => `${Runtime} ${MemorySize}`).sort()).toEqual(['nodejs20.x 512', 'nodejs24.x 256']);
});

test('may be in another stack than the functions', () => {
  const app = makeApp();
  const [theirs, ours] = ['Theirs', 'Ours'].map((id) => new Stack(app, id, { env: ENV }));
  new RotationCheck(ours, 'Check', { rotationFunctions: [new RotationFunction(theirs, 'Rotation')] });
  app.synth();
  expect(ours.dependencies).toEqual([theirs]);
});

test('its alarm goes off for one secret, and if the check didn\'t run', () => {
  const stack = makeStack();
  new RotationCheck(stack, 'Check').addOverdueAlarm();
  const fn = onlyResource(stack, FUNCTION);
  expect(onlyResource(stack, ALARM).properties).toEqual({
    AlarmDescription: expect.stringMatching(/^A secret should have rotated and has not.*docs\/runbook\.md#overdue$/),
    Namespace: 'RotatingSecret',
    MetricName: 'OverdueSecrets',
    Dimensions: [{ Name: 'FunctionName', Value: { Ref: fn.id } }],
    Statistic: 'Maximum',
    Period: 86_400,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'breaching',
  });
});

test('its metric accepts the options of every metric', () => {
  const metric = new RotationCheck(makeStack(), 'Check').metricOverdueSecrets({ period: Duration.hours(1), statistic: 'Minimum' });
  expect([metric.period.toHours(), metric.statistic, metric.metricName]).toEqual([1, 'Minimum', 'OverdueSecrets']);
});

test('warns of a role that can not be changed', () => {
  const stack = makeStack();
  new RotationCheck(stack, 'Check', {
    functionOptions: { role: iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ENV.account}:role/check`, { mutable: false }) },
  });
  expect(warningsOf(stack)).toEqual([expect.stringMatching(/^role: .*secretsmanager:ListSecrets on \*.*unmodifiableCheckRole/)]);
});

test.each(['WARN', 'ERROR', 'FATAL'])('warns of a log without the line that has the metric: %s', (applicationLogLevel) => {
  const stack = makeStack();
  new RotationCheck(stack, 'Check', { functionOptions: { applicationLogLevel } });
  expect(warningsOf(stack)).toEqual([expect.stringContaining(`applicationLogLevel: is ${applicationLogLevel}`)]);
});

test('gives no warning for a log with that line', () => {
  const stack = makeStack();
  new RotationCheck(stack, 'Check', { functionOptions: { applicationLogLevel: 'DEBUG' } });
  expect(warningsOf(stack)).toEqual([]);
});

test.each([['region', 'us-east-1', '111111111111'], ['account', 'eu-west-1', '222222222222']])('refuses a function of another %s, whose secrets would not be listed', (property, region, account) => {
  const stack = makeStack({ env: ENV });
  const fn = lambda.Function.fromFunctionArn(stack, 'Other', `arn:aws:lambda:${region}:${account}:function:rotation`);
  expectInvalid(() => new RotationCheck(stack, 'Check', { rotationFunctions: [fn] }), 'rotationFunctions', `is of the ${property}`, 'Make a check of the same');
});

test('accepts as many functions as fit into the environment, and no more', () => {
  const stack = makeStack();
  const functions = Array.from({ length: 21 }, (_, n) => lambda.Function.fromFunctionArn(stack, `Function${n}`, functionArn(n)));
  new RotationCheck(stack, 'Check', { rotationFunctions: functions.slice(0, 20) });
  expectInvalid(() => new RotationCheck(stack, 'TooMany', { rotationFunctions: functions }), 'rotationFunctions', '21', '20', 'Leave rotationFunctions out');
});

test.each([
  ['rotationFunctions', { rotationFunctions: [] }, 'is empty'],
  ['functionOptions.environment', { functionOptions: { environment: { [CHECK_CONFIG_VARIABLE]: '{}' } } }, CHECK_CONFIG_VARIABLE],
  ['runtime', { runtime: lambda.Runtime.PYTHON_3_12 }, 'nodejs20.x or later'],
  ['logRetention', { functionOptions: { logRetention: 7 } }, 'logGroup'],
])('refuses an invalid %s', (property, props, part) => {
  expectInvalid(() => new RotationCheck(makeStack(), 'Check', props), property, part, 'The construct is Stack/Check');
});

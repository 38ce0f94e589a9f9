/* CDK's own rotation, as docs/comparison.md describes it. If a test fails, CDK was improved, and the page has to change. */
import { Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { HostedRotation, Secret, type RotationScheduleOptions, type SecretProps } from 'aws-cdk-lib/aws-secretsmanager';
import { ENV, LOG_GROUP, makeApp, makeStack, onlyResource, PERMISSION, resourcesOf, SCHEDULE, SECRET, warningsOf } from './fixture';

const RESOURCE_POLICY = 'AWS::SecretsManager::ResourcePolicy';
const ALARM = 'AWS::CloudWatch::Alarm';

function makeFunction(stack: Stack): lambda.Function {
  return new lambda.Function(stack, 'Rotation', { runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};') });
}

/** A secret with `addRotationSchedule`, and a function of your own unless another one is given. */
function rotate(options: RotationScheduleOptions = {}, props: SecretProps = {}): Stack {
  const stack = makeStack({ env: ENV });
  const rotationLambda = options.hostedRotation ? undefined : options.rotationLambda ?? makeFunction(stack);
  new Secret(stack, 'Secret', props).addRotationSchedule('Schedule', { ...options, rotationLambda });
  return stack;
}

function isolatedVpc(stack: Stack): ec2.Vpc {
  return new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'Data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
}

test('the ready-made rotation for databases has no runtime that its user could change', () => {
  const stack = rotate({ hostedRotation: HostedRotation.postgreSqlSingleUser() });
  expect(Object.keys(onlyResource(stack, SCHEDULE).properties.HostedRotationLambda).sort()).toEqual(['ExcludeCharacters', 'RotationType']);
});

test('the template doesn\'t turn off rotation at deployment, so Secrets Manager rotates', () => {
  expect(onlyResource(rotate(), SCHEDULE).properties).not.toHaveProperty('RotateImmediatelyOnUpdate');
});

test('the schedule is an interval, without cron or a window', () => {
  const { RotationRules } = onlyResource(rotate({ automaticallyAfter: Duration.days(7) }), SCHEDULE).properties;
  expect(RotationRules).toEqual({ ScheduleExpression: 'rate(7 days)' });
  // If there is another option, the compiler fails.
  const known: Record<keyof RotationScheduleOptions, true> = {
    automaticallyAfter: true, hostedRotation: true, rotateImmediatelyOnUpdate: true, rotationLambda: true,
  };
  expect(Object.keys(known)).toHaveLength(4);
});

test('accepts intervals that Secrets Manager refuses', () => {
  expect(onlyResource(rotate({ automaticallyAfter: Duration.days(1000) }), SCHEDULE).properties.RotationRules).toEqual({ ScheduleExpression: 'rate(1000 days)' });
  expect(onlyResource(rotate({ automaticallyAfter: Duration.minutes(270) }), SCHEDULE).properties.RotationRules).toEqual({ ScheduleExpression: 'rate(270 minutes)' });
});

test('accepts password policies that GetRandomPassword refuses', () => {
  const generateSecretString = { passwordLength: 2, requireEachIncludedType: true, excludeCharacters: '0123456789' };
  expect(onlyResource(rotate({}, { generateSecretString }), SECRET).properties.GenerateSecretString).toMatchObject({ PasswordLength: 2 });
});

test('lets Secrets Manager of any account invoke the function', () => {
  const { properties } = onlyResource(rotate(), PERMISSION);
  expect(properties).not.toHaveProperty('SourceAccount');
  expect(properties).not.toHaveProperty('SourceArn');
});

test('gives a role that can\'t be changed no permissions, and no warning', () => {
  const stack = makeStack({ env: ENV });
  const rotationLambda = lambda.Function.fromFunctionArn(stack, 'Rotation', `arn:aws:lambda:${ENV.region}:999999999999:function:rotation`);
  new Secret(stack, 'Secret').addRotationSchedule('Schedule', { rotationLambda });
  expect(resourcesOf(stack, 'AWS::IAM::Policy')).toHaveLength(0);
  expect(warningsOf(stack)).toEqual([]);
});

test('gives no warning of subnets without a route to Secrets Manager', () => {
  const stack = makeStack({ env: ENV });
  const vpc = isolatedVpc(stack);
  new Secret(stack, 'Secret').addRotationSchedule('Schedule', { hostedRotation: HostedRotation.postgreSqlSingleUser({ vpc, vpcSubnets: { subnets: vpc.isolatedSubnets } }) });
  expect(warningsOf(stack)).toEqual([]);
});

test('each secret takes three resources, one of them without a request', () => {
  const stack = rotate();
  expect([SECRET, SCHEDULE, RESOURCE_POLICY].map((type) => resourcesOf(stack, type).length)).toEqual([1, 1, 1]);
});

test('accepts two schedules for one secret', () => {
  const stack = makeStack();
  const [secret, rotationLambda] = [new Secret(stack, 'Secret'), makeFunction(stack)];
  for (const id of ['One', 'Two']) { secret.addRotationSchedule(id, { rotationLambda }); }
  expect(resourcesOf(stack, SCHEDULE)).toHaveLength(2);
});

test('makes no alarm, and no log group with a retention for the ready-made rotation', () => {
  const stack = rotate({ hostedRotation: HostedRotation.postgreSqlSingleUser() });
  expect([ALARM, LOG_GROUP].flatMap((type) => resourcesOf(stack, type))).toEqual([]);
});

test('passes a changed template on to CloudFormation, which generates another password, without a check', () => {
  const templates = ['{"username":"a"}', '{"username":"a","region":"b"}'].map((secretStringTemplate) => rotate({}, { generateSecretString: { secretStringTemplate, generateStringKey: 'password' } }));
  const [before, after] = templates.map((stack) => onlyResource(stack, SECRET));
  expect(after.id).toBe(before.id);
  expect(after.properties.GenerateSecretString).not.toEqual(before.properties.GenerateSecretString);
  expect(resourcesOf(templates[1], 'AWS::CloudFormation::CustomResource')).toEqual([]);
});

test('a function in one stack and a secret in another are a cycle', () => {
  const app = makeApp();
  const [functions, secrets] = [new Stack(app, 'Functions'), new Stack(app, 'Secrets')];
  new Secret(secrets, 'Secret').addRotationSchedule('Schedule', { rotationLambda: makeFunction(functions) });
  expect(() => app.synth()).toThrow(/cyclic/i);
});

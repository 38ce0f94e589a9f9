import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, Fn, Lazy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { configOf, ENV, expectInvalid, FUNCTION, LOG_GROUP, makeApp, makeStack, onlyResource, resourcesOf, ROLE, SCHEDULE } from './fixture';
import { RotationFunction, RotationRules, RotationTarget, type RotationFunctionProps } from '../src';
import { CONFIG_VARIABLE } from '../src/contract';
import { filesBelow } from '../tools/files';
import { ASSETS } from '../tools/shipped-asset';


/** A function in its own stack, as in the template. */
function functionOf(props: RotationFunctionProps | ((stack: Stack) => RotationFunctionProps) = {}): any {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation', typeof props === 'function' ? props(stack) : props);
  return onlyResource(stack, FUNCTION).properties;
}

const nodejs = (name: string) => new lambda.Runtime(name, lambda.RuntimeFamily.NODEJS);
const make = (props: RotationFunctionProps) => new RotationFunction(makeStack(), 'Rotation', props);

describe('by default', () => {
  test.each<[string, string, unknown]>([
    ['runs on arm64', 'Architectures', ['arm64']],
    ['runs Node.js 24', 'Runtime', 'nodejs24.x'],
    ['has 30 seconds', 'Timeout', 30],
    ['has 256 MiB', 'MemorySize', 256],
    ['runs the handler of the asset', 'Handler', 'generated/index.handler'],
    ['has only its configuration in the environment', 'Environment', { Variables: { [CONFIG_VARIABLE]: expect.any(String) } }],
    ['says what it is for', 'Description', expect.stringContaining('Rotates secrets')],
    ['is in no VPC', 'VpcConfig', undefined],
    ['has no name of its own', 'FunctionName', undefined],
    ['reserves nothing', 'ReservedConcurrentExecutions', undefined],
  ])('the function %s', (_, property, expected) => {
    expect(functionOf()[property]).toEqual(expected);
  });

  test('the function logs JSON to its own log group, which keeps events for 90 days and is deleted with the function', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation');
    const logGroup = onlyResource(stack, LOG_GROUP);
    expect(logGroup.properties).toEqual({ RetentionInDays: 90 });
    expect(logGroup.deletionPolicy).toBe('Delete');
    expect(onlyResource(stack, FUNCTION).properties.LoggingConfig).toEqual({ LogFormat: 'JSON', LogGroup: { Ref: logGroup.id } });
  });

  test('the function generates the whole value', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation');
    expect(configOf(stack)).toEqual({ target: 'generated', passwordPolicy: {} });
  });

  test('the code is the asset that ships with the package, and nothing is bundled for it', () => {
    const app = new App();
    new RotationFunction(new Stack(app, 'Stack'), 'Rotation');
    const { directory } = app.synth();
    const { files } = JSON.parse(readFileSync(join(directory, 'Stack.assets.json'), 'utf8'));
    const sources = Object.values<any>(files).map(({ source }) => source).filter(({ packaging }) => packaging === 'zip');
    expect(sources).toHaveLength(1);
    const shipped = filesBelow(join(directory, sources[0].path));
    expect(shipped).toEqual(['core/index.js', 'core/notification.js', 'generated/index.js']);
    for (const file of shipped) { expect(readFileSync(join(directory, sources[0].path, file))).toEqual(readFileSync(join(ASSETS, file))); }
  });
});

describe('accepts', () => {
  test.each<[string, RotationFunctionProps, string, unknown]>([
    ['another architecture', { architecture: lambda.Architecture.X86_64 }, 'Architectures', ['x86_64']],
    ['another runtime', { runtime: lambda.Runtime.NODEJS_20_X }, 'Runtime', 'nodejs20.x'],
    ['a runtime newer than this package', { runtime: nodejs('nodejs26.x') }, 'Runtime', 'nodejs26.x'],
    ['a longer timeout', { timeout: Duration.minutes(2) }, 'Timeout', 120],
    ['the shortest timeout', { timeout: Duration.seconds(10) }, 'Timeout', 10],
    ['more memory', { memorySize: 512 }, 'MemorySize', 512],
    ['a name', { functionName: 'rotation' }, 'FunctionName', 'rotation'],
    ['a description', { description: 'Ours' }, 'Description', 'Ours'],
    ['a concurrency', { reservedConcurrentExecutions: 5 }, 'ReservedConcurrentExecutions', 5],
    ['tracing', { tracing: lambda.Tracing.ACTIVE }, 'TracingConfig', { Mode: 'Active' }],
    ['a log format', { loggingFormat: lambda.LoggingFormat.TEXT }, 'LoggingConfig', expect.objectContaining({ LogFormat: 'Text' })],
  ])('%s', (_, props, property, expected) => {
    expect(functionOf(props)[property]).toEqual(expected);
  });

  test('further environment variables, beside its configuration', () => {
    expect(functionOf({ environment: { STAGE: 'prod' } }).Environment.Variables).toEqual({
      STAGE: 'prod', [CONFIG_VARIABLE]: expect.any(String),
    });
  });

  test('a log group, and then makes none', () => {
    const stack = makeStack();
    const logGroup = new logs.LogGroup(stack, 'Mine', { retention: logs.RetentionDays.ONE_WEEK });
    new RotationFunction(stack, 'Rotation', { logGroup });
    const { id, properties } = onlyResource(stack, LOG_GROUP);
    expect(properties.RetentionInDays).toBe(7);
    expect(onlyResource(stack, FUNCTION).properties.LoggingConfig.LogGroup).toEqual({ Ref: id });
  });

  test('a log group of another app', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { logGroup: logs.LogGroup.fromLogGroupName(stack, 'Theirs', 'platform/rotation') });
    expect(resourcesOf(stack, LOG_GROUP)).toEqual([]);
    expect(onlyResource(stack, FUNCTION).properties.LoggingConfig.LogGroup).toBe('platform/rotation');
  });

  test('a role, and then makes none', () => {
    const stack = makeStack();
    const role = new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    new RotationFunction(stack, 'Rotation', { role });
    expect(onlyResource(stack, FUNCTION).properties.Role).toEqual({ 'Fn::GetAtt': [onlyResource(stack, ROLE).id, 'Arn'] });
  });

  test('a VPC', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', {
      vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 0 }),
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    });
    const { SubnetIds, SecurityGroupIds } = onlyResource(stack, FUNCTION).properties.VpcConfig;
    expect(SubnetIds.length).toBeGreaterThan(0);
    expect(SecurityGroupIds).toHaveLength(1);
  });

  test('a dead-letter queue, which its role may write to', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { deadLetterQueue: new sqs.Queue(stack, 'Queue') });
    expect(onlyResource(stack, FUNCTION).properties.DeadLetterConfig.TargetArn).toBeDefined();
    expect(JSON.stringify(resourcesOf(stack, 'AWS::IAM::Policy'))).toContain('sqs:SendMessage');
  });

  test('a target, which the handler gets', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', {
      target: RotationTarget.generated({ generateStringKey: 'token', passwordPolicy: { passwordLength: 64, excludePunctuation: true } }),
    });
    expect(configOf(stack)).toEqual({
      target: 'generated', generateStringKey: 'token', passwordPolicy: { passwordLength: 64, excludePunctuation: true },
    });
  });
});

describe('refuses', () => {
  test('logRetention, with what to give instead', () => {
    expectInvalid(() => make({ logRetention: logs.RetentionDays.ONE_WEEK }), 'logRetention', 'not supported', 'logGroup');
  });

  test('an environment that has its configuration', () => {
    expectInvalid(() => make({ environment: { [CONFIG_VARIABLE]: '{}' } }), 'environment', CONFIG_VARIABLE, 'Take it out');
    expectInvalid(() => make({ environment: { [CONFIG_VARIABLE]: '' } }), 'environment', CONFIG_VARIABLE, 'Take it out');
    const environment = { ROTATION_CONFIG_EXCLUDE_CHARACTERS: '@' };
    expect(() => make({ environment })).not.toThrow();
    const target = RotationTarget.generated({ passwordPolicy: { excludeCharacters: Lazy.string({ produce: () => '!' }) } });
    expectInvalid(() => make({ environment, target }), 'environment', 'ROTATION_CONFIG_EXCLUDE_CHARACTERS', 'Take it out');
  });

  test.each([0, 3, 9])('a timeout of %d seconds', (seconds) => {
    expectInvalid(() => make({ timeout: Duration.seconds(seconds) }), 'timeout', `is ${seconds} seconds`, 'at least 10');
  });

  test('a timeout that is a token', () => {
    expect(functionOf({ timeout: Duration.seconds(Lazy.number({ produce: () => 45 })) }).Timeout).toBe(45);
  });

  test.each([
    lambda.Runtime.NODEJS_18_X,
    lambda.Runtime.NODEJS_16_X,
    lambda.Runtime.NODEJS,
    lambda.Runtime.PYTHON_3_12,
    lambda.Runtime.JAVA_21,
    lambda.Runtime.PROVIDED_AL2023,
    nodejs('nodejs8.10'),
  ])('the runtime $name', (runtime) => {
    expectInvalid(() => make({ runtime }), 'runtime', `is ${runtime.name}`, 'nodejs20.x or later');
  });

  test('a runtime that is a token', () => {
    const runtime = nodejs(Lazy.string({ produce: () => 'nodejs22.x' }));
    expect(functionOf({ runtime }).Runtime).toBe('nodejs22.x');
  });
});

describe('rotate', () => {
  const scheduleOf = (stack: Stack) => onlyResource(stack, SCHEDULE).properties;

  test('makes a schedule that rotates the secret with the function, every 30 days, and not at deployment', () => {
    const stack = makeStack();
    const secret = new secretsmanager.Secret(stack, 'Secret');
    new RotationFunction(stack, 'Rotation').rotate(secret);
    expect(scheduleOf(stack)).toEqual({
      SecretId: stack.resolve(secret.secretArn),
      RotationLambdaARN: { 'Fn::GetAtt': [onlyResource(stack, FUNCTION).id, 'Arn'] },
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
      RotateImmediatelyOnUpdate: false,
    });
  });

  test('takes rules, and rotates at deployment only on request', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation').rotate(new secretsmanager.Secret(stack, 'Secret'), {
      rotationRules: RotationRules.cron({ weekDay: 'SUN', hour: '3', window: Duration.hours(2) }),
      rotateImmediately: true,
    });
    expect(scheduleOf(stack)).toMatchObject({
      RotationRules: { ScheduleExpression: 'cron(0 3 ? * SUN *)', Duration: '2h' }, RotateImmediatelyOnUpdate: true,
    });
  });

  test('takes a secret known by its complete ARN', () => {
    const stack = makeStack();
    const arn = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app-AbCdEf';
    new RotationFunction(stack, 'Rotation').rotate(secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', arn));
    expect(scheduleOf(stack).SecretId).toBe(arn);
  });

  test('takes a secret known by a partial ARN', () => {
    const stack = makeStack();
    const arn = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:app';
    new RotationFunction(stack, 'Rotation').rotate(secretsmanager.Secret.fromSecretPartialArn(stack, 'Secret', arn));
    expect(scheduleOf(stack).SecretId).toBe(arn);
  });

  test('takes a secret that is attached to a database', () => {
    const stack = makeStack();
    const attached = new secretsmanager.Secret(stack, 'Secret').attach({
      asSecretAttachmentTarget: () => ({ targetId: 'database', targetType: secretsmanager.AttachmentTargetType.RDS_DB_INSTANCE }),
    });
    new RotationFunction(stack, 'Rotation').rotate(attached);
    expect(scheduleOf(stack).SecretId).toEqual({ Ref: onlyResource(stack, 'AWS::SecretsManager::SecretTargetAttachment').id });
  });

  test('takes a secret whose ARN is a token, and may be of any account and region', () => {
    const stack = makeStack({ env: ENV });
    const secret = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', Fn.importValue('arn'));
    new RotationFunction(stack, 'Rotation').rotate(secret);
    expect(scheduleOf(stack).SecretId).toEqual({ 'Fn::ImportValue': 'arn' });
  });

  describe.each([
    ['region', 'us-east-1', 'arn:aws:secretsmanager:us-east-1:111111111111:secret:app-AbCdEf', 'eu-west-1'],
    ['account', '222222222222', 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:app-AbCdEf', '111111111111'],
  ])('of a secret of another %s', (property, theirs, arn, ours) => {
    test('is refused, because Secrets Manager needs both in one', () => {
      const stack = makeStack({ env: ENV });
      const rotation = new RotationFunction(stack, 'Rotation');
      const secret = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', arn);
      expectInvalid(
        () => rotation.rotate(secret), 'secret', 'Stack/Secret', `${property} ${theirs}`, `the function of ${ours}`, 'primary secret',
      );
    });

    test('is accepted if the function\'s own is a token', () => {
      const stack = makeStack();
      new RotationFunction(stack, 'Rotation').rotate(secretsmanager.Secret.fromSecretCompleteArn(stack, 'Secret', arn));
      expect(scheduleOf(stack).SecretId).toBe(arn);
    });
  });
});

// Values that CDK's own constructs treat as "not given", and errors that only the deployment or the handler would find.
describe('where defaults meet overrides', () => {
  test.each<[keyof RotationFunctionProps, string, unknown]>([
    ['timeout', 'Timeout', 30],
    ['memorySize', 'MemorySize', 256],
    ['architecture', 'Architectures', ['arm64']],
    ['runtime', 'Runtime', 'nodejs24.x'],
    ['description', 'Description', expect.stringContaining('Rotates secrets')],
  ])('%s: undefined means the default', (property, resourceProperty, expected) => {
    expect(functionOf({ [property]: undefined })[resourceProperty]).toEqual(expected);
  });

  test('loggingFormat: undefined means the default', () => {
    expect(functionOf({ loggingFormat: undefined }).LoggingConfig.LogFormat).toBe('JSON');
  });

  test('logFormat, the old name of loggingFormat, is treated like the new one', () => {
    expect(functionOf({ logFormat: lambda.LogFormat.TEXT }).LoggingConfig.LogFormat).toBe('Text');
  });

  test('refuses a configuration that makes the environment larger than the 4,096 bytes that Lambda allows', () => {
    const target = RotationTarget.generated({ passwordPolicy: { excludeCharacters: 'é'.repeat(2100) } });
    expectInvalid(() => make({ target }), 'environment', 'bytes, and Lambda takes 4096', 'make excludeCharacters shorter');
  });

  test('an environment of 4,096 bytes is accepted, and one byte more is refused', () => {
    const ours = Object.entries<string>(functionOf().Environment.Variables).flat().join('').length;
    const filling = 'x'.repeat(4096 - ours - 'FILLING'.length);
    expect(functionOf({ environment: { FILLING: filling } }).Environment.Variables.FILLING).toBe(filling);
    expectInvalid(() => make({ environment: { FILLING: `${filling}x` } }), 'environment', 'has 4097 bytes', '4096');
  });

  test('measures the known part of an environment with a token', () => {
    const ours = Object.entries<string>(functionOf().Environment.Variables).flat().join('').length;
    const withFilling = (length: number) => ({ TOKEN: Lazy.string({ produce: () => 'short' }), LONG: 'x'.repeat(length) });
    const fits = 4096 - ours - 'TOKENLONG'.length;
    expect(functionOf({ environment: withFilling(fits) }).Environment.Variables).toMatchObject({ TOKEN: 'short' });
    expectInvalid(() => make({ environment: withFilling(fits + 1) }), 'environment', 'has 4097 bytes', '4096');
  });

  test('does not count a password length that is a token', () => {
    const target = () => RotationTarget.generated({ passwordPolicy: { passwordLength: Lazy.number({ produce: () => 9 }) } });
    const ours = Object.entries<string>(functionOf({ target: target() }).Environment.Variables).flat().join('').length;
    const withFilling = (length: number) => ({ target: target(), environment: { LONG: 'x'.repeat(length) } });
    const fits = 4096 - ours - 'LONG'.length;
    expect(functionOf(withFilling(fits)).Environment.Variables.LONG).toHaveLength(fits);
    expectInvalid(() => make(withFilling(fits + '9'.length + 1)), 'environment', 'has 4097 bytes');
  });

  test('addEnvironment doesn\'t replace the configuration', () => {
    const app = makeApp();
    const rotation = new RotationFunction(new Stack(app, 'Stack'), 'Rotation');
    rotation.addEnvironment('OTHER', 'value');
    expect(() => app.synth()).not.toThrow();
    rotation.addEnvironment(CONFIG_VARIABLE, '{}');
    expect(() => app.synth({ force: true })).toThrow(`environment: has ${CONFIG_VARIABLE}`);
  });
});

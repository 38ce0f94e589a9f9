import { Duration, Lazy, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  configOf, ENV, errorOf, expectInvalid, FUNCTION, makeApp, makeStack, onlyResource, resourcesOf, SCHEDULE, SECRET, statementsOf,
} from './fixture';
import { RotatingSecret, RotationFunction, RotationRules, RotationTarget, type RotatingSecretProps } from '../src';

const TEMPLATE = JSON.stringify({ username: 'user1' });
const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:111111111111:function:rotation';

function withSecret(props?: RotatingSecretProps): { stack: Stack; secret: RotatingSecret } {
  const stack = makeStack({ env: ENV });
  return { stack, secret: new RotatingSecret(stack, 'Secret', props) };
}

const make = (props: RotatingSecretProps) => withSecret(props);
const secretOf = (props: RotatingSecretProps) => onlyResource(withSecret(props).stack, SECRET);

describe('a RotatingSecret as a Secret', () => {
  test('is one by every check', () => {
    const { secret } = withSecret();
    expect(secret).toBeInstanceOf(secretsmanager.Secret);
    expect(secretsmanager.Secret.isSecret(secret)).toBe(true);
  });

  test('accepts all props of a Secret', () => {
    const { stack, secret } = withSecret({
      secretName: 'my-app/custom-password',
      description: 'Ours',
      encryptionKey: kms.Key.fromKeyArn(makeStack(), 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/1234'),
      replicaRegions: [{ region: 'us-east-1' }],
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: { secretStringTemplate: TEMPLATE, generateStringKey: 'password' },
    });
    const resource = onlyResource(stack, SECRET);
    expect(resource.properties).toEqual({
      Name: 'my-app/custom-password',
      Description: 'Ours',
      KmsKeyId: 'arn:aws:kms:eu-west-1:111111111111:key/1234',
      ReplicaRegions: [{ Region: 'us-east-1' }],
      GenerateSecretString: { SecretStringTemplate: TEMPLATE, GenerateStringKey: 'password' },
    });
    expect(resource.deletionPolicy).toBe('Retain');
    expect(secret.encryptionKey).toBeDefined();
  });

  test.each<[string, RotatingSecretProps, unknown]>([
    ['secretStringValue', { secretStringValue: SecretValue.unsafePlainText('first') }, 'first'],
    ['secretStringBeta1', { secretStringBeta1: secretsmanager.SecretStringValueBeta1.fromUnsafePlaintext('first') }, 'first'],
    ['secretObjectValue', {
      secretObjectValue: { username: SecretValue.unsafePlainText('app'), password: SecretValue.unsafePlainText('first') },
      target: RotationTarget.generated({ generateStringKey: 'password' }),
    }, '{"username":"app","password":"first"}'],
  ])('may have a first value of the user, by %s', (_, props, value) => {
    const { properties } = secretOf(props);
    expect(properties.SecretString).toEqual(value);
    expect(properties.GenerateSecretString).toBeUndefined();
  });

  test('needs no key for a given first value whose string rotates as a whole', () => {
    const { stack } = withSecret({
      secretStringValue: SecretValue.unsafePlainText('first'), target: RotationTarget.generated({ passwordPolicy: { passwordLength: 40 } }),
    });
    expect(configOf(stack)).toEqual({ target: 'generated', passwordPolicy: { passwordLength: 40 } });
  });

  test('may have a given first value with a key that is a token', () => {
    const generateStringKey = Lazy.string({ produce: () => 'password' });
    const { stack } = withSecret({
      secretObjectValue: { password: SecretValue.unsafePlainText('first') }, target: RotationTarget.generated({ generateStringKey }),
    });
    expect(configOf(stack)).toEqual({ target: 'generated', generateStringKey: 'password', passwordPolicy: {} });
  });

  test('grants permissions', () => {
    const { stack, secret } = withSecret();
    const role = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
    secret.grantRead(role);
    const grants = statementsOf(stack).filter(({ Condition, Resource }) => Condition === undefined && Resource !== '*');
    expect(grants).toEqual([{
      Effect: 'Allow',
      Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
      Resource: stack.resolve(secret.secretArn),
    }]);
  });

  test('can be read by another construct', () => {
    const { stack, secret } = withSecret({ generateSecretString: { secretStringTemplate: TEMPLATE, generateStringKey: 'password' } });
    new lambda.Function(stack, 'Reader', {
      code: lambda.Code.fromInline('exports.handler = async () => {}'),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_20_X,
      environment: { SECRET_ARN: secret.secretArn },
    });
    const environments = resourcesOf(stack, FUNCTION).map(({ properties }) => properties.Environment.Variables);
    expect(environments).toContainEqual({ SECRET_ARN: { Ref: onlyResource(stack, SECRET).id } });
    expect(stack.resolve(secret.secretValueFromJson('password').unsafeUnwrap())).toEqual(
      { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: onlyResource(stack, SECRET).id }, ':SecretString:password::}}']] });
  });

  test('accepts a resource policy', () => {
    const { stack, secret } = withSecret();
    secret.denyAccountRootDelete();
    expect(resourcesOf(stack, 'AWS::SecretsManager::ResourcePolicy')).toHaveLength(1);
  });
});

describe('a RotatingSecret', () => {
  test('rotates every 30 days and not at deployment, with a function of its own', () => {
    const { stack, secret } = withSecret();
    expect(onlyResource(stack, SCHEDULE).properties).toEqual({
      SecretId: { Ref: onlyResource(stack, SECRET).id },
      RotationLambdaARN: { 'Fn::GetAtt': [onlyResource(stack, FUNCTION).id, 'Arn'] },
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
      RotateImmediatelyOnUpdate: false,
    });
    expect(stack.resolve(secret.rotationFunction.functionArn)).toEqual({ 'Fn::GetAtt': [onlyResource(stack, FUNCTION).id, 'Arn'] });
  });

  test('rotates by its rules, and at deployment on request', () => {
    const { stack } = withSecret({
      rotationRules: RotationRules.rate(Duration.hours(8), { window: Duration.hours(1) }), rotateImmediately: true,
    });
    expect(onlyResource(stack, SCHEDULE).properties).toMatchObject({
      RotationRules: { ScheduleExpression: 'rate(8 hours)', Duration: '1h' }, RotateImmediatelyOnUpdate: true,
    });
  });

  test('has the defaults if its options are undefined', () => {
    const { stack } = withSecret({
      rotationRules: undefined,
      rotateImmediately: undefined,
      scheduleScope: undefined,
      rotationFunction: undefined,
      target: undefined,
      generateSecretString: undefined,
    });
    expect(onlyResource(stack, SCHEDULE).properties).toMatchObject({
      RotationRules: { ScheduleExpression: 'rate(30 days)' }, RotateImmediatelyOnUpdate: false,
    });
  });

  test('rotates with a shared function, and refers to it', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation');
    const secrets = ['One', 'Two'].map((id) => new RotatingSecret(stack, id, { rotationFunction }));
    expect(resourcesOf(stack, FUNCTION)).toHaveLength(1);
    expect(secrets.map((secret) => secret.rotationFunction)).toEqual([rotationFunction, rotationFunction]);
    const arn = stack.resolve(rotationFunction.functionArn);
    expect(resourcesOf(stack, SCHEDULE).map(({ properties }) => properties.RotationLambdaARN)).toEqual([arn, arn]);
  });

  test('lets its function have further permissions', () => {
    const { stack, secret } = withSecret();
    secret.rotationFunction.addEnvironment('STAGE', 'prod');
    expect(onlyResource(stack, FUNCTION).properties.Environment.Variables.STAGE).toBe('prod');
    expect(configOf(stack).target).toBe('generated');
  });
});

describe('addRotationSchedule', () => {
  test('throws, with what to do instead', () => {
    const { secret } = withSecret();
    const { message } = errorOf(() => secret.addRotationSchedule('Schedule', { automaticallyAfter: Duration.days(7) }));
    expect(message).toContain('addRotationSchedule: the RotatingSecret Stack/Secret');
    for (const part of ['only one', 'Schedule can\'t be added', 'rotationRules, rotationFunction or target']) {
      expect(message).toContain(part);
    }
  });

  test('keeps the schedule', () => {
    const { stack, secret } = withSecret();
    errorOf(() => secret.addRotationSchedule('Schedule', { automaticallyAfter: Duration.days(7) }));
    expect(resourcesOf(stack, SCHEDULE)).toHaveLength(1);
  });
});

describe('attach', () => {
  const database: secretsmanager.ISecretAttachmentTarget = {
    asSecretAttachmentTarget: () => ({ targetId: 'database', targetType: secretsmanager.AttachmentTargetType.RDS_DB_CLUSTER }),
  };
  const ATTACHMENT = 'AWS::SecretsManager::SecretTargetAttachment';

  test('makes the schedule wait for the attachment', () => {
    const { stack, secret } = withSecret();
    secret.attach(database);
    expect(onlyResource(stack, SCHEDULE).dependsOn).toContain(onlyResource(stack, ATTACHMENT).id);
  });

  test('makes only the schedule of this secret wait', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation');
    const [attached] = ['One', 'Two'].map((id) => new RotatingSecret(stack, id, { rotationFunction }));
    attached.attach(database);
    const { id } = onlyResource(stack, ATTACHMENT);
    expect(resourcesOf(stack, SCHEDULE).map(({ dependsOn }) => dependsOn.includes(id))).toEqual([true, false]);
  });

  test('makes a schedule in another scope wait too', () => {
    const app = makeApp();
    const [secrets, functions] = [new Stack(app, 'Secrets'), new Stack(app, 'Functions')];
    const rotationFunction = new RotationFunction(functions, 'Rotation');
    new RotatingSecret(secrets, 'Secret', { rotationFunction, scheduleScope: functions }).attach(database);
    expect(resourcesOf(functions, SCHEDULE)).toHaveLength(1);
    expect(functions.dependencies).toEqual([secrets]);
  });

  test('returns the attachment, as Secret does', () => {
    const { stack, secret } = withSecret();
    const attached = secret.attach(database);
    expect(stack.resolve(attached.secretArn)).toEqual({ Ref: onlyResource(stack, ATTACHMENT).id });
  });

  test('refuses a second attachment, like Secret', () => {
    const { secret } = withSecret();
    secret.attach(database);
    expect(() => secret.attach(database)).toThrow('Secret is already attached to a target');
  });
});

describe('refuses', () => {
  const key = 'generateSecretString.generateStringKey';
  const template = 'generateSecretString.secretStringTemplate';

  test('target together with rotationFunction, which has one', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation');
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { rotationFunction, target: RotationTarget.generated() }),
      'target', 'together with rotationFunction', 'to the RotationFunction only');
  });

  test.each<[string, (stack: Stack) => lambda.IFunction]>([
    ['an imported function', (stack) => lambda.Function.fromFunctionArn(stack, 'Imported', FUNCTION_ARN)],
    ['an imported RotationFunction', (stack) => RotationFunction.fromFunctionArn(stack, 'Imported', FUNCTION_ARN)],
    ['a function with other code', (stack) => new lambda.Function(stack, 'Theirs', {
      code: lambda.Code.fromInline('exports.handler = async () => {}'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_20_X,
    })],
    ['an alias of a RotationFunction', (stack) => new RotationFunction(stack, 'Ours').addAlias('live')],
  ])('%s as rotationFunction', (_, makeFunction) => {
    const stack = makeStack();
    // JavaScript, and casts in other languages, bypass the compiler.
    const rotationFunction = makeFunction(stack) as RotationFunction;
    const action = () => new RotatingSecret(stack, 'Secret', { rotationFunction });
    expectInvalid(action, 'rotationFunction', 'is not a RotationFunction', 'Give a RotationFunction');
  });

  test('generateStringKey without secretStringTemplate', () => {
    const generateSecretString = { generateStringKey: 'password' };
    expectInvalid(() => make({ generateSecretString }), template, 'is missing', '"password"', 'such as {"username":"user1"}');
  });

  test('generateStringKey of a target without secretStringTemplate', () => {
    const target = RotationTarget.generated({ generateStringKey: 'password' });
    expectInvalid(() => make({ target }), template, 'is missing', '"password"', 'such as {"username":"user1"}');
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target });
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { rotationFunction }), template, 'is missing', '"password"', 'such as {"username":"user1"}');
  });

  test('secretStringTemplate without generateStringKey', () => {
    const generateSecretString = { secretStringTemplate: TEMPLATE };
    expectInvalid(() => make({ generateSecretString }), key, 'is missing', 'secretStringTemplate is given');
    expectInvalid(() => make({ generateSecretString, target: RotationTarget.generated() }), key, 'is missing');
  });

  test.each(['', 'user1', '"user1"', '["user1"]', 'null', '42', '{username:"user1"}', '{"username":"user1"', `${TEMPLATE} `.repeat(2)])(
    'secretStringTemplate %j, which is no JSON object', (secretStringTemplate) => {
      expectInvalid(() => make({ generateSecretString: { secretStringTemplate, generateStringKey: 'password' } }),
        template, 'is not a JSON object', 'such as {"username":"user1"}');
    });

  test('a secretStringTemplate that is no JSON object, without quoting it', () => {
    const generateSecretString = { secretStringTemplate: '{"pin": 4711, oops', generateStringKey: 'password' };
    const { message } = errorOf(() => make({ generateSecretString }));
    expect(message).not.toMatch(/4711|pin|oops/);
  });

  test.each<[string, RotatingSecretProps]>([
    ['secretStringValue', { secretStringValue: SecretValue.unsafePlainText('first') }],
    ['secretObjectValue', { secretObjectValue: { password: SecretValue.unsafePlainText('first') } }],
    ['secretStringBeta1', { secretStringBeta1: secretsmanager.SecretStringValueBeta1.fromUnsafePlaintext('first') }],
  ])('generateSecretString together with %s', (_, props) => {
    expectInvalid(() => make({ ...props, generateSecretString: { passwordLength: 20 } }),
      'generateSecretString', 'together with a value', 'to the target');
  });

  test('secretObjectValue without a key to rotate', () => {
    expectInvalid(() => make({ secretObjectValue: { password: SecretValue.unsafePlainText('first') } }),
      'secretObjectValue', 'no key to rotate is given', 'generateStringKey');
  });

  test('secretObjectValue that lacks the key to rotate, naming keys and no values', () => {
    const action = () => make({
      secretObjectValue: { username: SecretValue.unsafePlainText('app'), pass: SecretValue.unsafePlainText('hunter2') },
      target: RotationTarget.generated({ generateStringKey: 'password' }),
    });
    expectInvalid(action, 'secretObjectValue', 'no key "password"', 'username, pass');
    expect(errorOf(action).message).not.toContain('hunter2');
  });

  test('secretObjectValue that lacks the key to rotate, if every object has a property of that name', () => {
    expect(() => make({
      secretObjectValue: { username: SecretValue.unsafePlainText('app') },
      target: RotationTarget.generated({ generateStringKey: 'constructor' }),
    })).toThrow('no key "constructor"');
  });
});

describe('no value of a secret', () => {
  test('is in the template of a generated secret, or in the function\'s environment', () => {
    const { stack } = withSecret({ generateSecretString: { secretStringTemplate: TEMPLATE, generateStringKey: 'password' } });
    expect(onlyResource(stack, SECRET).properties.SecretString).toBeUndefined();
    expect(JSON.stringify(resourcesOf(stack))).not.toContain('{{resolve:');
    expect(configOf(stack)).toEqual({ target: 'generated', generateStringKey: 'password', passwordPolicy: {} });
  });

  test('that the user gave in clear text is in another place', () => {
    const { stack } = withSecret({
      secretObjectValue: { password: SecretValue.unsafePlainText('hunter2') },
      target: RotationTarget.generated({ generateStringKey: 'password' }),
    });
    const holders = resourcesOf(stack).filter((resource) => JSON.stringify(resource).includes('hunter2'));
    expect(holders.map(({ id }) => id)).toEqual([onlyResource(stack, SECRET).id]);
  });

  test('including the rest of the template of its first value is in the function\'s environment', () => {
    const { stack } = withSecret({ generateSecretString: { secretStringTemplate: TEMPLATE, generateStringKey: 'password' } });
    expect(JSON.stringify(onlyResource(stack, FUNCTION))).not.toContain('user1');
  });
});

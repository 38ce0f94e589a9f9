import { Duration, NestedStack, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationTarget, type InvokeTargetOptions } from '../../../../src';
import { CONFIG_VARIABLE } from '../../../../src/contract';
import { ENV, expectInvalid, FUNCTION, makeApp, makeStack, POLICY, resourcesOf, SCHEDULE, statementsOf, warningsOf } from '../../../fixture';

const generateSecretString = { secretStringTemplate: JSON.stringify({ client: 'app' }), generateStringKey: 'apiKey' };

function makeFunction(stack: Stack, props: Partial<lambda.FunctionProps> = {}, id = 'Target'): lambda.Function {
  return new lambda.Function(stack, id, { runtime: lambda.Runtime.PYTHON_3_12, handler: 'index.handler', code: lambda.Code.fromInline('def handler(event, context): ...'), ...props });
}

function withTarget(options?: InvokeTargetOptions, props?: StackProps) {
  const stack = makeStack(props);
  const fn = makeFunction(stack);
  const target = RotationTarget.invoke(fn, options);
  const secret = new RotatingSecret(stack, 'Secret', { target, generateSecretString });
  const id = (construct: { node: { defaultChild?: unknown } }) => stack.getLogicalId(construct.node.defaultChild as never);
  return { stack, fn, secret, arnOf: { target: { 'Fn::GetAtt': [id(fn), 'Arn'] }, rotation: { 'Fn::GetAtt': [id(secret.rotationFunction), 'Arn'] }, secret: { Ref: id(secret) } } };
}

/** The statements of a function's role, by id. */
function statementsOfRole(stack: Stack, fn: lambda.IFunction): Record<string, any> {
  const role = { Ref: stack.getLogicalId(fn.role!.node.defaultChild as iam.CfnRole) };
  const policies = resourcesOf(stack, POLICY).filter(({ properties }) => JSON.stringify(properties.Roles) === JSON.stringify([role]));
  const statements: any[] = policies.flatMap(({ properties }) => properties.PolicyDocument.Statement);
  return Object.fromEntries(statements.map((statement) => [statement.Sid ?? [statement.Action].flat().join(), statement]));
}

test('the rotation function gets the target\'s function and its steps', () => {
  const { stack, arnOf } = withTarget({ finishSecret: true });
  const [{ properties }] = resourcesOf(stack, FUNCTION).filter(({ properties: { Environment } }) => Environment !== undefined);
  const [start, arn, end] = properties.Environment.Variables[CONFIG_VARIABLE]['Fn::Join'][1];
  expect(arn).toEqual(arnOf.target);
  expect(JSON.parse(`${start}ARN${end}`)).toEqual({ target: 'invoke', functionArn: 'ARN', finishSecret: true, generateStringKey: 'apiKey', passwordPolicy: {} });
});

test('the rotation function may invoke that function, and no other', () => {
  const { stack, secret, arnOf } = withTarget();
  expect(statementsOfRole(stack, secret.rotationFunction).InvokeTargetFunction).toEqual({
    Sid: 'InvokeTargetFunction', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arnOf.target,
  });
});

describe('the user\'s function', () => {
  test('may read the pending version of the secret, and nothing else of the account', () => {
    const { stack, fn, arnOf } = withTarget();
    expect(statementsOfRole(stack, fn)).toEqual({
      ReadVersions: {
        Sid: 'ReadVersions',
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: arnOf.secret,
        Condition: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': arnOf.rotation, 'secretsmanager:VersionStage': ['AWSPENDING'] } },
      },
    });
  });

  test('may read the given versions, and put the pending version if it makes it', () => {
    const { stack, fn, arnOf } = withTarget({ createSecret: true, versionStages: ['AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS'] });
    const statements = statementsOfRole(stack, fn);
    expect(statements.ReadVersions.Condition.StringEquals['secretsmanager:VersionStage']).toEqual(['AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS']);
    expect(statements.PutPendingVersion).toEqual({
      Sid: 'PutPendingVersion',
      Effect: 'Allow',
      Action: 'secretsmanager:PutSecretValue',
      Resource: arnOf.secret,
      Condition: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': arnOf.rotation } },
    });
    expect(Object.keys(statements).sort()).toEqual(['PutPendingVersion', 'ReadVersions']);
  });

  test.each([[undefined, 'kms:Decrypt'], [true, ['kms:Decrypt', 'kms:GenerateDataKey']]])('may use the key of the secret, for Secrets Manager (createSecret: %s)', (createSecret, actions) => {
    const stack = makeStack();
    const fn = makeFunction(stack);
    const key = new kms.Key(stack, 'Key');
    new RotatingSecret(stack, 'Secret', { target: RotationTarget.invoke(fn, { createSecret }), encryptionKey: key, generateSecretString });
    const statement = statementsOfRole(stack, fn)[[actions].flat().join()];
    expect(statement).toMatchObject({ Action: actions, Resource: { 'Fn::GetAtt': [expect.stringMatching('^Key'), 'Arn'] } });
    expect(Object.keys(statement.Condition.StringEquals)).toEqual(['kms:ViaService']);
    expect(statement.Condition.StringLike).toEqual({ 'kms:EncryptionContext:SecretARN': { Ref: expect.stringMatching('^Secret') } });
  });

  test('of a shared rotation function gets the options and permissions of its target', () => {
    const stack = makeStack();
    const fn = makeFunction(stack);
    const rotation = new RotationFunction(stack, 'Rotation', {
      target: RotationTarget.invoke(fn, { finishSecret: true, versionStages: ['AWSPENDING', 'AWSCURRENT'] }),
    });
    new RotatingSecret(stack, 'Secret', { rotationFunction: rotation });
    expect(statementsOfRole(stack, fn).ReadVersions.Condition.StringEquals['secretsmanager:VersionStage']).toEqual(['AWSPENDING', 'AWSCURRENT']);
  });

  test.each<[number, (resource: any) => void]>([
    [1, (resource) => expect(resource).toEqual({ Ref: expect.stringMatching(/^Secret/) })],
    [2, (resource) => expect(JSON.stringify(resource)).toContain(':secret:*')],
  ])('may read %i secrets with one statement', (count, check) => {
    const stack = makeStack();
    const fn = makeFunction(stack);
    const rotation = new RotationFunction(stack, 'Rotation', { target: RotationTarget.invoke(fn) });
    for (let index = 0; index < count; index++) { rotation.rotate(new secretsmanager.Secret(stack, `Secret${index}`)); }
    check(statementsOfRole(stack, fn).ReadVersions.Resource);
    expect(Object.keys(statementsOfRole(stack, fn))).toHaveLength(1);
  });

  test('has its permissions before the schedule is created', () => {
    const { stack } = withTarget();
    const policies = resourcesOf(stack, POLICY).map(({ id }) => id);
    expect(policies).toHaveLength(2);
    expect(resourcesOf(stack, SCHEDULE)[0].dependsOn).toEqual(expect.arrayContaining(policies));
  });
});

test.each(['of the function', 'of a third one'])('the user\'s function, the rotation and the secret may be of different stacks, the secret in the stack %s', (where) => {
  const app = makeApp();
  const [theirs, ours, third] = ['Theirs', 'Ours', 'Third'].map((id) => new Stack(app, id, { env: ENV }));
  const fn = makeFunction(theirs);
  const rotation = new RotationFunction(ours, 'Rotation', { target: RotationTarget.invoke(fn) });
  const stack = where === 'of the function' ? theirs : third;
  const key = new kms.Key(stack, 'Key');
  new RotatingSecret(stack, 'Secret', { rotationFunction: rotation, encryptionKey: key, generateSecretString: { ...generateSecretString, generateStringKey: undefined, secretStringTemplate: undefined } });
  const stacks = [theirs, ours, third].map((each) => Template.fromStack(each));
  expect(stacks.map((template) => Object.keys(template.findResources(SCHEDULE)).length).reduce((a, b) => a + b)).toBe(1);
  expect(ours.dependencies).toContain(theirs);
  const keyStatements = [theirs, ours, third].flatMap(statementsOf).filter(({ Action }) => [Action].flat().includes('kms:Decrypt'));
  expect(keyStatements).toHaveLength(2);
});

test('the function may be in a nested stack', () => {
  const stack = makeStack();
  const fn = makeFunction(new NestedStack(stack, 'Nested'));
  new RotatingSecret(stack, 'Secret', { target: RotationTarget.invoke(fn), generateSecretString });
  expect(() => Template.fromStack(stack)).not.toThrow();
});

test('an alias is invoked as such, and the role is that of its function', () => {
  const stack = makeStack();
  const fn = makeFunction(stack);
  const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: fn.currentVersion });
  const { rotationFunction } = new RotatingSecret(stack, 'Secret', { target: RotationTarget.invoke(alias), generateSecretString });
  const aliasArn = { Ref: stack.getLogicalId(alias.node.defaultChild as lambda.CfnAlias) };
  expect(statementsOfRole(stack, rotationFunction).InvokeTargetFunction.Resource).toEqual(aliasArn);
  expect(Object.keys(statementsOfRole(stack, fn))).toEqual(['ReadVersions']);
});

describe('a role that can\'t be changed', () => {
  const imported = (stack: Stack) => lambda.Function.fromFunctionArn(stack, 'Imported', 'arn:aws:lambda:eu-west-1:111111111111:function:target');

  test.each([
    ['of an imported function', imported],
    ['that was given as such', (stack: Stack) => makeFunction(stack, { role: iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111111111111:role/target', { mutable: false }) })],
  ])('%s: gets a warning with what it needs', (_, make) => {
    const stack = makeStack({ env: ENV });
    new RotatingSecret(stack, 'Secret', { target: RotationTarget.invoke(make(stack), { createSecret: true, versionStages: ['AWSPENDING', 'AWSCURRENT'] }), generateSecretString });
    expect(warningsOf(stack)).toEqual([expect.stringMatching(/^fn: .*secretsmanager:GetSecretValue .* AWSPENDING, AWSCURRENT, secretsmanager:PutSecretValue, .*keys.*targetFunctionRole\]$/)]);
    expect(resourcesOf(stack, SCHEDULE)[0].dependsOn.filter((id) => id.includes('TargetFunction'))).toEqual([]);
  });

  test('of an imported function is known if it is given', () => {
    const stack = makeStack({ env: ENV });
    const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111111111111:role/target');
    const fn = lambda.Function.fromFunctionAttributes(stack, 'Imported', { functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:target', role, sameEnvironment: true });
    new RotatingSecret(stack, 'Secret', { target: RotationTarget.invoke(fn), generateSecretString });
    expect(warningsOf(stack)).toEqual([]);
    expect(statementsOf(stack).map(({ Sid }) => Sid)).toContain('ReadVersions');
  });
});

describe('the time-out', () => {
  const timeout = Duration.seconds(30);

  test.each<[string, Duration | undefined, Duration | undefined]>([
    ['the default, of a rotation function of its own', timeout, undefined],
    ['longer', Duration.minutes(5), Duration.minutes(1)],
  ])('of the user\'s function gets a warning if it is %s', (_, theirs, ours) => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.invoke(makeFunction(stack, { timeout: theirs })), timeout: ours });
    expect(warningsOf(stack)).toEqual([expect.stringMatching(/^timeout: is \d+ seconds, and the function of the target, Stack\/Target, may take \d+\. Give .*targetFunctionTimeout\]$/)]);
  });

  test.each([[undefined, undefined], [Duration.seconds(29), undefined], [timeout, Duration.seconds(31)]])('of the user\'s function gets no warning if it is shorter: %s, %s', (theirs, ours) => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.invoke(makeFunction(stack, { timeout: theirs })), timeout: ours });
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('refuses', () => {
  test.each([[[]], [['']], [['AWSPENDING', '']]])('to read no version: %j', (versionStages) => {
    expectInvalid(() => RotationTarget.invoke(makeFunction(makeStack()), { versionStages }), 'versionStages', JSON.stringify(versionStages), 'AWSPENDING');
  });

  test.each([['region', { ...ENV, region: 'us-east-1' }], ['account', { ...ENV, account: '222222222222' }]])('a function of another %s', (property, env) => {
    const app = makeApp();
    const fn = makeFunction(new Stack(app, 'Theirs', { env }));
    expectInvalid(() => new RotationFunction(new Stack(app, 'Ours', { env: ENV }), 'Rotation', { target: RotationTarget.invoke(fn) }), 'fn',
      'Theirs/Target', property, env[property as 'region'], ENV[property as 'region']);
  });

  test('a policy that can\'t be met', () => {
    expectInvalid(() => RotationTarget.invoke(makeFunction(makeStack()), { passwordPolicy: { passwordLength: 0 } }), 'passwordPolicy.passwordLength', 'from 1', 'got 0');
  });
});

test.each([[true, false], [false, true]])('a given first value needs no generated key if the function makes the later ones (createSecret: %s)', (createSecret, throws) => {
  const stack = makeStack();
  const make = () => new RotatingSecret(stack, 'Secret', {
    target: RotationTarget.invoke(makeFunction(stack), { createSecret }),
    secretObjectValue: { client: secretsmanager.Secret.fromSecretNameV2(stack, 'Other', 'other').secretValue },
  });
  if (throws) { expectInvalid(make, 'secretObjectValue', 'no key'); } else { expect(make).not.toThrow(); }
});

import { Aspects, CfnOutput, NestedStack, RemovalPolicy, Stack, type IAspect } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { CfnRotationSchedule, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { RotatingSecret, RotationFunction, RotationTarget, type RotatingSecretProps } from '../../src';
import {
  ENV, errorOf, FUNCTION, LOG_GROUP, makeApp, makeStack, onlyResource, POLICY, resourcesOf, ROLE, SCHEDULE, SECRET, warningsOf,
} from '../fixture';

const FIRST = 'Custom::FirstRotation';
const TOPIC = 'AWS::SNS::Topic';
const NOW = { rotateImmediately: true };

const waitersOf = (stack: Stack) => resourcesOf(stack, FUNCTION).filter(({ properties }) => /Waits at deployment/.test(properties.Description));
const waitPoliciesOf = (stack: Stack) => resourcesOf(stack, POLICY).filter(({ properties }) => properties.PolicyDocument.Statement[0].Action === 'secretsmanager:DescribeSecret');
const needs = (stack: Stack) => stack.dependencies.map(({ node }) => node.id).sort();

test('nothing is added to a template without a request for it', () => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', NOW);
  expect(resourcesOf(stack)).toHaveLength(7);
});

describe('a secret whose first rotation something waits for', () => {
  function setUp() {
    const stack = makeStack();
    const secret = new RotatingSecret(stack, 'Secret', NOW);
    const topic = new sns.Topic(stack, 'Topic');
    topic.node.addDependency(secret.rotation.first);
    return { stack, secret, topic };
  }

  test('has a custom resource between its schedule and the dependents', () => {
    const { stack } = setUp();
    const first = onlyResource(stack, FIRST);
    const [waiter] = waitersOf(stack);
    expect(onlyResource(stack, TOPIC).dependsOn).toContain(first.id);
    expect(first.dependsOn).toEqual(expect.arrayContaining([onlyResource(stack, SCHEDULE).id, waitPoliciesOf(stack)[0].id]));
    const rotationLogGroup = resourcesOf(stack, FUNCTION).find(({ id }) => id !== waiter.id)!.properties.LoggingConfig.LogGroup;
    expect(first.properties).toEqual({
      ServiceToken: { 'Fn::GetAtt': [waiter.id, 'Arn'] },
      SecretId: { Ref: onlyResource(stack, SECRET).id },
      Path: 'Stack/Secret',
      LogGroup: rotationLogGroup,
      ServiceTimeout: 1200,
    });
  });

  test('has a function that may describe that one secret, and log', () => {
    const { stack } = setUp();
    const [waiter] = waitersOf(stack);
    const [policy] = waitPoliciesOf(stack);
    expect(policy.properties.PolicyDocument.Statement).toEqual([
      { Action: 'secretsmanager:DescribeSecret', Effect: 'Allow', Resource: { Ref: onlyResource(stack, SECRET).id } },
    ]);
    const role = resourcesOf(stack, ROLE).find(({ id }) => waiter.properties.Role['Fn::GetAtt'][0] === id)!;
    expect(policy.properties.Roles).toEqual([{ Ref: role.id }]);
    expect(role.properties.Policies.map(({ PolicyDocument }: any) => PolicyDocument.Statement.map(({ Action }: any) => Action))).toEqual([
      [['logs:CreateLogStream', 'logs:PutLogEvents']],
    ]);
    expect(role.properties.ManagedPolicyArns).toBeUndefined();
    expect(waiter.properties).toMatchObject({ Timeout: 900, Handler: 'first-rotation/index.handler', Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    expect(waiter.properties.VpcConfig).toBeUndefined();
  });

  test('takes 5 resources, and each further secret of the stack 2', () => {
    expect(resourcesOf(setUp().stack)).toHaveLength(7 + 1 + 5);
    const { stack, secret } = setUp();
    const further = new RotatingSecret(stack, 'Further', { ...NOW, rotationFunction: secret.rotationFunction });
    expect(further.rotation.first).toBeDefined();
    expect(resourcesOf(stack)).toHaveLength(7 + 1 + 5 + 2 + 2);
    expect(waitersOf(stack)).toHaveLength(1);
    expect(resourcesOf(stack, LOG_GROUP)).toHaveLength(2);
  });

  test('has one custom resource for any number of requests', () => {
    const { stack, secret } = setUp();
    expect(secret.rotation.first).toBe(secret.rotation.first);
    onlyResource(stack, FIRST);
  });

  test('has stable logical ids', () => {
    const { stack } = setUp();
    expect([onlyResource(stack, FIRST).id, waitPoliciesOf(stack)[0].id, waitersOf(stack)[0].id]).toMatchInlineSnapshot(`
[
  "FirstRotationWaiterSecretc83ef5b739e0bb560e3d942d80870cfabfaa53df0575F710EB",
  "FirstRotationWaiterSecretc83ef5b739e0bb560e3d942d80870cfabfaa53df05Policy90A17854",
  "FirstRotationWaiterFunction0E0A10CC",
]
`);
  });

  test('has the same other resources', () => {
    const { stack } = setUp();
    const without = makeStack();
    new RotatingSecret(without, 'Secret', NOW);
    const all = resourcesOf(stack);
    for (const resource of resourcesOf(without)) { expect(all).toContainEqual(resource); }
  });
});

test.each([['the same function', true], ['functions of their own', false]])('a secret can wait for another one, with %s', (_, isShared) => {
  const stack = makeStack();
  const rotationFunction = isShared ? new RotationFunction(stack, 'Rotation') : undefined;
  const [superuser, user] = ['Superuser', 'User'].map((id) => new RotatingSecret(stack, id, { ...NOW, rotationFunction }));
  user.node.addDependency(superuser.rotation.first);
  const last = new sns.Topic(stack, 'Topic');
  last.node.addDependency(user.rotation.first);
  // Finds cycles.
  expect(resourcesOf(stack, FIRST)).toHaveLength(2);
});

describe('an error', () => {
  test('says that deployment starts no rotation, for which secret, and what to set', () => {
    const secret = new RotatingSecret(makeStack(), 'Secret');
    expect(errorOf(() => secret.rotation.first).message).toBe('rotateImmediately: of Stack/Secret is false, so deployment starts no rotation, and rotation.first has nothing to wait for. '
      + 'Set rotateImmediately to true for this secret');
  });

  test('says how many secrets one stack can wait for', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation');
    const secrets = Array.from({ length: 26 }, (_, index) => new RotatingSecret(stack, `Secret${index}`, { ...NOW, rotationFunction }));
    for (const { rotation } of secrets.slice(0, 25)) { expect(rotation.first).toBeDefined(); }
    expect(errorOf(() => secrets[25].rotation.first).message).toBe('rotation.first: of Stack/Secret25 is one more than the 25 that Stack can wait for: the inline policies '
      + 'of a role have a limit. ' + 'Wait for fewer secrets, or put some of them into another stack');
    expect(resourcesOf(stack, FIRST)).toHaveLength(25);
  });

  test('25 policies fit into a role, with secrets whose names have 160 characters', () => {
    const stack = makeStack();
    const secret = new RotatingSecret(stack, 'Secret', NOW);
    expect(secret.rotation.first).toBeDefined();
    const [{ properties: { PolicyDocument } }] = waitPoliciesOf(stack);
    const arn = `arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:${'x'.repeat(160)}-AbCdEf`;
    const [statement] = PolicyDocument.Statement;
    expect(25 * JSON.stringify({ ...PolicyDocument, Statement: [{ ...statement, Resource: arn }] }).length).toBeLessThan(10_240);
  });
});

test('a Rotation of a secret that another construct made has it too', () => {
  const stack = makeStack();
  const rotation = new RotationFunction(stack, 'Rotation').rotate(new Secret(stack, 'Secret'), NOW);
  new sns.Topic(stack, 'Topic').node.addDependency(rotation.first);
  expect(onlyResource(stack, TOPIC).dependsOn).toContain(onlyResource(stack, FIRST).id);
});

test('describes an imported secret by either form of its ARN', () => {
  const stack = makeStack({ env: ENV });
  const rotation = new RotationFunction(stack, 'Rotation').rotate(Secret.fromSecretNameV2(stack, 'Secret', 'my-app/password'), NOW);
  expect(rotation.first).toBeDefined();
  const [policy] = waitPoliciesOf(stack);
  expect(JSON.stringify(policy.properties.PolicyDocument)).toContain('my-app/password-??????');
  expect(onlyResource(stack, FIRST).properties.SecretId).toEqual(onlyResource(stack, SCHEDULE).properties.SecretId);
});

test('a database waits until it is attached, rotated, and waited for', () => {
  const stack = makeStack({ env: ENV });
  const vpc = new ec2.Vpc(stack, 'Vpc');
  const secret = new RotatingSecret(stack, 'Secret', {
    ...NOW,
    generateSecretString: { secretStringTemplate: '{"username":"user1"}', generateStringKey: 'password' },
    rotationFunction: new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.postgres() }),
  });
  new sns.Topic(stack, 'Topic').node.addDependency(secret.rotation.first);
  new rds.DatabaseInstance(stack, 'Database', { vpc, engine: rds.DatabaseInstanceEngine.POSTGRES, credentials: rds.Credentials.fromSecret(secret) });
  const attachment = onlyResource(stack, 'AWS::SecretsManager::SecretTargetAttachment');
  expect(onlyResource(stack, SCHEDULE).dependsOn).toContain(attachment.id);
  expect(onlyResource(stack, FIRST).dependsOn).toContain(onlyResource(stack, SCHEDULE).id);
});

describe('between stacks', () => {
  function setUp() {
    const app = makeApp();
    const [functions, secrets, services] = ['Functions', 'Secrets', 'Services'].map((id) => new Stack(app, id, { env: ENV }));
    return { app, functions, secrets, services };
  }

  test('the stack of the dependents depends on that of the secret, which has all resources for the waiting', () => {
    const { app, functions, secrets, services } = setUp();
    const secret = new RotatingSecret(secrets, 'Secret', { ...NOW, rotationFunction: new RotationFunction(functions, 'Rotation') });
    new sns.Topic(services, 'Topic').node.addDependency(secret.rotation.first);
    app.synth();
    expect([needs(functions), needs(secrets), needs(services)]).toEqual([[], ['Functions'], ['Secrets']]);
    expect(waitersOf(secrets)).toHaveLength(1);
    // The name of an exported log group couldn't change any more.
    expect(onlyResource(secrets, FIRST).properties).not.toHaveProperty('LogGroup');
  });

  test('a log group with a known name is named from any stack', () => {
    const { functions, secrets } = setUp();
    const rotationFunction = new RotationFunction(functions, 'Rotation', { logGroup: logs.LogGroup.fromLogGroupName(functions, 'LogGroup', 'rotations') });
    expect(new RotatingSecret(secrets, 'Secret', { ...NOW, rotationFunction }).rotation.first).toBeDefined();
    expect(onlyResource(secrets, FIRST).properties.LogGroup).toBe('rotations');
  });

  test('moves with the schedule, if the database of another stack takes the secret', () => {
    const { app, functions, secrets, services } = setUp();
    const vpc = new ec2.Vpc(functions, 'Vpc');
    const secret = new RotatingSecret(secrets, 'Secret', {
      ...NOW,
      generateSecretString: { secretStringTemplate: '{"username":"user1"}', generateStringKey: 'password' },
      rotationFunction: new RotationFunction(functions, 'Rotation', { vpc, target: RotationTarget.postgres() }),
    });
    const topic = new sns.Topic(services, 'Topic');
    topic.node.addDependency(secret.rotation.first);
    new rds.DatabaseInstance(services, 'Database', { vpc, engine: rds.DatabaseInstanceEngine.POSTGRES, credentials: rds.Credentials.fromSecret(secret) });
    app.synth();
    expect(resourcesOf(secrets, SCHEDULE)).toEqual([]);
    expect(resourcesOf(secrets, FIRST)).toEqual([]);
    expect(resourcesOf(secrets)).toHaveLength(1);
    const first = onlyResource(services, FIRST);
    expect(first.dependsOn).toContain(onlyResource(services, SCHEDULE).id);
    expect(onlyResource(services, TOPIC).dependsOn).toContain(first.id);
    expect(waitersOf(services)).toHaveLength(1);
  });

  test('the function stays in the old stack if others wait there', () => {
    const { app, functions, secrets, services } = setUp();
    const vpc = new ec2.Vpc(functions, 'Vpc');
    const props = {
      ...NOW,
      generateSecretString: { secretStringTemplate: '{"username":"user1"}', generateStringKey: 'password' },
      rotationFunction: new RotationFunction(functions, 'Rotation', { vpc, target: RotationTarget.postgres() }),
    };
    const [moves, stays] = ['Moves', 'Stays'].map((id) => new RotatingSecret(secrets, id, props));
    expect([moves.rotation.first, stays.rotation.first]).not.toContain(undefined);
    new rds.DatabaseInstance(services, 'Database', { vpc, engine: rds.DatabaseInstanceEngine.POSTGRES, credentials: rds.Credentials.fromSecret(moves) });
    app.synth();
    expect([waitersOf(secrets), resourcesOf(secrets, FIRST), waitPoliciesOf(secrets)].map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(waitersOf(services)).toHaveLength(1);
  });

  test('waits for a secret of a nested stack there', () => {
    const app = makeApp();
    const stack = new Stack(app, 'Stack');
    const nested = new NestedStack(stack, 'Nested');
    const secret = new RotatingSecret(nested, 'Secret', NOW);
    new sns.Topic(stack, 'Topic').node.addDependency(secret.rotation.first);
    app.synth();
    expect(resourcesOf(nested, FIRST)).toHaveLength(1);
    expect(onlyResource(stack, TOPIC).dependsOn).toEqual([onlyResource(stack, 'AWS::CloudFormation::Stack').id]);
  });

  test('waits for a schedule in a scope of its own there', () => {
    const { app, functions, secrets } = setUp();
    const rotationFunction = new RotationFunction(functions, 'Rotation');
    const imported = Secret.fromSecretNameV2(functions, 'Imported', 'app');
    const rotation = rotationFunction.rotate(imported, { ...NOW, scheduleScope: secrets });
    new CfnOutput(secrets, 'Output', { value: 'after' }).node.addDependency(rotation.first);
    app.synth();
    expect(onlyResource(secrets, FIRST).dependsOn).toContain(onlyResource(secrets, SCHEDULE).id);
  });
});

test('other dependents of the secret don\'t wait for its rotation', () => {
  const stack = makeStack();
  const secret = new RotatingSecret(stack, 'Secret', NOW);
  expect(secret.rotation.first).toBeDefined();
  new sns.Topic(stack, 'Topic').node.addDependency(secret);
  expect(onlyResource(stack, TOPIC).dependsOn).not.toContain(onlyResource(stack, FIRST).id);
});

test('aspects visit all of its constructs', () => {
  const stack = makeStack();
  const secret = new RotatingSecret(stack, 'Secret', NOW);
  expect(secret.rotation.first).toBeDefined();
  const seen: string[] = [];
  const aspect: IAspect = { visit: ({ node }) => { seen.push(node.path); } };
  Aspects.of(stack).add(aspect);
  resourcesOf(stack);
  expect(seen.filter((path) => path.startsWith('Stack/FirstRotationWaiter/')).length).toBeGreaterThan(5);
  expect(secret.node.findAll().filter((child) => child instanceof CfnRotationSchedule)).toHaveLength(1);
});

describe('a secret that a rollback would delete', () => {
  const warnings = (props: RotatingSecretProps) => {
    const stack = makeStack();
    const user = new iam.User(stack, 'User');
    const secret = new RotatingSecret(stack, 'Secret', { ...NOW, ...props.target ? {} : { target: RotationTarget.iamAccessKey({ user }) }, ...props });
    expect(secret.rotation.first).toBeDefined();
    return warningsOf(stack).filter((text) => text.includes('rotation.first'));
  };

  test('gets a warning if the target accepts its value', () => {
    expect(warnings({})).toEqual([expect.stringMatching(/^rotation\.first: if the first rotation of Stack\/Secret fails after setSecret, .*RemovalPolicy\.RETAIN/)]);
  });

  test.each<[string, RotatingSecretProps]>([
    ['stays', { removalPolicy: RemovalPolicy.RETAIN }],
    ['is only generated', { target: RotationTarget.generated() }],
  ])('gets no warning if it %s', (_, props) => { expect(warnings(props)).toEqual([]); });
});

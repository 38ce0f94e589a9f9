import { App, CustomResource, Fn, NestedStack, SecretValue, Stack, Stage } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as redshift from 'aws-cdk-lib/aws-redshift';
import { Secret, SecretTargetAttachment, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type RotatingSecretProps } from '../../src';
import { ENV, errorOf, expectInvalid, makeApp, resourcesOf, SCHEDULE, statementsOf, warningsOf } from '../fixture';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:my-app/password';
const KEY_ARN = 'arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ANY_SECRET = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:*';

/** A function in its own stack, and beside it a stack with the same account and region. */
function setUp() {
  const app = makeApp();
  const stack = new Stack(app, 'Stack', { env: ENV });
  return { app, stack, other: new Stack(app, 'Other', { env: ENV }), rotation: new RotationFunction(stack, 'Rotation') };
}

type Context = ReturnType<typeof setUp>;

/** The results, in the stack of the schedule and in that of the function. */
interface Outcome {
  readonly scheduledIn: string;
  readonly secretId: string;
  readonly mayRotate: string;
  readonly keys: string[];
  readonly waitsFor: string[];
}

/** A value in a template, with the types of resources for their logical ids. */
function show(stack: Stack, value: any): string {
  if (typeof value === 'string') { return value; }
  if (Array.isArray(value)) { return value.map((item) => show(stack, item)).join(' '); }
  const typeOf = (id: string) => resourcesOf(stack).find((resource) => resource.id === id)?.type.split('::').pop() ?? id;
  const [[name, argument]] = Object.entries<any>(value);
  if (name === 'Ref') { return argument === 'AWS::Partition' ? 'aws' : `<${typeOf(argument)}>`; }
  if (name === 'Fn::GetAtt') { return `<${typeOf(argument[0])}.${argument[1].replace(/^Outputs\..*/, 'Output')}>`; }
  if (name === 'Fn::Join') { return argument[1].map((part: unknown) => show(stack, part)).join(''); }
  return `<${name}>`;
}

function outcomeOf({ rotation }: Context, secret: ISecret): Outcome {
  const owner = Stack.of(rotation);
  const app = rotation.node.root as App;
  app.synth({ force: true });
  const stacks = app.node.findAll().filter((construct): construct is Stack => Stack.isStack(construct));
  const [scheduledIn, ...others] = stacks.filter((stack) => resourcesOf(stack, SCHEDULE).length > 0);
  expect(others).toEqual([]);
  expect(warningsOf(owner)).toEqual([]);
  const stackOfSecret = Stack.of(secret);
  expect(warningsOf(stackOfSecret.nestedStackParent ?? stackOfSecret)).toEqual([]);
  const [{ properties, dependsOn }, ...more] = resourcesOf(scheduledIn, SCHEDULE);
  expect(more).toEqual([]);
  const keys = stacks.flatMap((stack) => statementsOf(stack).filter(({ Action }) => [Action].flat().includes('kms:GenerateDataKey')).flatMap(({ Resource }) => [Resource].flat())
    .map((resource) => show(stack, resource)));
  const [statement] = statementsOf(owner).filter(({ Sid }) => Sid === 'RotateSecrets');
  const ids = new Map(resourcesOf(scheduledIn).map(({ id, type }) => [id, type.split('::').pop()!]));
  return {
    scheduledIn: scheduledIn.node.path,
    secretId: show(scheduledIn, properties.SecretId),
    mayRotate: show(owner, statement.Resource),
    keys,
    waitsFor: dependsOn.map((id) => ids.get(id)!).sort(),
  };
}

const vpcOf = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
const IN_VPC = { vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } };
const instanceOf = (stack: Stack, credentials?: rds.Credentials) => new rds.DatabaseInstance(stack, 'Database', {
  ...IN_VPC, credentials, vpc: vpcOf(stack), engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }),
});
const clusterOf = (stack: Stack) => new rds.DatabaseCluster(stack, 'Database', {
  ...IN_VPC,
  vpc: vpcOf(stack),
  engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_15_4 }),
  writer: rds.ClusterInstance.serverlessV2('Writer'),
});

const HERE = { scheduledIn: 'Stack', keys: [], waitsFor: ['Permission', 'Policy'] };
const MADE_HERE = { ...HERE, secretId: '<Secret>', mayRotate: '<Secret>' };
const ATTACHED = { ...HERE, secretId: '<SecretTargetAttachment>', mayRotate: '<SecretTargetAttachment>' };
const ELSEWHERE = { scheduledIn: 'Other', secretId: '<Secret>', mayRotate: ANY_SECRET, keys: [], waitsFor: [] };

/** Every way in which a secret of another construct is given to a function, and the result. */
const ADOPTED: Record<string, [(context: Context) => ISecret, Outcome]> = {
  'made by Secret': [({ stack }) => new Secret(stack, 'Secret'), MADE_HERE],
  'made by Secret, with a name': [({ stack }) => new Secret(stack, 'Secret', { secretName: 'my-app/password' }), MADE_HERE],
  'made by Secret, with a key': [
    ({ stack }) => new Secret(stack, 'Secret', { encryptionKey: new kms.Key(stack, 'Key') }), { ...MADE_HERE, keys: ['<Key.Arn>'] },
  ],
  'replicated': [
    ({ stack }) => new Secret(stack, 'Secret', { replicaRegions: [{ region: 'us-east-1' }] }), MADE_HERE,
  ],
  'replicated, with a key there': [
    ({ stack }) => new Secret(stack, 'Secret', {
      replicaRegions: [{ region: 'us-east-1', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('eu-west-1', 'us-east-1')) }],
    }), MADE_HERE,
  ],
  'made by DatabaseSecret': [({ stack }) => new rds.DatabaseSecret(stack, 'Secret', { username: 'app' }), MADE_HERE],
  'the master secret of an instance': [({ stack }) => instanceOf(stack).secret!, ATTACHED],
  'the master secret of an instance, from a DatabaseSecret': [
    ({ stack }) => instanceOf(stack, rds.Credentials.fromSecret(new rds.DatabaseSecret(stack, 'Secret', { username: 'app' }))).secret!, ATTACHED,
  ],
  'the master secret of an instance, with a key': [
    ({ stack }) => instanceOf(stack, rds.Credentials.fromGeneratedSecret('app', { encryptionKey: new kms.Key(stack, 'Key') })).secret!,
    { ...ATTACHED, keys: ['<Key.Arn>'] },
  ],
  'the master secret of a cluster': [({ stack }) => clusterOf(stack).secret!, ATTACHED],
  'what attach returned': [({ stack }) => new Secret(stack, 'Secret').attach(instanceOf(stack)), ATTACHED],
  'made by SecretTargetAttachment': [
    ({ stack }) => new SecretTargetAttachment(stack, 'Attachment', { secret: new Secret(stack, 'Secret'), target: instanceOf(stack) }), ATTACHED,
  ],
  'imported by its complete ARN': [
    ({ stack }) => Secret.fromSecretCompleteArn(stack, 'Secret', `${ARN}-AbCdEf`), { ...HERE, secretId: `${ARN}-AbCdEf`, mayRotate: `${ARN}-AbCdEf` },
  ],
  'imported by a partial ARN': [
    ({ stack }) => Secret.fromSecretPartialArn(stack, 'Secret', ARN), { ...HERE, secretId: ARN, mayRotate: `${ARN}-??????` },
  ],
  'imported by its name': [
    ({ stack }) => Secret.fromSecretNameV2(stack, 'Secret', 'my-app/password'), { ...HERE, secretId: ARN, mayRotate: `${ARN}-??????` },
  ],
  'imported by its complete ARN, with a key': [
    ({ stack }) => Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn: `${ARN}-AbCdEf`, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) }),
    { ...HERE, secretId: `${ARN}-AbCdEf`, mayRotate: `${ARN}-AbCdEf`, keys: [KEY_ARN] },
  ],
  'imported by a partial ARN, with a key': [
    ({ stack }) => Secret.fromSecretAttributes(stack, 'Secret', { secretPartialArn: ARN, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) }),
    { ...HERE, secretId: ARN, mayRotate: `${ARN}-??????`, keys: [KEY_ARN] },
  ],
  'imported by an ARN that another stack exports': [
    ({ stack }) => Secret.fromSecretCompleteArn(stack, 'Secret', Fn.importValue('arn')), { ...HERE, secretId: '<Fn::ImportValue>', mayRotate: '<Fn::ImportValue> <Fn::ImportValue>-??????' },
  ],
  'of a nested stack': [
    ({ stack }) => new Secret(new NestedStack(stack, 'Nested'), 'Secret'), { ...ELSEWHERE, scheduledIn: 'Stack/Nested' },
  ],
  'of another stack': [({ other }) => new Secret(other, 'Secret'), ELSEWHERE],
  'of another stack, with a key': [
    ({ other }) => new Secret(other, 'Secret', { encryptionKey: new kms.Key(other, 'Key') }), { ...ELSEWHERE, keys: ['<Key.Arn>'], waitsFor: ['Policy'] },
  ],
  'of another stack, with a key of the function\'s': [
    ({ stack, other }) => new Secret(other, 'Secret', { encryptionKey: new kms.Key(stack, 'Key') }), { ...ELSEWHERE, keys: ['<Fn::ImportValue>'], waitsFor: ['Policy'] },
  ],
  'of another stack, attached to its database': [
    ({ other }) => instanceOf(other).secret!, { ...ELSEWHERE, secretId: '<SecretTargetAttachment>' },
  ],
  'imported into another stack': [
    ({ other }) => Secret.fromSecretNameV2(other, 'Secret', 'my-app/password'), { ...ELSEWHERE, secretId: ARN },
  ],
};

test.each(Object.entries(ADOPTED))('rotates a secret %s', (_, [make, outcome]) => {
  const context = setUp();
  const secret = make(context);
  context.rotation.rotate(secret);
  expect(outcomeOf(context, secret)).toEqual(outcome);
});

test.each<[string, (app: App) => Stack]>([
  ['a stage', (app) => new Stack(new Stage(app, 'Prod', { env: ENV }), 'Stack')],
  ['a stack that knows neither account nor region', (app) => new Stack(app, 'Stack')],
])('rotates a secret of %s, with a function beside it', (_, makeStack) => {
  const stack = makeStack(makeApp());
  new RotationFunction(stack, 'Rotation').rotate(new Secret(stack, 'Secret', { encryptionKey: new kms.Key(stack, 'Key') }));
  const [{ properties }] = resourcesOf(stack, SCHEDULE);
  expect(show(stack, properties.SecretId)).toBe('<Secret>');
  expect(statementsOf(stack).filter(({ Resource }) => show(stack, [Resource].flat()[0]) === '<Key.Arn>')).toHaveLength(1);
});

const imported = (arn: string) => ({ stack }: Context) => Secret.fromSecretCompleteArn(stack, 'Secret', arn);
const managed = (service: string) => [`is managed by another service of AWS (${service})`, 'Leave its rotation to that service'];

/** Secrets that Secrets Manager would refuse at deployment, or that could never rotate. */
const REFUSED: Record<string, [(context: Context) => ISecret, string[]]> = {
  'imported, of another region, such as a replica': [imported(`${ARN.replace('eu-west-1', 'us-east-1')}-AbCdEf`), ['Stack/Secret is of the region us-east-1', 'through its primary secret']],
  'imported, of another account': [imported(`${ARN.replace('111111111111', '222222222222')}-AbCdEf`), ['Stack/Secret is of the account 222222222222', 'both in one']],
  'of a stack of another region': [({ app }) => new Secret(new Stack(app, 'Far', { env: { ...ENV, region: 'us-east-1' } }), 'Secret'), ['Far/Secret is of the region us-east-1']],
  'of a stack of another account': [({ app }) => new Secret(new Stack(app, 'Far', { env: { ...ENV, account: '222222222222' } }), 'Secret'), ['Far/Secret is of the account 222222222222']],
  ...Object.fromEntries(['rds!cluster-1234', 'redshift!cluster-1234', 'events!connection/api/1234', 'appflow!profile', 'directconnect!dxcon', 'mediaconnect!flow'].flatMap((name) => [
    [`managed, with the name ${name}`, [({ stack }: Context) => Secret.fromSecretNameV2(stack, 'Secret', name), managed(name.split('!')[0])]],
    [`managed, with an ARN of ${name}`, [imported(`${ARN.replace('my-app/password', name)}-AbCdEf`), managed(name.split('!')[0])]],
  ])),
  'of an instance with manageMasterUserPassword': [
    ({ stack }) => Secret.fromSecretCompleteArn(stack, 'Secret', new rds.CfnDBInstance(stack, 'Database', { manageMasterUserPassword: true }).attrMasterUserSecretSecretArn), managed('rds'),
  ],
  'of a cluster with manageMasterUserPassword': [
    ({ stack }) => Secret.fromSecretAttributes(stack, 'Secret', {
      secretCompleteArn: new rds.CfnDBCluster(stack, 'Database', { engine: 'aurora-postgresql', manageMasterUserPassword: true }).attrMasterUserSecretSecretArn,
    }), managed('rds'),
  ],
  'of a Redshift cluster with manageMasterPassword': [
    ({ stack }) => Secret.fromSecretCompleteArn(stack, 'Secret', new redshift.CfnCluster(stack, 'Cluster', {
      clusterType: 'single-node', dbName: 'app', masterUsername: 'admin', nodeType: 'ra3.large',
    }).attrMasterPasswordSecretArn), managed('redshift'),
  ],
  'of a connection of EventBridge': [
    ({ stack }) => Secret.fromSecretCompleteArn(stack, 'Secret', new events.Connection(stack, 'Connection', {
      authorization: events.Authorization.apiKey('key', SecretValue.unsafePlainText('no-value')),
    }).connectionSecretArn), managed('events'),
  ],
  'that rotates itself': [
    ({ stack, rotation }) => new RotatingSecret(stack, 'Secret', { rotationFunction: rotation }), ['Stack/Secret has a rotation schedule already', 'Rotate it in one place'],
  ],
};

test.each(Object.entries(REFUSED))('refuses a secret %s', (_, [make, parts]) => {
  const context = setUp();
  const secret = make(context);
  expectInvalid(() => context.rotation.rotate(secret), 'secret', ...parts);
});

test('rotates a secret of a custom resource, whatever the name of its ARN attribute', () => {
  const { stack, rotation } = setUp();
  const maker = new CustomResource(stack, 'Maker', { serviceToken: 'arn:aws:lambda:eu-west-1:111111111111:function:maker' });
  rotation.rotate(Secret.fromSecretCompleteArn(stack, 'Secret', maker.getAttString('SecretArn')));
  expect(resourcesOf(stack, SCHEDULE)).toHaveLength(1);
});

test('refuses the superuser secret of the function', () => {
  const { stack } = setUp();
  const secret = new Secret(stack, 'Secret');
  const rotation = new RotationFunction(stack, 'Users', { target: RotationTarget.postgres({ strategy: RotationStrategy.alternatingUsers(secret) }), vpc: vpcOf(stack), ...IN_VPC });
  expectInvalid(() => rotation.rotate(secret), 'secret', 'is the superuser secret of this function', 'RotationStrategy.singleUser()');
});

describe('a replica of a secret of this app that is imported by its name', () => {
  const build = (region: string, importReplica: (stack: Stack) => ISecret, name = 'my-app/password') => {
    const { app, stack, rotation } = setUp();
    new Secret(new Stack(app, 'Primary', { env: { ...ENV, region: 'us-east-1' } }), 'Secret', { secretName: name, replicaRegions: [{ region }] });
    rotation.rotate(importReplica(stack));
    return () => app.synth();
  };

  test.each<[string, (stack: Stack) => ISecret]>([
    ['its name', (stack) => Secret.fromSecretNameV2(stack, 'Secret', 'my-app/password')],
    ['its partial ARN', (stack) => Secret.fromSecretPartialArn(stack, 'Secret', ARN)],
    ['its complete ARN', (stack) => Secret.fromSecretCompleteArn(stack, 'Secret', `${ARN}-AbCdEf`)],
  ])('is found at synthesis by %s', (_, importReplica) => {
    const { message } = errorOf(build('eu-west-1', importReplica));
    for (const part of ['secret: Stack/Secret is the replica in eu-west-1 of Primary/Secret', 'which is of us-east-1', 'Rotate the primary secret']) { expect(message).toContain(part); }
  });

  test('is not mistaken for a secret of the same name, or of another region', () => {
    const byName = (stack: Stack) => Secret.fromSecretNameV2(stack, 'Secret', 'my-app/password');
    expect(build('eu-central-1', byName)).not.toThrow();
    expect(build('eu-west-1', byName, 'my-app/other')).not.toThrow();
  });

  test('rotates through its primary secret', () => {
    const { app, stack, rotation } = setUp();
    rotation.rotate(new Secret(stack, 'Secret', { secretName: 'my-app/password', replicaRegions: [{ region: 'us-east-1' }] }));
    expect(() => app.synth()).not.toThrow();
  });
});

describe('a RotatingSecret', () => {
  const make = (props: (context: Context) => RotatingSecretProps) => () => {
    const context = setUp();
    return new RotatingSecret(context.stack, 'Secret', props(context));
  };
  const far = ({ app }: Context) => new Stack(app, 'Far', { env: { ...ENV, region: 'us-east-1' } });
  const replica = (encryptionKey: (context: Context) => kms.IKey, region = 'us-east-1') => make((context) => ({ replicaRegions: [{ region, encryptionKey: encryptionKey(context) }] }));

  test('refuses a function of another region', () => {
    expectInvalid(make((context) => ({ rotationFunction: new RotationFunction(far(context), 'Rotation') })), 'secret', 'of the region eu-west-1, and the function of us-east-1');
  });

  test.each<[string, (stack: Stack) => lambda.IFunction]>([
    ['imported by its ARN', (stack) => lambda.Function.fromFunctionArn(stack, 'Imported', 'arn:aws:lambda:eu-west-1:111111111111:function:rotation')],
    ['imported by its name', (stack) => lambda.Function.fromFunctionName(stack, 'Imported', 'rotation')],
    ['made by lambda.Function', (stack) => new lambda.Function(stack, 'Imported', { code: lambda.Code.fromInline('//'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_20_X })],
  ])('refuses a function %s, which doesn\'t have the handler', (_, fn) => {
    expectInvalid(make(({ stack }) => ({ rotationFunction: fn(stack) as RotationFunction })), 'rotationFunction', 'is not a RotationFunction', 'Give a RotationFunction');
  });

  test.each<[string, (context: Context) => kms.IKey, string]>([
    ['of its own stack', ({ stack }) => new kms.Key(stack, 'Key'), 'which is of eu-west-1'],
    ['of its own region', ({ stack }) => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN), 'which is of eu-west-1'],
    ['of a third region', ({ stack }) => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('eu-west-1', 'ap-south-1')), 'which is of ap-south-1'],
    ['known by an alias, which is one of its own region', ({ stack }) => kms.Alias.fromAliasName(stack, 'Key', 'alias/secrets'), 'which is of eu-west-1'],
  ])('refuses a key %s for a replica', (_, key, part) => {
    expectInvalid(replica(key), 'replicaRegions', 'has the key Stack/Key for us-east-1', part, 'a key of its own region');
  });

  test('refuses a key of its own stack for a replica if the region of the stack isn\'t known', () => {
    const stack = new Stack(makeApp(), 'Stack');
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { replicaRegions: [{ region: 'us-east-1', encryptionKey: new kms.Key(stack, 'Key') }] }), 'replicaRegions', 'of the region of this stack');
  });

  test.each<[string, (context: Context) => kms.IKey]>([
    ['of the region of the replica', ({ stack }) => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('eu-west-1', 'us-east-1'))],
    ['whose region isn\'t known', ({ stack }) => kms.Key.fromKeyArn(stack, 'Key', Fn.importValue('key'))],
  ])('accepts a key %s for a replica', (_, key) => {
    expect(replica(key)).not.toThrow();
  });

  test('refuses a replica in its own region, like CDK', () => {
    expect(errorOf(make(() => ({ replicaRegions: [{ region: 'eu-west-1' }] }))).message).toMatch(/replica.*region|region.*replica/i);
  });
});

test('a role that can\'t be changed gets a warning with all permissions that a rotation needs', () => {
  const { stack } = setUp();
  const role = iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ENV.account}:role/rotation`, { mutable: false });
  new RotationFunction(stack, 'Theirs', { role }).rotate(new Secret(stack, 'Secret'));
  expect(warningsOf(stack)).toEqual([expect.stringContaining('no permission to rotate')]);
});

describe('a secret that another construct attaches to a database', () => {
  const target = () => RotationTarget.postgres();
  const warningsWith = (rotate: (stack: Stack, rotation: (target: RotationTarget) => RotationFunction) => void) => {
    const stack = new Stack(makeApp(), 'Stack', { env: ENV });
    rotate(stack, (rotationTarget) => new RotationFunction(stack, 'Rotation', { target: rotationTarget }));
    return warningsOf(stack).filter((warning) => warning.includes('attachedLater'));
  };
  const databaseSecretOf = (stack: Stack) => {
    const secret = new rds.DatabaseSecret(stack, 'Secret', { username: 'app' });
    return { secret, database: instanceOf(stack, rds.Credentials.fromSecret(secret)) };
  };

  test('gets a warning, because its schedule doesn\'t wait for the host', () => {
    const [warning, ...others] = warningsWith((stack, rotation) => { rotation(target()).rotate(databaseSecretOf(stack).secret); });
    expect(others).toEqual([]);
    for (const part of ['secret: Stack/Secret is attached', 'by Stack/Secret/Attachment', 'Rotate the secret that attach returned', 'database.secret']) { expect(warning).toContain(part); }
  });

  test.each<[string, (stack: Stack, rotation: (target: RotationTarget) => RotationFunction) => void]>([
    ['that is rotated as what attach returned', (stack, rotation) => { rotation(target()).rotate(databaseSecretOf(stack).database.secret!); }],
    ['whose function knows no databases', (stack, rotation) => { rotation(RotationTarget.generated()).rotate(databaseSecretOf(stack).secret); }],
    ['that rotates itself, and waits', (stack, rotation) => {
      instanceOf(stack, rds.Credentials.fromSecret(new RotatingSecret(stack, 'Secret', {
        rotationFunction: rotation(target()), generateSecretString: { secretStringTemplate: '{"username":"app"}', generateStringKey: 'password' },
      })));
    }],
    ['beside another one', (stack, rotation) => {
      databaseSecretOf(stack);
      rotation(target()).rotate(new Secret(stack, 'Other'));
    }],
  ])('gets no warning: %s', (_, rotate) => {
    expect(warningsWith(rotate)).toEqual([]);
  });
});

import { App, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type DatabaseTargetOptions } from '../../../src';
import {
  configOf, ENV, expectInvalid, FUNCTION, makeApp, makeStack, onlyResource, POLICY, resourcesOf, SCHEDULE, SECRET, statementsOf, warningsOf,
  type Resource,
} from '../../fixture';

const ATTACHMENT = 'AWS::SecretsManager::SecretTargetAttachment';
const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const EGRESS = 'AWS::EC2::SecurityGroupEgress';
const TEMPLATE = JSON.stringify({ username: 'app' });
const CYCLE = /cyclic/i;

const needs = (stack: Stack) => stack.dependencies.map(({ node }) => node.id).sort();

type Database = rds.DatabaseInstance | rds.DatabaseCluster;
type DatabaseFactory = (scope: Construct, vpc: ec2.IVpc, credentials?: rds.Credentials) => Database;

function makeInstance(scope: Construct, vpc: ec2.IVpc, credentials?: rds.Credentials): rds.DatabaseInstance {
  return new rds.DatabaseInstance(scope, 'Database', {
    engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('16.4', '16') }),
    vpc,
    credentials,
  });
}

function makeCluster(scope: Construct, vpc: ec2.IVpc, credentials?: rds.Credentials): rds.DatabaseCluster {
  return new rds.DatabaseCluster(scope, 'Database', {
    engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.of('16.4', '16') }),
    writer: rds.ClusterInstance.serverlessV2('Writer'),
    vpc,
    credentials,
  });
}

const FACTORIES: [string, DatabaseFactory][] = [['an instance', makeInstance], ['a cluster', makeCluster]];

const makeVpc = (scope: Construct) => new ec2.Vpc(scope, 'Vpc', { maxAzs: 2, natGateways: 1 });

function makeRotation(scope: Construct, vpc?: ec2.IVpc, options: DatabaseTargetOptions = {}, id = 'Rotation'): RotationFunction {
  return new RotationFunction(scope, id, { vpc, target: RotationTarget.postgres(options) });
}

function makeUser(scope: Construct, rotationFunction: RotationFunction, id = 'User'): RotatingSecret {
  return new RotatingSecret(scope, id, { rotationFunction, generateSecretString: { secretStringTemplate: TEMPLATE } });
}

const stacksOf = (app: App, ...ids: string[]) => ids.map((id) => new Stack(app, id));

/** The rules that let a function in, between two security groups. */
function rulesOf(...stacks: Stack[]): Resource[] {
  return stacks.flatMap((stack) => resourcesOf(stack, INGRESS)).filter(({ properties }) => properties.SourceSecurityGroupId !== undefined);
}

describe('in one stack, the database lets the function in', () => {
  const setUp = (makeDatabase: DatabaseFactory) => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    return { stack, vpc, database: makeDatabase(stack, vpc) };
  };

  /** From the security group of the function to that of the database. */
  function expectOneRule(stack: Stack, database: Database, rotation: RotationFunction): Resource {
    const [rule, ...others] = rulesOf(stack);
    expect(others).toEqual([]);
    const idOf = (connectable: ec2.IConnectable) => stack.resolve(connectable.connections.securityGroups[0].securityGroupId);
    expect(rule.properties).toMatchObject({
      GroupId: idOf(database),
      SourceSecurityGroupId: idOf(rotation),
      FromPort: stack.resolve(database instanceof rds.DatabaseCluster ? database.clusterEndpoint.port : database.instanceEndpoint.port),
      IpProtocol: 'tcp',
    });
    return rule;
  }

  describe.each(FACTORIES)('%s', (_, makeDatabase) => {
    test('that the target has', () => {
      const { stack, vpc, database } = setUp(makeDatabase);
      const rotation = makeRotation(stack, vpc, { database });
      expectOneRule(stack, database, rotation);
      expect(warningsOf(stack)).toEqual([]);
    });

    test('that is attached by hand, and the schedule waits for both', () => {
      const { stack, vpc, database } = setUp(makeDatabase);
      const rotation = makeRotation(stack, vpc);
      const secret = makeUser(stack, rotation);
      secret.attach(database);
      const rule = expectOneRule(stack, database, rotation);
      const attachment = resourcesOf(stack, ATTACHMENT).find(({ properties }) => properties.SecretId.Ref === stack.resolve(secret.secretArn).Ref)!;
      expect(onlyResource(stack, SCHEDULE).dependsOn).toEqual(expect.arrayContaining([rule.id, attachment.id]));
    });

    test('that the target has and that is attached, once', () => {
      const { stack, vpc, database } = setUp(makeDatabase);
      const rotation = makeRotation(stack, vpc, { database });
      makeUser(stack, rotation).attach(database);
      const rule = expectOneRule(stack, database, rotation);
      expect(onlyResource(stack, SCHEDULE).dependsOn).toContain(rule.id);
    });

    test('that several secrets are attached to, once, and all their schedules wait', () => {
      const { stack, vpc, database } = setUp(makeDatabase);
      const rotation = makeRotation(stack, vpc);
      for (const id of ['One', 'Two']) { makeUser(stack, rotation, id).attach(database); }
      const { id } = expectOneRule(stack, database, rotation);
      expect(resourcesOf(stack, SCHEDULE).map(({ dependsOn }) => dependsOn.includes(id))).toEqual([true, true]);
    });

    test('that the user lets it into too, once', () => {
      const { stack, vpc, database } = setUp(makeDatabase);
      const rotation = makeRotation(stack, vpc, { database });
      database.connections.allowDefaultPortFrom(rotation, 'Rotation of secrets');
      expectOneRule(stack, database, rotation);
    });

    test('whose credentials come from a RotatingSecret: RDS attaches it itself', () => {
      const stack = makeStack();
      const vpc = makeVpc(stack);
      const rotation = makeRotation(stack, vpc);
      const secret = makeUser(stack, rotation);
      const database = makeDatabase(stack, vpc, rds.Credentials.fromSecret(secret));
      const rule = expectOneRule(stack, database, rotation);
      const attachment = onlyResource(stack, ATTACHMENT);
      expect(onlyResource(stack, SECRET).properties.GenerateSecretString).toMatchObject({ GenerateStringKey: 'password', ExcludeCharacters: '/@"\'\\ ' });
      expect(onlyResource(stack, SCHEDULE).dependsOn).toEqual(expect.arrayContaining([rule.id, attachment.id]));
      expect(onlyResource(stack, SCHEDULE).properties.SecretId).toEqual(stack.resolve(secret.secretArn));
      expect(stack.resolve(database.secret!.secretArn)).toEqual({ Ref: attachment.id });
      expect(secret.node.tryFindChild('Attachment')).toBe(database.secret);
    });

    test('with a secret of its own, which excludes more characters: that is rotated after its attachment, with its own policy', () => {
      const { stack, vpc, database } = setUp(makeDatabase);
      const rotation = makeRotation(stack, vpc, { database });
      rotation.rotate(database.secret!);
      expect(onlyResource(stack, SCHEDULE).properties.SecretId).toEqual({ Ref: onlyResource(stack, ATTACHMENT).id });
      const { passwordPolicy: { excludeCharacters } } = configOf(stack);
      const { ExcludeCharacters: first } = onlyResource(stack, SECRET).properties.GenerateSecretString;
      for (const character of `${first}/@"'\\ :`) { expect(excludeCharacters).toContain(character); }
      const rule = expectOneRule(stack, database, rotation);
      expect(onlyResource(stack, SCHEDULE).dependsOn).toContain(rule.id);
      expect(database.secret!.node.tryFindChild('RotationSchedule')).toBeDefined();
    });
  });

  test('on its default port, and outwards too if the function has no general egress', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    new RotationFunction(stack, 'Rotation', {
      vpc, allowAllOutbound: false, target: RotationTarget.postgres({ database: makeInstance(stack, vpc) }),
    });
    expect(resourcesOf(stack, EGRESS)).toHaveLength(1);
  });

  test('unless its security group can\'t be changed', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678', { mutable: false });
    const connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(5432) });
    makeRotation(stack, vpc, { database: connections });
    expect(rulesOf(stack)).toEqual([]);
  });

  test('unless the target of the function is no database', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const rotationFunction = new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.generated({ generateStringKey: 'token' }) });
    makeUser(stack, rotationFunction).attach(makeInstance(stack, vpc));
    expect(rulesOf(stack)).toEqual([]);
  });

  test.each<[string, object]>([
    ['is no more than the target of an attachment', {}],
    ['has no security group', { connections: new ec2.Connections() }],
  ])('unless what is attached %s', (_, target) => {
    const stack = makeStack();
    makeUser(stack, makeRotation(stack, makeVpc(stack))).attach({
      ...target, asSecretAttachmentTarget: () => ({ targetId: 'database', targetType: secretsmanager.AttachmentTargetType.RDS_DB_INSTANCE }),
    });
    expect(rulesOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each([
    ['postgres' as const, 5432],
    ['mysql' as const, 3306],
    ['mariadb' as const, 3306],
  ])('on the default port of its engine: %s on %d', (engine, port) => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const database = new ec2.Connections({ securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc })] });
    new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget[engine]({ database }) });
    expect(rulesOf(stack).map(({ properties }) => [properties.FromPort, properties.ToPort])).toEqual([[port, port]]);
  });
});

describe('across stacks, no cycle', () => {
  describe.each(FACTORIES)('%s', (_, makeDatabase) => {
    test('in one stack with its VPC, the function and its secret in another', () => {
      const app = makeApp();
      const [data, functions] = stacksOf(app, 'Data', 'Functions');
      const vpc = makeVpc(data);
      const database = makeDatabase(data, vpc);
      const rotation = makeRotation(functions, vpc);
      makeUser(functions, rotation).attach(database);
      app.synth();
      expect([needs(data), needs(functions)]).toEqual([[], ['Data']]);
      expect(rulesOf(functions)).toHaveLength(1);
    });

    test('in one stack with its VPC, and its own secret rotated by a function in another', () => {
      const app = makeApp();
      const [data, functions] = stacksOf(app, 'Data', 'Functions');
      const vpc = makeVpc(data);
      const database = makeDatabase(data, vpc);
      makeRotation(functions, vpc, { database }).rotate(database.secret!);
      app.synth();
      expect([needs(data), needs(functions)]).toEqual([[], ['Data']]);
      expect(onlyResource(functions, SCHEDULE).properties.SecretId).toEqual({ 'Fn::ImportValue': expect.stringContaining('Data:') });
      expect(rulesOf(functions)).toHaveLength(1);
    });

    test('the same without the VPC: the schedule is in the stack of the secret', () => {
      const app = makeApp();
      const [network, data, functions] = stacksOf(app, 'Network', 'Data', 'Functions');
      const vpc = makeVpc(network);
      const database = makeDatabase(data, vpc);
      makeRotation(functions, vpc).rotate(database.secret!);
      app.synth();
      expect([needs(network), needs(data), needs(functions)]).toEqual([[], ['Functions', 'Network'], ['Network']]);
      expect(resourcesOf(data, SCHEDULE)).toHaveLength(1);
    });

    test('network, database, functions, and the secrets of two applications, each in a stack of its own', () => {
      const app = makeApp();
      const [network, data, functions, one, two] = stacksOf(app, 'Network', 'Data', 'Functions', 'One', 'Two');
      const vpc = makeVpc(network);
      const database = makeDatabase(data, vpc);
      const master = makeRotation(functions, vpc, { database }, 'Master');
      master.rotate(database.secret!);
      const users = makeRotation(functions, vpc, { database, strategy: RotationStrategy.alternatingUsers(database.secret!) }, 'Users');
      for (const stack of [one, two]) { makeUser(stack, users).attach(database); }
      app.synth();
      expect([needs(network), needs(data), needs(functions), needs(one), needs(two)])
        .toEqual([[], ['Network'], ['Data', 'Network'], ['Data', 'Functions'], ['Data', 'Functions']]);
      expect(rulesOf(functions)).toHaveLength(2);
      expect(rulesOf(data, one, two)).toEqual([]);
      expect(warningsOf(functions)).toEqual([]);
    });

    test('network, database, function and secret, if only the attachment names the database', () => {
      const app = makeApp();
      const [network, data, functions, secrets] = stacksOf(app, 'Network', 'Data', 'Functions', 'Secrets');
      const vpc = makeVpc(network);
      const database = makeDatabase(data, vpc);
      makeUser(secrets, makeRotation(functions, vpc)).attach(database);
      app.synth();
      expect([needs(data), needs(functions), needs(secrets)]).toEqual([['Network'], ['Data', 'Network'], ['Data', 'Functions']]);
      expect(rulesOf(functions)).toHaveLength(1);
    });

    test.each(['before', 'after'])('the same, if the own secret of the database is rotated with that function too, %s', (when) => {
      const app = makeApp();
      const [network, data, functions, secrets] = stacksOf(app, 'Network', 'Data', 'Functions', 'Secrets');
      const vpc = makeVpc(network);
      const database = makeDatabase(data, vpc);
      const rotation = makeRotation(functions, vpc);
      if (when === 'before') { rotation.rotate(database.secret!); }
      makeUser(secrets, rotation).attach(database);
      if (when === 'after') { rotation.rotate(database.secret!); }
      app.synth();
      expect([needs(data), needs(functions)]).toEqual([['Functions', 'Network'], ['Network']]);
      expect(rulesOf(data)).toHaveLength(1);
    });

    test('whose credentials come from a RotatingSecret of another stack', () => {
      const app = makeApp();
      const [network, secrets, data] = stacksOf(app, 'Network', 'Secrets', 'Data');
      const vpc = makeVpc(network);
      const secret = makeUser(secrets, makeRotation(secrets, vpc));
      const database = makeDatabase(data, vpc, rds.Credentials.fromSecret(secret));
      app.synth();
      expect([needs(secrets), needs(data)]).toEqual([['Network'], ['Network', 'Secrets']]);
      const attachment = onlyResource(data, ATTACHMENT);
      expect(data.resolve(database.secret!.secretArn)).toEqual({ Ref: attachment.id });
      expect(resourcesOf(secrets, SCHEDULE)).toEqual([]);
      const { properties, dependsOn } = onlyResource(data, SCHEDULE);
      expect(properties.SecretId).toEqual({ Ref: attachment.id });
      expect(dependsOn).toEqual(expect.arrayContaining([attachment.id, ...rulesOf(data).map(({ id }) => id)]));
      expect(rulesOf(data)).toHaveLength(1);
    });

    test('whose credentials come from CDK\'s own Secret of another stack, has one', () => {
      const app = makeApp();
      const [network, secrets, data] = stacksOf(app, 'Network', 'Secrets', 'Data');
      const secret = new secretsmanager.Secret(secrets, 'Secret', {
        generateSecretString: { secretStringTemplate: TEMPLATE, generateStringKey: 'password' },
      });
      makeDatabase(data, makeVpc(network), rds.Credentials.fromSecret(secret));
      expect(() => app.synth()).toThrow(CYCLE);
    });

    test('whose credentials come from a RotatingSecret of another stack, with the VPC in that of the database', () => {
      const app = makeApp();
      const [functions, secrets, data] = stacksOf(app, 'Functions', 'Secrets', 'Data');
      const vpc = makeVpc(data);
      const secret = makeUser(secrets, makeRotation(functions, vpc));
      // Otherwise the stack of the secret waits for the function, which waits for the VPC.
      makeDatabase(data, vpc, rds.Credentials.fromSecret(secret));
      app.synth();
      expect([needs(data), needs(functions), needs(secrets)]).toEqual([['Secrets'], ['Data'], []]);
      expect(resourcesOf(functions, SCHEDULE)).toHaveLength(1);
      expect(rulesOf(functions)).toHaveLength(1);
    });

    test('whose credentials come from a RotatingSecret of another stack, with a scheduleScope, keeps that scope', () => {
      const app = makeApp();
      const [network, secrets, data, schedules] = stacksOf(app, 'Network', 'Secrets', 'Data', 'Schedules');
      const vpc = makeVpc(network);
      const secret = new RotatingSecret(secrets, 'User', {
        rotationFunction: makeRotation(secrets, vpc), generateSecretString: { secretStringTemplate: TEMPLATE }, scheduleScope: schedules,
      });
      makeDatabase(data, vpc, rds.Credentials.fromSecret(secret));
      app.synth();
      expect(resourcesOf(schedules, SCHEDULE)).toHaveLength(1);
      expect([resourcesOf(data, SCHEDULE), resourcesOf(secrets, SCHEDULE)]).toEqual([[], []]);
      expect(needs(schedules)).toEqual(['Data', 'Secrets']);
    });

    test('in a nested stack, the function and the secret in its parent', () => {
      const app = makeApp();
      const parent = new Stack(app, 'Parent');
      const vpc = makeVpc(parent);
      const database = makeDatabase(new NestedStack(parent, 'Nested'), vpc);
      const rotation = makeRotation(parent, vpc, { database });
      makeUser(parent, rotation).attach(database);
      rotation.rotate(database.secret!);
      expect(() => app.synth()).not.toThrow();
    });
  });

  test('the function has egress to it, if it has no general egress', () => {
    const app = makeApp();
    const [data, functions] = stacksOf(app, 'Data', 'Functions');
    const vpc = makeVpc(data);
    const database = makeInstance(data, vpc);
    new RotationFunction(functions, 'Rotation', { vpc, allowAllOutbound: false, target: RotationTarget.postgres({ database }) });
    app.synth();
    expect([rulesOf(functions).length, resourcesOf(functions, EGRESS).length, resourcesOf(data, EGRESS).length]).toEqual([1, 1, 0]);
  });

  test('a second attachment of a secret whose first one is in the stack of the database is refused', () => {
    const app = makeApp();
    const [network, secrets, data] = stacksOf(app, 'Network', 'Secrets', 'Data');
    const vpc = makeVpc(network);
    const secret = makeUser(secrets, makeRotation(secrets, vpc));
    const database = makeInstance(data, vpc, rds.Credentials.fromSecret(secret));
    expect(() => secret.attach(database)).toThrow('Secret is already attached to a target');
  });
});

describe('the superuser secret', () => {
  const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:master-AbCdEf';
  const superuserStatement = (stack: Stack) => statementsOf(stack).filter(({ Sid }) => Sid === 'ReadSuperuserSecret');
  const keyStatements = (stack: Stack) => statementsOf(stack).filter(({ Action }) => [Action].flat().includes('kms:Decrypt'));
  const alternating = (scope: Construct, secret: secretsmanager.ISecret) =>
    makeRotation(scope, undefined, { strategy: RotationStrategy.alternatingUsers(secret) });
  const { fromSecretAttributes, fromSecretCompleteArn, fromSecretNameV2, fromSecretPartialArn } = secretsmanager.Secret;

  test('may be read by the function, without further permissions', () => {
    const stack = makeStack();
    const superuser = new secretsmanager.Secret(stack, 'Superuser');
    alternating(stack, superuser);
    expect(superuserStatement(stack)).toEqual([{
      Sid: 'ReadSuperuserSecret',
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: stack.resolve(superuser.secretArn),
      Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' } },
    }]);
    expect(keyStatements(stack)).toEqual([]);
  });

  test('is in the configuration', () => {
    const stack = makeStack();
    alternating(stack, fromSecretCompleteArn(stack, 'Superuser', ARN));
    expect(configOf(stack)).toMatchObject({ target: 'postgres', superuserSecretArn: ARN });
  });

  test('is in the configuration as a token, if it is of this app', () => {
    const stack = makeStack();
    const superuser = new secretsmanager.Secret(stack, 'Superuser');
    alternating(stack, superuser);
    const [separator, parts] = onlyResource(stack, FUNCTION).properties.Environment.Variables.ROTATION_CONFIG['Fn::Join'];
    expect(parts).toContainEqual(stack.resolve(superuser.secretArn));
    expect(JSON.parse(parts.map((part: unknown) => typeof part === 'string' ? part : ARN).join(separator))).toEqual({
      target: 'postgres', superuserSecretArn: ARN, passwordPolicy: { excludeCharacters: '/@"\'\\ :' },
    });
  });

  test('is absent with a single user', () => {
    const stack = makeStack();
    makeRotation(stack);
    expect(superuserStatement(stack)).toEqual([]);
    expect(configOf(stack)).toEqual({ target: 'postgres', passwordPolicy: { excludeCharacters: '/@"\'\\ :' } });
  });

  const PARTIAL = ARN.slice(0, -'-AbCdEf'.length);

  test.each<[string, (stack: Stack) => secretsmanager.ISecret, unknown, unknown]>([
    ['a complete ARN', (stack) => fromSecretCompleteArn(stack, 'Superuser', ARN), ARN, ARN],
    ['a partial ARN', (stack) => fromSecretPartialArn(stack, 'Superuser', PARTIAL), `${PARTIAL}-??????`, PARTIAL],
    ['its name', (stack) => fromSecretNameV2(stack, 'Superuser', 'master'),
      { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':secretsmanager:eu-west-1:111111111111:secret:master-??????']] }, undefined],
  ])('can be imported by %s', (_, superuser, resource, configured) => {
    const stack = makeStack({ env: ENV });
    alternating(stack, superuser(stack));
    expect(superuserStatement(stack).map(({ Resource }) => Resource)).toEqual([resource]);
    if (configured !== undefined) { expect(configOf(stack)).toMatchObject({ superuserSecretArn: configured }); }
  });

  test('has a key that the function may decrypt with, through Secrets Manager only', () => {
    const stack = makeStack({ env: ENV });
    const encryptionKey = new kms.Key(stack, 'Key');
    const superuser = new secretsmanager.Secret(stack, 'Superuser', { encryptionKey });
    alternating(stack, superuser);
    expect(keyStatements(stack)).toEqual([{
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: stack.resolve(encryptionKey.keyArn),
      Condition: {
        StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' },
        StringLike: { 'kms:EncryptionContext:SecretARN': stack.resolve(superuser.secretArn) },
      },
    }]);
  });

  test('gets a warning if its key is known only by an alias', () => {
    const stack = makeStack();
    const encryptionKey = kms.Alias.fromAliasName(stack, 'Alias', 'alias/secrets');
    alternating(stack, fromSecretAttributes(stack, 'Superuser', { secretCompleteArn: ARN, encryptionKey }));
    const [warning, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    for (const part of ['encryptionKey: Stack/Alias', 'Key.fromKeyArn', 'kms:Decrypt on it']) { expect(warning).toContain(part); }
    expect(warning).not.toContain('GenerateDataKey');
  });

  test('is granted in the policy that the schedules wait for', () => {
    const stack = makeStack();
    makeUser(stack, alternating(stack, new secretsmanager.Secret(stack, 'Superuser')));
    expect(superuserStatement(stack)).toHaveLength(1);
    expect(onlyResource(stack, SCHEDULE).dependsOn).toContain(onlyResource(stack, POLICY).id);
  });

  test('of one stack, with the function in a second and the secrets in a third, closes no cycle', () => {
    const app = makeApp();
    const [functions, superusers, secrets] = stacksOf(app, 'Functions', 'Superusers', 'Secrets');
    const superuser = new secretsmanager.Secret(superusers, 'Superuser', { encryptionKey: new kms.Key(superusers, 'Key') });
    const rotation = alternating(functions, superuser);
    makeUser(secrets, rotation);
    app.synth();
    expect([needs(functions), needs(superusers), needs(secrets)]).toEqual([['Superusers'], [], ['Functions']]);
    expect([superuserStatement(functions).length, keyStatements(functions).length]).toEqual([1, 1]);
    expect(resourcesOf(superusers, POLICY)).toEqual([]);
  });

  test('of one stack, with a key of another and secrets beside the superuser secret, closes no cycle: their schedules are with the function', () => {
    const app = makeApp();
    const [functions, superusers, keys] = stacksOf(app, 'Functions', 'Superusers', 'Keys');
    const superuser = new secretsmanager.Secret(superusers, 'Superuser', { encryptionKey: new kms.Key(keys, 'Key') });
    const rotation = alternating(functions, superuser);
    makeUser(superusers, rotation);
    rotation.rotate(new secretsmanager.Secret(superusers, 'Existing'));
    app.synth();
    expect([needs(functions), needs(superusers), needs(keys)]).toEqual([['Keys', 'Superusers'], ['Keys'], []]);
    expect([resourcesOf(functions, SCHEDULE).length, resourcesOf(superusers, SCHEDULE).length]).toEqual([2, 0]);
  });

  test('that was imported into another stack does not tie the stacks', () => {
    const app = makeApp();
    const [functions, secrets] = stacksOf(app, 'Functions', 'Secrets');
    makeUser(secrets, alternating(functions, fromSecretCompleteArn(secrets, 'Superuser', ARN)));
    app.synth();
    expect([needs(functions), needs(secrets)]).toEqual([[], ['Functions']]);
  });

  test('may be the secret of a database of this app, with its attachment', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const database = makeInstance(stack, vpc);
    makeRotation(stack, vpc, { database, strategy: RotationStrategy.alternatingUsers(database.secret!) });
    expect(superuserStatement(stack).map(({ Resource }) => Resource)).toEqual([{ Ref: onlyResource(stack, ATTACHMENT).id }]);
  });

  test('is refused if it is of another region', () => {
    const stack = makeStack({ env: ENV });
    const superuser = fromSecretCompleteArn(stack, 'Superuser', ARN.replace('eu-west-1', 'us-east-1'));
    expectInvalid(() => alternating(stack, superuser), 'superuserSecret', 'Stack/Superuser', 'region us-east-1', 'function of eu-west-1');
  });

  test('case 38: is refused if it is missing', () => {
    const database: { readonly secret?: secretsmanager.ISecret } = {};
    expectInvalid(() => RotationStrategy.alternatingUsers(database.secret!), 'superuserSecret', 'is missing', 'may create the other one');
  });

  describe('can\'t be rotated by the function that reads it', () => {
    const refused = (rotate: () => void, path: string) => expectInvalid(rotate, 'secret', `${path} is the superuser secret`, 'singleUser');

    test('itself', () => {
      const stack = makeStack();
      const superuser = new secretsmanager.Secret(stack, 'Superuser');
      refused(() => alternating(stack, superuser).rotate(superuser), 'Stack/Superuser');
    });

    test('as the secret of its attachment', () => {
      const stack = makeStack();
      const superuser = new secretsmanager.Secret(stack, 'Superuser');
      const attached = superuser.attach(makeInstance(stack, makeVpc(stack)));
      refused(() => alternating(stack, superuser).rotate(attached), 'Stack/Superuser/Attachment');
      refused(() => makeRotation(stack, undefined, { strategy: RotationStrategy.alternatingUsers(attached) }, 'Other').rotate(superuser), 'Stack/Superuser');
    });

    test('imported twice', () => {
      const stack = makeStack();
      const rotation = alternating(stack, fromSecretCompleteArn(stack, 'Superuser', ARN));
      refused(() => rotation.rotate(fromSecretCompleteArn(stack, 'Same', ARN)), 'Stack/Same');
    });

    test('imported twice by its name, in two stacks of one account and region', () => {
      const app = makeApp();
      const [one, two] = ['One', 'Two'].map((id) => new Stack(app, id, { env: ENV }));
      const rotation = alternating(one, fromSecretNameV2(one, 'Superuser', 'master'));
      refused(() => rotation.rotate(fromSecretNameV2(two, 'Same', 'master')), 'Two/Same');
    });

    test('but another one can be', () => {
      const stack = makeStack();
      alternating(stack, fromSecretCompleteArn(stack, 'Superuser', ARN)).rotate(fromSecretCompleteArn(stack, 'Other', ARN.replace('master', 'app')));
      expect(resourcesOf(stack, SCHEDULE)).toHaveLength(1);
    });
  });
});

describe('a secret that another service manages', () => {
  test.each<[string, (stack: Stack) => secretsmanager.ISecret, string]>([
    ['by its ARN', (stack) => secretsmanager.Secret.fromSecretCompleteArn(
      stack, 'Secret', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:rds!db-1234abcd-12ab-34cd-56ef-1234567890ab-AbCdEf'), 'rds'],
    ['by its name', (stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'rds!cluster-1234abcd-12ab-34cd-56ef-1234567890ab'), 'rds'],
    ['of Redshift', (stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'redshift!warehouse-admin'), 'redshift'],
  ])('is refused: %s', (_, secret, service) => {
    const stack = makeStack();
    expectInvalid(() => makeRotation(stack).rotate(secret(stack)), 'secret', 'Stack/Secret', `another service of AWS (${service})`, 'which alone may rotate it');
  });

  test('is refused as the superuser secret without a database, because it has no host', () => {
    const stack = makeStack();
    const superuser = secretsmanager.Secret.fromSecretNameV2(stack, 'Superuser', 'rds!db-1234abcd-12ab-34cd-56ef-1234567890ab');
    expectInvalid(() => makeRotation(stack, undefined, { strategy: RotationStrategy.alternatingUsers(superuser) }), 'superuserSecret', 'Stack/Superuser is managed by RDS', 'has no host');
  });
});

describe('a function that can\'t reach a private database', () => {
  const parts = ['vpc: is not given', 'only if that is public', 'vpcSubnets', 'notInVpc'];

  test('gets a warning, if its target has a database', () => {
    const stack = makeStack();
    makeRotation(stack, undefined, { database: makeInstance(stack, makeVpc(stack)) });
    const [warning, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    for (const part of parts) { expect(warning).toContain(part); }
    expect(rulesOf(stack)).toEqual([]);
  });

  test('gets one warning, if secrets of it are attached', () => {
    const stack = makeStack();
    const rotation = makeRotation(stack);
    const database = makeCluster(stack, makeVpc(stack));
    for (const id of ['One', 'Two']) { makeUser(stack, rotation, id).attach(database); }
    expect(warningsOf(stack)).toHaveLength(1);
    expect(rulesOf(stack)).toEqual([]);
  });

  test('gets no warning if no database is known', () => {
    const stack = makeStack();
    makeUser(stack, makeRotation(stack));
    expect(warningsOf(stack).filter((warning) => warning.includes('notInVpc'))).toEqual([]);
  });
});

describe('subnets without a route to Secrets Manager', () => {
  const isolated = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  const withIsolated = (stack: Stack, id = 'Vpc') => new ec2.Vpc(stack, id, { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'Data', ...isolated }] });
  const isolatedFunction = (stack: Stack, vpc: ec2.IVpc, id = 'Rotation') => new RotationFunction(stack, id, { vpc, vpcSubnets: isolated });
  const addEndpoint = (vpc: ec2.IVpc, props: Partial<ec2.InterfaceVpcEndpointOptions> = {}) =>
    vpc.addInterfaceEndpoint('Endpoint', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER, ...props });

  test('get a warning with what to do', () => {
    const stack = makeStack();
    isolatedFunction(stack, withIsolated(stack));
    const [warning, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    for (const part of ['vpcSubnets: Stack/Vpc/DataSubnet1 and Stack/Vpc/DataSubnet2', 'addInterfaceEndpoint', 'NAT gateway', 'noRouteToSecretsManager']) {
      expect(warning).toContain(part);
    }
  });

  test.each<[string, ec2.SubnetType, object]>([
    ['public, where a function has no public address', ec2.SubnetType.PUBLIC, { allowPublicSubnet: true }],
    ['private in a VPC without a NAT gateway', ec2.SubnetType.PRIVATE_WITH_EGRESS, {}],
  ])('get a warning if they are %s', (_, subnetType, options) => {
    const stack = makeStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', {
      maxAzs: 1, natGateways: 0, subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }, { name: 'Data', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }],
    });
    new RotationFunction(stack, 'Rotation', { vpc, vpcSubnets: { subnetType }, ...options });
    const [warning, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    for (const part of [`vpcSubnets: ${vpc.selectSubnets({ subnetType }).subnets[0].node.path}`, 'that a function can take', 'noRouteToSecretsManager']) {
      expect(warning).toContain(part);
    }
  });

  test('get a warning if Lambda takes them by default', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { vpc: withIsolated(stack) });
    expect(warningsOf(stack)).toHaveLength(1);
  });

  test('get one warning for each function, for any number of secrets', () => {
    const stack = makeStack();
    const vpc = withIsolated(stack);
    const rotation = isolatedFunction(stack, vpc);
    for (const id of ['One', 'Two']) { rotation.rotate(new secretsmanager.Secret(stack, id)); }
    isolatedFunction(stack, vpc, 'Other');
    expect(warningsOf(stack)).toHaveLength(2);
  });

  test.each<[string, (vpc: ec2.IVpc, stack: Stack) => void]>([
    ['for another service', (vpc) => addEndpoint(vpc, { service: ec2.InterfaceVpcEndpointAwsService.KMS })],
    ['in another VPC', (_, stack) => addEndpoint(withIsolated(stack, 'Other'))],
    ['that its usual name doesn\'t lead to', (vpc) => addEndpoint(vpc, { privateDnsEnabled: false })],
  ])('get a warning with an endpoint %s', (_, add) => {
    const stack = makeStack();
    const vpc = withIsolated(stack);
    isolatedFunction(stack, vpc);
    add(vpc, stack);
    expect(warningsOf(stack)).toHaveLength(1);
  });

  test.each<[string, (stack: Stack, app: App) => void]>([
    ['an endpoint, whether it comes before the function', (stack) => {
      const vpc = withIsolated(stack);
      addEndpoint(vpc);
      isolatedFunction(stack, vpc);
    }],
    ['an endpoint, or after it', (stack) => {
      const vpc = withIsolated(stack);
      isolatedFunction(stack, vpc);
      addEndpoint(vpc);
    }],
    ['an endpoint in another stack', (stack, app) => {
      const vpc = withIsolated(new Stack(app, 'Network'));
      addEndpoint(vpc);
      isolatedFunction(stack, vpc);
    }],
    ['a route to somewhere else', (stack) => {
      const vpc = withIsolated(stack);
      for (const subnet of vpc.isolatedSubnets) {
        new ec2.CfnRoute(subnet, 'Transit', { routeTableId: subnet.routeTable.routeTableId, destinationCidrBlock: '0.0.0.0/0', transitGatewayId: 'tgw-12345678' });
      }
      isolatedFunction(stack, vpc);
    }],
    ['a NAT gateway', (stack) => void new RotationFunction(stack, 'Rotation', { vpc: makeVpc(stack) })],
    ['an imported VPC, of which it isn\'t known', (stack) => isolatedFunction(stack, ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-12345678', availabilityZones: ['eu-west-1a'], isolatedSubnetIds: ['subnet-12345678'], isolatedSubnetRouteTableIds: ['rtb-12345678'],
    }))],
    ['no VPC', (stack) => void new RotationFunction(stack, 'Rotation', { timeout: Duration.minutes(1) })],
  ])('get no warning with %s', (_, build) => {
    const app = makeApp();
    const stack = new Stack(app, 'Stack');
    build(stack, app);
    expect(warningsOf(stack)).toEqual([]);
  });
});

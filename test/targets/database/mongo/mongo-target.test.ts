import type { App, Stack } from 'aws-cdk-lib';
import * as docdb from 'aws-cdk-lib/aws-docdb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget } from '../../../../src';
import { configOf, expectInvalid, makeStack, resourcesOf, statementsOf, warningsOf } from '../../../fixture';

const TARGETS = ['mongoDb', 'documentDb'] as const;
const ATTACHMENT = 'AWS::SecretsManager::SecretTargetAttachment';
const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const generateSecretString = { secretStringTemplate: JSON.stringify({ username: 'app' }) };

const superuserOf = (stack: Stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Superuser', 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:superuser-AbCdEf');
const makeVpc = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });

function makeCluster(stack: Stack, vpc: ec2.IVpc): docdb.DatabaseCluster {
  return new docdb.DatabaseCluster(stack, 'Documents', {
    masterUser: { username: 'docs' }, instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM), vpc,
  });
}

describe.each(TARGETS)('%s', (target) => {
  const errorOf = (property: string, ...parts: string[]) => (strategy: RotationStrategy) =>
    expectInvalid(() => RotationTarget[target]({ strategy }), property, ...parts);

  test('each strategy has its configuration', () => {
    const strategies: [(stack: Stack) => RotationStrategy, object][] = [
      [() => RotationStrategy.singleUser(), {}],
      [(stack) => RotationStrategy.singleUser(superuserOf(stack)), { singleUser: true }],
      [(stack) => RotationStrategy.alternatingUsers(superuserOf(stack)), {}],
    ];
    for (const [strategy, config] of strategies) {
      const stack = makeStack();
      new RotatingSecret(stack, 'Secret', { target: RotationTarget[target]({ strategy: strategy(stack) }), generateSecretString });
      const { superuserSecretArn, passwordPolicy, ...rest } = configOf(stack);
      expect(rest).toEqual({ target, ...config });
      expect(passwordPolicy).toEqual({ excludeCharacters: '/@"\'\\ ' });
    }
  });

  test('refuses two passwords of one user, statements, and resets of lost passwords', () => {
    const stack = makeStack();
    const superuser = superuserOf(stack);
    errorOf('strategy', 'is dualPasswords', `RotationTarget.${target} accepts one password`, 'RotationStrategy.alternatingUsers')(RotationStrategy.dualPasswords(superuser));
    for (const creationStatements of [[], ['GRANT readWrite TO {user}']]) {
      const without = errorOf('creationStatements', `RotationTarget.${target} has no SQL`, 'Create the user before the first rotation');
      without(RotationStrategy.singleUser(superuser, { creationStatements }));
      without(RotationStrategy.alternatingUsers(superuser, { creationStatements }));
    }
    errorOf('resetLostPassword', 'is true', 'by hand')(RotationStrategy.singleUser(superuser, { resetLostPassword: true }));
  });

  test('refuses a secret with another engine', () => {
    const secretStringTemplate = JSON.stringify({ username: 'app', engine: 'postgres' });
    expectInvalid(() => new RotatingSecret(makeStack(), 'Secret', { target: RotationTarget[target](), generateSecretString: { secretStringTemplate } }),
      'generateSecretString.secretStringTemplate', 'has the engine "postgres"', `RotationTarget.${target} rotates mongo`);
  });

  test('a secret without a host gets a warning', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { target: RotationTarget[target](), generateSecretString });
    expect(warningsOf(stack).join()).toContain('noHost');
  });
});

describe('passwords of DocumentDB', () => {
  const target = (passwordPolicy: object) => () => RotationTarget.documentDb({ passwordPolicy });

  test.each([7, 101])('refuses a length of %d', (passwordLength) => {
    expectInvalid(target({ passwordLength }), 'passwordPolicy.passwordLength', `is ${passwordLength}`, '8 to 100 characters');
  });

  test.each([8, 100])('accepts a length of %d', (passwordLength) => {
    expect(target({ passwordLength })).not.toThrow();
  });

  test('refuses characters that they can\'t have, and accepts passwords without punctuation', () => {
    expectInvalid(target({ excludeCharacters: '/%' }), 'passwordPolicy.excludeCharacters', 'lacks " @,', 'Add them');
    expectInvalid(target({ excludeCharacters: '/"' }), 'passwordPolicy.excludeCharacters', 'lacks @,', 'Add them');
    expect(target({ excludeCharacters: '', excludePunctuation: true })).not.toThrow();
  });

  test('refuses the same in the generator of a secret', () => {
    const secret = (given: object) => () => new RotatingSecret(makeStack(), 'Secret', { target: RotationTarget.documentDb(), generateSecretString: { ...generateSecretString, ...given } });
    expectInvalid(secret({ passwordLength: 101 }), 'passwordLength', 'is 101');
    expectInvalid(secret({ excludeCharacters: '%' }), 'excludeCharacters', 'lacks / " @,');
  });

  test('those of MongoDB have no such limits', () => {
    expect(() => RotationTarget.mongoDb({ passwordPolicy: { passwordLength: 101, excludeCharacters: '%' } })).not.toThrow();
  });
});

describe('a cluster of DocumentDB', () => {
  test('lets the function in, and is attached', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const cluster = makeCluster(stack, vpc);
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.documentDb({ database: cluster }), vpc });
    new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString }).attach(cluster);
    (stack.node.root as App).synth();
    expect(resourcesOf(stack, ATTACHMENT).map(({ properties }) => properties.TargetType)).toContain('AWS::DocDB::DBCluster');
    const rules = resourcesOf(stack, INGRESS).filter(({ properties }) => properties.SourceSecurityGroupId !== undefined);
    expect(rules).toHaveLength(1);
    expect(JSON.stringify(rules[0].properties)).toContain('Documents');
  });

  test('its own secret rotates, which CDK\'s construct generated and attached', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const cluster = makeCluster(stack, vpc);
    const rotation = new RotationFunction(stack, 'Rotation', { target: RotationTarget.documentDb({ database: cluster }), vpc });
    rotation.rotate(cluster.secret!);
    (stack.node.root as App).synth();
    expect(resourcesOf(stack, 'AWS::SecretsManager::RotationSchedule')).toHaveLength(1);
    expect(configOf(stack).target).toBe('documentDb');
  });

  test('its master is the superuser of alternating users', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const cluster = makeCluster(stack, vpc);
    const strategy = RotationStrategy.alternatingUsers(cluster.secret!);
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.documentDb({ database: cluster, strategy }), vpc });
    new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString }).attach(cluster);
    (stack.node.root as App).synth();
    expect(JSON.stringify(statementsOf(stack))).toContain('ReadSuperuserSecret');
  });

  test('a master secret that AWS manages is the superuser, with the endpoint of the cluster', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const cluster = makeCluster(stack, vpc);
    const managed = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Managed', 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!cluster-1-AbCdEf');
    const strategy = RotationStrategy.alternatingUsers(managed);
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.documentDb({ database: cluster, strategy }), vpc });
    const config = configOf(stack);
    expect(config.endpointIsServer).toBe(true);
    expect(JSON.stringify(config.endpoint)).toMatch(/"Endpoint".*"Port"/);
  });
});

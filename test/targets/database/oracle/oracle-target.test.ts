import type { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type DatabaseTargetOptions } from '../../../../src';
import { configOf, expectInvalid, makeStack, resourcesOf, statementsOf, warningsOf } from '../../../fixture';

const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const generateSecretString = { secretStringTemplate: JSON.stringify({ username: 'app' }) };

const superuserOf = (stack: Stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Superuser', 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:superuser-AbCdEf');
const makeVpc = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });

function makeInstance(stack: Stack, vpc: ec2.IVpc, port?: number): rds.DatabaseInstance {
  return new rds.DatabaseInstance(stack, 'Orders', {
    engine: rds.DatabaseInstanceEngine.oracleSe2({ version: rds.OracleEngineVersion.VER_19 }),
    vpc,
    databaseName: 'ORCL',
    licenseModel: rds.LicenseModel.LICENSE_INCLUDED,
    port,
  });
}

/** The ports of the instance that let the function in. */
function portsOf(stack: Stack): number[] {
  (stack.node.root as App).synth();
  return resourcesOf(stack, INGRESS).map(({ properties }) => properties).filter(({ SourceSecurityGroupId }) => SourceSecurityGroupId !== undefined)
    .map(({ FromPort }) => typeof FromPort === 'number' ? FromPort : 0).sort((one, other) => one - other);
}

test.each<[string, RotationStrategy, object]>([
  ['a single user', RotationStrategy.singleUser(), {}],
  ['two passwords', RotationStrategy.dualPasswords(), { dualPasswords: true }],
])('%s has its configuration, and no permission for another secret', (_, strategy, config) => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', { target: RotationTarget.oracle({ strategy }), generateSecretString });
  expect(configOf(stack)).toEqual({ target: 'oracle', ...config, passwordPolicy: { passwordLength: 30, excludeCharacters: '/@"\'\\ ' } });
  expect(JSON.stringify(statementsOf(stack))).not.toContain('ReadSuperuserSecret');
});

test('refuses a superuser, with the strategies that there are', () => {
  const stack = makeStack();
  const superuser = superuserOf(stack);
  const refused = (strategy: RotationStrategy, property: string, ...parts: string[]) =>
    expectInvalid(() => RotationTarget.oracle({ strategy }), property, ...parts);
  refused(RotationStrategy.alternatingUsers(superuser), 'strategy', 'is alternatingUsers', 'RotationTarget.oracle rotates one user', 'RotationStrategy.dualPasswords');
  refused(RotationStrategy.singleUser(superuser), 'superuserSecret', 'changes its own password', 'Leave out superuserSecret');
  refused(RotationStrategy.dualPasswords(superuser), 'superuserSecret', 'changes its own password');
  refused(RotationStrategy.singleUser(superuser, { creationStatements: [], resetLostPassword: true }), 'superuserSecret', 'is given');
});

describe('passwords', () => {
  const target = (passwordPolicy: DatabaseTargetOptions['passwordPolicy']) => () => RotationTarget.oracle({ passwordPolicy });

  test('have at most 30 characters', () => {
    expectInvalid(target({ passwordLength: 31 }), 'passwordPolicy.passwordLength', 'is 31', '1 to 30 characters');
    expect(target({ passwordLength: 30 })).not.toThrow();
    expectInvalid(() => new RotatingSecret(makeStack(), 'Secret', { target: RotationTarget.oracle(), generateSecretString: { ...generateSecretString, passwordLength: 32 } }),
      'passwordLength', 'is 32', '1 to 30 characters');
  });

  test('never have a quotation mark', () => {
    expectInvalid(target({ excludeCharacters: '/@' }), 'passwordPolicy.excludeCharacters', 'lacks "', 'Oracle');
    expect(target({ excludeCharacters: '"' })).not.toThrow();
    expect(target({ excludeCharacters: '', excludePunctuation: true })).not.toThrow();
  });

  test('that rotate a secret of CDK have 30 characters too, which is the default of that construct', () => {
    const stack = makeStack();
    const secret = new rds.DatabaseSecret(stack, 'Secret', { username: 'app' });
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.oracle() }).rotate(secret);
    expect(configOf(stack).passwordPolicy).toMatchObject({ passwordLength: 30 });
  });
});

test.each(['"App"', 'c##app', 'a'.repeat(128), `"${'a'.repeat(128)}"`])('accepts the user name %j', (username) => {
  const secretStringTemplate = JSON.stringify({ username, engine: 'oracle' });
  expect(() => new RotatingSecret(makeStack(), 'Secret', { target: RotationTarget.oracle(), generateSecretString: { secretStringTemplate } })).not.toThrow();
});

test('refuses a longer user name', () => {
  const secretStringTemplate = JSON.stringify({ username: 'a'.repeat(129) });
  expectInvalid(() => new RotatingSecret(makeStack(), 'Secret', { target: RotationTarget.oracle(), generateSecretString: { secretStringTemplate } }),
    'generateSecretString.secretStringTemplate', '129 bytes', '128');
});

test('a secret without a host gets a warning', () => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', { target: RotationTarget.oracle(), generateSecretString });
  expect(warningsOf(stack).join()).toContain('noHost');
});

describe('an instance of Amazon RDS', () => {
  type Endpoint = (database: rds.DatabaseInstance) => string | undefined;

  function withInstance(endpointOf: Endpoint, options: DatabaseTargetOptions = {}, port?: number): Stack {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const database = makeInstance(stack, vpc, port);
    const rotationFunction = new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.oracle({ database, endpoint: endpointOf(database), ...options }) });
    new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString }).attach(database);
    return stack;
  }

  test.each<[string, Endpoint, number]>([
    ['text with a port', () => 'db.example.com:2500', 2500],
    ['text without one', () => 'db.example.com', 2484],
    ['a token with a port as text', (database) => `${database.dbInstanceEndpointAddress}:2500`, 2500],
    ['a token', (database) => database.dbInstanceEndpointAddress, 2484],
  ])('lets the function in, on its port and on that of the endpoint: %s', (_, endpointOf, port) => {
    expect(portsOf(withInstance(endpointOf))).toEqual([0, port]);
  });

  test('on its own port only, without TLS', () => {
    expect(portsOf(withInstance(() => undefined, { plaintextConnection: true }))).toEqual([0]);
  });

  test('a secret that is attached to it, without an endpoint, has the port without TLS', () => {
    expect(() => portsOf(withInstance(() => undefined))).toThrow(
      /endpoint: is missing for .*Rotation: its secret .*Secret is attached to .*Orders, so it has the port of that, which has no TLS on Amazon RDS\. Give .*option SSL, such as 2484; .*plaintextConnection/,
    );
  });

  test('so has its own secret', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const database = makeInstance(stack, vpc);
    new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.oracle({ database }) }).rotate(database.secret!);
    expect(() => portsOf(stack)).toThrow(/endpoint: is missing/);
  });

  test('a secret that has host and port as text is not attached, and needs no endpoint', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const rotationFunction = new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.oracle({ database: makeInstance(stack, vpc) }) });
    const secretStringTemplate = JSON.stringify({ engine: 'oracle', username: 'app', host: 'db.example.com', port: 2484, dbname: 'ORCL' });
    new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString: { secretStringTemplate } });
    expect(portsOf(stack)).toEqual([0, 2484]);
  });

  test.each<[string, Endpoint, number | undefined]>([
    ['has the port 1521', (database) => `${database.dbInstanceEndpointAddress}:1521`, undefined],
    ['has the port 1600', (database) => `${database.dbInstanceEndpointAddress}:1600`, 1600],
    ['has the port 1521', () => 'db.example.com:1521', undefined],
    ['is that of', (database) => database.instanceEndpoint.socketAddress, undefined],
  ])('an endpoint that %s of the instance is refused', (text, endpointOf, port) => {
    expectInvalid(() => withInstance(endpointOf, {}, port), 'endpoint', text, 'Orders', 'has no TLS on Amazon RDS', 'such as 2484', 'plaintextConnection');
    expect(() => withInstance(endpointOf, { plaintextConnection: true }, port)).not.toThrow();
  });

  test('an endpoint at 1521 is not refused if the instance has another port, or is not known', () => {
    expect(portsOf(withInstance(() => 'db.example.com:1521', {}, 1600))).toEqual([0, 1521]);
    expect(() => RotationTarget.oracle({ endpoint: 'db.example.com:1521' })).not.toThrow();
  });

  test('an endpoint at the port of an imported instance is refused', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const database = rds.DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'Imported', {
      instanceIdentifier: 'orders', instanceEndpointAddress: 'db.example.com', port: 1600, securityGroups: [],
    });
    const targetAt = (port: number) => RotationTarget.oracle({ database, endpoint: `db.example.com:${port}` });
    expectInvalid(() => new RotationFunction(stack, 'Refused', { vpc, target: targetAt(1600) }), 'endpoint', 'Imported');
    expect(() => new RotationFunction(stack, 'Taken', { vpc, target: targetAt(2484) })).not.toThrow();
  });

  test('its own secret rotates, at the port for TLS', () => {
    const stack = makeStack();
    const vpc = makeVpc(stack);
    const database = makeInstance(stack, vpc);
    const target = RotationTarget.oracle({ database, endpoint: `${database.dbInstanceEndpointAddress}:2484` });
    new RotationFunction(stack, 'Rotation', { vpc, target }).rotate(database.secret!);
    (stack.node.root as App).synth();
    expect(resourcesOf(stack, 'AWS::SecretsManager::RotationSchedule')).toHaveLength(1);
    expect(JSON.stringify(configOf(stack).endpoint)).toContain(':2484');
  });
});

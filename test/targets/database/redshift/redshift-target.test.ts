import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { CfnParameter, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as redshift from 'aws-cdk-lib/aws-redshift';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { redshiftTls } from '../../../../lambda-src/targets/database/redshift/engine';
import { allRoles } from '../../../../lambda-src/targets/database/redshift/rights';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type DatabaseTargetOptions, type PasswordPolicy } from '../../../../src';
import { findPolicyProblem, meetsPolicy } from '../../../../src/contract';
import { configOf, expectInvalid, FUNCTION, makeStack, onlyResource, resourcesOf, SECRET } from '../../../fixture';

const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const generateSecretString = { secretStringTemplate: '{"username":"app"}' };

/** As Cluster of @aws-cdk/aws-redshift-alpha, which is not a part of aws-cdk-lib. */
class Cluster extends Construct implements ec2.IConnectable, secretsmanager.ISecretAttachmentTarget {
  public readonly connections: ec2.Connections;
  public readonly clusterEndpoint: { readonly socketAddress: string };
  public readonly resource: redshift.CfnCluster;

  constructor(scope: Construct, id: string, vpc: ec2.IVpc, props: Partial<redshift.CfnClusterProps> = {}) {
    super(scope, id);
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc });
    this.connections = new ec2.Connections({ securityGroups: [group], defaultPort: ec2.Port.tcp(5440) });
    this.resource = new redshift.CfnCluster(this, 'Resource', {
      clusterType: 'single-node', dbName: 'dev', masterUsername: 'admin', nodeType: 'ra3.large', vpcSecurityGroupIds: [group.securityGroupId], ...props,
    });
    this.clusterEndpoint = { socketAddress: `${this.resource.attrEndpointAddress}:${this.resource.attrEndpointPort}` };
  }

  public asSecretAttachmentTarget(): secretsmanager.SecretAttachmentTargetProps {
    return { targetId: this.resource.ref, targetType: secretsmanager.AttachmentTargetType.REDSHIFT_CLUSTER };
  }
}

function inVpc() {
  const stack = makeStack();
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
  const cluster = new Cluster(stack, 'Cluster', vpc);
  const make = (options: DatabaseTargetOptions = {}, id = 'Rotation') => new RotationFunction(stack, id, { vpc, target: RotationTarget.redshift(options) });
  return { stack, vpc, cluster, make };
}

test('a function for users of Redshift has two minutes by default', () => {
  for (const [timeout, seconds] of [[undefined, 120], [Duration.seconds(60), 60]] as const) {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.redshift(), timeout });
    expect(onlyResource(stack, FUNCTION).properties.Timeout).toBe(seconds);
  }
});

describe('passwords', () => {
  test('the first value and every later one are what Redshift takes', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { target: RotationTarget.redshift(), generateSecretString });
    expect(onlyResource(stack, SECRET).properties.GenerateSecretString).toMatchObject({ GenerateStringKey: 'password', ExcludeCharacters: '/@"\'\\ ' });
    const { passwordPolicy } = configOf(stack);
    expect(passwordPolicy).toEqual({ excludeCharacters: '/@"\'\\ :' });
    expect(findPolicyProblem(passwordPolicy)).toBeUndefined();
    for (const character of '/@"\'\\ ') { expect(meetsPolicy(`${'Aa1!'.repeat(7)}Aa1${character}`, passwordPolicy)).toBe(false); }
  });

  test.each<[PasswordPolicy, string, string[]]>([
    [{ passwordLength: 7 }, 'passwordLength', ['is 7', '8 to 64 characters', 'Give a length from 8 to 64']],
    [{ passwordLength: 65 }, 'passwordLength', ['is 65', '8 to 64 characters']],
    [{ excludeLowercase: true }, 'excludeLowercase', ['is true', 'at least one lowercase letter', 'Leave it out']],
    [{ excludeUppercase: true }, 'excludeUppercase', ['is true', 'one uppercase letter']],
    [{ excludeNumbers: true }, 'excludeNumbers', ['is true', 'one digit']],
    [{ requireEachIncludedType: false }, 'requireEachIncludedType', ['is false', 'Leave it out']],
    [{ includeSpace: true, excludeCharacters: '\'"\\/@' }, 'includeSpace', ['is true', 'has no space']],
    [{ excludeCharacters: '%' }, 'excludeCharacters', ['lacks \' " \\ / @', 'Add them, or leave out excludeCharacters']],
    [{ excludeCharacters: '\'"\\@' }, 'excludeCharacters', ['lacks /,']],
  ])('a policy with %j is refused', (passwordPolicy, property, parts) => {
    expectInvalid(() => RotationTarget.redshift({ passwordPolicy }), `passwordPolicy.${property}`, ...parts);
    const stack = makeStack();
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { target: RotationTarget.redshift(), generateSecretString: { ...generateSecretString, ...passwordPolicy } }), property, ...parts);
  });

  test.each<PasswordPolicy>([{ passwordLength: 8 }, { passwordLength: 64 }, { excludePunctuation: true, excludeCharacters: '0O' }, { includeSpace: true }, { excludeCharacters: '\'"\\/@%' }])('a policy with %j is fine', (passwordPolicy) => {
    expect(() => RotationTarget.redshift({ passwordPolicy })).not.toThrow();
  });

  test('a policy with a token is not checked', () => {
    const passwordLength = new CfnParameter(makeStack(), 'Length', { type: 'Number' }).valueAsNumber;
    expect(() => RotationTarget.redshift({ passwordPolicy: { passwordLength } })).not.toThrow();
  });

  test('another database takes such policies', () => {
    expect(() => RotationTarget.postgres({ passwordPolicy: { passwordLength: 65, excludeUppercase: true } })).not.toThrow();
  });
});

describe('a cluster', () => {
  test('lets the function in, at its port or at that of Redshift', () => {
    const withPort = inVpc();
    withPort.make({ database: withPort.cluster });
    expect(resourcesOf(withPort.stack, INGRESS).map(({ properties }) => properties.ToPort)).toEqual([5440]);
    const { stack, vpc, make } = inVpc();
    make({ database: new ec2.SecurityGroup(stack, 'Group', { vpc }) });
    expect(resourcesOf(stack, INGRESS).map(({ properties }) => properties.ToPort)).toEqual([5439]);
  });

  test('can be attached to the secret of a user, and is of the right engine', () => {
    const { stack, vpc, cluster } = inVpc();
    const rotationFunction = new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.redshift() });
    const secret = new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString });
    secret.attach(cluster);
    expect(onlyResource(stack, 'AWS::SecretsManager::SecretTargetAttachment').properties).toMatchObject({ TargetType: 'AWS::Redshift::Cluster' });
  });

  test('is refused as the database of another engine, and other databases as those of Redshift', () => {
    const { stack, vpc, cluster } = inVpc();
    expectInvalid(() => new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.postgres({ database: cluster }) }),
      'database', 'Stack/Cluster has the engine redshift', 'Give RotationTarget.redshift');
  });

  test('attached to a secret of another engine is refused, imported or not', () => {
    for (const attached of ['own', 'imported']) {
      const { stack, vpc, cluster } = inVpc();
      const rotationFunction = new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.postgres() });
      const secret = new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString });
      secret.attach(attached === 'own' ? cluster : { asSecretAttachmentTarget: () => ({ targetId: 'warehouse', targetType: secretsmanager.AttachmentTargetType.REDSHIFT_CLUSTER }) });
      expect(stack.node.root.node.validate().join('\n')).toMatch(/has RotationTarget\.postgres, and its secret Stack\/Secret is attached to .*of the engine redshift\. Give RotationTarget\.redshift/);
    }
  });

  test('whose master password comes from a secret that is only generated is refused', () => {
    const { stack, vpc } = inVpc();
    const secret = new RotatingSecret(stack, 'Secret', { generateSecretString: { ...generateSecretString, generateStringKey: 'password' } });
    new Cluster(stack, 'Fed', vpc, { masterUserPassword: secret.secretValueFromJson('password').unsafeUnwrap() });
    expect(stack.node.root.node.validate().join('\n')).toMatch(/holds the password of Stack\/Fed, which is of the engine redshift\..*Give RotationTarget\.redshift/);
  });
});

describe('a superuser secret that Redshift manages', () => {
  const managed = (stack: Stack, cluster: Cluster, options: Partial<secretsmanager.SecretAttributes> = {}) =>
    secretsmanager.Secret.fromSecretAttributes(stack, 'Superuser', { secretCompleteArn: cluster.resource.attrMasterPasswordSecretArn, ...options });

  test('is sent to the endpoint of the cluster only', () => {
    const { stack, cluster, make } = inVpc();
    make({ database: cluster, strategy: RotationStrategy.alternatingUsers(managed(stack, cluster)) });
    expect(JSON.stringify(onlyResource(stack, FUNCTION).properties.Environment.Variables.ROTATION_CONFIG_ENDPOINT)).toContain('Endpoint.Address');
  });

  test('is refused without a server, because it has no host', () => {
    const { stack, cluster, make } = inVpc();
    expectInvalid(() => make({ strategy: RotationStrategy.alternatingUsers(managed(stack, cluster)) }), 'superuserSecret', 'Stack/Superuser is managed by Redshift, so it has no host',
      'Give the instance or the cluster of Redshift as database');
  });

  test('is refused if it is encrypted with a key that it was imported without', () => {
    const { stack, cluster, make } = inVpc();
    cluster.resource.masterPasswordSecretKmsKeyId = 'arn:aws:kms:eu-west-1:111111111111:key/1234';
    expectInvalid(() => make({ database: cluster, strategy: RotationStrategy.alternatingUsers(managed(stack, cluster)) }), 'superuserSecret', 'was imported without encryptionKey');
  });
});

describe('refusals at synthesis', () => {
  const withStatement = (statement: string) =>
    RotationTarget.redshift({ strategy: RotationStrategy.singleUser(superuser(makeStack()), { creationStatements: [statement] }) });
  const superuser = (stack: Stack) => new secretsmanager.Secret(stack, 'Superuser', { secretStringValue: SecretValue.unsafePlainText('{}') });

  test('two passwords', () => {
    expectInvalid(() => RotationTarget.redshift({ strategy: RotationStrategy.dualPasswords() }), 'strategy', 'RotationTarget.redshift accepts one password for a user');
  });

  const ALONE = ['VACUUM', 'CREATE DATABASE app', 'DROP DATABASE app', 'CREATE EXTERNAL TABLE a.b (c int)', 'ALTER TABLE a APPEND FROM b', 'GRANT USAGE ON EXTERNAL SCHEMA a TO IAM_ROLE \'b\'', 'REVOKE ALL ON EXTERNAL TABLE a.b FROM PUBLIC'];
  test.each(ALONE)('a statement that can\'t be in a transaction: %s', (statement) => {
    expectInvalid(() => withStatement(statement), 'creationStatements', 'can\'t run in a transaction');
  });

  test.each(['GRANT ROLE app TO {user}', 'ALTER GROUP readers ADD USER {user}', 'ALTER USER {user} CONNECTION LIMIT 5'])('but not %s', (statement) => {
    expect(() => withStatement(statement)).not.toThrow();
  });

  test('a user name that is longer than 127 bytes, of which the second user needs 6', () => {
    const stack = makeStack();
    const withUser = (username: string) => () => new RotatingSecret(stack, `Secret${username.length}`, {
      target: RotationTarget.redshift({ strategy: RotationStrategy.alternatingUsers(superuser(new Stack())) }),
      generateSecretString: { secretStringTemplate: JSON.stringify({ username }) },
    });
    expectInvalid(withUser('u'.repeat(122)), 'generateSecretString.secretStringTemplate', 'has a username of 122 bytes, and the database takes 127', 'need 6 for _clone');
  });
});

test('certificates: what Node.js trusts has the authorities of AWS Certificate Manager, and a given one is the only one', () => {
  const subjects = (redshiftTls({})!.ca as string[]).map((pem) => new X509Certificate(pem).subject);
  // https://www.amazontrust.com/repository/
  for (const name of ['CN=Amazon Root CA 1', 'CN=Amazon Root CA 2', 'CN=Amazon Root CA 3', 'CN=Amazon Root CA 4', 'CN=Starfield Services Root Certificate Authority - G2']) {
    expect(subjects.some((subject) => subject.split('\n').includes(name))).toBe(true);
  }
  expect(redshiftTls({ certificateAuthority: rootCertificates[0] })!.ca).toBe(rootCertificates[0]);
  expect(redshiftTls({ plaintextConnection: true })).toBeUndefined();
});

test('roles of roles count, also in circles', () => {
  const grants = [{ role: 'a', granted: 'b' }, { role: 'b', granted: 'c' }, { role: 'c', granted: 'a' }, { role: 'x', granted: 'y' }];
  expect([...allRoles(['a'], grants)].sort()).toEqual(['a', 'b', 'c']);
  expect([...allRoles([], grants)]).toEqual([]);
});

import { App, CfnParameter, CfnResource, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as docdb from 'aws-cdk-lib/aws-docdb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as redshift from 'aws-cdk-lib/aws-redshift';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type DatabaseTargetOptions } from '../../src';
import { DATABASE_ENGINES, factoryFor } from '../../src/targets/database/database-value';
import { errorOf, expectInvalid, FUNCTION, makeStack, onlyResource, warningsOf } from '../fixture';

const template = (value: object = { username: 'app' }) => ({ secretStringTemplate: JSON.stringify(value) });
const withKey = (generateStringKey = 'password') => ({ ...template(), generateStringKey });
const makeVpc = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });
const synth = (stack: Stack) => (stack.node.root as App).synth();
const hostWarnings = (stack: Stack) => warningsOf(stack).filter((warning) => warning.includes('noHost'));

type Database = rds.DatabaseInstance | rds.DatabaseCluster | docdb.DatabaseCluster;

const POSTGRES = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('16.4', '16') });
const MYSQL = rds.DatabaseInstanceEngine.mysql({ version: rds.MysqlEngineVersion.of('8.0.39', '8.0') });
const MARIADB = rds.DatabaseInstanceEngine.mariaDb({ version: rds.MariaDbEngineVersion.of('10.11.9', '10.11') });
const SQL_SERVER = rds.DatabaseInstanceEngine.sqlServerSe({ version: rds.SqlServerEngineVersion.of('16.00', '16.00') });
// The CDK has no engine for Db2.
const DB2 = Object.create(POSTGRES, { engineType: { value: 'db2-se' } }) as rds.IInstanceEngine;
const ORACLE = rds.DatabaseInstanceEngine.oracleSe2({ version: rds.OracleEngineVersion.of('19', '19') });

function makeInstance(stack: Stack, engine: rds.IInstanceEngine = POSTGRES, credentials?: rds.Credentials): rds.DatabaseInstance {
  return new rds.DatabaseInstance(stack, 'Database', { engine, vpc: makeVpc(stack), credentials, licenseModel: engine === ORACLE || engine === SQL_SERVER ? rds.LicenseModel.LICENSE_INCLUDED : undefined });
}

function makeCluster(stack: Stack, credentials?: rds.Credentials): rds.DatabaseCluster {
  return new rds.DatabaseCluster(stack, 'Database', {
    engine: rds.DatabaseClusterEngine.auroraMysql({ version: rds.AuroraMysqlEngineVersion.of('8.0.mysql_aurora.3.07.1', '8.0') }),
    writer: rds.ClusterInstance.serverlessV2('Writer'),
    vpc: makeVpc(stack),
    credentials,
  });
}

function makeDocuments(stack: Stack): docdb.DatabaseCluster {
  return new docdb.DatabaseCluster(stack, 'Database', {
    masterUser: { username: 'docs' }, instanceType: ec2.InstanceType.of(ec2.InstanceClass.R5, ec2.InstanceSize.LARGE), vpc: makeVpc(stack),
  });
}

/** A construct without a secret of its own. */
function makeResource(stack: Stack, masterUserPassword: string): void {
  new rds.CfnDBInstance(stack, 'Database', { engine: 'postgres', dbInstanceClass: 'db.t4g.micro', masterUsername: 'app', masterUserPassword });
}

const attachResource = (secret: RotatingSecret, { ref: targetId }: CfnResource, targetType: secretsmanager.AttachmentTargetType) =>
  secret.attach({ asSecretAttachmentTarget: () => ({ targetId, targetType }) });

test('every engine of a target is rotated by that target', () => {
  for (const [target, { engines, resourceEngines = engines }] of Object.entries(DATABASE_ENGINES)) {
    expect(resourceEngines.map(factoryFor)).toEqual(resourceEngines.map(() => `RotationTarget.${target}`));
  }
  expect(factoryFor('db2-se')).toBeUndefined();
});

describe('refuses a generated value that is the password of a database, with the target to use', () => {
  const refused = (stack: Stack, ...parts: string[]) => {
    const { message } = errorOf(() => synth(stack));
    for (const part of [
      'target: Stack/', 'RotationTarget.generated', 'Stack/Secret holds the password of Stack/Database', 'not the database', ...parts,
    ]) { expect(message).toContain(part); }
  };

  test.each<[string, (stack: Stack, secret: RotatingSecret) => unknown, string]>([
    ['as the credentials of an instance', (stack, secret) => makeInstance(stack, POSTGRES, rds.Credentials.fromSecret(secret)), 'Give RotationTarget.postgres'],
    ['as the credentials of a cluster', (stack, secret) => makeCluster(stack, rds.Credentials.fromSecret(secret)), 'Give RotationTarget.mysql'],
    ['attached to an instance', (stack, secret) => secret.attach(makeInstance(stack, MARIADB)), 'Give RotationTarget.mariadb'],
    ['attached to a cluster', (stack, secret) => secret.attach(makeCluster(stack)), 'Give RotationTarget.mysql'],
    ['as its password alone', (stack, secret) => makeInstance(stack, POSTGRES, rds.Credentials.fromPassword('app', secret.secretValueFromJson('password'))), 'Give RotationTarget.postgres'],
    ['as the password of a resource', (stack, secret) => makeResource(stack, secret.secretValueFromJson('password').unsafeUnwrap()), 'Give RotationTarget.postgres'],
    ['attached to a cluster of DocumentDB', (stack, secret) => secret.attach(makeDocuments(stack)), 'Give RotationTarget.documentDb'],
    ['attached to a cluster of Redshift', (stack, secret) => {
      const props = { clusterType: 'single-node', dbName: 'db', masterUsername: 'app', nodeType: 'ra3.large' };
      const cluster = new redshift.CfnCluster(stack, 'Database', props);
      attachResource(secret, cluster, secretsmanager.AttachmentTargetType.REDSHIFT_CLUSTER);
    }, 'Give RotationTarget.redshift'],
    ['attached to a database whose engine is a parameter', (stack, secret) => {
      const instance = new rds.CfnDBInstance(stack, 'Database', { engine: new CfnParameter(stack, 'Engine').valueAsString, dbInstanceClass: 'db.t4g.micro' });
      attachResource(secret, instance, secretsmanager.AttachmentTargetType.RDS_DB_INSTANCE);
    }, 'target of your own'],
    ['attached to an instance of Oracle', (stack, secret) => secret.attach(makeInstance(stack, ORACLE)), 'Give RotationTarget.oracle'],
    ['attached to a database that no target knows', (stack, secret) => secret.attach(makeInstance(stack, DB2)), 'RotationTarget.module or RotationTarget.invoke'],
  ])('%s', (_, use, advice) => {
    const stack = makeStack();
    use(stack, new RotatingSecret(stack, 'Secret', { generateSecretString: withKey() }));
    refused(stack, advice);
  });

  test('with a shared function', () => {
    const stack = makeStack();
    const rotation = new RotationFunction(stack, 'Rotation', { target: RotationTarget.generated({ generateStringKey: 'password' }) });
    const database = makeInstance(stack);
    rotation.rotate(database.secret!);
    expect(errorOf(() => synth(stack)).message).toContain('target: Stack/Rotation has RotationTarget.generated, and its secret Stack/Database/Secret/Attachment holds');
  });

  test('the whole value', () => {
    const stack = makeStack();
    makeResource(stack, new RotatingSecret(stack, 'Secret').secretValue.unsafeUnwrap());
    refused(stack);
  });

  test('accepts another key of it, another secret, and a target of your own', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { generateSecretString: withKey('token') }).attach(makeInstance(stack));
    new RotatingSecret(stack, 'Other', { generateSecretString: withKey() });
    expect(() => synth(stack)).not.toThrow();
  });
});

describe('a database with another engine than the target', () => {
  const databases: [string, 'postgres' | 'mysql' | 'mariadb' | 'mongoDb' | 'documentDb' | 'oracle' | 'sqlServer', (stack: Stack) => Database, string, string][] = [
    ['MySQL for PostgreSQL', 'postgres', (stack) => makeInstance(stack, MYSQL), 'mysql', 'Give RotationTarget.mysql'],
    ['a cluster of MySQL for PostgreSQL', 'postgres', makeCluster, 'aurora-mysql', 'Give RotationTarget.mysql'],
    ['MariaDB for MySQL', 'mysql', (stack) => makeInstance(stack, MARIADB), 'mariadb', 'Give RotationTarget.mariadb'],
    ['Oracle for MariaDB', 'mariadb', (stack) => makeInstance(stack, ORACLE), 'oracle-se2', 'Give RotationTarget.oracle'],
    ['SQL Server for Oracle', 'oracle', (stack) => makeInstance(stack, SQL_SERVER), 'sqlserver-se', 'Give RotationTarget.sqlServer'],
    ['Db2 for SQL Server', 'sqlServer', (stack) => makeInstance(stack, DB2), 'db2-se', 'No target of this package'],
    ['DocumentDB for PostgreSQL', 'postgres', makeDocuments, 'docdb', 'Give RotationTarget.documentDb'],
    ['DocumentDB for MongoDB', 'mongoDb', makeDocuments, 'docdb', 'Give RotationTarget.documentDb'],
    ['PostgreSQL for DocumentDB', 'documentDb', makeInstance, 'postgres', 'Give RotationTarget.postgres'],
  ];

  test.each(databases)('is refused as the database of the target: %s', (_, target, make, engine, advice) => {
    const stack = makeStack();
    const database = make(stack);
    expectInvalid(() => new RotationFunction(stack, 'Rotation', { target: RotationTarget[target]({ database }) }), 'database',
      `Stack/Database has the engine ${engine}`, `Stack/Rotation has RotationTarget.${target}`, advice);
  });

  test.each(databases)('is refused if its own secret is rotated: %s', (_, target, make, engine, advice) => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { target: RotationTarget[target]() }).rotate(make(stack).secret!);
    const { message } = errorOf(() => synth(stack));
    for (const part of ['target: Stack/Rotation', 'Stack/Database/Secret', `which is of the engine ${engine}`, advice]) { expect(message).toContain(part); }
  });

  test.each(databases)('is refused if it is attached: %s', (_, target, make, engine, advice) => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { target: RotationTarget[target](), generateSecretString: template() }).attach(make(stack));
    const { message } = errorOf(() => synth(stack));
    for (const part of ['Stack/Secret is attached to Stack/Database', `which is of the engine ${engine}`, advice]) { expect(message).toContain(part); }
  });

  test('is refused if it is imported with its engine, and accepted if the engine isn\'t known', () => {
    const stack = makeStack();
    const attributes = { instanceIdentifier: 'db', instanceEndpointAddress: 'db.example.com', port: 3306, securityGroups: [] };
    const known = rds.DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'Known', { ...attributes, engine: MYSQL });
    const unknown = rds.DatabaseInstance.fromDatabaseInstanceAttributes(stack, 'Unknown', attributes);
    const target = (database: rds.IDatabaseInstance) => RotationTarget.postgres({ database });
    expectInvalid(() => new RotationFunction(stack, 'One', { target: target(known) }), 'database', 'Stack/Known has the engine mysql');
    new RotationFunction(stack, 'Two', { target: target(unknown) });
    new RotatingSecret(stack, 'Secret', { target: RotationTarget.postgres(), generateSecretString: template() }).attach(unknown);
    expect(() => synth(stack)).not.toThrow();
  });
});

describe('a proxy of RDS', () => {
  const withProxy = () => {
    const stack = makeStack();
    const database = makeInstance(stack);
    const proxy = database.addProxy('Proxy', {
      vpc: ec2.Vpc.fromVpcAttributes(stack, 'Same', {
        vpcId: 'vpc-1', availabilityZones: ['eu-west-1a', 'eu-west-1b'], privateSubnetIds: ['subnet-1', 'subnet-2'],
      }),
      secrets: [database.secret!],
    });
    return { stack, database, proxy };
  };
  const parts = ['Stack/Database/Proxy is a proxy of RDS', 'Attach the instance or the cluster behind the proxy'];

  test('can\'t be attached to a secret that rotates', () => {
    const { stack, proxy } = withProxy();
    const secret = new RotatingSecret(stack, 'Secret', { target: RotationTarget.postgres(), generateSecretString: template() });
    expectInvalid(() => secret.attach(proxy), 'target', 'the secret Stack/Secret', ...parts);
  });

  test('can\'t be attached to a secret of CDK that rotates', () => {
    const { stack, proxy } = withProxy();
    const secret = new secretsmanager.Secret(stack, 'Secret', { generateSecretString: withKey() });
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres() }).rotate(secret.attach(proxy));
    expect(errorOf(() => synth(stack)).message).toContain('is a proxy of RDS, and CloudFormation can\'t attach');
  });

  test('gets a warning as the database of the target, because the database may let the function in by other means', () => {
    const { stack, proxy } = withProxy();
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres({ database: proxy }) });
    const [warning, ...others] = warningsOf(stack).filter((each) => each.includes('databaseIsProxy'));
    expect(others).toEqual([]);
    for (const part of ['database: Stack/Database/Proxy is a proxy of RDS', 'Give the instance or the cluster behind the proxy']) { expect(warning).toContain(part); }
  });
});

describe('a secret of a database user without a host', () => {
  const make = (value: object) => {
    const stack = makeStack();
    return { stack, secret: new RotatingSecret(stack, 'Secret', { target: RotationTarget.postgres(), generateSecretString: template(value) }) };
  };

  test('gets a warning', () => {
    const [warning, ...others] = hostWarnings(make({ username: 'app' }).stack);
    expect(others).toEqual([]);
    for (const part of ['secret: Stack/Secret has no host in its value', 'Attach the database with attach, or put host into the value']) { expect(warning).toContain(part); }
  });

  test('gets a warning as the superuser secret', () => {
    const stack = makeStack();
    const superuser = new secretsmanager.Secret(stack, 'Superuser', { generateSecretString: withKey() });
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.mysql({ strategy: RotationStrategy.alternatingUsers(superuser) }) });
    expect(hostWarnings(stack)).toEqual([expect.stringContaining('superuserSecret: Stack/Superuser has no host')]);
  });

  test('gets no warning with a host, an attachment, or an unknown value', () => {
    expect(hostWarnings(make({ username: 'app', host: 'db.example.com' }).stack)).toEqual([]);
    const { stack, secret } = make({ username: 'app' });
    secret.attach(makeInstance(stack));
    const rotation = new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres() });
    rotation.rotate(secretsmanager.Secret.fromSecretNameV2(stack, 'Imported', 'app'));
    rotation.rotate(new secretsmanager.Secret(stack, 'Unknown'));
    expect(hostWarnings(stack)).toEqual([]);
  });
});

describe('the first master password', () => {
  const errorsFor = (engine: rds.IInstanceEngine, passwordLength: number, factory: 'mysql' | 'mariadb' | 'postgres') => {
    const stack = makeStack();
    const secret = new RotatingSecret(stack, 'Secret', { target: RotationTarget[factory](), generateSecretString: { ...template(), passwordLength } });
    makeInstance(stack, engine, rds.Credentials.fromSecret(secret));
    try {
      synth(stack);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each<[string, rds.IInstanceEngine, 'mysql' | 'mariadb' | 'postgres', number, number]>([
    ['mysql', MYSQL, 'mysql', 8, 41], ['mariadb', MARIADB, 'mariadb', 8, 41], ['postgres', POSTGRES, 'postgres', 8, 128],
  ])('of %s has a length that RDS accepts', (name, engine, factory, min, max) => {
    for (const length of [min, max]) { expect(errorsFor(engine, length, factory)).toBeUndefined(); }
    for (const length of [min - 1, max + 1]) {
      expect(errorsFor(engine, length, factory)).toContain(`passwordLength: is ${length} for the first value of Stack/Secret, which is the master password of Stack/Database, and RDS takes from `
        + `${min} to ${max} characters for the engine ${name}`);
    }
  });

  test('of an app\'s user may have any length that a password may have', () => {
    const stack = makeStack();
    const secret = new RotatingSecret(stack, 'Secret', { target: RotationTarget.mysql(), generateSecretString: { ...template(), passwordLength: 64 } });
    secret.attach(makeInstance(stack, MYSQL));
    expect(() => synth(stack)).not.toThrow();
  });
});

describe('a superuser secret that RDS manages', () => {
  const inStack = () => {
    const stack = makeStack();
    const secretOf = (id: string, { attrMasterUserSecretSecretArn }: rds.CfnDBInstance) =>
      secretsmanager.Secret.fromSecretCompleteArn(stack, id, attrMasterUserSecretSecretArn);
    const instance = makeInstance(stack);
    const resource = instance.node.defaultChild as rds.CfnDBInstance;
    Object.assign(resource, { manageMasterUserPassword: true, masterUserPassword: undefined });
    const make = (superuser: secretsmanager.ISecret, options: DatabaseTargetOptions = {}, id = 'Rotation') => {
      const target = RotationTarget.postgres({ strategy: RotationStrategy.alternatingUsers(superuser), ...options });
      return new RotationFunction(stack, id, { target, vpc: instance.vpc });
    };
    return { stack, instance, resource, secretOf, make };
  };

  test('is sent to the endpoint of the database only, and the function may read it', () => {
    const { stack, instance, resource, secretOf, make } = inStack();
    make(secretOf('Superuser', resource), { database: instance });
    const environment = onlyResource(stack, FUNCTION).properties.Environment.Variables;
    expect(environment.ROTATION_CONFIG_ENDPOINT).toEqual({
      'Fn::Join': ['', [
        { 'Fn::GetAtt': [expect.stringContaining('Database'), 'Endpoint.Address'] }, ':', { 'Fn::GetAtt': [expect.stringContaining('Database'), 'Endpoint.Port'] },
      ]],
    });
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).toContain('"Sid":"ReadSuperuserSecret"');
  });

  test('is sent to the endpoint that the app gives', () => {
    const { stack, resource, secretOf, make } = inStack();
    make(secretOf('Superuser', resource), { endpoint: 'db.example.com:6000' });
    expect(JSON.stringify(onlyResource(stack, FUNCTION).properties.Environment.Variables)).toContain('\\"endpoint\\":\\"db.example.com:6000\\"');
  });

  test('is refused if the app names no server for it', () => {
    const { stack, instance, resource, secretOf, make } = inStack();
    const parts = ['is managed by RDS, so it has no host', 'Stack/Rotation can\'t know for which server', 'Give the instance or the cluster of RDS as database'];
    expectInvalid(() => make(secretOf('Superuser', resource)), 'superuserSecret', 'Stack/Superuser', ...parts);
    const connectable = new ec2.SecurityGroup(stack, 'Group', { vpc: instance.vpc });
    expectInvalid(() => make(secretsmanager.Secret.fromSecretNameV2(stack, 'Named', 'rds!db-1234'), { database: connectable }, 'Other'), 'superuserSecret', 'Stack/Named', ...parts.slice(0, 1));
  });

  test('is refused if it is of another database', () => {
    const { stack, instance, secretOf, make } = inStack();
    const other = new rds.CfnDBInstance(stack, 'Other', { manageMasterUserPassword: true });
    expectInvalid(() => make(secretOf('Superuser', other), { database: instance }), 'superuserSecret', 'Stack/Superuser is the master secret of Stack/Other', 'is Stack/Database');
  });

  test('may have an endpoint, and a security group or an imported cluster as the database', () => {
    const { stack, instance, resource, secretOf, make } = inStack();
    const superuser = secretOf('Superuser', resource);
    const imported = rds.DatabaseCluster.fromDatabaseClusterAttributes(stack, 'Imported', { clusterIdentifier: 'app' });
    const group = new ec2.SecurityGroup(stack, 'Group', { vpc: instance.vpc });
    expect(() => make(superuser, { database: group, endpoint: 'db.example.com' }, 'One')).not.toThrow();
    expect(() => make(superuser, { database: imported, endpoint: 'db.example.com' }, 'Two')).not.toThrow();
    expectInvalid(() => make(superuser, { database: imported }, 'Three'), 'superuserSecret', 'is managed by RDS, so it has no host');
  });

  test('is refused if it is encrypted with a key that it was imported without', () => {
    const { stack, instance, resource, secretOf, make } = inStack();
    const key = new kms.Key(stack, 'Key');
    resource.masterUserSecret = { kmsKeyId: key.keyArn };
    const withoutKey = secretOf('Superuser', resource);
    expectInvalid(() => make(withoutKey, { database: instance }), 'superuserSecret', 'was imported without encryptionKey', 'Secret.fromSecretAttributes');
    const importedWithKey = secretsmanager.Secret.fromSecretAttributes(stack, 'WithKey', { secretCompleteArn: resource.attrMasterUserSecretSecretArn, encryptionKey: key });
    expect(() => make(importedWithKey, { database: instance }, 'Other')).not.toThrow();
  });
});

test('warns of a value for the generated key', () => {
  const warned = (value: object) => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { generateSecretString: { ...template(value), generateStringKey: 'password' } });
    return warningsOf(stack);
  };
  expect(warned({ username: 'app' })).toEqual([]);
  expect(warned({ username: 'app', password: '' })).toEqual([]);
  const [warning, ...others] = warned({ username: 'app', password: 'hunter2' });
  expect(others).toEqual([]);
  expect(warning).toContain('generateSecretString.secretStringTemplate: that of Stack/Secret has the key password, which is the generateStringKey');
  expect(warning).not.toContain('hunter2');
});

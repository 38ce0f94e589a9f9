import { CfnParameter } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { SqlServer } from '../../../../lambda-src/targets/database/sql-server/engine';
import { databaseTarget } from '../../../../lambda-src/targets/database/target';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type DatabaseTargetOptions, type PasswordPolicy } from '../../../../src';
import { findPolicyProblem } from '../../../../src/contract';
import type { DatabaseTargetConfig } from '../../../../src/targets/database/contract';
import { configOf, expectInvalid, makeStack, onlyResource, resourcesOf, SECRET } from '../../../fixture';

const INGRESS = 'AWS::EC2::SecurityGroupIngress';
const generateSecretString = { secretStringTemplate: '{"username":"app"}' };
const SUPERUSER = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:superuser-AbCdEf';
const ENGINES = ['SQL_SERVER_EE', 'SQL_SERVER_SE', 'SQL_SERVER_EX', 'SQL_SERVER_WEB'] as const;

function inVpc(engine: rds.IInstanceEngine = rds.DatabaseInstanceEngine.SQL_SERVER_SE) {
  const stack = makeStack();
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
  const database = new rds.DatabaseInstance(stack, 'Database', { engine, vpc, licenseModel: rds.LicenseModel.LICENSE_INCLUDED });
  const make = (options: DatabaseTargetOptions = {}) => new RotationFunction(stack, 'Rotation', { vpc, target: RotationTarget.sqlServer(options) });
  return { stack, vpc, database, make };
}

describe('passwords', () => {
  test('the first value and every later one are what SQL Server takes', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { target: RotationTarget.sqlServer(), generateSecretString });
    expect(onlyResource(stack, SECRET).properties.GenerateSecretString).toMatchObject({ GenerateStringKey: 'password', ExcludeCharacters: '/@"\'\\ ' });
    const { passwordPolicy } = configOf(stack);
    expect(passwordPolicy).toEqual({ excludeCharacters: '/@"\'\\ ;{}' });
    expect(findPolicyProblem(passwordPolicy)).toBeUndefined();
  });

  test.each<[PasswordPolicy, string, string[]]>([
    [{ passwordLength: 7 }, 'passwordLength', ['is 7', '8 to 128 characters', 'Give a length from 8 to 128']],
    [{ passwordLength: 129 }, 'passwordLength', ['is 129', '8 to 128 characters']],
    [{ excludeLowercase: true, excludeNumbers: true }, 'excludeLowercase', ['is true together with excludeNumbers', '3 of the four types', 'Leave out 1 of them']],
    [{ excludeUppercase: true, excludeNumbers: true, excludePunctuation: true }, 'excludeUppercase', ['is true together with excludeNumbers, excludePunctuation', 'Leave out 2 of them']],
    [{ requireEachIncludedType: false }, 'requireEachIncludedType', ['is false', '3 of the four types', 'Leave it out']],
  ])('a policy with %j is refused', (passwordPolicy, property, parts) => {
    expectInvalid(() => RotationTarget.sqlServer({ passwordPolicy }), `passwordPolicy.${property}`, ...parts);
    const stack = makeStack();
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { target: RotationTarget.sqlServer(), generateSecretString: { ...generateSecretString, ...passwordPolicy } }), property, ...parts);
  });

  test.each<PasswordPolicy>([{ passwordLength: 8 }, { passwordLength: 128 }, { excludePunctuation: true }, { excludeUppercase: true, includeSpace: true }, { excludeCharacters: '%' }])('a policy with %j is fine', (passwordPolicy) => {
    expect(() => RotationTarget.sqlServer({ passwordPolicy })).not.toThrow();
  });

  test('a policy with a token is not checked', () => {
    const passwordLength = new CfnParameter(makeStack(), 'Length', { type: 'Number' }).valueAsNumber;
    expect(() => RotationTarget.sqlServer({ passwordPolicy: { passwordLength } })).not.toThrow();
  });
});

describe('an instance of RDS', () => {
  test.each(ENGINES)('%s lets the function in, can be attached, and is of the right engine', (name) => {
    const { stack, database, make } = inVpc(rds.DatabaseInstanceEngine[name]);
    const rotationFunction = make({ database });
    const secret = new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString });
    secret.attach(database);
    expect(resourcesOf(stack, INGRESS)).toHaveLength(1);
    expect(resourcesOf(stack, 'AWS::SecretsManager::SecretTargetAttachment').map(({ properties }) => properties.TargetType)).toContain('AWS::RDS::DBInstance');
    expect(stack.node.root.node.validate()).toEqual([]);
  });

  test.each(['sqlserver-dev-ee', 'sqlserver-dev-se', 'custom-sqlserver-dev'])('%s, which the CDK has no class for, is of the right engine', (engine) => {
    const { database, make } = inVpc();
    (database.node.defaultChild as rds.CfnDBInstance).engine = engine;
    expect(() => make({ database })).not.toThrow();
  });

  test('a security group is opened at the port of SQL Server', () => {
    const { stack, vpc, make } = inVpc();
    make({ database: new ec2.SecurityGroup(stack, 'Group', { vpc }) });
    expect(resourcesOf(stack, INGRESS).map(({ properties }) => properties.ToPort)).toEqual([1433]);
  });

  test('is refused as the database of another engine, and another database as that of SQL Server', () => {
    const { stack, vpc, database } = inVpc();
    expectInvalid(() => new RotationFunction(stack, 'Other', { vpc, target: RotationTarget.postgres({ database }) }),
      'database', 'Stack/Database has the engine sqlserver-se', 'Give RotationTarget.sqlServer');
    const mysql = new rds.DatabaseInstance(stack, 'MySql', { engine: rds.DatabaseInstanceEngine.MYSQL, vpc });
    expectInvalid(() => new RotationFunction(stack, 'Another', { vpc, target: RotationTarget.sqlServer({ database: mysql }) }), 'database', 'has the engine mysql', 'Give RotationTarget.mysql');
  });

  test('its master secret rotates, and its managed one is a superuser secret', () => {
    const { stack, vpc, database, make } = inVpc();
    make({ database, strategy: RotationStrategy.singleUser(database.secret) });
    const managed = new rds.CfnDBInstance(stack, 'Managed', { engine: 'sqlserver-se', manageMasterUserPassword: true, masterUsername: 'admin' });
    const superuser = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Superuser', managed.attrMasterUserSecretSecretArn);
    expectInvalid(() => new RotationFunction(stack, 'Second', { vpc, target: RotationTarget.sqlServer({ strategy: RotationStrategy.singleUser(superuser) }) }), 'superuserSecret', 'is managed by RDS', 'endpoint');
    const target = RotationTarget.sqlServer({ strategy: RotationStrategy.singleUser(superuser), endpoint: managed.attrEndpointAddress });
    expect(() => new RotationFunction(stack, 'Third', { vpc, target })).not.toThrow();
  });
});

describe('strategies', () => {
  const superuserSecret = () => secretsmanager.Secret.fromSecretNameV2(makeStack(), 'Superuser', 'superuser');

  test.each(['alternatingUsers', 'dualPasswords'] as const)('%s is refused, with what to give', (kind) => {
    expectInvalid(() => RotationTarget.sqlServer({ strategy: RotationStrategy[kind](superuserSecret()) }), 'strategy', `is ${kind}`, 'one user', 'Give RotationStrategy.singleUser()');
  });

  test('creationStatements and resetLostPassword are refused, with what to do', () => {
    expectInvalid(() => RotationTarget.sqlServer({ strategy: RotationStrategy.singleUser(superuserSecret(), { creationStatements: ['GRANT SELECT TO {user}'] }) }),
      'creationStatements', 'creates no user', 'Create the user before the first rotation');
    expectInvalid(() => RotationTarget.sqlServer({ strategy: RotationStrategy.singleUser(superuserSecret(), { resetLostPassword: true }) }), 'resetLostPassword', 'by hand', 'leave out resetLostPassword');
  });

  test('the handler refuses a configuration that no construct makes, before it changes anything', async () => {
    const session = await new SqlServer(undefined, async () => ({ query: async () => [{ login: 'app', user: 'dbo', type: 1 }], close: async () => {} }))
      .logIn({ host: 'localhost', port: 1433, username: 'app', password: 'First-password-1' }, {} as never);
    for (const call of ['createUser', 'checkIsResettable', 'claim', 'shareWith', 'changePasswordOf'] as const) {
      await expect(session[call]({ user: 'another', password: 'Second-password-2' } as never, undefined as never)).rejects.toThrow(/RotationTarget\.sqlServer does not have\. Give it RotationStrategy\.singleUser\(\)/);
    }
  });

  test('by itself or by a superuser: what the configuration says', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.sqlServer() });
    expect(configOf(stack)).toMatchObject({ target: 'sqlServer' });
    const other = makeStack();
    new RotationFunction(other, 'Rotation', { target: RotationTarget.sqlServer({ strategy: RotationStrategy.singleUser(secretsmanager.Secret.fromSecretCompleteArn(other, 'Superuser', SUPERUSER)) }) });
    expect(configOf(other)).toMatchObject({ target: 'sqlServer', singleUser: true, superuserSecretArn: SUPERUSER });
  });
});

describe('values', () => {
  const make = (value: object) => new RotatingSecret(makeStack(), 'Secret', { target: RotationTarget.sqlServer(), generateSecretString: { secretStringTemplate: JSON.stringify(value) } });

  test.each([[{ username: 'app' }], [{ username: 'app', engine: 'sqlserver', port: 1433, host: 'db.example.com', dbname: 'master' }], [{ username: 'u'.repeat(128) }]])('%j rotates', (value) => {
    expect(() => make(value)).not.toThrow();
  });

  test.each<[object, string[]]>([
    [{ username: 'u'.repeat(129) }, ['129 characters', 'takes 128']],
    [{ username: '\u{1f511}'.repeat(65) }, ['130 characters']],
    [{ username: 'DOMAIN\\app' }, ['has the username DOMAIN\\app', 'only logins of Windows', 'Use a login or a user with a password of SQL Server']],
    [{ username: 'app', engine: 'sqlserver-se' }, ['has the engine "sqlserver-se"', 'RotationTarget.sqlServer rotates sqlserver']],
    [{ username: 'app', engine: 'mysql' }, ['has the engine "mysql"']],
  ])('%j is refused', (value, parts) => {
    expectInvalid(() => make(value), 'generateSecretString.secretStringTemplate', ...parts);
  });

  test('the secret of AWS\'s rotation function, without a port and a database, is that of a login in master at 1433', async () => {
    const reached: unknown[] = [];
    const engine = new SqlServer(undefined, async ({ host, port }, database) => {
      reached.push([host, port, database]);
      return { query: async () => [{ login: 'app', user: 'guest', type: 0 }], close: async () => {} };
    });
    const target = databaseTarget({ target: 'sqlServer', passwordPolicy: {}, plaintextConnection: true } as DatabaseTargetConfig, { sqlServer: () => engine });
    const value = (password: string) => JSON.stringify({ engine: 'sqlserver', host: 'db.example.com', username: 'app', password });
    await target.testSecret({ pending: async () => value('b'), current: async () => value('a') } as never, { signal: { throwIfAborted: () => {} }, reread: (look: () => unknown) => look() } as never);
    expect(reached).toEqual([['db.example.com', 1433, 'master']]);
  });
});

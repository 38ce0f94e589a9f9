/**
 * The app that the consumers in other languages repeat: every construct, value class and option of the package. Prints the package's errors for
 * misuse.
 */
import { readFileSync } from 'node:fs';
import { App, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import { AlarmRule, CompositeAlarm, Dashboard, GraphWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { InstanceType, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus, Schedule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DatabaseInstance, DatabaseInstanceEngine } from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  RotatingSecret, RotationCheck, RotationFunction, RotationNotification, RotationPeriod, RotationRules, RotationStrategy, RotationTarget,
  SigningAlgorithm,
} from 'cdk-rotating-secret';

const app = new App();
const generateSecretString = { secretStringTemplate: '{"username":"app"}', generateStringKey: 'password' };
const databaseUser = { secretStringTemplate: '{"username":"app","dbname":"app"}' };

everyday(new Stack(app, 'Everyday'));
rules(new Stack(app, 'Rules'));
fleet(new Stack(app, 'Fleet'), new Stack(app, 'Elsewhere'));
databases(new Stack(app, 'Databases'));
targets(new Stack(app, 'Targets'));
operations(new Stack(app, 'Operations'));
app.synth();
console.log(JSON.stringify(refusals(new Stack(new App({ autoSynth: false }), 'Refused'))));

function everyday(stack: Stack): void {
  new RotatingSecret(stack, 'Password', { secretName: 'my-app/custom-password', generateSecretString });
  new RotatingSecret(stack, 'Whole');
  new RotatingSecret(stack, 'Own', {
    secretObjectValue: { token: SecretValue.unsafePlainText('changed at the first rotation') },
    target: RotationTarget.generated({ generateStringKey: 'token' }),
    rotateImmediately: true,
  });
}

function rules(stack: Stack): void {
  const rotationFunction = new RotationFunction(stack, 'Rotation');
  const secret = (id: string, rotationRules: RotationRules) => new RotatingSecret(stack, id, { rotationFunction, rotationRules });

  secret('Rate', RotationRules.rate(Duration.days(10)));
  secret('RateInWindow', RotationRules.rate(Duration.hours(4), { window: Duration.hours(1) }));
  secret('Weekly', RotationRules.cron({ weekDay: 'SUN', hour: '3', window: Duration.hours(2) }));
  secret('Quarterly', RotationRules.cron({ day: 'L', month: '1/3' }));
  secret('Expression', RotationRules.expression('cron(0 8 ? 1/3 MON#1 *)'));
  secret('ExpressionInWindow', RotationRules.expression('rate(7 days)', { window: Duration.hours(6) }));
  secret('Daily', RotationRules.spread({ period: RotationPeriod.DAY, weekDay: 'MON-FRI' }));
  secret('OnceAWeek', RotationRules.spread({ period: RotationPeriod.WEEK, weekDay: 'SAT,SUN', hour: '1-4', window: Duration.hours(2) }));
  secret('OnceAMonth', RotationRules.spread({ period: RotationPeriod.MONTH }));
  secret('OnceAQuarter', RotationRules.spread({ period: RotationPeriod.QUARTER }));
}

function fleet(stack: Stack, elsewhere: Stack): void {
  const rotation = new RotationFunction(stack, 'Rotation', {
    target: RotationTarget.generated({
      generateStringKey: 'password',
      passwordPolicy: {
        passwordLength: 48,
        excludeCharacters: '"@/\\',
        excludeLowercase: false,
        excludeUppercase: false,
        excludeNumbers: true,
        excludePunctuation: false,
        includeSpace: true,
        requireEachIncludedType: true,
      },
    }),
    runtime: Runtime.NODEJS_20_X,
    vpc: new Vpc(stack, 'Vpc', { maxAzs: 2 }),
    memorySize: 512,
    timeout: Duration.minutes(1),
    environment: { STAGE: 'test' },
  });

  const encryptionKey = new Key(elsewhere, 'Key');
  const secret = new RotatingSecret(elsewhere, 'App', { rotationFunction: rotation, encryptionKey, generateSecretString });
  secret.rotationFunction.rotate(new Secret(elsewhere, 'Existing', { generateSecretString }));
  rotation.rotate(Secret.fromSecretNameV2(stack, 'Imported', 'imported'), {
    rotationRules: RotationRules.rate(Duration.days(90)),
    rotateImmediately: true,
    scheduleScope: elsewhere,
  });
}

function databases(stack: Stack): void {
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2 });
  const database = new DatabaseInstance(stack, 'Database', {
    engine: DatabaseInstanceEngine.POSTGRES,
    instanceType: new InstanceType('t4g.micro'),
    vpc,
  });
  const postgres = new RotationFunction(stack, 'Postgres', {
    vpc,
    target: RotationTarget.postgres({ database, strategy: RotationStrategy.alternatingUsers(database.secret!, { creationStatements: ['GRANT app_rights TO {user}'] }) }),
  });
  new RotatingSecret(stack, 'PostgresUser', {
    rotationFunction: postgres,
    generateSecretString: databaseUser,
  }).attach(database);

  new RotatingSecret(stack, 'MysqlUser', {
    generateSecretString: databaseUser,
    target: RotationTarget.mysql({
      strategy: RotationStrategy.singleUser(),
      certificateAuthority: readFileSync('ca.pem', 'utf8'),
      passwordPolicy: { passwordLength: 40 },
    }),
  });
  new RotatingSecret(stack, 'MariadbUser', {
    generateSecretString: databaseUser,
    rotationRules: RotationRules.onDemand(),
    target: RotationTarget.mariadb({
      strategy: RotationStrategy.singleUser(new Secret(stack, 'MariadbSuperuser'), { resetLostPassword: true }),
      endpoint: 'writer.example.com:3307',
      plaintextConnection: true,
    }),
  });
  new RotatingSecret(stack, 'MongoDbUser', { generateSecretString: databaseUser, target: RotationTarget.mongoDb() });
  new RotatingSecret(stack, 'DocumentDbUser', {
    generateSecretString: databaseUser,
    target: RotationTarget.documentDb({ strategy: RotationStrategy.singleUser() }),
  });
  new RotatingSecret(stack, 'DualPasswordsUser', {
    generateSecretString: databaseUser,
    target: RotationTarget.mysql({ strategy: RotationStrategy.dualPasswords() }),
  });
  new RotationFunction(stack, 'Redis', {
    vpc,
    target: RotationTarget.redis({
      superuserSecret: new Secret(stack, 'RedisSuperuser'),
      nodes: ['redis-1.example.com', 'redis-2.example.com:6380'],
      database: new SecurityGroup(stack, 'RedisSecurityGroup', { vpc }),
      passwordPolicy: { passwordLength: 40 },
      certificateAuthority: readFileSync('ca.pem', 'utf8'),
    }),
  });
  new RotationFunction(stack, 'ElastiCache', {
    vpc,
    target: RotationTarget.elastiCacheUser({
      userArn: 'arn:aws:elasticache:eu-west-1:111111111111:user:app',
      endpoint: 'cache.example.com:6380',
      cache: new SecurityGroup(stack, 'CacheSecurityGroup', { vpc }),
      passwordPolicy: { passwordLength: 40 },
    }),
  });
  new RotationFunction(stack, 'MemoryDb', {
    acknowledgeStandIns: true,
    target: RotationTarget.memoryDbUser({ userArn: 'arn:aws:memorydb:eu-west-1:111111111111:user/app' }),
  });
  new RotationFunction(stack, 'RabbitMq', {
    vpc,
    target: RotationTarget.rabbitMq({
      strategy: RotationStrategy.alternatingUsers(new Secret(stack, 'RabbitMqAdministrator')),
      broker: new SecurityGroup(stack, 'RabbitMqSecurityGroup', { vpc }),
      passwordPolicy: { passwordLength: 40 },
      certificateAuthority: readFileSync('ca.pem', 'utf8'),
    }),
  });
  new RotationFunction(stack, 'Redshift', {
    vpc,
    target: RotationTarget.redshift({
      strategy: RotationStrategy.alternatingUsers(new Secret(stack, 'RedshiftSuperuser')),
      database: new SecurityGroup(stack, 'RedshiftSecurityGroup', { vpc }),
      passwordPolicy: { passwordLength: 40 },
    }),
  });
  new RotationFunction(stack, 'Oracle', {
    vpc,
    target: RotationTarget.oracle({
      strategy: RotationStrategy.dualPasswords(),
      database: new SecurityGroup(stack, 'OracleSecurityGroup', { vpc }),
      endpoint: 'orders.example.com:2484',
      passwordPolicy: { passwordLength: 24 },
    }),
  });
  new RotationFunction(stack, 'SqlServer', {
    vpc,
    target: RotationTarget.sqlServer({
      strategy: RotationStrategy.singleUser(new Secret(stack, 'SqlServerSuperuser')),
      database: new SecurityGroup(stack, 'SqlServerSecurityGroup', { vpc }),
      passwordPolicy: { passwordLength: 40 },
    }),
  });
  new RotationFunction(stack, 'Ldap', {
    vpc,
    target: RotationTarget.ldap({
      strategy: RotationStrategy.dualPasswords(new Secret(stack, 'LdapSuperuser')),
      directory: new SecurityGroup(stack, 'LdapSecurityGroup', { vpc }),
      passwordPolicy: { passwordLength: 40 },
      certificateAuthority: readFileSync('ca.pem', 'utf8'),
    }),
  });
  new RotationFunction(stack, 'ActiveDirectory', {
    vpc,
    target: RotationTarget.activeDirectory({
      strategy: RotationStrategy.singleUser(new Secret(stack, 'AdSuperuser')),
      directory: new SecurityGroup(stack, 'AdSecurityGroup', { vpc }),
      passwordPolicy: { passwordLength: 40 },
      certificateAuthority: readFileSync('ca.pem', 'utf8'),
    }),
  });
}

function targets(stack: Stack): void {
  const fn = new Function(stack, 'Function', {
    code: Code.fromInline('exports.handler = async () => ({ status: "done" });'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_20_X,
  });
  new RotatingSecret(stack, 'Invoked', {
    target: RotationTarget.invoke(fn, { createSecret: true, finishSecret: true, versionStages: ['AWSPENDING', 'AWSCURRENT'] }),
  });
  new RotatingSecret(stack, 'Module', { target: RotationTarget.module('target.mjs', { passwordPolicy: { passwordLength: 40 } }) });
  new RotatingSecret(stack, 'AccessKey', {
    acknowledgeStandIns: true,
    target: RotationTarget.iamAccessKey({
      user: new User(stack, 'User'), exclusiveUser: true, accessKeyIdKey: 'AWS_ACCESS_KEY_ID', secretAccessKeyKey: 'AWS_SECRET_ACCESS_KEY',
    }),
  });
  new RotationFunction(stack, 'AccessKeys', { secretNamePrefix: 'keys/', target: RotationTarget.iamAccessKey({ users: [new User(stack, 'Uploader')] }) });
  new RotationFunction(stack, 'Smtps', { secretNamePrefix: 'smtp/', target: RotationTarget.sesSmtp({ users: [new User(stack, 'Sender')] }) });
  new RotatingSecret(stack, 'Smtp', {
    target: RotationTarget.sesSmtp({ user: new User(stack, 'Mailer'), exclusiveUser: true, region: 'eu-west-1' }),
  });
  const bucket = new Bucket(stack, 'PublicKeys');
  for (const algorithm of [SigningAlgorithm.RS256, SigningAlgorithm.PS256, SigningAlgorithm.ES256, SigningAlgorithm.ES384, SigningAlgorithm.EDDSA]) {
    new RotatingSecret(stack, `Keys${algorithm}`, {
      target: RotationTarget.signingKeys({
        algorithm,
        rsaModulusLength: 3072,
        tokenLifetime: Duration.hours(1),
        publishTo: { bucket, objectKey: `${algorithm}.json`, cacheTime: Duration.minutes(5) },
      }),
    });
  }
}

function operations(stack: Stack): void {
  const topic = new Topic(stack, 'Topic');
  const rotation = new RotationFunction(stack, 'Rotation', {
    rotationMetrics: true,
    notification: RotationNotification.eventBus(new EventBus(stack, 'Bus')),
  });
  const existing = rotation.rotate(new Secret(stack, 'Existing', { generateSecretString }));
  const guarded = new RotatingSecret(stack, 'Guarded', {
    rotationMetrics: true,
    generateSecretString: { passwordLength: 64 },
    firstPasswordPolicy: { passwordLength: 32 },
    regenerationGuard: '1',
  });
  const told = new RotatingSecret(stack, 'Told', {
    secretName: 'told/password',
    rotateImmediately: true,
    rotationFunction: new RotationFunction(stack, 'Telling', { secretNamePrefix: 'told/', notification: RotationNotification.topic(topic) }),
  });

  const target = new SnsTopic(topic);
  existing.onRotationSucceeded('Succeeded', { target });
  existing.onRotationFailed('Failed', { target });
  existing.onRotationAbandoned('Abandoned', { target });
  guarded.rotation.onRotationSucceeded('Succeeded', { target });
  guarded.rotation.onRotationFailed('Failed', { target });
  guarded.rotation.onRotationAbandoned('Abandoned', { target, description: 'Somebody put a value' });

  const alarms = rotation.addRotationAlarms({ alarmActions: [new SnsAction(topic)], durationPercent: 90 });
  new CompositeAlarm(stack, 'Alarms', {
    alarmRule: AlarmRule.anyOf(alarms.rotationsFailed!, alarms.errors, alarms.throttles, alarms.duration),
  });

  const check = new RotationCheck(stack, 'Check', {
    rotationFunctions: [rotation, guarded.rotationFunction],
    excludedSecrets: [told],
    grace: Duration.days(2),
    schedule: Schedule.rate(Duration.hours(12)),
    runtime: Runtime.NODEJS_20_X,
    functionOptions: { memorySize: 512 },
  });
  check.addOverdueAlarm().addAlarmAction(new SnsAction(topic));
  check.node.addDependency(told.rotation.first);

  const metrics = [
    existing.metricRotationsSucceeded(),
    existing.metricRotationsFailed(),
    existing.metricRotationStepDuration(),
    guarded.rotation.metricRotationsSucceeded(),
    guarded.rotation.metricRotationsFailed(),
    guarded.rotation.metricRotationStepDuration(),
    rotation.metricRotationsSucceeded(),
    rotation.metricRotationsFailed({ period: Duration.days(1) }),
    rotation.metricRotationStepDuration({ statistic: 'p90' }),
    check.metricOverdueSecrets(),
    check.checkFunction.metricErrors(),
  ];
  new Dashboard(stack, 'Dashboard', { widgets: [[new GraphWidget({ left: metrics })]] });
}

/** The package's error for each misuse. */
function refusals(stack: Stack): Record<string, string> {
  const misuses: Record<string, () => unknown> = {
    'an interval that is too short': () => RotationRules.rate(Duration.hours(1)),
    'a day and a day of the week': () => RotationRules.cron({ day: '1', weekDay: 'SUN' }),
    'an expression with minutes': () => RotationRules.expression('cron(30 8 * * ? *)'),
    'a window that is too long': () => RotationRules.rate(Duration.hours(4), { window: Duration.hours(5) }),
    'an hour that is too late for its window': () => RotationRules.spread({ hour: '23', window: Duration.hours(2) }),
    'a policy that can\'t be met': () => RotationTarget.generated({ passwordPolicy: { passwordLength: 0 } }),
    'a certificate authority that is none': () => RotationTarget.postgres({ certificateAuthority: 'ca.pem' }),
    'a module that is none': () => RotationTarget.module('nowhere.mjs'),
    'a short RSA key': () => RotationTarget.signingKeys({ algorithm: SigningAlgorithm.RS256, rsaModulusLength: 1024 }),
    'a timeout that is too short': () => new RotationFunction(stack, 'Timeout', { timeout: Duration.seconds(3) }),
    'an old runtime': () => new RotationFunction(stack, 'Runtime', { runtime: Runtime.NODEJS_18_X }),
    'a key without a template': () => new RotatingSecret(stack, 'Key', { generateSecretString: { generateStringKey: 'password' } }),
    'a second schedule': () => new RotatingSecret(stack, 'Second').addRotationSchedule('Schedule', {}),
    'a guard without a text': () => new RotatingSecret(stack, 'Guard', { regenerationGuard: '' }),
    'a metric that isn\'t made': () => new RotatingSecret(stack, 'Metric').rotation.metricRotationsFailed(),
    'a check of nothing': () => new RotationCheck(stack, 'Check', { rotationFunctions: [] }),
  };
  return Object.fromEntries(Object.entries(misuses).map(([name, misuse]) => [name, refusal(misuse)]));
}

function refusal(misuse: () => unknown): string {
  try {
    misuse();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

import { App, CfnOutput, Duration, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { RotatingSecret, RotationFunction, RotationRules, RotationStrategy, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingSecretPostgres', { description: 'A PostgreSQL database whose application user is created and rotated, without a way to the internet' });

const vpc = new ec2.Vpc(stack, 'Vpc', {
  natGateways: 0,
  subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

// RDS makes the password of the master user, keeps it in a secret of its own, and rotates it.
const database = new rds.DatabaseInstance(stack, 'Database', {
  engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('17.10', '17') }),
  instanceType: ec2.InstanceType.of(ec2.InstanceClass.T3, ec2.InstanceSize.MICRO),
  vpc,
  vpcSubnets,
  databaseName: 'app',
  storageEncrypted: true,
  credentials: rds.Credentials.fromPassword('master', SecretValue.unsafePlainText('is deleted below')),
});
const instance = database.node.defaultChild as rds.CfnDBInstance;
instance.manageMasterUserPassword = true;
instance.masterUserPassword = undefined;
const masterSecret = Secret.fromSecretCompleteArn(stack, 'MasterSecret', instance.attrMasterUserSecretSecretArn);

// Two users in turn, app and app_clone, so no login with AWSCURRENT is refused. The first rotation creates both, during the deployment.
const strategy = RotationStrategy.alternatingUsers(masterSecret, { creationStatements: ['GRANT CONNECT, CREATE ON DATABASE app TO {user}'] });
const appUser = new RotatingSecret(stack, 'AppUser', {
  rotationFunction: new RotationFunction(stack, 'AppRotation', { vpc, vpcSubnets, target: RotationTarget.postgres({ database, strategy }) }),
  generateSecretString: { secretStringTemplate: JSON.stringify({ username: 'app', dbname: 'app' }) },
  rotationRules: RotationRules.cron({ weekDay: 'SUN', hour: '3', window: Duration.hours(2) }),
  // If the deployment fails after the first rotation, CloudFormation would delete the only copy of the password.
  removalPolicy: RemovalPolicy.RETAIN,
});
// Adds the engine, the host and the port of the database to the secret.
appUser.attach(database);

// In place of your service: what depends on the first rotation is deployed after it, so the user exists by then.
const service = new StringParameter(stack, 'Service', { stringValue: appUser.secretArn });
service.node.addDependency(appUser.rotation.first);

new CfnOutput(stack, 'AppUserSecretArn', { value: appUser.secretArn });

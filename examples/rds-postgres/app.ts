import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { RotatingSecret, RotationFunction, RotationRules, RotationStrategy, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingSecretPostgres', { description: 'A PostgreSQL database whose two passwords rotate, without a way to the internet' });

const vpc = new ec2.Vpc(stack, 'Vpc', {
  natGateways: 0,
  subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

const database = new rds.DatabaseInstance(stack, 'Database', {
  engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('17.10', '17') }),
  instanceType: ec2.InstanceType.of(ec2.InstanceClass.T3, ec2.InstanceSize.MICRO),
  vpc,
  vpcSubnets,
  databaseName: 'app',
  storageEncrypted: true,
});

// A single user, who changes its own password. Nobody connects with it but the other function.
const masterRotation = new RotationFunction(stack, 'MasterRotation', { vpc, vpcSubnets, target: RotationTarget.postgres({ database }) });
masterRotation.rotate(database.secret!);

// Two users in turn, so that the application never holds a password that is refused. The first of them, app, is made by whoever sets
// up the database, with the password of this secret; the first rotation makes the other one.
const strategy = RotationStrategy.alternatingUsers(database.secret!);
const appUser = new RotatingSecret(stack, 'AppUser', {
  rotationFunction: new RotationFunction(stack, 'AppRotation', { vpc, vpcSubnets, target: RotationTarget.postgres({ database, strategy }) }),
  generateSecretString: { secretStringTemplate: JSON.stringify({ username: 'app', dbname: 'app' }) },
  rotationRules: RotationRules.cron({ weekDay: 'SUN', hour: '3', window: Duration.hours(2) }),
});
// Adds the engine, the host and the port of the database to the secret.
appUser.attach(database);

new CfnOutput(stack, 'AppUserSecretArn', { value: appUser.secretArn });

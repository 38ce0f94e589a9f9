import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import { RotatingSecret, RotationFunction, RotationRules, RotationStrategy, RotationTarget } from 'cdk-rotating-secret';
import type { Construct } from 'constructs';

/** The database, its login with two users in turn, and a role and a security group for the service. Where the service runs is up to you. */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const vpc = new ec2.Vpc(this, 'Vpc', {
      natGateways: 0,
      subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
    const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

    const database = new rds.DatabaseInstance(this, 'Database', {
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('17.10', '17') }),
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T3, ec2.InstanceSize.MICRO),
      vpc,
      vpcSubnets,
      databaseName: 'app',
      storageEncrypted: true,
    });
    new RotationFunction(this, 'MasterRotation', { vpc, vpcSubnets, target: RotationTarget.postgres({ database }) }).rotate(database.secret!);

    const strategy = RotationStrategy.alternatingUsers(database.secret!);
    const login = new RotatingSecret(this, 'Login', {
      rotationFunction: new RotationFunction(this, 'AppRotation', { vpc, vpcSubnets, target: RotationTarget.postgres({ database, strategy }) }),
      generateSecretString: { secretStringTemplate: JSON.stringify({ username: 'app', dbname: 'app' }) },
      rotationRules: RotationRules.cron({ weekDay: 'SUN', hour: '3', window: Duration.hours(2) }),
    });
    login.attach(database);

    // Reads this one secret, by its ARN. The service gets the ARN, never the value: what is in an environment variable doesn't rotate.
    const service = new iam.Role(this, 'Service', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    login.grantRead(service);
    const securityGroup = new ec2.SecurityGroup(this, 'ServiceSecurityGroup', { vpc, description: 'The service' });
    database.connections.allowDefaultPortFrom(securityGroup, 'The service');

    new CfnOutput(this, 'SecretId', { value: login.secretArn, description: 'SECRET_ID of the service' });
    new CfnOutput(this, 'ServiceRoleArn', { value: service.roleArn });
    new CfnOutput(this, 'ServiceSecurityGroupId', { value: securityGroup.securityGroupId });
  }
}

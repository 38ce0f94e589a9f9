import { App, CfnOutput, Fn, SecretValue, Stack } from 'aws-cdk-lib';
import * as mq from 'aws-cdk-lib/aws-amazonmq';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingBrokerUser', { description: 'A RabbitMQ broker of Amazon MQ with a user whose password rotates, without a way to the internet' });

const vpc = new ec2.Vpc(stack, 'Vpc', {
  natGateways: 0,
  subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

// The first user of a broker is its administrator.
const password = new Secret(stack, 'AdministratorPassword', {
  generateSecretString: { passwordLength: 32, excludePunctuation: true },
});
const securityGroup = new ec2.SecurityGroup(stack, 'BrokerSecurityGroup', { vpc, description: 'The broker', allowAllOutbound: false });
const broker = new mq.CfnBroker(stack, 'Broker', {
  brokerName: 'orders',
  engineType: 'RABBITMQ',
  engineVersion: '3.13',
  hostInstanceType: 'mq.m7g.large',
  deploymentMode: 'SINGLE_INSTANCE',
  publiclyAccessible: false,
  autoMinorVersionUpgrade: true,
  logs: { general: true },
  subnetIds: [vpc.isolatedSubnets[0].subnetId],
  securityGroups: [securityGroup.securityGroupId],
  users: [{ username: 'administrator', password: password.secretValue.unsafeUnwrap() }],
});
// amqps://HOST:5671
const host = Fn.select(0, Fn.split(':', Fn.select(2, Fn.split('/', Fn.select(0, broker.attrAmqpEndpoints)))));

const administrator = new Secret(stack, 'Administrator', {
  secretObjectValue: {
    host: SecretValue.unsafePlainText(host),
    username: SecretValue.unsafePlainText('administrator'),
    password: password.secretValue,
  },
});

// Two users in turn, shop and shop_clone, so no login with AWSCURRENT is refused. Create shop with the first password of the secret: the page of the
// target has the commands.
const rotationFunction = new RotationFunction(stack, 'Rotation', {
  vpc,
  vpcSubnets,
  target: RotationTarget.rabbitMq({
    strategy: RotationStrategy.alternatingUsers(administrator),
    broker: new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(5671) }),
  }),
});
const secret = new RotatingSecret(stack, 'Secret', {
  rotationFunction,
  generateSecretString: { secretStringTemplate: stack.toJsonString({ host, username: 'shop' }) },
});

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });

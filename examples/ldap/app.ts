import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingLdapUser', { description: 'An entry of an LDAP directory whose password rotates, without a way to the internet' });

const vpc = new ec2.Vpc(stack, 'Vpc', {
  natGateways: 0,
  subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

// In place of your servers: their security group.
const directory = new ec2.SecurityGroup(stack, 'Directory', { vpc, description: 'The LDAP servers', allowAllOutbound: false });

// The entry has two passwords, those of AWSCURRENT and AWSPREVIOUS, so no login with either is refused. Another entry adds and removes them.
const manager = Secret.fromSecretNameV2(stack, 'Manager', 'ldap/manager');
const rotationFunction = new RotationFunction(stack, 'Rotation', {
  vpc, vpcSubnets, target: RotationTarget.ldap({ directory, strategy: RotationStrategy.dualPasswords(manager) }),
});
const secret = new RotatingSecret(stack, 'Secret', {
  rotationFunction,
  generateSecretString: {
    secretStringTemplate: JSON.stringify({ host: 'ldap.corp.example.com', username: 'uid=shop,ou=services,dc=corp,dc=example,dc=com' }),
  },
});

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });

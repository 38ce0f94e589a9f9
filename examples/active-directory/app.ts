import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { RotatingSecret, RotationFunction, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingActiveDirectoryUser', { description: 'A user of Active Directory whose password rotates, without a way to the internet' });

const vpc = new ec2.Vpc(stack, 'Vpc', {
  natGateways: 0,
  subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

// In place of your domain controllers: their security group.
const directory = new ec2.SecurityGroup(stack, 'DomainControllers', { vpc, description: 'The domain controllers', allowAllOutbound: false });

// The user changes its own password. The domain accepts the one before it for another hour.
const rotationFunction = new RotationFunction(stack, 'Rotation', { vpc, vpcSubnets, target: RotationTarget.activeDirectory({ directory }) });
const secret = new RotatingSecret(stack, 'Secret', {
  rotationFunction,
  generateSecretString: { secretStringTemplate: JSON.stringify({ host: 'dc1.corp.example.com', username: 'shop@corp.example.com' }) },
});

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });

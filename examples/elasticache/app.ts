import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import { RotatingSecret, RotationFunction, RotationTarget } from 'cdk-rotating-secret';

const app = new App();
const stack = new Stack(app, 'RotatingCacheUser', { description: 'A serverless Valkey cache of ElastiCache, with a user whose password rotates' });

const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });
const securityGroup = new ec2.SecurityGroup(stack, 'CacheSecurityGroup', { vpc, description: 'The cache', allowAllOutbound: false });

const user = new elasticache.CfnUser(stack, 'User', { userId: 'shop', userName: 'shop', engine: 'valkey', accessString: 'on ~shop:* +@read +@write' });
const users = new elasticache.CfnUserGroup(stack, 'Users', { userGroupId: 'shop', engine: 'valkey', userIds: [user.ref] });
const cache = new elasticache.CfnServerlessCache(stack, 'Cache', {
  serverlessCacheName: 'shop',
  engine: 'valkey',
  userGroupId: users.ref,
  subnetIds: vpc.privateSubnets.map(({ subnetId }) => subnetId),
  securityGroupIds: [securityGroup.securityGroupId],
});

// The function logs in to the cache with every new password.
const rotationFunction = new RotationFunction(stack, 'Rotation', {
  vpc,
  target: RotationTarget.elastiCacheUser({
    userArn: user.attrArn,
    endpoint: `${cache.attrEndpointAddress}:${cache.attrEndpointPort}`,
    cache: securityGroup,
  }),
});
const secret = new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString: { secretStringTemplate: '{"username":"shop"}' } });

// The first password of the user is that of the secret. The template has a reference, not the password.
user.passwords = [secret.secretValueFromJson('password').unsafeUnwrap()];

new CfnOutput(stack, 'SecretArn', { value: secret.secretArn });

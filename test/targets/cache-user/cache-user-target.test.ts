import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as memorydb from 'aws-cdk-lib/aws-memorydb';
import { RotatingSecret, RotationFunction, RotationTarget, type CacheUserTargetOptions } from '../../../src';
import { findPolicyProblem } from '../../../src/contract';
import { CACHE_EXCLUDE_CHARACTERS, parseCacheEndpoint, parseCacheUserArn, parseCacheUserConfig } from '../../../src/targets/cache-user/contract';
import { configOf, ENV, expectInvalid, FUNCTION, makeStack, onlyResource, SCHEDULE, statementsOf, warningsOf } from '../../fixture';

const SERVICES = [
  {
    name: 'elastiCacheUser',
    id: 'elasticache-user',
    arn: 'arn:aws:elasticache:eu-west-1:111111111111:user:app',
    make: (options: CacheUserTargetOptions) => RotationTarget.elastiCacheUser(options),
    actions: ['elasticache:DescribeUsers', 'elasticache:ModifyUser'],
    endpoint: ec2.InterfaceVpcEndpointAwsService.ELASTICACHE,
    title: 'ElastiCache',
  },
  {
    name: 'memoryDbUser',
    id: 'memorydb-user',
    arn: 'arn:aws:memorydb:eu-west-1:111111111111:user/app',
    make: (options: CacheUserTargetOptions) => RotationTarget.memoryDbUser(options),
    actions: ['memorydb:DescribeUsers', 'memorydb:UpdateUser'],
    endpoint: ec2.InterfaceVpcEndpointAwsService.MEMORY_DB,
    title: 'MemoryDB',
  },
] as const;
const USER = { secretStringTemplate: '{"username":"app"}' };

describe.each(SERVICES)('$name', ({ id, arn, make, actions, endpoint, title }) => {
  test('the function may change exactly this user, and the secret has a password that URIs can take', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'User', { target: make({ userArn: arn }), generateSecretString: USER });
    expect(configOf(stack)).toEqual({ target: id, userArn: arn, passwordPolicy: { excludeCharacters: CACHE_EXCLUDE_CHARACTERS } });
    expect(statementsOf(stack).filter(({ Sid }) => Sid === 'RotateCacheUser')).toEqual([{ Sid: 'RotateCacheUser', Effect: 'Allow', Action: actions, Resource: arn }]);
    expect(onlyResource(stack, FUNCTION).properties.Timeout).toBe(600);
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each([
    ['arn:aws:elasticache:eu-west-1:111111111111:user:*'], ['*'], ['app'], ['arn:aws:iam::111111111111:user/app'], ['arn:aws:memorydb:eu-west-1:111111111111:user/*'],
    ['arn:aws:elasticache:eu-west-1:111111111111:replicationgroup:app'],
  ])('refuses %s as the user', (userArn) => {
    expectInvalid(() => make({ userArn }), 'userArn', 'is not the ARN of one user', arn.slice(0, 16));
  });

  test('refuses a missing user, and a user of another account', () => {
    expectInvalid(() => make({} as never), 'userArn', 'is missing');
    const stack = makeStack({ env: ENV });
    expectInvalid(() => new RotationFunction(stack, 'Rotation', { target: make({ userArn: arn.replace('111111111111', '222222222222') }) }), 'userArn', '222222222222', '111111111111');
  });

  test.each([[15, false], [16, true], [128, true], [129, false]])('case 21: a password length of %s', (passwordLength, isAllowed) => {
    const attempt = () => make({ userArn: arn, passwordPolicy: { passwordLength } });
    if (isAllowed) { attempt(); } else { expectInvalid(attempt, 'passwordPolicy.passwordLength', `is ${passwordLength}`, 'from 16 to 128'); }
  });

  test('case 21: a length or a space that the secret gives is refused too', () => {
    const stack = makeStack();
    const secret = (generator: object) => () => new RotatingSecret(stack, 'User', { target: make({ userArn: arn }), generateSecretString: { ...USER, ...generator } });
    expectInvalid(secret({ passwordLength: 8 }), 'passwordLength', 'from 16 to 128');
    expectInvalid(() => make({ userArn: arn, passwordPolicy: { includeSpace: true } }), 'passwordPolicy.includeSpace', 'has no space');
  });

  test('refuses a secret without a username, and one of another user', () => {
    const stack = makeStack();
    const secret = (key: string, template: object) => () =>
      new RotatingSecret(stack, key, { target: make({ userArn: arn }), generateSecretString: { secretStringTemplate: JSON.stringify(template) } });
    expectInvalid(secret('A', {}), 'generateSecretString.secretStringTemplate', 'no username');
    expectInvalid(secret('B', { username: '' }), 'generateSecretString.secretStringTemplate', 'username that is not a string');
    expectInvalid(secret('C', { username: 'app', user_arn: `${arn}2` }), 'generateSecretString.secretStringTemplate', 'user_arn that is not the userArn');
    secret('D', { username: 'app', user_arn: arn })();
  });

  test('refuses a second secret of the same function', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: make({ userArn: arn }) });
    new RotatingSecret(stack, 'One', { rotationFunction, generateSecretString: USER });
    expectInvalid(() => new RotatingSecret(stack, 'Two', { rotationFunction, generateSecretString: USER }), 'secret', 'One', 'at most two passwords');
  });

  test('refuses an endpoint without a VPC, one that is none, and a cache without an endpoint', () => {
    const stack = makeStack({ env: ENV });
    const vpc = new ec2.Vpc(stack, 'Vpc');
    expectInvalid(() => new RotationFunction(stack, 'Rotation', { target: make({ userArn: arn, endpoint: 'cache.example.com' }) }), 'endpoint', 'has no vpc');
    expect(() => make({ userArn: arn, endpoint: 'rediss://app:the-password@cache' })).toThrow(/endpoint: is neither a host nor host:port(?!.*the-password)/);
    expectInvalid(() => make({ userArn: arn, cache: new ec2.SecurityGroup(stack, 'Group', { vpc }) }), 'cache', 'without endpoint');
  });

  test('the security group of the cache lets the function in, and the endpoint reaches the handler', () => {
    const stack = makeStack({ env: ENV });
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const cache = new ec2.SecurityGroup(stack, 'Cache', { vpc });
    const rotationFunction = new RotationFunction(stack, 'Rotation', { vpc, target: make({ userArn: arn, endpoint: 'cache.example.com:6380', cache }) });
    new RotatingSecret(stack, 'User', { rotationFunction, generateSecretString: USER });
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6380, ToPort: 6380 });
    expect(configOf(stack)).toMatchObject({ endpoint: 'cache.example.com:6380' });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('warns of subnets from which the API can\'t be reached, unless the VPC has its endpoint', () => {
    const warnings = (withEndpoint: boolean) => {
      const stack = makeStack({ env: ENV });
      const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
      vpc.addInterfaceEndpoint('SecretsManager', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
      if (withEndpoint) { vpc.addInterfaceEndpoint('Api', { service: endpoint }); }
      const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
      new RotatingSecret(stack, 'User', { rotationFunction: new RotationFunction(stack, 'Rotation', { vpc, vpcSubnets, target: make({ userArn: arn }) }), generateSecretString: USER });
      return warningsOf(stack);
    };
    expect(warnings(true)).toEqual([]);
    expect(warnings(false)).toEqual([expect.stringContaining(`no interface endpoint for ${title} is known`)]);
  });
});

test('a user of the app gets its first password from the secret, and exists before the first rotation', () => {
  const stack = makeStack();
  const user = new elasticache.CfnUser(stack, 'User', { userId: 'app', userName: 'app', engine: 'valkey', accessString: 'on ~app:* +@read' });
  const secret = new RotatingSecret(stack, 'Secret', { target: RotationTarget.elastiCacheUser({ userArn: user.attrArn }), generateSecretString: USER });
  user.passwords = [secret.secretValueFromJson('password').unsafeUnwrap()];
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ElastiCache::User', { Passwords: [{ 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: Match.anyValue() }, ':SecretString:password::}}']] }] });
  const [functionId] = Object.keys(template.findResources(FUNCTION, { Properties: { Timeout: 600 } }));
  expect(JSON.stringify(template.toJSON().Resources[functionId])).toContain('"User","Arn"');
  expect(JSON.stringify(onlyResource(stack, SCHEDULE).properties.RotationLambdaARN)).toContain(functionId);
  expect(statementsOf(stack).find(({ Sid }) => Sid === 'RotateCacheUser')).toMatchObject({ Resource: { 'Fn::GetAtt': ['User', 'Arn'] } });
});

test('a user of MemoryDB of the app gets its first password from the secret', () => {
  const stack = makeStack();
  const user = new memorydb.CfnUser(stack, 'User', { userName: 'app', accessString: 'on ~app:* +@read' });
  const secret = new RotatingSecret(stack, 'Secret', { target: RotationTarget.memoryDbUser({ userArn: user.attrArn }), generateSecretString: USER });
  user.authenticationMode = { Type: 'password', Passwords: [secret.secretValueFromJson('password').unsafeUnwrap()] };
  expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::MemoryDB::User'))).toContain('resolve:secretsmanager');
});

test('the contract: the default policy can be met, and the parser reads what the construct writes', () => {
  expect(findPolicyProblem({ excludeCharacters: CACHE_EXCLUDE_CHARACTERS })).toBeUndefined();
  const config = { target: 'memorydb-user', userArn: SERVICES[1].arn, endpoint: 'a:1', passwordPolicy: {} };
  expect(parseCacheUserConfig(config, 'memorydb-user')).toEqual(config);
  expect(() => parseCacheUserConfig({ ...config, userArn: undefined }, 'memorydb-user')).toThrow(/userArn/);
  expect(() => parseCacheUserConfig(config, 'elasticache-user')).toThrow(/has the target "memorydb-user"/);
  expect(parseCacheUserArn('elasticache-user', SERVICES[0].arn)).toEqual({ region: 'eu-west-1', accountId: '111111111111', userId: 'app' });
  expect([parseCacheEndpoint('a'), parseCacheEndpoint('a:1'), parseCacheEndpoint('a:0'), parseCacheEndpoint('a:70000'), parseCacheEndpoint('')])
    .toEqual([{ host: 'a', port: 6379 }, { host: 'a', port: 1 }, undefined, undefined, undefined]);
});

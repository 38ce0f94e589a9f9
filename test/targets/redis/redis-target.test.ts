import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fn, SecretValue, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationTarget, type RedisTargetOptions } from '../../../src';
import { findPolicyProblem } from '../../../src/contract';
import { parseNode } from '../../../src/targets/contract';
import { parseRedisConfig, REDIS_EXCLUDE_CHARACTERS } from '../../../src/targets/redis/contract';
import { configOf, ENV, expectInvalid, FUNCTION, makeStack, onlyResource, resourcesOf, SECRET, statementsOf, warningsOf } from '../../fixture';

const CA = readFileSync(join(__dirname, '../../consumers/ca.pem'), 'utf8');
const USER = { secretStringTemplate: '{"username":"app","host":"redis.example.com"}' };

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:superuser-a1b2c3';

function make(stack: Stack, options: Partial<RedisTargetOptions> = {}, generateSecretString: object = USER, vpc?: ec2.IVpc): RotatingSecret {
  const superuserSecret = options.superuserSecret ?? Secret.fromSecretCompleteArn(stack, 'Superuser', ARN);
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.redis({ ...options, superuserSecret }), vpc });
  return new RotatingSecret(stack, 'User', { rotationFunction, generateSecretString });
}

test('the secret has a generated password without characters that URIs can\'t take, and the function may read the superuser secret', () => {
  const stack = makeStack();
  make(stack);
  const [user] = resourcesOf(stack, SECRET).filter(({ id }) => id.startsWith('User'));
  expect(user.properties.GenerateSecretString).toMatchObject({ GenerateStringKey: 'password', SecretStringTemplate: USER.secretStringTemplate, ExcludeCharacters: REDIS_EXCLUDE_CHARACTERS });
  expect(configOf(stack)).toEqual({ target: 'redis', superuserSecretArn: ARN, passwordPolicy: { excludeCharacters: REDIS_EXCLUDE_CHARACTERS } });
  expect(statementsOf(stack).filter(({ Sid }) => Sid === 'ReadSuperuserSecret')).toEqual([
    {
      Sid: 'ReadSuperuserSecret',
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: ARN,
      Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' } },
    },
  ]);
  expect(warningsOf(stack)).toEqual([]);
});

test('the default policy leaves punctuation that needs no escaping in a URI or a shell', () => {
  expect(findPolicyProblem({ excludeCharacters: REDIS_EXCLUDE_CHARACTERS })).toBeUndefined();
  const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
  expect([...punctuation].filter((character) => !REDIS_EXCLUDE_CHARACTERS.includes(character)).join('')).toBe('+,-.=_');
});

test('the options reach the handler as its contract reads them', () => {
  const stack = makeStack();
  make(stack, { nodes: ['redis-1.example.com', '10.0.0.7:6380'], certificateAuthority: CA, passwordPolicy: { passwordLength: 64 } });
  expect(configOf(stack)).toMatchObject({ nodes: 'redis-1.example.com,10.0.0.7:6380', certificateAuthority: CA, passwordPolicy: { passwordLength: 64 } });
  const config = parseRedisConfig({ target: 'redis', superuserSecretArn: 'arn', nodes: 'a,b:1', certificateAuthority: CA, passwordPolicy: {} });
  expect(config).toEqual({ target: 'redis', superuserSecretArn: 'arn', nodes: 'a,b:1', certificateAuthority: CA, passwordPolicy: {} });
  expect(() => parseRedisConfig({ target: 'redis', passwordPolicy: {} })).toThrow(/superuserSecretArn/);
  expect(() => parseRedisConfig({ target: 'mysql', superuserSecretArn: 'arn', passwordPolicy: {} })).toThrow(/has the target "mysql"/);
});

test('nodes that only a deployment knows have a variable of their own', () => {
  const stack = makeStack();
  make(stack, { nodes: [Fn.importValue('Primary'), Fn.importValue('Replica')] });
  const { Environment: { Variables: variables } } = onlyResource(stack, FUNCTION).properties;
  expect(variables.ROTATION_CONFIG_NODES).toEqual({ 'Fn::Join': ['', [{ 'Fn::ImportValue': 'Primary' }, ',', { 'Fn::ImportValue': 'Replica' }]] });
});

test('a list that only a deployment knows is joined there', () => {
  const stack = makeStack();
  make(stack, { nodes: Fn.split(' ', Fn.importValue('Nodes')) });
  const { Environment: { Variables: variables } } = onlyResource(stack, FUNCTION).properties;
  expect(variables.ROTATION_CONFIG_NODES).toEqual({ 'Fn::Join': [',', { 'Fn::Split': [' ', { 'Fn::ImportValue': 'Nodes' }] }] });
});

test('the security group of the servers lets the function in, on 6379', () => {
  const stack = makeStack({ env: ENV });
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 });
  make(stack, { database: new ec2.SecurityGroup(stack, 'Servers', { vpc }) }, USER, vpc);
  expect(resourcesOf(stack, 'AWS::EC2::SecurityGroupIngress').map(({ properties }) => [properties.FromPort, properties.ToPort, properties.IpProtocol])).toEqual([[6379, 6379, 'tcp']]);
});

test('the key of an encrypted superuser secret lets the function decrypt', () => {
  const stack = makeStack();
  make(stack, { superuserSecret: new Secret(stack, 'Encrypted', { encryptionKey: new kms.Key(stack, 'Key') }) });
  const decrypts = ({ Action: action }: { Action: string | string[] }) => [action].flat().includes('kms:Decrypt');
  expect(statementsOf(stack).filter(decrypts)).toHaveLength(1);
});

test.each<[string, string[], string]>([
  ['an empty list', [], 'is empty'],
  ['an empty node', ['a', ''], 'has an element, at index 1, that is neither a host nor host:port'],
  ['a URL', ['rediss://redis.example.com'], 'has an element, at index 0, that is neither a host nor host:port'],
  ['two nodes in one', ['a,b'], 'has an element, at index 0, that is neither a host nor host:port'],
  ['a port that is none', ['a:70000'], 'has an element, at index 0, that is neither a host nor host:port'],
  ['a node twice', ['a', 'b', 'a'], 'has a more than once'],
])('refuses %s', (_, nodes, text) => {
  const stack = makeStack();
  expectInvalid(() => make(stack, { nodes }), 'nodes', text);
});

test('what is no node is not quoted, for it may have a password in it', () => {
  const stack = makeStack();
  expect(() => make(stack, { nodes: ['rediss://app:the-password@redis.example.com'] })).toThrow(/nodes: has an element, at index 0, (?!.*the-password)/);
});

test.each<[string, ReturnType<typeof parseNode>]>([
  ['a', { host: 'a' }], ['a:1', { host: 'a', port: 1 }], ['a:65535', { host: 'a', port: 65_535 }],
  ['a:65536', undefined], ['a:99999', undefined], ['a:0', undefined], ['', undefined], ['a@b', undefined],
])('the node %j', (node, parsed) => {
  expect(parseNode(node)).toEqual(parsed);
});

test('refuses a missing superuser secret, and the superuser secret as the secret of the user', () => {
  const stack = makeStack();
  expectInvalid(() => RotationTarget.redis({} as { superuserSecret: ISecret }), 'superuserSecret', 'is missing', 'ACL SETUSER');
  const superuserSecret = new Secret(stack, 'Superuser');
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.redis({ superuserSecret }) });
  expectInvalid(() => rotationFunction.rotate(superuserSecret), 'secret', 'Stack/Superuser', 'is the superuser secret of this function');
});

test('refuses a certificate authority that is none', () => {
  const stack = makeStack();
  expectInvalid(() => make(stack, { certificateAuthority: 'ca.pem' }), 'certificateAuthority', 'has no certificate in PEM');
  expectInvalid(() => make(makeStack(), { certificateAuthority: '-----BEGIN PRIVATE KEY-----' }), 'certificateAuthority', 'holds a private key');
});

test.each<[string, object, string]>([
  ['no user', { host: 'redis.example.com' }, 'has no username'],
  ['an empty user', { username: '' }, 'has a username that is not a string'],
  ['a user with a space', { username: 'a b' }, 'has a username that is not a string'],
  ['a host that is a list', { username: 'app', host: 'a,b' }, 'has a host that is not the name of one server'],
  ['a port that is none', { username: 'app', port: 70_000 }, 'has the port 70000'],
  ['a port that is no digits', { username: 'app', port: '0x10' }, 'has the port "0x10"'],
  ['a port that is a list', { username: 'app', port: [6379] }, 'has the port [6379]'],
])('refuses a value with %s', (_, value, text) => {
  const stack = makeStack();
  expectInvalid(() => make(stack, {}, { secretStringTemplate: JSON.stringify(value) }), 'generateSecretString.secretStringTemplate', text);
});

test('a value may have tokens', () => {
  const stack = makeStack();
  const target = RotationTarget.redis({ superuserSecret: Secret.fromSecretCompleteArn(stack, 'Superuser', ARN) });
  new RotatingSecret(stack, 'User', {
    target,
    generateSecretString: { secretStringTemplate: stack.toJsonString({ username: Fn.ref('AWS::StackName'), host: Fn.importValue('Host'), port: SecretValue.unsafePlainText('6379').unsafeUnwrap() }) },
  });
  expect(configOf(stack).target).toBe('redis');
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type RabbitMqTargetOptions } from '../../../src';
import { findPolicyProblem } from '../../../src/contract';
import { defaultManagementPort, parseRabbitMqConfig, RABBITMQ_EXCLUDE_CHARACTERS } from '../../../src/targets/rabbitmq/contract';
import { configOf, expectInvalid, makeStack, resourcesOf, SECRET, statementsOf, warningsOf } from '../../fixture';

const CA = readFileSync(join(__dirname, '../../consumers/ca.pem'), 'utf8');
const USER = { secretStringTemplate: '{"username":"app","host":"rabbitmq.example.com"}' };
const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:superuser-a1b2c3';

function make(stack: Stack, options: Partial<RabbitMqTargetOptions> = {}, generateSecretString: object = USER, vpc?: ec2.IVpc): RotatingSecret {
  const strategy = options.strategy ?? RotationStrategy.singleUser(Secret.fromSecretCompleteArn(stack, 'Superuser', ARN));
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.rabbitMq({ ...options, strategy }), vpc });
  return new RotatingSecret(stack, 'User', { rotationFunction, generateSecretString });
}

test('the secret has a generated password without characters that need escaping, and the function may read the superuser secret', () => {
  const stack = makeStack();
  make(stack);
  const [user] = resourcesOf(stack, SECRET).filter(({ id }) => id.startsWith('User'));
  expect(user.properties.GenerateSecretString).toMatchObject({ GenerateStringKey: 'password', SecretStringTemplate: USER.secretStringTemplate, ExcludeCharacters: RABBITMQ_EXCLUDE_CHARACTERS });
  expect(configOf(stack)).toEqual({ target: 'rabbitmq', superuserSecretArn: ARN, passwordPolicy: { excludeCharacters: RABBITMQ_EXCLUDE_CHARACTERS } });
  expect(statementsOf(stack).filter(({ Sid }) => Sid === 'ReadSuperuserSecret')).toMatchObject([{ Action: 'secretsmanager:GetSecretValue', Resource: ARN }]);
  expect(warningsOf(stack)).toEqual([]);
});

test('the options reach the handler as its contract reads them', () => {
  const stack = makeStack();
  make(stack, { strategy: RotationStrategy.alternatingUsers(Secret.fromSecretCompleteArn(stack, 'Administrator', ARN)), certificateAuthority: CA, passwordPolicy: { passwordLength: 64 } });
  expect(configOf(stack)).toMatchObject({ alternatingUsers: true, certificateAuthority: CA, passwordPolicy: { passwordLength: 64 } });
  const config = { target: 'rabbitmq', superuserSecretArn: 'arn', alternatingUsers: true, certificateAuthority: CA, passwordPolicy: {} } as const;
  expect(parseRabbitMqConfig(config)).toEqual(config);
  expect(() => parseRabbitMqConfig({ target: 'rabbitmq', passwordPolicy: {} })).toThrow(/superuserSecretArn/);
});

test('the default policy leaves punctuation, and a password can meet it', () => {
  expect(findPolicyProblem({ excludeCharacters: RABBITMQ_EXCLUDE_CHARACTERS })).toBeUndefined();
});

test.each([
  ['rabbitmq.example.com', 15_671], ['b-1234.mq.us-east-1.amazonaws.com', 443], ['b-1234.mq.us-east-1.on.aws', 443], ['B-1.MQ.cn-north-1.amazonaws.com.cn.', 443],
  ['mq.eu-west-1.amazonaws.com.example.com', 15_671],
])('the management port of %s is %d by default', (host, port) => { expect(defaultManagementPort(host)).toBe(port); });

test('the broker lets the function in for AMQP and for the management API', () => {
  const stack = makeStack();
  const vpc = new ec2.Vpc(stack, 'Vpc');
  make(stack, { broker: new ec2.SecurityGroup(stack, 'Broker', { vpc }) }, USER, vpc);
  const ports = resourcesOf(stack, 'AWS::EC2::SecurityGroupIngress').map(({ properties }) => properties.FromPort);
  expect(ports.sort()).toEqual([15_671, 443, 5_671].sort());
});

test('a password that RabbitMQ accepts no login with is refused, also as that of the secret', () => {
  expectInvalid(() => make(makeStack(), { passwordPolicy: { passwordLength: 3_000 } }), 'passwordPolicy.passwordLength', 'at most 3000 bytes');
  const stack = makeStack();
  const target = RotationTarget.rabbitMq({ strategy: RotationStrategy.singleUser(Secret.fromSecretCompleteArn(stack, 'Superuser', ARN)) });
  expectInvalid(() => new RotatingSecret(stack, 'User', { target, generateSecretString: { ...USER, passwordLength: 4_096 } }), 'passwordLength', 'Choose a shorter password');
});

describe('refuses at synthesis', () => {
  const secret = (stack: Stack) => Secret.fromSecretCompleteArn(stack, 'Given', ARN);
  test.each<[string, string, string, (stack: Stack) => RotationStrategy]>([
    ['a missing strategy', 'strategy', 'is missing', () => undefined as never],
    ['dual passwords', 'strategy', 'RabbitMQ accepts one password', (stack) => RotationStrategy.dualPasswords(secret(stack))],
    ['creation statements', 'creationStatements', 'SQL', (stack) => RotationStrategy.alternatingUsers(secret(stack), { creationStatements: [] })],
    ['the reset of lost passwords', 'resetLostPassword', 'Leave it out', (stack) => RotationStrategy.singleUser(secret(stack), { resetLostPassword: true })],
    ['a missing superuser secret', 'superuserSecret', 'tag administrator', () => RotationStrategy.singleUser()],
  ])('%s', (_, property, text, strategy) => {
    expectInvalid(() => RotationTarget.rabbitMq({ strategy: strategy(makeStack()) }), property, text);
  });

  test.each([
    ['no username', '{"host":"h"}', /no username/], ['a host with a port', '{"username":"app","host":"h:5671"}', /name of one server/],
    ['a wrong port', '{"username":"app","port":"x"}', /at the key port/], ['a wrong management port', '{"username":"app","managementPort":70000}', /at the key managementPort/],
  ])('%s in the secret', (_, secretStringTemplate, text) => {
    expect(() => make(makeStack(), {}, { secretStringTemplate })).toThrow(text);
  });

  test('a rotation of the superuser secret by its own function', () => {
    const stack = makeStack();
    const superuserSecret = new Secret(stack, 'Superuser');
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.rabbitMq({ strategy: RotationStrategy.singleUser(superuserSecret) }) });
    expectInvalid(() => rotationFunction.rotate(superuserSecret), 'secret', 'is the superuser secret of this function');
  });
});

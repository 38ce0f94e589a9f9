import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type LdapTargetOptions } from '../../../../src';
import { findPolicyProblem } from '../../../../src/contract';
import { looksLikeDn } from '../../../../src/targets/directory/contract';
import { LDAP_EXCLUDE_CHARACTERS, parseLdapConfig } from '../../../../src/targets/directory/ldap/contract';
import { configOf, ENV, expectInvalid, makeStack, resourcesOf, SECRET, statementsOf, warningsOf } from '../../../fixture';

const CA = readFileSync(join(__dirname, '../../../consumers/ca.pem'), 'utf8');
const USER = { secretStringTemplate: '{"username":"uid=app,ou=services,dc=example,dc=com","host":"ldap.example.com"}' };
const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:superuser-a1b2c3';

const superuserOf = (stack: Stack): ISecret => Secret.fromSecretCompleteArn(stack, 'Superuser', ARN);

function make(stack: Stack, options: LdapTargetOptions = {}, generateSecretString: object = USER, vpc?: ec2.IVpc): RotatingSecret {
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.ldap(options), vpc });
  return new RotatingSecret(stack, 'User', { rotationFunction, generateSecretString });
}

test('the secret has a generated password, and the user changes it itself by default', () => {
  const stack = makeStack();
  make(stack);
  const [user] = resourcesOf(stack, SECRET).filter(({ id }) => id.startsWith('User'));
  expect(user.properties.GenerateSecretString).toMatchObject({ GenerateStringKey: 'password', SecretStringTemplate: USER.secretStringTemplate, ExcludeCharacters: LDAP_EXCLUDE_CHARACTERS });
  expect(configOf(stack)).toEqual({ target: 'ldap', passwordPolicy: { excludeCharacters: LDAP_EXCLUDE_CHARACTERS } });
  expect(statementsOf(stack).filter(({ Sid }) => Sid === 'ReadSuperuserSecret')).toEqual([]);
  expect(warningsOf(stack)).toEqual([]);
  expect(findPolicyProblem({ excludeCharacters: LDAP_EXCLUDE_CHARACTERS })).toBeUndefined();
});

test.each([
  ['singleUser', RotationStrategy.singleUser, { target: 'ldap', superuserSecretArn: ARN }],
  ['dualPasswords', RotationStrategy.dualPasswords, { target: 'ldap', superuserSecretArn: ARN, dualPasswords: true }],
] as const)('%s with a superuser secret, which the function may read', (_, strategy, config) => {
  const stack = makeStack();
  make(stack, { strategy: strategy.call(RotationStrategy, superuserOf(stack)), certificateAuthority: CA, passwordPolicy: { passwordLength: 64 } });
  expect(configOf(stack)).toMatchObject({ ...config, certificateAuthority: CA, passwordPolicy: { passwordLength: 64 } });
  expect(parseLdapConfig(configOf(stack))).toEqual({ dualPasswords: undefined, ...configOf(stack) });
  expect(statementsOf(stack).filter(({ Sid }) => Sid === 'ReadSuperuserSecret').map(({ Resource: resource }) => resource)).toEqual([ARN]);
});

test('the handler refuses a configuration of another target, and two passwords without a superuser secret', () => {
  expect(() => parseLdapConfig({ target: 'redis', passwordPolicy: {} })).toThrow(/has the target "redis"/);
  expect(() => parseLdapConfig({ target: 'ldap', dualPasswords: true, passwordPolicy: {} })).toThrow(/superuserSecretArn/);
});

test('the security group of the server lets the function in, on 636', () => {
  const stack = makeStack({ env: ENV });
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 });
  make(stack, { directory: new ec2.SecurityGroup(stack, 'Server', { vpc }) }, USER, vpc);
  expect(resourcesOf(stack, 'AWS::EC2::SecurityGroupIngress').map(({ properties }) => [properties.FromPort, properties.ToPort, properties.IpProtocol])).toEqual([[636, 636, 'tcp']]);
});

test.each<[string, (superuser: ISecret) => RotationStrategy, string, string]>([
  ['alternating users', (superuser) => RotationStrategy.alternatingUsers(superuser), 'strategy', 'is alternatingUsers'],
  ['two passwords without a superuser', () => RotationStrategy.dualPasswords(), 'superuserSecret', 'is missing, and dualPasswords needs it with RotationTarget.ldap'],
  ['creation statements', (superuser) => RotationStrategy.singleUser(superuser, { creationStatements: [] }), 'creationStatements', 'creates no entry'],
  ['the reset of a lost password', (superuser) => RotationStrategy.singleUser(superuser, { resetLostPassword: true }), 'resetLostPassword', 'only after a login with a version of the secret'],
])('case 38: refuses %s', (_, strategy, property, text) => {
  const stack = makeStack();
  expectInvalid(() => RotationTarget.ldap({ strategy: strategy(superuserOf(stack)) }), property, text);
});

test('refuses the superuser secret as the secret of the user, and a certificate authority that is none', () => {
  const stack = makeStack();
  const superuserSecret = new Secret(stack, 'Superuser');
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.ldap({ strategy: RotationStrategy.singleUser(superuserSecret) }) });
  expectInvalid(() => rotationFunction.rotate(superuserSecret), 'secret', 'Stack/Superuser', 'is the superuser secret of this function');
  expectInvalid(() => make(makeStack(), { certificateAuthority: 'ca.pem' }), 'certificateAuthority', 'has no certificate in PEM');
});

test.each<[string, object, string]>([
  ['no user', { host: 'ldap.example.com' }, 'has no username'],
  ['a user that is no distinguished name', { username: 'app' }, 'has a username that is not a distinguished name'],
  ['the name of a SASL mechanism as its user', { username: 'EXTERNAL' }, 'has a username that is not a distinguished name'],
  ['a URL as its host', { username: 'uid=app', host: 'ldaps://ldap.example.com' }, 'has a host that is not the name of one server'],
  ['a port that is none', { username: 'uid=app', port: 70_000 }, 'has the port 70000'],
])('refuses a value with %s', (_, value, text) => {
  expectInvalid(() => make(makeStack(), {}, { secretStringTemplate: JSON.stringify(value) }), 'generateSecretString.secretStringTemplate', text);
});

test.each([['uid=app', true], ['CN=a b\\, c,DC=example', true], ['2.5.4.3=app', true], ['uid = app', true], ['', false], ['=a', false], ['uid=', false], ['uid=a\nb', false], ['app@example.com', false]])('%j: %j', (text, is) => {
  expect(looksLikeDn(text)).toBe(is);
});

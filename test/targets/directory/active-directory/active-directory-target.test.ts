import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Deadline } from '../../../../lambda-src/rotation/deadline';
import { activeDirectoryTarget } from '../../../../lambda-src/targets/directory/active-directory/target';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type ActiveDirectoryTargetOptions } from '../../../../src';
import { DEFAULT_PASSWORD_LENGTH, findPolicyProblem, includedTypes } from '../../../../src/contract';
import {
  AD_EXCLUDE_CHARACTERS, hasNoneOf, parseActiveDirectoryConfig, parseAdUser, partsOfName,
} from '../../../../src/targets/directory/active-directory/contract';
import { configOf, ENV, expectInvalid, makeStack, resourcesOf, SECRET, statementsOf, warningsOf } from '../../../fixture';

const CA = readFileSync(join(__dirname, '../../../consumers/ca.pem'), 'utf8');
const USER = { secretStringTemplate: '{"username":"app@ad.example.com","host":"dc1.ad.example.com"}' };
const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:superuser-a1b2c3';

const superuserOf = (stack: Stack): ISecret => Secret.fromSecretCompleteArn(stack, 'Superuser', ARN);

function make(stack: Stack, options: ActiveDirectoryTargetOptions = {}, generateSecretString: object = USER, vpc?: ec2.IVpc): RotatingSecret {
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.activeDirectory(options), vpc });
  return new RotatingSecret(stack, 'User', { rotationFunction, generateSecretString });
}

test('the secret has a generated password, and the user changes it itself by default', () => {
  const stack = makeStack();
  make(stack);
  const [user] = resourcesOf(stack, SECRET).filter(({ id }) => id.startsWith('User'));
  expect(user.properties.GenerateSecretString).toMatchObject({ GenerateStringKey: 'password', SecretStringTemplate: USER.secretStringTemplate, ExcludeCharacters: AD_EXCLUDE_CHARACTERS });
  expect(configOf(stack)).toEqual({ target: 'active-directory', passwordPolicy: { excludeCharacters: AD_EXCLUDE_CHARACTERS } });
  expect(statementsOf(stack).filter(({ Sid }) => Sid === 'ReadSuperuserSecret')).toEqual([]);
  expect(warningsOf(stack)).toEqual([]);
  expect(findPolicyProblem({ excludeCharacters: AD_EXCLUDE_CHARACTERS })).toBeUndefined();
});

test('a superuser secret, which the function may read', () => {
  const stack = makeStack();
  make(stack, { strategy: RotationStrategy.singleUser(superuserOf(stack)), certificateAuthority: CA, passwordPolicy: { passwordLength: 64 } });
  expect(configOf(stack)).toMatchObject({ target: 'active-directory', superuserSecretArn: ARN, certificateAuthority: CA, passwordPolicy: { passwordLength: 64 } });
  expect(parseActiveDirectoryConfig(configOf(stack))).toEqual(configOf(stack));
  expect(statementsOf(stack).filter(({ Sid }) => Sid === 'ReadSuperuserSecret').map(({ Resource: resource }) => resource)).toEqual([ARN]);
  expect(() => parseActiveDirectoryConfig({ target: 'ldap', passwordPolicy: {} })).toThrow(/has the target "ldap"/);
});

test('the security group of the domain controllers lets the function in, on 636', () => {
  const stack = makeStack({ env: ENV });
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 });
  make(stack, { directory: new ec2.SecurityGroup(stack, 'Controllers', { vpc }) }, USER, vpc);
  expect(resourcesOf(stack, 'AWS::EC2::SecurityGroupIngress').map(({ properties }) => [properties.FromPort, properties.ToPort, properties.IpProtocol])).toEqual([[636, 636, 'tcp']]);
});

test.each<[string, (superuser: ISecret) => RotationStrategy, string, string]>([
  ['alternating users', (superuser) => RotationStrategy.alternatingUsers(superuser), 'strategy', 'is alternatingUsers'],
  ['two passwords', (superuser) => RotationStrategy.dualPasswords(superuser), 'strategy', 'is dualPasswords, and a user of Active Directory has one password'],
  ['creation statements', (superuser) => RotationStrategy.singleUser(superuser, { creationStatements: [] }), 'creationStatements', 'RotationTarget.activeDirectory creates no entry'],
  ['the reset of a lost password', (superuser) => RotationStrategy.singleUser(superuser, { resetLostPassword: true }), 'resetLostPassword', 'only after a login with a version of the secret'],
])('case 38: refuses %s', (_, strategy, property, text) => {
  const stack = makeStack();
  expectInvalid(() => RotationTarget.activeDirectory({ strategy: strategy(superuserOf(stack)) }), property, text);
});

test('refuses the superuser secret as the secret of the user, and a certificate authority that is none', () => {
  const stack = makeStack();
  const superuserSecret = new Secret(stack, 'Superuser');
  const target = RotationTarget.activeDirectory({ strategy: RotationStrategy.singleUser(superuserSecret) });
  const rotationFunction = new RotationFunction(stack, 'Rotation', { target });
  expectInvalid(() => rotationFunction.rotate(superuserSecret), 'secret', 'Stack/Superuser', 'is the superuser secret of this function');
  expectInvalid(() => make(makeStack(), { certificateAuthority: 'ca.pem' }), 'certificateAuthority', 'has no certificate in PEM');
});

test.each<[string, object, string, string]>([
  ['a short length', { passwordLength: 6 }, 'passwordLength', 'is 6, and the password of a user of Active Directory has 7 to 127 characters'],
  ['a long length', { passwordLength: 128 }, 'passwordLength', 'is 128'],
  ['less than each type', { requireEachIncludedType: false }, 'requireEachIncludedType', 'is false, and Active Directory refuses a password with less than 3 types'],
  ['two types', { excludePunctuation: true, excludeNumbers: true }, 'passwordPolicy', 'leaves 2 types of characters'],
  ['one type', { excludePunctuation: true, excludeNumbers: true, excludeUppercase: true }, 'passwordPolicy', 'leaves one type of characters'],
])('case 21: refuses a policy with %s, of the target and of the secret', (_, policy, property, text) => {
  expectInvalid(() => RotationTarget.activeDirectory({ passwordPolicy: policy }), property === 'passwordPolicy' ? property : `passwordPolicy.${property}`, text);
  const generateSecretString = { ...USER, ...policy };
  expectInvalid(() => new RotatingSecret(makeStack(), 'User', { target: RotationTarget.activeDirectory(), generateSecretString }), property, text);
});

test.each([{ passwordLength: 7 }, { passwordLength: 127 }, { excludePunctuation: true }, { excludeCharacters: '' }])('case 21: accepts the policy %j', (passwordPolicy) => {
  make(makeStack(), { passwordPolicy });
});

test.each<[string, object, string]>([
  ['no user', { host: 'dc1.ad.example.com' }, 'has no username'],
  ['a name without a domain', { username: 'app' }, 'has a username that is not a user principal name'],
  ['a URL as its host', { username: 'app@ad.example.com', host: 'ldaps://dc1.ad.example.com' }, 'has a host that is not the name of one server'],
  ['a port that is none', { username: 'app@ad.example.com', port: 70_000 }, 'has the port 70000'],
])('refuses a value with %s', (_, value, text) => {
  expectInvalid(() => make(makeStack(), {}, { secretStringTemplate: JSON.stringify(value) }), 'generateSecretString.secretStringTemplate', text);
});

test.each([
  ['app@ad.example.com', { kind: 'upn', name: 'app', suffix: 'ad.example.com' }, ['app', 'app']],
  ['svc-bill.ing@ad', { kind: 'upn', name: 'svc-bill.ing', suffix: 'ad' }, ['svc-bill.ing', 'svc', 'bill', 'ing']],
  ['AD\\My App', { kind: 'account', name: 'My App' }, ['my app', 'app']],
  ['CN=Smith\\, Jo,OU=a,DC=b', { kind: 'dn', dn: 'CN=Smith\\, Jo,OU=a,DC=b' }, ['smith, jo', 'smith']],
  ['CN=ab,DC=b', { kind: 'dn', dn: 'CN=ab,DC=b' }, []],
])('case 20: %j names a user, and its password has none of the parts of the name', (username, user, parts) => {
  expect(parseAdUser(username)).toEqual(user);
  expect(partsOfName(parseAdUser(username)!)).toEqual(parts);
  for (const part of parts) { expect(hasNoneOf(parts, `x${part.toUpperCase()}1`)).toBe(false); }
  expect(hasNoneOf(parts, 'xkcd-1')).toBe(true);
});

test.each(['app', '', '@ad', 'app@', 'a@b@c', 'AD\\', '\\app', 'AD\\a\\b', 'a\nb@c', 'a b@c d'])('case 20: %j names no user', (username) => {
  expect(parseAdUser(username)).toBeUndefined();
});

test('a name of three letters without vowels is in at most one of 1,600 passwords', () => {
  const types = includedTypes({ excludeCharacters: AD_EXCLUDE_CHARACTERS });
  expect(types.slice(0, 2)).toEqual(['bcdfghjklmnpqrstvwxz', 'BCDFGHJKLMNPQRSTVWXZ']);
  // A letter of the name is there in lowercase and in uppercase.
  expect((DEFAULT_PASSWORD_LENGTH - 2) * (2 / types.join('').length) ** 3).toBeLessThan(1 / 1_600);
});

test('a generated password is not the current one, and has no part of the name of the user', async () => {
  const target = activeDirectoryTarget({ target: 'active-directory', passwordPolicy: {} });
  const current = JSON.stringify({ host: 'dc1', username: 'svc-app@ad.example.com', password: 'old' });
  const offered = ['old', '12SVC34', '12aPp34', 'xkcd'];
  const value = await target.createValue({
    current,
    generatePassword: async (isUsable) => offered.find((password) => isUsable(password))!,
    values: undefined as never,
    deadline: new Deadline(() => 1_000),
  });
  expect(JSON.parse(value!)).toEqual({ ...JSON.parse(current), password: 'xkcd' });
});

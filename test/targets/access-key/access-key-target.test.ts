import { Duration, Fn, SecretValue, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationTarget, type IamAccessKeyTargetOptions, type RotatingSecretProps } from '../../../src';
import {
  configOf, ENV, errorOf, expectInvalid, FUNCTION, makeApp, makeStack, onlyResource, SCHEDULE, SECRET, statementsOf, warningsOf,
} from '../../fixture';

type MakeTarget = (options: Pick<IamAccessKeyTargetOptions, 'user' | 'exclusiveUser'>) => RotationTarget;

const TARGETS: [string, string, MakeTarget][] = [
  ['iamAccessKey', 'iam-access-key', (options) => RotationTarget.iamAccessKey(options)],
  ['sesSmtp', 'ses-smtp', (options) => RotationTarget.sesSmtp(options)],
];
const ARN = 'arn:aws-us-gov:iam::111111111111:user/apps/mail/app';

function secretIn(stack: Stack, target: RotationTarget, props: RotatingSecretProps = {}): RotatingSecret {
  return new RotatingSecret(stack, 'Secret', { target, ...props });
}

const synth = (stack: Stack) => Template.fromStack(stack).toJSON();

describe.each(TARGETS)('%s', (factory, name, make) => {
  test('case 85: the secret is empty until the first rotation, which is at deployment', () => {
    const stack = makeStack();
    secretIn(stack, make({ user: new iam.User(stack, 'User') }));
    expect(onlyResource(stack, SECRET).properties).toEqual({ SecretString: '{}' });
    expect(onlyResource(stack, SCHEDULE).properties.RotateImmediatelyOnUpdate).toBe(true);
  });

  test('rotates later, and keeps other keys, on request', () => {
    const stack = makeStack();
    secretIn(stack, make({ user: new iam.User(stack, 'User') }), {
      rotateImmediately: false, secretObjectValue: { host: SecretValue.unsafePlainText('email-smtp.eu-west-1.amazonaws.com') },
    });
    expect(onlyResource(stack, SECRET).properties.SecretString).toBe('{"host":"email-smtp.eu-west-1.amazonaws.com"}');
    expect(onlyResource(stack, SCHEDULE).properties.RotateImmediatelyOnUpdate).toBe(false);
  });

  test('lets the function change the access keys of this user, and of no other', () => {
    const stack = makeStack();
    const user = new iam.User(stack, 'User', { path: '/apps/' });
    secretIn(stack, make({ user }));
    const arn = { 'Fn::GetAtt': [stack.getLogicalId(user.node.defaultChild as iam.CfnUser), 'Arn'] };
    const statements = statementsOf(stack).filter(({ Action }) => JSON.stringify(Action).includes('iam:'));
    expect(statements).toEqual([{
      Sid: 'RotateAccessKeys', Effect: 'Allow', Action: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'], Resource: arn,
    }]);
  });

  test('lets the function check whether a key was used if it may delete unknown ones', () => {
    const stack = makeStack();
    secretIn(stack, make({ user: new iam.User(stack, 'User'), exclusiveUser: true }));
    expect(statementsOf(stack).find(({ Sid }) => Sid === 'RotateAccessKeys')).toMatchObject({
      Action: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed'],
    });
  });

  test('gives the function the user, and time for a new key to be accepted', () => {
    const stack = makeStack();
    secretIn(stack, make({ user: iam.User.fromUserArn(stack, 'User', ARN), exclusiveUser: true }));
    expect(configOf(stack)).toMatchObject({ target: name, userArn: ARN, isUserExclusive: true, passwordPolicy: {} });
    expect(onlyResource(stack, FUNCTION).properties.Timeout).toBe(120);
  });

  test('accepts another time-out', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { target: make({ user: new iam.User(stack, 'User') }), timeout: Duration.seconds(45) });
    expect(onlyResource(stack, FUNCTION).properties.Timeout).toBe(45);
  });

  test('accepts a user of another stack', () => {
    const app = makeApp();
    const [theirs, ours] = ['Theirs', 'Ours'].map((id) => new Stack(app, id, { env: ENV }));
    secretIn(ours, make({ user: new iam.User(theirs, 'User') }));
    synth(ours);
    expect(ours.dependencies).toContain(theirs);
  });

  test.each<[string, RotatingSecretProps]>([
    ['generateSecretString', { generateSecretString: { passwordLength: 40 } }],
    ['firstPasswordPolicy', { firstPasswordPolicy: { passwordLength: 40 } }],
    ['regenerationGuard', { regenerationGuard: '1' }],
  ])('refuses %s, because nothing is generated', (property, props) => {
    const stack = makeStack();
    expectInvalid(() => secretIn(stack, make({ user: new iam.User(stack, 'User') }), props), property, `RotationTarget.${factory}`, 'secretObjectValue', 'Stack/Secret');
  });

  test('refuses a user of another account', () => {
    const stack = makeStack({ env: ENV });
    const user = iam.User.fromUserArn(stack, 'User', 'arn:aws:iam::999999999999:user/app');
    expectInvalid(() => secretIn(stack, make({ user })), 'user', 'Stack/User', '999999999999', ENV.account, 'into the account of the user');
  });

  test.each(['arn:aws:iam::111111111111:role/app', 'app', 'arn:aws:iam::111111111111:user/'])('refuses an ARN that is not that of a user: %s', (arn) => {
    const stack = makeStack();
    const user = { ...iam.User.fromUserName(stack, 'User', 'app'), userArn: arn, node: stack.node, env: stack } as unknown as iam.IUser;
    expectInvalid(() => secretIn(stack, make({ user })), 'user', arn, 'User.fromUserArn');
  });

  test('accepts an ARN that is known only at deployment', () => {
    const stack = makeStack();
    secretIn(stack, make({ user: iam.User.fromUserArn(stack, 'User', Fn.importValue('UserArn')) }));
    expect(JSON.stringify(onlyResource(stack, FUNCTION).properties.Environment)).toContain('{"Fn::ImportValue":"UserArn"}');
  });

  test('one user, one secret: refuses a second secret of the function', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: make({ user: new iam.User(stack, 'User') }) });
    new RotatingSecret(stack, 'One', { rotationFunction });
    expectInvalid(() => new RotatingSecret(stack, 'Two', { rotationFunction }), 'secret', 'Stack/Two', 'Stack/One', 'Stack/Rotation', 'at most 2', 'Give each secret a user');
  });

  test('one user, one secret: refuses a second function for the user in any stack of the app, but not in another app', () => {
    const app = makeApp();
    const [one, two] = ['One', 'Two'].map((id) => new Stack(app, id, { env: ENV }));
    secretIn(one, make({ user: iam.User.fromUserArn(one, 'User', ARN) }));
    expectInvalid(() => secretIn(two, make({ user: iam.User.fromUserArn(two, 'User', ARN) })), 'user', 'Two/User', 'One/Secret/RotationFunction', 'a user of its own');
    const other = makeStack();
    secretIn(other, make({ user: iam.User.fromUserArn(other, 'User', ARN) }));
  });

  test('refuses a secret of another construct that is generated as one string', () => {
    const stack = makeStack();
    const rotation = new RotationFunction(stack, 'Rotation', { target: make({ user: new iam.User(stack, 'User') }) });
    expectInvalid(() => rotation.rotate(new secretsmanager.Secret(stack, 'Plain')), 'secret', 'Stack/Plain', `RotationTarget.${factory}`, '{}');
    rotation.rotate(new secretsmanager.Secret(stack, 'Json', { secretStringValue: SecretValue.unsafePlainText('{}') }));
    expect(onlyResource(stack, SCHEDULE).properties.RotateImmediatelyOnUpdate).toBe(true);
  });

  test('warns of a secret of another stack than the function, because the policy of the function can not name it', () => {
    const app = makeApp();
    const [theirs, ours] = ['Theirs', 'Ours'].map((id) => new Stack(app, id, { env: ENV }));
    const rotationFunction = new RotationFunction(ours, 'Rotation', { target: make({ user: new iam.User(ours, 'User') }) });
    new RotatingSecret(theirs, 'Secret', { rotationFunction });
    expect(warningsOf(theirs)).toEqual([expect.stringMatching(/^secret: Theirs\/Secret is in another stack than the function Ours\/Rotation.*secretNamePrefix/)]);
    expect(warningsOf(ours)).toEqual([]);
  });

  describe('warns of a user that may do everything', () => {
    test.each<[string, (user: iam.User, stack: Stack) => void]>([
      ['the managed policy AdministratorAccess', (user) => { user.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')); }],
      ['the managed policy IAMFullAccess', (user) => { user.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('IAMFullAccess')); }],
      ['a policy that allows', (user) => { user.addToPolicy(new iam.PolicyStatement({ actions: ['*'], resources: ['*'] })); }],
      ['a policy that allows', (user, stack) => { new iam.Policy(stack, 'P', { users: [user], statements: [new iam.PolicyStatement({ actions: ['s3:*', 'iam:*'], resources: ['*'] })] }); }],
      ['a policy that allows', (user) => {
        (user.node.defaultChild as iam.CfnUser).policies = [{ policyName: 'p', policyDocument: { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } } }];
      }],
    ])('%s: %#', (what, grant) => {
      const stack = makeStack();
      const user = new iam.User(stack, 'User');
      secretIn(stack, make({ user }));
      grant(user, stack);
      expect(warningsOf(stack)).toEqual([expect.stringMatching(new RegExp(`^user: Stack/User has ${what}.*each reader of the secret`))]);
    });

    test.each<[string, (user: iam.User, stack: Stack) => void]>([
      ['one service', (user) => { user.addToPolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] })); }],
      ['all of one thing', (user) => { user.addToPolicy(new iam.PolicyStatement({ actions: ['*'], resources: ['arn:aws:s3:::bucket'] })); }],
      ['nothing', (user) => { user.addToPolicy(new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ['*'], resources: ['*'] })); }],
      ['another user', (_, stack) => { new iam.User(stack, 'Other').addToPolicy(new iam.PolicyStatement({ actions: ['*'], resources: ['*'] })); }],
    ])('but not of one that may do %s', (_, grant) => {
      const stack = makeStack();
      const user = new iam.User(stack, 'User');
      secretIn(stack, make({ user }));
      grant(user, stack);
      expect(warningsOf(stack)).toEqual([]);
    });
  });
});

test('accepts other names for the keys of the secret', () => {
  const stack = makeStack();
  secretIn(stack, RotationTarget.iamAccessKey({ user: new iam.User(stack, 'User'), accessKeyIdKey: 'AWS_ACCESS_KEY_ID', secretAccessKeyKey: 'AWS_SECRET_ACCESS_KEY' }));
  expect(JSON.stringify(onlyResource(stack, FUNCTION).properties.Environment)).toMatch(/accessKeyIdKey.*AWS_ACCESS_KEY_ID.*secretAccessKeyKey.*AWS_SECRET_ACCESS_KEY/);
});

test('refuses keys of the secret that are empty or equal', () => {
  const user = new iam.User(makeStack(), 'User');
  expectInvalid(() => RotationTarget.iamAccessKey({ user, accessKeyIdKey: '' }), 'accessKeyIdKey', 'is empty');
  expectInvalid(() => RotationTarget.iamAccessKey({ user, accessKeyIdKey: 'key', secretAccessKeyKey: 'key' }), 'secretAccessKeyKey', 'is key', 'another key');
});

test('accepts another region of SES', () => {
  const stack = makeStack();
  secretIn(stack, RotationTarget.sesSmtp({ user: iam.User.fromUserArn(stack, 'User', ARN), region: 'us-east-1' }));
  expect(configOf(stack)).toEqual({ target: 'ses-smtp', userArn: ARN, region: 'us-east-1', passwordPolicy: {} });
  expect(errorOf(() => RotationTarget.sesSmtp({ user: new iam.User(stack, 'Other'), region: '' })).message).toContain('region: is empty');
});

test('targets with generated values are deployed as before', () => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret');
  expect(onlyResource(stack, SECRET).properties).toEqual({ GenerateSecretString: {} });
  expect(onlyResource(stack, SCHEDULE).properties.RotateImmediatelyOnUpdate).toBe(false);
  expect(onlyResource(stack, FUNCTION).properties.Timeout).toBe(30);
});

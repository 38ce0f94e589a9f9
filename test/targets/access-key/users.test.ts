import { App, Aspects, Stack, Tag, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationTarget, type IamAccessKeyTargetOptions } from '../../../src';
import { configOf, ENV, expectInvalid, makeStack, statementsOf } from '../../fixture';

type Options = Pick<IamAccessKeyTargetOptions, 'user' | 'users' | 'exclusiveUser'>;

const TARGETS: [string, (options: Options) => RotationTarget][] = [
  ['iamAccessKey', (options) => RotationTarget.iamAccessKey(options)],
  ['sesSmtp', (options) => RotationTarget.sesSmtp(options)],
];
const TAG = 'cdk-rotating-secret:user';

describe.each(TARGETS)('%s, for several users', (_, make) => {
  function fleet(stack: Stack, count = 2) {
    const users = Array.from({ length: count }, (__, n) => new iam.User(stack, `User${n}`));
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: make({ users }) });
    const secrets = users.map((___, n) => new RotatingSecret(stack, `Secret${n}`, { rotationFunction }));
    const tag = (n: number, user: iam.IUser = users[n]) => { Tags.of(secrets[n]).add(TAG, user.userArn); };
    return { users, secrets, tag, rotationFunction };
  }

  const problemsOf = (stack: Stack): string => {
    try {
      (stack.node.root as App).synth();
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('the function may change the access keys of these users, and each secret says whose it has', () => {
    const stack = makeStack();
    const { users, tag } = fleet(stack);
    tag(0);
    tag(1);
    expect(problemsOf(stack)).toBe('');
    const arns = users.map((user) => ({ 'Fn::GetAtt': [stack.getLogicalId(user.node.defaultChild as iam.CfnUser), 'Arn'] }));
    expect(statementsOf(stack).find(({ Sid }) => Sid === 'RotateAccessKeys')).toMatchObject({ Resource: arns });
    expect(configOf(stack)).not.toHaveProperty('userArn');
  });

  test('the tag may come from an aspect, and a secret may be of another stack', () => {
    const app = new App();
    const [one, two] = ['One', 'Two'].map((id) => new Stack(app, id, { env: ENV }));
    const user = new iam.User(one, 'User');
    const rotation = new RotationFunction(one, 'Rotation', { target: make({ users: [user] }) });
    const secret = new RotatingSecret(two, 'Secret', { rotationFunction: rotation });
    Aspects.of(secret).add(new Tag(TAG, user.userArn));
    expect(problemsOf(one)).toBe('');
  });

  test('a secret without the tag is refused', () => {
    const stack = makeStack();
    fleet(stack).tag(0);
    expect(problemsOf(stack)).toMatch(/secret: Stack\/Secret1 has no tag cdk-rotating-secret:user, and the function Stack\/Rotation rotates the access keys of several users\. Tag each secret with Tags\.of/);
  });

  test('a tag that names a user of nobody is refused', () => {
    const stack = makeStack();
    const { tag } = fleet(stack);
    tag(0);
    tag(1, new iam.User(stack, 'Stranger'));
    expect(problemsOf(stack)).toMatch(/secret: the tag cdk-rotating-secret:user of Stack\/Secret1 is none of the users of the function Stack\/Rotation\./);
  });

  test('two secrets with one user are refused', () => {
    const stack = makeStack();
    const { tag, users } = fleet(stack);
    tag(0);
    tag(1, users[0]);
    expect(problemsOf(stack)).toMatch(/secret: Stack\/Secret1 and Stack\/Secret0 have the same user in the tag cdk-rotating-secret:user, Stack\/User0\./);
  });

  test('an imported secret is taken, as nobody knows its tags here', () => {
    const stack = makeStack();
    const rotation = new RotationFunction(stack, 'Rotation', { target: make({ users: [new iam.User(stack, 'User')] }) });
    rotation.rotate(secretsmanager.Secret.fromSecretNameV2(stack, 'Imported', 'app/key'));
    expect(problemsOf(stack)).toBe('');
  });

  test('user and users together, neither, and too many are refused', () => {
    const stack = makeStack();
    const user = new iam.User(stack, 'User');
    expectInvalid(() => make({ user, users: [user] }), 'user', 'together with users');
    expectInvalid(() => make({}), 'user', 'neither is users');
    expectInvalid(() => make({ users: [] }), 'user', 'neither is users');
    expectInvalid(() => make({ users: Array.from({ length: 76 }, () => user) }), 'users', '76', '75', 'another RotationFunction');
  });
});

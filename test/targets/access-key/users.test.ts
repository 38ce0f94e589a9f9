import { App, Aspects, Stack, Stage, Tag, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationTarget, type IamAccessKeyTargetOptions } from '../../../src';
import { configOf, ENV, expectInvalid, makeApp, makeStack, statementsOf } from '../../fixture';

type Options = Pick<IamAccessKeyTargetOptions, 'user' | 'users' | 'exclusiveUser'>;

const TARGETS: [string, (options: Options) => RotationTarget][] = [
  ['iamAccessKey', (options) => RotationTarget.iamAccessKey(options)],
  ['sesSmtp', (options) => RotationTarget.sesSmtp(options)],
];
const secretNamePrefix = 'app/';
const TAG = 'cdk-rotating-secret:user';

describe.each(TARGETS)('%s, for several users', (_, make) => {
  function fleet(stack: Stack, count = 2) {
    const users = Array.from({ length: count }, (__, n) => new iam.User(stack, `User${n}`));
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: make({ users }), secretNamePrefix });
    const secrets = users.map((___, n) => new RotatingSecret(stack, `Secret${n}`, { rotationFunction, secretName: `app/${n}` }));
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

  test('lets the function change the access keys of these users, and reads the user from the tag of each secret', () => {
    const stack = makeStack();
    const { users, tag } = fleet(stack);
    tag(0);
    tag(1);
    expect(problemsOf(stack)).toBe('');
    const arns = users.map((user) => ({ 'Fn::GetAtt': [stack.getLogicalId(user.node.defaultChild as iam.CfnUser), 'Arn'] }));
    expect(statementsOf(stack).find(({ Sid }) => Sid === 'RotateAccessKeys')).toMatchObject({ Resource: arns });
    expect(configOf(stack)).not.toHaveProperty('userArn');
  });

  test('accepts a tag from an aspect, and a secret of another stack', () => {
    const app = makeApp();
    const [one, two] = ['One', 'Two'].map((id) => new Stack(app, id, { env: ENV }));
    const user = new iam.User(one, 'User');
    const rotation = new RotationFunction(one, 'Rotation', { target: make({ users: [user] }), secretNamePrefix });
    const secret = new RotatingSecret(two, 'Secret', { rotationFunction: rotation, secretName: 'app/secret' });
    Aspects.of(secret).add(new Tag(TAG, user.userArn));
    expect(problemsOf(one)).toBe('');
  });

  test('refuses a secret without the tag', () => {
    const stack = makeStack();
    fleet(stack).tag(0);
    expect(problemsOf(stack)).toMatch(/secret: Stack\/Secret1 has no tag cdk-rotating-secret:user, and the function Stack\/Rotation rotates the access keys of several users\. Tag each secret with Tags\.of/);
  });

  test('refuses a tag with an unknown user', () => {
    const stack = makeStack();
    const { tag } = fleet(stack);
    tag(0);
    tag(1, new iam.User(stack, 'Stranger'));
    expect(problemsOf(stack)).toMatch(/secret: the tag cdk-rotating-secret:user of Stack\/Secret1 is none of the users of the function Stack\/Rotation\./);
  });

  test('refuses two secrets with one user', () => {
    const stack = makeStack();
    const { tag, users } = fleet(stack);
    tag(0);
    tag(1, users[0]);
    expect(problemsOf(stack)).toMatch(/secret: Stack\/Secret1 and Stack\/Secret0 have the same user in the tag cdk-rotating-secret:user, Stack\/User0\./);
  });

  test('accepts an imported secret, because its tags aren\'t known', () => {
    const stack = makeStack();
    const rotation = new RotationFunction(stack, 'Rotation', { target: make({ users: [new iam.User(stack, 'User')] }), secretNamePrefix });
    rotation.rotate(secretsmanager.Secret.fromSecretNameV2(stack, 'Imported', 'app/key'));
    expect(problemsOf(stack)).toBe('');
  });

  test('refuses a function without a prefix of names, because any secret of the account could get a key', () => {
    const stack = makeStack();
    const users = [new iam.User(stack, 'User')];
    expectInvalid(() => new RotationFunction(stack, 'Rotation', { target: make({ users }) }), 'users', 'no secretNamePrefix', 'Give the RotationFunction a secretNamePrefix, so that');
  });

  test('the role may not change secrets of other names, however many it has', () => {
    const stack = makeStack();
    const { tag, users } = fleet(stack, 6);
    users.forEach((_user, n) => { tag(n); });
    expect(problemsOf(stack)).toBe('');
    const { Resource } = statementsOf(stack).find(({ Action }) => JSON.stringify(Action).includes('secretsmanager:PutSecretValue'))!;
    expect(JSON.stringify(Resource)).toContain(':secret:app/*');
  });

  test('refuses exclusiveUser, and does not check whether a key was used', () => {
    const stack = makeStack();
    const { users, tag } = fleet(stack);
    users.forEach((_user, n) => { tag(n); });
    expectInvalid(() => make({ users, exclusiveUser: true }), 'exclusiveUser', 'together with users');
    expect(statementsOf(stack).find(({ Sid }) => Sid === 'RotateAccessKeys')).toMatchObject({ Action: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'] });
  });

  test('refuses ARNs that do not fit into a tag, or together into the policy', () => {
    const stack = makeStack();
    const withPath = (length: number, n = 0) => {
      const start = `arn:aws:iam::111111111111:user/${n}/`;
      return iam.User.fromUserArn(stack, `User${length}x${n}`, `${start}${'p'.repeat(length - start.length - 4)}/app`);
    };
    const rotate = (id: string, users: iam.IUser[]) => new RotationFunction(stack, id, { target: make({ users }), secretNamePrefix });
    expectInvalid(() => rotate('A', [withPath(257)]), 'users', 'Stack/User257x0', '257', '256', 'shorter path');
    rotate('B', [withPath(256)]);
    expectInvalid(() => rotate('C', Array.from({ length: 29 }, (__, n) => withPath(250, n))), 'users', '7250', '7000', 'another RotationFunction');
    rotate('D', Array.from({ length: 28 }, (__, n) => withPath(249, n)));
  });

  test('takes users with the same name for different ones in two stages, and for the same one in one', () => {
    const app = makeApp();
    const stacks = ['Test', 'Prod'].map((id) => new Stack(new Stage(app, id), 'Stack'));
    for (const stack of stacks) { new RotatingSecret(stack, 'Secret', { target: make({ user: iam.User.fromUserName(stack, 'User', 'app') }) }); }
    const [{ node: { scope } }] = stacks;
    const other = new Stack(scope, 'Other');
    expectInvalid(() => new RotatingSecret(other, 'Secret', { target: make({ user: iam.User.fromUserName(other, 'User', 'app') }) }), 'user', 'Test/Stack/Secret/RotationFunction');
  });

  test('refuses user and users together, neither, and too many', () => {
    const stack = makeStack();
    const user = new iam.User(stack, 'User');
    expectInvalid(() => make({ user, users: [user] }), 'user', 'together with users');
    expectInvalid(() => make({}), 'user', 'neither is users');
    expectInvalid(() => make({ users: [] }), 'user', 'neither is users');
    expectInvalid(() => make({ users: Array.from({ length: 76 }, () => user) }), 'users', '76', '75', 'another RotationFunction');
  });
});

import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { configOf, expectInvalid, makeStack } from './fixture';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget } from '../src';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:master-AbCdEf';

const TARGETS = [
  ['postgres', RotationTarget.postgres],
  ['mysql', RotationTarget.mysql],
  ['mariadb', RotationTarget.mariadb],
] as const;

describe.each(TARGETS)('a target %s', (target, make) => {
  test('has a single user by default', () => {
    for (const strategy of [undefined, RotationStrategy.singleUser()]) {
      const stack = makeStack();
      new RotationFunction(stack, 'Rotation', { target: make({ strategy }) });
      expect(configOf(stack)).toEqual({ target, passwordPolicy: expect.anything() });
    }
  });

  test('has alternating users with a superuser secret', () => {
    const stack = makeStack();
    const strategy = RotationStrategy.alternatingUsers(secretsmanager.Secret.fromSecretCompleteArn(stack, 'Superuser', ARN));
    new RotationFunction(stack, 'Rotation', { target: make({ strategy }) });
    expect(configOf(stack)).toEqual({ target, superuserSecretArn: ARN, passwordPolicy: expect.anything() });
  });
});

test.each([undefined, null])('case 38: alternating users without a superuser secret, which is %s, are refused', (missing) => {
  expectInvalid(() => RotationStrategy.alternatingUsers(missing as unknown as secretsmanager.ISecret),
    'superuserSecret', 'is missing', 'may create the other one');
});

describe('dual passwords', () => {
  const superuserOf = (stack: Stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Superuser', ARN);

  test.each([undefined, null])('of MySQL need no superuser secret, which is %s', (missing) => {
    const stack = makeStack();
    const strategy = RotationStrategy.dualPasswords(missing as unknown as undefined);
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.mysql({ strategy }) });
    expect(configOf(stack)).toEqual({ target: 'mysql', dualPasswords: true, passwordPolicy: expect.anything() });
  });

  test.each(['mysql', 'mariadb'] as const)('of %s may be added by a superuser, whose secret the function may read', (target) => {
    const stack = makeStack();
    const strategy = RotationStrategy.dualPasswords(superuserOf(stack));
    new RotationFunction(stack, 'Rotation', { target: RotationTarget[target]({ strategy }) });
    expect(configOf(stack)).toEqual({ target, dualPasswords: true, superuserSecretArn: ARN, passwordPolicy: expect.anything() });
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'ReadSuperuserSecret', Resource: ARN })]) },
    });
  });

  test('of MariaDB without a superuser secret are refused', () => {
    expectInvalid(() => RotationTarget.mariadb({ strategy: RotationStrategy.dualPasswords() }), 'superuserSecret', 'is missing', 'RotationTarget.mariadb', 'give the secret of a user');
  });

  test('of PostgreSQL are refused, with and without a superuser secret', () => {
    for (const strategy of [RotationStrategy.dualPasswords(), RotationStrategy.dualPasswords(superuserOf(makeStack()))]) {
      expectInvalid(() => RotationTarget.postgres({ strategy }), 'strategy', 'accepts one password for a user', 'RotationStrategy.alternatingUsers');
    }
  });

  test('keep the name of the user, so it may be as long as the server takes', () => {
    const stack = makeStack();
    const make = (length: number) => new RotatingSecret(stack, `Secret${length}`, {
      target: RotationTarget.mysql({ strategy: RotationStrategy.dualPasswords(superuserOf(new Stack(stack, `Nested${length}`))) }),
      generateSecretString: { secretStringTemplate: JSON.stringify({ username: 'a'.repeat(length) }) },
    });
    expect(() => make(32)).not.toThrow();
    expectInvalid(() => make(33), 'generateSecretString.secretStringTemplate', 'has a username of 33 characters');
  });
});

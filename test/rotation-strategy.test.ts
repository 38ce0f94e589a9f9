import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { configOf, expectInvalid, makeStack } from './fixture';
import { RotationFunction, RotationStrategy, RotationTarget } from '../src';

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

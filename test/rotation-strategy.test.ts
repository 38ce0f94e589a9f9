import { Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { configOf, expectInvalid, makeStack } from './fixture';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type SingleUserOptions, type SuperuserOptions } from '../src';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:master-AbCdEf';

const TARGETS = [
  ['postgres', RotationTarget.postgres],
  ['mysql', RotationTarget.mysql],
  ['mariadb', RotationTarget.mariadb],
  ['redshift', RotationTarget.redshift],
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

describe('options of a superuser', () => {
  const superuserOf = (stack: Stack) => secretsmanager.Secret.fromSecretCompleteArn(stack, 'Superuser', ARN);
  const creationStatements = ['GRANT app TO {user}', 'COMMENT ON ROLE {user} IS \'it\'\'s "ours"\''];

  test('a single user whose password the superuser sets', () => {
    const stack = makeStack();
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres({ strategy: RotationStrategy.singleUser(superuserOf(stack), { creationStatements, resetLostPassword: true }) }) });
    expect(configOf(stack)).toEqual({
      target: 'postgres', superuserSecretArn: ARN, singleUser: true, creationStatements, resetLostPassword: true, passwordPolicy: expect.anything(),
    });
  });

  test('each strategy takes statements, and only with them does deployment start the first rotation', () => {
    const strategies = (stack: Stack, options: SuperuserOptions) => [
      RotationStrategy.singleUser(superuserOf(stack), options), RotationStrategy.alternatingUsers(superuserOf(new Stack(stack, 'A')), options),
      RotationStrategy.dualPasswords(superuserOf(new Stack(stack, 'D')), options),
    ];
    for (const options of [{}, { creationStatements: [] }, { creationStatements }]) {
      for (const i of [0, 1, 2]) {
        const stack = makeStack();
        const secret = new RotatingSecret(stack, 'Secret', {
          target: RotationTarget.mysql({ strategy: strategies(stack, options)[i] }), generateSecretString: { secretStringTemplate: '{"username":"app","host":"db"}' },
        });
        const isAsked = 'creationStatements' in options;
        Template.fromStack(stack).hasResourceProperties('AWS::SecretsManager::RotationSchedule', { RotateImmediatelyOnUpdate: isAsked });
        if (isAsked) { expect(secret.rotation.first).toBeDefined(); } else { expectInvalid(() => secret.rotation.first, 'rotateImmediately', 'is false'); }
      }
    }
  });

  test.each<[string, SingleUserOptions]>([['creationStatements', { creationStatements: [] }], ['resetLostPassword', { resetLostPassword: true }]])('%s needs a superuser secret', (name, options) => {
    expectInvalid(() => RotationStrategy.singleUser(undefined, options), 'superuserSecret', 'is missing', `${name} needs it`);
  });

  test('a wrong statement throws with its index, and is not quoted', () => {
    const stack = makeStack();
    const strategy = RotationStrategy.singleUser(superuserOf(stack), { creationStatements: ['GRANT a TO {user}', 'ALTER ROLE {user} PASSWORD \'hunter2\''] });
    const error = expectInvalid(() => RotationTarget.postgres({ strategy }), 'creationStatements', 'at index 1', 'sets a password');
    expect(error.message).not.toContain('hunter2');
  });

  test('a statement that can\'t be in a transaction throws for PostgreSQL, and not for MySQL', () => {
    const strategy = RotationStrategy.singleUser(superuserOf(makeStack()), { creationStatements: [' create  DATABASE app'] });
    expectInvalid(() => RotationTarget.postgres({ strategy }), 'creationStatements', 'at index 0', 'can\'t run in a transaction');
    expect(() => RotationTarget.mysql({ strategy })).not.toThrow();
  });

  test('a statement that only the deployment knows throws', () => {
    const stack = makeStack();
    for (const statements of [[Lazy.string({ produce: () => 'GRANT a TO {user}' })], Lazy.list({ produce: () => ['GRANT a TO {user}'] })]) {
      const strategy = RotationStrategy.dualPasswords(superuserOf(new Stack(stack, `S${stack.node.children.length}`)), { creationStatements: statements });
      expectInvalid(() => RotationTarget.mysql({ strategy }), 'creationStatements', 'is a token');
    }
  });

  test('statements that don\'t fit into the environment of a function are named', () => {
    const stack = makeStack();
    const strategy = RotationStrategy.singleUser(superuserOf(stack), { creationStatements: Array.from({ length: 90 }, (_, i) => `GRANT SELECT ON schema_of_the_app.table_${i} TO {user}`) });
    expectInvalid(() => new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres({ strategy }) }), 'creationStatements', 'Lambda takes 4096', 'a role');
  });
});

test.each(['db.example.com', 'db.example.com:5433'])('the endpoint %s replaces the server of the secrets', (endpoint) => {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation', { target: RotationTarget.mariadb({ endpoint }) });
  expect(configOf(stack)).toMatchObject({ endpoint });
});

test.each(['', 'postgres://app:hunter2@db', 'db:0', 'db:70000', 'a,b', 'db/app'])('the endpoint %j is refused, and not quoted', (endpoint) => {
  const error = expectInvalid(() => RotationTarget.postgres({ endpoint }), 'endpoint', 'is neither a host nor host:port');
  expect(error.message).not.toContain('hunter2');
});

import { CfnParameter, SecretValue, Stack } from 'aws-cdk-lib';
import type { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationStrategy, RotationTarget, type RotatingSecretProps } from '../../src';
import { CONFIG_VARIABLE } from '../../src/contract';
import { expectInvalid, FUNCTION, LOG_GROUP, makeApp, makeStack, onlyResource, resourcesOf, ROLE, SECRET, type Resource } from '../fixture';

const GUARD = 'Custom::SecretRegenerationGuard';
const USER = { secretStringTemplate: '{"username":"user1"}', generateStringKey: 'password' };

function generatorOf(props: RotatingSecretProps): Record<string, unknown> {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', props);
  return onlyResource(stack, SECRET).properties.GenerateSecretString;
}

// If one of these changes, the next version of this package makes CloudFormation generate every value again, for all users.
test.each<[string, RotatingSecretProps, object]>([
  ['nothing said', {}, {}],
  ['a policy', { generateSecretString: { ...USER, passwordLength: 20, excludePunctuation: true } }, {
    SecretStringTemplate: '{"username":"user1"}', GenerateStringKey: 'password', PasswordLength: 20, ExcludePunctuation: true,
  }],
  ['a target', { target: RotationTarget.generated({ passwordPolicy: { passwordLength: 48 } }) }, { PasswordLength: 48 }],
  ...(['postgres', 'mysql', 'mariadb'] as const).map((engine): [string, RotatingSecretProps, object] => [
    engine, { target: RotationTarget[engine](), generateSecretString: { secretStringTemplate: '{"username":"user1"}' } }, {
      SecretStringTemplate: '{"username":"user1"}', GenerateStringKey: 'password', ExcludeCharacters: '/@"\'\\ ',
    },
  ]),
])('the generator of the first value stays the same: %s', (_, props, expected) => {
  expect(generatorOf(props)).toEqual(expected);
});

describe('regenerationGuard', () => {
  const guarded = (stack: Stack, id: string, props: RotatingSecretProps = {}) =>
    new RotatingSecret(stack, id, { generateSecretString: USER, regenerationGuard: '1', ...props });

  test('is not made by default', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { generateSecretString: USER });
    expect(resourcesOf(stack)).toHaveLength(7);
    expect(resourcesOf(stack, GUARD)).toEqual([]);
  });

  test('has the generator of the value, and the name, as deployed', () => {
    const stack = makeStack();
    const [database, name] = ['Database', 'Name'].map((id) => new CfnParameter(stack, id).valueAsString);
    guarded(stack, 'Secret', { secretName: name, generateSecretString: { ...USER, secretStringTemplate: `{"username":"user1","dbname":"${database}"}`, passwordLength: 40 } });
    const [guard, secret] = [onlyResource(stack, GUARD), onlyResource(stack, SECRET)];
    const template = { 'Fn::Join': ['', ['{"username":"user1","dbname":"', { Ref: 'Database' }, '"}']] };
    expect(secret.properties.GenerateSecretString.SecretStringTemplate).toEqual(template);
    expect(guard.properties).toEqual({
      ServiceToken: expect.anything(),
      Path: 'Stack/Secret',
      Generator: { secretStringTemplate: template, generateStringKey: 'password', passwordLength: 40 },
      SecretName: { Ref: 'Name' },
      RegenerationGuard: '1',
    });
  });

  test('has a name that was set after the secret was made', () => {
    const stack = makeStack();
    const secret = guarded(stack, 'Secret', { generateSecretString: USER });
    (secret.node.defaultChild as CfnSecret).name = 'renamed';
    expect(onlyResource(stack, GUARD).properties.SecretName).toBe('renamed');
  });

  test('has a generator that was changed after the secret was made', () => {
    const stack = makeStack();
    const secret = guarded(stack, 'Secret');
    Object.assign(secret.node.defaultChild!, { generateSecretString: { passwordLength: 50 } });
    expect(onlyResource(stack, GUARD).properties.Generator).toEqual({ passwordLength: 50 });
  });

  test('is created before the secret, and waits for nothing but its function', () => {
    const stack = makeStack();
    guarded(stack, 'Secret');
    const [guard, secret] = [onlyResource(stack, GUARD), onlyResource(stack, SECRET)];
    expect(secret.dependsOn).toEqual([guard.id]);
    expect(guard.dependsOn).toEqual([]);
  });

  test('takes one function with its own role and log for a stack, and a resource for a secret', () => {
    const app = makeApp();
    const [one, other] = ['One', 'Other'].map((id) => new Stack(app, id));
    const rotationFunction = new RotationFunction(one, 'Rotation', { target: RotationTarget.generated({ generateStringKey: 'password' }) });
    const resources = () => resourcesOf(one).length;
    for (let n = 0; n < 3; n++) { guarded(one, `Secret${n}`, { rotationFunction }); }
    guarded(other, 'Secret', { rotationFunction });
    expect(resources()).toBe(5 + 3 + 3 * 3);
    expect(resourcesOf(one, FUNCTION)).toHaveLength(2);
    expect(new Set(resourcesOf(one, GUARD).map(({ properties }) => JSON.stringify(properties.ServiceToken))).size).toBe(1);
    expect(resourcesOf(other, FUNCTION)).toHaveLength(1);
    expect(resourcesOf(other)).toHaveLength(3 + 3);
  });

  test('has a function with our code, which may only write its log', () => {
    const app = makeApp();
    const stack = new Stack(app, 'Guarded');
    const target = RotationTarget.generated({ generateStringKey: 'password' });
    guarded(stack, 'Secret', { rotationFunction: new RotationFunction(new Stack(app, 'Elsewhere'), 'Rotation', { target }) });
    const [fn, role, log] = [FUNCTION, ROLE, LOG_GROUP].map((type) => onlyResource(stack, type));
    expect(fn.properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: 30,
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: log.id } },
      Role: { 'Fn::GetAtt': [role.id, 'Arn'] },
    });
    expect(fn.properties.Environment?.Variables?.[CONFIG_VARIABLE]).toBeUndefined();
    expect(log.properties).toEqual({ RetentionInDays: 90 });
    expect(role.properties.ManagedPolicyArns).toBeUndefined();
    expect(role.properties.Policies.map(({ PolicyDocument }: any) => PolicyDocument.Statement)).toEqual([[{
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow', Resource: { 'Fn::GetAtt': [log.id, 'Arn'] },
    }]]);
  });

  test.each<[string, RotatingSecretProps, string[]]>([
    ['no text', { regenerationGuard: '' }, ['is empty', 'such as 1']],
    ['a value', { regenerationGuard: '1', secretStringValue: SecretValue.unsafePlainText('a-value-to-hide') }, ['together with a value', 'Leave it out']],
  ])('with %s is refused', (_, props, parts) => {
    expectInvalid(() => new RotatingSecret(makeStack(), 'Secret', props), 'regenerationGuard', ...parts);
  });
});

describe('firstPasswordPolicy', () => {
  const first = (stack: Stack): Resource => onlyResource(stack, SECRET);
  const later = (stack: Stack) => JSON.parse(onlyResource(stack, FUNCTION).properties.Environment.Variables[CONFIG_VARIABLE]).passwordPolicy;

  test('keeps the first value if generateSecretString changes', () => {
    const before = generatorOf({ generateSecretString: { ...USER, passwordLength: 20 } });
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { generateSecretString: { ...USER, passwordLength: 40, excludePunctuation: true }, firstPasswordPolicy: { passwordLength: 20 } });
    expect(first(stack).properties.GenerateSecretString).toEqual(before);
    expect(later(stack)).toEqual({ passwordLength: 40, excludePunctuation: true });
  });

  test('keeps the first value if the target changes', () => {
    const generateSecretString = { secretStringTemplate: '{"username":"user1"}' };
    const before = generatorOf({ generateSecretString, target: RotationTarget.postgres() });
    const stack = makeStack();
    const target = RotationTarget.postgres({ passwordPolicy: { passwordLength: 64, excludeCharacters: '/@"\'\\ :' } });
    new RotatingSecret(stack, 'Secret', { generateSecretString, target, firstPasswordPolicy: { excludeCharacters: '/@"\'\\ ' } });
    expect(first(stack).properties.GenerateSecretString).toEqual(before);
    expect(later(stack)).toEqual({ passwordLength: 64, excludeCharacters: '/@"\'\\ :' });
  });

  test('keeps the first values of a fleet if the target of its function changes', () => {
    const fleet = (passwordLength: number, props: RotatingSecretProps) => {
      const stack = makeStack();
      const superuser = new RotatingSecret(stack, 'Superuser', { target: RotationTarget.mysql(), generateSecretString: { secretStringTemplate: '{"username":"root"}' } });
      const strategy = RotationStrategy.alternatingUsers(superuser);
      const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.mysql({ strategy, passwordPolicy: { passwordLength } }) });
      for (const name of ['one', 'two']) {
        new RotatingSecret(stack, name, { ...props, rotationFunction, generateSecretString: { secretStringTemplate: `{"username":"${name}"}` } });
      }
      return resourcesOf(stack, SECRET).map(({ properties }) => properties.GenerateSecretString);
    };
    expect(fleet(64, {})).not.toEqual(fleet(32, {}));
    expect(fleet(64, { firstPasswordPolicy: { passwordLength: 32, excludeCharacters: '/@"\'\\ ' } })).toEqual(fleet(32, {}));
  });

  test('keeps the first value if it becomes one of a database', () => {
    const before = generatorOf({ generateSecretString: USER });
    expect(generatorOf({ generateSecretString: USER, target: RotationTarget.postgres(), firstPasswordPolicy: {} })).toEqual(before);
  });

  test('is in the properties of the guard', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'Secret', { generateSecretString: { ...USER, passwordLength: 40 }, firstPasswordPolicy: { passwordLength: 20 }, regenerationGuard: '1' });
    expect(onlyResource(stack, GUARD).properties.Generator).toEqual({ ...USER, passwordLength: 20 });
  });

  test('is refused if it can\'t be met, or if a value is given', () => {
    expectInvalid(() => new RotatingSecret(makeStack(), 'Secret', { firstPasswordPolicy: { passwordLength: 3 } }), 'firstPasswordPolicy.passwordLength', 'is 3');
    const secretObjectValue = { password: SecretValue.unsafePlainText('a-value-to-hide') };
    expectInvalid(() => new RotatingSecret(makeStack(), 'Secret', {
      secretObjectValue, target: RotationTarget.generated({ generateStringKey: 'password' }), firstPasswordPolicy: {},
    }), 'firstPasswordPolicy', 'together with a value', 'Leave it out');
  });
});

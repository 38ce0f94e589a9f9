import { CfnParameter, Lazy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Secret, type SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager';
import { RotatingSecret, RotationFunction, RotationTarget, type PasswordPolicy } from '../../src';
import { includedTypes } from '../../src/contract';
import { configOf, makeStack, onlyResource, SECRET, warningsOf } from '../fixture';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:my-app/password-AbCdEf';
const user: SecretStringGenerator = { secretStringTemplate: '{"username":"app"}', generateStringKey: 'password' };

function setUp(passwordPolicy?: PasswordPolicy) {
  const stack = makeStack();
  return { stack, rotation: new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres({ passwordPolicy }) }) };
}

function made(stack: Stack, id: string, generateSecretString: SecretStringGenerator): Secret {
  return new Secret(stack, id, { generateSecretString: { ...user, ...generateSecretString } });
}

const policyWarningsOf = (stack: Stack) => warningsOf(stack).filter((warning) => warning.startsWith('passwordPolicy'));

describe('a secret that another construct made', () => {
  test('gets later passwords with the policy of its first one, if it is of a database of CDK', () => {
    const { stack, rotation } = setUp();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const database = new rds.DatabaseInstance(stack, 'Database', { vpc, engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }) });
    rotation.rotate(database.secret!);
    const { ExcludeCharacters: excluded, PasswordLength: length } = onlyResource(stack, SECRET).properties.GenerateSecretString;
    const { passwordPolicy } = configOf(stack);
    expect(passwordPolicy.passwordLength).toBe(length);
    expect([...excluded].filter((character: string) => includedTypes(passwordPolicy).join('').includes(character))).toEqual([]);
    expect(policyWarningsOf(stack)).toEqual([]);
  });

  test('never lets later passwords have characters that databases refuse', () => {
    const { stack, rotation } = setUp();
    rotation.rotate(made(stack, 'Secret', { excludeCharacters: 'é%', includeSpace: true }));
    const { passwordPolicy } = configOf(stack);
    expect(passwordPolicy.includeSpace).toBe(true);
    expect([...passwordPolicy.excludeCharacters!].sort().join('')).toBe([...'%/@"\'\\ :'].sort().join(''));
  });

  test('gets no warning about a character that later passwords never have', () => {
    const { stack, rotation } = setUp({ passwordLength: 40 });
    rotation.rotate(made(stack, 'Secret', { excludeCharacters: '/@"\'\\ :' }));
    expect(configOf(stack).passwordPolicy.excludeCharacters).toContain(':');
    expect(policyWarningsOf(stack)).toEqual([]);
  });

  test('shares its policy with others that have the same', () => {
    const { stack, rotation } = setUp();
    for (const id of ['One', 'Two']) { rotation.rotate(made(stack, id, { passwordLength: 20 })); }
    expect(configOf(stack).passwordPolicy.passwordLength).toBe(20);
  });

  test('keeps the certificate authority of the target out of the JSON, with an adopted policy', () => {
    const stack = makeStack();
    const certificateAuthority = new CfnParameter(stack, 'Authority').valueAsString;
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres({ certificateAuthority }) }).rotate(made(stack, 'Secret', { passwordLength: 20 }));
    expect(configOf(stack)).toMatchObject({ certificateAuthority: { Ref: 'Authority' }, passwordPolicy: { passwordLength: 20 } });
  });

  test('doesn\'t change the policy of a function that a RotatingSecret uses', () => {
    const { stack, rotation } = setUp();
    rotation.rotate(made(stack, 'Made', { passwordLength: 20, excludeCharacters: '%' }));
    new RotatingSecret(stack, 'Ours', { rotationFunction: rotation, generateSecretString: { secretStringTemplate: '{"username":"app"}' } });
    expect(configOf(stack).passwordPolicy).toEqual({ excludeCharacters: '/@"\'\\ :' });
    expect(policyWarningsOf(stack)).toEqual([expect.stringContaining('values: %. ')]);
  });

  test('with another policy than the next one leaves the policy of the target, with a warning for each', () => {
    const { stack, rotation } = setUp();
    rotation.rotate(made(stack, 'One', { excludeCharacters: '%' }));
    rotation.rotate(made(stack, 'Two', { excludeCharacters: '!?' }));
    expect(configOf(stack).passwordPolicy).toEqual({ excludeCharacters: '/@"\'\\ :' });
    expect(policyWarningsOf(stack)).toEqual([expect.stringContaining('Stack/One'), expect.stringContaining('Stack/Two')]);
  });

  test.each<[string, PasswordPolicy, string | undefined]>([
    ['allows what the first value excluded', { excludeCharacters: '/@"\'\\' }, 'values: %. '],
    ['excludes it too', { excludeCharacters: '%' }, undefined],
    ['has no punctuation', { excludePunctuation: true }, undefined],
  ])('is distinguished from a policy of the target that %s', (_, passwordPolicy, warning) => {
    const { stack, rotation } = setUp(passwordPolicy);
    rotation.rotate(made(stack, 'Secret', { excludeCharacters: '%' }));
    expect(policyWarningsOf(stack)).toEqual(warning === undefined ? [] : [expect.stringContaining(warning)]);
    expect(configOf(stack).passwordPolicy).toMatchObject(passwordPolicy);
  });

  test('has no policy of the key that rotates if it was generated under another key', () => {
    const { stack, rotation } = setUp();
    rotation.rotate(made(stack, 'Secret', { generateStringKey: 'token', excludeCharacters: '%' }));
    expect(configOf(stack).passwordPolicy).toEqual({ excludeCharacters: '/@"\'\\ :' });
    expect(policyWarningsOf(stack)).toEqual([]);
  });

  test.each<[string, (stack: Stack) => Secret]>([
    ['was imported', (stack) => Secret.fromSecretCompleteArn(stack, 'Secret', ARN) as Secret],
    ['has a policy that only a deployment knows', (stack) => made(stack, 'Secret', { excludeCharacters: new CfnParameter(stack, 'Excluded').valueAsString })],
  ])('gets a warning if its policy isn\'t known, because it %s, until a policy is given', (_, secretOf) => {
    const [unsaid, said] = [setUp(), setUp({ passwordLength: 32 })];
    for (const { stack, rotation } of [unsaid, said]) { rotation.rotate(secretOf(stack)); }
    expect(policyWarningsOf(unsaid.stack)).toEqual([expect.stringContaining('the policy of the first value of Stack/Secret is not known')]);
    expect(policyWarningsOf(said.stack)).toEqual([]);
  });

  test('with a lazy policy is read when the app is complete', () => {
    const { stack, rotation } = setUp();
    rotation.rotate(made(stack, 'Secret', { excludeCharacters: Lazy.string({ produce: () => '%' }) }));
    expect(configOf(stack).passwordPolicy.excludeCharacters).toContain('%');
  });
});

import { CfnParameter, Lazy, type Stack } from 'aws-cdk-lib';
import { configOf, expectInvalid, FUNCTION, makeStack, onlyResource, SECRET } from './fixture';
import { RotatingSecret, RotationFunction, RotationTarget, type PasswordPolicy, type RotatingSecretProps } from '../src';
import { CHARACTER_TYPES, CONFIG_VARIABLE, parseConfig } from '../src/contract';

const TEMPLATE = JSON.stringify({ username: 'app' });

/** A policy with a value of its own for every property. */
const POLICY: Required<PasswordPolicy> = {
  passwordLength: 24,
  excludeCharacters: '"@/\\\'',
  excludeLowercase: false,
  excludeUppercase: true,
  excludeNumbers: false,
  excludePunctuation: true,
  includeSpace: true,
  requireEachIncludedType: false,
};

const IN_TEMPLATE = {
  PasswordLength: 24,
  ExcludeCharacters: '"@/\\\'',
  ExcludeLowercase: false,
  ExcludeUppercase: true,
  ExcludeNumbers: false,
  ExcludePunctuation: true,
  IncludeSpace: true,
  RequireEachIncludedType: false,
};

const firstValueOf = (stack: Stack) => onlyResource(stack, SECRET).properties.GenerateSecretString;

function withSecret(props: RotatingSecretProps): Stack {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', props);
  return stack;
}

describe('one generator serves the first value and every later one', () => {
  test('by default, both are GetRandomPassword\'s defaults', () => {
    const stack = withSecret({});
    expect(firstValueOf(stack)).toEqual({});
    expect(configOf(stack)).toEqual({ target: 'generated', passwordPolicy: {} });
  });

  test('given as generateSecretString', () => {
    const stack = withSecret({ generateSecretString: { ...POLICY, secretStringTemplate: TEMPLATE, generateStringKey: 'password' } });
    expect(firstValueOf(stack)).toEqual({ ...IN_TEMPLATE, SecretStringTemplate: TEMPLATE, GenerateStringKey: 'password' });
    expect(configOf(stack)).toEqual({ target: 'generated', generateStringKey: 'password', passwordPolicy: POLICY });
  });

  test('given as target', () => {
    const stack = withSecret({
      target: RotationTarget.generated({ generateStringKey: 'password', passwordPolicy: POLICY }),
      generateSecretString: { secretStringTemplate: TEMPLATE },
    });
    expect(firstValueOf(stack)).toEqual({ ...IN_TEMPLATE, SecretStringTemplate: TEMPLATE, GenerateStringKey: 'password' });
    expect(configOf(stack)).toEqual({ target: 'generated', generateStringKey: 'password', passwordPolicy: POLICY });
  });

  test('given in part by each', () => {
    const stack = withSecret({
      target: RotationTarget.generated({ passwordPolicy: { passwordLength: 40 } }),
      generateSecretString: { excludePunctuation: true },
    });
    expect(firstValueOf(stack)).toEqual({ PasswordLength: 40, ExcludePunctuation: true });
    expect(configOf(stack).passwordPolicy).toEqual({ passwordLength: 40, excludePunctuation: true });
  });

  test('given twice, but the same', () => {
    const stack = withSecret({ target: RotationTarget.generated({ passwordPolicy: POLICY }), generateSecretString: POLICY });
    expect(firstValueOf(stack)).toEqual(IN_TEMPLATE);
    expect(configOf(stack).passwordPolicy).toEqual(POLICY);
  });

  test('adopted from a shared function', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', {
      target: RotationTarget.generated({ generateStringKey: 'password', passwordPolicy: POLICY }),
    });
    new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString: { secretStringTemplate: TEMPLATE } });
    expect(firstValueOf(stack)).toEqual({ ...IN_TEMPLATE, SecretStringTemplate: TEMPLATE, GenerateStringKey: 'password' });
    expect(configOf(stack)).toEqual({ target: 'generated', generateStringKey: 'password', passwordPolicy: POLICY });
  });

  test('adopted from a shared function for a whole string', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', {
      target: RotationTarget.generated({ passwordPolicy: { passwordLength: 40 } }),
    });
    new RotatingSecret(stack, 'Secret', { rotationFunction });
    expect(firstValueOf(stack)).toEqual({ PasswordLength: 40 });
  });

  test('given to a shared function and to the secret, but the same, or its default', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', {
      target: RotationTarget.generated({ passwordPolicy: { passwordLength: 40 } }),
    });
    const generateSecretString = { passwordLength: 40, excludeCharacters: '', includeSpace: false };
    new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString });
    expect(firstValueOf(stack)).toEqual({ PasswordLength: 40, ExcludeCharacters: '', IncludeSpace: false });
  });

  test('properties that are undefined are not given', () => {
    const stack = withSecret({
      target: RotationTarget.generated({ generateStringKey: undefined, passwordPolicy: { passwordLength: undefined } }),
      generateSecretString: { passwordLength: 40, excludeCharacters: undefined },
    });
    expect(firstValueOf(stack)).toEqual({ PasswordLength: 40 });
    expect(configOf(stack)).toEqual({ target: 'generated', passwordPolicy: { passwordLength: 40 } });
  });
});

describe('two generators that differ are refused', () => {
  test.each<[RotatingSecretProps['generateSecretString'], PasswordPolicy, string, string[]]>([
    [{ passwordLength: 20 }, { passwordLength: 40 }, 'passwordLength', ['is 20', 'target has 40']],
    [{ excludeCharacters: '"' }, { excludeCharacters: '\'' }, 'excludeCharacters', ['is "\\""', 'target has "\'"']],
    [{ excludePunctuation: false }, { excludePunctuation: true }, 'excludePunctuation', ['is false', 'target has true']],
  ])('%j and a target with %j', (generateSecretString, passwordPolicy, property, parts) => {
    expectInvalid(() => withSecret({ generateSecretString, target: RotationTarget.generated({ passwordPolicy }) }),
      `generateSecretString.${property}`, ...parts, 'leave it out here');
  });

  test('two keys', () => {
    expectInvalid(() => withSecret({
      generateSecretString: { secretStringTemplate: TEMPLATE, generateStringKey: 'password' },
      target: RotationTarget.generated({ generateStringKey: 'token' }),
    }), 'generateSecretString.generateStringKey', 'is "password"', 'target has "token"');
  });

  test.each<[RotatingSecretProps['generateSecretString'], string, string[]]>([
    [{ passwordLength: 20 }, 'passwordLength', ['is 20', 'rotationFunction has 32']],
    [{ excludeCharacters: '@' }, 'excludeCharacters', ['is "@"', 'rotationFunction has ""']],
    [{ requireEachIncludedType: false }, 'requireEachIncludedType', ['is false', 'rotationFunction has true']],
    [{ secretStringTemplate: TEMPLATE, generateStringKey: 'password' },
      'generateStringKey', ['is "password"', 'rotationFunction has none']],
  ])('%j and a shared function with the defaults', (generateSecretString, property, parts) => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation');
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString }),
      `generateSecretString.${property}`, ...parts, 'leave it out here', 'RotationTarget.generated of the function');
  });
});

describe('a policy that can\'t be met is refused', () => {
  const cases: [string, PasswordPolicy, keyof PasswordPolicy, string[]][] = [
    ['no length', { passwordLength: 0 }, 'passwordLength', ['from 1 to 4096', 'got 0']],
    ['too long', { passwordLength: 4097 }, 'passwordLength', ['from 1 to 4096', 'got 4097']],
    ['half a character', { passwordLength: 8.5 }, 'passwordLength', ['whole number', 'got 8.5']],
    ['four types in three characters', { passwordLength: 3 }, 'passwordLength', ['is 3', 'at least 4']],
    ['too many exclusions', { excludeCharacters: 'x'.repeat(4097) }, 'excludeCharacters', ['4096', 'got 4097']],
    ['a demanded type without a character', { excludeCharacters: CHARACTER_TYPES.numbers },
      'excludeCharacters', ['every character of a type']],
    ['no character left', {
      excludeLowercase: true, excludeUppercase: true, excludeNumbers: true, excludePunctuation: true, requireEachIncludedType: false,
    }, 'excludeCharacters', ['leaves no character']],
    ['each of no types', {
      excludeLowercase: true, excludeUppercase: true, excludeNumbers: true, excludePunctuation: true, includeSpace: true,
    }, 'requireEachIncludedType', ['all four are excluded']],
  ];

  test.each(cases)('of the target: %s', (_, passwordPolicy, property, parts) => {
    expectInvalid(() => RotationTarget.generated({ passwordPolicy }), `passwordPolicy.${property}`, ...parts);
  });

  test.each(cases)('of the secret: %s', (_, generateSecretString, property, parts) => {
    expectInvalid(() => withSecret({ generateSecretString }), `generateSecretString.${property}`, ...parts);
  });

  test('of both together, each of which could be met', () => {
    expectInvalid(() => withSecret({
      generateSecretString: { excludeLowercase: true, excludeUppercase: true },
      target: RotationTarget.generated({
        passwordPolicy: {
          excludePunctuation: true, excludeCharacters: CHARACTER_TYPES.numbers, requireEachIncludedType: false,
        },
      }),
    }), 'generateSecretString.excludeCharacters', 'leaves no character');
  });

  test('with an empty key', () => {
    expectInvalid(() => RotationTarget.generated({ generateStringKey: '' }), 'generateStringKey', 'is empty', 'leave it out');
    const generateSecretString = { generateStringKey: '', secretStringTemplate: '{}' };
    expectInvalid(() => withSecret({ generateSecretString }), 'generateStringKey', 'is empty');
  });
});

describe('tokens are never parsed', () => {
  test('parameters are in the first value and in the configuration', () => {
    const stack = makeStack();
    const length = new CfnParameter(stack, 'Length', { type: 'Number' }).valueAsNumber;
    const [excluded, key, template] = ['Excluded', 'Key', 'Template'].map((id) => new CfnParameter(stack, id).valueAsString);
    new RotatingSecret(stack, 'Secret', {
      generateSecretString: { passwordLength: length, excludeCharacters: excluded, generateStringKey: key, secretStringTemplate: template },
    });
    expect(firstValueOf(stack)).toEqual({
      PasswordLength: { Ref: 'Length' },
      ExcludeCharacters: { Ref: 'Excluded' },
      GenerateStringKey: { Ref: 'Key' },
      SecretStringTemplate: { Ref: 'Template' },
    });
    const variables = onlyResource(stack, FUNCTION).properties.Environment.Variables;
    // CloudFormation escapes nothing, so none of these may be inside the JSON.
    const values: Record<string, string> = { Length: '020', Excluded: '"\\\n\t{', Key: 'pass"word' };
    const deployed = Object.fromEntries(Object.entries<any>(variables).map(([name, value]) => [name, typeof value === 'string' ? value : values[value.Ref]]));
    expect(parseConfig(deployed[CONFIG_VARIABLE], deployed)).toEqual({
      target: 'generated', generateStringKey: 'pass"word', passwordPolicy: { passwordLength: 20, excludeCharacters: '"\\\n\t{' },
    });
  });

  test('lazy values are not produced before synthesis, and are quoted correctly', () => {
    let early = true;
    const late = <T>(tooEarly: T, value: T) => ({ produce: () => early ? tooEarly : value });
    const stack = withSecret({
      generateSecretString: {
        passwordLength: Lazy.number(late(0, 20)),
        excludeCharacters: Lazy.string(late('', '"\\')),
        generateStringKey: Lazy.string(late('', 'pass"word')),
        secretStringTemplate: Lazy.string(late('', TEMPLATE)),
      },
    });
    early = false;
    expect(firstValueOf(stack)).toEqual({
      PasswordLength: 20, ExcludeCharacters: '"\\', GenerateStringKey: 'pass"word', SecretStringTemplate: TEMPLATE,
    });
    expect(configOf(stack)).toEqual({
      target: 'generated', generateStringKey: 'pass"word', passwordPolicy: { passwordLength: 20, excludeCharacters: '"\\' },
    });
  });

  test('a template with a token in it is not taken for invalid JSON', () => {
    const stack = makeStack();
    const object = new CfnParameter(stack, 'Object').valueAsString;
    const generateSecretString = { secretStringTemplate: `{"tags":${object}}`, generateStringKey: 'password' };
    new RotatingSecret(stack, 'Secret', { generateSecretString });
    expect(firstValueOf(stack).SecretStringTemplate).toEqual({ 'Fn::Join': ['', ['{"tags":', { Ref: 'Object' }, '}']] });
  });

  test('a token equals itself, in a function and in a secret', () => {
    const stack = makeStack();
    const passwordLength = new CfnParameter(stack, 'Length', { type: 'Number' }).valueAsNumber;
    const rotationFunction = new RotationFunction(stack, 'Rotation', {
      target: RotationTarget.generated({ passwordPolicy: { passwordLength } }),
    });
    new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString: { passwordLength } });
    expect(firstValueOf(stack)).toEqual({ PasswordLength: { Ref: 'Length' } });
  });
});

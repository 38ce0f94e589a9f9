import { Lazy } from 'aws-cdk-lib';
import { mergeGenerators, checkGenerator, generatorOf, type Generator, type TargetGenerator } from '../../src/value/generator';
import { expectInvalid } from '../fixture';

/** A target with a default of its own. */
const target = (given: Generator, defaults: Generator = {}, hasFixedKey = false): TargetGenerator => (
  { factory: 'RotationTarget.made', given, defaults, hasFixedKey }
);

const token = Lazy.string({ produce: () => 'x' });

describe('generatorOf', () => {
  test('takes the given properties of a generator, and nothing else', () => {
    expect(generatorOf({
      passwordLength: 20,
      excludePunctuation: false,
      excludeCharacters: undefined,
      generateStringKey: 'password',
      secretStringTemplate: '{}',
    })).toEqual({ passwordLength: 20, excludePunctuation: false, generateStringKey: 'password' });
  });

  test('leaves out undefined properties', () => {
    expect(Object.keys(generatorOf({ excludeCharacters: undefined }))).toEqual([]);
    expect(generatorOf(undefined)).toEqual({});
  });
});

describe('checkGenerator', () => {
  test('has the property with the policy, and the property of the policy', () => {
    expectInvalid(() => checkGenerator('passwordPolicy', { passwordLength: 3 }), 'passwordPolicy.passwordLength', 'is 3');
  });

  test('refuses an empty key', () => {
    expectInvalid(() => checkGenerator('passwordPolicy', { generateStringKey: '' }), 'generateStringKey', 'is empty', 'leave it out');
  });

  test.each([
    ['length', { passwordLength: Lazy.number({ produce: () => 0 }) }],
    ['excluded characters', { excludeCharacters: token }],
  ])('accepts a token as the %s', (_, generator) => {
    expect(() => checkGenerator('passwordPolicy', generator)).not.toThrow();
  });
});

describe('mergeGenerators', () => {
  test('takes from the target what the secret leaves open, and the reverse', () => {
    expect(mergeGenerators({ passwordLength: 20 }, target({ excludePunctuation: true }))).toEqual({ passwordLength: 20, excludePunctuation: true });
  });

  test('accepts the same in both', () => {
    expect(mergeGenerators({ passwordLength: 20, generateStringKey: token }, target({ passwordLength: 20, generateStringKey: token })))
      .toEqual({ passwordLength: 20, generateStringKey: token });
  });

  test('refuses two different values', () => {
    expectInvalid(
      () => mergeGenerators({ passwordLength: 20 }, target({ passwordLength: 21 })), 'generateSecretString.passwordLength', 'is 20', 'target has 21',
    );
  });

  test('refuses two tokens that differ, without showing them', () => {
    expectInvalid(() => mergeGenerators({ excludeCharacters: token }, target({ excludeCharacters: Lazy.string({ produce: () => 'x' }) })),
      'generateSecretString.excludeCharacters', 'is another token', 'target has another token');
  });

  test('with an owner, what it leaves open has GetRandomPassword\'s default', () => {
    expect(mergeGenerators({ passwordLength: 32, excludeCharacters: '', requireEachIncludedType: true, includeSpace: false }, target({}), 'rotationFunction'))
      .toEqual({ passwordLength: 32, excludeCharacters: '', requireEachIncludedType: true, includeSpace: false });
  });

  test.each([
    [{ passwordLength: 33 }, 'is 33', '32'],
    [{ excludeCharacters: '"' }, 'is "\\""', '""'],
    [{ excludeLowercase: true }, 'is true', 'false'],
    [{ excludeUppercase: true }, 'is true', 'false'],
    [{ excludeNumbers: true }, 'is true', 'false'],
    [{ excludePunctuation: true }, 'is true', 'false'],
    [{ includeSpace: true }, 'is true', 'false'],
    [{ requireEachIncludedType: false }, 'is false', 'true'],
    [{ generateStringKey: 'password' }, 'is "password"', 'none'],
  ])('with an owner, %j differs from its default', (given, is, held) => {
    const [property] = Object.keys(given);
    expectInvalid(() => mergeGenerators(given, target({}), 'rotationFunction'), `generateSecretString.${property}`, is, `rotationFunction has ${held}`,
      'leave it out here', 'RotationTarget.made of the function');
  });

  test('takes the default of the target if neither gives a value', () => {
    expect(mergeGenerators({}, target({}, { excludeCharacters: '@' }))).toEqual({ excludeCharacters: '@' });
    expect(mergeGenerators({}, target({}, { excludeCharacters: '@' }), 'rotationFunction')).toEqual({ excludeCharacters: '@' });
  });

  test('takes the secret\'s value instead of the default of its own target', () => {
    expect(mergeGenerators({ excludeCharacters: '' }, target({}, { excludeCharacters: '@' }))).toEqual({ excludeCharacters: '' });
  });

  test('refuses another value than the default of an owner\'s target, which later values have', () => {
    expectInvalid(() => mergeGenerators({ excludeCharacters: '' }, target({}, { excludeCharacters: '@' }), 'rotationFunction'),
      'generateSecretString.excludeCharacters', 'is ""', 'rotationFunction has "@"', 'RotationTarget.made of the function');
  });

  test('doesn\'t ask for another key of a target that has only one', () => {
    expectInvalid(() => mergeGenerators({ generateStringKey: 'pass' }, target({ generateStringKey: 'password' }, {}, true)),
      'generateSecretString.generateStringKey', 'is "pass"', 'target has "password"', 'leave it out here, for RotationTarget.made has no other');
  });
});

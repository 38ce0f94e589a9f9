import * as fc from 'fast-check';
import { errorOf } from './fixture';
import {
  CHARACTER_TYPES, CONFIG_VARIABLE, DEFAULT_PASSWORD_LENGTH, findPolicyProblem, includedTypes, MAX_EXCLUDE_CHARACTERS,
  MAX_PASSWORD_LENGTH, meetsPolicy, parseConfig, POLICY_PROPERTIES, serializeConfig, type PasswordPolicyConfig, type TargetConfig,
} from '../src/contract';
import { DATABASE_TARGETS, parseDatabaseConfig } from '../src/targets/database/contract';
import { parseGeneratedConfig } from '../src/targets/generated/contract';
import { parseInvokeConfig } from '../src/targets/own/function/contract';
import { parseModuleConfig } from '../src/targets/own/module/contract';

const PARSERS: Readonly<Record<string, (config: TargetConfig) => TargetConfig>> = {
  ...Object.fromEntries(DATABASE_TARGETS.map((target) => [target, parseDatabaseConfig])),
  generated: parseGeneratedConfig,
  module: parseModuleConfig,
  invoke: parseInvokeConfig,
};

/** The handler's parser of the target's configuration. That of the generated target if there is no such target. */
function parse(text: string | undefined): TargetConfig {
  const config = parseConfig(text);
  return (Object.hasOwn(PARSERS, config.target) ? PARSERS[config.target] : parseGeneratedConfig)(config);
}

const { lowercase, uppercase, numbers, punctuation } = CHARACTER_TYPES;
const ALL_EXCLUDED = { excludeLowercase: true, excludeUppercase: true, excludeNumbers: true, excludePunctuation: true };

const policies: fc.Arbitrary<PasswordPolicyConfig> = fc.record({
  passwordLength: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: MAX_PASSWORD_LENGTH })),
  excludeCharacters: fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.subarray([...lowercase, ...uppercase, ...numbers, ...punctuation, ' ']).map((characters) => characters.join('')),
    fc.subarray([lowercase, uppercase, numbers, punctuation, ' ']).map((types) => types.join('')),
  ),
  excludeLowercase: fc.boolean(),
  excludeUppercase: fc.boolean(),
  excludeNumbers: fc.boolean(),
  excludePunctuation: fc.boolean(),
  includeSpace: fc.boolean(),
  requireEachIncludedType: fc.boolean(),
}, { requiredKeys: [] });

/** The policy with other values for the subject of a test. */
const withPolicy = (passwordPolicy: unknown) => JSON.stringify({ target: 'generated', passwordPolicy });

describe('a value with an environment variable of its own', () => {
  const withVariable = (type: string) => JSON.stringify({ target: 'generated', passwordPolicy: { passwordLength: { variable: 'LENGTH', type } } });

  test('comes from that variable, with its type', () => {
    expect(parseConfig(withVariable('number'), { LENGTH: '020' }).passwordPolicy).toEqual({ passwordLength: 20 });
    expect(errorOf(() => parseConfig(withVariable('string'), { LENGTH: '20' })).message).toContain('passwordPolicy.passwordLength must be a number');
  });

  test('is refused without it', () => {
    for (const environment of [undefined, {}]) {
      expect(errorOf(() => parseConfig(withVariable('number'), environment)).message).toContain(`${CONFIG_VARIABLE}: names the variable LENGTH, which is not set`);
    }
    expect(errorOf(() => parseConfig(withVariable('number').replace('LENGTH', 'constructor'), {})).message).toContain('which is not set');
  });
});

describe('the character types', () => {
  test('are those of GetRandomPassword: every printable ASCII character except the space, each once', () => {
    const all = Object.values(CHARACTER_TYPES).join('');
    const printable = Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x21 + index)).sort();
    expect([...all].sort()).toEqual(printable);
    expect([lowercase.length, uppercase.length, numbers.length, punctuation.length]).toEqual([26, 26, 10, 32]);
  });

  test.each<[PasswordPolicyConfig, string[]]>([
    [{}, [lowercase, uppercase, numbers, punctuation]],
    [{ excludeLowercase: true }, [uppercase, numbers, punctuation]],
    [{ excludeUppercase: true }, [lowercase, numbers, punctuation]],
    [{ excludeNumbers: true }, [lowercase, uppercase, punctuation]],
    [{ excludePunctuation: true }, [lowercase, uppercase, numbers]],
    [{ ...ALL_EXCLUDED, includeSpace: true }, []],
    [{ excludeLowercase: true, excludePunctuation: true, excludeCharacters: '0O1l' }, ['ABCDEFGHIJKLMNPQRSTUVWXYZ', '23456789']],
    [{ excludeLowercase: true, excludeUppercase: true, excludePunctuation: true, excludeCharacters: numbers }, ['']],
  ])('%j includes %j', (policy, types) => {
    expect(includedTypes(policy)).toEqual(types);
  });
});

describe('a policy', () => {
  test.each<PasswordPolicyConfig>([
    {},
    { passwordLength: 4 },
    { passwordLength: MAX_PASSWORD_LENGTH },
    { passwordLength: 1, requireEachIncludedType: false },
    { passwordLength: 1, excludeLowercase: true, excludeUppercase: true, excludePunctuation: true },
    { excludeCharacters: '' },
    { excludeCharacters: '"@/\\\'' },
    { excludeCharacters: 'x'.repeat(MAX_EXCLUDE_CHARACTERS) },
    { excludeCharacters: '\u{1f511}'.repeat(MAX_EXCLUDE_CHARACTERS) },
    { excludeCharacters: lowercase, requireEachIncludedType: false },
    { excludeCharacters: lowercase, excludeLowercase: true },
    { ...ALL_EXCLUDED, includeSpace: true, requireEachIncludedType: false },
  ])('that can be met has no problem (%#)', (policy) => {
    expect(findPolicyProblem(policy)).toBeUndefined();
  });

  test.each<[string, any, keyof PasswordPolicyConfig, string[]]>([
    ['no character at all', { passwordLength: 0 }, 'passwordLength', ['from 1 to 4096', 'got 0']],
    ['a negative length', { passwordLength: -1 }, 'passwordLength', ['from 1 to 4096', 'got -1']],
    ['half a character', { passwordLength: 32.5 }, 'passwordLength', ['whole number', 'got 32.5']],
    ['a length that is no number', { passwordLength: NaN }, 'passwordLength', ['whole number', 'got NaN']],
    ['no end', { passwordLength: Infinity }, 'passwordLength', ['from 1 to 4096', 'got Infinity']],
    ['one character too many', { passwordLength: MAX_PASSWORD_LENGTH + 1 }, 'passwordLength', ['from 1 to 4096', 'got 4097']],
    ['a length in words', { passwordLength: '32' }, 'passwordLength', ['must be a number', 'got a string']],
    ['null', { passwordLength: null }, 'passwordLength', ['must be a number']],
    ['exclusions that are no string', { excludeCharacters: ['a'] }, 'excludeCharacters', ['must be a string', 'got a object']],
    ['a boolean in words', { excludeLowercase: 'false' }, 'excludeLowercase', ['must be a boolean', 'got a string']],
    ['a boolean in numbers', { requireEachIncludedType: 1 }, 'requireEachIncludedType', ['must be a boolean', 'got a number']],
    ['too many exclusions', { excludeCharacters: 'x'.repeat(MAX_EXCLUDE_CHARACTERS + 1) }, 'excludeCharacters', ['4096', 'got 4097']],
    ['no type', { ...ALL_EXCLUDED, requireEachIncludedType: false }, 'excludeCharacters', ['leaves no character', 'allow at least one']],
    ['no character of any type', { excludeCharacters: Object.values(CHARACTER_TYPES).join(''), requireEachIncludedType: false },
      'excludeCharacters', ['leaves no character']],
    ['only a space, which is excluded', { ...ALL_EXCLUDED, includeSpace: true, excludeCharacters: ' ', requireEachIncludedType: false },
      'excludeCharacters', ['leaves no character']],
    ['each of no types', { ...ALL_EXCLUDED, includeSpace: true }, 'requireEachIncludedType', ['all four are excluded', 'set it to false']],
    ['a demanded type without a character', { excludeCharacters: numbers },
      'excludeCharacters', ['every character of a type', 'exclude that type']],
    ['four types in three characters', { passwordLength: 3 }, 'passwordLength', ['is 3', '4 included types', 'at least 4']],
    ['two types in one character', { passwordLength: 1, excludeNumbers: true, excludePunctuation: true },
      'passwordLength', ['is 1', '2 included types']],
  ])('with %s has a problem', (_, policy, property, parts) => {
    const found = findPolicyProblem(policy);
    expect(found?.property).toBe(property);
    for (const part of parts) { expect(found?.problem).toContain(part); }
  });

  test('without a problem can be met: a password of its included types meets it', () => {
    fc.assert(fc.property(policies, (policy) => {
      fc.pre(findPolicyProblem(policy) === undefined);
      const types = includedTypes(policy).filter((type) => type !== '');
      const filler = types[0] ?? ' ';
      const length = policy.passwordLength ?? DEFAULT_PASSWORD_LENGTH;
      const password = (policy.requireEachIncludedType ?? true ? types.map((type) => type[0]).join('') : '').padEnd(length, filler);
      return meetsPolicy(password, policy);
    }), { numRuns: 500 });
  });

  test('with a problem can\'t be met: no password of its included types meets it', () => {
    fc.assert(fc.property(policies, fc.array(fc.nat({ max: 999 }), { minLength: 40, maxLength: 40 }), (policy, choices) => {
      const problem = findPolicyProblem(policy);
      // Passwords of spaces are possible, but GetRandomPassword refuses to require each of no types.
      fc.pre(problem !== undefined && problem.property !== 'requireEachIncludedType');
      const types = includedTypes(policy);
      const pool = types.join('') + (policy.includeSpace ? ' ' : '') || 'a';
      const password = types.map((type) => type[0] ?? '').join('') + choices.map((choice) => pool[choice % pool.length]).join('');
      return !meetsPolicy(password.slice(0, policy.passwordLength ?? DEFAULT_PASSWORD_LENGTH), policy);
    }), { numRuns: 500 });
  });
});

describe('a password', () => {
  test.each<[string, PasswordPolicyConfig]>([
    ['aB3!'.repeat(8), {}],
    ['aB3!', { passwordLength: 4 }],
    ['aB 3!', { passwordLength: 5, includeSpace: true }],
    ['aaaa', { passwordLength: 4, requireEachIncludedType: false }],
    ['1234', { passwordLength: 4, excludeLowercase: true, excludeUppercase: true, excludePunctuation: true }],
    ['    ', { ...ALL_EXCLUDED, passwordLength: 4, includeSpace: true, requireEachIncludedType: false }],
  ])('%j meets %j', (password, policy) => {
    expect(meetsPolicy(password, policy)).toBe(true);
  });

  test.each<[string, string, PasswordPolicyConfig]>([
    ['too short', 'aB3!'.repeat(8).slice(1), {}],
    ['too long', 'aB3!a', { passwordLength: 4 }],
    ['empty', '', { passwordLength: 4 }],
    ['without lowercase', 'AB3!', { passwordLength: 4 }],
    ['without uppercase', 'ab3!', { passwordLength: 4 }],
    ['without digits', 'aBc!', { passwordLength: 4 }],
    ['without punctuation', 'aB34', { passwordLength: 4 }],
    ['with an excluded character', 'aB3!', { passwordLength: 4, excludeCharacters: '?!' }],
    ['with lowercase, excluded', 'aB3!', { passwordLength: 4, excludeLowercase: true }],
    ['with uppercase, excluded', 'aB3!', { passwordLength: 4, excludeUppercase: true }],
    ['with digits, excluded', 'aB3!', { passwordLength: 4, excludeNumbers: true }],
    ['with punctuation, excluded', 'aB3!', { passwordLength: 4, excludePunctuation: true }],
    ['with a space', 'aB3! ', { passwordLength: 5 }],
    ['with a space, excluded', 'aB3! ', { passwordLength: 5, includeSpace: true, excludeCharacters: ' ' }],
    ['with a character of no type', 'aB3!é', { passwordLength: 5 }],
  ])('%s doesn\'t', (_, password, policy) => {
    expect(meetsPolicy(password, policy)).toBe(false);
  });
});

describe('the configuration', () => {
  test('survives serialization', () => {
    fc.assert(fc.property(policies, fc.option(fc.string({ minLength: 1 }), { nil: undefined }), (passwordPolicy, generateStringKey) => {
      fc.pre(findPolicyProblem(passwordPolicy) === undefined);
      const config = { target: 'generated' as const, generateStringKey, passwordPolicy };
      expect(parse(serializeConfig(config))).toEqual(config);
    }));
  });

  test('of a database survives serialization', () => {
    const text = fc.option(fc.string({ minLength: 1 }), { nil: undefined });
    const configs = fc.record({
      target: fc.constantFrom(...DATABASE_TARGETS),
      superuserSecretArn: text,
      certificateAuthority: text,
      plaintextConnection: fc.option(fc.boolean(), { nil: undefined }),
      passwordPolicy: policies.filter((policy) => findPolicyProblem(policy) === undefined),
    });
    fc.assert(fc.property(configs, (config) => {
      expect(parse(serializeConfig(config))).toEqual(config);
    }));
  });

  test.each([undefined, true, false])('has rotationMetrics for every target: %s', (rotationMetrics) => {
    const targets: TargetConfig[] = [
      { target: 'generated', passwordPolicy: {} },
      ...DATABASE_TARGETS.map((target) => ({ target, passwordPolicy: {} })),
      { target: 'module', passwordPolicy: {} },
      { target: 'invoke', functionArn: 'arn', passwordPolicy: {} },
    ];
    for (const target of targets) {
      expect(parseConfig(serializeConfig({ ...target, rotationMetrics })).rotationMetrics).toBe(rotationMetrics);
    }
  });

  test.each<TargetConfig>([
    { target: 'generated', passwordPolicy: {} }, { target: 'module', passwordPolicy: {} }, { target: 'mysql', passwordPolicy: {} },
    { target: 'invoke', functionArn: 'arn', passwordPolicy: {} },
  ])('has the notification for every target: %j', (config) => {
    for (const notification of [{ eventBusArn: 'arn:bus' }, { topicArn: 'arn:topic' }, {}]) {
      expect(parseConfig(serializeConfig({ ...config, ...notification }))).toEqual({ ...config, ...notification });
    }
  });

  test('has every property of a policy', () => {
    expect([...POLICY_PROPERTIES].sort()).toEqual([
      'excludeCharacters', 'excludeLowercase', 'excludeNumbers', 'excludePunctuation', 'excludeUppercase', 'includeSpace', 'passwordLength',
      'requireEachIncludedType',
    ]);
  });

  test.each<[string, string | undefined, string]>([
    ['missing', undefined, 'is not set'],
    ['empty', '', 'is not set'],
    ['cut off', '{"target":"generated"', 'is not JSON'],
    ['a string', '"generated"', 'is not a JSON object'],
    ['null', 'null', 'is not a JSON object'],
    ['an array', '[]', 'is not a JSON object'],
    ['without a target', '{"passwordPolicy":{}}', 'has no target'],
    ['of a target that there is not', '{"target":"db2","passwordPolicy":{}}', 'has the target "db2", and this asset is that of generated'],
    ['of a target that every object has', '{"target":"constructor","passwordPolicy":{}}', 'has the target "constructor"'],
    ['of a database, without a policy', '{"target":"postgres"}', 'has no passwordPolicy'],
    ['with an empty bus', '{"target":"generated","eventBusArn":"","passwordPolicy":{}}', 'has a field eventBusArn that is not'],
    ['with a number as topic', '{"target":"mysql","topicArn":1,"passwordPolicy":{}}', 'has a field topicArn that is not'],
    ['of a database, with an empty superuser secret', '{"target":"postgres","superuserSecretArn":"","passwordPolicy":{}}', 'has a field superuserSecretArn that is not'],
    ['of a database, with a number as superuser secret', '{"target":"mysql","superuserSecretArn":1,"passwordPolicy":{}}', 'has a field superuserSecretArn that is not'],
    ['of a database, with an empty certificate authority', '{"target":"mariadb","certificateAuthority":"","passwordPolicy":{}}', 'has a field certificateAuthority that is not'],
    ['of a database, with plaintext in words', '{"target":"mysql","plaintextConnection":"false","passwordPolicy":{}}', 'has a field plaintextConnection that is not a boolean'],
    ['with an empty key', '{"target":"generated","generateStringKey":"","passwordPolicy":{}}', 'has a field generateStringKey that is not'],
    ['with a number as the key', '{"target":"generated","generateStringKey":1,"passwordPolicy":{}}', 'has a field generateStringKey that is not'],
    ['with null as the key', '{"target":"generated","generateStringKey":null,"passwordPolicy":{}}', 'has a field generateStringKey that is not'],
    ['with metrics in words', '{"target":"generated","passwordPolicy":{},"rotationMetrics":"true"}', 'has a field rotationMetrics that is not a boolean'],
    ['of a database, with null for metrics', '{"target":"mysql","passwordPolicy":{},"rotationMetrics":null}', 'has a field rotationMetrics that is not a boolean'],
    ['without a policy', '{"target":"generated"}', 'has no passwordPolicy'],
    ['with null as the policy', withPolicy(null), 'has no passwordPolicy'],
    ['with an array as the policy', withPolicy([]), 'has no passwordPolicy'],
    ['with a word as the policy', withPolicy('strong'), 'has no passwordPolicy'],
    ['with a length in words', withPolicy({ passwordLength: '20' }), 'passwordPolicy.passwordLength must be a number'],
    ['with a policy that can\'t be met', withPolicy({ passwordLength: 2 }), 'passwordPolicy.passwordLength is 2'],
  ])('is refused if it is %s', (_, text, problem) => {
    const { message } = errorOf(() => parse(text));
    expect(message).toContain(`${CONFIG_VARIABLE}: ${problem}`);
    expect(message).toContain('RotationFunction sets this variable');
  });
});

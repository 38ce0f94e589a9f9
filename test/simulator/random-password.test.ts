import { errorOf } from './fixture';
import { SecretsManagerSimulator } from '../../simulator/secrets-manager';
import type { Inputs } from '../../simulator/types';

type Policy = Inputs['GetRandomPassword'];

const NO_TYPE: Policy = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true };
const TYPES = [/[a-z]/, /[A-Z]/, /[0-9]/, /[!-/:-@[-`{-~]/];

/** Many passwords of one policy. */
function passwords(policy: Policy, count = 200): string[] {
  const simulator = new SecretsManagerSimulator();
  return Array.from({ length: count }, () => simulator.perform('GetRandomPassword', policy).RandomPassword!);
}

const errorFor = (policy: Policy) => errorOf(() => new SecretsManagerSimulator().perform('GetRandomPassword', policy));

test('by default 32 printable characters without a space, at least one of each type, never twice the same', () => {
  const made = passwords({});
  expect(made.every((password) => /^[!-~]{32}$/.test(password))).toBe(true);
  expect(made.every((password) => TYPES.every((type) => type.test(password)))).toBe(true);
  expect(new Set(made).size).toBe(made.length);
});

test.each([1, 4, 4096])('PasswordLength %d', (PasswordLength) => {
  const made = passwords({ PasswordLength, RequireEachIncludedType: PasswordLength >= 4 }, 5);
  expect(made.map(({ length }) => length)).toEqual(made.map(() => PasswordLength));
});

test('every allowed character occurs', () => {
  const used = new Set(passwords({ IncludeSpace: true }, 500).join(''));
  expect(used.size).toBe(26 + 26 + 10 + 32 + 1);
});

test('ExcludeCharacters are characters, not a pattern', () => {
  const made = passwords({ ExcludeCharacters: '[a-z]^.*\\' }).join('');
  expect(made).not.toMatch(/[[\]^.*\\az-]/);
  expect(made).toMatch(/[b-y]/);
});

test.each<[Policy, RegExp]>([
  [{ ExcludeLowercase: true }, /[a-z]/],
  [{ ExcludeUppercase: true }, /[A-Z]/],
  [{ ExcludeNumbers: true }, /[0-9]/],
  [{ ExcludePunctuation: true }, /[^A-Za-z0-9]/],
  [{ IncludeSpace: true, ExcludeCharacters: ' ' }, / /],
])('%j leaves out the excluded characters', (policy, excluded) => {
  expect(passwords(policy).join('')).not.toMatch(excluded);
});

test('IncludeSpace allows spaces, and does not require one', () => {
  const made = passwords({ IncludeSpace: true, PasswordLength: 8 });
  expect(made.some((password) => password.includes(' '))).toBe(true);
  expect(made.some((password) => !password.includes(' '))).toBe(true);
});

test('without RequireEachIncludedType a type may be missing', () => {
  const made = passwords({ PasswordLength: 4, RequireEachIncludedType: false });
  expect(made.some((password) => TYPES.some((type) => !type.test(password)))).toBe(true);
});

test.each<[Policy, RegExp]>([
  [{ PasswordLength: 3 }, /^InvalidParameterException: Password length is too short/],
  [{ PasswordLength: 0 }, /^ValidationException: .*'passwordLength'/],
  [{ PasswordLength: 4097 }, /^ValidationException: .*'passwordLength'/],
  [{ ExcludeCharacters: 'x'.repeat(4097) }, /^ValidationException: .*'excludeCharacters'/],
  [{ ExcludeCharacters: '0123456789' }, /^InvalidParameterException: All characters of the desired type/],
  [NO_TYPE, /^InvalidParameterException: All characters have been excluded/],
  [{ ...NO_TYPE, RequireEachIncludedType: false }, /^InvalidParameterException: All characters have been excluded/],
  [{ ...NO_TYPE, IncludeSpace: true }, /^InvalidParameterException: All characters of the desired type/],
])('%j is impossible', (policy, error) => {
  expect(errorFor(policy)).toMatch(error);
});

test('an excluded type is not a required one', () => {
  expect(passwords({ PasswordLength: 1, ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true }).join('')).toMatch(/^[0-9]+$/);
});

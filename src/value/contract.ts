/** Password policies, and the checks that the constructs and the handler share. */

/** The default length of GetRandomPassword. */
export const DEFAULT_PASSWORD_LENGTH = 32;

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export const MAX_PASSWORD_LENGTH = 4096;
export const MAX_EXCLUDE_CHARACTERS = 4096;

export interface PasswordPolicyConfig {
  readonly passwordLength?: number;
  readonly excludeCharacters?: string;
  readonly excludeLowercase?: boolean;
  readonly excludeUppercase?: boolean;
  readonly excludeNumbers?: boolean;
  readonly excludePunctuation?: boolean;
  readonly includeSpace?: boolean;
  readonly requireEachIncludedType?: boolean;
}

/** The character types of GetRandomPassword, as its API reference lists them. */
export const CHARACTER_TYPES = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  numbers: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

const POLICY_FIELDS: Record<keyof PasswordPolicyConfig, 'number' | 'string' | 'boolean'> = {
  passwordLength: 'number',
  excludeCharacters: 'string',
  excludeLowercase: 'boolean',
  excludeUppercase: 'boolean',
  excludeNumbers: 'boolean',
  excludePunctuation: 'boolean',
  includeSpace: 'boolean',
  requireEachIncludedType: 'boolean',
};

export const POLICY_PROPERTIES = Object.keys(POLICY_FIELDS) as (keyof PasswordPolicyConfig)[];

/** What is wrong with a policy: the property, and a sentence with what was given, what is allowed and what to do. */
export interface PolicyProblem {
  readonly property: keyof PasswordPolicyConfig;
  readonly problem: string;
}

/** The allowed characters of each included type, without the space. */
export function includedTypes(policy: PasswordPolicyConfig): string[] {
  const excluded = new Set(policy.excludeCharacters ?? '');
  const types: string[] = [];
  if (!policy.excludeLowercase) { types.push(CHARACTER_TYPES.lowercase); }
  if (!policy.excludeUppercase) { types.push(CHARACTER_TYPES.uppercase); }
  if (!policy.excludeNumbers) { types.push(CHARACTER_TYPES.numbers); }
  if (!policy.excludePunctuation) { types.push(CHARACTER_TYPES.punctuation); }
  return types.map((type) => [...type].filter((character) => !excluded.has(character)).join(''));
}

/** Why GetRandomPassword would refuse the policy, or could never meet it. Undefined if it can be met. */
export function findPolicyProblem(policy: PasswordPolicyConfig): PolicyProblem | undefined {
  for (const property of POLICY_PROPERTIES) {
    const value = policy[property];
    if (value !== undefined && typeof value !== POLICY_FIELDS[property]) {
      return { property, problem: `must be a ${POLICY_FIELDS[property]}, got a ${typeof value}` };
    }
  }
  const length = policy.passwordLength ?? DEFAULT_PASSWORD_LENGTH;
  if (!Number.isInteger(length) || length < 1 || length > MAX_PASSWORD_LENGTH) {
    return { property: 'passwordLength', problem: `must be a whole number from 1 to ${MAX_PASSWORD_LENGTH}, got ${length}` };
  }
  const excludedCount = [...(policy.excludeCharacters ?? '')].length;
  if (excludedCount > MAX_EXCLUDE_CHARACTERS) {
    return { property: 'excludeCharacters', problem: `may hold ${MAX_EXCLUDE_CHARACTERS} characters, got ${excludedCount}` };
  }
  const types = includedTypes(policy);
  const withSpace = policy.includeSpace === true && !(policy.excludeCharacters ?? '').includes(' ');
  if (types.join('') === '' && !withSpace) {
    return { property: 'excludeCharacters', problem: 'together with the excluded types leaves no character; allow at least one' };
  }
  if (policy.requireEachIncludedType ?? true) {
    if (types.length === 0) {
      return {
        property: 'requireEachIncludedType',
        problem: 'needs at least one included type, and all four are excluded; include one or set it to false',
      };
    }
    if (types.some((type) => type === '')) {
      return {
        property: 'excludeCharacters',
        problem: 'excludes every character of a type that requireEachIncludedType demands; exclude that type as a whole, or set requireEachIncludedType to false',
      };
    }
    if (length < types.length) {
      return {
        property: 'passwordLength',
        problem: `is ${length}, and requireEachIncludedType needs one character of each of ${types.length} included types; ` +
          `use at least ${types.length}, or set requireEachIncludedType to false`,
      };
    }
  }
  return undefined;
}

/** Whether the policy allows a password. It returns only a boolean, so that no part of the password gets out. */
export function meetsPolicy(password: string, policy: PasswordPolicyConfig): boolean {
  const types = includedTypes(policy);
  const allowed = new Set(types.join(''));
  if (policy.includeSpace && !(policy.excludeCharacters ?? '').includes(' ')) { allowed.add(' '); }
  const characters = [...password];
  return characters.length === (policy.passwordLength ?? DEFAULT_PASSWORD_LENGTH)
    && characters.every((character) => allowed.has(character))
    && (!(policy.requireEachIncludedType ?? true) || types.every((type) => characters.some((character) => type.includes(character))));
}

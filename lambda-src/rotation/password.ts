import { PasswordGenerationError, SecretValueError } from './errors';
import { MAX_VALUE_BYTES } from './secret-value';
import { DEFAULT_PASSWORD_LENGTH, findPolicyProblem, meetsPolicy, type PasswordPolicyConfig } from '../../src/contract';

const ATTEMPTS = 5;

/** The characters of passwords that take two bytes in JSON. */
const ESCAPED = ['"', '\\'];

/**
 * A password from `random` that meets the policy and is usable. Both are checked, because the target could refuse a password that doesn't meet
 * the policy.
 *
 * @param room how many bytes of JSON the password may take. Whether there is enough never depends on the password
 * @throws SecretValueError if there is no room for a password of the policy's length
 * @throws PasswordGenerationError after five unsuitable passwords.
 */
export async function generatePassword(
  policy: PasswordPolicyConfig,
  random: (policy: PasswordPolicyConfig) => Promise<string>,
  isUsable: (password: string) => boolean,
  room = Infinity,
): Promise<string> {
  const fitting = fit(policy, room);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const password = await random(fitting);
    if (meetsPolicy(password, fitting) && isUsable(password)) { return password; }
  }
  throw new PasswordGenerationError(`GetRandomPassword gave no password in ${ATTEMPTS} attempts that meets the policy and differs from the current one. `
    + 'Allow more characters or a greater length in the password policy');
}

/** The policy, without the characters that take two bytes if there may be no room for them. */
function fit(policy: PasswordPolicyConfig, room: number): PasswordPolicyConfig {
  const length = policy.passwordLength ?? DEFAULT_PASSWORD_LENGTH;
  const { excludeCharacters = '' } = policy;
  const allowed = policy.excludePunctuation ? [] : ESCAPED.filter((character) => !excludeCharacters.includes(character));
  if (length * (allowed.length > 0 ? 2 : 1) <= room) { return policy; }
  const fitting = { ...policy, excludeCharacters: excludeCharacters + allowed.join('') };
  const most = findPolicyProblem(fitting) ? 2 * length : length;
  if (most <= room) { return fitting; }
  throw new SecretValueError(`The value of the secret has no room for the next password: with one of ${length} characters, it would have more than the ${MAX_VALUE_BYTES} bytes that `
    + `Secrets Manager takes. Make the rest of the value at least ${most - room} bytes shorter, or give the target a passwordPolicy with a smaller passwordLength`);
}

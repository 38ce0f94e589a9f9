import { PasswordGenerationError } from './errors';
import { meetsPolicy, type PasswordPolicyConfig } from '../../src/contract';

const ATTEMPTS = 5;

/**
 * A password from `random` that meets the policy and is usable. Both are checked: a password that misses the policy could be
 * one that the target refuses.
 *
 * @throws PasswordGenerationError after five that weren't.
 */
export async function generatePassword(
  policy: PasswordPolicyConfig,
  random: () => Promise<string>,
  isUsable: (password: string) => boolean,
): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const password = await random();
    if (meetsPolicy(password, policy) && isUsable(password)) { return password; }
  }
  throw new PasswordGenerationError(`GetRandomPassword gave no password in ${ATTEMPTS} attempts that meets the policy and differs from the current one. `
    + 'Allow more characters or a greater length in the password policy');
}

import { fieldsOf, type TargetConfig } from '../../contract';
import type { PasswordPolicyConfig } from '../../value/contract';

export interface DirectoryTargetConfig<Target extends string = string> extends TargetConfig {
  readonly target: Target;
  /** If absent, the user changes its own password. */
  readonly superuserSecretArn?: string;
  /** The certificate authority of the server, as PEM. If absent, those of Node.js. */
  readonly certificateAuthority?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** The key of the secret that is rotated. */
export const DIRECTORY_PASSWORD_KEY = 'password';

/** https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml?search=636 */
export const LDAPS_DEFAULT_PORT = 636;

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseDirectoryConfig<Target extends string>(config: TargetConfig, expected: Target): DirectoryTargetConfig<Target> {
  const { target, passwordPolicy, text } = fieldsOf(config, expected);
  return { target, superuserSecretArn: text('superuserSecretArn'), certificateAuthority: text('certificateAuthority'), passwordPolicy };
}

/** Whether a text can be the distinguished name of an entry, at a glance: https://www.rfc-editor.org/rfc/rfc4514#section-3 */
export function looksLikeDn(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.-]*\s*=[^\0\r\n]+$/.test(text);
}

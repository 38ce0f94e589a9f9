import { fieldsOf, type TargetConfig } from '../../../contract';
import type { PasswordPolicyConfig } from '../../../value/contract';

export interface LdapTargetConfig extends TargetConfig {
  readonly target: 'ldap';
  /** If absent, the user changes its own password. */
  readonly superuserSecretArn?: string;
  /** Whether the entry keeps the password of AWSPREVIOUS. */
  readonly dualPasswords?: boolean;
  /** The certificate authority of the server, as PEM. If absent, those of Node.js. */
  readonly certificateAuthority?: string;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** The key of the secret that is rotated. */
export const LDAP_PASSWORD_KEY = 'password';

/** https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml?search=636 */
export const LDAPS_DEFAULT_PORT = 636;

/** The characters that need quotes in a shell, a URI or a configuration, and those that begin a hash in userPassword: https://www.rfc-editor.org/rfc/rfc2307#section-5.3 */
export const LDAP_EXCLUDE_CHARACTERS = '"\'`\\/@{} ';

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseLdapConfig(config: TargetConfig): LdapTargetConfig {
  const { target, passwordPolicy, text, requiredText, flag } = fieldsOf(config, 'ldap');
  const dualPasswords = flag('dualPasswords');
  return {
    target,
    superuserSecretArn: dualPasswords ? requiredText('superuserSecretArn') : text('superuserSecretArn'),
    dualPasswords,
    certificateAuthority: text('certificateAuthority'),
    passwordPolicy,
  };
}

/** Whether a text can be the distinguished name of an entry, at a glance: https://www.rfc-editor.org/rfc/rfc4514#section-3 */
export function looksLikeDn(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.-]*\s*=[^\0\r\n]+$/.test(text);
}

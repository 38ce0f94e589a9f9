import { fieldsOf, type TargetConfig } from '../../../contract';
import { parseDirectoryConfig, type DirectoryTargetConfig } from '../contract';

export interface LdapTargetConfig extends DirectoryTargetConfig<'ldap'> {
  /** Whether the entry keeps the password of AWSPREVIOUS. */
  readonly dualPasswords?: boolean;
}

/** The characters that need quotes in a shell, a URI or a configuration, and those that begin a hash in userPassword: https://www.rfc-editor.org/rfc/rfc2307#section-5.3 */
export const LDAP_EXCLUDE_CHARACTERS = '"\'`\\/@{} ';

/** @throws Error if it is the configuration of another target, or a field is wrong */
export function parseLdapConfig(config: TargetConfig): LdapTargetConfig {
  const { flag, requiredText } = fieldsOf(config, 'ldap');
  const dualPasswords = flag('dualPasswords');
  if (dualPasswords) { requiredText('superuserSecretArn'); }
  return { ...parseDirectoryConfig(config, 'ldap'), dualPasswords };
}

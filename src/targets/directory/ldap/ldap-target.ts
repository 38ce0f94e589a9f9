import { LDAP_EXCLUDE_CHARACTERS, type LdapTargetConfig } from './contract';
import { invalid } from '../../../invalid';
import type { RotationStrategy } from '../../../rotation-strategy';
import type { Generator } from '../../../value/generator';
import { looksLikeDn } from '../contract';
import { DirectoryTargetDefinition, type DirectoryUserOptions } from '../directory-target';

/** A user of an LDAP directory. */
export class LdapTarget extends DirectoryTargetDefinition<'ldap'> {
  constructor(policy: Generator, options: DirectoryUserOptions) {
    super({
      id: 'ldap',
      factory: 'RotationTarget.ldap',
      excludeCharacters: LDAP_EXCLUDE_CHARACTERS,
      support: { servers: ['OpenLDAP 2.5'] },
      isUser: looksLikeDn,
      userNoun: 'a distinguished name',
      exampleUser: 'uid=app,ou=services,dc=example,dc=com',
    }, policy, options);
  }

  public override config(generator: Generator): LdapTargetConfig {
    return { ...super.config(generator), dualPasswords: this.strategy._kind === 'dualPasswords' ? true : undefined };
  }

  protected override checkStrategy(strategy: RotationStrategy): void {
    const { _kind: kind, _superuserSecret: superuserSecret } = strategy;
    if (kind === 'alternatingUsers') {
      throw invalid('strategy', 'is alternatingUsers, and the groups and rights of a directory name one entry. Give RotationStrategy.dualPasswords, which refuses no login either, or '
        + 'RotationStrategy.singleUser');
    }
    if (kind === 'dualPasswords' && !superuserSecret) {
      throw invalid('superuserSecret', 'is missing, and dualPasswords needs it with RotationTarget.ldap, because the password modify operation of LDAP removes the other password. Give the secret of a '
        + 'user that may write userPassword of the entry');
    }
    super.checkStrategy(strategy);
  }
}

import { AD_CHARACTER_TYPES, AD_EXCLUDE_CHARACTERS, AD_PASSWORD_LENGTH, parseAdUser, type ActiveDirectoryTargetConfig } from './contract';
import { DEFAULT_PASSWORD_LENGTH, includedTypes } from '../../../contract';
import { invalid } from '../../../invalid';
import type { RotationStrategy } from '../../../rotation-strategy';
import { hasTokens, type Generator } from '../../../value/generator';
import { DirectoryTargetDefinition, type DirectoryUserOptions } from '../directory-target';

/** A user of Active Directory. */
export class ActiveDirectoryTarget extends DirectoryTargetDefinition<'active-directory'> {
  constructor(policy: Generator, options: DirectoryUserOptions) {
    super({
      id: 'active-directory',
      factory: 'RotationTarget.activeDirectory',
      excludeCharacters: AD_EXCLUDE_CHARACTERS,
      support: { servers: ['Samba 4.17'], neverOn: ['Windows Server', 'AWS Managed Microsoft AD'] },
      isUser: (username) => parseAdUser(username) !== undefined,
      userNoun: 'a user principal name, a distinguished name or a name with its domain',
      exampleUser: 'app@ad.example.com',
    }, policy, options);
    checkComplexity('passwordPolicy.', { ...this.defaults, ...policy });
  }

  public override config(generator: Generator): ActiveDirectoryTargetConfig {
    checkComplexity('', generator);
    return super.config(generator);
  }

  protected override checkStrategy(strategy: RotationStrategy): void {
    const { _kind: kind } = strategy;
    if (kind === 'alternatingUsers') {
      throw invalid('strategy', 'is alternatingUsers, and the groups and rights of Active Directory name one user. Give RotationStrategy.singleUser');
    }
    if (kind === 'dualPasswords') {
      throw invalid('strategy', 'is dualPasswords, and a user of Active Directory has one password. The one before it is accepted for another hour by default. Give RotationStrategy.singleUser');
    }
    super.checkStrategy(strategy);
  }
}

/** Throws if Active Directory with its default policy would refuse passwords of this policy. */
function checkComplexity(parent: string, policy: Generator): void {
  if (hasTokens(policy)) { return; }
  const { least, most } = AD_PASSWORD_LENGTH;
  const { passwordLength: length = DEFAULT_PASSWORD_LENGTH, requireEachIncludedType } = policy;
  if (length < least || length > most) {
    throw invalid(`${parent}passwordLength`, `is ${length}, and the password of a user of Active Directory has ${least} to ${most} characters. Choose a length from ${least} to ${most}`);
  }
  if (requireEachIncludedType === false) {
    throw invalid(`${parent}requireEachIncludedType`, `is false, and Active Directory refuses a password with less than ${AD_CHARACTER_TYPES} types of characters. Leave it out`);
  }
  const types = includedTypes(policy).length;
  if (types < AD_CHARACTER_TYPES) {
    throw invalid('passwordPolicy', `leaves ${types === 1 ? 'one type' : `${types} types`} of characters, and Active Directory refuses a password with less than ${AD_CHARACTER_TYPES}. Give at most one of `
      + 'excludeLowercase, excludeUppercase, excludeNumbers and excludePunctuation');
  }
}

import { Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { LDAP_EXCLUDE_CHARACTERS, LDAP_PASSWORD_KEY, LDAPS_DEFAULT_PORT, looksLikeDn, type LdapTargetConfig } from './contract';
import { invalid } from '../../../invalid';
import { RotationStrategy } from '../../../rotation-strategy';
import type { Generator } from '../../../value/generator';
import { checkCertificateAuthority } from '../../certificate-authority';
import { MAX_PORT, portOf } from '../../contract';
import { shippedCode, TargetDefinition, type TargetBinding } from '../../definition';
import { bindSuperuserSecret } from '../../superuser-secret';

/** The options of a user of an LDAP directory, without its generator. */
export interface LdapUserOptions {
  readonly strategy?: RotationStrategy;
  readonly directory?: ec2.IConnectable;
  readonly certificateAuthority?: string;
}

/** A user of an LDAP directory. */
export class LdapTarget extends TargetDefinition {
  public readonly factory = 'RotationTarget.ldap';
  public override readonly defaults: Generator = { excludeCharacters: LDAP_EXCLUDE_CHARACTERS };
  public override readonly hasFixedKey = true;
  public override readonly checkedKeys = ['username', 'host', 'port'];
  private readonly strategy: RotationStrategy;

  constructor(policy: Generator, private readonly options: LdapUserOptions) {
    super({ ...policy, generateStringKey: LDAP_PASSWORD_KEY });
    this.strategy = options.strategy ?? RotationStrategy.singleUser();
    checkStrategy(this.strategy);
    checkCertificateAuthority(options.certificateAuthority);
  }

  public code(): lambda.Code {
    return shippedCode('ldap');
  }

  public config({ generateStringKey, ...passwordPolicy }: Generator): LdapTargetConfig {
    const { _superuserSecret: superuserSecret } = this.strategy;
    return {
      target: 'ldap',
      superuserSecretArn: superuserSecret && (superuserSecret.secretFullArn ?? superuserSecret.secretArn),
      dualPasswords: this.strategy._kind === 'dualPasswords' ? true : undefined,
      certificateAuthority: this.options.certificateAuthority,
      passwordPolicy,
    };
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { _superuserSecret: superuserSecret } = this.strategy;
    const { directory } = this.options;
    return {
      ...superuserSecret && bindSuperuserSecret(superuserSecret, fn, 'with RotationStrategy.singleUser()'),
      reaches: { connectable: directory, defaultPort: LDAPS_DEFAULT_PORT },
      names: directory?.connections.securityGroups,
    };
  }

  public override checkValue(property: string, value: Readonly<Record<string, unknown>>): void {
    const given = (key: string) => Object.hasOwn(value, key) && !Token.isUnresolved(value[key]) ? value[key] : undefined;
    const [username, host, port] = this.checkedKeys.map(given);
    if (!Object.hasOwn(value, 'username') || (username !== undefined && (typeof username !== 'string' || !looksLikeDn(username)))) {
      throw invalid(property, `has ${Object.hasOwn(value, 'username') ? 'a username that is not a distinguished name' : 'no username'}. Give it the distinguished name of the entry whose password the `
        + 'secret holds, such as {"username":"uid=app,ou=services,dc=example,dc=com"}');
    }
    if (host !== undefined && (typeof host !== 'string' || !/^[^\s/\\,]+$/.test(host))) {
      throw invalid(property, 'has a host that is not the name of one server. Give the name that its certificate has, without ldaps://');
    }
    if (port !== undefined && port !== null && portOf(port) === undefined) {
      throw invalid(property, `has the port ${JSON.stringify(port)}, which is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
    }
  }
}

function checkStrategy(strategy: RotationStrategy): void {
  const { _kind: kind, _superuserSecret: superuserSecret, _creationStatements: creationStatements, _resetLostPassword: resetLostPassword } = strategy;
  if (kind === 'alternatingUsers') {
    throw invalid('strategy', 'is alternatingUsers, and the groups and rights of a directory name one entry. Give RotationStrategy.dualPasswords, which refuses no login either, or '
      + 'RotationStrategy.singleUser');
  }
  if (kind === 'dualPasswords' && !superuserSecret) {
    throw invalid('superuserSecret', 'is missing, and dualPasswords needs it with RotationTarget.ldap, because the password modify operation of LDAP removes the other password. Give the secret of a '
      + 'user that may write userPassword of the entry');
  }
  if (creationStatements) {
    throw invalid('creationStatements', 'is given, and RotationTarget.ldap creates no entry. Leave it out, and create the entry with the first password of the secret');
  }
  if (resetLostPassword) {
    throw invalid('resetLostPassword', 'is true, and RotationTarget.ldap changes a password only after a login with a version of the secret. Leave it out, and put the password that works into the '
      + 'secret');
  }
}

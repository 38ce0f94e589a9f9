import { fieldsOf, type TargetConfig } from '../../contract';
import type { PasswordPolicyConfig } from '../../value/contract';

export const DATABASE_TARGETS = ['postgres', 'mysql', 'mariadb'] as const;

/** What the key `engine` of a secret may hold, by the target that rotates its user. */
export const DATABASE_ENGINE_NAMES: Readonly<Record<typeof DATABASE_TARGETS[number], readonly string[]>> = {
  postgres: ['postgres', 'postgresql', 'aurora-postgresql'],
  mysql: ['mysql', 'aurora-mysql', 'aurora'],
  mariadb: ['mariadb'],
};

export interface DatabaseTargetConfig extends TargetConfig {
  readonly target: typeof DATABASE_TARGETS[number];
  /** Alternating users where it is given, a single user where it is absent. */
  readonly superuserSecretArn?: string;
  /** The certificate authority of the server, as PEM; those of Amazon RDS and of Node.js where it is absent. */
  readonly certificateAuthority?: string;
  /** Without TLS. */
  readonly plaintextConnection?: boolean;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** The key of a database secret that is rotated: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html */
export const DATABASE_PASSWORD_KEY = 'password';

/**
 * What RDS refuses in a master password, and two more that are awkward in connection strings: what AWS's own rotation functions leave out.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
 */
export const DATABASE_EXCLUDE_CHARACTERS = '/@"\'\\ ';

/**
 * What later passwords don't have either, unless the policy says what they exclude. The first value keeps what it was generated with:
 * CloudFormation would generate it anew. PostgreSQL's password file takes a colon for the end of the password.
 * https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export const DATABASE_LATER_EXCLUDE_CHARACTERS: Readonly<Record<typeof DATABASE_TARGETS[number], string>> = { postgres: ':', mysql: '', mariadb: '' };

/** What follows the name of the first of two alternating users in the name of the second, as AWS's own rotation functions name it. */
export const CLONE_SUFFIX = '_clone';

/** @throws Error if it is the configuration of another target than one of `targets`, or a field is wrong */
export function parseDatabaseConfig(config: TargetConfig, targets: readonly DatabaseTargetConfig['target'][] = DATABASE_TARGETS): DatabaseTargetConfig {
  const { target, passwordPolicy, text, flag } = fieldsOf(config, ...targets);
  return {
    target,
    superuserSecretArn: text('superuserSecretArn'),
    certificateAuthority: text('certificateAuthority'),
    plaintextConnection: flag('plaintextConnection'),
    passwordPolicy,
  };
}

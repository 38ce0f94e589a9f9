import { fieldsOf, type TargetConfig } from '../../contract';
import type { PasswordPolicyConfig } from '../../value/contract';

export const DATABASE_TARGETS = ['postgres', 'mysql', 'mariadb', 'redshift', 'mongoDb', 'documentDb', 'oracle', 'sqlServer'] as const;

/** The values of a secret's key `engine`, by the target that rotates its user. */
export const DATABASE_ENGINE_NAMES: Readonly<Record<typeof DATABASE_TARGETS[number], readonly string[]>> = {
  postgres: ['postgres', 'postgresql', 'aurora-postgresql'],
  mysql: ['mysql', 'aurora-mysql', 'aurora'],
  mariadb: ['mariadb'],
  redshift: ['redshift'],
  mongoDb: ['mongo'],
  documentDb: ['mongo'],
  // AWS's own rotation functions take the first.
  oracle: ['oracle', 'oracle-ee', 'oracle-ee-cdb', 'oracle-se2', 'oracle-se2-cdb'],
  sqlServer: ['sqlserver'],
};

export interface DatabaseTargetConfig extends TargetConfig {
  readonly target: typeof DATABASE_TARGETS[number];
  /** Of the superuser secret. Without `dualPasswords` and `singleUser`: alternating users if set, a single user if absent. */
  readonly superuserSecretArn?: string;
  /** A single user whose password the superuser sets. */
  readonly singleUser?: boolean;
  /** Two passwords of one user. The user adds them itself if there is no superuser secret. */
  readonly dualPasswords?: boolean;
  /** What follows the creation of a missing user. If absent, a missing user isn't created. */
  readonly creationStatements?: readonly string[];
  /** Whether the superuser sets the password of a user who has none of the secret's. */
  readonly resetLostPassword?: boolean;
  /** The host to log in to, or the host and the port. If absent, those of the secret. */
  readonly endpoint?: string;
  /** Whether the secrets must have the host and the port of the endpoint. */
  readonly endpointIsServer?: boolean;
  /** The certificate authority of the server, as PEM. If absent, those of Node.js, and those of Amazon RDS for its databases. */
  readonly certificateAuthority?: string;
  /** Whether to connect without TLS. */
  readonly plaintextConnection?: boolean;
  readonly passwordPolicy: PasswordPolicyConfig;
}

/** The key of a database secret that is rotated: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html */
export const DATABASE_PASSWORD_KEY = 'password';

/**
 * The characters that AWS's own rotation functions exclude: those that RDS refuses in a master password, and two that are awkward in connection
 * strings.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
 */
export const DATABASE_EXCLUDE_CHARACTERS = '/@"\'\\ ';

/**
 * The characters that later passwords also exclude, unless the policy has excludeCharacters. The generator of the first value stays the same,
 * because CloudFormation would generate a new value. A colon ends the password in PostgreSQL's password file.
 * https://www.postgresql.org/docs/current/libpq-pgpass.html
 * A semicolon ends a value in the connection strings of SQL Server's drivers, and braces enclose one.
 * https://learn.microsoft.com/en-us/sql/connect/jdbc/building-the-connection-url
 */
export const DATABASE_LATER_EXCLUDE_CHARACTERS: Readonly<Record<typeof DATABASE_TARGETS[number], string>> = {
  postgres: ':', mysql: '', mariadb: '', redshift: ':', mongoDb: '', documentDb: '', oracle: '', sqlServer: ';{}',
};

/** The suffix of the second of two alternating users, as in AWS's own rotation functions. */
export const CLONE_SUFFIX = '_clone';

/** @throws Error if it is the configuration of another target than one of `targets`, or a field is wrong */
export function parseDatabaseConfig(config: TargetConfig, targets: readonly DatabaseTargetConfig['target'][] = DATABASE_TARGETS): DatabaseTargetConfig {
  const { target, passwordPolicy, text, texts, flag } = fieldsOf(config, ...targets);
  return {
    target,
    superuserSecretArn: text('superuserSecretArn'),
    singleUser: flag('singleUser'),
    dualPasswords: flag('dualPasswords'),
    creationStatements: texts('creationStatements'),
    resetLostPassword: flag('resetLostPassword'),
    endpoint: text('endpoint'),
    endpointIsServer: flag('endpointIsServer'),
    certificateAuthority: text('certificateAuthority'),
    plaintextConnection: flag('plaintextConnection'),
    passwordPolicy,
  };
}

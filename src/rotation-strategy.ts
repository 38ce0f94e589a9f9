import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { invalid } from './invalid';

/**
 * Options for users that a superuser creates.
 */
export interface SuperuserOptions {
  /**
   * SQL statements that give a missing user its rights, in order. The first rotation that finds no user with the name in the secret creates it,
   * runs them, and lets it log in afterwards. A rotation never runs them for an existing user.
   *
   * Each is one statement without a semicolon. `{user}` stands for the user, with quotes. Examples are `GRANT app_readers TO {user}` for PostgreSQL and
   * ``GRANT SELECT, INSERT ON app.* TO {user}`` for MySQL and MariaDB, whose user may then log in from every host. They run as the superuser, in the
   * database of the key `dbname`. In PostgreSQL and Redshift, they are one transaction with the creation of the user. In MySQL and MariaDB they may run again after a
   * failure, so each must be repeatable.
   *
   * A principal that may change the value of the secret can put another name into it, and so get a user with these rights.
   *
   * Give an empty list for a user without further rights. The factory of the target throws for a statement that a rotation can't run, and for a
   * token.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/first-deployment.md
   * @default - a missing user is not created: a rotation fails, and changes nothing
   */
  readonly creationStatements?: string[];
}

/**
 * Options for a single user whose password a superuser changes.
 */
export interface SingleUserOptions extends SuperuserOptions {
  /**
   * Whether the superuser also sets the password of a user who accepts none of AWSCURRENT, AWSPENDING and AWSPREVIOUS, as after a password was
   * changed by hand. Otherwise such a rotation fails, and changes nothing.
   *
   * A principal that may change the value of the secret can then put any name into it, and get a password of that user. Users who may manage
   * other users, superusers, and in PostgreSQL users with REPLICATION or BYPASSRLS, are refused.
   *
   * @default false
   */
  readonly resetLostPassword?: boolean;
}

/**
 * How a rotation changes the credential of a database: the password of one user, of two users in turn, or two passwords of one user.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html
 */
export class RotationStrategy {
  /**
   * One user, who changes its own password, or whose password a superuser changes. The database refuses the current version from the change
   * of the password until the new version becomes AWSCURRENT, moments later. Clients have to retry.
   *
   * A superuser is for users who may not change their own password, and for users that a rotation creates. The superuser changes it only after
   * a login with a version of the secret.
   *
   * A user of MySQL or MariaDB can change only the account for the host that the function connects from. A rotation fails, and changes
   * nothing, if the user has an account for another host. It also fails if the server locks the user after one failed login.
   *
   * @see https://dev.mysql.com/doc/refman/8.4/en/account-names.html
   * @param superuserSecret the secret of a user of the same server who may set the password of the user, and create it with
   * `creationStatements`, which the function may read (if it was imported and has an `encryptionKey`, give that at the import), or none if
   * the user changes its own password
   * @param options what the superuser does for the user
   * @throws if there are options and no superuser secret
   */
  public static singleUser(superuserSecret?: secretsmanager.ISecret, options: SingleUserOptions = {}): RotationStrategy {
    return new RotationStrategy('singleUser', superuserSecret ?? undefined, options);
  }

  /**
   * Two users with the same rights, in turn. A rotation never changes the user of AWSCURRENT, so no login with AWSCURRENT is refused.
   *
   * The second user has the name of the first user and `_clone`. The first rotation creates it. If a user with that name exists, a rotation
   * changes it only with a proof that it belongs to the secret: a mark that an earlier rotation left, or a login with AWSPREVIOUS.
   * Otherwise the rotation fails, and changes nothing.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html#rotating-secrets-two-users
   * @param superuserSecret the secret of a user of the same server that may create users and give them rights and passwords, which the
   * function may read (if it was imported and has an `encryptionKey`, give that at the import)
   * @param options what the superuser does for the first user
   * @throws if there is no superuser secret
   */
  public static alternatingUsers(superuserSecret: secretsmanager.ISecret, options: SuperuserOptions = {}): RotationStrategy {
    // The compiler doesn't check callers in other languages, or an optional database.secret.
    if (!(superuserSecret as unknown)) {
      throw invalid('superuserSecret', 'is missing, and alternating users need it: give the secret of a user that may create the other one, such as the secret of the '
        + 'database. An imported database has no secret; import its secret too');
    }
    return new RotationStrategy('alternatingUsers', superuserSecret, options);
  }

  /**
   * One user with two passwords. The database accepts the password of AWSPREVIOUS until the next rotation, so a reader may be one rotation
   * late, and no login with AWSCURRENT is refused. The username stays. Any other password of the user is discarded.
   *
   * MySQL 8.0.14 and later: the user needs `GRANT APPLICATION_PASSWORD_ADMIN ON *.*`, unless there is a superuser secret. MariaDB 10.11 and
   * later: needs a superuser secret, and accounts with `mysql_native_password`. Oracle 19.12 and later: the user needs a profile with
   * `PASSWORD_ROLLOVER_TIME`, for which the password of AWSPREVIOUS is accepted, and there is no superuser secret. PostgreSQL and Redshift accept one
   * password for a user, so their targets throw. The user may have only one account, as with `singleUser`.
   *
   * @see https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords
   * @see https://mariadb.com/docs/server/reference/sql-statements/account-management-sql-statements/alter-user
   * @param superuserSecret the secret of a user of the same server with `CREATE USER` and `SELECT` on the database `mysql`, which the
   * function may read (if it was imported and has an `encryptionKey`, give that at the import)
   * @param options what the superuser does for the user
   * @throws if there are options and no superuser secret
   */
  public static dualPasswords(superuserSecret?: secretsmanager.ISecret, options: SuperuserOptions = {}): RotationStrategy {
    return new RotationStrategy('dualPasswords', superuserSecret ?? undefined, options);
  }

  /** @internal */
  public readonly _kind: 'singleUser' | 'alternatingUsers' | 'dualPasswords';

  /** @internal */
  public readonly _superuserSecret?: secretsmanager.ISecret;

  /** @internal */
  public readonly _creationStatements?: readonly string[];

  /** @internal */
  public readonly _resetLostPassword: boolean;

  private constructor(kind: 'singleUser' | 'alternatingUsers' | 'dualPasswords', superuserSecret: secretsmanager.ISecret | undefined, options: SingleUserOptions) {
    const { creationStatements, resetLostPassword = false } = options;
    if (!superuserSecret && (creationStatements || resetLostPassword)) {
      throw invalid('superuserSecret', `is missing, and ${creationStatements ? 'creationStatements' : 'resetLostPassword'} needs it: give the secret of a user that may create users and set their `
        + 'passwords, such as the secret of the database');
    }
    this._kind = kind;
    this._superuserSecret = superuserSecret;
    this._creationStatements = creationStatements;
    this._resetLostPassword = resetLostPassword;
  }
}

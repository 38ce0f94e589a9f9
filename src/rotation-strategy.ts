import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { invalid } from './invalid';

/**
 * How a rotation changes the credential of a database: the password of one user, of two users in turn, or two passwords of one user.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html
 */
export class RotationStrategy {
  /**
   * One user, who changes its own password. The database refuses the current version from the change of the password until the new version
   * becomes AWSCURRENT, moments later. Clients have to retry.
   *
   * A user of MySQL or MariaDB can change only the account for the host that the function connects from. A rotation fails, and changes
   * nothing, if the user has an account for another host. It also fails if the server locks the user after one failed login.
   *
   * @see https://dev.mysql.com/doc/refman/8.4/en/account-names.html
   */
  public static singleUser(): RotationStrategy {
    return new RotationStrategy('singleUser');
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
   * @throws if there is no superuser secret
   */
  public static alternatingUsers(superuserSecret: secretsmanager.ISecret): RotationStrategy {
    // The compiler doesn't check callers in other languages, or an optional database.secret.
    if (!(superuserSecret as unknown)) {
      throw invalid('superuserSecret', 'is missing, and alternating users need it: give the secret of a user that may create the other one, such as the secret of the '
        + 'database. An imported database has no secret; import its secret too');
    }
    return new RotationStrategy('alternatingUsers', superuserSecret);
  }

  /**
   * One user with two passwords. The database accepts the password of AWSPREVIOUS until the next rotation, so a reader may be one rotation
   * late, and no login with AWSCURRENT is refused. The username stays. Any other password of the user is discarded.
   *
   * MySQL 8.0.14 and later: the user needs `GRANT APPLICATION_PASSWORD_ADMIN ON *.*`, unless there is a superuser secret. MariaDB 10.11 and
   * later: needs a superuser secret, and accounts with `mysql_native_password`. PostgreSQL accepts one password for a user, so its target
   * throws. The user may have only one account, as with `singleUser`.
   *
   * @see https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords
   * @see https://mariadb.com/docs/server/reference/sql-statements/account-management-sql-statements/alter-user
   * @param superuserSecret the secret of a user of the same server with `CREATE USER` and `SELECT` on the database `mysql`, which the
   * function may read (if it was imported and has an `encryptionKey`, give that at the import)
   */
  public static dualPasswords(superuserSecret?: secretsmanager.ISecret): RotationStrategy {
    return new RotationStrategy('dualPasswords', superuserSecret ?? undefined);
  }

  /** @internal */
  public readonly _kind: 'singleUser' | 'alternatingUsers' | 'dualPasswords';

  /** @internal */
  public readonly _superuserSecret?: secretsmanager.ISecret;

  private constructor(kind: 'singleUser' | 'alternatingUsers' | 'dualPasswords', superuserSecret?: secretsmanager.ISecret) {
    this._kind = kind;
    this._superuserSecret = superuserSecret;
  }
}

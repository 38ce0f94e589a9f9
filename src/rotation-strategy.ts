import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { invalid } from './invalid';

/**
 * Which users of a database a secret goes through when it rotates.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html
 */
export class RotationStrategy {
  /**
   * One user, who changes its own password. Between the change in the database and the promotion of the new version, which is
   * moments later, whoever connects with the current version is refused, and has to try again.
   *
   * A user of MySQL or MariaDB can change the password of one of its accounts only, the one for the host that the function comes from. A
   * rotation fails, and changes nothing, if it sees another one. It also fails if the server locks the user after one failed login.
   *
   * @see https://dev.mysql.com/doc/refman/8.4/en/account-names.html
   */
  public static singleUser(): RotationStrategy {
    return new RotationStrategy();
  }

  /**
   * Two users with the same rights, in turn. The user of the current version is never touched, so whoever connects with it gets in
   * at every instant.
   *
   * The other user is named like the one of the secret with `_clone` after it. The first rotation makes it. A user with that name that
   * exists already is changed only if something shows that it belongs to the secret: a mark that an earlier rotation left, or a login with
   * the version that has AWSPREVIOUS. Otherwise the rotation fails, and changes nothing.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html#rotating-secrets-two-users
   * @param superuserSecret the secret of a user of the same server, who may make users and give them rights and passwords, which the
   * function may read (if it was imported and has an `encryptionKey`, give that at the import)
   * @throws where there is no superuser secret
   */
  public static alternatingUsers(superuserSecret: secretsmanager.ISecret): RotationStrategy {
    // The compiler doesn't see what other languages, and an optional database.secret, bring along.
    if (!(superuserSecret as unknown)) {
      throw invalid('superuserSecret', 'is missing, and alternating users need it: give the secret of a user who may make the other one, such as the secret of the '
        + 'database. An imported database knows of none; import its secret too');
    }
    return new RotationStrategy(superuserSecret);
  }

  /** @internal */
  public readonly _superuserSecret?: secretsmanager.ISecret;

  private constructor(superuserSecret?: secretsmanager.ISecret) {
    this._superuserSecret = superuserSecret;
  }
}

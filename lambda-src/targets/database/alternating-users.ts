import { mustShareServer, parseCredentials, type Credentials } from './credentials';
import { changeOrFindOut, isAccepted, withSessionIfAccepted, type DatabaseRotation, type Strategy } from './strategy';
import { AuthenticationError, RotationError, SecretValueError } from '../../rotation/errors';

/** As AWS's own rotation functions name the second user, so that secrets of theirs go on with the users they have. */
const SUFFIX = '_clone';

/** Two users who may do the same, in turn. The one of AWSCURRENT is never touched, so whoever reads it gets in at every instant. */
export class AlternatingUsers implements Strategy {
  constructor(private readonly superuserSecretArn: string) {}

  public nextUser(user: string): string {
    return user.endsWith(SUFFIX) && user !== SUFFIX ? user.slice(0, -SUFFIX.length) : user + SUFFIX;
  }

  public async setSecret(rotation: DatabaseRotation): Promise<void> {
    const { engine, deadline, pending, current } = rotation;
    const superuser = await this.superuser(rotation);
    mustShareServer(superuser, current, 'the superuser secret and the secret');
    if (superuser.username === pending.username || superuser.username === current.username) {
      throw new SecretValueError('The superuser secret has the user that it is to give a password. Use the secret of another user, who may manage this one');
    }
    if (await isAccepted(engine, pending, deadline)) { return; }
    if (!await isAccepted(engine, current, deadline)) {
      throw new AuthenticationError('The server does not accept the credentials of the version with AWSCURRENT, so nothing was changed. Put the password that works '
        + 'into the secret, or give it to the user, and rotate again');
    }
    const { username, password } = superuser;
    const isFirst = current.username === pending.username + SUFFIX;
    const login = { ...current, dbname: current.dbname ?? superuser.dbname, username, password };
    const changed = await withSessionIfAccepted(engine, login, deadline, async (session) => {
      await changeOrFindOut(rotation, () => session.shareWith(pending.username, pending.password, current.username, isFirst));
      return true;
    });
    if (!changed) {
      throw new AuthenticationError(`The server does not accept the credentials of the superuser secret ${this.superuserSecretArn}, so nothing was changed. Put the `
        + 'password that works into it, and rotate again');
    }
  }

  private async superuser({ values, engine }: DatabaseRotation): Promise<Credentials> {
    const value = await values.ofSecret(this.superuserSecretArn);
    try {
      return parseCredentials(value, engine);
    } catch (error) {
      throw error instanceof RotationError ? new SecretValueError(`In the superuser secret ${this.superuserSecretArn}: ${error.message}`) : error;
    }
  }
}

import { mustShareServer, parseCredentials, type Credentials } from './credentials';
import type { ShareRequest } from './engine';
import { UnprovenUserError } from './failures';
import { changeOrFindOut, isAccepted, previousCredentials, withSessionIfAccepted, type DatabaseRotation, type Strategy } from './strategy';
import { CLONE_SUFFIX } from '../../../src/targets/database/contract';
import { AuthenticationError, RotationError, SecretValueError } from '../../rotation/errors';

/** Two users with the same rights, in turn. A rotation never changes the user of AWSCURRENT, so logins with AWSCURRENT never fail. */
export class AlternatingUsers implements Strategy {
  constructor(private readonly superuserSecretArn: string) {}

  public nextUser(user: string): string {
    return user.endsWith(CLONE_SUFFIX) && user !== CLONE_SUFFIX ? user.slice(0, -CLONE_SUFFIX.length) : user + CLONE_SUFFIX;
  }

  public async setSecret(rotation: DatabaseRotation): Promise<void> {
    const { engine, deadline, pending, current } = rotation;
    const superuser = await this.superuser(rotation);
    mustShareServer(superuser, current, 'the superuser secret and the secret');
    if (superuser.username === pending.username || superuser.username === current.username) {
      throw new SecretValueError('The superuser secret has the user whose password it would change. Use the secret of another user that may manage this one');
    }
    const login = await withSessionIfAccepted(engine, current, deadline, async ({ scramIterations }) => ({ scramIterations }));
    if (!login) {
      throw new AuthenticationError('The server does not accept the credentials of the version with AWSCURRENT, so nothing was changed. Create the user with '
        + 'that password if it was never created. Otherwise put the password that works into the secret, or give it to the user, and rotate again. See that the user is not locked and that its password has not expired (VALID UNTIL in PostgreSQL)');
    }
    const { username, password } = superuser;
    const superuserLogin = { ...current, dbname: current.dbname ?? superuser.dbname, username, password };
    const request: ShareRequest = {
      ...login,
      user: pending.username,
      password: pending.password,
      original: current.username,
      isFirst: current.username === pending.username + CLONE_SUFFIX,
    };
    const changed = await withSessionIfAccepted(engine, superuserLogin, deadline, async (session) => {
      const partner = await session.claim(request);
      if (partner.exists) {
        const isProven = partner.isMarked || await isProvenByLogin(rotation);
        // A wrong login may lock a user, and an unproven user may not belong to this secret.
        if ((isProven || partner.isRelated) && partner.isToldByLogin && await isAccepted(engine, pending, deadline)) { return true; }
        if (!isProven) { throw new UnprovenUserError(); }
      }
      const share = () => session.shareWith(request);
      // A login by one account proves nothing about the others.
      await (partner.isToldByLogin ? changeOrFindOut(rotation, share) : share());
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

/** Whether AWSPREVIOUS logs in as the user that is to be changed. If that version has another user, there is no connection. */
async function isProvenByLogin(rotation: DatabaseRotation): Promise<boolean> {
  const { engine, deadline, pending } = rotation;
  const previous = await previousCredentials(rotation);
  return previous?.username === pending.username && isAccepted(engine, previous, deadline);
}

import type { ShareRequest } from './engine';
import { UnprovenUserError } from './failures';
import { changeOrFindOut, isAccepted, previousCredentials, withSessionIfAccepted, type DatabaseRotation, type Strategy } from './strategy';
import type { Superuser } from './superuser';
import { CLONE_SUFFIX } from '../../../src/targets/database/contract';
import { AuthenticationError } from '../../rotation/errors';

/** Two users with the same rights, in turn. A rotation never changes the user of AWSCURRENT, so logins with AWSCURRENT never fail. */
export class AlternatingUsers implements Strategy {
  constructor(private readonly superuser: Superuser) {}

  public nextUser(user: string): string {
    return user.endsWith(CLONE_SUFFIX) && user !== CLONE_SUFFIX ? user.slice(0, -CLONE_SUFFIX.length) : user + CLONE_SUFFIX;
  }

  public async setSecret(rotation: DatabaseRotation): Promise<void> {
    const { engine, deadline, values, pending, current } = rotation;
    const superuser = await this.superuser.credentials(rotation);
    const login = await withSessionIfAccepted(engine, current, deadline, async ({ scramIterations }) => ({ scramIterations }));
    if (!login) {
      throw new AuthenticationError('The server does not accept the credentials of the version with AWSCURRENT, so nothing was changed. Create the user with '
        + 'that password if it was never created. Otherwise put the password that works into the secret, or give it to the user, and rotate again. See that the user is not locked, that its password has not expired (VALID UNTIL in PostgreSQL), and that it holds no character that SASLprep changes (MongoDB)');
    }
    const request: ShareRequest = {
      ...login,
      user: pending.username,
      password: pending.password,
      original: current.username,
      isFirst: current.username === pending.username + CLONE_SUFFIX,
    };
    await this.superuser.use(rotation, superuser, async (session) => {
      const partner = await session.claim(request);
      if (partner.exists) {
        const isProven = partner.isMarked || await isProvenByLogin(rotation);
        // A wrong login may lock a user, and an unproven user may not belong to this secret.
        if ((isProven || partner.isRelated) && partner.isToldByLogin && await isAccepted(engine, pending, deadline)) { return; }
        if (!isProven) { throw new UnprovenUserError(); }
      }
      // Another rotation may have given the user the password of AWSCURRENT while this one waited.
      await values.checkInProgress();
      const share = () => session.shareWith(request);
      // A login by one account proves nothing about the others.
      await (partner.isToldByLogin ? changeOrFindOut(rotation, share) : share());
    });
  }
}

/** Whether AWSPREVIOUS logs in as the user that is to be changed. If that version has another user, there is no connection. */
async function isProvenByLogin(rotation: DatabaseRotation): Promise<boolean> {
  const { engine, deadline, pending } = rotation;
  const previous = await previousCredentials(rotation);
  return previous?.username === pending.username && isAccepted(engine, previous, deadline);
}

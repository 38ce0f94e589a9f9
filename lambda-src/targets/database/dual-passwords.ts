import type { Credentials } from './credentials';
import type { AddPasswordRequest, Session } from './engine';
import { SingleUser } from './single-user';
import { isAccepted, previousCredentials, withSessionIfAccepted, type DatabaseRotation } from './strategy';
import type { Superuser } from './superuser';
import { TargetRefusedError } from '../../rotation/errors';

/**
 * One user with two passwords. The server accepts those of AWSPENDING and AWSCURRENT from setSecret on, so that of AWSPREVIOUS until the next
 * rotation replaces it, or for as long as the system keeps it. Any other password of the user is replaced too.
 */
export class DualPasswords extends SingleUser {
  /** @param superuser undefined if the user itself adds its passwords */
  constructor(private readonly superuser?: Superuser) {
    super();
  }

  protected override async change(rotation: DatabaseRotation, known: Credentials): Promise<boolean> {
    const { engine, deadline, pending, values } = rotation;
    const request: AddPasswordRequest = {
      known,
      password: pending.password,
      isKnown: () => isAccepted(engine, known, deadline),
      isAdded: () => isAccepted(engine, pending, deadline),
      isPrevious: async () => {
        const previous = await previousCredentials(rotation);
        const isOther = previous?.username === known.username && previous.password !== known.password;
        return isOther ? isAccepted(engine, previous, deadline) : undefined;
      },
      checkInProgress: () => values.checkInProgress(),
    };
    const { superuser } = this;
    const credentials = await superuser?.credentials(rotation);
    // A lost reply fails the step, and the retry finds the new password. A check here could be a wrong login, which may lock the user.
    const add = async (session: Session) => {
      if (!session.addPassword) {
        throw new TargetRefusedError('The database has no second password for a user, so nothing was changed. Alternate between two users with RotationStrategy.alternatingUsers');
      }
      await session.addPassword(request);
    };
    return await withSessionIfAccepted(engine, known, deadline, async (own) => {
      await (superuser && credentials ? superuser.use(rotation, credentials, add) : add(own));
      return true;
    }) ?? false;
  }
}

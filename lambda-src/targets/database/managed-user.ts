import type { Credentials } from './credentials';
import { SingleUser } from './single-user';
import { changeOrFindOut, withSessionIfAccepted, type DatabaseRotation } from './strategy';
import type { Superuser } from './superuser';

/** One user, whose password the superuser sets after a login with a version of the secret. */
export class ManagedUser extends SingleUser {
  constructor(private readonly superuser: Superuser) {
    super();
  }

  protected override async change(rotation: DatabaseRotation, known: Credentials): Promise<boolean> {
    const { engine, deadline, pending, values } = rotation;
    const superuser = await this.superuser.credentials(rotation);
    return await withSessionIfAccepted(engine, known, deadline, async (own) => {
      await own.checkOwnPasswordChange();
      await changeOrFindOut(rotation, () => this.superuser.use(rotation, superuser, async (session) => {
        await values.checkInProgress();
        await session.changePasswordOf({ user: known.username, password: pending.password, scramIterations: own.scramIterations, kind: own.kind });
      }));
      return true;
    }) ?? false;
  }
}

import type { Credentials } from './credentials';
import { SingleUser } from './single-user';
import { changeOrFindOut, withSessionIfAccepted, type DatabaseRotation } from './strategy';
import { isUserRefused, type Superuser } from './superuser';

/** One user, whose password the superuser sets after a login with a version of the secret. */
export class ManagedUser extends SingleUser {
  constructor(private readonly superuser: Superuser, private readonly resetsLostPassword: boolean) {
    super();
  }

  public override async setSecret(rotation: DatabaseRotation): Promise<void> {
    try {
      await super.setSecret(rotation);
    } catch (error) {
      if (!this.resetsLostPassword || !isUserRefused(error) || !await this.reset(rotation)) { throw error; }
    }
  }

  protected override async change(rotation: DatabaseRotation, known: Credentials): Promise<boolean> {
    const { engine, deadline, pending, values } = rotation;
    const superuser = await this.superuser.credentials(rotation);
    return await withSessionIfAccepted(engine, known, deadline, async (own) => {
      await own.checkOwnPasswordChange();
      await changeOrFindOut(rotation, () => this.superuser.use(rotation, superuser, async (session) => {
        await values.checkInProgress();
        await session.changePasswordOf({ user: known.username, password: pending.password, scramIterations: own.scramIterations });
      }));
      return true;
    }) ?? false;
  }

  /** False if there is no such user. */
  private async reset(rotation: DatabaseRotation): Promise<boolean> {
    const { pending: { username: user, password }, values } = rotation;
    return this.superuser.use(rotation, await this.superuser.credentials(rotation), async (session) => {
      if (!await session.checkIsOrdinary(user)) { return false; }
      await values.checkInProgress();
      await changeOrFindOut(rotation, () => session.changePasswordOf({ user, password }));
      return true;
    });
  }
}

import { changeOrFindOut, previousCredentials, type DatabaseRotation, type Strategy } from './strategy';
import { isUserRefused, type Superuser } from './superuser';
import { CLONE_SUFFIX } from '../../../src/targets/database/contract';

/** What the superuser does for a user that accepts no version of the secret. */
export interface RepairOptions {
  /** If undefined, a missing user isn't created. */
  readonly creationStatements?: readonly string[];
  readonly resetLostPassword?: boolean;
}

/**
 * Creates the user of AWSCURRENT if it is missing, with the password of that version, or resets a lost password to that of AWSPENDING. The strategy
 * then does what it does for any user.
 */
export class WithRepair implements Strategy {
  constructor(private readonly strategy: Strategy, private readonly superuser: Superuser, private readonly options: RepairOptions) {}

  public nextUser(user: string): string {
    return this.strategy.nextUser(user);
  }

  /** A missing user is refused like a wrong password, so only a refused rotation looks for one. */
  public async setSecret(rotation: DatabaseRotation): Promise<void> {
    try {
      await this.strategy.setSecret(rotation);
    } catch (error) {
      if (!isUserRefused(error) || !await this.repair(rotation)) { throw error; }
      await this.strategy.setSecret(rotation);
    }
  }

  /** Whether a login may succeed now. A user that is being created is completed first, and its password is never reset before. */
  private async repair(rotation: DatabaseRotation): Promise<boolean> {
    const { creationStatements: statements, resetLostPassword } = this.options;
    const { current: { username: user, password }, pending, values } = rotation;
    // The first of two users has the rights. If it was dropped, the second one isn't made in its place.
    if (user === pending.username + CLONE_SUFFIX) { return false; }
    const checkInProgress = () => values.checkInProgress();
    const previous = await previousCredentials(rotation);
    const passwords = [password, pending.password, ...previous?.username === user ? [previous.password] : []];
    return this.superuser.use(rotation, await this.superuser.credentials(rotation), async (session) => {
      const found = statements ? await session.createUser({ user, password, pendingPassword: pending.password, statements, checkInProgress }) : 'exists';
      if (found === 'completed') { return true; }
      // PostgreSQL locks no role after wrong logins, so another look does no harm.
      if (!resetLostPassword) { return found === 'unknown'; }
      if (!await session.checkIsResettable(user, passwords)) { return false; }
      await checkInProgress();
      // That of the pending version, so that copies of this function agree.
      await changeOrFindOut(rotation, () => session.changePasswordOf({ user, password: pending.password }));
      return true;
    });
  }
}

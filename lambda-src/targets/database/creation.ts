import type { DatabaseRotation, Strategy } from './strategy';
import { isUserRefused, type Superuser } from './superuser';
import { CLONE_SUFFIX } from '../../../src/targets/database/contract';

/**
 * Creates the user of AWSCURRENT if it is missing, with the password of that version. The strategy then does what it does for any user, so AWSCURRENT
 * is accepted from then on. AWSCURRENT stays the same when a rotation is given up, so the next one completes what this one left.
 */
export class WithCreation implements Strategy {
  constructor(private readonly strategy: Strategy, private readonly superuser: Superuser, private readonly statements: readonly string[]) {}

  public nextUser(user: string): string {
    return this.strategy.nextUser(user);
  }

  /** A missing user is refused like a wrong password, so only a refused rotation looks for one. */
  public async setSecret(rotation: DatabaseRotation): Promise<void> {
    try {
      await this.strategy.setSecret(rotation);
    } catch (error) {
      const { current: { username: user, password }, pending, values } = rotation;
      // The first of two users has the rights. If it was dropped, the second one isn't made in its place.
      if (!isUserRefused(error) || user === pending.username + CLONE_SUFFIX) { throw error; }
      await this.superuser.use(rotation, await this.superuser.credentials(rotation), (session) => session.createUser({
        user, password, statements: this.statements, checkInProgress: () => values.checkInProgress(),
      }));
      // Also if the user exists, because another copy of this function may have created it after this one was refused.
      await this.strategy.setSecret(rotation);
    }
  }
}

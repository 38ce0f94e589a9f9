import type { Credentials } from './credentials';
import { changeOrFindOut, isAccepted, previousCredentials, withSessionIfAccepted, type DatabaseRotation, type Strategy } from './strategy';
import { AuthenticationError } from '../../rotation/errors';

/** One user, who changes its own password. From the change to the promotion, readers of AWSCURRENT are refused. */
export class SingleUser implements Strategy {
  public nextUser(user: string): string {
    return user;
  }

  /** Tries the likely password first, because a server may lock a user after one or a few wrong logins. */
  public async setSecret(rotation: DatabaseRotation): Promise<void> {
    const { engine, deadline, pending, current } = rotation;
    if (await this.change(rotation, current)) { return; }
    // An earlier attempt, or another copy of this function, may have changed it.
    if (await isAccepted(engine, pending, deadline)) { return; }
    const previous = await previousCredentials(rotation);
    // A password that was refused already would be one more wrong login.
    const isOther = previous?.username === current.username && ![current.password, pending.password].includes(previous.password);
    if (isOther && await this.change(rotation, previous)) { return; }
    throw new AuthenticationError('The server accepts neither the pending password, nor the current one, nor the previous one. Create the user if it was never created, or give it the password of the '
      + 'version with AWSCURRENT, or put the password that works into the secret, and rotate again. See that the user is not locked, that its password has not expired (VALID UNTIL in PostgreSQL), '
      + 'that it holds no character that SASLprep changes (MongoDB), and that the server takes logins with passwords ("SQL Server and Windows Authentication")');
  }

  /** Makes the server accept the pending password, if it accepts one that is known. False if it doesn't. */
  protected async change(rotation: DatabaseRotation, known: Credentials): Promise<boolean> {
    const { engine, deadline, pending, values } = rotation;
    return await withSessionIfAccepted(engine, known, deadline, async (session) => {
      await session.checkOwnPasswordChange();
      // A session outlives its password, so an old copy of the function would undo a later rotation.
      await values.checkInProgress();
      await changeOrFindOut(rotation, () => session.changeOwnPassword(pending.password));
      return true;
    }) ?? false;
  }
}

import { parseCredentials, shareServer, type Credentials } from './credentials';
import { changeOrFindOut, isAccepted, withSessionIfAccepted, type DatabaseRotation, type Strategy } from './strategy';
import { AuthenticationError, RotationError } from '../../rotation/errors';

/** One user, who changes its own password. From the change to the promotion, readers of AWSCURRENT are refused. */
export class SingleUser implements Strategy {
  public nextUser(user: string): string {
    return user;
  }

  public async setSecret(rotation: DatabaseRotation): Promise<void> {
    const { engine, deadline, pending, current } = rotation;
    if (await isAccepted(engine, pending, deadline)) { return; }
    const change = (credentials: Credentials) => withSessionIfAccepted(engine, credentials, deadline, async (session) => {
      await changeOrFindOut(rotation, () => session.changeOwnPassword(pending.password));
      return true;
    });
    if (await change(current)) { return; }
    // Another copy of this function may have been faster, between our look and our login.
    if (await isAccepted(engine, pending, deadline)) { return; }
    const previous = await previousOf(rotation);
    if (previous && await change(previous)) { return; }
    throw new AuthenticationError('The server accepts neither the pending password, nor the current one, nor the previous one. Give the user the password of the '
      + 'version with AWSCURRENT, or put the password that works into the secret, and rotate again');
  }
}

/** The current credentials with the previous password, if there is one of this user on this server. */
async function previousOf({ engine, values, current }: DatabaseRotation): Promise<Credentials | undefined> {
  const value = await values.previous();
  if (value === undefined) { return undefined; }
  try {
    const previous = parseCredentials(value, engine);
    return shareServer(previous, current) && previous.username === current.username ? { ...current, password: previous.password } : undefined;
  } catch (error) {
    if (error instanceof RotationError) { return undefined; }
    throw error;
  }
}

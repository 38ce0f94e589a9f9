import { mustShareServer, parseCredentials, type Credentials } from './credentials';
import type { Session } from './engine';
import { withSessionIfAccepted, type DatabaseRotation } from './strategy';
import { AuthenticationError, RotationError, SecretValueError } from '../../rotation/errors';

/** The superuser of a superuser secret, on the server and in the database of the current version. */
export async function superuserOf(rotation: DatabaseRotation, superuserSecretArn: string): Promise<Credentials> {
  const { values, engine, pending, current } = rotation;
  const value = await values.ofSecret(superuserSecretArn);
  let superuser: Credentials;
  try {
    superuser = parseCredentials(value, engine);
  } catch (error) {
    throw error instanceof RotationError ? new SecretValueError(`In the superuser secret ${superuserSecretArn}: ${error.message}`) : error;
  }
  mustShareServer(superuser, current, 'the superuser secret and the secret');
  if (superuser.username === pending.username || superuser.username === current.username) {
    throw new SecretValueError('The superuser secret has the user whose password it would change. Use the secret of another user that may manage this one');
  }
  const { username, password } = superuser;
  return { ...current, dbname: current.dbname ?? superuser.dbname, username, password };
}

/** @throws AuthenticationError if the server doesn't accept the superuser */
export async function asSuperuser(
  { engine, deadline }: DatabaseRotation, superuser: Credentials, superuserSecretArn: string, use: (session: Session) => Promise<void>,
): Promise<void> {
  const used = await withSessionIfAccepted(engine, superuser, deadline, async (session) => {
    await use(session);
    return true;
  });
  if (!used) {
    throw new AuthenticationError(`The server does not accept the credentials of the superuser secret ${superuserSecretArn}, so nothing was changed. Put the `
      + 'password that works into it, and rotate again');
  }
}

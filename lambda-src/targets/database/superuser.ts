import { parseCredentials, type Credentials } from './credentials';
import type { Session } from './engine';
import { withSessionIfAccepted, type DatabaseRotation } from './strategy';
import { AuthenticationError } from '../../rotation/errors';
import { readSuperuser, superuserRefused } from '../server-login';

/** The superuser of a superuser secret, on the server and in the database of the current version. */
export async function superuserOf(rotation: DatabaseRotation, superuserSecretArn: string): Promise<Credentials> {
  const { values, engine, pending, current } = rotation;
  const users = [pending.username, current.username];
  const superuser = await readSuperuser(values, superuserSecretArn, (value) => parseCredentials(value, engine), current, users);
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
  if (!used) { throw new AuthenticationError(superuserRefused('The server', superuserSecretArn)); }
}

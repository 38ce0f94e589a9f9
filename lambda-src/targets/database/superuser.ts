import { parseCredentials, type Credentials } from './credentials';
import type { Session } from './engine';
import { withSessionIfAccepted, type DatabaseRotation } from './strategy';
import { AuthenticationError } from '../../rotation/errors';
import { readSuperuser, superuserRefused, type ServerAddress } from '../server-login';

/** The superuser is refused, and not the user of the secret. */
export class SuperuserRefusedError extends AuthenticationError {}

/** The user of a superuser secret, on the server and in the database of the current version. */
export class Superuser {
  /** @param endpoint the server that every login is at; undefined if that is the server of the secret */
  constructor(private readonly secretArn: string, private readonly endpoint?: ServerAddress) {}

  /**
   * The credentials, read anew.
   *
   * @throws RotationError if they are not for the server of the secret, or are those of a user whose password changes
   */
  public async credentials({ values, engine, pending, current }: DatabaseRotation): Promise<Credentials> {
    const users = [pending.username, current.username];
    const server = this.endpoint ? [this.endpoint, current] : [current];
    // RDS manages secrets that have no other keys.
    const [{ host, port }] = server;
    const defaults = this.endpoint ? { engine: engine.engines[0], host, port } : {};
    const parse = (value: string) => parseCredentials(withDefaults(value, defaults), engine);
    const superuser = await readSuperuser(values, this.secretArn, parse, server, users);
    const { username, password } = superuser;
    const databases = { own: superuser.dbname, changed: current.dbname };
    return { ...current, dbname: current.dbname ?? superuser.dbname, databases, username, password };
  }

  /**
   * @param credentials those of `credentials`. Read anew if the server refuses them, because their own rotation may have changed them
   * @throws SuperuserRefusedError if the server doesn't accept the superuser
   */
  public async use<T>(rotation: DatabaseRotation, credentials: Credentials, use: (session: Session) => Promise<T>): Promise<T> {
    const { engine, deadline } = rotation;
    const attempt = (login: Credentials) => withSessionIfAccepted(engine, login, deadline, async (session) => ({ result: await use(session) }));
    let used = await attempt(credentials);
    if (!used) {
      const again = await this.credentials(rotation);
      used = again.password === credentials.password && again.username === credentials.username ? undefined : await attempt(again);
    }
    if (!used) { throw new SuperuserRefusedError(superuserRefused('The server', this.secretArn)); }
    return used.result;
  }
}

/** The value, with keys that it doesn't have. Anything that isn't an object stays the same. */
function withDefaults(value: string, defaults: object): string {
  let known: unknown;
  try {
    known = JSON.parse(value);
  } catch {
    return value;
  }
  return typeof known === 'object' && known !== null && !Array.isArray(known) ? JSON.stringify({ ...defaults, ...known }) : value;
}

/** Whether the server refused the user of the secret, so that nothing was changed. */
export function isUserRefused(error: unknown): boolean {
  return error instanceof AuthenticationError && !(error instanceof SuperuserRefusedError);
}

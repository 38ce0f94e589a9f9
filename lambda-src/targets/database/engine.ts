import type { Credentials } from './credentials';
import type { Deadline } from '../../rotation/deadline';

/** A database system: the only thing that knows its driver and its SQL. */
export interface Engine {
  /** The values that the key `engine` of a secret may have. */
  readonly engines: readonly string[];
  readonly defaultPort: number;

  /** What a user name may not exceed, where this one does; undefined where it doesn't. */
  userNameLimit(name: string): string | undefined;

  /**
   * Logs in.
   *
   * @throws AuthenticationError where the server doesn't accept this user with this password, and for no other reason
   * @throws ConnectivityError, TlsError, TargetRefusedError for what they say
   */
  logIn(credentials: Credentials, deadline: Deadline): Promise<Session>;
}

/** A login that succeeded. */
export interface Session {
  /** The user that the server takes us for. */
  user(): Promise<string>;

  /** Gives the user of this session another password. */
  changeOwnPassword(password: string): Promise<void>;

  /**
   * Lets a user do what another one may, and then gives it a password: as the last thing, so that a user who has the password has
   * everything. Makes the user where there is none. Runs any number of times, after any part of it was done.
   *
   * @param isFirst whether it is the user whose rights count, so that those it has stay as they are
   */
  shareWith(user: string, password: string, original: string, isFirst: boolean): Promise<void>;

  close(): Promise<void>;
}

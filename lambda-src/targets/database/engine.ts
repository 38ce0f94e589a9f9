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
  /**
   * How many iterations the verifier has that a SCRAM login was checked against. Undefined for any other login. What is stored for a user
   * is never weaker than what a login just used.
   */
  readonly scramIterations?: number;

  /** The user that the server takes us for. */
  user(): Promise<string>;

  /**
   * Throws if changing the password of this session's user would lock somebody out. Changes nothing.
   *
   * @throws TargetRefusedError with the reason
   */
  checkOwnPasswordChange(): Promise<void>;

  /** Gives the user of this session another password. */
  changeOwnPassword(password: string): Promise<void>;

  /** Keeps other copies of this function away from both users until the session ends, and looks at the one that is to be changed. Changes nothing. */
  claim(request: ShareRequest): Promise<Partner>;

  /**
   * Lets a user do what another one may, and then gives it a password: as the last thing, so that a user who has the password has
   * everything. Makes the user if there is none. Runs any number of times, after any part of it was done. Follows `claim`.
   */
  shareWith(request: ShareRequest): Promise<void>;

  close(): Promise<void>;
}

/** What the server knows of the user that is to be changed. */
export interface Partner {
  readonly exists: boolean;
  /** Whether the server has a mark by which an earlier rotation of this pair can be known. */
  readonly isMarked: boolean;
  /** Whether it has the rights of the other one, or the other way round. That alone proves nothing, but the pending password then does. */
  readonly isRelated: boolean;
  /** Whether a login tells that the user is whole: not if it is several accounts, of which any may be without its password yet, nor if it may not log in. */
  readonly isToldByLogin: boolean;
}

/** How one of two users that alternate gets what the other one has, and a password. */
export interface ShareRequest {
  /** The user of the version with AWSPENDING, which is to be changed. */
  readonly user: string;
  readonly password: string;
  /** The user of the version with AWSCURRENT. */
  readonly original: string;
  /** Whether `user` is the user whose rights count, so that those it has stay as they are. */
  readonly isFirst: boolean;
  /** The `scramIterations` of the original's login. */
  readonly scramIterations?: number;
}

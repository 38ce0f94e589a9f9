import type { Credentials } from './credentials';
import type { Deadline } from '../../rotation/deadline';

/** A database system. Only an engine knows the driver and the SQL. */
export interface Engine {
  /** The allowed values of the key `engine` of a secret. */
  readonly engines: readonly string[];
  readonly defaultPort: number;
  /** The port of an endpoint that has none, if it isn't the default port. */
  readonly endpointPort?: number;

  /** The limit that a user name exceeds. Undefined if it doesn't. */
  userNameLimit(name: string): string | undefined;

  /** Whether the server could accept a generated password for the user. Absent if the policy of the passwords decides alone. */
  mayHave?(password: string, user: string): boolean;

  /**
   * Logs in.
   *
   * @throws AuthenticationError if the server doesn't accept this user with this password, and for no other reason
   * @throws ConnectivityError, TlsError or TargetRefusedError for other failures
   */
  logIn(credentials: Credentials, deadline: Deadline): Promise<Session>;
}

/** A session after a successful login. */
export interface Session {
  /**
   * The iterations of the verifier that a SCRAM login was checked against. Undefined for any other login. A stored verifier is never weaker than
   * that of the last login.
   */
  readonly scramIterations?: number;

  /** Which of the kinds of users the user of the session is. Undefined if the system has one kind. */
  readonly kind?: string;

  /** The user of the session, as the server knows it. */
  user(): Promise<string>;

  /**
   * Throws if changing the password of this session's user would lock a client out. Changes nothing.
   *
   * @throws TargetRefusedError with the reason
   */
  checkOwnPasswordChange(): Promise<void>;

  /** Changes the password of this session's user. */
  changeOwnPassword(password: string): Promise<void>;

  /**
   * Lets a user have two passwords: the known one and another one. Any other password is replaced. The known password is accepted
   * at every instant. Runs any number of times. Absent if the system has no second password.
   *
   * @throws TargetRefusedError with the reason; nothing was changed then
   */
  addPassword?(request: AddPasswordRequest): Promise<void>;

  /**
   * Creates a user who may log in only after all statements succeeded. Completes a user that an earlier call left unfinished. Changes nothing if
   * there is such a user already.
   *
   * @returns `completed` if the user has the password of a version now, also by another copy of this function; `exists` if it has another one;
   * `unknown` if it exists and the server doesn't show its hash
   * @throws TargetRefusedError with the number of the statement that failed
   */
  createUser(request: CreateUserRequest): Promise<'completed' | 'exists' | 'unknown'>;

  /**
   * Whether the user exists. Changes nothing.
   *
   * @param passwords those of the versions, if the server shows hashes
   * @throws TargetRefusedError if the user may manage other users, is a superuser, is unfinished, or is refused for another reason than its password
   */
  checkIsResettable(user: string, passwords: readonly string[]): Promise<boolean>;

  /** Changes the password of another user. */
  changePasswordOf(request: ChangePasswordRequest): Promise<void>;

  /** Locks both users against other copies of this function until the session ends, and reads the one that is to be changed. Changes nothing. */
  claim(request: ShareRequest): Promise<Partner>;

  /**
   * Gives a user the rights of another one, and then a password. The password comes last, so that a user with the password has all rights.
   * Creates a missing user. Must be idempotent, also after a partial run. Follows `claim`.
   */
  shareWith(request: ShareRequest): Promise<void>;

  close(): Promise<void>;
}

/** A user to be created. */
export interface CreateUserRequest {
  readonly user: string;
  readonly password: string;
  /** The password of the pending version, which another copy of this function may have set. */
  readonly pendingPassword: string;
  /** As in the configuration, with `{user}` for the user. */
  readonly statements: readonly string[];
  /** Throws if the rotation was cancelled or superseded: then nothing may be written any more. */
  checkInProgress(): Promise<void>;
}

/** A new password for another user. */
export interface ChangePasswordRequest {
  readonly user: string;
  readonly password: string;
  /** Of the user's last login. */
  readonly scramIterations?: number;
  /** That of a session of the user. A user of another kind may have the same name. */
  readonly kind?: string;
}

/** A second password for a user. */
export interface AddPasswordRequest {
  /** What the server accepted a moment ago. The session is this user's own, or the superuser's. */
  readonly known: Credentials;
  readonly password: string;
  /** Whether the server accepts the known password still. */
  isKnown(): Promise<boolean>;
  /** Whether the server accepts the password to be added. */
  isAdded(): Promise<boolean>;
  /** Whether the server accepts the password of AWSPREVIOUS. Undefined if that is none, or the known one. */
  isPrevious(): Promise<boolean | undefined>;
  /** Throws if the rotation was cancelled or superseded: then nothing may be written any more. */
  checkInProgress(): Promise<void>;
}

/** What the server knows of the user that is to be changed. */
export interface Partner {
  readonly exists: boolean;
  /** Whether the server has the mark of an earlier rotation of this pair. */
  readonly isMarked: boolean;
  /** Whether one of the users has the rights of the other. That alone proves nothing, but together with the pending password it does. */
  readonly isRelated: boolean;
  /**
   * Whether a login proves that the user is complete. It doesn't if the user has several accounts, any of which may lack the password, or if it
   * may not log in.
   */
  readonly isToldByLogin: boolean;
}

/** The request to give one of two alternating users the rights of the other one, and a password. */
export interface ShareRequest {
  /** The user of the version with AWSPENDING, which is to be changed. */
  readonly user: string;
  readonly password: string;
  /** The user of the version with AWSCURRENT. */
  readonly original: string;
  /** Whether `user` is the user whose rights count. Its rights then stay the same. */
  readonly isFirst: boolean;
  /** The `scramIterations` of the original's login. */
  readonly scramIterations?: number;
}

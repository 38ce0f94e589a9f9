import { parseCredentials, type Credentials } from './credentials';
import type { Engine, Session } from './engine';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, RotationError, TargetRefusedError } from '../../rotation/errors';
import type { SecretValues } from '../../target';
import { shareServer } from '../server-login';

/** The users that a secret's versions have in turn, and how the next one gets its password. */
export interface Strategy {
  /** The user of the version after one with this user. */
  nextUser(user: string): string;

  /** Makes the database accept the pending credentials. The first connection of the step is made here. */
  setSecret(rotation: DatabaseRotation): Promise<void>;
}

/** The input of a strategy. */
export interface DatabaseRotation {
  readonly engine: Engine;
  readonly deadline: Deadline;
  readonly values: SecretValues;
  readonly pending: Credentials;
  readonly current: Credentials;
}

/**
 * Runs `use` in a session of the user in the credentials. Undefined if the server doesn't accept them. After the deadline, there are no new
 * connections.
 *
 * @throws TargetRefusedError if the server takes the session for another user's. Nothing may be written in it
 */
export async function withSessionIfAccepted<T>(
  engine: Engine, credentials: Credentials, deadline: Deadline, use: (session: Session) => Promise<T>,
): Promise<T | undefined> {
  deadline.signal.throwIfAborted();
  let session: Session;
  try {
    session = await engine.logIn(credentials, deadline);
  } catch (error) {
    if (error instanceof AuthenticationError) { return undefined; }
    throw error;
  }
  try {
    if (await session.user() !== credentials.username) {
      throw new TargetRefusedError('The server accepts the credentials as those of another user than that of the key "username", so nothing was changed. '
        + 'Look for an anonymous account, a proxy user, a user name map, or a name that the server shortens or stores with other characters. Put the name that the server has '
        + 'into the secret');
    }
    return await use(session);
  } finally {
    await session.close();
  }
}

/** Whether the server accepts the credentials, for the user in them. */
export async function isAccepted(engine: Engine, credentials: Credentials, deadline: Deadline): Promise<boolean> {
  return await withSessionIfAccepted(engine, credentials, deadline, async () => true) ?? false;
}

/** The credentials of AWSPREVIOUS, if they are for the server of the current ones. */
export async function previousCredentials({ engine, values, current }: DatabaseRotation): Promise<Credentials | undefined> {
  const value = await values.previous();
  if (value === undefined) { return undefined; }
  try {
    const previous = parseCredentials(value, engine);
    return shareServer(previous, current) ? { ...current, username: previous.username, password: previous.password } : undefined;
  } catch (error) {
    if (error instanceof RotationError) { return undefined; }
    throw error;
  }
}

/** Runs `change`. If it fails, finds out whether it was done, because only the reply may be lost. */
export async function changeOrFindOut({ engine, pending, deadline }: DatabaseRotation, change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    const done = await isAccepted(engine, pending, deadline).catch(() => false);
    if (!done) { throw error; }
  }
}

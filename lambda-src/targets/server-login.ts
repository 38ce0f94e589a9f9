import { MAX_PORT, portOf } from '../../src/targets/contract';
import type { Deadline } from '../rotation/deadline';
import { RotationError, SecretMismatchError, SecretValueError } from '../rotation/errors';
import { readKey } from '../rotation/secret-value';
import type { SecretValues } from '../target';

/** The server of a credential. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A user of a server, in the value of a secret. */
export interface ServerLogin extends ServerAddress {
  readonly username: string;
  readonly password: string;
}

/** In milliseconds. */
const CONNECT_TIMEOUT = { least: 5_000, most: 20_000 };

/**
 * The login in the value of a secret. A port that is absent or null is the default, as in AWS's own rotation functions.
 *
 * @throws SecretValueError with the key that is missing or wrong, and without its value
 */
export function parseServerLogin(value: string, defaultPort: number): ServerLogin {
  const [host, username, password] = ['host', 'username', 'password'].map((key) => requiredKey(value, key));
  // A path would be a socket, and a list would be several servers.
  if (/[\s/\\,]/.test(host)) {
    throw new SecretValueError('The key "host" in the value of the secret is not the name of one server. Correct it');
  }
  const { port = null } = JSON.parse(value) as { port?: unknown };
  const number = port === null ? defaultPort : portOf(port);
  if (number === undefined) {
    throw new SecretValueError(`The key "port" in the value of the secret is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
  }
  return { host, port: number, username, password };
}

/**
 * The string at a key that can't be empty.
 *
 * @throws SecretValueError with the key, and without its value
 */
export function requiredKey(value: string, key: string): string {
  const text = readKey(value, key);
  if (text === '' || text.includes('\0')) {
    throw new SecretValueError(`The key "${key}" in the value of the secret is empty or holds a zero byte. Correct it`);
  }
  return text;
}

/**
 * The superuser in a superuser secret. It must be for one of the servers, and no user of the secret.
 *
 * @param users the users that versions of the secret have
 * @throws SecretValueError or SecretMismatchError, without a value
 */
export async function readSuperuser<Login extends ServerLogin>(
  values: SecretValues, superuserSecretArn: string, parse: (value: string) => Login, servers: readonly ServerAddress[], users: readonly string[],
): Promise<Login> {
  const value = await values.ofSecret(superuserSecretArn);
  let superuser: Login;
  try {
    superuser = parse(value);
  } catch (error) {
    throw error instanceof RotationError ? new SecretValueError(`In the superuser secret ${superuserSecretArn}: ${error.message}`) : error;
  }
  if (!servers.some((server) => shareServer(superuser, server))) { throw otherServer('the superuser secret and the secret'); }
  if (users.includes(superuser.username)) {
    throw new SecretValueError('The superuser secret has the user whose password it would change. Use the secret of another user that may manage this one');
  }
  return superuser;
}

/** The error text for a refused superuser. */
export function superuserRefused(server: string, superuserSecretArn: string): string {
  return `${server} does not accept the credentials of the superuser secret ${superuserSecretArn}, so nothing was changed. Put the password that works into it, and rotate again`;
}

/**
 * Throws if a credential of one secret may not be sent to the server of the other. A rotation changes the password and, with alternating users,
 * the user. Another server needs another secret.
 */
export function mustShareServer(one: ServerAddress, other: ServerAddress, names: string): void {
  if (!shareServer(one, other)) { throw otherServer(names); }
}

function otherServer(names: string): SecretMismatchError {
  return new SecretMismatchError(`The keys "host" and "port" differ between ${names}, and a credential isn't sent to a server that isn't known to be its own. `
      + 'Put the same host and port into both');
}

/** Whether two credentials are for the same server. */
export function shareServer(one: ServerAddress, other: ServerAddress): boolean {
  return hostOf(one) === hostOf(other) && one.port === other.port;
}

/** DNS names are case insensitive, and the dot of the root is optional. */
function hostOf({ host }: ServerAddress): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/**
 * The time-out of a connection, in milliseconds. It is 5 seconds with the default time-out of the function, so that a retry has time too. With
 * two minutes, it is as long as a paused Aurora takes to wake up.
 */
export function connectTimeout(deadline: Deadline): number {
  return Math.min(CONNECT_TIMEOUT.most, Math.max(CONNECT_TIMEOUT.least, deadline.remainingTimeInMillis() / 6));
}

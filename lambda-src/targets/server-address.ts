import type { Deadline } from '../rotation/deadline';
import { SecretMismatchError, SecretValueError } from '../rotation/errors';

/** The server of a credential. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

const MAX_PORT = 65_535;

/** In milliseconds. */
const CONNECT_TIMEOUT = { least: 5_000, most: 20_000 };

/** @throws SecretValueError if the value of the key "host" isn't the name of one server */
export function checkHost(host: string): void {
  // A path would be a socket, and a list would be several servers.
  if (/[\s/\\,]/.test(host)) {
    throw new SecretValueError('The key "host" in the value of the secret is not the name of one server. Correct it');
  }
}

/**
 * The port in the value of a secret. Undefined if there is none. Null counts as absent, as in AWS's own rotation functions.
 *
 * @throws SecretValueError if it can't be a port
 */
export function parsePort(port: unknown): number | undefined {
  if (port === undefined || port === null) { return undefined; }
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > MAX_PORT) {
    throw new SecretValueError(`The key "port" in the value of the secret is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
  }
  return number;
}

/**
 * Throws if a credential of one secret may not be sent to the server of the other. A rotation changes the password and, with alternating users,
 * the user. Another server needs another secret.
 */
export function mustShareServer(one: ServerAddress, other: ServerAddress, names: string): void {
  if (!shareServer(one, other)) {
    throw new SecretMismatchError(`The keys "host" and "port" differ between ${names}, and a credential isn't sent to a server that isn't known to be its own. `
      + 'Put the same host and port into both');
  }
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

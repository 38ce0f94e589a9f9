import { SecretMismatchError, SecretValueError } from '../../rotation/errors';
import { readKey } from '../../rotation/secret-value';

/**
 * The content of a database secret.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export interface Credentials {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly dbname?: string;
}

/** The rules for the secrets of an engine. */
export interface CredentialRules {
  readonly engines: readonly string[];
  readonly defaultPort: number;
}

const MAX_PORT = 65_535;

/**
 * The credentials in the value of a secret.
 *
 * @throws SecretValueError with the key that is missing or wrong, and without its value
 */
export function parseCredentials(value: string, { engines, defaultPort }: CredentialRules): Credentials {
  const [engine, host, username, password] = ['engine', 'host', 'username', 'password'].map((key) => {
    const text = readKey(value, key);
    if (text === '' || text.includes('\0')) {
      throw new SecretValueError(`The key "${key}" in the value of the secret is empty or holds a zero byte. Correct it`);
    }
    return text;
  });
  if (!engines.includes(engine)) {
    throw new SecretValueError(`The key "engine" in the value of the secret is not ${engines.join(' or ')}, which is what this function rotates. Correct it, or `
      + 'rotate the secret with the RotationTarget of its engine');
  }
  // A path would be a socket, and a list would be several servers.
  if (/[\s/\\,]/.test(host)) {
    throw new SecretValueError('The key "host" in the value of the secret is not the name of one server. Correct it');
  }
  const { port, dbname } = JSON.parse(value) as { port?: unknown; dbname?: unknown };
  // Null counts as absent, as in AWS's own rotation functions.
  const isGiven = (given: unknown) => given !== undefined && given !== null;
  if (isGiven(dbname) && (typeof dbname !== 'string' || dbname.includes('\0'))) {
    throw new SecretValueError('The key "dbname" in the value of the secret is not the name of a database. Make it a string, or leave it out');
  }
  return { host, port: isGiven(port) ? parsePort(port) : defaultPort, username, password, dbname: dbname || undefined };
}

function parsePort(port: unknown): number {
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
export function mustShareServer(one: Credentials, other: Credentials, names: string): void {
  if (!shareServer(one, other)) {
    throw new SecretMismatchError(`The keys "host" and "port" differ between ${names}, and a credential isn't sent to a server that isn't known to be its own. `
      + 'Put the same host and port into both');
  }
}

/** Whether two credentials are for the same server. */
export function shareServer(one: Credentials, other: Credentials): boolean {
  return hostOf(one) === hostOf(other) && one.port === other.port;
}

/** DNS names are case insensitive, and the dot of the root is optional. */
function hostOf({ host }: Credentials): string {
  return host.toLowerCase().replace(/\.$/, '');
}

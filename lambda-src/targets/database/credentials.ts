import { SecretValueError } from '../../rotation/errors';
import { readKey } from '../../rotation/secret-value';
import { checkHost, parsePort, type ServerAddress } from '../server-address';

export { mustShareServer, shareServer } from '../server-address';

/**
 * The content of a database secret.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export interface Credentials extends ServerAddress {
  readonly username: string;
  readonly password: string;
  readonly dbname?: string;
}

/** The rules for the secrets of an engine. */
export interface CredentialRules {
  readonly engines: readonly string[];
  readonly defaultPort: number;
}

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
  checkHost(host);
  const { port, dbname } = JSON.parse(value) as { port?: unknown; dbname?: unknown };
  // Null counts as absent, as in AWS's own rotation functions.
  const isGiven = (given: unknown) => given !== undefined && given !== null;
  if (isGiven(dbname) && (typeof dbname !== 'string' || dbname.includes('\0'))) {
    throw new SecretValueError('The key "dbname" in the value of the secret is not the name of a database. Make it a string, or leave it out');
  }
  return { host, port: parsePort(port) ?? defaultPort, username, password, dbname: dbname || undefined };
}

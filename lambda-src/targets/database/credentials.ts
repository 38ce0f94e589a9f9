import { SecretValueError } from '../../rotation/errors';
import { parseServerLogin, requiredKey, type ServerLogin } from '../server-login';

/**
 * The content of a database secret.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export interface Credentials extends ServerLogin {
  readonly dbname?: string;
  /** Of a superuser: the keys `dbname` of its own secret and of the secret whose users it changes. In MongoDB, a user belongs to a database. */
  readonly databases?: { readonly own?: string; readonly changed?: string };
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
  const engine = requiredKey(value, 'engine');
  if (!engines.includes(engine)) {
    throw new SecretValueError(`The key "engine" in the value of the secret is not ${engines.join(' or ')}, which is what this function rotates. Correct it, or `
      + 'rotate the secret with the RotationTarget of its engine');
  }
  const login = parseServerLogin(value, defaultPort);
  const { dbname } = JSON.parse(value) as { dbname?: unknown };
  // Null counts as absent, as in AWS's own rotation functions.
  if (dbname !== undefined && dbname !== null && (typeof dbname !== 'string' || dbname.includes('\0'))) {
    throw new SecretValueError('The key "dbname" in the value of the secret is not the name of a database. Make it a string, or leave it out');
  }
  return { ...login, dbname: dbname || undefined };
}

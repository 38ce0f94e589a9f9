import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

export const DEFAULT_ITERATIONS = 4096;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/**
 * The verifier that PostgreSQL stores for a password that SASLprep doesn't change. With it, the password is in no statement, and in no log of
 * statements. Computed off the event loop, so that the deadline of a step works meanwhile.
 *
 * @see https://www.postgresql.org/docs/current/catalog-pg-authid.html
 */
export async function scramVerifier(password: string, iterations: number, salt = randomBytes(SALT_BYTES)): Promise<string> {
  const salted = await promisify(pbkdf2)(password, salt, iterations, KEY_BYTES, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}

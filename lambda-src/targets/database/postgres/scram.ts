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

/* eslint-disable-next-line no-misleading-character-class, no-irregular-whitespace */
const MAPPED = /[\u00A0\u00AD\u034F\u1680\u1806\u180B-\u180D\u2000-\u200D\u202F\u205F\u2060\u3000\uFE00-\uFE0F\uFEFF]/;

/**
 * Whether SASLprep might change this password: https://www.rfc-editor.org/rfc/rfc4013#section-2. Drivers implement different parts of it, with
 * different versions of Unicode, so only some of them could log in with such a password.
 */
export function isChangedBySaslPrep(password: string): boolean {
  return MAPPED.test(password) || password.normalize('NFKC') !== password;
}

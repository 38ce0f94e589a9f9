import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const DEFAULT_ITERATIONS = 4096;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/* eslint-disable no-misleading-character-class, no-irregular-whitespace */
const NON_ASCII_SPACE = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g;
const MAPPED_TO_NOTHING = /[\u00AD\u034F\u1806\u180B-\u180D\u200C\u200D\u2060\uFE00-\uFE0F\uFEFF]/g;
/* eslint-enable no-misleading-character-class, no-irregular-whitespace */

/**
 * What PostgreSQL stores for a password, so that the password itself is never sent in a statement, and stands in no log of statements.
 *
 * @see https://www.postgresql.org/docs/current/catalog-pg-authid.html
 */
export function scramVerifier(password: string, iterations = DEFAULT_ITERATIONS, salt = randomBytes(SALT_BYTES)): string {
  const salted = pbkdf2Sync(prepare(password), salt, iterations, KEY_BYTES, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}

/** The same for servers whose `password_encryption` is still `md5`. */
export function md5Verifier(password: string, user: string): string {
  return `md5${createHash('md5').update(password + user).digest('hex')}`;
}

/** The mappings of SASLprep: https://www.rfc-editor.org/rfc/rfc4013#section-2 */
function prepare(password: string): string {
  return password.replace(NON_ASCII_SPACE, ' ').replace(MAPPED_TO_NOTHING, '').normalize('NFKC');
}

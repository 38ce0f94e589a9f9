import { createHash, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/** https://dev.mysql.com/doc/refman/8.4/en/native-pluggable-authentication.html */
export function nativeHash(password: string): string {
  const once = createHash('sha1').update(password).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}

/**
 * caching_sha2_password has thousands of rounds in hexadecimal before the 20 characters of the salt, sha256_password has none. `A` and `5` are
 * SHA-crypt, `B` is PBKDF2 with SHA-512 (`caching_sha2_password_storage_format`).
 */
const SHA2_HASH = /^\$(?:([AB])\$([0-9A-F]{3})|5)\$([^$]{20})(?:\$)?([./0-9A-Za-z]{43}|[+/0-9A-Za-z]{86}==)$/s;
const SHA256_PASSWORD_ROUNDS = 5_000;

/** The server has 5,000 by default, MySQL 9.7 has 10,000. This many take a fraction of a second. */
export const MAX_ROUNDS = 100_000;

/** The rounds of a hash that has a number of them. 0 for any other. */
export function roundsOf(hash: string): number {
  return parseInt(SHA2_HASH.exec(hash)?.[2] ?? '0', 16) * 1_000;
}

/** Whether a hash in mysql.user is that of a password. False if the hash has a form that isn't known. */
export function isHashOf(hash: string, password: string): boolean {
  if (hash.startsWith('*')) { return areEqual(hash, nativeHash(password)); }
  const [, form, , salt, digest] = SHA2_HASH.exec(hash) ?? [];
  if (digest === undefined) { return false; }
  const rounds = roundsOf(hash) || SHA256_PASSWORD_ROUNDS;
  return areEqual(digest, form === 'B' ? pbkdf2Sync(password, salt, rounds, 64, 'sha512').toString('base64') : sha256Crypt(password, salt, rounds));
}

function areEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The digest of SHA-crypt, with SHA-256: https://www.akkadia.org/drepper/SHA-crypt.txt. */
export function sha256Crypt(password: string, salt: string, rounds: number): string {
  const [key, saltBytes] = [Buffer.from(password), Buffer.from(salt)];
  const hash = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const repeat = (bytes: Buffer, length: number) => Buffer.alloc(length, bytes);

  const alternate = hash(key, saltBytes, key);
  const first = [key, saltBytes, repeat(alternate, key.length)];
  for (let bits = key.length; bits > 0; bits = Math.floor(bits / 2)) { first.push(bits % 2 ? alternate : key); }
  let digest = hash(...first);

  const p = repeat(hash(...Array.from({ length: key.length }, () => key)), key.length);
  const s = repeat(hash(...Array.from({ length: 16 + digest[0] }, () => saltBytes)), saltBytes.length);
  for (let round = 0; round < rounds; round++) {
    const parts = round % 2 ? [p] : [digest];
    if (round % 3) { parts.push(s); }
    if (round % 7) { parts.push(p); }
    parts.push(round % 2 ? digest : p);
    digest = hash(...parts);
  }

  let text = '';
  const encode = (high: number, middle: number, low: number, length: number) => {
    let value = (high * 256 + middle) * 256 + low;
    for (let n = 0; n < length; n++) {
      text += DIGITS[value % 64];
      value = Math.floor(value / 64);
    }
  };
  for (let i = 0, [a, b, c] = [0, 10, 20]; i < 10; i++, [a, b, c] = [c + 1, a + 1, b + 1]) { encode(digest[a], digest[b], digest[c], 4); }
  encode(0, digest[31], digest[30], 3);
  return text;
}

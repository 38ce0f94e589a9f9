import { createHash, randomBytes } from 'node:crypto';

/** The algorithm of new hashes, which every server since RabbitMQ 3.6 has. https://www.rabbitmq.com/docs/passwords */
export const HASHING_ALGORITHM = 'rabbit_password_hashing_sha256';

const STRONGEST = 'rabbit_password_hashing_sha512';

const ALGORITHMS: ReadonlyMap<string, string> = new Map([[HASHING_ALGORITHM, 'sha256'], [STRONGEST, 'sha512'], ['rabbit_password_hashing_md5', 'md5']]);
/** In bytes. */
const SALT = 4;

/** The base64 of a salt, and of the hash of the salt and the password: https://www.rabbitmq.com/docs/passwords#computing-password-hash */
export function hashPassword(password: string, salt: Buffer = randomBytes(SALT), algorithm = 'sha256'): string {
  return Buffer.concat([salt, createHash(algorithm).update(salt).update(password).digest()]).toString('base64');
}

/** A new hash, which is never weaker than the one before it. */
export function newHash(password: string, algorithmBefore: string): { readonly passwordHash: string; readonly hashingAlgorithm: string } {
  const hashingAlgorithm = algorithmBefore === STRONGEST ? STRONGEST : HASHING_ALGORITHM;
  return { passwordHash: hashPassword(password, undefined, ALGORITHMS.get(hashingAlgorithm)), hashingAlgorithm };
}

/** Whether a hash is that of a password. */
export function isHashOf(hash: string, hashingAlgorithm: string, password: string): boolean {
  const algorithm = ALGORITHMS.get(hashingAlgorithm);
  const salt = Buffer.from(hash, 'base64').subarray(0, SALT);
  return algorithm !== undefined && salt.length === SALT && hashPassword(password, salt, algorithm) === hash;
}

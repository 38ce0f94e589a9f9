import { createHash, randomBytes } from 'node:crypto';

/** In bytes. */
const SALT = 16;

/**
 * A value for userPassword. A server without the overlay ppolicy stores the value as it is sent, so a password isn't sent itself. {SSHA} is the
 * strongest hash that slapd has without a module: https://www.openldap.org/doc/admin26/security.html#SSHA%20password%20storage%20scheme
 */
export function passwordHash(password: string, salt = randomBytes(SALT)): string {
  const digest = createHash('sha1').update(password).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`;
}

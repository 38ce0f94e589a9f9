import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** The mechanisms of MongoDB that log in with a password, the better one first. */
export const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-1'] as const;

export type Mechanism = typeof MECHANISMS[number];

/** What the server says in a login isn't SCRAM, or asks for too little or too much. The message never quotes it. */
export class ScramError extends Error {}

/** As all drivers of MongoDB: https://github.com/mongodb/specifications/blob/master/source/auth/auth.md */
const MIN_ITERATIONS = 4_096;
/** About a second of a whole core. More iterations would use up the time of a login. */
const MAX_ITERATIONS = 1_000_000;

/**
 * A login that proves the password without sending it, and makes the server prove that it knows the password.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5802#section-5
 */
export class Scram {
  private readonly nonce: string;
  private readonly hash: 'sha1' | 'sha256';
  private readonly bare: string;
  /** The proof of the server. */
  private expected?: Buffer;

  constructor(private readonly mechanism: Mechanism, private readonly user: string, private readonly password: string, nonce = randomBytes(24).toString('base64')) {
    this.nonce = nonce;
    this.hash = mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
    this.bare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  }

  public first(): Buffer {
    return Buffer.from(`n,,${this.bare}`);
  }

  /** @throws ScramError if the reply to `first` can't be answered */
  public async final(reply: Buffer): Promise<Buffer> {
    const text = reply.toString();
    const [, nonce, salt, count] = /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d{1,9})$/.exec(text) ?? [];
    if (nonce === undefined || !nonce.startsWith(this.nonce) || nonce === this.nonce) { throw new ScramError('The reply is none of SCRAM, or one to another login'); }
    const iterations = Number(count);
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) { throw new ScramError(`The password is stored with fewer than ${MIN_ITERATIONS} or more than ${MAX_ITERATIONS} iterations`); }
    // Off the event loop, so that the deadline of a step works meanwhile.
    const salted = await promisify(pbkdf2)(this.secret(), Buffer.from(salt, 'base64'), iterations, this.hash === 'sha1' ? 20 : 32, this.hash);
    const clientKey = this.hmac(salted, 'Client Key');
    const message = `${this.bare},${text},c=biws,r=${nonce}`;
    const signature = this.hmac(createHash(this.hash).update(clientKey).digest(), message);
    this.expected = Buffer.from(`v=${this.hmac(this.hmac(salted, 'Server Key'), message).toString('base64')}`);
    // eslint-disable-next-line no-bitwise
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]));
    return Buffer.from(`c=biws,r=${nonce},p=${proof.toString('base64')}`);
  }

  /** Whether the reply to `final` proves that the server knows the password. */
  public isProven(reply: Buffer): boolean {
    return this.expected !== undefined && reply.length === this.expected.length && timingSafeEqual(reply, this.expected);
  }

  /** MongoDB's own digest, from before SCRAM. */
  private secret(): string {
    return this.mechanism === 'SCRAM-SHA-1' ? createHash('md5').update(`${this.user}:mongo:${this.password}`).digest('hex') : this.password;
  }

  private hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.hash, key).update(text).digest();
  }
}

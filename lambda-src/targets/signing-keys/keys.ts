import { constants, createHash, createPrivateKey, createPublicKey, generateKeyPair, sign, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { ALGORITHMS, isAlgorithm, type Algorithm } from '../../../src/targets/signing-keys/contract';
import { SecretValueError } from '../../rotation/errors';

/** A public key as a JWK: https://www.rfc-editor.org/rfc/rfc7517 */
export interface PublicJwk {
  readonly kty: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
  readonly [parameter: string]: string;
}

/** A private key as a JWK, which includes the public one. */
export type PrivateJwk = PublicJwk & { readonly d: string };

interface Kind {
  readonly kty: string;
  readonly crv?: string;
  /** Undefined if the algorithm defines it. */
  readonly hash?: string;
  readonly options?: { readonly padding?: number; readonly saltLength?: number; readonly dsaEncoding?: 'ieee-p1363' };
}

const ECDSA = { dsaEncoding: 'ieee-p1363' } as const;

/** https://www.rfc-editor.org/rfc/rfc7518#section-3.1 and https://www.rfc-editor.org/rfc/rfc8037#section-3.1 */
const KINDS: Readonly<Record<Algorithm, Kind>> = {
  RS256: { kty: 'RSA', hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  PS256: { kty: 'RSA', hash: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } },
  ES256: { kty: 'EC', crv: 'P-256', hash: 'sha256', options: ECDSA },
  ES384: { kty: 'EC', crv: 'P-384', hash: 'sha384', options: ECDSA },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
};

/** The members of a public key, in the order of its thumbprint: https://www.rfc-editor.org/rfc/rfc7638#section-3.2 */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['e', 'kty', 'n'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
};

/** The members that only a private or a symmetric key has: https://www.iana.org/assignments/jose/jose.xhtml#web-key-parameters */
const PRIVATE_PARAMETERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** https://www.rfc-editor.org/rfc/rfc7518#section-3.3 */
const MIN_MODULUS_LENGTH = 2048;

const generate = promisify(generateKeyPair) as unknown as (type: string, options: object) => Promise<{ privateKey: KeyObject }>;

/** Makes a key. An RSA key takes a fraction of a second to some seconds, off the event loop. */
export async function makeKey(algorithm: Algorithm, rsaModulusLength: number): Promise<PrivateJwk> {
  const { kty, crv } = KINDS[algorithm];
  const { privateKey } = kty === 'RSA' ? await generate('rsa', { modulusLength: rsaModulusLength })
    : kty === 'EC' ? await generate('ec', { namedCurve: crv }) : await generate('ed25519', {});
  const jwk = privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: thumbprintOf(jwk), alg: algorithm, use: 'sig' } as PrivateJwk;
}

function thumbprintOf(jwk: JsonWebKey): string {
  const parameters = Object.fromEntries(PARAMETERS[jwk.kty!].map((name) => [name, jwk[name]]));
  return createHash('sha256').update(JSON.stringify(parameters)).digest('base64url');
}

/** The publishable members of a JWK. All other members stay out, such as those of a private key. */
export function publicOf(jwk: PublicJwk): PublicJwk {
  const parameters = Object.fromEntries(PARAMETERS[jwk.kty].map((name) => [name, jwk[name]]));
  return { ...parameters, kty: jwk.kty, kid: jwk.kid, alg: jwk.alg, use: 'sig' };
}

export function isSameKey(one: PublicJwk, other: PublicJwk): boolean {
  return JSON.stringify(publicOf(one)) === JSON.stringify(publicOf(other));
}

/** @throws SecretValueError if it isn't the private key of an algorithm, with an id */
export function parsePrivateKey(given: unknown, name: string): PrivateJwk {
  const jwk = checkCommon(given, name);
  try {
    if (isPair(jwk as PrivateJwk)) { return jwk as PrivateJwk; }
  } catch { /* its error may quote the key */ }
  throw problem(name, `is not the private key of an ${jwk.alg} signature, with the public key that belongs to it`);
}

/**
 * A public key without its other metadata, such as x5c, key_ops and ext.
 *
 * @throws SecretValueError if it isn't the public key of an algorithm, with an id
 */
export function parsePublicKey(given: unknown, name: string): PublicJwk {
  const jwk = checkCommon(given, name);
  const secret = PRIVATE_PARAMETERS.find((parameter) => parameter in jwk);
  if (secret !== undefined) { throw problem(name, `has the member "${secret}", which no public key has. Take it out, and all others that are private`); }
  return publicOf(jwk);
}

function checkCommon(given: unknown, name: string): PublicJwk {
  if (typeof given !== 'object' || given === null) { throw problem(name, 'is not a JWK, which is a JSON object'); }
  const jwk = given as Partial<PublicJwk>;
  const { alg, kid, use = 'sig' } = jwk;
  if (!isAlgorithm(alg)) { throw problem(name, `has an alg that is none of ${ALGORITHMS.join(', ')}`); }
  if (typeof kid !== 'string' || kid === '') { throw problem(name, 'has no kid, which is the id of a key'); }
  const { kty, crv } = KINDS[alg];
  if (use !== 'sig' || jwk.kty !== kty || jwk.crv !== crv || PARAMETERS[kty].some((parameter) => typeof jwk[parameter] !== 'string')) {
    throw problem(name, `is not a key of an ${alg} signature`);
  }
  if (kty === 'RSA' && 8 * Buffer.from(jwk.n!, 'base64url').length < MIN_MODULUS_LENGTH) {
    throw problem(name, `has a modulus of less than ${MIN_MODULUS_LENGTH} bits`);
  }
  return { ...jwk, use } as PublicJwk;
}

function problem(name: string, text: string): SecretValueError {
  return new SecretValueError(`The key ${name} in the value of the secret ${text}. See docs/targets/signing-keys.md for what a value has`);
}

/** Whether the public part verifies a signature of the private part. */
function isPair(jwk: PrivateJwk): boolean {
  const { hash, options } = KINDS[jwk.alg as Algorithm];
  const text = Buffer.from('signed by the rotation, for itself');
  const signature = sign(hash, text, { ...options, key: createPrivateKey({ key: jwk, format: 'jwk' }) });
  return verify(hash, text, { ...options, key: createPublicKey({ key: publicOf(jwk), format: 'jwk' }) }, signature);
}

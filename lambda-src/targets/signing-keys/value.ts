import { isSameKey, parsePrivateKey, parsePublicKey, publicOf, type PrivateJwk, type PublicJwk } from './keys';
import { SecretMismatchError, SecretValueError } from '../../rotation/errors';
import { isJsonObject, MAX_VALUE_BYTES, putMember } from '../../rotation/secret-value';

/** The rotated keys of the value. All other keys stay the same, to the byte. */
const MEMBERS = ['current', 'next', 'jwks'] as const;

/** The keys of a version that can be promoted. */
export interface SigningKeys {
  /** Signs while the version has AWSCURRENT. */
  readonly current: PrivateJwk;
  /** Signs after the next rotation. */
  readonly next: PrivateJwk;
  /** The keys that verifiers need: the public keys of both, and the key that signed before. */
  readonly jwks: readonly PublicJwk[];
}

/** The keys of any version. Before the first rotation there are none. A key that the user put has no next one. */
export type AnyKeys = SigningKeys | { readonly current?: PrivateJwk; readonly next?: undefined; readonly jwks: readonly PublicJwk[] };

/**
 * The keys in a value of the secret.
 *
 * @throws SecretValueError if the value isn't a JSON object, or has a key that can't sign
 */
export function readKeys(value: string): AnyKeys {
  if (!isJsonObject(value)) { throw new SecretValueError('The value of the secret is not a JSON object, such as {}. Make it one: the first rotation adds the keys'); }
  const { current: givenCurrent, next: givenNext, jwks: givenSet } = JSON.parse(value) as Record<string, unknown>;
  if (givenCurrent === undefined) {
    if (givenNext === undefined && givenSet === undefined) { return { jwks: [] }; }
    throw new SecretValueError('The value of the secret has "next" or "jwks", and no "current". Give it the key that signs as "current", or take out all three');
  }
  const current = parsePrivateKey(givenCurrent, 'current');
  if (givenNext === undefined) {
    return { current, jwks: givenSet === undefined ? [publicOf(current)] : parseSet(givenSet, [current]) };
  }
  const next = parsePrivateKey(givenNext, 'next');
  if (next.kid === current.kid) { throw new SecretValueError('The keys "current" and "next" in the value of the secret have the same kid. Give another key as "next", or leave it out'); }
  return { current, next, jwks: parseSet(givenSet, [current, next]) };
}

/** @throws SecretValueError if a value can't be promoted */
export function readAllKeys(value: string): SigningKeys {
  const keys = readKeys(value);
  if (keys.next === undefined) { throw new SecretValueError('The value of the secret lacks "current" or "next", the keys that sign now and after the next rotation. A rotation makes both'); }
  return keys;
}

export function hasNoKeys(value: string): boolean {
  return isJsonObject(value) && (JSON.parse(value) as Record<string, unknown>).current === undefined;
}

function parseSet(given: unknown, expected: readonly PrivateJwk[]): PublicJwk[] {
  const { keys } = (given ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) { throw new SecretValueError('The value of the secret has no "jwks" with the array "keys", which holds the public keys'); }
  const set = keys.map((key, index) => parsePublicKey(key, `jwks.keys[${index}]`));
  if (new Set(set.map(({ kid }) => kid)).size < set.length) { throw new SecretValueError('In the value of the secret, two keys of "jwks" have the same kid. Leave one of them'); }
  if (!expected.every((key) => contains(set, key))) {
    throw new SecretValueError('In the value of the secret, "jwks" lacks the public key of "current" or "next", so their signatures could not be verified. Add it');
  }
  return set;
}

export function contains(set: readonly PublicJwk[], key: PublicJwk): boolean {
  return set.some((each) => isSameKey(each, key));
}

/** The keys of two sets, each once. */
export function union(one: readonly PublicJwk[], other: readonly PublicJwk[]): PublicJwk[] {
  return [...one, ...other.filter((key) => !contains(one, key))];
}

export function setOf(keys: readonly PublicJwk[]): string {
  return JSON.stringify({ keys });
}

/**
 * The value of the next version. The next key becomes the current one, and the public key of the current one stays in the set.
 *
 * @param makeKey called for the next key, and also for the current one if there are no keys
 * @throws SecretValueError if the current value can't be rotated
 */
export async function rotateKeys(value: string, makeKey: () => Promise<PrivateJwk>): Promise<string> {
  const { current: previous, next: prepared, jwks: known } = readKeys(value);
  const current = prepared ?? previous ?? await makeKey();
  const next = await makeKey();
  // Verifiers still need the other keys of a set that the user put.
  const jwks = union(prepared === undefined ? known : [publicOf(previous)], [publicOf(current), publicOf(next)]);
  const made = write(value, { current: JSON.stringify(current), next: JSON.stringify(next), jwks: setOf(jwks) });
  if (Buffer.byteLength(made) > MAX_VALUE_BYTES) { throw new SecretValueError(`With its keys, the value of the secret has more than ${MAX_VALUE_BYTES} bytes. Take out what isn't needed`); }
  return made;
}

/** Whether two values differ only in the keys. */
export function isSameRest(one: string, other: string): boolean {
  const nothing = { current: 'null', next: 'null', jwks: 'null' };
  return write(one, nothing) === write(other, nothing);
}

function write(value: string, members: Readonly<Record<typeof MEMBERS[number], string>>): string {
  return MEMBERS.reduce((text, member) => putMember(text, member, members[member]), value);
}

/** Why the keys of a version can't follow those of another. Undefined if they can. */
export function findGap(keys: SigningKeys, { current: previous, next: prepared }: AnyKeys): string | undefined {
  const expected = prepared ?? previous;
  if (expected && !isSameKey(keys.current, expected)) { return 'its "current" is not the key that verifiers know as the next one: "next" of AWSCURRENT'; }
  if (previous && !contains(keys.jwks, previous)) { return 'its "jwks" lacks the key that signs now: "current" of AWSCURRENT'; }
  if (previous && keys.next.kid === previous.kid) { return 'its "next" is the key that signs now: "current" of AWSCURRENT'; }
  return undefined;
}

/** @throws SecretMismatchError if the keys can't follow the current ones */
export function mustComeNext(keys: SigningKeys, current: AnyKeys, versionId: string): void {
  const gap = findGap(keys, current);
  if (gap === undefined) { return; }
  throw new SecretMismatchError(`Version ${versionId}, which has the staging label AWSPENDING, is no rotation of the one with AWSCURRENT: ${gap}. Verifiers would refuse what is signed with it. `
    + `Remove AWSPENDING with UpdateSecretVersionStage (VersionStage AWSPENDING, RemoveFromVersionId ${versionId}) and rotate again`);
}

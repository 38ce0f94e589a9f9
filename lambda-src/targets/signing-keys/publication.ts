import { createHash } from 'node:crypto';
import type { PublicJwk } from './keys';
import { contains, setOf, union, type AnyKeys, type SigningKeys } from './value';
import type { Deadline } from '../../rotation/deadline';
import { TargetNotReadyError, TargetRefusedError } from '../../rotation/errors';
import type { SecretValues } from '../../target';

/** The object that verifiers read, as it is now. */
export interface PublishedSet {
  readonly body: string;
  /** Changes with the body. The same body twice may have the same tag: with SSE-S3, an ETag is the MD5 of the body. */
  readonly tag: string;
  /** The secret that has written it, as `write` was told. Undefined if something else wrote it. */
  readonly owner?: string;
  /** Since it was written, by the clock of the store. In milliseconds. */
  readonly age: number;
}

/** Where the set of public keys is published. */
export interface SetStore {
  /** For errors. */
  readonly address: string;
  /** Undefined if there is no object, or it can't be told whether there is one. */
  read(deadline: Deadline): Promise<PublishedSet | undefined>;
  /**
   * Writes the object only if it is still as it was read: a copy of the function that was held up must not overwrite what came later.
   *
   * @param owner tells the secret's object from others
   * @param tag undefined if there must be no object
   * @returns whether it was written
   */
  write(body: string, owner: string, tag: string | undefined, deadline: Deadline): Promise<boolean>;
}

/** What a publication has to know of a rotation. */
export type PublishedValues = Pick<SecretValues, 'ids' | 'current'>;

/** How often another copy of the function may be faster. */
const ROUNDS = 5;

/** The clock of a store counts in seconds. */
const CLOCK = 1_000;

/**
 * Publishes the public keys, so that a verifier has seen a key for the cache time before anything is signed with it.
 *
 * The object has the keys of both versions until the next rotation: the one before, the one that signs now, the one that signs after the
 * promotion, and the one after that. So a promotion changes nothing for verifiers, and nothing has to be done after it.
 */
export class Publication {
  constructor(private readonly store: SetStore, private readonly cacheTime: number) {}

  /** Makes sure that everybody can verify what the pending version signs, before it becomes the current one. Runs any number of times. */
  public async publish(pending: SigningKeys, current: AnyKeys, values: PublishedValues, deadline: Deadline): Promise<void> {
    const wanted = setOf(union(current.jwks, pending.jwks));
    // Nothing was signed yet, or the key that signs stays the same.
    const isKnown = current.next === undefined;
    const write = async (body: string, found: PublishedSet | undefined) => {
      // After the read: if another rotation was promoted before it, this one was abandoned, and its set lacks a key that is about to sign.
      await values.current();
      return this.store.write(body, ownerOf(values), found?.tag, deadline);
    };
    for (let round = 0; round < ROUNDS; round++) {
      const found = await this.readOwn(values, deadline);
      if (found?.body === wanted) { return; }
      if (isKnown || (found && contains(keysIn(found.body), pending.current) && await this.isSeen(found, deadline))) {
        if (await write(wanted, found)) { return; }
      } else if (!found || !contains(keysIn(found.body), pending.current)) {
        // Without the keys that only the pending version has: its body is the proof that the cache time was over before.
        await write(setOf(current.jwks), found);
      }
    }
    throw new TargetRefusedError(`The object ${this.store.address} changes again and again. Only this secret may write it: look for another one that publishes to the same place`);
  }

  /** @throws TargetNotReadyError if the object lacks a key that one of the versions needs */
  public async check(pending: SigningKeys, current: AnyKeys, values: PublishedValues, deadline: Deadline): Promise<void> {
    const found = await this.readOwn(values, deadline);
    const keys = found ? keysIn(found.body) : [];
    if ([...pending.jwks, ...current.jwks].every((key) => contains(keys, key))) { return; }
    throw new TargetNotReadyError(`The object ${this.store.address} is not what setSecret has written. Only this secret may write it. Secrets Manager tries the rotation again`);
  }

  /** @throws TargetRefusedError if the object isn't one of this secret: verifiers may need the keys that it has */
  private async readOwn(values: PublishedValues, deadline: Deadline): Promise<PublishedSet | undefined> {
    const found = await this.store.read(deadline);
    if (!found || found.owner === ownerOf(values)) { return found; }
    throw new TargetRefusedError(`The object ${this.store.address} has the keys of something else, so it was not overwritten. Put the keys that verifiers still need into "jwks" of the secret, as a new value. Then `
      + 'delete the object and rotate again. Or publish to another object');
  }

  /** Waits until verifiers that have cached the object have the one that was found, if there is time for that. */
  protected async isSeen({ age }: PublishedSet, deadline: Deadline): Promise<boolean> {
    const left = this.cacheTime === 0 ? 0 : this.cacheTime + CLOCK - age;
    if (left <= 0) { return true; }
    if (await deadline.pause(left)) { return false; }
    throw new TargetNotReadyError(`The object ${this.store.address} changed ${Math.round(age / 1_000)} seconds ago, and verifiers may cache it for ${this.cacheTime / 1_000} seconds, so some don't know yet the key `
      + 'that would sign. Secrets Manager tries the rotation again. Don\'t rotate twice within the cache time');
  }
}

/** A hash, because anybody may read the object. */
function ownerOf({ ids }: PublishedValues): string {
  return createHash('sha256').update(ids.secretId).digest('hex');
}

/** Whatever is there: what isn't a set has no keys. */
function keysIn(body: string): PublicJwk[] {
  try {
    const { keys } = JSON.parse(body) as { keys?: unknown };
    return Array.isArray(keys) ? keys.filter(isJwk) : [];
  } catch {
    return [];
  }
}

function isJwk(key: unknown): key is PublicJwk {
  return typeof key === 'object' && key !== null && ['RSA', 'EC', 'OKP'].includes((key as Partial<PublicJwk>).kty!);
}

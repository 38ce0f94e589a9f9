import { createHash } from 'node:crypto';
import type { PublicJwk } from './keys';
import { contains, setOf, union, type AnyKeys, type SigningKeys } from './value';
import type { Deadline } from '../../rotation/deadline';
import { TargetNotReadyError, TargetRefusedError } from '../../rotation/errors';
import type { SecretValues } from '../../target';

/** The current object that verifiers read. */
export interface PublishedSet {
  readonly body: string;
  /** Changes with the body. The same body may have the same tag twice: with SSE-S3, an ETag is the MD5 of the body. */
  readonly tag: string;
  /** The secret that wrote it, from the `owner` of `write`. Undefined if something else wrote it. */
  readonly owner?: string;
  /** The time since it was written, by the clock of the store. In milliseconds. */
  readonly age: number;
}

/** The store of the published set of public keys. */
export interface SetStore {
  /** The address in errors. */
  readonly address: string;
  /** Undefined if there is no object, or if that isn't known. */
  read(deadline: Deadline): Promise<PublishedSet | undefined>;
  /**
   * Writes the object only if it hasn't changed since it was read. A copy of the function that was held up must not overwrite later keys.
   *
   * @param owner distinguishes the secret's object from others
   * @param tag undefined if there must be no object
   * @returns whether it was written
   */
  write(body: string, owner: string, tag: string | undefined, deadline: Deadline): Promise<boolean>;
}

/** The part of a rotation's values that a publication reads. */
export type PublishedValues = Pick<SecretValues, 'ids' | 'current'>;

/** How often it tries again if another copy of the function was faster. */
const ROUNDS = 5;

/** The clock of a store has a resolution of one second, in milliseconds. */
const CLOCK = 1_000;

/**
 * Publishes the public keys, so that a verifier has had a key for the cache time before the key signs.
 *
 * The object has the keys of both versions until the next rotation: the previous one, the one that signs now, the one that signs after the
 * promotion, and the one after that. So a promotion changes nothing for verifiers, and needs no work after it.
 */
export class Publication {
  constructor(private readonly store: SetStore, private readonly cacheTime: number) {}

  /** Makes sure that verifiers have the keys of the pending version before it becomes AWSCURRENT. Idempotent. */
  public async publish(pending: SigningKeys, current: AnyKeys, values: PublishedValues, deadline: Deadline): Promise<void> {
    const wanted = setOf(union(current.jwks, pending.jwks));
    // Nothing was signed yet, or the key that signs stays the same.
    const isKnown = current.next === undefined;
    const write = async (body: string, found: PublishedSet | undefined) => {
      // After the read. If another rotation was promoted before it, this one was abandoned, and its set lacks a key that is about to sign.
      await values.current();
      return this.store.write(body, ownerOf(values), found?.tag, deadline);
    };
    for (let round = 0; round < ROUNDS; round++) {
      const found = await this.readOwn(values, deadline);
      if (found?.body === wanted) { return; }
      if (isKnown || (found && contains(keysIn(found.body), pending.current) && await this.isSeen(found, deadline))) {
        if (await write(wanted, found)) { return; }
      } else if (!found || !contains(keysIn(found.body), pending.current)) {
        // Without the keys that only the pending version has. That body proves that the cache time passed before.
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
    throw new TargetNotReadyError(`The object ${this.store.address} is not what setSecret has written. Only this secret may write it. Secrets Manager retries the rotation`);
  }

  /** @throws TargetRefusedError if the object isn't that of this secret, because verifiers may need its keys */
  private async readOwn(values: PublishedValues, deadline: Deadline): Promise<PublishedSet | undefined> {
    const found = await this.store.read(deadline);
    if (!found || found.owner === ownerOf(values)) { return found; }
    throw new TargetRefusedError(`The object ${this.store.address} has the keys of something else, so it was not overwritten. Put the keys that verifiers still need into "jwks" of the secret, as a new value. Then `
      + 'delete the object and rotate again. Or publish to another object');
  }

  /** Waits until the cache time of the object that was found has passed, if there is time. */
  protected async isSeen({ age }: PublishedSet, deadline: Deadline): Promise<boolean> {
    const left = this.cacheTime === 0 ? 0 : this.cacheTime + CLOCK - age;
    if (left <= 0) { return true; }
    if (await deadline.pause(left)) { return false; }
    throw new TargetNotReadyError(`The object ${this.store.address} changed ${Math.round(age / 1_000)} seconds ago, and verifiers may cache it for ${this.cacheTime / 1_000} seconds, so some don't know yet the key `
      + 'that would sign. Secrets Manager retries the rotation. Don\'t rotate twice within the cache time');
  }
}

/** A hash, because the object is public. */
function ownerOf({ ids }: PublishedValues): string {
  return createHash('sha256').update(ids.secretId).digest('hex');
}

/** The keys of any body. A body that isn't a set has no keys. */
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

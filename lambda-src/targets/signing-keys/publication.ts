import type { PublicJwk } from './keys';
import { contains, setOf, union, type AnyKeys, type SigningKeys } from './value';
import type { Deadline } from '../../rotation/deadline';
import { TargetNotReadyError, TargetRefusedError } from '../../rotation/errors';

/** The object that verifiers read, as it is now. */
export interface PublishedSet {
  readonly body: string;
  /** Changes with every write. */
  readonly tag: string;
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
   * @param tag undefined if there must be no object
   * @returns whether it was written
   */
  write(body: string, tag: string | undefined, deadline: Deadline): Promise<boolean>;
}

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
  public async publish(pending: SigningKeys, current: AnyKeys, deadline: Deadline): Promise<void> {
    const wanted = setOf(union(current.jwks, pending.jwks));
    // Nothing was signed yet, or the key that signs stays the same.
    const isKnown = current.next === undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const found = await this.store.read(deadline);
      if (found?.body === wanted) { return; }
      if (isKnown || (found && contains(keysIn(found.body), pending.current) && await this.isSeen(found, deadline))) {
        if (await this.store.write(wanted, found?.tag, deadline)) { return; }
      } else if (!found || !contains(keysIn(found.body), pending.current)) {
        // Without the keys that only the pending version has: its body is the proof that the cache time was over before.
        await this.store.write(setOf(current.jwks), found?.tag, deadline);
      }
    }
    throw new TargetRefusedError(`The object ${this.store.address} changes again and again. Only this secret may write it: look for another one that publishes to the same place`);
  }

  /** @throws TargetNotReadyError if the object lacks a key that one of the versions needs */
  public async check(pending: SigningKeys, current: AnyKeys, deadline: Deadline): Promise<void> {
    const found = await this.store.read(deadline);
    const keys = found ? keysIn(found.body) : [];
    if ([...pending.jwks, ...current.jwks].every((key) => contains(keys, key))) { return; }
    throw new TargetNotReadyError(`The object ${this.store.address} is not what setSecret has written. Only this secret may write it. Secrets Manager tries the rotation again`);
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

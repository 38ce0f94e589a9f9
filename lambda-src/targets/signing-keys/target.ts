import { makeKey as makeKeyPair, type PrivateJwk } from './keys';
import { Publication, type SetStore } from './publication';
import { findGap, hasNoKeys, isSameRest, mustComeNext, readAllKeys, readKeys, rotateKeys } from './value';
import type { HandlerConfig } from '../../../src/contract';
import { parseSigningKeysConfig, type PublicationConfig } from '../../../src/targets/signing-keys/contract';
import type { Deadline } from '../../rotation/deadline';
import type { SecretValues, Target, ValueRequest } from '../../target';

export type MakeKey = () => Promise<PrivateJwk>;

/**
 * @param storeOf makes the store of a publication
 * @param makeKey makes a key of the algorithm
 * @throws Error if it is the configuration of another asset
 */
export function signingKeysTarget(given: HandlerConfig, storeOf: (publication: PublicationConfig) => SetStore, makeKey?: MakeKey): Target {
  const { algorithm, rsaModulusLength, publication } = parseSigningKeysConfig(given);
  return new SigningKeysTarget(
    makeKey ?? (() => makeKeyPair(algorithm, rsaModulusLength)),
    publication && new Publication(storeOf(publication), publication.cacheSeconds * 1_000),
  );
}

/**
 * The keys that sign now and next, and the public keys that verify. A rotation makes the next key the current one, and makes a new next one. So
 * verifiers know a key for a whole period before the key signs.
 */
export class SigningKeysTarget implements Target {
  constructor(private readonly makeKey: MakeKey, private readonly publication?: Publication) {}

  public createValue({ current }: Pick<ValueRequest, 'current'>): Promise<string> {
    return rotateKeys(current, this.makeKey);
  }

  public hasNoCredentialYet(value: string): boolean {
    return hasNoKeys(value);
  }

  public validate(value: string): void {
    readAllKeys(value);
  }

  public async checkNext(next: string, current: () => Promise<string>, versionId: string): Promise<void> {
    mustComeNext(readAllKeys(next), readKeys(await current()), versionId);
  }

  public isDerived(pending: string, current: string): boolean {
    return isSameRest(pending, current) && findGap(readAllKeys(pending), readKeys(current)) === undefined;
  }

  public async setSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const pending = readAllKeys(await values.pending());
    const current = readKeys(await values.current());
    mustComeNext(pending, current, values.ids.pending);
    await this.publication?.publish(pending, current, values, deadline);
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pending, current] = [await values.pending(), await values.current()];
    // At a deployment, testSecret runs alone, with a copy of the current value. It may have no next key yet, and nothing may be published.
    if (pending === current) {
      readKeys(pending);
      return;
    }
    const keys = readAllKeys(pending);
    await this.publication?.check(keys, readKeys(current), values, deadline);
  }

  public async finishSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    // A copy of the function that was held up may have written after testSecret.
    await this.publication?.check(readAllKeys(await values.pending()), readKeys(await values.current()), values, deadline);
  }
}

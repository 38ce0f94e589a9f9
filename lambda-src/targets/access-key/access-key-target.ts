import type { AccessKey, AccessKeyInfo, AccessKeys } from './access-keys';
import type { Credential, CredentialValue } from './credential-value';
import { MAX_ACCESS_KEYS } from '../../../src/targets/access-key/contract';
import type { Deadline } from '../../rotation/deadline';
import { SecretMismatchError, TargetNotReadyError, TargetRefusedError } from '../../rotation/errors';
import type { SecretValues, Target, ValueRequest } from '../../target';

/** The service that accepts a credential. */
export interface Acceptance {
  /** The secret half of a credential, as stored beside the id of an access key. */
  secretOf(key: AccessKey): string;
  /**
   * Whether one server of the service accepts it now.
   *
   * @throws RotationError if it never will be
   */
  accepts(credential: Credential, deadline: Deadline): Promise<boolean>;
}

/** The parts of a target for the access keys of a user. */
export interface AccessKeyTargetParts {
  readonly keys: AccessKeys;
  readonly value: CredentialValue;
  readonly acceptance: Acceptance;
  /** Whether the user belongs to this secret alone. A key that no version has is then the orphan of a crash. */
  readonly isUserExclusive: boolean;
  /** Whether the user must have the key of AWSCURRENT. */
  readonly mustHaveCurrent?: boolean;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/** How often createSecret lists the keys again if they change meanwhile. */
const ROUNDS = 5;
/** How often in a row a credential must be accepted. Each answer may come from another server, and not all of them know a new key. */
const IN_A_ROW = 5;
/** The most attempts in one step. */
const LOOKS = 240;
/** The delay between two attempts, in milliseconds. */
const PAUSE = 500;
/** The time that a step keeps for the error after the last attempt, in milliseconds. */
const RESERVE = 2_000;
/** The largest difference between the clocks of IAM and of the function, in milliseconds. */
const SKEW = 60_000;

/**
 * The life cycle of a user's access keys, of which IAM allows two. A rotation deletes the key of AWSPREVIOUS, creates another one, and stores
 * it. So each key stays valid for a whole period after its version became AWSPREVIOUS.
 */
export class AccessKeyTarget implements Target {
  constructor(protected readonly parts: AccessKeyTargetParts) {}

  public async createValue({ current, values, deadline }: ValueRequest): Promise<string | undefined> {
    const { keys, value, acceptance, mustHaveCurrent = false } = this.parts;
    const currentId = value.find(current)?.id;
    value.checkRoom(current);
    const hasCurrent = (listed: readonly AccessKeyInfo[]) => currentId === undefined || listed.some(({ id }) => id === currentId);
    if (mustHaveCurrent) {
      // The list may lag behind the rotation that created the key.
      const found = await deadline.reread(async () => hasCurrent(await keys.list(deadline)) || undefined);
      if (found === undefined) {
        throw new SecretMismatchError(`The access key ${currentId} of AWSCURRENT is not one of the user that the tag of the secret names, so nothing was changed. Correct the tag. If the key was deleted, `
          + 'take it out of the value');
      }
    }
    for (let round = 0; round < ROUNDS; round++) {
      // Before the versions are read. A key that another copy stores meanwhile is then seen as stored.
      const existing = await keys.list(deadline);
      const previousId = await this.previousId(values, deadline);
      if (await values.pendingIfAny() !== undefined) { return undefined; }
      const unknown = existing.filter(({ id }) => id !== currentId && id !== previousId);
      if (unknown.length > 0) {
        if (await this.settleUnknown(unknown, values, deadline)) { return undefined; }
        continue;
      }
      await this.makeRoom(existing, currentId, previousId, deadline);
      deadline.signal.throwIfAborted();
      const key = await keys.create(deadline);
      if (key) { return value.put(current, { id: key.accessKeyId, secret: acceptance.secretOf(key) }); }
      // Another copy was faster, or IAM doesn't know yet that a key was deleted.
      if (!await deadline.pause(PAUSE)) { break; }
    }
    throw new TargetNotReadyError('The user has as many access keys as it may have, and they keep changing. Look for something else that creates access keys of this user');
  }

  public async discard(unstored: string, _values: SecretValues, deadline: Deadline): Promise<void> {
    await this.parts.keys.delete(this.parts.value.get(unstored).id, deadline);
  }

  public hasNoCredentialYet(value: string): boolean {
    return this.parts.value.find(value) === undefined;
  }

  public validate(value: string): void {
    this.parts.value.get(value);
  }

  public isDerived(pending: string, current: string): boolean {
    return this.parts.value.isNext(pending, current);
  }

  public async setSecret(values: SecretValues): Promise<void> {
    this.validate(await values.pending());
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const credential = this.parts.value.get(await values.pending());
    for (let look = 0, inARow = 0; look < LOOKS; look++) {
      inARow = await this.parts.acceptance.accepts(credential, deadline) ? inARow + 1 : 0;
      if (inARow === this.inARow) { return; }
      if (deadline.remainingTimeInMillis() <= PAUSE + RESERVE || !await deadline.pause(PAUSE)) { break; }
    }
    const remedy = `UpdateSecretVersionStage (VersionStage AWSPENDING, RemoveFromVersionId ${values.ids.pending}) and rotate again`;
    if (!(await this.parts.keys.list(deadline)).some(({ id }) => id === credential.id)) {
      throw new SecretMismatchError(`The access key ${credential.id} of AWSPENDING is not one of the user, or was deleted, so it will not be accepted. Remove AWSPENDING with ${remedy}`);
    }
    throw new TargetNotReadyError(`The access key ${credential.id} is not accepted everywhere yet. Secrets Manager retries the rotation. If it keeps happening, see that the key is active, `
      + `and raise the timeout of the RotationFunction: a new key may take a minute. After a correction of region, remove AWSPENDING with ${remedy}`);
  }

  /**
   * Deletes the key of AWSPREVIOUS if it is still there, because AWSCURRENT had no key of the user. Readers may have used it until now. After
   * this rotation no version has it, so the next one couldn't know its owner.
   */
  public async finishSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const { keys, value } = this.parts;
    const previousId = await this.previousId(values, deadline);
    // In this order: if AWSCURRENT has not moved by now, AWSPREVIOUS had not moved before.
    const inUse = [value.idIn(await values.current()), value.idIn(await values.pending())];
    if (previousId === undefined || inUse.includes(previousId)) { return; }
    if (!(await keys.list(deadline)).some(({ id }) => id === previousId)) { return; }
    deadline.signal.throwIfAborted();
    await keys.delete(previousId, deadline);
  }

  protected get inARow(): number { return IN_A_ROW; }

  /**
   * Deletes the key of AWSPREVIOUS. This is the last time that a version has it. AWSPREVIOUS and AWSCURRENT may have the same key. If there is
   * room, AWSCURRENT has no key of the user, and readers may use the key of AWSPREVIOUS until the rotation is over.
   */
  protected async makeRoom(
    existing: readonly AccessKeyInfo[], currentId: string | undefined, previousId: string | undefined, deadline: Deadline,
  ): Promise<void> {
    if (existing.length >= MAX_ACCESS_KEYS && previousId !== undefined && previousId !== currentId && existing.some(({ id }) => id === previousId)) {
      deadline.signal.throwIfAborted();
      await this.parts.keys.delete(previousId, deadline);
    }
  }

  /**
   * Handles keys that no version has: another copy may be about to store a key, or one has crashed. Returns true if the pending version has a
   * value by now.
   */
  protected async settleUnknown(unknown: readonly AccessKeyInfo[], values: SecretValues, deadline: Deadline): Promise<boolean> {
    if (await deadline.reread(() => values.pendingIfAny()) !== undefined) { return true; }
    const known = (await values.known()).map((value) => this.parts.value.idIn(value));
    const orphans = unknown.filter(({ id }) => !known.includes(id));
    const { now = Date.now, isUserExclusive, keys } = this.parts;
    const ids = orphans.map(({ id }) => id).join(', ');
    if (orphans.some(({ createdAt }) => now() - createdAt <= deadline.longestInMillis + SKEW)) {
      throw new TargetNotReadyError(`The access keys ${ids} are so new that another copy of the function may be about to store one. Secrets Manager retries the rotation`);
    }
    const unclear: string[] = [];
    // The key of a crash was never used.
    for (const { id } of orphans) { if (!isUserExclusive || await keys.wasUsed(id, deadline)) { unclear.push(id); } }
    if (unclear.length > 0) {
      throw new TargetRefusedError(`No version of the secret has the access keys ${unclear.join(', ')} of the user, so they may be in use elsewhere. Delete them if they are not used. If the user belongs to `
        + 'one secret alone, set exclusiveUser on the RotationTarget, and rotations delete such keys if they were never used');
    }
    for (const { id } of orphans) {
      deadline.signal.throwIfAborted();
      await keys.delete(id, deadline);
    }
    return false;
  }

  /** @throws TargetNotReadyError if the value of AWSPREVIOUS can't be read. Its key would be taken for one that no version has */
  private async previousId({ ids, previous }: SecretValues, deadline: Deadline): Promise<string | undefined> {
    if (ids.previous === undefined) { return undefined; }
    const value = await deadline.reread(() => previous(), 2);
    if (value !== undefined) { return this.parts.value.idIn(value); }
    throw new TargetNotReadyError('The version with AWSPREVIOUS can not be read, so its access key is not known. Allow the function to read it, or remove its label');
  }
}

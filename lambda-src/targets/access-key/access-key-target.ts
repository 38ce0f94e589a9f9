import type { AccessKey, AccessKeyInfo, AccessKeys } from './access-keys';
import type { Credential, CredentialValue } from './credential-value';
import { MAX_ACCESS_KEYS } from '../../../src/targets/access-key/contract';
import type { Deadline } from '../../rotation/deadline';
import { SecretMismatchError, TargetNotReadyError, TargetRefusedError } from '../../rotation/errors';
import type { SecretValues, Target, ValueRequest } from '../../target';

/** Who accepts a credential. */
export interface Acceptance {
  /** What the secret holds, beside the id, of an access key. */
  secretOf(key: AccessKey): string;
  /**
   * Whether it is accepted now, by whoever answers first.
   *
   * @throws RotationError if it never will be
   */
  accepts(credential: Credential, deadline: Deadline): Promise<boolean>;
}

/** What makes a target for the access keys of a user. */
export interface AccessKeyTargetParts {
  readonly keys: AccessKeys;
  readonly value: CredentialValue;
  readonly acceptance: Acceptance;
  /** Whether the user belongs to this secret alone, so that a key that no version names is an orphan of a crash. */
  readonly isUserExclusive: boolean;
  /** Whether the user must have the key of AWSCURRENT. */
  readonly mustHaveCurrent?: boolean;
  /** In milliseconds. */
  readonly now?: () => number;
}

/** How often createSecret looks at the keys again, if they change under its eyes. */
const ROUNDS = 5;
/** How often in a row a credential must be accepted: each answer may come from another server, and not all of them know a new key. */
const IN_A_ROW = 5;
/** At most, in one step. */
const LOOKS = 240;
/** Between two looks, in milliseconds. */
const PAUSE = 500;
/** Of the time of a step, for the error after the last look, in milliseconds. */
const RESERVE = 2_000;
/** By how much the clocks of IAM and of the function may differ, in milliseconds. */
const SKEW = 60_000;

/**
 * The life of the access keys of a user, of which IAM allows two. A rotation deletes the key of AWSPREVIOUS, makes another one, and stores it; so the key
 * of AWSCURRENT stays valid for a whole period after it became that of AWSPREVIOUS.
 */
export class AccessKeyTarget implements Target {
  constructor(protected readonly parts: AccessKeyTargetParts) {}

  public async createValue({ current, values, deadline }: ValueRequest): Promise<string | undefined> {
    const { keys, value, acceptance, mustHaveCurrent = false } = this.parts;
    const currentId = value.find(current)?.id;
    value.checkRoom(current);
    const hasCurrent = (listed: readonly AccessKeyInfo[]) => currentId === undefined || listed.some(({ id }) => id === currentId);
    if (mustHaveCurrent) {
      // The list may lag behind the rotation that made the key.
      const found = await deadline.reread(async () => hasCurrent(await keys.list(deadline)) || undefined);
      if (found === undefined) {
        throw new SecretMismatchError(`The access key ${currentId} of AWSCURRENT is not one of the user that the tag of the secret names, so nothing was changed. Correct the tag. If the key was deleted, `
          + 'take it out of the value');
      }
    }
    for (let round = 0; round < ROUNDS; round++) {
      // Before the versions are read: what another copy stores meanwhile is then seen as stored.
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
      // Another copy was faster, or IAM doesn't know yet that a key is gone.
      if (!await deadline.pause(PAUSE)) { break; }
    }
    throw new TargetNotReadyError('The user has as many access keys as it may have, and they change all the time. See who else creates access keys of this user');
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
    throw new TargetNotReadyError(`The access key ${credential.id} is not accepted everywhere yet. Secrets Manager tries the rotation again. If it keeps happening, see that the key is active, `
      + `and raise the timeout of the RotationFunction: a new key may take a minute. After a correction of region, remove AWSPENDING with ${remedy}`);
  }

  /**
   * If AWSCURRENT had no key of the user, that of AWSPREVIOUS is still there, as readers may use it until now. No version names it from now on, so the next
   * rotation could not tell whose it is.
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
   * The key of AWSPREVIOUS goes now, and not earlier: no version names it after this rotation. AWSPREVIOUS and AWSCURRENT may name the same one. If there is room,
   * AWSCURRENT has no key of the user, and readers may use that of AWSPREVIOUS until the rotation is over.
   */
  protected async makeRoom(
    existing: readonly AccessKeyInfo[], currentId: string | undefined, previousId: string | undefined, deadline: Deadline,
  ): Promise<void> {
    if (existing.length >= MAX_ACCESS_KEYS && previousId !== undefined && previousId !== currentId && existing.some(({ id }) => id === previousId)) {
      deadline.signal.throwIfAborted();
      await this.parts.keys.delete(previousId, deadline);
    }
  }

  /** Another copy may be about to store a key, or one has died before. True if the pending version has a value by now. */
  protected async settleUnknown(unknown: readonly AccessKeyInfo[], values: SecretValues, deadline: Deadline): Promise<boolean> {
    if (await deadline.reread(() => values.pendingIfAny()) !== undefined) { return true; }
    const known = (await values.known()).map((value) => this.parts.value.idIn(value));
    const orphans = unknown.filter(({ id }) => !known.includes(id));
    const { now = Date.now, isUserExclusive, keys } = this.parts;
    const ids = orphans.map(({ id }) => id).join(', ');
    if (orphans.some(({ createdAt }) => now() - createdAt <= deadline.longestInMillis + SKEW)) {
      throw new TargetNotReadyError(`The access keys ${ids} are so new that another copy of the function may be about to store one. Secrets Manager tries the rotation again`);
    }
    const unclear: string[] = [];
    // A crash leaves a key that nobody has ever seen.
    for (const { id } of orphans) { if (!isUserExclusive || await keys.wasUsed(id, deadline)) { unclear.push(id); } }
    if (unclear.length > 0) {
      throw new TargetRefusedError(`No version of the secret has the access keys ${unclear.join(', ')} of the user, so they may be somebody else's. Delete them if nobody uses them. If the user belongs to `
        + 'one secret alone, set exclusiveUser on the RotationTarget, and rotations delete such keys if they were never used');
    }
    for (const { id } of orphans) {
      deadline.signal.throwIfAborted();
      await keys.delete(id, deadline);
    }
    return false;
  }

  /** @throws TargetNotReadyError if AWSPREVIOUS has a value that can't be read: a key in it would be taken for one that no version has */
  private async previousId({ ids, previous }: SecretValues, deadline: Deadline): Promise<string | undefined> {
    if (ids.previous === undefined) { return undefined; }
    const value = await deadline.reread(() => previous(), 2);
    if (value !== undefined) { return this.parts.value.idIn(value); }
    throw new TargetNotReadyError('The version with AWSPREVIOUS can not be read, so its access key is not known. Allow the function to read it, or remove its label');
  }
}

import { admit, type Admission, type RotationEvent } from './admit';
import type { Deadline } from './deadline';
import { NoCurrentVersionError, PendingValueMissingError, RotationError, RotationSupersededError, SecretValueError } from './errors';
import { generatePassword } from './password';
import type { SecretVersion, SecretVersions } from './secret-versions';
import type { PasswordPolicyConfig } from '../../src/contract';
import type { RotationIds, SecretValues, SetReport, Target } from '../target';

/** The outcome of a step, for the log. */
export type Outcome = 'created' | 'alreadyCreated' | 'set' | 'tested' | 'promoted' | 'alreadyCurrent';

/** A version that a rotation made AWSCURRENT. */
export interface Promotion {
  readonly secretId: string;
  readonly versionId: string;
  /** The version that was AWSCURRENT before. Undefined if no version has AWSPREVIOUS any more. */
  readonly previousVersionId?: string;
}

/** One invocation of one rotation of one secret. */
export class Rotation {
  /** Of a setSecret that succeeded. */
  public report: SetReport = {};

  constructor(
    private readonly event: RotationEvent,
    private readonly versions: SecretVersions,
    private readonly target: Target,
    private readonly policy: PasswordPolicyConfig,
    private readonly deadline: Deadline,
    /** Publishes the notification. If it throws, the step fails, so that Secrets Manager retries it. */
    private readonly announce: (promotion: Promotion) => Promise<void> = async () => {},
  ) {}

  /** Runs the step of the event, if the secret's staging labels allow it. */
  public async run(): Promise<Outcome> {
    const admission = await this.admitted();
    if (admission.outcome === 'alreadyCurrent') { return this.alreadyCurrent(admission); }
    const ids = this.ids(admission);
    try {
      return await this.step(ids);
    } catch (error) {
      if (error instanceof PromotedMeanwhile) {
        const now = admit(await this.versions.describe(), this.event.ClientRequestToken);
        return this.alreadyCurrent(now.outcome === 'alreadyCurrent' ? now : { outcome: 'alreadyCurrent', previousVersionId: ids.current });
      }
      throw error instanceof SecretValueError ? await this.withVersion(error) : error;
    }
  }

  private async alreadyCurrent(admission: Extract<Admission, { outcome: 'alreadyCurrent' }>): Promise<Outcome> {
    if (admission.isUntested) { this.target.storedVersion?.refuse(this.event.ClientRequestToken, admission.previousVersionId); }
    // The copy that promoted it may have crashed before it published the notification.
    if (this.event.Step === 'finishSecret') { await this.tell(admission.previousVersionId); }
    return 'alreadyCurrent';
  }

  /** Adds the version to the error, if its value is at fault and it isn't AWSCURRENT. */
  private async withVersion(error: SecretValueError): Promise<SecretValueError> {
    try {
      // If the current value is malformed too, the pending version may be the only one that works, and must stay.
      const current = await this.versions.current();
      if (current === undefined) { return error; }
      this.target.validate(current.value);
    } catch {
      return error;
    }
    try {
      const pending = await this.versions.pending();
      if (pending !== undefined) { this.target.validate(pending.value); }
      return error;
    } catch (problem) {
      if (!(problem instanceof SecretValueError)) { return error; }
      const { ClientRequestToken: token } = this.event;
      return new SecretValueError(`In version ${token}, which has the staging label AWSPENDING: ${error.message}. A version can not get another value, so, unless setSecret succeeded with it, remove AWSPENDING with `
        + `UpdateSecretVersionStage (VersionStage AWSPENDING, RemoveFromVersionId ${token}) and rotate again`);
    }
  }

  private step(ids: RotationIds): Promise<Outcome> {
    const values = this.values(ids);
    switch (this.event.Step) {
      case 'createSecret': return this.createSecret(ids, values);
      case 'setSecret': return this.setSecret(values);
      case 'testSecret': return this.testSecret(values);
      case 'finishSecret': return this.finishSecret(ids, values);
    }
  }

  private async createSecret(ids: RotationIds, values: SecretValues): Promise<Outcome> {
    const existing = await this.versions.pending();
    if (existing) {
      this.target.validate(existing.value);
      await this.target.checkNext?.(existing.value, async () => (await this.current(ids.current, true)).value, ids.pending);
      return 'alreadyCreated';
    }
    const current = await this.current(ids.current);
    const create = () => this.target.createValue({
      current: current.value,
      generatePassword: (isUsable, room) => generatePassword(this.policy, (policy) => this.versions.randomPassword(policy), isUsable, room),
      values,
      deadline: this.deadline,
    });
    const value = await (this.target.storedVersion ? this.target.storedVersion.store(create, ids, this.versions, this.deadline) : create());
    if (value !== undefined && await this.versions.putPending(value)) { return 'created'; }
    // The target stored the value itself, the first read was stale, or another copy of this function was faster. The stored value counts.
    const stored = (await this.pending()).value;
    if (value !== undefined && value !== stored) { await this.target.discard?.(value, values, this.deadline); }
    this.target.validate(stored);
    await this.target.checkNext?.(stored, async () => current.value, ids.pending);
    return value === undefined ? 'created' : 'alreadyCreated';
  }

  private async setSecret(values: SecretValues): Promise<Outcome> {
    this.report = await this.target.setSecret(values, this.deadline) ?? {};
    return 'set';
  }

  private async testSecret(values: SecretValues): Promise<Outcome> {
    if (!await this.isBeforeFirst(values)) { await this.target.testSecret(values, this.deadline); }
    return 'tested';
  }

  /** Whether testSecret runs alone and there is no credential to test yet. finishSecret refuses such a value. */
  private async isBeforeFirst(values: SecretValues): Promise<boolean> {
    if (!this.target.hasNoCredentialYet) { return false; }
    const pending = await values.pending();
    return this.target.hasNoCredentialYet(pending) && pending === await values.current();
  }

  private values(ids: RotationIds): SecretValues {
    return {
      ids,
      pending: async () => (await this.pending()).value,
      pendingIfAny: async () => (await this.versions.pending())?.value,
      current: async () => (await this.current(ids.current)).value,
      previous: async () => (await this.versions.previous(ids.previous))?.value,
      known: () => this.known(ids),
      checkInProgress: async () => {
        const admission = await this.admitted();
        if (admission.outcome === 'alreadyCurrent') { throw new PromotedMeanwhile(); }
        if (admission.currentVersionId !== ids.current) { throw this.superseded(); }
      },
      ofSecret: (secretId) => this.versions.ofSecret(secretId),
    };
  }

  private async known(ids: RotationIds): Promise<string[]> {
    // A new value may not be readable for a moment. More than one further read would delay every step that failed.
    const pending = await this.deadline.reread(() => this.versions.pending(), 2);
    const values = new Set(pending === undefined ? [] : [pending.value]);
    // By their ids and by the label, because code that stored a value may have moved the label.
    const current = await this.versions.current();
    if (current) { values.add(current.value); }
    for (const id of [ids.current, ids.previous]) {
      const version = id === undefined || id === current?.versionId ? current : await this.versions.version(id);
      if (!version) { throw new NoCurrentVersionError(`Version ${id} can't be read`); }
      values.add(version.value);
    }
    return [...values];
  }

  private async finishSecret(ids: RotationIds, values: SecretValues): Promise<Outcome> {
    const pending = await this.pending();
    this.target.validate(pending.value);
    const current = await this.current(ids.current);
    if (!this.target.isDerived(pending.value, current.value) || isOlder(pending, current)) { throw this.superseded(); }
    await this.target.checkNext?.(pending.value, async () => current.value, ids.pending);
    await this.target.finishSecret?.(values, this.deadline);
    if (await this.versions.promote(ids.current)) { return this.promoted(ids.current); }
    // The label has moved. If it is on the pending version, an earlier call succeeded and only its reply was lost.
    const isCurrent = await this.deadline.reread(async () => {
      const admission = admit(await this.versions.describe(), this.event.ClientRequestToken);
      return admission.outcome === 'alreadyCurrent' || undefined;
    });
    if (isCurrent) { return this.promoted(ids.current); }
    throw this.superseded();
  }

  private async promoted(previousVersionId: string): Promise<Outcome> {
    await this.tell(previousVersionId);
    return 'promoted';
  }

  private tell(previousVersionId: string | undefined): Promise<void> {
    return this.announce({ secretId: this.event.SecretId, versionId: this.event.ClientRequestToken, previousVersionId });
  }

  private async admitted(): Promise<Exclude<Admission, { outcome: 'refuse' }>> {
    let admission: Admission | undefined;
    await this.deadline.reread(async () => {
      admission = admit(await this.versions.describe(), this.event.ClientRequestToken);
      return admission.outcome === 'refuse' && admission.mayLag ? undefined : admission;
    });
    if (admission?.outcome === 'refuse') { throw admission.error; }
    return admission!;
  }

  /** The ids of the rotation's versions. */
  private ids(admission: Extract<Admission, { outcome: 'proceed' }>): RotationIds {
    return {
      secretId: this.event.SecretId,
      pending: this.event.ClientRequestToken,
      current: admission.currentVersionId,
      previous: admission.previousVersionId,
      rotationToken: this.event.RotationToken,
      tags: admission.tags,
    };
  }

  private async pending(): Promise<SecretVersion> {
    const version = await this.deadline.reread(() => this.versions.pending());
    if (version) { return version; }
    throw new PendingValueMissingError(`Version ${this.event.ClientRequestToken} has the staging label AWSPENDING and no value. `
      + 'Secrets Manager retries the rotation, from createSecret');
  }

  /**
   * The current version, once the read agrees with DescribeSecret.
   *
   * @param mayBePromoted whether another copy of this function may have been faster. Before there is a pending value, it can only be a mistake
   */
  private async current(versionId: string, mayBePromoted = this.event.Step !== 'createSecret'): Promise<SecretVersion> {
    const version = await this.deadline.reread(async () => {
      const found = await this.versions.current();
      if (found?.versionId === this.event.ClientRequestToken && mayBePromoted) { throw new PromotedMeanwhile(); }
      return found?.versionId === versionId ? found : undefined;
    });
    if (version) { return version; }
    throw new NoCurrentVersionError(`The value of version ${versionId}, which has the staging label AWSCURRENT, can't be read. `
      + 'If it changed just now, Secrets Manager retries the rotation; otherwise give AWSCURRENT to the version that works');
  }

  private superseded(): RotationSupersededError {
    return new RotationSupersededError('AWSCURRENT moved to another version during this rotation, so the pending value '
      + 'is out of date and was not promoted. If the next rotation says that this one is not complete, remove AWSPENDING with '
      + `UpdateSecretVersionStage (VersionStage AWSPENDING, RemoveFromVersionId ${this.event.ClientRequestToken}) and rotate again`);
  }
}

/** The version of the rotation became AWSCURRENT during the step. */
class PromotedMeanwhile extends RotationError {}

/** Whether the pending value is older than the current one. It then wasn't made from the current one. */
function isOlder(pending: SecretVersion, current: SecretVersion): boolean {
  return pending.createdDate !== undefined && current.createdDate !== undefined && pending.createdDate < current.createdDate;
}

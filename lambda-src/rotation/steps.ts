import { admit, type Admission, type RotationEvent } from './admit';
import type { Deadline } from './deadline';
import { NoCurrentVersionError, PendingValueMissingError, RotationSupersededError } from './errors';
import { generatePassword } from './password';
import type { SecretVersion, SecretVersions } from './secret-versions';
import type { PasswordPolicyConfig } from '../../src/private/handler-contract';
import type { SecretValues, Target } from '../targets/target';

/** What a step did, for the log. */
export type Outcome = 'created' | 'alreadyCreated' | 'set' | 'tested' | 'promoted' | 'alreadyCurrent';

/** One rotation of one secret, as far as a single invocation knows it. */
export class Rotation {
  constructor(
    private readonly event: RotationEvent,
    private readonly versions: SecretVersions,
    private readonly target: Target,
    private readonly policy: PasswordPolicyConfig,
    private readonly deadline: Deadline,
  ) {}

  /** Runs the step of the event, if the secret's staging labels allow it. */
  public async run(): Promise<Outcome> {
    const currentVersionId = await this.admitted();
    if (currentVersionId === undefined) { return 'alreadyCurrent'; }
    switch (this.event.Step) {
      case 'createSecret': return this.createSecret(currentVersionId);
      case 'setSecret': return this.setSecret(currentVersionId);
      case 'testSecret': return this.testSecret(currentVersionId);
      case 'finishSecret': return this.finishSecret(currentVersionId);
    }
  }

  private async createSecret(currentVersionId: string): Promise<Outcome> {
    const existing = await this.versions.pending();
    if (existing) {
      this.target.validate(existing.value);
      return 'alreadyCreated';
    }
    const current = await this.current(currentVersionId);
    const value = await this.target.createValue(current.value, (isUsable) =>
      generatePassword(this.policy, () => this.versions.randomPassword(this.policy), isUsable));
    if (await this.versions.putPending(value)) { return 'created'; }
    // The first read was stale, or another copy of this function was faster: what it stored is what counts.
    this.target.validate((await this.pending()).value);
    return 'alreadyCreated';
  }

  private async setSecret(currentVersionId: string): Promise<Outcome> {
    await this.target.setSecret(this.values(currentVersionId), this.deadline);
    return 'set';
  }

  private async testSecret(currentVersionId: string): Promise<Outcome> {
    await this.target.testSecret(this.values(currentVersionId), this.deadline);
    return 'tested';
  }

  private values(currentVersionId: string): SecretValues {
    return {
      pending: async () => (await this.pending()).value,
      current: async () => (await this.current(currentVersionId)).value,
      previous: async () => (await this.versions.previous())?.value,
      ofSecret: (secretId) => this.versions.ofSecret(secretId),
    };
  }

  private async finishSecret(currentVersionId: string): Promise<Outcome> {
    const pending = await this.pending();
    this.target.validate(pending.value);
    const current = await this.current(currentVersionId);
    if (!this.target.isDerived(pending.value, current.value) || isOlder(pending, current)) { throw this.superseded(); }
    if (await this.versions.promote(currentVersionId)) { return 'promoted'; }
    // The label isn't where it was a moment ago. If it is here, an earlier call was committed and only its reply was lost.
    const isCurrent = await this.deadline.reread(async () => {
      const admission = admit(await this.versions.describe(), this.event.ClientRequestToken);
      return admission.outcome === 'alreadyCurrent' || undefined;
    });
    if (isCurrent) { return 'promoted'; }
    throw this.superseded();
  }

  /** The id of the current version; undefined where the pending version is current already. */
  private async admitted(): Promise<string | undefined> {
    let admission: Admission | undefined;
    await this.deadline.reread(async () => {
      admission = admit(await this.versions.describe(), this.event.ClientRequestToken);
      return admission.outcome === 'refuse' && admission.mayLag ? undefined : admission;
    });
    if (admission?.outcome === 'refuse') { throw admission.error; }
    return admission?.outcome === 'proceed' ? admission.currentVersionId : undefined;
  }

  private async pending(): Promise<SecretVersion> {
    const version = await this.deadline.reread(() => this.versions.pending());
    if (version) { return version; }
    throw new PendingValueMissingError(`Version ${this.event.ClientRequestToken} has the staging label AWSPENDING and no value. `
      + 'Secrets Manager tries the rotation again, from createSecret');
  }

  /** The current version, once it can be read as the one that DescribeSecret names. */
  private async current(versionId: string): Promise<SecretVersion> {
    const version = await this.deadline.reread(async () => {
      const found = await this.versions.current();
      return found?.versionId === versionId ? found : undefined;
    });
    if (version) { return version; }
    throw new NoCurrentVersionError(`The value of version ${versionId}, which has the staging label AWSCURRENT, can't be read. `
      + 'If it changed just now, Secrets Manager tries the rotation again; otherwise give AWSCURRENT to the version that works');
  }

  private superseded(): RotationSupersededError {
    return new RotationSupersededError('The current version was changed by somebody else while this rotation was under way, so the pending value '
      + 'is out of date and was not promoted. If the next rotation says that this one is not complete, remove AWSPENDING with '
      + `UpdateSecretVersionStage (VersionStage AWSPENDING, RemoveFromVersionId ${this.event.ClientRequestToken}) and rotate again`);
  }
}

/** Whether the pending value was made before the current one, which therefore wasn't what it was made from. */
function isOlder(pending: SecretVersion, current: SecretVersion): boolean {
  return pending.createdDate !== undefined && current.createdDate !== undefined && pending.createdDate < current.createdDate;
}

import type { RotationEvent, SecretDescription } from './admit';
import { SecretNotFoundError, SecretsManagerError, SecretValueError } from './errors';
import { MAX_VALUE_BYTES } from './secret-value';
import type { Operations, SecretsManager } from './secrets-manager';
import { isNamed, mustBeAnswered, toRotationError } from './service-errors';
import type { PasswordPolicyConfig } from '../../src/contract';

/** A version of the secret that has a value. */
export interface SecretVersion {
  readonly versionId: string;
  readonly value: string;
  /** Absent if Secrets Manager doesn't return it. */
  readonly createdDate?: Date;
}

/** All calls of a rotation to Secrets Manager, for one secret and one rotation. */
export class SecretVersions {
  constructor(
    private readonly client: SecretsManager,
    private readonly event: RotationEvent,
    private readonly abortSignal: AbortSignal,
  ) {}

  public async describe(): Promise<SecretDescription> {
    const answer = await this.call('DescribeSecret', () => this.client.send('DescribeSecret', { SecretId: this.event.SecretId }, this.abortSignal));
    mustBeAnswered('DescribeSecret', answer.ARN);
    return {
      rotationEnabled: answer.RotationEnabled,
      deleted: answer.DeletedDate !== undefined,
      stages: new Map(Object.entries(answer.VersionIdsToStages ?? {})),
      tags: new Map(answer.Tags?.map(({ Key = '', Value = '' }) => [Key, Value])),
    };
  }

  /**
   * The pending version of this rotation. Undefined if it has no value yet. It is read by its id alone, because admission has checked
   * AWSPENDING. With the label, a retry right after the label moved would fail.
   */
  public pending(): Promise<SecretVersion | undefined> {
    return this.read({ SecretId: this.event.SecretId, VersionId: this.event.ClientRequestToken });
  }

  /** A version by its id. Undefined if there is none with a value. */
  public version(versionId: string): Promise<SecretVersion | undefined> {
    return this.read({ SecretId: this.event.SecretId, VersionId: versionId });
  }

  /** The version with AWSCURRENT. Undefined if there is none with a value. */
  public current(): Promise<SecretVersion | undefined> {
    return this.read({ SecretId: this.event.SecretId, VersionStage: 'AWSCURRENT' });
  }

  /**
   * The version that had AWSPREVIOUS at admission. By its id, because the label may have moved since, or a read of it may be stale. Undefined if
   * there is none, or if the service refuses the read: nothing depends on it alone.
   */
  public async previous(versionId: string | undefined): Promise<SecretVersion | undefined> {
    if (versionId === undefined) { return undefined; }
    try {
      return await this.version(versionId);
    } catch (error) {
      if (error instanceof SecretsManagerError || error instanceof SecretValueError) { return undefined; }
      throw error;
    }
  }

  /** The current value of another secret. */
  public async ofSecret(secretId: string): Promise<string> {
    const version = await this.read({ SecretId: secretId, VersionStage: 'AWSCURRENT' });
    if (version) { return version.value; }
    throw new SecretNotFoundError(`The secret ${secretId} does not exist, or has no current value. Deploy it, or correct what refers to it`);
  }

  /** Puts the value of the pending version. Returns false if the version has another value already. */
  public async putPending(value: string): Promise<boolean> {
    const { SecretId, ClientRequestToken, RotationToken } = this.event;
    const bytes = Buffer.byteLength(value);
    if (bytes > MAX_VALUE_BYTES) {
      throw new SecretValueError(`The next value of the secret has ${bytes} bytes, and Secrets Manager takes at most ${MAX_VALUE_BYTES}, so it was not stored. Make it shorter`);
    }
    return this.unless('ResourceExistsException', 'PutSecretValue', () => this.client.send('PutSecretValue', {
      SecretId, ClientRequestToken, RotationToken, SecretString: value, VersionStages: ['AWSPENDING'],
    }, this.abortSignal));
  }

  /** Moves AWSCURRENT from a version to the pending one. Returns false if that version no longer has it. */
  public async promote(currentVersionId: string): Promise<boolean> {
    const { SecretId, ClientRequestToken } = this.event;
    return this.unless('InvalidParameterException', 'UpdateSecretVersionStage', () => this.client.send('UpdateSecretVersionStage', {
      SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId: currentVersionId,
    }, this.abortSignal));
  }

  /** Adds a staging label to the pending version. Returns whether the version has it then. */
  public async label(label: string): Promise<boolean> {
    const { SecretId, ClientRequestToken } = this.event;
    const move = { SecretId, VersionStage: label, MoveToVersionId: ClientRequestToken };
    try {
      await this.client.send('UpdateSecretVersionStage', move, this.abortSignal);
      return true;
    } catch {
      // The service also refuses if the label is there already: from another copy, or from a call whose reply was lost.
      return this.describe().then(({ stages }) => stages.get(ClientRequestToken)?.includes(label) ?? false, () => false);
    }
  }

  public async randomPassword(policy: PasswordPolicyConfig): Promise<string> {
    const answer = await this.call('GetRandomPassword', () => this.client.send('GetRandomPassword', {
      PasswordLength: policy.passwordLength,
      ExcludeCharacters: policy.excludeCharacters,
      ExcludeLowercase: policy.excludeLowercase,
      ExcludeUppercase: policy.excludeUppercase,
      ExcludeNumbers: policy.excludeNumbers,
      ExcludePunctuation: policy.excludePunctuation,
      IncludeSpace: policy.includeSpace,
      RequireEachIncludedType: policy.requireEachIncludedType,
    }, this.abortSignal));
    return mustBeAnswered('GetRandomPassword', answer.RandomPassword);
  }

  private async read(version: Operations['GetSecretValue']['input']): Promise<SecretVersion | undefined> {
    try {
      const answer = await this.client.send('GetSecretValue', version, this.abortSignal);
      if (answer.SecretString === undefined) {
        mustBeAnswered('GetSecretValue', answer.SecretBinary);
        throw new SecretValueError('The value of the secret is binary. Only string values can be rotated; put the value as SecretString');
      }
      return { versionId: answer.VersionId ?? '', value: answer.SecretString, createdDate: answer.CreatedDate };
    } catch (error) {
      // The only error that means that the version doesn't exist. Any other error says nothing about the version.
      if (isNamed(error, 'ResourceNotFoundException')) { return undefined; }
      throw toRotationError('GetSecretValue', error);
    }
  }

  private async call<T>(operation: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw toRotationError(operation, error);
    }
  }

  private async unless(refusal: string, operation: string, send: () => Promise<{ readonly ARN?: string }>): Promise<boolean> {
    try {
      mustBeAnswered(operation, (await send()).ARN);
      return true;
    } catch (error) {
      if (isNamed(error, refusal)) { return false; }
      throw toRotationError(operation, error);
    }
  }
}

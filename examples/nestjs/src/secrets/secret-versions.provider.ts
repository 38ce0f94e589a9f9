import { BaseProvider } from '@aws-lambda-powertools/parameters/base';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Injectable } from '@nestjs/common';
import { SecretVersion } from './secret-version.js';

export interface ReadOptions {
  /** How old a cached version may be, in seconds. */
  readonly maxAge: number;
  /** Whether to ask Secrets Manager, whatever the cache has. */
  readonly forceFetch?: boolean;
}

/**
 * The cache of Powertools, which extends to sources of one's own. Its own provider for secrets forgets the version's id, and asks as often
 * as it is asked; this one remembers, and has one read in flight at a time.
 */
@Injectable()
export class SecretVersionsProvider extends BaseProvider {
  private readonly inFlight = new Map<string, Promise<SecretVersion>>();

  constructor(private readonly secretsManager: SecretsManagerClient) {
    super({ awsSdkV3Client: secretsManager });
  }

  override async get(secretId: string, options: ReadOptions): Promise<SecretVersion> {
    return await super.get(secretId, options) as SecretVersion;
  }

  protected async _get(secretId: string): Promise<SecretVersion> {
    let read = this.inFlight.get(secretId);
    if (!read) {
      read = this.read(secretId).finally(() => this.inFlight.delete(secretId));
      this.inFlight.set(secretId, read);
    }
    return read;
  }

  protected _getMultiple(): Promise<never> {
    return Promise.reject(new Error('Secrets are read one at a time'));
  }

  private async read(secretId: string): Promise<SecretVersion> {
    const readAt = performance.now();
    const { VersionId, SecretString } = await this.secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }));
    if (VersionId === undefined || SecretString === undefined) { throw new Error(`The secret ${secretId} has no text: a login is JSON`); }
    return new SecretVersion(VersionId, SecretString, readAt);
  }
}

import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecretVersion } from '#src/secrets/secret-version.js';
import type { SecretVersionsProvider } from '#src/secrets/secret-versions.provider.js';
import type { SecretsService, SecretStatus } from '#src/secrets/secrets.service.js';
import { TTL_SECONDS } from './scale.js';

export const DESIGNS = ['this service', 'cache alone', 'no cache'] as const;
export type Design = typeof DESIGNS[number];

/** What takes the place of `SecretsService` in the designs that this one is held against. The rest of the service is the same. */
export type OtherDesign = Pick<SecretsService, 'current' | 'replacementOf' | 'status'>;

/** Has what it has until that is too old, whatever the database says: the walkthrough's. */
export class CacheAlone implements OtherDesign {
  constructor(private readonly provider: SecretVersionsProvider, private readonly secretId: string) {}

  async current(): Promise<SecretVersion> {
    return this.provider.get(this.secretId, { maxAge: TTL_SECONDS });
  }

  async replacementOf(): Promise<undefined> {}

  status(): SecretStatus | null {
    return null;
  }
}

/** Asks for every request, each for itself. */
export class NoCache implements OtherDesign {
  constructor(private readonly secretsManager: SecretsManagerClient, private readonly secretId: string) {}

  async current(): Promise<SecretVersion> {
    const readAt = performance.now();
    const { VersionId, SecretString } = await this.secretsManager.send(new GetSecretValueCommand({ SecretId: this.secretId }));
    return new SecretVersion(VersionId!, SecretString!, readAt);
  }

  async replacementOf(): Promise<undefined> {}

  status(): SecretStatus | null {
    return null;
  }
}

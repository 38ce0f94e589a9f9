import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Module } from '@nestjs/common';
import { SecretVersionsProvider } from './secret-versions.provider.js';
import { SecretsService } from './secrets.service.js';

@Module({
  // Region and credentials are where the SDK finds them: the role of the task, the function or the instance.
  providers: [{ provide: SecretsManagerClient, useFactory: () => new SecretsManagerClient() }, SecretVersionsProvider, SecretsService],
  exports: [SecretsService],
})
export class SecretsModule {}

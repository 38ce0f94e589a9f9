import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Logger, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { Test, type TestingModule } from '@nestjs/testing';
import { validate } from '#src/configuration.js';

/** A module of the service, with Nest's own tools: everything is real but the address of Secrets Manager. */
export async function compile(
  imports: NonNullable<ModuleMetadata['imports']>, secretsManager: string, environment: Record<string, unknown>,
): Promise<TestingModule> {
  Logger.overrideLogger(false);
  // ConfigModule puts what it validated into process.env, where the next test would find it.
  const before = { ...process.env };
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true, validate: () => ({ ...validate(environment) }) }), ...imports],
  }).overrideProvider(SecretsManagerClient).useValue(clientOf(secretsManager)).compile();
  process.env = before;
  return module;
}

export function clientOf(endpoint: string): SecretsManagerClient {
  return new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' } });
}

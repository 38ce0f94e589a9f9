import type { CreateSecretContext, Reply, RotationContext, RotationModule } from 'cdk-rotating-secret/rotation';

interface Value {
  readonly client: string;
  readonly apiKey: string;
}

export async function createSecret({ current, generatePassword }: CreateSecretContext<Value>): Promise<Value> {
  return { ...current.value, apiKey: await generatePassword() };
}

export async function setSecret({ pending, signal, log, remainingTimeInMillis }: RotationContext<Value>): Promise<Reply> {
  log.info(`${pending.versionId}, ${String(signal.aborted)}, ${remainingTimeInMillis()}`);
  return { status: 'notYet', reason: pending.value.client, retryAfterMillis: 100 };
}

export async function testSecret(context: RotationContext<Value>): Promise<void> {
  // @ts-expect-error The value has no such key.
  context.log.error(context.pending.value.password);
}

export const target: RotationModule<Value> = { createSecret, setSecret, testSecret };

/**
 * Replaces `@aws-sdk/client-secrets-manager` in the bundle, with the part of its commands and exceptions that the rotation and the simulator
 * use. Nothing is ever sent.
 */

class Command {
  constructor(public readonly input: object) {}
}

export class CancelRotateSecretCommand extends Command {}
export class CreateSecretCommand extends Command {}
export class DeleteSecretCommand extends Command {}
export class DescribeSecretCommand extends Command {}
export class GetRandomPasswordCommand extends Command {}
export class GetSecretValueCommand extends Command {}
export class ListSecretVersionIdsCommand extends Command {}
export class PutSecretValueCommand extends Command {}
export class RestoreSecretCommand extends Command {}
export class RotateSecretCommand extends Command {}
export class UpdateSecretCommand extends Command {}
export class UpdateSecretVersionStageCommand extends Command {}

interface ExceptionOptions {
  readonly name: string;
  readonly message: string;
  readonly $fault: 'client' | 'server';
  readonly $metadata: object;
}

export class SecretsManagerServiceException extends Error {
  public readonly $fault: 'client' | 'server';
  public readonly $metadata: object;

  constructor({ name, message, $fault, $metadata }: ExceptionOptions) {
    super(message);
    this.name = name;
    this.$fault = $fault;
    this.$metadata = $metadata;
  }
}

const named = (name: string, $fault: 'client' | 'server' = 'client') => class extends SecretsManagerServiceException {
  constructor(options: Omit<ExceptionOptions, 'name' | '$fault'>) {
    super({ ...options, name, $fault });
  }
};

export const DecryptionFailure = named('DecryptionFailure');
export const EncryptionFailure = named('EncryptionFailure');
export const InternalServiceError = named('InternalServiceError', 'server');
export const InvalidNextTokenException = named('InvalidNextTokenException');
export const InvalidParameterException = named('InvalidParameterException');
export const InvalidRequestException = named('InvalidRequestException');
export const LimitExceededException = named('LimitExceededException');
export const PreconditionNotMetException = named('PreconditionNotMetException');
export const ResourceExistsException = named('ResourceExistsException');
export const ResourceNotFoundException = named('ResourceNotFoundException');

export class SecretsManagerClient {
  constructor() {
    throw new Error('A rehearsal has no Secrets Manager but its own');
  }
}

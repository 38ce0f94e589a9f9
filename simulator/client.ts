import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DecryptionFailure,
  DeleteSecretCommand,
  DescribeSecretCommand,
  EncryptionFailure,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  InternalServiceError,
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidRequestException,
  LimitExceededException,
  ListSecretVersionIdsCommand,
  PreconditionNotMetException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  RotateSecretCommand,
  SecretsManagerServiceException,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MODELED_ERRORS, ServiceError } from './errors';
import { takesToken } from './secrets-manager';
import type { SecretsManagerSimulator } from './secrets-manager';
import type { Inputs, Operation } from './types';

interface Command {
  readonly input: object;
}

interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

const COMMANDS = new Map<unknown, Operation>([
  [CancelRotateSecretCommand, 'CancelRotateSecret'],
  [CreateSecretCommand, 'CreateSecret'],
  [DeleteSecretCommand, 'DeleteSecret'],
  [DescribeSecretCommand, 'DescribeSecret'],
  [GetRandomPasswordCommand, 'GetRandomPassword'],
  [GetSecretValueCommand, 'GetSecretValue'],
  [ListSecretVersionIdsCommand, 'ListSecretVersionIds'],
  [PutSecretValueCommand, 'PutSecretValue'],
  [RestoreSecretCommand, 'RestoreSecret'],
  [RotateSecretCommand, 'RotateSecret'],
  [UpdateSecretCommand, 'UpdateSecret'],
  [UpdateSecretVersionStageCommand, 'UpdateSecretVersionStage'],
]);

const EXCEPTIONS = {
  DecryptionFailure,
  EncryptionFailure,
  InternalServiceError,
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidRequestException,
  LimitExceededException,
  PreconditionNotMetException,
  ResourceExistsException,
  ResourceNotFoundException,
};

export interface InMemoryClientOptions {
  /**
   * How often a call is attempted if it is throttled, or if the server or the network fails, as in the SDK. Attempts follow at once, because
   * nothing here waits.
   *
   * @default 1
   */
  readonly maxAttempts?: number;
}

/** Replaces the SDK's client wherever only commands are sent, and throws the same errors. */
export class InMemoryClient implements Pick<SecretsManagerClient, 'send' | 'destroy'> {
  public readonly send = this.sendCommand.bind(this) as SecretsManagerClient['send'];

  constructor(private readonly simulator: Pick<SecretsManagerSimulator, 'execute' | 'newToken'>, private readonly options: InMemoryClientOptions = {}) {}

  public destroy(): void {
    // It has no open connections.
  }

  private async sendCommand(command: Command, options: SendOptions = {}): Promise<unknown> {
    const operation = COMMANDS.get(command.constructor);
    if (!operation) { throw new TypeError(`The simulator does not know ${command.constructor.name}`); }
    // One token for all attempts, as in the SDK. It makes a repeated attempt harmless.
    const input = { ...command.input } as Inputs[Operation] & { ClientRequestToken?: string };
    if (takesToken(operation)) { input.ClientRequestToken ??= this.simulator.newToken(); }
    const maxAttempts = this.options.maxAttempts ?? 1;
    for (let attempt = 1; ; attempt++) {
      try {
        if (options.abortSignal?.aborted) { throw abortError(); }
        const sent = this.simulator.execute(operation, input);
        const output = await (options.abortSignal ? unlessAborted(sent, options.abortSignal) : sent);
        return { $metadata: metadata(200, attempt), ...output };
      } catch (error) {
        if (attempt >= maxAttempts || !isRetryable(error)) { throw toSdkException(error, attempt); }
      }
    }
  }
}

async function unlessAborted<T>(sent: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError());
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([aborted, sent]);
  } finally {
    signal.removeEventListener('abort', abort);
    // The result of an aborted call is ignored.
    sent.catch(() => {});
  }
}

function abortError(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

function isRetryable(error: unknown): boolean {
  if (error instanceof ServiceError) { return error.fault === 'server' || error.code === 'ThrottlingException'; }
  return typeof (error as NodeJS.ErrnoException).code === 'string';
}

function metadata(httpStatusCode: number, attempts: number) {
  return { httpStatusCode, requestId: '00000000-0000-4000-8000-000000000000', attempts, totalRetryDelay: 0 };
}

/** The error as the SDK throws it. Errors that aren't the service's, such as a cut connection, only get the attempts. */
function toSdkException(error: unknown, attempts: number): unknown {
  if (!(error instanceof ServiceError)) {
    return error instanceof Error ? Object.assign(error, { $metadata: { attempts, totalRetryDelay: 0 } }) : error;
  }
  const options = { message: error.message, $metadata: metadata(error.status, attempts) };
  if (MODELED_ERRORS.has(error.code)) {
    const Exception = EXCEPTIONS[error.code as keyof typeof EXCEPTIONS];
    return new Exception(options);
  }
  return new SecretsManagerServiceException({ ...options, name: error.code, $fault: error.fault });
}

/** An error of the service, before a client or the wire gives it a format. Messages never hold a value. */
export class ServiceError extends Error {
  public readonly fault: 'client' | 'server';

  constructor(public readonly code: string, message: string, public readonly status: number = 400) {
    super(message);
    this.name = code;
    this.fault = status >= 500 ? 'server' : 'client';
  }
}

/** The errors in the service model. They have `Message`, all others have `message`. */
export const MODELED_ERRORS: ReadonlySet<string> = new Set([
  'DecryptionFailure',
  'EncryptionFailure',
  'InternalServiceError',
  'InvalidNextTokenException',
  'InvalidParameterException',
  'InvalidRequestException',
  'LimitExceededException',
  'PreconditionNotMetException',
  'ResourceExistsException',
  'ResourceNotFoundException',
]);

export const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);
export const invalidRequest = (message: string) => new ServiceError('InvalidRequestException', message);
export const limitExceeded = (message: string) => new ServiceError('LimitExceededException', message);
export const notFound = (message: string) => new ServiceError('ResourceNotFoundException', message);
export const resourceExists = (message: string) => new ServiceError('ResourceExistsException', message);
export const serialization = (message: string) => new ServiceError('SerializationException', message);
export const validation = (message: string) => new ServiceError('ValidationException', message);

export const secretNotFound = () => notFound("Secrets Manager can't find the specified secret.");

export const markedForDeletion = () =>
  invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");

export const tokenInUseMessage = (token: string, arn: string) =>
  `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`;

export const tokenInUse = (token: string, arn: string) => resourceExists(tokenInUseMessage(token, arn));

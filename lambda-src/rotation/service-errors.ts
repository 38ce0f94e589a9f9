import { ConnectivityError, RotationError, SecretNotFoundError, SecretsManagerError, UnexpectedError } from './errors';

/**
 * What to do about an error of the service, by its name. The service's own message isn't repeated: some quote the
 * request, and a request may hold the value.
 */
const REMEDIES: Record<string, string> = {
  AccessDeniedException: 'The role of the function may not do this, on the secret or on the key that encrypts it. Grant it, '
    + 'or look for a permissions boundary, a service control policy or a policy on the secret, the key or the VPC endpoint that denies it',
  DecryptionFailure: 'The key that encrypts the secret could not decrypt it. Grant kms:Decrypt on it to the role of the function, and see that the key is enabled',
  EncryptionFailure: 'The key that encrypts the secret could not encrypt the new value. Grant kms:GenerateDataKey on it to the role of the function, '
    + 'and see that the key is enabled',
  ThrottlingException: 'Calls were throttled, and retries did not help. Spread the rotation schedules of the account over more time',
  LimitExceededException: 'A limit of Secrets Manager is reached, such as 20 staging labels on a secret. Remove what is not needed',
  InternalServiceError: 'The service failed. Secrets Manager tries the rotation again',
  InvalidRequestException: 'The state of the secret does not allow it. It may be scheduled for deletion, or managed by another service',
  InvalidParameterException: 'The service refused a parameter',
  ExpiredTokenException: 'The credentials of the function are not accepted any more. Secrets Manager tries the rotation again',
  UnrecognizedClientException: 'The credentials of the function are not accepted. See that its role exists',
};

const NETWORK_ERRORS = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNABORTED',
]);

interface ServiceError {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly requestId?: string; readonly httpStatusCode?: number };
  readonly $fault?: string;
}

export function isNamed(error: unknown, name: string): boolean {
  return (error as ServiceError | undefined)?.name === name;
}

export function isNetworkError(name: string, code: string): boolean {
  return NETWORK_ERRORS.has(code) || name === 'TimeoutError';
}

/** One of our errors for whatever a call to Secrets Manager threw. */
export function toRotationError(operation: string, error: unknown): RotationError {
  if (error instanceof RotationError) { return error; }
  const { name = '', code = '', $metadata, $fault } = (error ?? {}) as ServiceError;
  if (isNetworkError(name, code)) {
    return new ConnectivityError(`Secrets Manager can't be reached for ${operation} (${code || name}). In a VPC the function needs an interface endpoint for `
      + 'secretsmanager with private DNS, or a route to the internet, and security groups that let it out on port 443');
  }
  if (operation === 'DescribeSecret' && name === 'ResourceNotFoundException') {
    return new SecretNotFoundError('The secret does not exist in this account and region. Deploy it again, or remove its rotation schedule');
  }
  if ($fault !== undefined && /^\w{1,64}$/.test(name)) {
    const remedy = REMEDIES[name] ?? 'See the name of the error in the API reference of Secrets Manager';
    const request = $metadata?.requestId && /^[\w-]{1,64}$/.test($metadata.requestId) ? `, request ${$metadata.requestId}` : '';
    return new SecretsManagerError(`${operation} was refused with ${name}${request}. ${remedy}`);
  }
  return new UnexpectedError(`${operation} failed in a way that is not known to be safe to print. Turn on CloudTrail to see the call`);
}

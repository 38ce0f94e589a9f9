import { ServiceError } from './errors';

/*
 * The usual faults, for an interceptor to throw. In the phase `before`, the service never did the operation. In the phase `after`, it did, and
 * the answer is lost.
 */

export const accessDenied = (action = 'this action') =>
  new ServiceError('AccessDeniedException', `User is not authorized to perform: ${action} because no identity-based policy allows it`);

export const throttled = () => new ServiceError('ThrottlingException', 'Rate exceeded');

/** The caller has no permission to use the KMS key. */
export const kmsDenied = () => new ServiceError('AccessDeniedException', 'Access to KMS is not allowed');

/** The KMS key is disabled, deleted or in another state in which it can't decrypt. */
export const decryptionFailure = () =>
  new ServiceError('DecryptionFailure', "Secrets Manager can't decrypt the protected secret text using the provided KMS key.");

export const encryptionFailure = () =>
  new ServiceError('EncryptionFailure', "Secrets Manager can't encrypt the protected secret text using the provided KMS key.");

export const internalError = () => new ServiceError('InternalServiceError', 'An error occurred on the server side.', 500);

/** A network error: what the SDK's HTTP handler throws for a cut connection. The wire server cuts the connection. */
export function connectionReset(): Error {
  return Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
}

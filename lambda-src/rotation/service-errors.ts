import {
  ConfigurationError, ConnectivityError, RotationError, SecretNotFoundError, SecretsManagerError, TlsError, UnexpectedError,
} from './errors';

const RETRIED = 'Secrets Manager retries the rotation';
const SIGNATURE = 'The signature of the request is not accepted. See that nothing between the function and Secrets Manager changes requests, that the clock where the function '
  + 'runs is right, and that the credentials in its environment are those that Lambda set';

/**
 * What to do about an error of the service, by its name. The service's own message isn't repeated, because some messages quote the request, and
 * a request may hold the value.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
 */
const REMEDIES: Record<string, string> = {
  AccessDeniedException: 'The role of the function may not do this, on the secret or on the key that encrypts it. Grant it, '
    + 'or look for a permissions boundary, a service control policy or a policy on the secret, the key or the VPC endpoint that denies it',
  DecryptionFailure: 'The key that encrypts the secret could not decrypt it. Grant kms:Decrypt on it to the role of the function, and see that the key is enabled',
  EncryptionFailure: 'The key that encrypts the secret could not encrypt the new value. Grant kms:GenerateDataKey on it to the role of the function, '
    + 'and see that the key is enabled',
  ThrottlingException: 'Calls were throttled, and retries did not help. Spread the rotation schedules of the account over more time',
  LimitExceededException: 'A limit of Secrets Manager is reached, such as 20 staging labels on a secret. Remove what is not needed',
  InternalServiceError: `The service failed. ${RETRIED}`,
  InternalFailure: `The service failed. ${RETRIED}`,
  ServiceUnavailable: `The service failed. ${RETRIED}`,
  InvalidRequestException: 'The state of the secret does not allow it. It may be scheduled for deletion, or managed by another service',
  InvalidParameterException: 'The service refused a parameter. If it was Secrets Manager that invoked the function, report it as an issue of cdk-rotating-secret',
  ResourceNotFoundException: 'The secret or its version does not exist any more. Deploy the secret again, or remove its rotation schedule',
  ExpiredTokenException: `The credentials of the function are not accepted any more. ${RETRIED}`,
  UnrecognizedClientException: 'The credentials of the function are not accepted. See that its role exists',
  InvalidSignatureException: SIGNATURE,
  IncompleteSignature: SIGNATURE,
  SignatureDoesNotMatch: SIGNATURE,
  RequestExpired: SIGNATURE,
  RequestInTheFuture: SIGNATURE,
  RequestTimeTooSkewed: SIGNATURE,
};

/** Errors of sockets and of DNS. */
const NETWORK_ERROR = /^(ECONN(REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_[A-Z]+|ETIMEDOUT|EPIPE|EHOST(UNREACH|DOWN)|ENET(UNREACH|DOWN|RESET)|EADDRNOTAVAIL)$/;

/** Errors of Node.js's parser of HTTP. */
const NOT_HTTP = /^HPE_/;

/** OpenSSL's and Node.js's reasons not to trust a certificate, and a connection without TLS. */
const UNTRUSTED = /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO$|HANDSHAKE_SSL_ERROR$)/;

interface ServiceError {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly requestId?: string };
  readonly $fault?: string;
}

/** The names of an AWS service in errors. */
interface Service {
  readonly name: string;
  /** The name of its VPC endpoint. */
  readonly endpoint: string;
}

const SECRETS_MANAGER: Service = { name: 'Secrets Manager', endpoint: 'secretsmanager' };

export function isNamed(error: unknown, name: string): boolean {
  return (error as ServiceError | undefined)?.name === name;
}

function isNetworkError(name: string, code: string): boolean {
  return NETWORK_ERROR.test(code) || name === 'TimeoutError';
}

export function isTlsError(code: string): boolean {
  return UNTRUSTED.test(code);
}

/** The errors of a server that asks for a client certificate, with TLS 1.3 and with TLS 1.2. */
const WITHOUT_CLIENT_CERTIFICATE = new Set(['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE']);

/** Whether a server asked for a client certificate, or has no version or cipher of TLS in common with the function. */
export function asksForCertificate(code: string): boolean {
  return WITHOUT_CLIENT_CERTIFICATE.has(code);
}

/** The remedy for a name that a service chose. It may be the name of a property that every object has. */
export function remedyOf(remedies: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(remedies, name) ? remedies[name] : undefined;
}

function unreachable({ name, endpoint }: Service, purpose: string, reason: string): string {
  return `${name} can't be reached ${purpose} (${reason}). In a VPC the function needs an interface endpoint for ${endpoint} with private DNS, `
    + 'or a route to the internet, and security groups that let it out on port 443';
}

function untrusted({ name }: Pick<Service, 'name'>, code: string): string {
  return `The certificate of what answers for ${name} is not trusted (${code}). Look for a proxy or a firewall that answers with a certificate of its own, and for a `
    + 'variable AWS_ENDPOINT_URL… in the environment of the function. If that is intended, name the file of its authority in the variable NODE_EXTRA_CA_CERTS';
}

/** @param status the HTTP status */
export function foreignAnswer(operation: string, { name }: Pick<Service, 'name'>, status: number | undefined): string {
  return `The answer to ${operation}${status === undefined ? '' : ` with the HTTP status ${status}`} does not look like one of ${name}. Look for a proxy, a firewall or an `
    + `endpoint of your own between the function and ${name}; without one, ${name} failed`;
}

/** The errors that all services have in common. */
export interface ServiceErrors {
  readonly findCallProblem: typeof findCallProblem;
  readonly foreignAnswer: typeof foreignAnswer;
}

/** What went wrong before a service could answer. Undefined for any other error. */
export function findCallProblem(operation: string, service: Service, error: unknown): RotationError | undefined {
  const { name = '', code = '' } = (error ?? {}) as ServiceError;
  if (isNetworkError(name, code)) { return new ConnectivityError(unreachable(service, `for ${operation}`, code || name)); }
  if (isTlsError(code)) { return new TlsError(untrusted(service, code)); }
  if (NOT_HTTP.test(code)) { return new ConnectivityError(foreignAnswer(operation, service, undefined)); }
  if (name === 'CredentialsProviderError') {
    return new ConfigurationError(`There are no credentials for ${operation}: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set in the environment of the function. Lambda sets both from `
      + 'the role of the function; look for a wrapper or a layer that removes them');
  }
  if (name === 'NoRegionError') {
    return new ConfigurationError(`There is no region for ${operation}: AWS_REGION is not set in the environment of the function. Lambda sets it; look for a wrapper or a layer that removes it`);
  }
  if (code === 'ERR_INVALID_URL') {
    return new ConfigurationError(`There is no endpoint for ${operation}: a variable AWS_ENDPOINT_URL… in the environment of the function is not a URL. Correct or remove it`);
  }
  return undefined;
}

/**
 * The rotation error for any error of a call to Secrets Manager.
 *
 * @param remedies further remedies, by the name of the error
 */
export function toRotationError(operation: string, error: unknown, remedies: Readonly<Record<string, string>> = {}): RotationError {
  if (error instanceof RotationError) { return error; }
  const problem = findCallProblem(operation, SECRETS_MANAGER, error);
  if (problem) { return problem; }
  const { name = '', $metadata, $fault } = (error ?? {}) as ServiceError;
  if (operation === 'DescribeSecret' && name === 'ResourceNotFoundException') {
    return new SecretNotFoundError('The secret does not exist in this account and region. Deploy it again, or remove its rotation schedule');
  }
  if ($fault !== undefined && /^\w{1,64}$/.test(name)) {
    const remedy = remedyOf(remedies, name) ?? remedyOf(REMEDIES, name) ?? 'See the name of the error in the API reference of Secrets Manager';
    const request = $metadata?.requestId && /^[\w-]{1,64}$/.test($metadata.requestId) ? `, request ${$metadata.requestId}` : '';
    return new SecretsManagerError(`${operation} was refused with ${name}${request}. ${remedy}`);
  }
  return unexpected(operation, error);
}

/** The code of an error of the system is no secret. */
export function unexpected(purpose: string, error: unknown): UnexpectedError {
  const { code = '' } = (error ?? {}) as ServiceError;
  return new UnexpectedError(`${purpose} failed in the function, with an unexpected error, left out as it may hold a value${/^E[A-Z0-9_]{1,63}$/.test(code) ? ` (${code})` : ''}. If it happens again, `
    + 'report it as an issue of cdk-rotating-secret');
}

/** @throws ConnectivityError if an answer lacks a field that every answer of Secrets Manager has, as the answer of a proxy does */
export function mustBeAnswered<T>(operation: string, field: T | undefined): T {
  if (field === undefined) { throw new ConnectivityError(foreignAnswer(operation, SECRETS_MANAGER, undefined)); }
  return field;
}

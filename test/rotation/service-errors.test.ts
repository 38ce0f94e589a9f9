import { SecretValueError } from '../../lambda-src/rotation/errors';
import { isNamed, toRotationError } from '../../lambda-src/rotation/service-errors';

/** A client's error for a refused call. */
function serviceError(name: string, more: object = {}): Error {
  return Object.assign(new Error('p4ssw0rd'), { name, $fault: 'client', $metadata: { requestId: 'a1B2-c3_d4' }, ...more });
}

const NETWORK = 'In a VPC the function needs an interface endpoint for secretsmanager with private DNS, or a route to the internet, '
  + 'and security groups that let it out on port 443';

describe('a connectivity error', () => {
  test.each([
    'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNABORTED',
  ])('case 64: has the code %s, and what a VPC needs', (code) => {
    expect(toRotationError('PutSecretValue', Object.assign(new Error('p4ssw0rd'), { code }))).toMatchObject({
      name: 'ConnectivityError', message: `Secrets Manager can't be reached for PutSecretValue (${code}). ${NETWORK}`,
    });
  });

  test('case 64: comes from the client\'s own time-out', () => {
    expect(toRotationError('GetSecretValue', Object.assign(new Error('p4ssw0rd'), { name: 'TimeoutError' }))).toMatchObject({
      name: 'ConnectivityError', message: `Secrets Manager can't be reached for GetSecretValue (TimeoutError). ${NETWORK}`,
    });
  });

  test('is recognized by its code first', () => {
    const error = Object.assign(new Error('p4ssw0rd'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
    expect(toRotationError('GetSecretValue', error).message).toContain('(ETIMEDOUT)');
  });
});

describe('an error that Secrets Manager can not fix', () => {
  test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'EPROTO'])(
    'comes from a certificate, with the code %s', (code) => {
      expect(toRotationError('GetSecretValue', Object.assign(new Error('p4ssw0rd'), { code, $metadata: { attempts: 1 } }))).toMatchObject({
        name: 'TlsError',
        message: `The certificate of what answers for Secrets Manager is not trusted (${code}). Look for a proxy or a firewall that answers with a certificate of its own, and for a `
          + 'variable AWS_ENDPOINT_URL… in the environment of the function. If that is intended, name the file of its authority in the variable NODE_EXTRA_CA_CERTS',
      });
    });

  test.each([
    ['credentials', Object.assign(new Error('p4ssw0rd'), { name: 'CredentialsProviderError' }), /no credentials for GetSecretValue: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set/],
    ['a region', Object.assign(new Error('p4ssw0rd'), { name: 'NoRegionError' }), /no region for GetSecretValue: AWS_REGION is not set/],
    ['an endpoint', Object.assign(new TypeError('p4ssw0rd'), { code: 'ERR_INVALID_URL' }), /a variable AWS_ENDPOINT_URL… in the environment of the function is not a URL/],
  ])('comes from a function without %s', (_, thrown, message) => {
    expect(toRotationError('GetSecretValue', thrown)).toMatchObject({ name: 'ConfigurationError', message: expect.stringMatching(message) });
  });
});

describe('a refusal of the service', () => {
  test.each<[string, RegExp]>([
    ['AccessDeniedException', /may not do this, on the secret or on the key .*Grant it, or look for a permissions boundary, .*that denies it$/],
    ['DecryptionFailure', /could not decrypt it\. Grant kms:Decrypt on it .*the key is enabled$/],
    ['EncryptionFailure', /could not encrypt the new value\. Grant kms:GenerateDataKey on it .*the key is enabled$/],
    ['ThrottlingException', /throttled.*Spread the rotation schedules of the account over more time$/],
    ['LimitExceededException', /A limit of Secrets Manager is reached.*Remove what is not needed$/],
    ['InternalServiceError', /The service failed\. Secrets Manager retries the rotation$/],
    ['InvalidRequestException', /state of the secret does not allow it.*scheduled for deletion, or managed by another service$/],
    ['InvalidParameterException', /The service refused a parameter\. If it was Secrets Manager that invoked the function, report it as an issue/],
    ['ResourceNotFoundException', /does not exist any more\. Deploy the secret again, or remove its rotation schedule$/],
    ['InternalFailure', /The service failed\. Secrets Manager retries the rotation$/],
    ['ServiceUnavailable', /The service failed\. Secrets Manager retries the rotation$/],
    ...['InvalidSignatureException', 'IncompleteSignature', 'SignatureDoesNotMatch', 'RequestExpired', 'RequestInTheFuture', 'RequestTimeTooSkewed']
      .map((clock): [string, RegExp] => [clock, /signature .* not accepted\. See that nothing .* changes requests, that the clock .* is right, and that the credentials .* Lambda set$/]),
    // Names of properties that every object has.
    ...['constructor', 'toString', '__proto__'].map((inherited): [string, RegExp] => [inherited, /\. See the name of the error in the API reference of Secrets Manager$/]),
    ['ExpiredTokenException', /credentials .* not accepted any more\. Secrets Manager retries the rotation$/],
    ['UnrecognizedClientException', /credentials .* not accepted\. See that its role exists$/],
    ['SomethingNewException', /\. See the name of the error in the API reference of Secrets Manager$/],
  ])('with %s says what to do', (name, remedy) => {
    const error = toRotationError('PutSecretValue', serviceError(name));
    expect(error.name).toBe('SecretsManagerError');
    expect(error.message).toMatch(new RegExp(`^PutSecretValue was refused with ${name}, request a1B2-c3_d4\\. `));
    expect(error.message).toMatch(remedy);
  });

  test.each([
    ['missing', { $metadata: {} }], ['missing with all that is about the answer', { $metadata: undefined }], ['empty', { $metadata: { requestId: '' } }],
    ['too long', { $metadata: { requestId: 'x'.repeat(65) } }], ['with something before it', { $metadata: { requestId: '"p4ssw0rd" a1b2' } }],
    ['with something after it', { $metadata: { requestId: 'a1b2 "p4ssw0rd"' } }],
  ])('has no request id if it is %s', (_, more) => {
    expect(toRotationError('GetSecretValue', serviceError('DecryptionFailure', more)).message).toMatch(/^GetSecretValue was refused with DecryptionFailure\. The key/);
  });

  test.each(['x', 'x'.repeat(64)])('has the request id %s', (requestId) => {
    expect(toRotationError('GetSecretValue', serviceError('DecryptionFailure', { $metadata: { requestId } })).message).toContain(`DecryptionFailure, request ${requestId}. `);
  });

  test('case 8: is a missing secret if DescribeSecret fails', () => {
    expect(toRotationError('DescribeSecret', serviceError('ResourceNotFoundException'))).toMatchObject({
      name: 'SecretNotFoundError', message: expect.stringMatching(/does not exist in this account and region\. Deploy it again, or remove its rotation schedule$/),
    });
  });

  test('is not taken for a missing secret if another call or another error says so', () => {
    expect(toRotationError('PutSecretValue', serviceError('ResourceNotFoundException')).name).toBe('SecretsManagerError');
    expect(toRotationError('DescribeSecret', serviceError('AccessDeniedException')).name).toBe('SecretsManagerError');
  });
});

describe('any other error', () => {
  test.each([
    ['an error of the program', new TypeError('p4ssw0rd')], ['an error with a code that is not the network\'s', Object.assign(new Error('p4ssw0rd'), { code: 'ENOENT' })],
    ['an error of the service with a sentence for a name', serviceError('p4ssw0rd is wrong')],
    ['an error of the service with a line end in its name', serviceError('Access\np4ssw0rd')],
    ['an error of the service with more after its name', serviceError('AccessDeniedException: p4ssw0rd')],
    ['an error of the service with more before its name', serviceError('p4ssw0rd: AccessDeniedException')],
    ['an error of the service with a name that is too long', serviceError('p4ssw0rd'.repeat(9))],
    ['an error of the service without a name', { $fault: 'client' }],
    ['a text', 'p4ssw0rd'], ['nothing', undefined], ['null', null], ['an object', { password: 'p4ssw0rd' }],
  ])('case 69: %s has none of its content', (_, thrown) => {
    const error = toRotationError('GetSecretValue', thrown);
    expect(error).toMatchObject({
      name: 'UnexpectedError',
      message: expect.stringMatching(/^GetSecretValue failed in the function, with an unexpected error, left out as it may hold a value( \(ENOENT\))?\. If it happens again, report it as an issue of cdk-rotating-secret$/),
    });
    expect(error.cause).toBeUndefined();
    expect(error.stack).not.toContain('p4ssw0rd');
  });

  test('stays the same if it is one of ours', () => {
    const error = new SecretValueError('what to do');
    expect(toRotationError('GetSecretValue', error)).toBe(error);
  });
});

describe('the name of an error', () => {
  test('is read from any value', () => {
    expect(isNamed(serviceError('ResourceNotFoundException'), 'ResourceNotFoundException')).toBe(true);
    expect(isNamed(serviceError('ResourceNotFoundException'), 'ResourceExistsException')).toBe(false);
    expect([undefined, null, 'ResourceNotFoundException', {}].map((thrown) => isNamed(thrown, 'ResourceNotFoundException'))).toEqual([false, false, false, false]);
  });
});

import { errorOf, token, withSecret } from './fixture';
import { checkRequest } from '../../simulator/requests';
import type { Operation } from '../../simulator/types';

const SecretId = 'app';

function check(operation: Operation, input: object): string {
  return errorOf(() => checkRequest(operation, input));
}

describe('a member', () => {
  test.each<Operation>([
    'CancelRotateSecret', 'DeleteSecret', 'DescribeSecret', 'GetSecretValue', 'ListSecretVersionIds', 'PutSecretValue', 'RestoreSecret', 'RotateSecret',
    'UpdateSecret', 'UpdateSecretVersionStage',
  ])('that is required and missing: SecretId of %s', (operation) => {
    const expected = "ValidationException: 1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null";
    expect(check(operation, {})).toBe(expected);
    expect(check(operation, { SecretId: undefined })).toBe(expected);
    expect(check(operation, { SecretId: null })).toBe(expected);
  });

  test('that is required and missing: others', () => {
    expect(check('CreateSecret', {})).toMatch(/^ValidationException: .*'name'/);
    expect(check('UpdateSecretVersionStage', { SecretId })).toMatch(/^ValidationException: .*'versionStage'/);
  });

  test('that the request does not have', () => {
    expect(check('GetSecretValue', { SecretId, Version: 'x' })).toBe('SerializationException: Version is not a member of this request');
    expect(check('GetSecretValue', { SecretId, toString: 'x' })).toBe('SerializationException: toString is not a member of this request');
    expect(check('RotateSecret', { SecretId, RotationRules: { Days: 1 } })).toMatch(/^SerializationException: RotationRules\.Days/);
  });

  test('of the wrong type', () => {
    const wrong: [Operation, object, string][] = [
      ['GetSecretValue', { SecretId: 5 }, 'SecretId must be of the type string'],
      ['PutSecretValue', { SecretId, VersionStages: 'AWSPENDING' }, 'VersionStages must be of the type strings'],
      ['PutSecretValue', { SecretId, VersionStages: [1] }, 'VersionStages must be of the type strings'],
      ['PutSecretValue', { SecretId, SecretBinary: 'text' }, 'SecretBinary must be of the type blob'],
      ['GetRandomPassword', { PasswordLength: '32' }, 'PasswordLength must be of the type number'],
      ['GetRandomPassword', { PasswordLength: 32.5 }, 'PasswordLength must be of the type number'],
      ['GetRandomPassword', { IncludeSpace: 'yes' }, 'IncludeSpace must be of the type boolean'],
      ['RotateSecret', { SecretId, RotationRules: [] }, 'RotationRules must be a structure'],
      ['RotateSecret', { SecretId, RotationRules: 'weekly' }, 'RotationRules must be a structure'],
    ];
    expect(wrong.map(([operation, input]) => check(operation, input))).toEqual(wrong.map(([, , message]) => `SerializationException: ${message}`));
  });

  test.each<[Operation, object, string]>([
    ['DescribeSecret', { SecretId: '' }, "'secretId' .* length greater than or equal to 1"],
    ['DescribeSecret', { SecretId: 'x'.repeat(2049) }, "'secretId' .* length less than or equal to 2048"],
    ['CreateSecret', { Name: 'x'.repeat(513) }, "'name' .* length less than or equal to 512"],
    ['GetSecretValue', { SecretId, VersionId: 'short' }, "'versionId' .* length greater than or equal to 32"],
    ['GetSecretValue', { SecretId, VersionStage: '' }, "'versionStage' .* length greater than or equal to 1"],
    ['UpdateSecretVersionStage', { SecretId, VersionStage: 'x'.repeat(257) }, "'versionStage' .* length less than or equal to 256"],
    ['UpdateSecretVersionStage', { SecretId, VersionStage: 'X', MoveToVersionId: 'x'.repeat(65) }, "'moveToVersionId' .* length less than or equal to 64"],
    ['PutSecretValue', { SecretId, VersionStages: [] }, "'versionStages' .* length greater than or equal to 1"],
    ['PutSecretValue', { SecretId, VersionStages: [''] }, "'versionStages' .* length greater than or equal to 1"],
    ['PutSecretValue', { SecretId, SecretString: '' }, "'secretString' .* length greater than or equal to 1"],
    ['PutSecretValue', { SecretId, RotationToken: 'r'.repeat(35) }, "'rotationToken' .* length greater than or equal to 36"],
    ['PutSecretValue', { SecretId, RotationToken: 'r'.repeat(257) }, "'rotationToken' .* length less than or equal to 256"],
    ['PutSecretValue', { SecretId, RotationToken: '!'.repeat(36) }, "'rotationToken' .* regular expression pattern"],
    ['ListSecretVersionIds', { SecretId, MaxResults: 101 }, "'maxResults' .* value less than or equal to 100"],
    ['RotateSecret', { SecretId, RotationRules: { Duration: '100h' } }, "'rotationRules.duration' .* length less than or equal to 3"],
  ])('of %s out of bounds: %j', (operation, input, pattern) => {
    expect(check(operation, input)).toMatch(new RegExp(`^ValidationException: 1 validation error detected: Value at ${pattern}`));
  });
});

test.each(['with space', 'question?', 'semi;colon', 'lineend\n', 'a:b'])('refuses the name %j in every operation', (name) => {
  expect(check('CreateSecret', { Name: name, ClientRequestToken: token('a') })).toMatch(/^ValidationException: Invalid name\./);
  expect(check('DescribeSecret', { SecretId: name })).toMatch(/^ValidationException: Invalid name\./);
});

describe('ClientRequestToken', () => {
  test.each<[Operation, string]>([
    ['CreateSecret', 'InvalidRequestException'], ['PutSecretValue', 'InvalidRequestException'], ['UpdateSecret', 'InvalidRequestException'],
    ['RotateSecret', 'InvalidParameterException'],
  ])('is missing in %s', (operation, error) => {
    const named = operation === 'CreateSecret' ? { Name: 'x' } : { SecretId };
    expect(check(operation, named)).toBe(`${error}: You must provide a ClientRequestToken value. We recommend a UUID-type value.`);
  });

  test.each([31, 65])('of %d characters is refused', (length) => {
    expect(check('PutSecretValue', { SecretId, SecretString: 'x', ClientRequestToken: 't'.repeat(length) }))
      .toBe('InvalidParameterException: ClientRequestToken must be 32-64 characters long.');
  });

  test.each([32, 64])('of %d characters becomes the id of the version', (length) => {
    const { simulator } = withSecret();
    simulator.perform('PutSecretValue', { SecretId, SecretString: 'x', ClientRequestToken: 't'.repeat(length) });
    expect(simulator.inspect(SecretId).stages.AWSCURRENT).toBe('t'.repeat(length));
  });
});

describe('the size of a value is in bytes', () => {
  const fits = 'é'.repeat(32768);

  test('65,536 are allowed', () => {
    const { simulator } = withSecret();
    simulator.perform('PutSecretValue', { SecretId, SecretString: fits });
    simulator.perform('PutSecretValue', { SecretId, SecretBinary: new Uint8Array(65536) });
    expect(simulator.inspect(SecretId).value('AWSPREVIOUS')).toBe(fits);
  });

  test.each([[{ SecretString: `${fits}x` }], [{ SecretBinary: new Uint8Array(65537) }]])('one more is refused', (value) => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('PutSecretValue', { SecretId, ...value }))).toMatch(/^ValidationException: .*less than or equal to 65536/);
    expect(simulator.inspect(SecretId).versionCount).toBe(1);
  });
});

test('no error has a value', () => {
  const { simulator } = withSecret();
  const secretValue = 'correct horse battery staple';
  const inputs: [Operation, object][] = [
    ['PutSecretValue', { SecretId: secretValue, SecretString: secretValue }],
    ['PutSecretValue', { SecretId, SecretString: secretValue, ClientRequestToken: token('a') }],
    ['PutSecretValue', { SecretId, SecretString: [secretValue] }],
    ['PutSecretValue', { SecretId, SecretString: secretValue.repeat(9999) }],
    ['PutSecretValue', { SecretId, SecretString: secretValue, RotationToken: secretValue.repeat(2) }],
    ['UpdateSecret', { SecretId, SecretString: secretValue, ClientRequestToken: token('a') }],
    ['CreateSecret', { Name: SecretId, SecretString: secretValue }],
  ];
  for (const [operation, input] of inputs) {
    expect(errorOf(() => simulator.perform(operation, input as never))).not.toContain(secretValue);
  }
});

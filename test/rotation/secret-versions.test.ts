import { SecretVersions } from '../../lambda-src/rotation/secret-versions';

const EVENT = { SecretId: 'secret', ClientRequestToken: 'token', Step: 'createSecret', RotationToken: 'rotation-token' } as const;
const { signal } = new AbortController();

interface Sent {
  readonly operation: string;
  readonly input: unknown;
  readonly abortSignal: unknown;
}

/** A client that returns the same answer to every call, or throws it. */
function versionsWith(answer: object) {
  const sent: Sent[] = [];
  const send = async (operation: string, input: unknown, abortSignal: unknown) => {
    sent.push({ operation, input, abortSignal });
    if (answer instanceof Error) { throw answer; }
    return answer;
  };
  return { sent, versions: new SecretVersions({ send } as ConstructorParameters<typeof SecretVersions>[0], EVENT, signal) };
}

function serviceError(name: string): Error {
  return Object.assign(new Error('refused'), { name, $fault: 'client' });
}

const POLICY = {
  passwordLength: 20,
  excludeCharacters: '"',
  excludeLowercase: false,
  excludeUppercase: true,
  excludeNumbers: false,
  excludePunctuation: true,
  includeSpace: false,
  requireEachIncludedType: true,
};
const GET_RANDOM_PASSWORD = {
  PasswordLength: 20,
  ExcludeCharacters: '"',
  ExcludeLowercase: false,
  ExcludeUppercase: true,
  ExcludeNumbers: false,
  ExcludePunctuation: true,
  IncludeSpace: false,
  RequireEachIncludedType: true,
};
const CALLS: [string, (versions: SecretVersions) => Promise<unknown>, object][] = [
  ['DescribeSecret', (versions) => versions.describe(), { SecretId: 'secret' }],
  ['GetSecretValue', (versions) => versions.pending(), { SecretId: 'secret', VersionId: 'token' }],
  ['GetSecretValue', (versions) => versions.current(), { SecretId: 'secret', VersionStage: 'AWSCURRENT' }],
  ['PutSecretValue', (versions) => versions.putPending('value'), {
    SecretId: 'secret', ClientRequestToken: 'token', RotationToken: 'rotation-token', SecretString: 'value', VersionStages: ['AWSPENDING'],
  }],
  ['UpdateSecretVersionStage', (versions) => versions.promote('old'), {
    SecretId: 'secret', VersionStage: 'AWSCURRENT', MoveToVersionId: 'token', RemoveFromVersionId: 'old',
  }],
  ['GetRandomPassword', (versions) => versions.randomPassword(POLICY), GET_RANDOM_PASSWORD],
];

test.each(CALLS)('%s is called once, with %p, and can be aborted', async (operation, call, input) => {
  const { versions, sent } = versionsWith({ ARN: 'arn', SecretString: 'value', RandomPassword: 'password' });
  await call(versions);
  expect(sent).toEqual([{ operation, input, abortSignal: expect.anything() }]);
  expect(sent[0].abortSignal).toBe(signal);
});

test.each(CALLS)('an error of %s (%p) has the operation', async (operation, call) => {
  const { versions } = versionsWith(serviceError('AccessDeniedException'));
  await expect(call(versions)).rejects.toMatchObject({
    name: 'SecretsManagerError', message: expect.stringMatching(new RegExp(`^${operation} was refused with AccessDeniedException\\.`)),
  });
});

describe('a description', () => {
  test('has the fields that a rotation depends on', async () => {
    const { versions } = versionsWith({ ARN: 'arn', RotationEnabled: true, VersionIdsToStages: { old: ['AWSCURRENT'], token: ['AWSPENDING', 'BLUE'] }, Tags: [{ Key: 'team', Value: 'a' }] });
    expect(await versions.describe()).toEqual({
      rotationEnabled: true, deleted: false, stages: new Map([['old', ['AWSCURRENT']], ['token', ['AWSPENDING', 'BLUE']]]), tags: new Map([['team', 'a']]),
    });
  });

  test('case 8: shows that the secret is deleted', async () => {
    expect(await versionsWith({ ARN: 'arn', RotationEnabled: false, DeletedDate: new Date(0) }).versions.describe())
      .toEqual({ rotationEnabled: false, deleted: true, stages: new Map(), tags: new Map() });
  });

  test('case 4: does not say whether rotation is enabled if Secrets Manager does not', async () => {
    expect((await versionsWith({ ARN: 'arn' }).versions.describe()).rotationEnabled).toBeUndefined();
  });
});

describe.each(['pending', 'current'] as const)('the %s version', (name) => {
  test('is read with its id and date', async () => {
    const { versions } = versionsWith({ VersionId: 'id', SecretString: 'value', CreatedDate: new Date(5) });
    expect(await versions[name]()).toEqual({ versionId: 'id', value: 'value', createdDate: new Date(5) });
  });

  test('may be empty, and have an unknown id and date', async () => {
    expect(await versionsWith({ SecretString: '' }).versions[name]()).toEqual({ versionId: '', value: '', createdDate: undefined });
  });

  test('case 13: is missing only if Secrets Manager says so', async () => {
    expect(await versionsWith(serviceError('ResourceNotFoundException')).versions[name]()).toBeUndefined();
    await expect(versionsWith(serviceError('AccessDeniedException')).versions[name]()).rejects.toMatchObject({ name: 'SecretsManagerError' });
    await expect(versionsWith(serviceError('InvalidRequestException')).versions[name]()).rejects.toMatchObject({ name: 'SecretsManagerError' });
  });

  test('case 19: fails if it is binary', async () => {
    await expect(versionsWith({ SecretBinary: new Uint8Array([1]) }).versions[name]()).rejects.toMatchObject({
      name: 'SecretValueError', message: 'The value of the secret is binary. Only string values can be rotated; put the value as SecretString',
    });
  });
});

describe('a write', () => {
  test.each([
    ['the pending value', (versions: SecretVersions) => versions.putPending('value'), 'ResourceExistsException', 'InvalidParameterException'],
    ['the label', (versions: SecretVersions) => versions.promote('old'), 'InvalidParameterException', 'ResourceExistsException'],
  ])('of %s returns whether it was done, and fails after any other refusal', async (_, write, refusal, other) => {
    expect(await write(versionsWith({ ARN: 'arn' }).versions)).toBe(true);
    expect(await write(versionsWith(serviceError(refusal)).versions)).toBe(false);
    await expect(write(versionsWith(serviceError(other)).versions)).rejects.toMatchObject({ name: 'SecretsManagerError' });
  });
});

test('a password is the result of Secrets Manager', async () => {
  expect(await versionsWith({ RandomPassword: 'aB3!' }).versions.randomPassword({})).toBe('aB3!');
});

test.each(CALLS)('an answer to %s (%p) that does not look like one of Secrets Manager is a failure, not a success', async (operation, call) => {
  await expect(call(versionsWith({ $metadata: { httpStatusCode: 200 } }).versions)).rejects.toMatchObject({
    name: 'ConnectivityError',
    message: `The answer to ${operation} does not look like one of Secrets Manager. Look for a proxy, a firewall or an endpoint of your own between the function and `
      + 'Secrets Manager; without one, Secrets Manager failed',
  });
});

test.each([['a'.repeat(65_536), true], [`${'ü'.repeat(32_768)}a`, false]])('case 101: a value is put only up to 65,536 bytes (%#)', async (value, fits) => {
  const { versions, sent } = versionsWith({ ARN: 'arn' });
  const put = versions.putPending(value);
  if (fits) {
    expect(await put).toBe(true);
  } else {
    await expect(put).rejects.toMatchObject({
      name: 'SecretValueError', message: 'The next value of the secret has 65537 bytes, and Secrets Manager takes at most 65536, so it was not stored. Make it shorter',
    });
  }
  expect(sent).toHaveLength(fits ? 1 : 0);
});

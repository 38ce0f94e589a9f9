import { errorOf, token, withSecret } from './fixture';
import { startRotation } from '../../simulator/rotation';
import { SecretsManagerSimulator } from '../../simulator/secrets-manager';

const SecretId = 'app';

function put(simulator: SecretsManagerSimulator, letter: string, value: string, ...VersionStages: string[]) {
  return simulator.perform('PutSecretValue', {
    SecretId, ClientRequestToken: token(letter), SecretString: value, ...VersionStages.length > 0 && { VersionStages },
  });
}

describe('GetSecretValue', () => {
  test('returns AWSCURRENT by default', () => {
    const { simulator, arn } = withSecret();
    expect(simulator.perform('GetSecretValue', { SecretId })).toEqual({
      ARN: arn,
      Name: 'app',
      VersionId: token('a'),
      SecretString: 'one',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: new Date('2026-01-01T00:00:01Z'),
    });
  });

  test('by label, by id, and by both if they agree', () => {
    const { simulator } = withSecret();
    put(simulator, 'b', 'two', 'AWSPENDING', 'MINE');
    const asked = [
      { VersionStage: 'AWSPENDING' }, { VersionStage: 'MINE' }, { VersionId: token('b') }, { VersionId: token('b'), VersionStage: 'MINE' },
    ];
    expect(asked.map((version) => simulator.perform('GetSecretValue', { SecretId, ...version }).SecretString)).toEqual(asked.map(() => 'two'));
  });

  test('an id and a label that disagree', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('GetSecretValue', { SecretId, VersionId: token('a'), VersionStage: 'AWSPENDING' })))
      .toBe('InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.');
  });

  test('an unknown id, an unattached label', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('GetSecretValue', { SecretId, VersionId: token('z') })))
      .toBe(`ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: ${token('z')}`);
    expect(errorOf(() => simulator.perform('GetSecretValue', { SecretId, VersionStage: 'AWSPENDING' })))
      .toBe("ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING");
  });

  test('a secret without a value', () => {
    const simulator = new SecretsManagerSimulator();
    simulator.createSecret('app');
    expect(errorOf(() => simulator.perform('GetSecretValue', { SecretId })))
      .toBe("ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
  });

  test('a pending version that has no value yet', () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: token('b') });
    const asked = [{ VersionStage: 'AWSPENDING' }, { VersionId: token('b') }, { VersionId: token('b'), VersionStage: 'AWSPENDING' }];
    for (const version of asked) {
      expect(errorOf(() => simulator.perform('GetSecretValue', { SecretId, ...version })))
        .toMatch(/^ResourceNotFoundException: Secrets Manager can't find the specified secret value for /);
    }
  });

  test('a version without a label, by its id', () => {
    const { simulator } = withSecret();
    put(simulator, 'b', 'two');
    put(simulator, 'c', 'three');
    expect(simulator.perform('GetSecretValue', { SecretId, VersionId: token('a') })).toMatchObject({ SecretString: 'one' });
    expect(simulator.perform('GetSecretValue', { SecretId, VersionId: token('a') })).not.toHaveProperty('VersionStages');
  });

  test('a binary value, which callers can\'t change', () => {
    const { simulator } = withSecret();
    const bytes = new Uint8Array([0, 255, 1]);
    simulator.perform('PutSecretValue', { SecretId, SecretBinary: bytes });
    bytes[0] = 9;
    simulator.perform('GetSecretValue', { SecretId }).SecretBinary![1] = 9;
    expect(simulator.perform('GetSecretValue', { SecretId }).SecretBinary).toEqual(new Uint8Array([0, 255, 1]));
  });
});

describe('PutSecretValue', () => {
  test('without labels makes the version AWSCURRENT, and the old one AWSPREVIOUS', () => {
    const { simulator, arn } = withSecret();
    expect(put(simulator, 'b', 'two')).toEqual({ ARN: arn, Name: 'app', VersionId: token('b'), VersionStages: ['AWSCURRENT'] });
    put(simulator, 'c', 'three');
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: token('c'), AWSPREVIOUS: token('b') });
    expect(simulator.inspect(SecretId).stagesOf(token('a'))).toEqual([]);
  });

  test('with labels attaches these, and removes them from other versions', () => {
    const { simulator } = withSecret();
    put(simulator, 'b', 'two', 'one', 'two', 'three');
    put(simulator, 'c', 'three', 'one', 'two', 'four');
    expect(simulator.inspect(SecretId).stages)
      .toEqual({ AWSCURRENT: token('a'), one: token('c'), two: token('c'), three: token('b'), four: token('c') });
  });

  test('with the label AWSCURRENT among others moves AWSPREVIOUS too', () => {
    const { simulator } = withSecret();
    put(simulator, 'b', 'two', 'AWSCURRENT', 'MINE');
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: token('b'), AWSPREVIOUS: token('a'), MINE: token('b') });
  });

  test.each([[['AWSPENDING']], [undefined]])('the first version of a secret is AWSCURRENT, also with the labels %j', (VersionStages) => {
    const simulator = new SecretsManagerSimulator();
    simulator.createSecret('app');
    simulator.perform('PutSecretValue', { SecretId, SecretString: 'one', VersionStages });
    expect(simulator.inspect(SecretId).value('AWSCURRENT')).toBe('one');
  });

  test('the same token with the same value is ignored, including its labels', () => {
    const { simulator } = withSecret();
    put(simulator, 'b', 'two', 'AWSPENDING');
    const before = simulator.snapshot().state;
    expect(put(simulator, 'b', 'two').VersionStages).toEqual(['AWSPENDING']);
    expect(simulator.snapshot().state).toBe(before);
  });

  test('the same token with any other value is refused', () => {
    const { simulator, arn } = withSecret();
    const refused = `ResourceExistsException: You can't use ClientRequestToken ${token('a')} because that value is already in use for a version of secret ${arn}.`;
    expect(errorOf(() => put(simulator, 'a', 'two'))).toBe(refused);
    expect(errorOf(() => put(simulator, 'a', 'two', 'AWSPENDING'))).toBe(refused);
    const binary = () => simulator.perform('PutSecretValue', { SecretId, ClientRequestToken: token('a'), SecretBinary: Buffer.from('one') });
    expect(errorOf(binary)).toBe(refused);
    expect(simulator.inspect(SecretId).value('AWSCURRENT')).toBe('one');
  });

  test('the same token with the same bytes is ignored', () => {
    const { simulator } = withSecret();
    const binary = (...bytes: number[]) => simulator.perform('PutSecretValue',
      { SecretId, ClientRequestToken: token('b'), SecretBinary: new Uint8Array(bytes) });
    binary(1, 2);
    expect(binary(1, 2).VersionId).toBe(token('b'));
    expect(errorOf(() => binary(1, 3))).toMatch(/^ResourceExistsException/);
  });

  test('the version of a rotation accepts one value, with its token', () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: token('b') });
    put(simulator, 'b', 'two', 'AWSPENDING');
    expect(simulator.inspect(SecretId).versionCount).toBe(2);
    expect(simulator.inspect(SecretId).value('AWSPENDING')).toBe('two');
    expect(put(simulator, 'b', 'two', 'AWSPENDING').VersionId).toBe(token('b'));
    expect(errorOf(() => put(simulator, 'b', 'three', 'AWSPENDING'))).toMatch(/^ResourceExistsException/);
  });

  test('a rotation whose function forgets the label AWSPENDING promotes at once', () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: token('b') });
    put(simulator, 'b', 'two');
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: token('b'), AWSPREVIOUS: token('a') });
  });

  test('no value, two values', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('PutSecretValue', { SecretId })))
      .toBe('InvalidRequestException: You must provide either SecretString or SecretBinary.');
    expect(errorOf(() => simulator.perform('PutSecretValue', { SecretId, SecretString: 'a', SecretBinary: Buffer.from('a') })))
      .toMatch(/^InvalidParameterException: .*both/);
  });

  test('a secret has at most 20 labels', () => {
    const { simulator } = withSecret();
    const labels = Array.from({ length: 19 }, (_, index) => `label-${index}`);
    put(simulator, 'b', 'two', ...labels);
    expect(Object.keys(simulator.inspect(SecretId).stages)).toHaveLength(20);
    expect(errorOf(() => put(simulator, 'c', 'three'))).toMatch(/^LimitExceededException/);
    expect(errorOf(() => put(simulator, 'c', 'three', 'AWSPENDING'))).toMatch(/^LimitExceededException/);
    expect(put(simulator, 'c', 'three', 'label-0').VersionStages).toEqual(['label-0']);
  });
});

describe('versions without a label', () => {
  test('the oldest beyond 100 are removed', () => {
    const { simulator } = withSecret();
    const ids = Array.from({ length: 110 }, (_, index) => simulator.perform('PutSecretValue', { SecretId, SecretString: `v${index}` }).VersionId!);
    const { versions, versionCount } = simulator.inspect(SecretId);
    expect(versionCount).toBe(102);
    expect(versions.map(({ id }) => id)).toEqual(ids.slice(-102));
    expect(errorOf(() => simulator.perform('GetSecretValue', { SecretId, VersionId: ids[0] }))).toMatch(/^ResourceNotFoundException/);
  });

  test('beyond a given number, and never one that has a label', () => {
    const { simulator } = withSecret({ maxUnlabelledVersions: 1 });
    put(simulator, 'b', 'two', 'KEEP');
    for (const letter of ['c', 'd', 'e', 'f']) { put(simulator, letter, letter); }
    expect(simulator.inspect(SecretId).versions.map(({ id }) => id[0]).join('')).toBe('bdef');
  });
});

describe('UpdateSecret', () => {
  test('with a value makes a version that is AWSCURRENT', () => {
    const { simulator, arn } = withSecret();
    expect(simulator.perform('UpdateSecret', { SecretId, SecretString: 'two', ClientRequestToken: token('b') }))
      .toEqual({ ARN: arn, Name: 'app', VersionId: token('b') });
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: token('b'), AWSPREVIOUS: token('a') });
  });

  test('a token of an existing version is refused, with any value', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('UpdateSecret', { SecretId, SecretString: 'one', ClientRequestToken: token('a') })))
      .toMatch(/^ResourceExistsException/);
  });

  test('a token of an existing version is refused without a value, too', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('UpdateSecret', { SecretId, Description: 'new', ClientRequestToken: token('a') })))
      .toMatch(/^ResourceExistsException/);
  });

  test('an empty key is the AWS managed key, which is never named', () => {
    const { simulator } = withSecret();
    simulator.perform('UpdateSecret', { SecretId, KmsKeyId: 'alias/k' });
    simulator.perform('UpdateSecret', { SecretId, KmsKeyId: '' });
    expect(simulator.perform('DescribeSecret', { SecretId })).not.toHaveProperty('KmsKeyId');
  });

  test('without a value changes only the details', () => {
    const { simulator, arn } = withSecret();
    expect(simulator.perform('UpdateSecret', { SecretId, Description: 'new', KmsKeyId: 'alias/k' })).toEqual({ ARN: arn, Name: 'app' });
    expect(simulator.perform('DescribeSecret', { SecretId })).toMatchObject({ Description: 'new', KmsKeyId: 'alias/k' });
    expect(simulator.inspect(SecretId).versionCount).toBe(1);
  });
});

describe('ListSecretVersionIds', () => {
  test('lists versions with labels, and the others only on request', () => {
    const { simulator, arn } = withSecret();
    put(simulator, 'b', 'two');
    put(simulator, 'c', 'three');
    const letters = (IncludeDeprecated?: boolean) => simulator.perform('ListSecretVersionIds', { SecretId, IncludeDeprecated })
      .Versions!.map(({ VersionId }) => VersionId![0]).join('');
    expect(letters()).toBe('bc');
    expect(letters(true)).toBe('abc');
    expect(simulator.perform('ListSecretVersionIds', { SecretId, IncludeDeprecated: true })).toEqual({
      ARN: arn,
      Name: 'app',
      Versions: [
        { VersionId: token('a'), CreatedDate: new Date('2026-01-01T00:00:01Z'), KmsKeyIds: ['DefaultEncryptionKey'] },
        { VersionId: token('b'), CreatedDate: new Date('2026-01-01T00:00:02Z'), KmsKeyIds: ['DefaultEncryptionKey'], VersionStages: ['AWSPREVIOUS'] },
        { VersionId: token('c'), CreatedDate: new Date('2026-01-01T00:00:03Z'), KmsKeyIds: ['DefaultEncryptionKey'], VersionStages: ['AWSCURRENT'] },
      ],
    });
  });

  test('in pages', () => {
    const { simulator } = withSecret();
    put(simulator, 'b', 'two', 'B');
    put(simulator, 'c', 'three', 'C');
    const first = simulator.perform('ListSecretVersionIds', { SecretId, MaxResults: 2 });
    expect(first.Versions).toHaveLength(2);
    const second = simulator.perform('ListSecretVersionIds', { SecretId, MaxResults: 2, NextToken: first.NextToken });
    expect(second.Versions!.map(({ VersionId }) => VersionId)).toEqual([token('c')]);
    expect(second).not.toHaveProperty('NextToken');
  });

  test.each(['nonsense', 'from-99'])('refuses the NextToken %s', (NextToken) => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('ListSecretVersionIds', { SecretId, NextToken }))).toMatch(/^InvalidNextTokenException/);
  });
});

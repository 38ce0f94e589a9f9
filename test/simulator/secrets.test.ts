import { errorOf, token, withSecret } from './fixture';
import { SecretsManagerSimulator } from '../../simulator/secrets-manager';

const DAY = 86_400_000;

describe('CreateSecret', () => {
  test('gives the ARN the name and six random characters', () => {
    const { arn } = withSecret();
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:111122223333:secret:app-[A-Za-z0-9]{6}$/);
  });

  test('takes region and account from the options', () => {
    const { arn } = withSecret({ region: 'eu-north-1', account: '999999999999' });
    expect(arn).toMatch(/^arn:aws:secretsmanager:eu-north-1:999999999999:secret:app-/);
  });

  test('labels the first version AWSCURRENT, with the token as its id', () => {
    const { simulator } = withSecret();
    expect(simulator.inspect('app').stages).toEqual({ AWSCURRENT: token('a') });
    expect(simulator.inspect('app').value('AWSCURRENT')).toBe('one');
  });

  test('without a value makes a secret without versions', () => {
    const simulator = new SecretsManagerSimulator();
    expect(simulator.perform('CreateSecret', { Name: 'empty' })).not.toHaveProperty('VersionId');
    expect(simulator.inspect('empty').versionCount).toBe(0);
    expect(simulator.perform('DescribeSecret', { SecretId: 'empty' })).not.toHaveProperty('VersionIdsToStages');
  });

  test('repeated with its token and value changes nothing; with another value it is refused', () => {
    const { simulator, arn } = withSecret();
    const again = (SecretString: string) => simulator.perform('CreateSecret', { Name: 'app', SecretString, ClientRequestToken: token('a') });
    const before = simulator.snapshot().state;
    expect(again('one')).toEqual({ ARN: arn, Name: 'app', VersionId: token('a') });
    expect(errorOf(() => again('two'))).toMatch(/^ResourceExistsException/);
    expect(simulator.snapshot().state).toBe(before);
  });

  test('refuses a name that is taken', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.createSecret('app', 'x')))
      .toBe('ResourceExistsException: The operation failed because the secret app already exists.');
  });

  test('refuses the name of a secret that is scheduled for deletion', () => {
    const { simulator } = withSecret();
    simulator.perform('DeleteSecret', { SecretId: 'app' });
    expect(errorOf(() => simulator.createSecret('app', 'x'))).toMatch(/^InvalidRequestException: .*already scheduled for deletion/);
  });

  test('refuses two values', () => {
    const simulator = new SecretsManagerSimulator();
    expect(errorOf(() => simulator.perform('CreateSecret', { Name: 'x', SecretString: 'a', SecretBinary: Buffer.from('a') })))
      .toMatch(/^InvalidParameterException: .*both a binary secret value and a string/);
  });
});

describe('finding a secret', () => {
  test.each<[string, (arn: string) => string]>([
    ['its name', () => 'app'],
    ['its complete ARN', (arn) => arn],
    ['its ARN without the random characters', (arn) => arn.slice(0, -7)],
  ])('by %s', (_, idOf) => {
    const { simulator, arn } = withSecret();
    expect(simulator.perform('DescribeSecret', { SecretId: idOf(arn) }).ARN).toBe(arn);
  });

  test.each<[string, (arn: string) => string]>([
    ['another name', () => 'application'],
    ['the beginning of its name', () => 'ap'],
    ['an ARN with other random characters', (arn) => `${arn.slice(0, -6)}zzzzzz`],
    ['an ARN of another account', (arn) => arn.replace('111122223333', '444455556666')],
    ['an ARN cut within the random characters', (arn) => arn.slice(0, -3)],
    ['nothing but the prefix', (arn) => arn.slice(0, arn.lastIndexOf('app'))],
  ])('not by %s', (_, idOf) => {
    const { simulator, arn } = withSecret();
    expect(errorOf(() => simulator.perform('DescribeSecret', { SecretId: idOf(arn) })))
      .toBe("ResourceNotFoundException: Secrets Manager can't find the specified secret.");
  });

  test('a partial ARN that ends like a complete one is taken for a complete one', () => {
    const simulator = new SecretsManagerSimulator();
    const arn = simulator.createSecret('app-abc123', 'x');
    expect(errorOf(() => simulator.inspect(arn.slice(0, -7)))).toMatch(/^ResourceNotFoundException/);
    expect(simulator.inspect('app-abc123').arn).toBe(arn);
  });
});

describe('DescribeSecret', () => {
  test('of a secret that was never rotated has no fields about rotation', () => {
    const { simulator, arn } = withSecret();
    expect(simulator.perform('DescribeSecret', { SecretId: 'app' })).toEqual({
      ARN: arn,
      Name: 'app',
      LastChangedDate: new Date('2026-01-01T00:00:01Z'),
      CreatedDate: new Date('2026-01-01T00:00:01Z'),
      VersionIdsToStages: { [token('a')]: ['AWSCURRENT'] },
    });
  });

  test('shows only versions that have labels', () => {
    const { simulator } = withSecret();
    for (const letter of ['b', 'c']) {
      simulator.perform('PutSecretValue', { SecretId: 'app', SecretString: letter, ClientRequestToken: token(letter) });
    }
    expect(simulator.inspect('app').versionCount).toBe(3);
    expect(simulator.perform('DescribeSecret', { SecretId: 'app' }).VersionIdsToStages)
      .toEqual({ [token('b')]: ['AWSPREVIOUS'], [token('c')]: ['AWSCURRENT'] });
  });

  test('shows the key and the description', () => {
    const simulator = new SecretsManagerSimulator();
    simulator.perform('CreateSecret', { Name: 'x', KmsKeyId: 'alias/mine', Description: 'what for' });
    expect(simulator.perform('DescribeSecret', { SecretId: 'x' })).toMatchObject({ KmsKeyId: 'alias/mine', Description: 'what for' });
  });

  test('returns a copy', () => {
    const { simulator } = withSecret();
    simulator.perform('DescribeSecret', { SecretId: 'app' }).VersionIdsToStages![token('a')].push('MINE');
    expect(simulator.inspect('app').stagesOf(token('a'))).toEqual(['AWSCURRENT']);
  });
});

describe('DeleteSecret and RestoreSecret', () => {
  test('a secret scheduled for deletion can be described, not used, and restored', () => {
    const { simulator } = withSecret();
    const { DeletionDate } = simulator.perform('DeleteSecret', { SecretId: 'app', RecoveryWindowInDays: 7 });
    expect(DeletionDate!.getTime()).toBe(Date.UTC(2026, 0, 1, 0, 0, 2) + 7 * DAY);
    expect(simulator.perform('DescribeSecret', { SecretId: 'app' }).DeletedDate).toEqual(DeletionDate);
    expect(simulator.inspect('app').deleted).toBe(true);

    const marked = "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.";
    const SecretId = 'app';
    const uses = [
      () => simulator.perform('GetSecretValue', { SecretId }),
      () => simulator.perform('PutSecretValue', { SecretId, SecretString: 'x' }),
      () => simulator.perform('UpdateSecret', { SecretId, SecretString: 'x' }),
      () => simulator.perform('UpdateSecretVersionStage', { SecretId, VersionStage: 'X', MoveToVersionId: token('a') }),
      () => simulator.perform('RotateSecret', { SecretId, RotationLambdaARN: 'arn:aws:lambda:us-east-1:111122223333:function:f' }),
      () => simulator.perform('CancelRotateSecret', { SecretId }),
    ];
    expect(uses.map(errorOf)).toEqual(uses.map(() => marked));
    expect(errorOf(() => simulator.perform('DeleteSecret', { SecretId }))).toMatch(/^InvalidRequestException: .*already scheduled/);

    simulator.perform('RestoreSecret', { SecretId });
    expect(simulator.perform('GetSecretValue', { SecretId }).SecretString).toBe('one');
    expect(simulator.perform('DescribeSecret', { SecretId })).not.toHaveProperty('DeletedDate');
  });

  test('the recovery window is 30 days by default', () => {
    const { simulator } = withSecret();
    expect(simulator.perform('DeleteSecret', { SecretId: 'app' }).DeletionDate!.getTime()).toBe(Date.UTC(2026, 0, 1, 0, 0, 2) + 30 * DAY);
  });

  test.each([6, 31])('a recovery window of %d days is refused', (RecoveryWindowInDays) => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('DeleteSecret', { SecretId: 'app', RecoveryWindowInDays }))).toMatch(/^InvalidParameterException/);
  });

  test('by force, a secret is deleted at once, also if it is scheduled for deletion', () => {
    const { simulator, arn } = withSecret();
    simulator.perform('DeleteSecret', { SecretId: 'app' });
    simulator.perform('DeleteSecret', { SecretId: 'app', ForceDeleteWithoutRecovery: true });
    expect(errorOf(() => simulator.perform('DescribeSecret', { SecretId: 'app' }))).toMatch(/^ResourceNotFoundException/);
    expect(simulator.createSecret('app', 'again')).not.toBe(arn);
  });

  test('by force, a missing secret is no error; without force it is', () => {
    const simulator = new SecretsManagerSimulator();
    const remove = (ForceDeleteWithoutRecovery?: boolean) => simulator.perform('DeleteSecret', { SecretId: 'app', ForceDeleteWithoutRecovery });
    expect(remove(true)).toEqual({ Name: 'app', DeletionDate: expect.any(Date) });
    expect(errorOf(() => remove())).toMatch(/^ResourceNotFoundException/);
  });

  test('by force and with a window is refused', () => {
    const { simulator } = withSecret();
    expect(errorOf(() => simulator.perform('DeleteSecret', { SecretId: 'app', ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 })))
      .toMatch(/^InvalidParameterException/);
  });

  test('restoring a secret that is not deleted changes nothing', () => {
    const { simulator, arn } = withSecret();
    const before = simulator.snapshot().state;
    expect(simulator.perform('RestoreSecret', { SecretId: 'app' })).toEqual({ ARN: arn, Name: 'app' });
    expect(simulator.snapshot().state).toBe(before);
  });
});

import { errorOf, token, withSecret } from './fixture';
import type { Switches } from '../../simulator/options';
import { startRotation } from '../../simulator/rotation';
import { SecretsManagerSimulator } from '../../simulator/secrets-manager';

const SecretId = 'app';
const A = token('a');
const B = token('b');
const C = token('c');

/** `app` with version a as AWSCURRENT and version b as AWSPENDING. */
function withPending(switches?: Partial<Switches>): SecretsManagerSimulator {
  const { simulator } = withSecret(switches);
  simulator.perform('PutSecretValue', { SecretId, ClientRequestToken: B, SecretString: 'two', VersionStages: ['AWSPENDING'] });
  return simulator;
}

function move(simulator: SecretsManagerSimulator, VersionStage: string, RemoveFromVersionId?: string, MoveToVersionId?: string) {
  return simulator.perform('UpdateSecretVersionStage', { SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId });
}

describe('moving AWSCURRENT', () => {
  test('moves AWSPREVIOUS to the version it leaves', () => {
    const simulator = withPending();
    expect(move(simulator, 'AWSCURRENT', A, B)).toEqual({ ARN: simulator.inspect(SecretId).arn, Name: 'app' });
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: B, AWSPREVIOUS: A });
  });

  test('back to AWSPREVIOUS swaps the two', () => {
    const simulator = withPending();
    move(simulator, 'AWSCURRENT', A, B);
    move(simulator, 'AWSCURRENT', B, A);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: A, AWSPREVIOUS: B });
  });

  test('promotionRemovesPending: AWSPENDING is removed, and others stay', () => {
    const simulator = withPending({ promotionRemovesPending: true });
    move(simulator, 'MINE', undefined, B);
    move(simulator, 'AWSCURRENT', A, B);
    expect(simulator.inspect(SecretId).stagesOf(B)).toEqual(['AWSCURRENT', 'MINE']);
  });

  test('without promotionRemovesPending AWSPENDING stays, until the next version takes it', () => {
    const simulator = withPending({ promotionRemovesPending: false });
    move(simulator, 'AWSCURRENT', A, B);
    expect(simulator.inspect(SecretId).stagesOf(B)).toEqual(['AWSCURRENT', 'AWSPENDING']);
    simulator.perform('PutSecretValue', { SecretId, ClientRequestToken: C, SecretString: 'three', VersionStages: ['AWSPENDING'] });
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: B, AWSPENDING: C, AWSPREVIOUS: A });
  });

  test('AWSPENDING on a third version stays in any case', () => {
    const simulator = withPending();
    simulator.perform('PutSecretValue', { SecretId, ClientRequestToken: C, SecretString: 'three', VersionStages: ['MINE'] });
    move(simulator, 'AWSCURRENT', A, C);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: C, AWSPREVIOUS: A, AWSPENDING: B, MINE: C });
  });

  test('to the version that has it changes nothing', () => {
    const simulator = withPending();
    const before = simulator.snapshot().state;
    move(simulator, 'AWSCURRENT', A, A);
    expect(simulator.snapshot().state).toBe(before);
  });

  test('to the version that has it is refused without RemoveFromVersionId, as for every attached label', () => {
    const simulator = withPending();
    for (const [label, to] of [['AWSCURRENT', A], ['AWSPENDING', B]]) {
      expect(errorOf(() => move(simulator, label, undefined, to))).toMatch(/^InvalidParameterException: The parameter RemoveFromVersionId can't be empty/);
    }
  });

  test('without RemoveFromVersionId is refused', () => {
    expect(errorOf(() => move(withPending(), 'AWSCURRENT', undefined, B))).toBe('InvalidParameterException: ' +
      "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version " +
      `${A}, so you must explicitly reference that version in RemoveFromVersionId.`);
  });

  test('from a version that does not have it is refused', () => {
    expect(errorOf(() => move(withPending(), 'AWSCURRENT', B, B))).toMatch(/^InvalidParameterException: .*RemoveFromVersionId must be/);
    expect(errorOf(() => move(withPending(), 'AWSCURRENT', C, B))).toMatch(/^InvalidParameterException: .*RemoveFromVersionId must be/);
  });

  test('to an unknown version is refused', () => {
    expect(errorOf(() => move(withPending(), 'AWSCURRENT', A, C))).toBe(`InvalidParameterException: Not a valid version: ${C}`);
  });

  test('to a version without a value is refused', () => {
    const { simulator } = withSecret();
    startRotation(simulator, SecretId, { clientRequestToken: B });
    expect(errorOf(() => move(simulator, 'AWSCURRENT', A, B))).toMatch(/^InvalidRequestException: .*has no secret value/);
    expect(simulator.inspect(SecretId).stages.AWSCURRENT).toBe(A);
  });

  test('to no version is refused', () => {
    expect(errorOf(() => move(withPending(), 'AWSCURRENT', A))).toBe('InvalidParameterException: ' +
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.");
  });

  test('needs no RemoveFromVersionId if no version has it', () => {
    const simulator = new SecretsManagerSimulator();
    simulator.createSecret('app');
    startRotation(simulator, SecretId, { clientRequestToken: B });
    simulator.perform('PutSecretValue', { SecretId, ClientRequestToken: B, SecretString: 'two', VersionStages: ['AWSPENDING'] });
    move(simulator, 'AWSCURRENT', undefined, B);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: B });
  });
});

describe('other labels', () => {
  test('are added, moved and removed', () => {
    const simulator = withPending();
    move(simulator, 'MINE', undefined, A);
    expect(simulator.inspect(SecretId).stagesOf(A)).toEqual(['AWSCURRENT', 'MINE']);
    move(simulator, 'MINE', A, B);
    expect(simulator.inspect(SecretId).stagesOf(B)).toEqual(['AWSPENDING', 'MINE']);
    move(simulator, 'MINE', B);
    move(simulator, 'AWSPENDING', B);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: A });
  });

  test('moving one keeps AWSPREVIOUS', () => {
    const simulator = withPending();
    move(simulator, 'AWSCURRENT', A, B);
    move(simulator, 'MINE', undefined, B);
    move(simulator, 'MINE', B);
    expect(simulator.inspect(SecretId).stages).toEqual({ AWSCURRENT: B, AWSPREVIOUS: A });
  });

  test('moving one from another version needs RemoveFromVersionId too', () => {
    expect(errorOf(() => move(withPending(), 'AWSPENDING', undefined, A)))
      .toMatch(/^InvalidParameterException: .*Staging label AWSPENDING is currently attached to version b/);
  });

  test('removing one that is not attached is refused', () => {
    expect(errorOf(() => move(withPending(), 'MINE', A))).toMatch(/^InvalidParameterException: .*not attached to any version/);
  });

  test('from nowhere to nowhere is refused', () => {
    expect(errorOf(() => move(withPending(), 'MINE'))).toMatch(/^InvalidParameterException: .*RemoveFromVersionId, MoveToVersionId/);
  });

  test('the 21st is refused', () => {
    const simulator = withPending();
    for (let count = 2; count < 20; count++) { move(simulator, `label-${count}`, undefined, A); }
    expect(errorOf(() => move(simulator, 'label-20', undefined, A))).toMatch(/^LimitExceededException/);
    move(simulator, 'label-5', A);
    move(simulator, 'label-20', undefined, A);
    expect(Object.keys(simulator.inspect(SecretId).stages)).toHaveLength(20);
  });
});

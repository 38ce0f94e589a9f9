import type { Harness } from '../harness';

let count = 0;

/** CloudFormation's effect if the generator of a value changes: a new version, made from the template alone, becomes AWSCURRENT. */
export function regenerate({ simulator, arn }: Harness, template: object): string {
  const password = `generated-by-cloudformation-${++count}`;
  return simulator.perform('UpdateSecret', {
    SecretId: arn, SecretString: JSON.stringify({ ...template, password }), ClientRequestToken: simulator.newToken(),
  }).VersionId!;
}

/** The recovery in docs/changing-a-secret.md: AWSPENDING of a failed rotation is removed, and AWSCURRENT moves back. */
export function recover({ simulator, arn, secret: { stages } }: Harness): void {
  const { AWSPENDING, AWSCURRENT, AWSPREVIOUS } = stages;
  if (AWSPENDING !== undefined) {
    simulator.perform('UpdateSecretVersionStage', { SecretId: arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: AWSPENDING });
  }
  simulator.perform('UpdateSecretVersionStage', { SecretId: arn, VersionStage: 'AWSCURRENT', RemoveFromVersionId: AWSCURRENT, MoveToVersionId: AWSPREVIOUS });
}

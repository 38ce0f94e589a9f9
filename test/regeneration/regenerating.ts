import type { Harness } from '../harness';

let count = 0;

/** What CloudFormation does when what generates a value changes: a new version, made of the template alone, becomes the current one. */
export function regenerate({ simulator, arn }: Harness, template: object): string {
  const password = `generated-by-cloudformation-${++count}`;
  return simulator.perform('UpdateSecret', {
    SecretId: arn, SecretString: JSON.stringify({ ...template, password }), ClientRequestToken: simulator.newToken(),
  }).VersionId!;
}

/** The recovery of docs/changing-a-secret.md: the pending version of a failed rotation goes, and AWSCURRENT goes back. */
export function recover({ simulator, arn, secret: { stages } }: Harness): void {
  const { AWSPENDING, AWSCURRENT, AWSPREVIOUS } = stages;
  if (AWSPENDING !== undefined) {
    simulator.perform('UpdateSecretVersionStage', { SecretId: arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: AWSPENDING });
  }
  simulator.perform('UpdateSecretVersionStage', { SecretId: arn, VersionStage: 'AWSCURRENT', RemoveFromVersionId: AWSCURRENT, MoveToVersionId: AWSPREVIOUS });
}

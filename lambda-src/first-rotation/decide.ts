import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';

/** Why the first rotation of a secret isn't over. */
export interface Problem {
  /** What is known, and what to do. */
  readonly text: string;
  /** Whether waiting longer is unlikely to help. */
  readonly isLasting: boolean;
  /** The function that rotates the secret. */
  readonly functionArn?: string;
}

/** What DescribeSecret says of a secret that tells how far its rotation is. Nothing here has room for a value. */
type Described = Pick<DescribeSecretCommandOutput, 'LastRotatedDate' | 'RotationEnabled' | 'RotationLambdaARN' | 'VersionIdsToStages'>;

/**
 * Undefined if the first rotation is over: Secrets Manager says when the secret was last rotated, or AWSCURRENT moved to the version
 * that a rotation made. The second comes first if only the end of `finishSecret` failed, such as a notification, and dependants can start then.
 * It takes an AWSPREVIOUS: the first version of a secret is AWSCURRENT from the start, also if it is pending.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
 */
export function findProblem({ LastRotatedDate, RotationEnabled, RotationLambdaARN, VersionIdsToStages }: Described): Problem | undefined {
  const stages = Object.values(VersionIdsToStages ?? {});
  const hasMoved = stages.some((labels) => labels.includes('AWSPREVIOUS')) && stages.some((labels) => labels.includes('AWSPENDING') && labels.includes('AWSCURRENT'));
  if (LastRotatedDate !== undefined || hasMoved) { return undefined; }
  const functionArn = RotationLambdaARN;
  if (RotationEnabled !== true) {
    return { text: 'Its rotation is turned off. Somebody may have cancelled it; call RotateSecret, which turns it on, and deploy again', isLasting: true, functionArn };
  }
  return stages.some((labels) => labels.includes('AWSPENDING'))
    ? {
      text: 'A rotation began, and AWSCURRENT has not moved to its version: createSecret, setSecret, testSecret or finishSecret failed or is still running. The lines with the level '
        + 'ERROR in the log of the rotation function name the step and what to do; do that, call RotateSecret if no rotation runs, and deploy again',
      isLasting: false,
      functionArn,
    }
    : {
      text: 'No rotation is in progress, so Secrets Manager did not start one, or could not invoke the rotation function. See that the function exists, that its policy lets '
        + 'secretsmanager.amazonaws.com invoke it, and that its concurrency is not 0, and that the account is not short of concurrency; then call RotateSecret and deploy again',
      isLasting: false,
      functionArn,
    };
}

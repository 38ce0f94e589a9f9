import type { DescribeSecretResponse } from '@aws-sdk/client-secrets-manager';

/** Why the first rotation of a secret isn't over. */
export interface Problem {
  /** The state of the rotation, and what to do. */
  readonly text: string;
  /** Whether waiting longer is unlikely to help. */
  readonly isLasting: boolean;
  /** The function that rotates the secret. */
  readonly functionArn?: string;
}

/** The fields of DescribeSecret that show the progress of a rotation. None of them can hold a value. */
type Described = Pick<DescribeSecretResponse, 'LastRotatedDate' | 'RotationEnabled' | 'RotationLambdaARN' | 'VersionIdsToStages'>;

/**
 * Undefined if the first rotation is over: Secrets Manager has a date of the last rotation, or AWSCURRENT moved to the version that a rotation
 * made. If only the end of `finishSecret` failed, such as a notification, the label moves without the date, and dependents can start.
 *
 * The move is only recognized with an AWSPREVIOUS. The first version of a secret has AWSCURRENT from the start, also if it is pending.
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

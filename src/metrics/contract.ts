/** The CloudWatch metrics of rotations. Each exists once for each dimension. */
export const METRICS = {
  namespace: 'RotatingSecret',
  /** Finished rotations. */
  succeeded: 'RotationsSucceeded',
  /** Failed steps. Each is a failed attempt of a rotation. */
  failed: 'RotationsFailed',
  /** The duration of a step, in milliseconds. */
  stepDuration: 'RotationStepDuration',
  /** Overdue secrets, counted by the function of `RotationCheck`. */
  overdue: 'OverdueSecrets',
} as const;

/** The dimensions: the complete ARN of the secret, or the name of the function. */
export const METRIC_DIMENSIONS = { secret: 'SecretId', function: 'FunctionName' } as const;

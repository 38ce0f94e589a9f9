/** The metrics of rotations, as CloudWatch knows them. Each is there once for each dimension. */
export const METRICS = {
  namespace: 'RotatingSecret',
  /** Rotations that were finished. */
  succeeded: 'RotationsSucceeded',
  /** Steps that failed, and with each the attempt that it belongs to. */
  failed: 'RotationsFailed',
  /** How long a step took, in milliseconds. */
  stepDuration: 'RotationStepDuration',
  /** Secrets that should have rotated and haven't, by the function that looks for them. */
  overdue: 'OverdueSecrets',
} as const;

/** One of them, with the complete ARN of the secret or the name of the function. */
export const METRIC_DIMENSIONS = { secret: 'SecretId', function: 'FunctionName' } as const;

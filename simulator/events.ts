/** The events that the service logs to CloudTrail about rotations. */
export type RotationEventName =
  | 'RotationStarted'
  | 'RotationSucceeded'
  | 'RotationFailed'
  | 'RotationAbandoned'
  | 'TestRotationStarted'
  | 'TestRotationSucceeded'
  | 'TestRotationFailed';

export interface ServiceEvent {
  readonly name: RotationEventName;
  /** The ARN. */
  readonly secretId: string;
  readonly token: string;
  /** The step that failed. */
  readonly step?: string;
  readonly at: number;
}

/** The properties of the custom resource that waits for the first rotation of a secret. */
export interface FirstRotationProperties {
  /** The ARN of the secret, as in the rotation schedule. */
  readonly SecretId: string;
  /** The secret's path in the app, for messages. */
  readonly Path: string;
  /** The log group of the rotation function, for messages. Absent if another stack would have to export its name. */
  readonly LogGroup?: string;
}

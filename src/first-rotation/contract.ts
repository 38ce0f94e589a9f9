/** The properties of the custom resource that waits for the first rotation of a secret. */
export interface FirstRotationProperties {
  /** As the rotation schedule names the secret: its ARN. */
  readonly SecretId: string;
  /** The secret's path in the app, for messages. */
  readonly Path: string;
  /** The log group of the rotation function, for messages; absent where another stack would have to export its name. */
  readonly LogGroup?: string;
}

import type * as SDK from '@aws-sdk/client-secrets-manager';

/** The operations of a rotation, with the types of the SDK. */
export interface Operations {
  readonly DescribeSecret: { readonly input: SDK.DescribeSecretRequest; readonly output: SDK.DescribeSecretResponse };
  readonly GetRandomPassword: { readonly input: SDK.GetRandomPasswordRequest; readonly output: SDK.GetRandomPasswordResponse };
  readonly GetSecretValue: { readonly input: SDK.GetSecretValueRequest; readonly output: SDK.GetSecretValueResponse };
  readonly PutSecretValue: { readonly input: SDK.PutSecretValueRequest; readonly output: SDK.PutSecretValueResponse };
  readonly UpdateSecretVersionStage: { readonly input: SDK.UpdateSecretVersionStageRequest; readonly output: SDK.UpdateSecretVersionStageResponse };
}

/** The port between the rotation and Secrets Manager. */
export interface SecretsManager {
  /**
   * Calls an operation.
   *
   * @throws RotationError if the service didn't answer; for a refusal an error as the SDK's, with `name`, `$fault` and `$metadata`
   */
  send<O extends keyof Operations>(operation: O, input: Operations[O]['input'], abortSignal?: AbortSignal): Promise<Operations[O]['output']>;
}

import type {
  CancelRotateSecretRequest,
  CancelRotateSecretResponse,
  CreateSecretRequest,
  CreateSecretResponse,
  DeleteSecretRequest,
  DeleteSecretResponse,
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetRandomPasswordRequest,
  GetRandomPasswordResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretVersionIdsRequest,
  ListSecretVersionIdsResponse,
  PutSecretValueRequest,
  PutSecretValueResponse,
  RestoreSecretRequest,
  RestoreSecretResponse,
  RotateSecretRequest,
  RotateSecretResponse,
  UpdateSecretRequest,
  UpdateSecretResponse,
  UpdateSecretVersionStageRequest,
  UpdateSecretVersionStageResponse,
} from '@aws-sdk/client-secrets-manager';

/** The operations, with the types of their requests. */
export interface Inputs {
  CancelRotateSecret: CancelRotateSecretRequest;
  CreateSecret: CreateSecretRequest;
  DeleteSecret: DeleteSecretRequest;
  DescribeSecret: DescribeSecretRequest;
  GetRandomPassword: GetRandomPasswordRequest;
  GetSecretValue: GetSecretValueRequest;
  ListSecretVersionIds: ListSecretVersionIdsRequest;
  PutSecretValue: PutSecretValueRequest;
  RestoreSecret: RestoreSecretRequest;
  RotateSecret: RotateSecretRequest;
  UpdateSecret: UpdateSecretRequest;
  UpdateSecretVersionStage: UpdateSecretVersionStageRequest;
}

export interface Outputs {
  CancelRotateSecret: CancelRotateSecretResponse;
  CreateSecret: CreateSecretResponse;
  DeleteSecret: DeleteSecretResponse;
  DescribeSecret: DescribeSecretResponse;
  GetRandomPassword: GetRandomPasswordResponse;
  GetSecretValue: GetSecretValueResponse;
  ListSecretVersionIds: ListSecretVersionIdsResponse;
  PutSecretValue: PutSecretValueResponse;
  RestoreSecret: RestoreSecretResponse;
  RotateSecret: RotateSecretResponse;
  UpdateSecret: UpdateSecretResponse;
  UpdateSecretVersionStage: UpdateSecretVersionStageResponse;
}

export type Operation = keyof Inputs;

/** Whether an operation only reads. Only reads can lag. */
export const OPERATIONS: Readonly<Record<Operation, 'read' | 'write'>> = {
  CancelRotateSecret: 'write',
  CreateSecret: 'write',
  DeleteSecret: 'write',
  DescribeSecret: 'read',
  GetRandomPassword: 'read',
  GetSecretValue: 'read',
  ListSecretVersionIds: 'read',
  PutSecretValue: 'write',
  RestoreSecret: 'write',
  RotateSecret: 'write',
  UpdateSecret: 'write',
  UpdateSecretVersionStage: 'write',
};

export function isOperation(name: string): name is Operation {
  return Object.hasOwn(OPERATIONS, name);
}

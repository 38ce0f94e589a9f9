import type { Operation } from '../types';
import type { Implementation } from './context';
import { getRandomPassword } from './random-password';
import { cancelRotateSecret, rotateSecret } from './rotation';
import { createSecret, deleteSecret, describeSecret, restoreSecret } from './secrets';
import { updateSecretVersionStage } from './stages';
import { getSecretValue, listSecretVersionIds, putSecretValue, updateSecret } from './values';

export const IMPLEMENTATIONS: { readonly [O in Operation]: Implementation<O> } = {
  CancelRotateSecret: cancelRotateSecret,
  CreateSecret: createSecret,
  DeleteSecret: deleteSecret,
  DescribeSecret: describeSecret,
  GetRandomPassword: getRandomPassword,
  GetSecretValue: getSecretValue,
  ListSecretVersionIds: listSecretVersionIds,
  PutSecretValue: putSecretValue,
  RestoreSecret: restoreSecret,
  RotateSecret: rotateSecret,
  UpdateSecret: updateSecret,
  UpdateSecretVersionStage: updateSecretVersionStage,
};

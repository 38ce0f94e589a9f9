import { invalidParameter, invalidRequest, resourceExists } from '../errors';
import { randomText } from '../random';
import { findSecret, lookUpSecret, stagesOf, withSecret, withoutSecret } from '../state';
import type { Secret } from '../state';
import type { Implementation } from './context';
import { addVersion, givenValue, sameValue } from './versions';

const DAY = 24 * 60 * 60 * 1000;
const ARN_SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export const createSecret: Implementation<'CreateSecret'> = (context, input) => {
  const name = input.Name!;
  const token = input.ClientRequestToken!;
  const value = givenValue(input);
  for (const secret of context.state.secrets.values()) {
    if (secret.name !== name) { continue; }
    const stored = secret.versions.get(token)?.value;
    // A retried request. The reference says that it is ignored.
    if (secret.deletionAt === undefined && stored !== undefined && value !== undefined && sameValue(stored, value)) {
      return { output: { ARN: secret.arn, Name: name, VersionId: token } };
    }
    throw secret.deletionAt === undefined
      ? resourceExists(`The operation failed because the secret ${name} already exists.`)
      : invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.");
  }
  const { region, account } = context.switches;
  const created: Secret = {
    arn: `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${randomText(context.random, ARN_SUFFIX, 6)}`,
    name,
    description: input.Description,
    kmsKeyId: input.KmsKeyId || undefined,
    createdAt: context.at,
    lastChangedAt: context.at,
    versions: new Map(),
    stages: new Map(),
  };
  if (value === undefined) { return { state: withSecret(context.state, created), output: { ARN: created.arn, Name: name } }; }
  const secret = addVersion(context, created, token, value, ['AWSCURRENT']);
  return { state: withSecret(context.state, secret), output: { ARN: secret.arn, Name: name, VersionId: token } };
};

export const describeSecret: Implementation<'DescribeSecret'> = ({ state }, input) => {
  const secret = findSecret(state, input.SecretId!);
  const { rotation } = secret;
  const versionIdsToStages: Record<string, string[]> = {};
  for (const id of secret.versions.keys()) {
    const stages = stagesOf(secret, id);
    if (stages.length > 0) { versionIdsToStages[id] = stages; }
  }
  return {
    output: {
      ARN: secret.arn,
      Name: secret.name,
      ...secret.description !== undefined && { Description: secret.description },
      ...secret.kmsKeyId !== undefined && { KmsKeyId: secret.kmsKeyId },
      ...secret.tags && { Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })) },
      ...rotation && { RotationEnabled: rotation.enabled, RotationLambdaARN: rotation.lambdaArn },
      ...rotation?.rules && { RotationRules: { ...rotation.rules } },
      ...rotation?.enabled && secret.lastRotatedAt !== undefined && { LastRotatedDate: new Date(secret.lastRotatedAt) },
      LastChangedDate: new Date(secret.lastChangedAt),
      ...secret.deletionAt !== undefined && { DeletedDate: new Date(secret.deletionAt) },
      ...secret.stages.size > 0 && { VersionIdsToStages: versionIdsToStages },
      CreatedDate: new Date(secret.createdAt),
    },
  };
};

export const deleteSecret: Implementation<'DeleteSecret'> = (context, input) => {
  const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force } = input;
  if (force && days !== undefined) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  if (force && !lookUpSecret(context.state, input.SecretId!)) { return { output: { Name: input.SecretId, DeletionDate: new Date(context.at) } }; }
  const secret = findSecret(context.state, input.SecretId!);
  if (force) {
    return {
      state: withoutSecret(context.state, secret),
      output: { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(context.at) },
    };
  }
  if (days !== undefined && (days < 7 || days > 30)) {
    throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
  }
  if (secret.deletionAt !== undefined) {
    throw invalidRequest("You can't perform this operation on the secret because it was already scheduled for deletion.");
  }
  const deletionAt = context.at + (days ?? 30) * DAY;
  return {
    state: withSecret(context.state, { ...secret, deletionAt, lastChangedAt: context.at }),
    output: { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(deletionAt) },
  };
};

export const restoreSecret: Implementation<'RestoreSecret'> = (context, input) => {
  const secret = findSecret(context.state, input.SecretId!);
  const output = { ARN: secret.arn, Name: secret.name };
  if (secret.deletionAt === undefined) { return { output }; }
  return { state: withSecret(context.state, { ...secret, deletionAt: undefined, lastChangedAt: context.at }), output };
};

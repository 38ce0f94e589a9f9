import { invalidParameter } from '../errors';
import { AWSCURRENT, AWSPENDING, attachStages, detachStage, pruneVersions, withVersion } from '../state';
import type { Secret, SecretValue, Version } from '../state';
import type { Context } from './context';

/** The value in a request, if it has one. */
export function givenValue(input: { SecretString?: string; SecretBinary?: Uint8Array }): SecretValue | undefined {
  if (input.SecretString !== undefined && input.SecretBinary !== undefined) {
    throw invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  // A copy, because the caller keeps the bytes.
  return input.SecretString ?? (input.SecretBinary && Uint8Array.from(input.SecretBinary));
}

export function sameValue(one: SecretValue, other: SecretValue): boolean {
  if (typeof one === 'string' || typeof other === 'string') { return one === other; }
  return Buffer.compare(one, other) === 0;
}

export function newVersion(context: Context, secret: Secret, id: string, value?: SecretValue): Version {
  return { id, value, createdAt: context.at, kmsKeyId: secret.kmsKeyId ?? 'DefaultEncryptionKey' };
}

/** The secret with a new version from outside a rotation. Such a version abandons the rotation in progress. */
export function addVersion(context: Context, secret: Secret, id: string, value: SecretValue, labels: readonly string[]): Secret {
  const { inProgress } = secret;
  const before = secret.stages;
  let stages: ReadonlyMap<string, string> = attachStages(before, labels, id);
  const currentMoved = stages.get(AWSCURRENT) !== before.get(AWSCURRENT);
  if (context.switches.manualPutRemovesPending && !labels.includes(AWSPENDING)) {
    const pending = before.get(AWSPENDING);
    if (pending !== undefined && (pending === inProgress?.token || (currentMoved && pending === before.get(AWSCURRENT)))) {
      stages = detachStage(stages, AWSPENDING);
    }
  }
  if (inProgress && !inProgress.test) { context.emit('RotationAbandoned', secret, inProgress.token); }
  const rotatedByHand = currentMoved && secret.rotation?.enabled;
  const added = withVersion({ ...secret, stages }, newVersion(context, secret, id, value));
  return pruneVersions({
    ...added,
    lastChangedAt: context.at,
    lastRotatedAt: rotatedByHand ? context.at : secret.lastRotatedAt,
    inProgress: inProgress?.test ? inProgress : undefined,
  }, context.switches.maxUnlabelledVersions);
}

/** The labels after AWSCURRENT was moved to a version, by any operation. */
export function promote(context: Context, stages: ReadonlyMap<string, string>, versionId: string): ReadonlyMap<string, string> {
  const pendingHere = stages.get(AWSPENDING) === versionId;
  return pendingHere && context.switches.promotionRemovesPending ? detachStage(stages, AWSPENDING) : stages;
}

import { invalidParameter, invalidRequest } from '../errors';
import { AWSCURRENT, attachStages, detachStage, pruneVersions, withSecret } from '../state';
import type { Secret } from '../state';
import type { Implementation } from './context';
import { usableSecret } from './values';
import { promote } from './versions';

export const updateSecretVersionStage: Implementation<'UpdateSecretVersionStage'> = (context, input) => {
  const secret = usableSecret(context.state, input.SecretId!);
  const { RemoveFromVersionId: from, MoveToVersionId: to } = input;
  const stage = input.VersionStage!;
  const holder = secret.stages.get(stage);
  const output = { ARN: secret.arn, Name: secret.name };
  checkRemoval(stage, holder, from, to);
  if (to !== undefined) {
    checkDestination(secret, stage, to);
    if (to === holder) { return { output }; }
  }
  const moved = to === undefined ? detachStage(secret.stages, stage) : attachStages(secret.stages, [stage], to);
  const stages = stage === AWSCURRENT ? promote(context, moved, to!) : moved;
  const changed = pruneVersions({ ...secret, stages, lastChangedAt: context.at }, context.switches.maxUnlabelledVersions);
  return { state: withSecret(context.state, changed), output };
};

function checkRemoval(stage: string, holder: string | undefined, from: string | undefined, to: string | undefined): void {
  if (from === undefined && to === undefined) {
    throw invalidParameter('You must specify RemoveFromVersionId, MoveToVersionId or both.');
  }
  if (from === undefined && holder !== undefined) {
    throw invalidParameter(`The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to ` +
      `version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`);
  }
  if (from !== undefined && from !== holder) {
    throw invalidParameter(`The parameter RemoveFromVersionId must be the version that staging label ${stage} is attached to. ` +
      `It is ${holder === undefined ? 'not attached to any version' : `attached to version ${holder}`}.`);
  }
  if (to === undefined && stage === AWSCURRENT) {
    throw invalidParameter("You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.");
  }
}

/** Moving AWSCURRENT to a version without a value isn't documented. It is an error here, to catch functions that promote such a version. */
function checkDestination(secret: Secret, stage: string, to: string): void {
  const version = secret.versions.get(to);
  if (!version) { throw invalidParameter(`Not a valid version: ${to}`); }
  if (stage === AWSCURRENT && version.value === undefined) {
    throw invalidRequest(`You can't move staging label AWSCURRENT to version ${to} because it has no secret value.`);
  }
}

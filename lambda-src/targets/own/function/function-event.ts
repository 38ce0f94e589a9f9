import { TargetFunctionReplyError } from '../../../rotation/errors';
import type { RotationIds } from '../../../target';
import type { Reply } from '../api';
import { findReplyProblem } from '../poll-until-done';

/** Incremented if a field changes its meaning or is removed. New fields may be added at any time. */
export const EVENT_VERSION = 1;

/** The task of the function in each step. */
export const ACTIONS = {
  createSecret: 'Make the next value and store it with PutSecretValue as the version pendingVersionId, with the staging label AWSPENDING, unless that version has a value already.',
  setSecret: 'Make the target accept the value of the version pendingVersionId, unless it does already. The current value should go on working.',
  testSecret: 'Fail unless the target accepts the value of the version pendingVersionId. Change nothing.',
  finishSecret: 'The version pendingVersionId becomes the current one when this is done. Revoke what the target should no longer accept.',
} as const;

export type FunctionStep = keyof typeof ACTIONS;

/** The event that `RotationTarget.invoke` sends to the user's function. It holds no value of the secret. Its schema is in docs/. */
export interface FunctionEvent {
  readonly eventVersion: typeof EVENT_VERSION;
  readonly step: FunctionStep;
  readonly action: string;
  readonly secretId: string;
  readonly pendingVersionId: string;
  readonly currentVersionId: string;
  readonly previousVersionId?: string;
  readonly remainingTimeInMillis: number;
  readonly rotationToken?: string;
}

export function makeEvent(step: FunctionStep, ids: RotationIds, remainingTimeInMillis: number): FunctionEvent {
  return {
    eventVersion: EVENT_VERSION,
    step,
    action: ACTIONS[step],
    secretId: ids.secretId,
    pendingVersionId: ids.pending,
    currentVersionId: ids.current,
    previousVersionId: ids.previous,
    remainingTimeInMillis: Math.floor(remainingTimeInMillis),
    // Only createSecret, which puts a value, needs it.
    rotationToken: step === 'createSecret' ? ids.rotationToken : undefined,
  };
}

/** @throws TargetFunctionReplyError, without the content of the reply. */
export function parseReply(who: string, payload: string): Reply {
  let reply: unknown;
  try {
    reply = JSON.parse(payload);
  } catch {
    reply = undefined;
  }
  const problem = reply === undefined ? 'is not JSON' : findReplyProblem(reply);
  if (problem === undefined) { return reply as Reply; }
  throw new TargetFunctionReplyError(`The reply of ${who} ${problem}. It has to be {"status": "done"}, {"status": "notYet", "reason": "…", "retryAfterMillis": 500} `
    + 'or {"status": "failed", "reason": "…"}');
}

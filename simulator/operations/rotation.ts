import type { RotationRulesType } from '@aws-sdk/client-secrets-manager';
import { ServiceError, invalidParameter, invalidRequest, tokenInUseMessage } from '../errors';
import { randomUuid } from '../random';
import { AWSCURRENT, AWSPENDING, attachStages, detachStage, hasIncompleteRotation, withSecret, withVersion } from '../state';
import type { RotationConfig, Secret } from '../state';
import type { Inputs } from '../types';
import type { Context, Implementation } from './context';
import { usableSecret } from './values';
import { newVersion } from './versions';

export const rotateSecret: Implementation<'RotateSecret'> = (context, input) => {
  const secret = usableSecret(context.state, input.SecretId!);
  const token = input.ClientRequestToken!;
  const output = { ARN: secret.arn, Name: secret.name, VersionId: token };
  const rotation = rotationConfig(secret, input);
  // A retried request: the rotation that it started continues.
  if (secret.inProgress?.token === token) { return { output }; }
  // The reference lists no ResourceExistsException for RotateSecret.
  if (secret.versions.has(token)) { throw invalidRequest(tokenInUseMessage(token, secret.arn)); }
  if (hasIncompleteRotation(secret)) {
    throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
  }
  const test = input.RotateImmediately === false;
  const copy = test ? secret.versions.get(secret.stages.get(AWSCURRENT) ?? '')?.value : undefined;
  const rotationToken = context.switches.issueRotationTokens ? randomUuid(context.random) : undefined;
  const started: Secret = {
    ...withVersion(secret, newVersion(context, secret, token, copy)),
    stages: attachStages(secret.stages, [AWSPENDING], token),
    rotation,
    inProgress: { token, rotationToken, test },
    lastChangedAt: context.at,
  };
  context.emit(test ? 'TestRotationStarted' : 'RotationStarted', started, token);
  return { state: withSecret(context.state, started), output };
};

function rotationConfig(secret: Secret, input: Inputs['RotateSecret']): RotationConfig {
  const lambdaArn = input.RotationLambdaARN ?? secret.rotation?.lambdaArn;
  if (lambdaArn === undefined) { throw invalidRequest('No Lambda rotation function ARN is associated with this secret.'); }
  if (!/^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/.test(lambdaArn)) {
    throw new ServiceError('AccessDeniedException', 'Secrets Manager cannot invoke the specified Lambda function. ' +
      'Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.');
  }
  if (input.RotationRules) { checkRules(input.RotationRules); }
  return { enabled: true, lambdaArn, rules: input.RotationRules ?? secret.rotation?.rules };
}

function checkRules(rules: RotationRulesType): void {
  if (rules.AutomaticallyAfterDays !== undefined && rules.ScheduleExpression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.");
  }
}

/** The secret after the temporary version of a test was removed. */
function withoutTestVersion(secret: Secret, token: string): Secret {
  const stages = secret.stages.get(AWSPENDING) === token ? detachStage(secret.stages, AWSPENDING) : secret.stages;
  const versions = new Map(secret.versions);
  // Kept if the function gave it another label, which would otherwise lead nowhere.
  if (![...stages.values()].includes(token)) { versions.delete(token); }
  return { ...secret, stages, versions, inProgress: undefined };
}

/** The secret after all steps of the rotation in progress succeeded. AWSPENDING stays where the function left it. */
export function completeRotation(context: Context, secret: Secret): Secret {
  const { token, test } = secret.inProgress!;
  context.emit(test ? 'TestRotationSucceeded' : 'RotationSucceeded', secret, token);
  return test ? withoutTestVersion(secret, token) : { ...secret, inProgress: undefined, lastRotatedAt: context.at };
}

/** The secret after a step failed. A rotation stays in progress for a retry; a test is over. */
export function failRotation(context: Context, secret: Secret, step: string): Secret {
  const { token, test } = secret.inProgress!;
  context.emit(test ? 'TestRotationFailed' : 'RotationFailed', secret, token, step);
  return test ? withoutTestVersion(secret, token) : secret;
}

export const cancelRotateSecret: Implementation<'CancelRotateSecret'> = (context, input) => {
  const secret = usableSecret(context.state, input.SecretId!);
  const { rotation, inProgress } = secret;
  if (!rotation) {
    throw invalidRequest("You tried to cancel the rotation of a secret that doesn't have a Lambda rotation function ARN configured.");
  }
  const cancelled: Secret = {
    ...inProgress?.test ? withoutTestVersion(secret, inProgress.token) : secret,
    rotation: { ...rotation, enabled: false },
    inProgress: undefined,
    lastChangedAt: context.at,
  };
  return {
    state: withSecret(context.state, cancelled),
    output: { ARN: secret.arn, Name: secret.name, ...inProgress && !inProgress.test && { VersionId: inProgress.token } },
  };
};

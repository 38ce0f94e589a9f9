import { setTimeout } from 'node:timers/promises';
import { findProblem, type Problem } from './decide';
import type { FirstRotationProperties } from '../../src/contract';
import { SecretsManagerClient } from '../aws/secrets-manager';
import { signedCall } from '../aws/signed-call';
import type { Decide } from '../custom-resource';
import type { SecretsManager } from '../rotation/secrets-manager';
import { mustBeAnswered, toRotationError } from '../rotation/service-errors';

/** What tests replace. */
export interface WaitOverrides {
  readonly client?: SecretsManager;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
  readonly now?: () => number;
}

const PAUSE_MS = 2_000;
/** How long a lasting problem may go on. New policies and secrets take a while to be known everywhere. */
const PATIENCE_MS = 120_000;

const HELP = 'https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/runbook.md#the-first-rotation';
const FAILED = 'The service failed, for two minutes or until the time was up. Deploy again';
const REMEDIES = {
  AccessDeniedException: 'The function that waits may not describe the secret. Look for a permissions boundary, a service control policy or a policy on the secret that denies '
    + 'secretsmanager:DescribeSecret to its role',
  ThrottlingException: 'Calls were throttled, for two minutes or until the time was up. Deploy again',
  InternalServiceError: FAILED,
  InternalFailure: FAILED,
  ServiceUnavailable: FAILED,
  ExpiredTokenException: 'The credentials of the function are not accepted any more. Deploy again',
};

/**
 * Waits until the first rotation of a secret is over. It doesn't wait for a secret that has rotated before, or that it waited for before.
 *
 * The physical id is the secret. So it waits for another secret in its place, and not when the earlier one comes back.
 */
export function waitForFirstRotation({ client: given, sleep = setTimeout, now = Date.now }: WaitOverrides = {}): Decide<FirstRotationProperties> {
  return async ({ id, properties }, remainingMs) => {
    const { SecretId } = properties;
    if (id === SecretId) { return { id }; }
    const client = given ?? makeClient();
    const start = now();
    let lastingSince: number | undefined;
    for (;;) {
      const problem = await look(client, SecretId);
      if (problem === undefined) { return { id: SecretId }; }
      lastingSince = problem.isLasting ? lastingSince ?? now() : undefined;
      const isHopeless = lastingSince !== undefined && now() - lastingSince >= PATIENCE_MS;
      if (isHopeless || now() + PAUSE_MS > start + remainingMs) {
        // Not the id of a finished wait, so that a later update waits again.
        return { id: id ?? `${SecretId}#waiting`, refusal: refusal(properties, problem, now() - start, id === undefined) };
      }
      await sleep(PAUSE_MS);
    }
  };
}

/** Why the first rotation isn't over yet. Undefined if it is. */
async function look(client: SecretsManager, SecretId: string): Promise<Problem | undefined> {
  try {
    const answer = await client.send('DescribeSecret', { SecretId });
    mustBeAnswered('DescribeSecret', answer.ARN);
    return findProblem(answer);
  } catch (error) {
    return { text: toRotationError('DescribeSecret', error, REMEDIES).message, isLasting: true };
  }
}

/** @param isNew whether the rollback may also delete the log group */
function refusal({ Path, LogGroup }: FirstRotationProperties, { text, functionArn }: Problem, waitedMs: number, isNew: boolean): string {
  const log = LogGroup ?? (functionArn && `the log group of the function ${functionArn}`);
  return `rotation.first: the first rotation of ${Path} was not over after ${Math.round(waitedMs / 1_000)} seconds. ${text}.`
    + `${log === undefined ? '' : ` The log is ${log}${isNew ? '. A rollback may delete it; cdk deploy --no-rollback keeps it' : ''}.`} See ${HELP}`;
}

/** It polls every two seconds, so it needs no retries, and its calls have a known maximum duration. */
function makeClient(): SecretsManager {
  return new SecretsManagerClient(signedCall(), { pause: async () => false });
}

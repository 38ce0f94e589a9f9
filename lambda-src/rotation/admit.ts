import {
  InvalidEventError, NoCurrentVersionError, RotationError, RotationNotEnabledError, SecretNotFoundError, VersionNotPendingError,
} from './errors';

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
/**
 * The staging label of a version that got AWSCURRENT by mistake. Without it, a retry couldn't distinguish the version from one that a rotation
 * promoted.
 */
export const UNTESTED = 'UNTESTED';

export type Step = typeof STEPS[number];

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
export interface RotationEvent {
  readonly Step: Step;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  /** Sent to PutSecretValue, and never logged. */
  readonly RotationToken?: string;
}

/** The fields of DescribeSecret that a rotation depends on. */
export interface SecretDescription {
  /** Absent if Secrets Manager doesn't return it. */
  readonly rotationEnabled?: boolean;
  readonly deleted: boolean;
  /** The staging labels of each version that has any. */
  readonly stages: ReadonlyMap<string, readonly string[]>;
  readonly tags?: Tags;
}

/** The tags of a secret, by their keys. */
export type Tags = ReadonlyMap<string, string>;

export type Admission =
  | { readonly outcome: 'proceed'; readonly currentVersionId: string; readonly previousVersionId?: string; readonly tags?: Tags }
  /** `isUntested`: it became the current one by a mistake of the code that stored its value. */
  | { readonly outcome: 'alreadyCurrent'; readonly previousVersionId?: string; readonly isUntested?: true }
  /** `mayLag`: another look a moment later may say otherwise. */
  | { readonly outcome: 'refuse'; readonly error: RotationError; readonly mayLag: boolean };

const PRINTABLE = /^[\x20-\x7e]{1,2048}$/;

/**
 * Parses the event, if Secrets Manager sends such events.
 *
 * @throws InvalidEventError, without the content of the event.
 */
export function parseEvent(event: unknown): RotationEvent {
  if (typeof event !== 'object' || event === null) {
    throw new InvalidEventError('The event is not an object. Only Secrets Manager should invoke this function');
  }
  const fields = event as Record<string, unknown>;
  for (const field of ['SecretId', 'ClientRequestToken', 'Step'] as const) {
    if (fields[field] === undefined) {
      throw new InvalidEventError(`The event has no ${field}. Only Secrets Manager should invoke this function`);
    }
  }
  for (const field of ['SecretId', 'ClientRequestToken', 'Step', 'RotationToken'] as const) {
    const value = fields[field];
    if (value !== undefined && (typeof value !== 'string' || !PRINTABLE.test(value))) {
      throw new InvalidEventError(`${field} in the event is not a string of 1 to 2048 printable ASCII characters. `
        + 'Only Secrets Manager should invoke this function');
    }
  }
  if (!(STEPS as readonly unknown[]).includes(fields.Step)) {
    throw new InvalidEventError(`Step in the event is not one of ${STEPS.join(', ')}`);
  }
  return event as RotationEvent;
}

/**
 * Decides whether a step may run, before it has any effect.
 *
 * If a description doesn't say whether rotation is on, the step may run, as in AWS's own rotation templates: the service invoked the function,
 * and the staging labels decide.
 */
export function admit(description: SecretDescription, token: string): Admission {
  const refuse = (error: RotationError, mayLag: boolean): Admission => ({ outcome: 'refuse', error, mayLag });
  if (description.deleted) {
    return refuse(new SecretNotFoundError('The secret is scheduled for deletion. Restore it with RestoreSecret to rotate it'), false);
  }
  if (description.rotationEnabled === false) {
    return refuse(new RotationNotEnabledError('Rotation is not enabled for the secret. Deploy its rotation schedule, or call RotateSecret, '
      + 'to enable it'), false);
  }
  const stages = description.stages.get(token);
  const versionWith = (label: string) => [...description.stages].find(([, labels]) => labels.includes(label))?.[0];
  if (stages?.includes('AWSCURRENT')) {
    return { outcome: 'alreadyCurrent', previousVersionId: versionWith('AWSPREVIOUS'), isUntested: stages.includes(UNTESTED) || undefined };
  }
  if (!stages?.includes('AWSPENDING')) {
    return refuse(new VersionNotPendingError(`Version ${token} of the secret does not have the staging label AWSPENDING, so no rotation to it is `
      + 'in progress. It was cancelled or replaced by another; call RotateSecret to start a new one'), true);
  }
  const currentVersionId = versionWith('AWSCURRENT');
  if (currentVersionId !== undefined) { return { outcome: 'proceed', currentVersionId, previousVersionId: versionWith('AWSPREVIOUS'), tags: description.tags }; }
  return refuse(new NoCurrentVersionError('No version of the secret has the staging label AWSCURRENT. Give it to the version that works, '
    + 'with UpdateSecretVersionStage'), true);
}

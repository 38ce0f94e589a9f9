import type { RotationRulesType } from '@aws-sdk/client-secrets-manager';
import type { SecretsManagerSimulator } from './secrets-manager';

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

export type Step = typeof STEPS[number];

/** The event that Secrets Manager sends to the function. */
export interface RotationEvent {
  readonly Step: Step;
  /** The ARN. */
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  /** Only if the simulator issues rotation tokens. */
  readonly RotationToken?: string;
}

/** The function. An error that it throws fails the step. */
export type Invoke = (event: RotationEvent) => Promise<unknown>;

export const DEFAULT_LAMBDA_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:rotation';

export interface StartOptions {
  /** @default made */
  readonly clientRequestToken?: string;
  /** Whether the secret rotates now. If not, only testSecret runs. @default true */
  readonly rotateImmediately?: boolean;
  /** @default the secret's, and if it has none DEFAULT_LAMBDA_ARN */
  readonly rotationLambdaArn?: string;
  /** @default the secret's */
  readonly rotationRules?: RotationRulesType;
}

export interface RunOptions {
  readonly invoke: Invoke;
  /**
   * How often the sequence of steps is attempted. A test is attempted once.
   *
   * @default 5
   */
  readonly attempts?: number;
}

export type RotateOptions = StartOptions & RunOptions;

export interface StartedRotation {
  /** The ARN. */
  readonly secretId: string;
  readonly token: string;
  readonly rotationToken?: string;
  readonly test: boolean;
}

export interface StepFailure {
  readonly attempt: number;
  readonly step: Step;
  readonly error: unknown;
}

export interface RotationResult {
  /**
   * `failed`: all attempts failed, and the rotation is still in progress (a test isn't). `abandoned`: a version was put, the rotation was
   * cancelled, or the secret was deleted meanwhile.
   */
  readonly outcome: 'succeeded' | 'failed' | 'abandoned';
  readonly token: string;
  readonly attempts: number;
  readonly failures: readonly StepFailure[];
}

/** Calls RotateSecret, and invokes nothing. The caller or `runRotation` runs the steps. */
export function startRotation(simulator: SecretsManagerSimulator, secretId: string, options: StartOptions = {}): StartedRotation {
  const { rotationEnabled } = simulator.inspect(secretId);
  simulator.perform('RotateSecret', {
    SecretId: secretId,
    ClientRequestToken: options.clientRequestToken ?? simulator.newToken(),
    RotationLambdaARN: options.rotationLambdaArn ?? (rotationEnabled === undefined ? DEFAULT_LAMBDA_ARN : undefined),
    RotationRules: options.rotationRules,
    RotateImmediately: options.rotateImmediately,
  });
  return rotationInProgress(simulator, secretId)!;
}

export function rotationInProgress(simulator: SecretsManagerSimulator, secretId: string): StartedRotation | undefined {
  const { arn, rotationInProgress: inProgress } = simulator.inspect(secretId);
  return inProgress && { secretId: arn, ...inProgress };
}

/** The event for a step of a rotation. */
export function eventOf(rotation: StartedRotation, step: Step): RotationEvent {
  return {
    Step: step,
    SecretId: rotation.secretId,
    ClientRequestToken: rotation.token,
    ...rotation.rotationToken !== undefined && { RotationToken: rotation.rotationToken },
  };
}

/**
 * Runs the rotation in progress as the service does: the steps in order, and after a failed step the whole sequence again with the same token.
 * May be called again for a rotation whose attempts failed.
 */
export async function runRotation(simulator: SecretsManagerSimulator, secretId: string, options: RunOptions): Promise<RotationResult> {
  const rotation = rotationInProgress(simulator, secretId);
  if (!rotation) { throw new Error(`No rotation of ${secretId} is in progress`); }
  const { token, test } = rotation;
  const failures: StepFailure[] = [];
  const attempts = test ? 1 : options.attempts ?? 5;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const failure = await runSteps(simulator, rotation, options.invoke);
    if (!isInProgress(simulator, rotation)) {
      return { outcome: 'abandoned', token, attempts: attempt, failures: failure ? [...failures, { attempt, ...failure }] : failures };
    }
    if (!failure) {
      simulator.completeRotation(rotation.secretId);
      return { outcome: 'succeeded', token, attempts: attempt, failures };
    }
    failures.push({ attempt, ...failure });
    simulator.failRotation(rotation.secretId, failure.step);
  }
  return { outcome: 'failed', token, attempts, failures };
}

/** Calls RotateSecret, and runs the rotation. */
export async function rotate(simulator: SecretsManagerSimulator, secretId: string, options: RotateOptions): Promise<RotationResult> {
  const { secretId: arn } = startRotation(simulator, secretId, options);
  return runRotation(simulator, arn, options);
}

/** The failure of one attempt, if it fails. */
async function runSteps(
  simulator: SecretsManagerSimulator, rotation: StartedRotation, invoke: Invoke,
): Promise<Omit<StepFailure, 'attempt'> | undefined> {
  for (const step of rotation.test ? ['testSecret'] as const : STEPS) {
    try {
      await invoke(eventOf(rotation, step));
    } catch (error) {
      return { step, error };
    }
    if (!isInProgress(simulator, rotation)) { return undefined; }
  }
  if (rotation.test || simulator.inspect(rotation.secretId).stages.AWSCURRENT === rotation.token) { return undefined; }
  return { step: 'finishSecret', error: new Error('finishSecret succeeded, and AWSCURRENT is not on the version of the rotation') };
}

/** Whether the rotation is still in progress, and the secret still exists. */
function isInProgress(simulator: SecretsManagerSimulator, { secretId, token }: StartedRotation): boolean {
  return simulator.exists(secretId) && simulator.inspect(secretId).rotationInProgress?.token === token;
}

import { SecretsManagerClient } from './aws/secrets-manager';
import { signedCall, type SignedCall } from './aws/signed-call';
import { log as defaultLog, type Log, type LogFields } from './log';
import { metricsOf, type MeasuredStep } from './metrics';
import { shippedNotifier, type Notify } from './notify';
import { parseEvent } from './rotation/admit';
import { Deadline, type Sleep } from './rotation/deadline';
import { ConfigurationError, NotificationError, RotationError, UnexpectedError } from './rotation/errors';
import { SecretVersions } from './rotation/secret-versions';
import type { SecretsManager } from './rotation/secrets-manager';
import { Rotation, type Promotion } from './rotation/steps';
import type { Target } from './target';
import { CONFIG_VARIABLE, parseConfig, type HandlerConfig, type NotificationConfig } from '../src/contract';

/** The part of Lambda's context that the handler reads. */
export interface LambdaContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** What tests replace. */
export interface HandlerOverrides {
  readonly client?: SecretsManager;
  readonly log?: Log;
  readonly sleep?: Sleep;
  readonly notifierOf?: NotifierOf;
}

/** Makes a target, which may call other AWS services. */
type MakeTarget = (config: HandlerConfig, call: SignedCall) => Target;

/** Undefined if there is no notification. */
type NotifierOf = (config: NotificationConfig) => Notify | undefined;

interface Warm {
  readonly config: HandlerConfig;
  readonly target: Target;
  readonly notify: Notify | undefined;
}

export type RotationHandler = (event: unknown, context: LambdaContext) => Promise<void>;

/**
 * The handler, which Lambda calls once for each step of a rotation. It is the only place that logs, and that decides which errors leave the
 * function.
 */
export function makeHandler(makeTarget: MakeTarget, overrides: HandlerOverrides = {}): RotationHandler {
  const log = overrides.log ?? defaultLog;
  const call = signedCall();
  let warm: Warm | undefined;

  return async (untrusted, context) => {
    const start = Date.now();
    let fields: LogFields = { requestId: context.awsRequestId };
    let measure = (durationMs: number, _end?: MeasuredStep['end']): LogFields => ({ durationMs });
    try {
      const event = parseEvent(untrusted);
      fields = { ...fields, step: event.Step, secretId: event.SecretId, clientRequestToken: event.ClientRequestToken };
      warm ??= configure(makeTarget, call, overrides.notifierOf ?? ((given) => shippedNotifier(given, call)));
      const { config, target, notify } = warm;
      if (config.rotationMetrics) {
        const step = { start, secretId: event.SecretId, functionName: process.env.AWS_LAMBDA_FUNCTION_NAME! };
        measure = (durationMs, end) => ({ durationMs, ...metricsOf({ ...step, durationMs, end }) });
      }
      const deadline = new Deadline(() => context.getRemainingTimeInMillis(), overrides.sleep);
      const client = overrides.client ?? new SecretsManagerClient(call, deadline);
      const versions = new SecretVersions(client, event, deadline.signal);
      const rotation = new Rotation(event, versions, target, config.passwordPolicy, deadline, (promotion) => tell(notify, promotion, deadline));
      const outcome = await deadline.run(event.Step, () => rotation.run());
      const { warning, ...counts } = rotation.report;
      if (warning) { log('WARN', warning, fields); }
      log('INFO', `${event.Step} succeeded`, { ...fields, outcome, ...counts, ...measure(Date.now() - start, outcome === 'promoted' ? 'succeeded' : undefined) });
    } catch (thrown) {
      const error = thrown instanceof RotationError ? thrown : new UnexpectedError('The step failed with an unexpected error, left out as it may hold a value');
      log('ERROR', error.message, { ...fields, errorType: error.name, ...measure(Date.now() - start, 'failed') });
      throw error;
    }
  };
}

async function tell(notify: Notify | undefined, promotion: Promotion, deadline: Deadline): Promise<void> {
  if (!notify) { return; }
  deadline.addToTimeout(() => `. Version ${promotion.versionId} is the current one; only its notification is missing`);
  const problem = await notify(promotion, deadline);
  if (problem === undefined) { return; }
  throw new NotificationError(`Version ${promotion.versionId} is the current one, but ${problem}. Secrets Manager retries the step`);
}

function configure(makeTarget: MakeTarget, call: SignedCall, notifierOf: NotifierOf): Warm {
  try {
    const config = parseConfig(process.env[CONFIG_VARIABLE], process.env);
    return { config, target: makeTarget(config, call), notify: notifierOf(config) };
  } catch (error) {
    throw new ConfigurationError((error as Error).message);
  }
}

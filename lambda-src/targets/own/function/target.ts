import { generatedValue, ownValue, type CustomValue } from '../custom-value';
import { makeEvent, parseReply, type FunctionStep } from './function-event';
import type { HandlerConfig } from '../../../../src/contract';
import { parseInvokeConfig, type InvokeTargetConfig } from '../../../../src/targets/own/function/contract';
import type { Deadline } from '../../../rotation/deadline';
import {
  TargetFunctionCrashedError, TargetFunctionLoadError, TargetFunctionThrewError, TargetFunctionTimedOutError,
  TargetFunctionUnhandledRejectionError, type RotationError,
} from '../../../rotation/errors';
import type { SecretValues, StoredVersionRules, Target, ValueRequest } from '../../../target';
import { KnownValues } from '../known-values';
import { pollUntilDone } from '../poll-until-done';
import { storedVersionRules } from '../stored-version';

/** The result of an invocation. */
export interface Invocation {
  /** Whether the payload is an error of the runtime and not a reply. */
  readonly isError: boolean;
  readonly payload: string;
}

/** Invokes the user's function and waits for its end. */
export type InvokeFunction = (payload: string, deadline: Deadline) => Promise<Invocation>;

/** @throws Error if it is the configuration of another asset. */
export function invokeTarget(config: HandlerConfig, functionOf: (functionArn: string) => InvokeFunction): Target {
  const invokeConfig = parseInvokeConfig(config);
  return new InvokeTarget(invokeConfig, functionOf(invokeConfig.functionArn));
}

/** A target that the user's function changes. */
export class InvokeTarget implements Target {
  public readonly storedVersion?: StoredVersionRules;
  private readonly value: Omit<CustomValue, 'createValue'>;

  constructor(private readonly config: Omit<InvokeTargetConfig, 'target' | 'passwordPolicy'>, private readonly invoke: InvokeFunction) {
    this.storedVersion = config.createSecret ? storedVersionRules : undefined;
    this.value = config.createSecret ? ownValue : generatedValue(config);
  }

  public async createValue(request: ValueRequest): Promise<string | undefined> {
    if (!this.config.createSecret) { return generatedValue(this.config).createValue(request); }
    await this.run('createSecret', request.values, request.deadline);
    return undefined;
  }

  public validate(value: string): void {
    this.value.validate(value);
  }

  public checkNext(next: string, current: () => Promise<string>, versionId: string): Promise<void> {
    return this.value.checkNext(next, current, versionId);
  }

  public isDerived(pending: string, current: string): boolean {
    return this.value.isDerived(pending, current);
  }

  public async setSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    this.validate(await values.pending());
    await this.run('setSecret', values, deadline);
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    this.validate(await values.pending());
    await this.run('testSecret', values, deadline);
  }

  public async finishSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    if (this.config.finishSecret) { await this.run('finishSecret', values, deadline); }
  }

  private async run(step: FunctionStep, values: SecretValues, deadline: Deadline): Promise<void> {
    const who = `${step} of the function ${this.config.functionArn}`;
    const ask = async () => {
      const event = makeEvent(step, values.ids, deadline.remainingTimeInMillis());
      const { isError, payload } = await this.invoke(JSON.stringify(event), deadline);
      if (isError) { throw functionError(who, payload); }
      return parseReply(who, payload);
    };
    await pollUntilDone(who, ask, (isForLater) => maskOf(step, values, isForLater), deadline);
  }
}

/** Masks the values that the versions have now, because the function may have stored one since the step began. Undefined if they can't be read. */
async function maskOf(step: FunctionStep, values: SecretValues, isForLater = false): Promise<KnownValues | undefined> {
  try {
    // The function may have quoted a value before createSecret stores it.
    if (isForLater && step === 'createSecret' && await values.pendingIfAny() === undefined) { return undefined; }
    return new KnownValues(await values.known(), step !== 'createSecret');
  } catch {
    return undefined;
  }
}

/**
 * Why the function gave no reply, from the error of its runtime. The message of that error isn't repeated, because it may hold a value. The log
 * of the function has it.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
 */
export function functionError(who: string, payload: string): RotationError {
  let thrown: { errorType?: unknown; errorMessage?: unknown } = {};
  try {
    thrown = JSON.parse(payload) ?? {};
  } catch { /* a payload that isn't JSON has no type */ }
  const type = typeof thrown.errorType === 'string' && /^[\w.:$]{1,128}$/.test(thrown.errorType) ? thrown.errorType : '';
  const message = typeof thrown.errorMessage === 'string' ? thrown.errorMessage : '';
  const said = type === '' ? '' : ` (${type})`;
  if (type === 'Sandbox.Timedout' || /\bTask timed out after \d/.test(message)) {
    return new TargetFunctionTimedOutError(`${who} timed out. Raise the timeout of that function, or look for what it waits for; the RotationFunction needs a longer one`);
  }
  if (/^Runtime\.(ImportModuleError|HandlerNotFound|UserCodeSyntaxError|MalformedHandlerName|InvalidEntrypoint|InvalidWorkingDir)/.test(type)) {
    return new TargetFunctionLoadError(`${who} could not be loaded${said}. Look at the handler and the code of that function, and at its log`);
  }
  if (type === 'Runtime.UnhandledPromiseRejection') {
    return new TargetFunctionUnhandledRejectionError(`${who} did not await a promise that was rejected${said}. Await it; the error is in the log of that function`);
  }
  if (/^(Runtime\.ExitError|Runtime\.Unknown|Extension\.|Runtime\.OutOfMemory)/.test(type) || /\bRuntimeError|Runtime exited/.test(message)) {
    return new TargetFunctionCrashedError(`${who} crashed${said}: its process ended. Look at its log, and whether it has enough memory`);
  }
  return new TargetFunctionThrewError(`${who} threw an error${said}. Its message is in the log of that function; to have a message here, reply with {"status": "failed", "reason": "…"}`, type);
}

import { isNativeError } from 'node:util/types';
import type { HandlerConfig } from '../../../../src/contract';
import {
  findMisspelledSteps, OPTIONAL_STEPS, parseModuleConfig, REQUIRED_STEPS, type ModuleTargetConfig,
} from '../../../../src/targets/own/module/contract';
import type { Deadline } from '../../../rotation/deadline';
import { RotationError, TargetModuleError } from '../../../rotation/errors';
import type { SecretValues, Target, ValueRequest } from '../../../target';
import type { CreateSecretContext, Reply, RotationContext, RotationModule, SecretVersion, StepContext } from '../api';
import { generatedValue, ownValue, parseValue, type CustomValue } from '../custom-value';
import { KnownValues } from '../known-values';
import { findNextProblem, findReturnProblem, isReply } from '../next-value';
import { findReplyProblem, pollUntilDone } from '../poll-until-done';

const RETURN_A_VALUE = 'Return the next value of the secret, a string or a plain object of strings, numbers, booleans, null, arrays and objects; '
  + 'or the reply "notYet" or "failed", with a reason';

/** The pattern of an error code, such as ECONNREFUSED. */
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/** Writes the masked lines of a module's log. */
export type WriteLog = (level: 'INFO' | 'ERROR', message: string, ids: { readonly step: string; readonly secretId: string; readonly clientRequestToken: string }) => void;

/** @throws Error if it is the configuration of another asset, or the module lacks a required export. */
export function moduleTarget(config: HandlerConfig, module: Partial<RotationModule<unknown>>, writeLog: WriteLog): Target {
  return new ModuleTarget(module, parseModuleConfig(config), writeLog);
}

/** @throws Error if the module lacks a required export. */
export function checkModule(module: Partial<RotationModule<unknown>>): RotationModule<unknown> {
  const given = module as Record<string, unknown>;
  const functions = Object.keys(given).filter((name) => typeof given[name] === 'function');
  // Methods on the prototype of an object aren't among its keys.
  const steps = [...REQUIRED_STEPS, ...OPTIONAL_STEPS].filter((name) => given[name] !== undefined);
  const [misspelled] = findMisspelledSteps([...new Set([...functions, ...steps])]);
  if (misspelled) {
    throw new Error(`The module of the target exports ${misspelled.name}, which no step of a rotation calls, and not ${misspelled.step}. Name it ${misspelled.step}, or, `
      + 'if it is something else, give it a less similar name');
  }
  for (const name of [...REQUIRED_STEPS, ...OPTIONAL_STEPS]) {
    const step = given[name];
    if (step === undefined && (OPTIONAL_STEPS as readonly string[]).includes(name)) { continue; }
    if (typeof step !== 'function') { throw new Error(`The module of the target has to export the function ${name}${step === undefined ? '' : `, and exports a ${typeof step}`}`); }
  }
  return module as RotationModule<unknown>;
}

/** A target that the user's module changes. */
export class ModuleTarget implements Target {
  private readonly module: RotationModule<unknown>;
  private readonly value: Omit<CustomValue, 'createValue'>;

  constructor(module: Partial<RotationModule<unknown>>, private readonly config: Pick<ModuleTargetConfig, 'generateStringKey'>, private readonly writeLog: WriteLog) {
    this.module = checkModule(module);
    this.value = this.module.createSecret ? ownValue : generatedValue(config);
  }

  public async createValue(request: ValueRequest): Promise<string> {
    const { createSecret } = this.module;
    if (!createSecret) { return generatedValue(this.config).createValue(request); }
    const { current, generatePassword, values, deadline } = request;
    const { context, known, log } = await this.contextOf('createSecret', values, deadline);
    const creation: CreateSecretContext<unknown> = {
      ...context,
      generatePassword: async () => {
        const password = await generatePassword(() => true);
        known.add(password);
        return password;
      },
    };
    let made: unknown;
    const ask = async (): Promise<Reply> => {
      made = await this.call('createSecret', known, () => createSecret.call(this.module, creation));
      if (!isReply(made, current)) { return { status: 'done' }; }
      const problem = (made as Reply).status === 'done' ? 'is the reply "done" and no value' : findReplyProblem(made);
      if (problem !== undefined) { throw new TargetModuleError(`The result of createSecret of the module ${problem}. ${RETURN_A_VALUE}`); }
      return made as Reply;
    };
    log.hold(deadline.signal);
    try {
      await pollUntilDone('createSecret of the module', ask, async () => known, deadline);
      known.add(made);
      known.complete();
    } finally {
      log.release();
    }
    const problem = findReturnProblem(made);
    if (problem !== undefined) { throw new TargetModuleError(`createSecret of the module returned ${problem}. ${RETURN_A_VALUE}`); }
    const value = typeof made === 'string' ? made : JSON.stringify(made);
    const difference = findNextProblem(value, current);
    if (difference !== undefined) { throw new TargetModuleError(`The value that createSecret of the module returned ${difference}. Return a new value, with all keys of the current one`); }
    return value;
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

  public setSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    return this.run('setSecret', values, deadline);
  }

  public testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    return this.run('testSecret', values, deadline);
  }

  public async finishSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    if (this.module.finishSecret) { await this.run('finishSecret', values, deadline); }
  }

  private async run(step: 'setSecret' | 'testSecret' | 'finishSecret', values: SecretValues, deadline: Deadline): Promise<void> {
    const pendingValue = await values.pending();
    this.validate(pendingValue);
    const { context, known } = await this.contextOf(step, values, deadline, pendingValue);
    const full: RotationContext<unknown> = { ...context, pending: version(values.ids.pending, pendingValue) };
    const ask = async (): Promise<Reply> => {
      const reply: unknown = await this.call(step, known, () => this.module[step]!(full)) ?? { status: 'done' };
      const problem = findReplyProblem(reply);
      if (problem !== undefined) { throw new TargetModuleError(`The result of ${step} of the module ${problem}. Return nothing, or one of the replies of its type`); }
      return reply as Reply;
    };
    await pollUntilDone(`${step} of the module`, ask, async () => known, deadline);
  }

  private async contextOf(
    step: string, values: SecretValues, deadline: Deadline, pendingValue?: string,
  ): Promise<{ readonly context: StepContext<unknown>; readonly known: KnownValues; readonly log: MaskedLog }> {
    const currentValue = await values.current();
    const previousValue = values.ids.previous === undefined ? undefined : await values.previous();
    const known = new KnownValues([pendingValue, currentValue, previousValue].filter((value) => value !== undefined), step !== 'createSecret');
    const ids = { step, secretId: values.ids.secretId, clientRequestToken: values.ids.pending };
    const log = new MaskedLog((level, message) => this.writeLog(level, known.hide(message), ids));
    return {
      known,
      log,
      context: {
        secretId: values.ids.secretId,
        current: version(values.ids.current, currentValue),
        previous: previousValue === undefined ? undefined : version(values.ids.previous!, previousValue),
        log: { info: (message) => log.write('INFO', message), error: (message) => log.write('ERROR', message) },
        signal: deadline.signal,
        remainingTimeInMillis: () => deadline.remainingTimeInMillis(),
      },
    };
  }

  /**
   * Runs the user's code. The message of an error that it throws is repeated, with the values of the secret masked, because only it has the
   * cause.
   */
  private async call<T>(step: string, known: KnownValues, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof RotationError) { throw error; }
      const thrown = isError(error) ? `${error.name}: ${error.message}${codeOf(error)}` : `a ${typeof error} was thrown, not an Error`;
      throw new TargetModuleError(`${step} of the module failed with ${known.hide(thrown).slice(0, 1000)}`);
    }
  }
}

/** Also for an error of another realm. */
function isError(error: unknown): error is Error {
  return error instanceof Error || isNativeError(error);
}

/** The code of an error or of its cause, in parentheses, if the message doesn't have it. "fetch failed" alone doesn't help. */
function codeOf(error: Error): string {
  let cause: unknown = error;
  for (let depth = 0; depth < 5 && typeof cause === 'object' && cause !== null; depth++) {
    const { code, cause: next, errors } = cause as { readonly code?: unknown; readonly cause?: unknown; readonly errors?: unknown };
    if (typeof code === 'string' && CODE.test(code)) { return error.message.includes(code) ? '' : ` (${code})`; }
    cause = next ?? (Array.isArray(errors) ? errors[0] as unknown : undefined);
  }
  return '';
}

/** Writes lines at once, or holds them back until all values that they may quote are known. */
class MaskedLog {
  private held?: (readonly [level: 'INFO' | 'ERROR', message: string])[];

  constructor(private readonly writeMasked: (level: 'INFO' | 'ERROR', message: string) => void) {}

  public write(level: 'INFO' | 'ERROR', message: unknown): void {
    // Converted now, because an object may change before the line is written.
    if (this.held) { this.held.push([level, String(message)]); } else { this.writeMasked(level, String(message)); }
  }

  /** @param signal ends the wait */
  public hold(signal: AbortSignal): void {
    this.held = [];
    if (signal.aborted) { this.release(); } else { signal.addEventListener('abort', () => this.release(), { once: true }); }
  }

  public release(): void {
    const lines = this.held ?? [];
    this.held = undefined;
    for (const line of lines) { this.writeMasked(...line); }
  }
}

function version(versionId: string, value: string): SecretVersion<unknown> {
  return { versionId, value: parseValue(value) };
}

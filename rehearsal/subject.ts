import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Account } from './account';
import type { RehearsalOptions, Step, TargetHandler, TargetModule, TargetProcess } from './api';
import type { Invocation } from './boundaries';
import { FUNCTION_ARN, FunctionProcess, LAMBDA_ENVIRONMENT } from './function-process';
import { runInProcess, THROWN, type Line } from './in-process';
import type { Target } from '../lambda-src/target';
import type { RotationModule } from '../lambda-src/targets/own/api';
import type { FunctionEvent } from '../lambda-src/targets/own/function/function-event';
import { InvokeTarget, type Invocation as Ended } from '../lambda-src/targets/own/function/target';
import { checkModule, ModuleTarget } from '../lambda-src/targets/own/module/target';
import { STEPS, type SecretsManagerServer } from '../simulator';
import type { HandlerConfig } from '../src/contract';

/** Begins a call of the code under rehearsal. */
export type Begin = (step: Step) => Invocation;

/** The code under rehearsal, behind the shipped target. */
export interface Subject {
  readonly config: HandlerConfig;
  /** Secrets Manager for the code's own calls. */
  readonly account: Account;
  /** Values that the code made, also those that aren't stored. */
  readonly made: Set<string>;
  readonly advice: { readonly log: string; readonly hang: string };
  makeTarget(begin: Begin): Target;
  stop(): Promise<void>;
}

export interface SubjectOptions extends RehearsalOptions<never> {
  readonly timeout: number;
  readonly say: (line: Line) => void;
}

/** @throws Error if it is none of the three kinds of target */
export async function startSubject(target: TargetModule | TargetHandler | TargetProcess, options: SubjectOptions): Promise<Subject> {
  if (typeof target === 'function') { return functionSubject(options, (account) => handlerInProcess(target, account, options)); }
  if (isProcess(target)) { return functionSubject(options, async (account) => new ProcessPool(target, account, options)); }
  return moduleSubject(target, options);
}

function isProcess(target: TargetModule | TargetProcess): target is TargetProcess {
  if (!('command' in target)) { return false; }
  if (!Array.isArray(target.command) || target.command.length === 0) { throw new Error('target: command must be the program and its arguments, such as [\'python3\', \'-m\', \'awslambdaric\', \'app.handler\']'); }
  return true;
}

function moduleSubject(given: TargetModule, { generateStringKey, passwordPolicy = {} }: SubjectOptions): Subject {
  const module = checkModule(given as Partial<RotationModule<unknown>>);
  const made = new Set<string>();
  return {
    config: { target: 'module', generateStringKey, passwordPolicy },
    account: new Account({ createSecret: false, versionStages: [] }),
    made,
    advice: { log: 'Leave it out, or write with context.log, which masks it', hang: 'Pass context.signal, or a time-out, to the call that it waits for' },
    makeTarget: (begin) => {
      const watched = STEPS.filter((step) => module[step]).map((step) => [step, async (context: never) => {
        const returned = await runInProcess<unknown>(begin(step), () => module[step]!(context));
        if (step === 'createSecret') { made.add(typeof returned === 'string' ? returned : JSON.stringify(returned) ?? ''); }
        return returned;
      }]);
      return new ModuleTarget(Object.fromEntries(watched) as Partial<RotationModule<unknown>>, { generateStringKey }, () => {});
    },
    stop: async () => {},
  };
}

/** Runs the user's function. */
interface Runner {
  invoke(invocation: Invocation, payload: string): Promise<Ended>;
  stop(): Promise<void>;
}

async function functionSubject(options: SubjectOptions, startRunner: (account: Account) => Promise<Runner>): Promise<Subject> {
  const { createSecret = false, finishSecret = false, versionStages = ['AWSPENDING'], generateStringKey, passwordPolicy = {} } = options;
  const account = new Account({ createSecret, versionStages });
  const runner = await startRunner(account);
  const config = { target: 'invoke', functionArn: FUNCTION_ARN, createSecret, finishSecret, generateStringKey, passwordPolicy } as const;
  return {
    config,
    account,
    made: account.put,
    advice: { log: 'Leave it out: nothing masks the output and the errors of a function', hang: 'Give a time-out to the call that it waits for' },
    makeTarget: (begin) => new InvokeTarget(config, (payload) => runner.invoke(begin((JSON.parse(payload) as FunctionEvent).step), payload)),
    stop: () => runner.stop(),
  };
}

/** The last port of this process, because clients that a function keeps know only that address. */
let lastPort: number | undefined;

async function serveAgain(account: Account, invocationOf: () => Invocation | undefined): Promise<SecretsManagerServer> {
  const server = await account.serve(invocationOf, false, lastPort).catch(() => account.serve(invocationOf, false));
  lastPort = Number(new URL(server.url).port);
  return server;
}

async function handlerInProcess(handler: TargetHandler, account: Account, { timeout, say }: SubjectOptions): Promise<Runner> {
  let latest: Invocation | undefined;
  const server = await serveAgain(account, () => latest);
  const restore = setEnvironment({ ...LAMBDA_ENVIRONMENT, AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url });
  return {
    async invoke(invocation, payload) {
      latest = invocation;
      const end = Date.now() + timeout;
      const context = {
        awsRequestId: randomUUID(),
        functionName: 'target',
        functionVersion: '$LATEST',
        invokedFunctionArn: FUNCTION_ARN,
        memoryLimitInMB: '128',
        logGroupName: '/aws/lambda/target',
        logStreamName: 'rehearsal',
        callbackWaitsForEmptyEventLoop: true,
        getRemainingTimeInMillis: () => Math.max(0, end - Date.now()),
      };
      try {
        const reply = await runInProcess(invocation, () => handler(JSON.parse(payload) as never, context as never));
        return { isError: false, payload: JSON.stringify(reply) ?? 'null' };
      } catch (error) {
        if (invocation.isDead) { return { isError: true, payload: '{"errorType":"Runtime.ExitError"}' }; }
        const { name, message, stack } = error instanceof Error ? error : { name: typeof error, message: String(error), stack: '' };
        say({ step: invocation.step, where: THROWN, text: `${name}: ${message}\n${stack}` });
        return { isError: true, payload: JSON.stringify({ errorType: name, errorMessage: message }) };
      }
    },
    async stop() {
      restore();
      await server.stop();
      // The clients of this process have to see that their connections are closed, because the next rehearsal has the same address.
      await setTimeout(50);
    },
  };
}

/** A process for each concurrent event. */
class ProcessPool implements Runner {
  private processes: FunctionProcess[] = [];

  constructor(private readonly target: TargetProcess, private readonly account: Account, private readonly options: SubjectOptions) {}

  public async invoke(invocation: Invocation, payload: string): Promise<Ended> {
    const idle = this.processes.find((one) => !one.isBusy && !one.hasEnded) ?? await this.start();
    return idle.invoke(invocation, payload);
  }

  public async stop(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.kill()));
  }

  private async start(): Promise<FunctionProcess> {
    const ended = this.processes.filter((one) => one.hasEnded);
    this.processes = this.processes.filter((one) => !one.hasEnded);
    await Promise.all(ended.map((one) => one.kill()));
    const started = await FunctionProcess.start(this.target, { account: this.account, timeout: this.options.timeout, say: this.options.say });
    this.processes.push(started);
    return started;
  }
}

/** @returns a function that restores the environment */
export function setEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) { delete process.env[name]; } else { process.env[name] = value; }
    }
  };
}

import { DemoError } from './demo-error';
import { LocalFunction } from './local-function';
import type { ValueText } from './secret-text';
import { ACCOUNT, makeSimulator, REGION } from './simulator';
import type { StackTemplate } from './template';
import { connectionReset, runRotation, SecretsManagerServer, startRotation } from '../simulator';
import type { Call, InterceptedCall, Operation, RotationEvent, RotationResult, SecretInspection, SecretsManagerSimulator, StartOptions } from '../simulator';
import type { Invocation } from '../tools/function-process';


/** The process of the function, killed where the service had done what it was asked, and the function didn't know yet. */
export interface Kill {
  readonly pid: number;
  readonly after: KillPoint;
  /** The staging labels at that moment. */
  readonly stages: Readonly<Record<string, string>>;
}

/** What the function asked for when it is killed: something of Secrets Manager, or a change to the target. */
export type KillPoint = Operation | 'target';

export interface DeploymentOptions {
  /** What may be shown of the secret. */
  readonly text: ValueText;
  /** @default - one of its own */
  readonly simulator?: SecretsManagerSimulator;
  /** Environment variables of the function in addition to those of the template. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs at the moment of each kill. */
  readonly onKill?: () => Promise<void>;
}

/** What became of one step, once. */
export interface StepRun {
  readonly attempt: number;
  readonly step: string;
  readonly pid: number;
  /** From the line that the handler logged. */
  readonly outcome?: string;
  /** How many lines it logged; warnings of Node.js and the SDK, on standard error, don't count. */
  readonly logLines: number;
  readonly kill?: Kill;
  readonly error?: string;
  readonly calls: readonly Call[];
  readonly durationMs: number;
}

export interface RotationRun {
  readonly result: RotationResult;
  readonly steps: readonly StepRun[];
  readonly calls: readonly Call[];
}

/** A version of the secret, at some moment. */
export interface VersionView {
  readonly id: string;
  readonly stages: readonly string[];
  readonly value?: string;
}

/** A stack's secret in a Secrets Manager of this process, and its function in a process of its own. */
export class Deployment {
  public static async start(stack: StackTemplate, options: DeploymentOptions): Promise<Deployment> {
    const deployment = new Deployment(stack, options);
    deployment.server = await SecretsManagerServer.start(deployment.simulator, { after: (call) => deployment.killIfPlanned(call) });
    return deployment;
  }

  public readonly simulator: SecretsManagerSimulator;

  /** All steps of all rotations. */
  public readonly steps: StepRun[] = [];

  private server?: SecretsManagerServer;
  private rotationFunction?: LocalFunction;
  private arn?: string;
  private killPlan: KillPoint[] = [];
  private readonly kills: Kill[] = [];

  private constructor(private readonly stack: StackTemplate, private readonly options: DeploymentOptions) {
    this.simulator = options.simulator ?? makeSimulator();
  }

  public get endpoint(): string { return this.server!.url; }

  public get secretArn(): string {
    if (this.arn === undefined) { throw new DemoError('The secret was not created.'); }
    return this.arn;
  }

  public get secret(): SecretInspection { return this.simulator.inspect(this.secretArn); }

  public get versions(): VersionView[] { return versionsOf(this.secret); }

  public get function(): LocalFunction {
    this.rotationFunction ??= new LocalFunction(
      this.stack.functionConfiguration(this.stack.only('AWS::Lambda::Function'), { region: REGION, account: ACCOUNT }),
      { AWS_ENDPOINT_URL_SECRETS_MANAGER: this.endpoint, ...this.options.environment },
    );
    return this.rotationFunction;
  }

  /** Makes the secret, as CloudFormation does: the given value, or the template and a generated value in its key. */
  public createSecret(): void {
    const { Name = this.stack.name, SecretString, GenerateSecretString } = this.stack.only('AWS::SecretsManager::Secret').properties;
    if (SecretString !== undefined) {
      this.arn = this.simulator.createSecret(Name, SecretString);
      return;
    }
    const { SecretStringTemplate, GenerateStringKey, ...policy } = GenerateSecretString;
    const { RandomPassword } = this.simulator.perform('GetRandomPassword', policy);
    const value = { ...JSON.parse(SecretStringTemplate), [GenerateStringKey]: RandomPassword };
    this.arn = this.simulator.createSecret(Name, JSON.stringify(value));
  }

  /** Attaches the schedule, which makes Secrets Manager rotate at once, or only test whether the function works. */
  public async attachSchedule(): Promise<RotationRun> {
    const { RotationRules, RotateImmediatelyOnUpdate } = this.stack.only('AWS::SecretsManager::RotationSchedule').properties;
    return this.run({
      rotationLambdaArn: this.function.arn,
      rotationRules: RotationRules,
      rotateImmediately: RotateImmediatelyOnUpdate,
    });
  }

  /**
   * Rotates the secret as Secrets Manager does.
   *
   * @param killAfter the calls after which the function's process is killed, each once and in this order
   */
  public async rotate(...killAfter: KillPoint[]): Promise<RotationRun> {
    this.killPlan = killAfter;
    return this.run({});
  }

  /** The secret as it was after each write since it was made. */
  public history(): SecretInspection[] {
    const snapshot = this.simulator.snapshot();
    const moment = this.simulator.clone();
    const history: SecretInspection[] = [];
    for (const state of [...snapshot.history, snapshot.state]) {
      moment.restore({ ...snapshot, state });
      if (moment.exists(this.secretArn)) { history.push(moment.inspect(this.secretArn)); }
    }
    if (history[0]?.versionCount !== 1 || history[0].rotationEnabled !== undefined) {
      throw new DemoError('The simulator does not remember the secret as it was at first.');
    }
    return history;
  }

  public async stop(): Promise<void> {
    await this.rotationFunction?.kill();
    await this.server?.stop();
  }

  private async run(options: StartOptions): Promise<RotationRun> {
    const steps: StepRun[] = [];
    const firstCall = this.simulator.calls.length;
    startRotation(this.simulator, this.secretArn, options);
    const result = await runRotation(this.simulator, this.secretArn, { invoke: (event) => this.invoke(event, steps) });
    this.steps.push(...steps);
    return { result, steps, calls: this.simulator.calls.slice(firstCall) };
  }

  private async invoke(event: RotationEvent, steps: StepRun[]): Promise<void> {
    const { pid } = this.function.process ?? await this.function.start();
    const firstCall = this.simulator.calls.length;
    const start = performance.now();
    const record = (rest: Pick<StepRun, 'logLines' | 'outcome' | 'kill' | 'error'>) => steps.push({
      attempt: attemptOf(event.Step, steps),
      step: event.Step,
      pid,
      calls: this.simulator.calls.slice(firstCall),
      durationMs: performance.now() - start,
      ...rest,
    });
    try {
      const invocation = await this.function.invoke(event);
      record({ outcome: loggedOutcome(invocation), logLines: invocation.lines.filter(({ stream }) => stream === 'stdout').length });
    } catch (error) {
      record({ kill: this.kills.find((kill) => kill.pid === pid), error: this.withoutSecrets((error as Error).message), logLines: 0 });
      throw error;
    }
  }

  private withoutSecrets(message: string): string {
    return this.options.text.isIn(message, this.versions.flatMap(({ value }) => value ?? [])) ? '(withheld, for it holds a secret)' : message;
  }

  /** Whether the next kill is planned for when the target has changed. */
  public get awaitsTarget(): boolean { return this.killPlan[0] === 'target'; }

  /** Kills the process of the function, as planned. */
  public async kill(): Promise<void> {
    const { process } = this.function;
    const after = this.killPlan.shift();
    if (!process || !after) { throw new DemoError('No process runs that could be killed now.'); }
    this.kills.push({ pid: process.pid, after, stages: this.secret.stages });
    await process.kill();
    await this.options.onKill?.();
  }

  private async killIfPlanned({ operation }: InterceptedCall): Promise<void> {
    if (operation !== this.killPlan[0] || !this.function.process) { return; }
    await this.kill();
    throw connectionReset();
  }
}

export function versionsOf(secret: SecretInspection): VersionView[] {
  return secret.versions.map(({ id, stages }) => ({ id, stages, value: secret.value(id) as string | undefined }));
}

/** After a failing step, the entire sequence is tried again. */
function attemptOf(step: string, before: readonly StepRun[]): number {
  const last = before.at(-1)?.attempt ?? 1;
  return step === before[0]?.step ? last + 1 : last;
}

function loggedOutcome({ requestId, lines }: Invocation): string | undefined {
  for (const { text } of lines) {
    try {
      const line = JSON.parse(text);
      if (line.requestId === requestId && typeof line.outcome === 'string') { return line.outcome; }
    } catch { /* Not a line of the handler's log. */ }
  }
  return undefined;
}

import type { DescribeSecretResponse } from '@aws-sdk/client-secrets-manager';
import { makeHandler, type RotationHandler } from '../lambda-src/handler';
import type { LogFields } from '../lambda-src/log';
import type { Sleep } from '../lambda-src/rotation/deadline';
import type { SecretsManager } from '../lambda-src/rotation/secrets-manager';
import type { Target } from '../lambda-src/target';
import { generatedTarget } from '../lambda-src/targets/generated/target';
import {
  eventOf, InMemoryClient, SecretsManagerSimulator, startRotation,
  type SimulatorOptions, type StartedRotation, type StartOptions, type Step,
} from '../simulator';
import { CONFIG_VARIABLE, serializeConfig, type HandlerConfig, type PasswordPolicyConfig } from '../src/contract';

export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

export interface HarnessOptions {
  /** The first value of the secret. */
  readonly value?: string | Uint8Array;
  /** @default - 'password', unless the value isn't JSON */
  readonly generateStringKey?: string;
  readonly policy?: PasswordPolicyConfig;
  readonly simulator?: SimulatorOptions;
  readonly makeTarget?: (config: HandlerConfig) => Target;
  /** @default - the configuration of the generated target */
  readonly config?: HandlerConfig;
}

export interface CopyOptions {
  /** How often the client attempts a call that failed on the way. @default 1 */
  readonly maxAttempts?: number;
  /** Changes every answer before the handler gets it. */
  readonly rewrite?: (answer: Partial<DescribeSecretResponse>) => object;
  /** Replaces waiting, after it was recorded. @default - nothing */
  readonly sleep?: Sleep;
}

// Odd white space and an escaped key, because other parts must stay the same, to the byte.
export const JSON_VALUE = '{ "user\\u006eame":"user1",\n  "password" : "first \\"value\\"", "port": 5432.0, "tags": ["password", {"password": "inner"}] }';
export const NAME = 'my-app/custom-password';

/** The handler of an asset with a simulator, one secret, and all log lines. */
export class Harness {
  public readonly simulator: SecretsManagerSimulator;
  public readonly arn: string;
  public readonly log: LogLine[] = [];
  public readonly sleeps: number[] = [];
  public readonly handler: RotationHandler;
  public remaining = 30_000;

  constructor(private readonly options: HarnessOptions = {}) {
    this.simulator = new SecretsManagerSimulator(options.simulator);
    this.arn = this.simulator.createSecret(NAME, options.value ?? JSON_VALUE);
    this.handler = this.makeHandler();
    const key = 'generateStringKey' in options ? options.generateStringKey : 'password';
    process.env[CONFIG_VARIABLE] = serializeConfig(options.config ?? { target: 'generated', generateStringKey: key, passwordPolicy: options.policy ?? {} });
  }

  /** Another copy of the function. */
  public makeHandler({ maxAttempts, rewrite, sleep }: CopyOptions = {}): RotationHandler {
    const client = new InMemoryClient(this.simulator, { maxAttempts });
    const rewriting = { send: async (operation: never, input: never) => rewrite!(await client.send(operation, input)) };
    return makeHandler(this.options.makeTarget ?? generatedTarget, {
      client: rewrite ? rewriting as SecretsManager : client,
      log: (level, message, fields) => { this.log.push({ level, message, ...fields }); },
      sleep: async (milliseconds) => {
        this.sleeps.push(milliseconds);
        await sleep?.(milliseconds);
      },
    });
  }

  public start(options: StartOptions = {}): StartedRotation {
    const rotation = startRotation(this.simulator, this.arn, options);
    this.simulator.resetCalls();
    return rotation;
  }

  public invoke(event: unknown, handler = this.handler): Promise<void> {
    return handler(event, { awsRequestId: 'request-1', getRemainingTimeInMillis: () => this.remaining });
  }

  public step(rotation: StartedRotation, step: Step, handler = this.handler): Promise<void> {
    return this.invoke(eventOf(rotation, step), handler);
  }

  public async steps(rotation: StartedRotation, ...steps: Step[]): Promise<void> {
    for (const step of steps) { await this.step(rotation, step); }
  }

  public get secret() { return this.simulator.inspect(this.arn); }

  public value(versionIdOrStage: string): string {
    const value = this.secret.value(versionIdOrStage);
    if (typeof value !== 'string') { throw new Error(`${versionIdOrStage} has no string value`); }
    return value;
  }

  /** The operations since the rotation started. */
  public get operations(): string[] { return this.simulator.calls.map(({ operation }) => operation); }

  /** The operations that write to the secret. */
  public get writes(): string[] { return this.simulator.calls.filter(({ kind }) => kind === 'write').map(({ operation }) => operation); }

  /** The values of all versions of the secret. */
  public get allValues(): string[] {
    return this.secret.versions.map(({ id }) => this.secret.value(id)).filter((value): value is string => typeof value === 'string');
  }
}

/** The password in a JSON value. */
export function passwordOf(value: string): string {
  return (JSON.parse(value) as { password: string }).password;
}

/** The error of a step that must fail. */
export async function failure(step: Promise<void>): Promise<Error> {
  try {
    await step;
  } catch (error) {
    return error as Error;
  }
  throw new Error('The step succeeded, and should have failed');
}

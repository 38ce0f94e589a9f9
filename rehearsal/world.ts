import type { Step } from './api';
import { Boundaries, Died, Invocation } from './boundaries';
import type { Subject } from './subject';
import { makeHandler } from '../lambda-src/handler';
import { parseValue } from '../lambda-src/targets/own/custom-value';
import { eventOf, InMemoryClient, SecretsManagerSimulator, startRotation, STEPS, type Interceptor, type StartedRotation } from '../simulator';

/** The name of the secret. */
const NAME = 'rehearsal';

/** A step that failed. */
export interface Failure {
  readonly step: Step;
  readonly error: Error;
}

export interface Surroundings {
  readonly subject: Subject;
  readonly timeout: number;
  /** Asks the target, if the user gave a function for that. */
  readonly accepts?: (value: unknown) => unknown;
}

/** The checks after a step that succeeded. An error ends the attempt. */
export type AfterStep = (step: Step) => Promise<void> | void;

let worlds = 0;

/** One secret, from its first value on. Its ids and passwords are unique, so that code which stores something by them never finds one twice. */
export class World {
  public readonly simulator = new SecretsManagerSimulator({ seed: ++worlds });
  /** All passwords from GetRandomPassword, also unused ones. */
  public readonly passwords = new Set<string>();
  private readonly arn: string;
  private rotation!: StartedRotation;

  constructor(private readonly surroundings: Surroundings, first: string) {
    this.arn = this.simulator.createSecret(NAME, first);
  }

  /** The values of all versions, oldest first. */
  public get values(): string[] {
    const secret = this.simulator.inspect(this.arn);
    return secret.versions.map(({ id }) => secret.value(id)).filter((value) => typeof value === 'string');
  }

  public valueOf(stage: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'): string {
    return this.simulator.inspect(this.arn).value(stage) as string;
  }

  /** What the owner of the rehearsed code can do. */
  public get advice(): Subject['advice'] { return this.surroundings.subject.advice; }

  /** RotateSecret. */
  public start(): void {
    this.rotation = startRotation(this.simulator, this.arn);
  }

  /** Puts the pending value, as a user. */
  public putPending(value: string): void {
    this.simulator.perform('PutSecretValue', { SecretId: this.arn, ClientRequestToken: this.rotation.token, SecretString: value, VersionStages: ['AWSPENDING'] });
  }

  /** An undisturbed rotation. */
  public async rotate(afterStep?: AfterStep): Promise<Failure | undefined> {
    this.start();
    return this.attempt(new Boundaries(), afterStep);
  }

  /** The steps of the rotation in progress, until one fails. */
  public async attempt(boundaries: Boundaries, afterStep?: AfterStep): Promise<Failure | undefined> {
    for (const step of STEPS) {
      const error = await this.step(step, boundaries);
      if (error) {
        this.simulator.failRotation(this.arn, step);
        return { step, error };
      }
      await afterStep?.(step);
    }
    this.simulator.completeRotation(this.arn);
    return undefined;
  }

  /** One step, by a new copy of the function. */
  public async step(step: Step, boundaries = new Boundaries()): Promise<Error | undefined> {
    return this.invoke(eventOf(this.rotation, step), boundaries);
  }

  /** testSecret alone, on a copy of the current version, as when the schedule is deployed. */
  public async testAlone(): Promise<Error | undefined> {
    const error = await this.invoke(eventOf(startRotation(this.simulator, this.arn, { rotateImmediately: false }), 'testSecret'), new Boundaries());
    if (error) { this.simulator.failRotation(this.arn, 'testSecret'); } else { this.simulator.completeRotation(this.arn); }
    return error;
  }

  /** Whether the target accepts a value. */
  public async accepts(value: string): Promise<boolean> {
    const { accepts } = this.surroundings;
    return accepts ? Boolean(await accepts(parseValue(value))) : await new World(this.surroundings, value).testAlone() === undefined;
  }

  private async invoke(event: ReturnType<typeof eventOf>, boundaries: Boundaries): Promise<Error | undefined> {
    const { subject, timeout } = this.surroundings;
    const begun: Invocation[] = [];
    const begin = (step: Step) => {
      const invocation = new Invocation(step, boundaries);
      begun.push(invocation);
      return invocation;
    };
    subject.account.simulator = this.simulator;
    const client = new InMemoryClient({
      execute: async (operation, input) => {
        const output = await this.simulator.execute(operation, input, stopAtWrites(event.Step, boundaries));
        if ('RandomPassword' in output && output.RandomPassword) { this.passwords.add(output.RandomPassword); }
        return output;
      },
      newToken: () => this.simulator.newToken(),
    });
    const handler = makeHandler(() => subject.makeTarget(begin), { client, log: () => {} });
    // The handler keeps a second for itself.
    const end = Date.now() + timeout + 1000;
    try {
      await handler(event, { awsRequestId: 'rehearsal', getRemainingTimeInMillis: () => end - Date.now() });
      return undefined;
    } catch (error) {
      return error as Error;
    } finally {
      for (const invocation of begun) { invocation.die(); }
    }
  }
}

/** The rotation's own writes are boundaries too: the code under rehearsal has returned, and its result isn't stored yet. */
function stopAtWrites(step: Step, boundaries: Boundaries): Interceptor {
  let ending: ReturnType<Boundaries['reach']>;
  return ({ phase, operation, kind }) => {
    if (kind === 'read') { return; }
    if (phase === 'before') { ending = boundaries.reach({ step, what: operation, own: true }); }
    if (ending === 'diedBefore' || (ending === 'diedAfter' && phase === 'after')) { throw new Died('The function died'); }
  };
}

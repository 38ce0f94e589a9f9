import type { Subject } from './subjects';
import type { RotationHandler } from '../../lambda-src/handler';
import { CONFIG_VARIABLE, serializeConfig } from '../../src/private/handler-contract';
import {
  eventOf, InMemoryClient, SecretsManagerSimulator, startRotation, type StartedRotation, type Step, type Switches,
} from '../simulator';

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** What must hold after every single event. */
export const INVARIANTS = {
  currentUsable: 'the version with AWSCURRENT has a usable value',
  promotesOwnVersion: 'the handler gives AWSCURRENT to no other version than the one of the event',
  promotesTested: 'AWSCURRENT moves only after testSecret has accepted the pending value',
  nothingStale: 'AWSCURRENT moves only to a value that was made from the one it leaves',
  restKept: 'whatever is not rotated stays as it was, to the byte',
  oneValue: 'a rotation makes one version with one value',
  nothingSaid: 'no value stands in a log line or an error',
  testWritesNothing: 'testSecret writes nothing',
  failureIsLast: 'a step that failed calls nothing afterwards',
  errorNamed: 'a step fails with a named error that says what to do',
  writesOnlyPending: 'nothing is written for a version that is not the pending one',
  dialsOwnHost: 'a pending credential goes only where the current one goes',
  recovers: 'once faults end, trying again with the same token completes the rotation',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** The first invariant that broke, with everything that had happened. */
export class Violation extends Error {
  constructor(public readonly invariant: Invariant, detail: string, trace: readonly string[]) {
    super(`${INVARIANTS[invariant]}: ${detail}\n${trace.map((line, index) => `${String(index + 1).padStart(3)}  ${line}`).join('\n')}`);
    this.name = 'Violation';
  }
}

/** What to do with a call: let it through, answer with an error in its place or after it, or kill the process there. */
export type Verdict = 'pass' | 'killBefore' | 'killAfter' | 'failBefore' | 'failAfter';

export interface Call {
  readonly copy: string;
  readonly step: Step;
  readonly operation: string;
  readonly kind: 'read' | 'write';
}

export type Decide = (call: Call) => Verdict | Promise<Verdict>;

/** How a run of a step ended. */
export type Ending = 'succeeded' | 'failed' | 'killed';

/** Lets a lost connection, an error of the service and a refusal take turns. */
const FAULTS = [
  () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  () => Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $fault: 'client', $metadata: {} }),
  () => Object.assign(new Error('User is not authorized'), { name: 'AccessDeniedException', $fault: 'client', $metadata: {} }),
];

const never = new Promise<never>(() => {});

/** One secret, its service and any number of copies of the handler, watched after every event. */
export class World {
  public readonly simulator: SecretsManagerSimulator;
  public readonly arn: string;
  public readonly trace: string[] = [];
  public rotation!: StartedRotation;
  /** The hosts that a handler connected to, where it connects to any. */
  public readonly dialled: string[] = [];
  /** Set by a scenario in which nobody else touches the secret, where stricter rules hold. */
  public undisturbed = true;
  public calls = 0;
  private violation: Violation | undefined;
  private current: string;
  private readonly births: string[] = [];
  private readonly tested = new Set<string>();
  private faults = 0;

  constructor(private readonly subject: Subject, switches: Partial<Switches> = {}, seed = 1) {
    process.env[CONFIG_VARIABLE] = serializeConfig(subject.config);
    this.simulator = new SecretsManagerSimulator({ ...switches, seed });
    this.arn = this.simulator.createSecret('secret', subject.value);
    // Some history, so that no read is so stale that the secret wasn't there.
    for (const Description of ['a', 'b', 'c']) { this.simulator.perform('UpdateSecret', { SecretId: this.arn, Description }); }
    this.current = this.secret.stages.AWSCURRENT;
    this.births.push(this.current);
  }

  public get secret() { return this.simulator.inspect(this.arn); }

  public start(): void {
    this.rotation = startRotation(this.simulator, this.arn);
    this.say('service: RotateSecret');
  }

  /** Somebody puts a value by hand. */
  public putByHand(n: number): void {
    this.undisturbed = false;
    this.simulator.perform('PutSecretValue', { SecretId: this.arn, SecretString: this.subject.changedByHand(this.valueOf('AWSCURRENT'), n) });
    this.say('owner: PutSecretValue');
    this.current = this.secret.stages.AWSCURRENT;
    this.observe();
  }

  /** Somebody puts a value into the pending version. */
  public putPending(value: string): void {
    this.simulator.perform('PutSecretValue', { SecretId: this.arn, ClientRequestToken: this.rotation.token, SecretString: value, VersionStages: ['AWSPENDING'] });
    this.say('owner: PutSecretValue of AWSPENDING');
    this.observe();
  }

  public cancel(): void {
    this.undisturbed = false;
    this.simulator.perform('CancelRotateSecret', { SecretId: this.arn });
    this.say('owner: CancelRotateSecret');
  }

  /** A new process of the function. Every call that it makes waits for `decide`. */
  public copy(name: string, decide: Decide): (step: Step) => Promise<Ending> {
    let step: Step = 'createSecret';
    let killed: () => void = () => {};
    let ended = false;
    const client = new InMemoryClient(this.simulator);
    const send = async (command: { input: { VersionStage?: string; VersionId?: string }; constructor: { name: string } }): Promise<unknown> => {
      const operation = command.constructor.name.replace(/Command$/, '');
      const kind = /^(Put|Update)/.test(operation) ? 'write' as const : 'read' as const;
      if (ended) { this.violate('failureIsLast', `${operation} after ${step} had ended`); }
      this.calls++;
      const verdict = await decide({ copy: name, step, operation, kind });
      const call = `${name}: ${step} ${operation}${command.input.VersionStage ? ` ${command.input.VersionStage}` : command.input.VersionId ? ' by id' : ''}`;
      if (verdict === 'killBefore') { this.say(`${call} - killed before`); killed(); return never; }
      if (verdict === 'failBefore') { this.say(`${call} - fails`); throw FAULTS[this.faults++ % FAULTS.length](); }
      const wasPending = this.secret.stages.AWSPENDING === this.rotation.token;
      let answer: unknown;
      try {
        answer = await client.send(command as never);
      } catch (error) {
        this.say(`${call} - ${(error as Error).name}`);
        throw error;
      }
      this.say(call);
      if (kind === 'write') { this.checkWrite(step, wasPending, operation); }
      this.observe();
      if (verdict === 'killAfter') { this.say(`${name}: killed`); killed(); return never; }
      if (verdict === 'failAfter') { this.say(`${name}: reply lost`); throw FAULTS[0](); }
      return answer;
    };
    const handler: RotationHandler = this.subject.makeHandler({
      client: { send } as unknown as InMemoryClient,
      log: (level, message, fields) => this.checkSaid(`${level} ${message} ${JSON.stringify(fields)}`),
      sleep: async () => {},
    });
    return async (next) => {
      step = next;
      ended = false;
      const kill = new Promise<Ending>((resolve) => { killed = () => resolve('killed'); });
      const run = handler(eventOf(this.rotation, step), { awsRequestId: name, getRemainingTimeInMillis: () => 30_000 }).then((): Ending => 'succeeded', (error: Error): Ending => {
        this.checkSaid(`${error.name} ${error.message} ${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`);
        if (!/^[A-Z]\w+Error$/.test(error.name) || error.name === 'TypeError' || error.message.length < 20) {
          this.violate('errorNamed', `${step} threw ${error.name}`);
        }
        return 'failed';
      });
      const ending = await Promise.race([run, kill]);
      ended = true;
      this.say(`${name}: ${step} ${ending}`);
      if (ending === 'succeeded' && step === 'testSecret') { this.tested.add(this.rotation.token); }
      this.rethrow();
      return ending;
    };
  }

  /** The whole sequence, by one copy, until a step doesn't succeed. */
  public async sequence(name: string, decide: Decide): Promise<Ending> {
    const run = this.copy(name, decide);
    for (const step of STEPS) {
      const ending = await run(step);
      if (ending !== 'succeeded') { return ending; }
    }
    return 'succeeded';
  }

  /** Ends a rotation that nobody disturbed: it must complete now, leave what the contract says, and not be in the way of the next. */
  public async mustRecover(): Promise<void> {
    const before = this.births[0];
    const ending = await this.sequence('last', () => 'pass');
    const { stages, versionCount } = this.secret;
    if (ending !== 'succeeded' || stages.AWSCURRENT !== this.rotation.token || stages.AWSPREVIOUS !== before) {
      this.violate('recovers', `it ${ending}, and the labels are ${JSON.stringify(stages)}`);
    } else if (versionCount !== 2) {
      this.violate('oneValue', `there are ${versionCount} versions`);
    }
    this.rethrow();
    this.simulator.completeRotation(this.arn);
    this.start();
    if (await this.sequence('next', () => 'pass') !== 'succeeded') { this.violate('recovers', 'the next rotation fails'); }
    this.rethrow();
  }

  /** What broke, if anything did, inside of a step whose own error handling would have swallowed it. */
  public rethrow(): void {
    if (this.violation) { throw this.violation; }
  }

  public say(line: string): void { this.trace.push(line); }

  public valueOf(versionOrStage: string): string {
    const value = this.secret.value(versionOrStage);
    return typeof value === 'string' ? value : '';
  }

  /** Everything that must hold whatever just happened. */
  private observe(): void {
    const { stages, versions } = this.secret;
    for (const { id, hasValue } of versions) {
      if (hasValue && !this.births.includes(id)) { this.births.push(id); }
    }
    const left = this.current;
    this.current = stages.AWSCURRENT;
    const value = this.valueOf(this.current);
    if (this.subject.secretOf(value) === undefined) { this.violate('currentUsable', `version ${this.current} is not`); }
    if (this.current === left) { return; }
    if (this.current !== this.rotation.token) { this.violate('promotesOwnVersion', `${this.current} has it`); }
    if (!this.tested.has(this.current)) { this.violate('promotesTested', 'testSecret has not succeeded yet'); }
    if (this.births.indexOf(left) > this.births.indexOf(this.current)) {
      this.violate('nothingStale', 'the value it left is newer');
    } else if (this.subject.restOf(value) !== this.subject.restOf(this.valueOf(left))) {
      this.violate('restKept', 'something else changed');
    }
    if (value === this.valueOf(left)) { this.violate('oneValue', 'the value is the same as before'); }
  }

  private checkWrite(step: Step, wasPending: boolean, operation: string): void {
    if (step === 'testSecret') { this.violate('testWritesNothing', operation); }
    if (!wasPending && this.undisturbed) { this.violate('writesOnlyPending', operation); }
  }

  private checkSaid(text: string): void {
    for (const { id } of this.secret.versions) {
      const value = this.valueOf(id);
      for (const secret of [value, this.subject.secretOf(value)]) {
        if (secret && (text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)))) { this.violate('nothingSaid', 'a line or an error has one'); }
      }
    }
    for (const host of this.dialled) {
      if (!this.valueOf(this.births[0]).includes(host)) { this.violate('dialsOwnHost', `it connected to ${host}`); }
    }
  }

  private violate(invariant: Invariant, detail: string): void {
    this.violation ??= new Violation(invariant, detail, this.trace);
  }
}

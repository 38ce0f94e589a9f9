import { StepWatch, type Request } from './step-watch';
import { ISSUE, type Perform, type Server, type Subject } from './subjects';
import type { RotationHandler } from '../../lambda-src/handler';
import type { Operations, SecretsManager } from '../../lambda-src/rotation/secrets-manager';
import {
  eventOf, InMemoryClient, SecretsManagerSimulator, startRotation, type StartedRotation, type Step, type Switches,
} from '../../simulator';
import { CONFIG_VARIABLE, serializeConfig } from '../../src/contract';

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** Must hold after every event. */
export const INVARIANTS = {
  currentUsable: 'the version with AWSCURRENT has a usable value',
  promotesOwnVersion: 'the handler gives AWSCURRENT to no other version than the one of the event',
  promotesTested: 'AWSCURRENT moves only after testSecret has accepted the pending value',
  nothingStale: 'AWSCURRENT moves only to a value that was made from the one it leaves',
  restKept: 'all other parts of the value stay the same, to the byte',
  oneValue: 'a rotation makes one version with one value',
  nothingSaid: 'no value, no part of one and no RotationToken is in a log line or an error',
  testWritesNothing: 'testSecret writes nothing',
  testsAlone: 'testSecret alone accepts a copy of the current value',
  failureIsLast: 'a step makes no call after its end',
  successIsTrue: 'a step that succeeds has done what it is for',
  errorNamed: 'a step fails with a named error that says what to do',
  writesOnlyPending: 'nothing is written for a version that is not the pending one',
  cancelledIsOver: 'nothing is written for a rotation that was cancelled',
  unknownIsNotMissing: 'nothing is written after a failed read, unless the version was missing',
  ownPending: 'no other version is taken for the pending one of the event',
  dialsOwnHost: 'a pending credential is sent only to the server of the current one, and with an endpoint every credential only there',
  tellsOfCurrent: 'a notification is published only for a version that became AWSCURRENT, and only by finishSecret',
  promotionIsTold: 'finishSecret succeeds only after the notification was published',
  accepted: 'at every instant the value of a labelled version is accepted, and with alternating users that of AWSCURRENT',
  overlaps: 'the value of AWSPREVIOUS is accepted until the next rotation revokes it, and not after that',
  putsNext: 'the next call stores an issued credential',
  oneCredential: 'every issued credential is in a version, when the copies that were issued it have ended',
  foreignKept: 'no foreign credential is revoked',
  recovers: 'when faults end, a retry with the same token completes the rotation',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** The first broken invariant, with all events before it. */
export class Violation extends Error {
  constructor(public readonly invariant: Invariant, detail: string, trace: readonly string[]) {
    super(`${INVARIANTS[invariant]}: ${detail}\n${trace.map((line, index) => `${String(index + 1).padStart(3)}  ${line}`).join('\n')}`);
    this.name = 'Violation';
  }
}

/** How a call ends: it passes, an error replaces it or follows it, or the process is killed there. */
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

/** Alternates a lost connection, an error of the service and a refusal. */
const FAULTS = [
  () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }),
  () => Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $fault: 'client', $metadata: {} }),
  () => Object.assign(new Error('User is not authorized'), { name: 'AccessDeniedException', $fault: 'client', $metadata: {} }),
];

/** One for each call, because a shared one would keep everything that has ever waited for it. */
const never = (): Promise<never> => new Promise<never>(() => {});

/** A part of a value with so many characters is a leak: as many as a JSON parser quotes. */
const EXCERPT = 10;

/** One secret, its service and any number of copies of the handler, checked after every event. */
export class World {
  public readonly simulator: SecretsManagerSimulator;
  public readonly arn: string;
  public readonly trace: string[] = [];
  /** Set by `start`. */
  public rotation!: StartedRotation;
  /** The hosts that a handler connected to, if it connects to any. */
  public readonly dialled: string[] = [];
  /** Set by a scenario without outside changes of the secret, for which stricter rules hold. */
  public undisturbed = true;
  public calls = 0;
  /** The error of the last failed step. */
  public lastError: Error | undefined;
  /** Every version that has had AWSCURRENT, in that order. */
  public readonly currents: string[] = [];
  /** The versions whose promotion was published. */
  private readonly told = new Set<string>();
  private violation: Violation | undefined;
  private readonly births: string[] = [];
  /** The results of GetRandomPassword, most of which become values. */
  private readonly passwords: string[] = [];
  private readonly tested = new Set<string>();
  /** Whether the server has accepted a version of the secret. */
  private wasAccepted = false;
  /** How many steps of the rotation have begun. */
  private begun = 0;
  private readonly versionsBefore: number;
  private faults = 0;

  constructor(private readonly subject: Subject, switches: Partial<Switches> = {}, seed = 1) {
    process.env[CONFIG_VARIABLE] = serializeConfig(subject.config);
    this.simulator = new SecretsManagerSimulator({ ...switches, seed });
    this.arn = this.simulator.createSecret('secret', subject.previousValue ?? subject.value);
    if (subject.previousValue !== undefined) { this.simulator.perform('PutSecretValue', { SecretId: this.arn, SecretString: subject.value }); }
    this.versionsBefore = this.secret.versionCount;
    for (const [name, value] of Object.entries(subject.otherSecrets ?? {})) { this.simulator.createSecret(name, value); }
    // Some history, so that no stale read is from before the secret.
    for (const Description of ['a', 'b', 'c']) { this.simulator.perform('UpdateSecret', { SecretId: this.arn, Description }); }
    this.currents.push(this.secret.stages.AWSCURRENT);
    this.births.push(this.current);
  }

  public get secret() { return this.simulator.inspect(this.arn); }

  public start(): void {
    this.rotation = startRotation(this.simulator, this.arn);
    this.subject.server?.elapse?.();
    this.begun = 0;
    this.say('service: RotateSecret');
  }

  /** A user puts a value by hand. */
  public putByHand(n: number): void {
    this.undisturbed = false;
    this.simulator.perform('PutSecretValue', { SecretId: this.arn, SecretString: this.subject.changedByHand(this.valueOf('AWSCURRENT'), n) });
    this.say('owner: PutSecretValue');
    this.currents.push(this.secret.stages.AWSCURRENT);
    this.observe();
  }

  /** A user puts another version with AWSPENDING. */
  public takePending(n: number): void {
    this.undisturbed = false;
    this.simulator.perform('PutSecretValue', {
      SecretId: this.arn, SecretString: this.subject.changedByHand(this.valueOf('AWSCURRENT'), n), VersionStages: ['AWSPENDING'],
    });
    this.say('owner: PutSecretValue of another version, with AWSPENDING');
    this.observe();
  }

  /** A user puts a value into the pending version. */
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

  /** What the owner of a cancelled rotation must do before the next one. */
  public removePending(): void {
    this.simulator.perform('UpdateSecretVersionStage', { SecretId: this.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: this.rotation.token });
    this.say('owner: UpdateSecretVersionStage, without AWSPENDING');
  }

  /** A new process of the function. Each of its calls waits for `decide`. */
  public copy(name: string, decide: Decide): (step: Step) => Promise<Ending> {
    let step: Step = 'createSecret';
    let watch = new StepWatch(this, step);
    let killed: () => void = () => {};
    let ended = false;
    let dead = false;
    // Whether the last call issued a credential.
    let issued = false;
    const checkPut = (operation: string) => {
      if (issued && operation !== 'PutSecretValue') { this.violate('putsNext', `${step} goes on with ${operation}`); }
      issued = false;
    };
    const client = new InMemoryClient(this.simulator);
    const life = new AbortController();
    const send = async (operation: keyof Operations, input: Request): Promise<unknown> => {
      const kind = /^(Put|Update)/.test(operation) ? 'write' as const : 'read' as const;
      // The further calls of a killed process.
      if (dead) { return never(); }
      if (ended) { this.violate('failureIsLast', `${operation} after ${step} had ended`); }
      checkPut(operation);
      this.calls++;
      const made = { copy: name, step, operation, kind };
      const verdict = await decide(made);
      watch.calls();
      const call = `${name}: ${step} ${operation}${input.VersionStage ? ` ${input.VersionStage}` : input.VersionId ? ' by id' : ''}`;
      if (verdict === 'killBefore') { this.say(`${call} - killed before`); killed(); return never(); }
      if (verdict === 'failBefore') {
        const fault = FAULTS[this.faults++ % FAULTS.length]();
        this.say(`${call} - fails`);
        watch.isRefused(made, input, fault, 0);
        throw fault;
      }
      const wasPending = this.secret.stages.AWSPENDING === this.rotation.token;
      const index = this.simulator.calls.length;
      let answer: { VersionId?: string; RandomPassword?: string };
      try {
        answer = await client.send(operation, input as never) as typeof answer;
      } catch (error) {
        this.say(`${call} - ${(error as Error).name}`);
        watch.isRefused(made, input, error as Error, this.simulator.calls[index].lag);
        throw error;
      }
      if (answer.RandomPassword !== undefined) { this.passwords.push(answer.RandomPassword); }
      this.say(call);
      if (kind === 'write') {
        this.checkWrite(step, wasPending, operation);
        await this.checkAccepted();
      }
      this.observe();
      watch.isAnswered(made, input, answer, this.simulator.calls[index].lag);
      if (verdict === 'killAfter') { this.say(`${name}: killed`); killed(); return never(); }
      if (verdict === 'failAfter') {
        const fault = FAULTS[0]();
        this.say(`${name}: reply lost`);
        watch.isRefused(made, input, fault, 0);
        throw fault;
      }
      return answer;
    };
    const perform: Perform = async (operation, kind, work) => {
      if (dead) { return never(); }
      if (ended) { this.violate('failureIsLast', `${operation} after ${step} had ended`); }
      checkPut(operation);
      this.calls++;
      const verdict = await decide({ copy: name, step, operation, kind });
      const call = `${name}: ${step} ${operation}`;
      if (verdict === 'killBefore') { this.say(`${call} - killed before`); killed(); return never(); }
      if (verdict === 'failBefore') { this.say(`${call} - fails`); throw FAULTS[0](); }
      if (kind === 'write' && step === 'testSecret') { this.violate('testWritesNothing', operation); }
      const answer = await work();
      this.say(call);
      if (kind === 'write') { await this.checkAccepted(); }
      if (verdict === 'killAfter') { this.say(`${name}: killed`); killed(); return never(); }
      if (verdict === 'failAfter') { this.say(`${name}: reply lost`); throw FAULTS[0](); }
      issued = operation === ISSUE && answer !== undefined;
      return answer;
    };
    const handler: RotationHandler = this.subject.makeHandler({
      client: { send } as SecretsManager,
      log: (level, message, fields) => this.checkSaid(`${level} ${message} ${JSON.stringify(fields)}`),
      sleep: async () => {},
      dial: (host) => this.checkDialled(host),
      perform,
      tell: (message) => this.checkTold(step, message),
      life: life.signal,
    });
    return async (next) => {
      step = next;
      this.begun = Math.max(this.begun, STEPS.indexOf(step) + 1);
      watch = new StepWatch(this, step);
      ended = false;
      issued = false;
      const kill = new Promise<Ending>((resolve) => {
        killed = () => {
          dead = true;
          life.abort();
          resolve('killed');
        };
      });
      const run = handler(eventOf(this.rotation, step), { awsRequestId: name, getRemainingTimeInMillis: () => 30_000 }).then((): Ending => 'succeeded', (error: Error): Ending => {
        this.lastError = error;
        this.checkSaid(`${error.name} ${error.message} ${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`);
        if (!/^[A-Z]\w+Error$/.test(error.name) || error.name === 'TypeError' || error.message.length < 20) {
          this.violate('errorNamed', `${step} threw ${error.name}`);
        }
        return 'failed';
      });
      const ending = await Promise.race([run, kill]);
      ended = true;
      if (ending !== 'killed') { checkPut('nothing'); }
      this.say(`${name}: ${step} ${ending}`);
      if (ending === 'succeeded') { watch.succeeded(); }
      if (ending === 'succeeded' && step === 'finishSecret' && this.subject.tells && !this.told.has(this.rotation.token)) {
        this.violate('promotionIsTold', `it succeeded without a notification of ${this.rotation.token}`);
      }
      if (ending === 'succeeded' && step === 'testSecret') { this.tested.add(this.rotation.token); }
      this.rethrow();
      return ending;
    };
  }

  /** The whole sequence, by a new copy, until a step fails. */
  public sequence(name: string, decide: Decide): Promise<Ending> {
    this.subject.server?.elapse?.();
    return this.sequenceOf(this.copy(name, decide));
  }

  /** The whole sequence, by a warm copy. */
  public async sequenceOf(run: (step: Step) => Promise<Ending>): Promise<Ending> {
    for (const step of STEPS) {
      const ending = await run(step);
      if (ending !== 'succeeded') { return ending; }
    }
    return 'succeeded';
  }

  /** Ends an undisturbed rotation: it must complete now, leave the state of the contract, and not block the next one. */
  public async mustRecover(): Promise<void> {
    const before = this.births[0];
    const ending = await this.obeying(() => this.sequence('last', () => 'pass'));
    const { stages, versionCount } = this.secret;
    if (ending !== 'succeeded' || stages.AWSCURRENT !== this.rotation.token || stages.AWSPREVIOUS !== before) {
      this.violate('recovers', `it ${ending}, and the labels are ${JSON.stringify(stages)}`);
    } else if (versionCount !== this.versionsBefore + 1) {
      this.violate('oneValue', `there are ${versionCount} versions`);
    }
    if (this.subject.server && !await this.subject.server.accepts(this.valueOf('AWSCURRENT'))) { this.violate('recovers', 'the current value is not accepted'); }
    this.rethrow();
    const previous = this.valueOf('AWSPREVIOUS');
    this.simulator.completeRotation(this.arn);
    this.start();
    if (await this.obeying(() => this.sequence('next', () => 'pass')) !== 'succeeded') { this.violate('recovers', 'the next rotation fails'); }
    this.checkStrays();
    const { server, previousValue } = this.subject;
    // Where the previous value is always accepted, it is the one before it that has to be refused by now.
    const old = server?.alwaysAcceptsPrevious ? previousValue : server?.revokesPreviousIn && previous;
    if (old !== undefined && await server?.accepts(old)) { this.violate('overlaps', 'it still is'); }
    this.rethrow();
  }

  /** A rotation by a copy that continues afterwards. It must complete. */
  public async mustComplete(run: (step: Step) => Promise<Ending>): Promise<void> {
    const ending = await this.obeying(() => this.sequenceOf(run));
    if (ending !== 'succeeded' || this.current !== this.rotation.token) {
      this.violate('recovers', `it ${ending}without interference`);
    }
    this.rethrow();
    this.simulator.completeRotation(this.arn);
  }

  /** With RotateImmediately = false: testSecret runs alone. */
  public async mustTestAlone(): Promise<void> {
    this.rotation = startRotation(this.simulator, this.arn, { rotateImmediately: false });
    this.say('service: RotateSecret, not immediately');
    const ending = await this.copy('test', () => 'pass')('testSecret');
    if (ending !== 'succeeded') { this.violate('testsAlone', `it ${ending}`); }
    this.rethrow();
    this.simulator.completeRotation(this.arn);
  }

  /** Runs a sequence, and after a failure once more, when the owner has done what the error asks for. */
  private async obeying(run: () => Promise<Ending>): Promise<Ending> {
    const ending = await run();
    if (ending === 'succeeded' || !this.subject.server?.obey?.(this.lastError?.message ?? '')) { return ending; }
    this.say('owner: does what the error asks for');
    await this.checkAccepted();
    return run();
  }

  /** No credential is left that isn't stored. */
  public checkStrays(): void {
    const strays = this.subject.server?.strays?.(['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'].map((label) => this.valueOf(label))) ?? [];
    if (strays.length > 0) { this.violate('oneCredential', `${strays.join(', ')} is in none`); }
  }

  /** Whether no version has had a credential yet, and none should have. */
  private get isBeforeFirst(): boolean {
    return this.subject.startsWithout === true
      && !this.currents.includes((this.rotation as StartedRotation | undefined)?.token ?? '')
      && this.currents.every((id) => this.subject.secretOf(this.valueOf(id)) === undefined);
  }

  /** The server must accept a credential that readers can find. */
  private async checkAccepted(): Promise<void> {
    const { server } = this.subject;
    if (!server) { return; }
    if (server.hasRevokedForeign?.()) { this.violate('foreignKept', 'one was'); }
    if (this.isBeforeFirst) { return; }
    const labels = server.alwaysAcceptsCurrent ? ['AWSCURRENT'] : ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'];
    for (const label of labels) {
      const value = this.valueOf(label);
      if (value !== '' && await server.accepts(value)) {
        this.wasAccepted = true;
        return this.checkOverlap(server);
      }
    }
    const isRefusedStill = this.subject.startsRefused === true && !this.wasAccepted
      && this.secret.stages.AWSCURRENT !== (this.rotation as StartedRotation | undefined)?.token;
    if (isRefusedStill) { return; }
    this.violate('accepted', `none of ${labels.join(', ')} is`);
  }

  private async checkOverlap(server: Server): Promise<void> {
    const { alwaysAcceptsPrevious, revokesPreviousIn } = server;
    const previous = this.valueOf('AWSPREVIOUS');
    const isKept = alwaysAcceptsPrevious || revokesPreviousIn !== undefined;
    if (!isKept || this.subject.secretOf(previous || '{}') === undefined) { return; }
    // After the label has moved, it is the value that was current until then.
    const mayBeRevoked = revokesPreviousIn !== undefined && this.begun > STEPS.indexOf(revokesPreviousIn)
      && this.secret.stages.AWSCURRENT !== this.rotation.token;
    if (!mayBeRevoked && !await server.accepts(previous)) { this.violate('overlaps', 'it is refused already'); }
  }

  /** The violation inside a step, whose own error handling would have swallowed it. */
  public rethrow(): void {
    if (this.violation) { throw this.violation; }
  }

  public say(line: string): void { this.trace.push(line); }

  public valueOf(versionOrStage: string): string {
    const value = this.secret.value(versionOrStage);
    return typeof value === 'string' ? value : '';
  }

  public restOf(value: string): string { return this.subject.restOf(value); }

  public restOfVersion(id: string): string { return this.restOf(this.valueOf(id)); }

  public violate(invariant: Invariant, detail: string): void {
    this.violation ??= new Violation(invariant, detail, this.trace);
  }

  private get current(): string { return this.currents.at(-1)!; }

  /** Everything that must hold after any event. */
  private observe(): void {
    const { stages, versions } = this.secret;
    for (const { id, hasValue } of versions) {
      if (hasValue && !this.births.includes(id)) { this.births.push(id); }
    }
    const left = this.current;
    if (stages.AWSCURRENT !== left) { this.currents.push(stages.AWSCURRENT); }
    const value = this.valueOf(this.current);
    if (this.subject.secretOf(value) === undefined && !this.isBeforeFirst) { this.violate('currentUsable', `version ${this.current} is not`); }
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
    const { versions } = this.secret;
    const said = (secret: string) => secret !== '' && (text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)));
    const values = versions.map(({ id }) => this.valueOf(id));
    const others = Object.values(this.subject.otherSecrets ?? {});
    const secrets = [...[...values, ...others].map((value) => this.subject.secretOf(value) ?? value), ...this.passwords, this.rotation.rotationToken ?? ''];
    if (values.some(said) || secrets.some((secret) => said(secret.slice(0, EXCERPT)))) {
      this.violate('nothingSaid', 'a line or an error has one');
    }
  }

  private checkTold(step: Step, message: string): void {
    this.checkSaid(message);
    const { secretId, versionId } = JSON.parse(message) as { secretId: string; versionId: string };
    if (step !== 'finishSecret' || secretId !== this.arn || !this.currents.includes(versionId)) {
      this.violate('tellsOfCurrent', `${step} told of ${versionId}`);
    }
    this.told.add(versionId);
  }

  private checkDialled(host: string): void {
    this.dialled.push(host);
    const { endpoint } = this.subject;
    if (endpoint === undefined ? !this.currents.some((id) => this.valueOf(id).includes(host)) : host !== endpoint) { this.violate('dialsOwnHost', `it connected to ${host}`); }
  }
}

import { setTimeout } from 'node:timers/promises';
import type { Finding, FindingKind, RehearsalOptions, Step } from './api';
import { Boundaries, ENDINGS, type Stop } from './boundaries';
import { STANDARD_ERROR, THROWN, type Line } from './in-process';
import { ACCEPT_BOTH, happened, REPEATABLE, whereOf } from './sentences';
import type { Subject } from './subject';
import { State, Values } from './values';
import { World, type AfterStep, type Failure } from './world';

/** The rotations of a run. In the second, all three labels are in use. After the third, nothing of the second should be left. */
const ROTATIONS = 3;

/** How long to wait for requests after the end of their step, in milliseconds. */
const LATE = 50;

/** Findings that every later step and every stop would repeat. */
const ONCE: readonly FindingKind[] = ['currentRefused', 'previousRefused'];

/** The results of the undisturbed run, which the others are compared with. */
interface Undisturbed {
  readonly boundaries: Boundaries;
  /** Whether the value of each version is still accepted at the end, oldest first. */
  readonly accepted: readonly boolean[];
  readonly state?: State;
}

/** The disturbance of a run. It is described only for a finding, because the values in the description have to be masked. */
interface Trouble {
  readonly step: Step;
  readonly where: () => string;
  readonly what: () => string;
}

/** Ends a run with a finding. */
class Found extends Error {
  /** @param isLast whether further runs would find nothing else */
  constructor(public readonly isLast = false) {
    super('found');
  }
}

/** All the runs of a rehearsal, and their findings. */
export class Rehearsal {
  public runs = 0;
  public boundaries = 0;
  private readonly found = new Map<string, Finding>();
  private readonly values: Values;
  private readonly worlds: World[] = [];
  private readonly hanging = new Set<Step>();
  private readonly lines = new Map<string, Line>();
  /** The last error of the function, if there was one. */
  private lastSaid?: string;
  private isUndisturbed = true;

  constructor(private readonly options: RehearsalOptions<never> & { readonly timeout: number }) {
    this.values = new Values(options.notSecret);
  }

  public get findings(): Finding[] { return [...this.found.values()]; }

  /** Takes a line of the code's output, and returns whether to show it. */
  public hear(line: Line): boolean {
    if (line.where === THROWN || line.where === STANDARD_ERROR) { this.lastSaid = line.text; }
    this.lines.set(`${line.step} ${line.where} ${line.text}`, line);
    return this.isUndisturbed;
  }

  public async play(subject: Subject): Promise<void> {
    try {
      const undisturbed = await this.undisturbed(subject);
      this.isUndisturbed = false;
      this.boundaries = undisturbed.boundaries.reached.length;
      await this.testSomething(subject);
      for (const stop of stopsOf(undisturbed.boundaries)) { await this.unlessFound(() => this.stopAt(subject, undisturbed, stop)); }
      await this.unlessFound(() => this.repeat(subject, undisturbed));
      await this.unlessFound(() => this.overlap(subject, undisturbed));
    } catch (error) {
      if (!(error instanceof Found)) { throw error; }
    }
    this.values.add([...subject.made]);
    // The output of every run, also of disturbed runs without a finding, because failures are what gets logged.
    for (const world of this.worlds) {
      this.values.add(world.values);
      this.values.addSecrets(world.passwords);
    }
    this.listen(subject);
  }

  /** Finds mistakes without any disturbance. */
  private async undisturbed(subject: Subject): Promise<Undisturbed> {
    const world = await this.newWorld(subject);
    const tested = await this.watchTest(() => world.testAlone());
    if (tested) { throw this.failed(world, { step: 'testSecret', error: tested }, 'alone, on the first value, as when the schedule is deployed'); }
    if (!await world.accepts(world.valueOf('AWSCURRENT'))) { throw new Error('accepts says that the target refuses the first value of secret. Let secret return a value that the target accepts'); }
    const boundaries: Boundaries[] = [];
    for (let n = 1; n <= ROTATIONS; n++) {
      boundaries.push(new Boundaries());
      world.start();
      const failure = await this.attemptWatched(world, boundaries[n - 1], n);
      this.values.learn(world.values);
      this.checkCalls(subject);
      this.checkAwaited(world, boundaries[n - 1]);
      if (failure) { throw this.failed(world, failure, `in rotation ${n}, which nothing disturbed`); }
    }
    await setTimeout(LATE);
    for (const each of boundaries) { this.checkAwaited(world, each); }
    const accepted: boolean[] = [];
    for (const value of world.values) { accepted.push(await world.accepts(value)); }
    for (const { step, what } of boundaries.flatMap(({ reached }) => reached)) {
      if (step === 'testSecret' && /^(PUT|PATCH|DELETE) /.test(what)) { this.writesInTest(this.values.mask(what)); }
    }
    return { boundaries: boundaries[1], accepted, state: await this.stateNow() };
  }

  /** A rotation that checks, after every step, what the target accepts and holds. */
  private async attemptWatched(world: World, boundaries: Boundaries, n: number): Promise<Failure | undefined> {
    const before = world.valueOf('AWSCURRENT');
    let state: State | undefined;
    return world.attempt(boundaries, async (step) => {
      this.checkAwaited(world, boundaries);
      if (step === 'setSecret') { state = await this.stateNow(); }
      if (step === 'testSecret' && state && !state.equals((await this.stateNow())!)) { this.writesInTest('what state returns, which differs before and after'); }
      const current = world.valueOf('AWSCURRENT');
      const mayBeRefused = this.options.singleCredential && (step === 'setSecret' || step === 'testSecret');
      if (!mayBeRefused && !await world.accepts(current)) {
        this.add('currentRefused', step, `after ${step} of rotation ${n}`, step === 'finishSecret'
          ? 'the value that the rotation made current isn\'t accepted by the target: every reader is locked out. Look at what testSecret tests, and at what finishSecret revokes'
          : `the value of AWSCURRENT isn't accepted any more, and readers have no other until the rotation is over. ${ACCEPT_BOTH}`);
      } else if (step === 'finishSecret' && !this.options.singleCredential && !await world.accepts(before)) {
        this.refusesPrevious(step, `after rotation ${n}`);
      }
    });
  }

  /** Runs testSecret, and checks whether it changed the target. */
  private async watchTest<T>(test: () => Promise<T>): Promise<T> {
    const before = await this.stateNow();
    const tested = await test();
    if (before && !before.equals((await this.stateNow())!)) { this.writesInTest('what state returns, which differs before and after'); }
    return tested;
  }

  /** Checks that testSecret refuses a value that the target never got. */
  private async testSomething(subject: Subject): Promise<void> {
    const world = await this.newWorld(subject);
    const current = world.valueOf('AWSCURRENT');
    const value = this.values.neverAccepted(current);
    if (value === current) { return; }
    this.values.add([value]);
    world.start();
    world.putPending(value);
    if (await world.step('testSecret') !== undefined) { return; }
    this.add('testSecretTestsNothing', 'testSecret', 'with a pending value that the target never got',
      'it passes, so a rotation would go on to a credential that doesn\'t work. Use the pending value as its readers do, and throw or reply failed if it is refused');
  }

  /** A rotation that stops at a boundary, is retried, and is followed by another one. */
  private async stopAt(subject: Subject, undisturbed: Undisturbed, stop: Stop): Promise<void> {
    const isCut = stop.ending.startsWith('cut');
    if (isCut && this.hanging.has(undisturbed.boundaries.reached[stop.index].step)) { return; }
    const world = await this.rotatedOnce(subject);
    world.start();
    const boundaries = new Boundaries(stop);
    const where = () => whereOf(boundaries.stopped!, stop.ending, this.mask(world, boundaries.stopped!.what));
    const failure = await world.attempt(boundaries, (done) => {
      if (isCut && boundaries.stopped?.step === done && !boundaries.wentOn) { throw this.swallowed(done, where()); }
    });
    if (boundaries.stopped === undefined) { return; }
    if (failure && isHang(failure)) {
      this.hanging.add(failure.step);
      throw this.hangs(world, failure.step, where());
    }
    const what = () => `${happened(stop.ending)} ${where()}`;
    const trouble: Trouble = { step: boundaries.stopped.step, where, what: () => `${what()}, and the ${failure ? 'rotation was retried' : 'step went on'}` };
    await this.checkCurrent(world, { ...trouble, what });
    this.lastSaid = undefined;
    const retry = failure && await world.attempt(new Boundaries());
    if (retry) { throw this.cannotRepeat(world, retry, where(), `${what()}; Secrets Manager retried the rotation`); }
    await this.conclude(subject, world, undisturbed, trouble);
  }

  /** Runs every step twice. */
  private async repeat(subject: Subject, undisturbed: Undisturbed): Promise<void> {
    const world = await this.rotatedOnce(subject);
    world.start();
    const again: AfterStep = async (step) => {
      const error = await world.step(step);
      if (error) { throw this.cannotRepeat(world, { step, error }, 'when it came a second time', 'It succeeded, its reply was lost, and it was invoked again'); }
    };
    const failure = await world.attempt(new Boundaries(), again);
    if (failure) { throw this.cannotRepeat(world, failure, 'after each step before it had come twice', 'Each step was invoked twice'); }
    await this.conclude(subject, world, undisturbed, { step: 'finishSecret', where: () => 'after each step had come twice', what: () => 'Each step was invoked twice' });
  }

  /** Runs setSecret while an earlier call is in progress. Either may fail, because there is a retry. */
  private async overlap(subject: Subject, undisturbed: Undisturbed): Promise<void> {
    const world = await this.rotatedOnce(subject);
    world.start();
    await world.step('createSecret');
    await Promise.all([world.step('setSecret'), world.step('setSecret')]);
    const failure = await world.attempt(new Boundaries());
    const what = 'setSecret ran twice at the same time';
    if (failure) { throw this.cannotRepeat(world, failure, `after ${what}`, `${what}; Secrets Manager retried the rotation`); }
    await this.conclude(subject, world, undisturbed, { step: 'setSecret', where: () => `after ${what}`, what: () => what });
  }

  /** Checks after a disturbed rotation what works, whether the next one succeeds, and what is left. */
  private async conclude(subject: Subject, world: World, undisturbed: Undisturbed, trouble: Trouble): Promise<void> {
    const { step, where, what } = trouble;
    if (!await world.accepts(world.valueOf('AWSCURRENT'))) {
      throw this.add('currentRefused', step, where(), `${what()}. It succeeded, and the target refuses the value that is current now: every reader is locked out. ${REPEATABLE[step]}`);
    }
    if (!this.options.singleCredential && !await world.accepts(world.valueOf('AWSPREVIOUS'))) { throw this.refusesPrevious(step, where(), what()); }
    const failure = await world.rotate();
    if (failure) {
      throw this.add('nextRotationFails', failure.step, where(), `${what()}. It succeeded, and the next rotation fails: ${this.reason(world, failure)}. Look for what the first attempt left behind. ${REPEATABLE[step]}`);
    }
    if (await this.isSomethingLeft(subject, world, undisturbed)) {
      throw this.add('credentialLeft', step, where(), `${what()}. After the next rotation the target still accepts a credential, or holds something, that it doesn't after an undisturbed run, and no rotation will revoke it. `
        + 'If the target can list its credentials, revoke those that none of the three versions has; otherwise let a failed call fail the step, so that it is retried');
    }
  }

  private async isSomethingLeft(subject: Subject, world: World, undisturbed: Undisturbed): Promise<boolean> {
    const versions = world.values;
    const revoked = versions.filter((_, index) => undisturbed.accepted[index] === false);
    const lost = revoked.length === 0 ? [] : [...subject.made].filter((value) => !versions.includes(value));
    for (const value of [...revoked, ...lost]) {
      if (await world.accepts(value)) { return true; }
    }
    const state = await this.stateNow();
    return state !== undefined && state.size > undisturbed.state!.size;
  }

  private async checkCurrent(world: World, { step, where, what }: Trouble): Promise<void> {
    if (this.options.singleCredential && step !== 'createSecret') { return; }
    if (await world.accepts(world.valueOf('AWSCURRENT'))) { return; }
    throw this.add('currentRefused', step, where(), `${what()}, and the value of AWSCURRENT isn't accepted any more: every reader is locked out until a retry succeeds. ${ACCEPT_BOTH}`);
  }

  private async rotatedOnce(subject: Subject): Promise<World> {
    const world = await this.newWorld(subject);
    const failure = await world.rotate();
    if (!failure) { return world; }
    this.add('rotationFails', failure.step, 'in the first rotation of a further run', `${this.reason(world, failure)}. It succeeded in the run before, so the target isn't in its first state any more: `
      + 'let secret be a function that brings it there and returns the first value');
    throw new Found(true);
  }

  private async newWorld(subject: Subject): Promise<World> {
    this.runs++;
    this.lastSaid = undefined;
    const { secret, timeout, accepts } = this.options;
    const value: unknown = await (typeof secret === 'function' ? (secret as () => unknown)() : secret);
    const first = typeof value === 'string' ? value : JSON.stringify(value);
    if (!first) { throw new Error('secret must be, or return, the first value of the secret: an object, or a string of at least one character'); }
    this.values.add([first, ...subject.made]);
    subject.made.clear();
    const world = new World({ subject, timeout, accepts: accepts as ((value: unknown) => unknown) | undefined }, first);
    this.worlds.push(world);
    return world;
  }

  private async stateNow(): Promise<State | undefined> {
    return this.options.state && new State(await this.options.state());
  }

  private async unlessFound(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof Found) || error.isLast) { throw error; }
    }
  }

  /** Finds calls to Secrets Manager that the function has no permission for. */
  private checkCalls(subject: Subject): void {
    for (const { step, operation, kind, denied } of subject.account.calls) {
      if (denied !== undefined) { this.add('accessDenied', step, operation, `${operation} ${denied}`); }
      if (denied === undefined && kind === 'write' && step === 'testSecret') { this.writesInTest(operation); }
    }
  }

  /** Reads output to logs that mask nothing. */
  private listen(subject: Subject): void {
    const isTelling = this.values.detector();
    for (const { step, where, text } of this.lines.values()) {
      const line = text.split('\n').find(isTelling);
      if (line === undefined) { continue; }
      this.add('valueLogged', step, where, `a value of the secret is in ${where}, and every reader of the log has it: ${JSON.stringify(this.values.mask(line).slice(0, 200))}. ${subject.advice.log}`, where);
    }
  }

  private failed(world: World, failure: Failure, where: string): Found {
    if (isHang(failure)) { return this.hangs(world, failure.step, where); }
    const isDenied = this.found.has(`accessDenied ${failure.step}`);
    return isDenied ? new Found() : this.add('rotationFails', failure.step, where, this.reason(world, failure));
  }

  private cannotRepeat(world: World, failure: Failure, where: string, what: string): Found {
    if (isHang(failure)) { return this.hangs(world, failure.step, where); }
    return this.add('retryFails', failure.step, where, `it isn't idempotent. ${what}, and it failed: ${this.reason(world, failure)}. ${REPEATABLE[failure.step]}`);
  }

  private hangs({ advice }: World, step: Step, where: string): Found {
    return this.add('stepHangs', step, where, `it was not over after ${this.options.timeout} ms, and Lambda would have stopped it without an error. ${advice.hang}`);
  }

  private checkAwaited(world: World, { abandoned: [request] }: Boundaries): void {
    if (request === undefined) { return; }
    const what = this.mask(world, request.what);
    throw this.add('requestNotAwaited', request.step, what, `it was over before ${what} was answered, and Lambda may freeze the function then: the request may be done later, or never, and its failure is lost. Await it`);
  }

  private swallowed(step: Step, where: string): Found {
    return this.add('errorSwallowed', step, where, `The connection was lost ${where}, nothing was retried, and the step said that it was done. Let the error be thrown: Secrets Manager retries the rotation`);
  }

  private refusesPrevious(step: Step, where: string, what = 'The rotation is over'): Found {
    return this.add('previousRefused', step, where, `${what}. The credential that readers had until a moment ago is refused at once, and they may hold it in a cache. `
      + 'Revoke in finishSecret that of previous, not that of current, so that each works until the rotation after its own. If the target takes one credential at a time, set singleCredential');
  }

  private writesInTest(what: string): void {
    this.add('testSecretWrites', 'testSecret', what, `it changes something: ${what}. It also runs alone, on the current value, when the schedule is deployed. Move what changes the target to setSecret`);
  }

  private reason(world: World, { error }: Failure): string {
    const said = /^TargetFunction(Threw|Crashed)Error$/.test(error.name) && this.lastSaid !== undefined ? `. It said: ${this.lastSaid.split('\n')[0]}` : '';
    return this.mask(world, `${error.message.replace(/\.$/, '')}${said}`);
  }

  private mask(world: World, text: string): string {
    this.values.add(world.values);
    return this.values.mask(text);
  }

  /** Adds a new finding. Its message begins with the step. */
  private add(kind: FindingKind, step: Step, where: string, message: string, detail = ''): Found {
    const key = ONCE.includes(kind) ? kind : `${kind} ${step}${detail && ` ${detail}`}`;
    if (!this.found.has(key)) { this.found.set(key, { kind, step, where, message: `${step}: ${message}` }); }
    return new Found();
  }
}

/**
 * The stops of a run. Dying before a request is the same as dying after the previous one, so it only needs a run at the beginning of a step, and
 * after its end. The rotation's own calls aren't cut, because other tests prove that.
 */
function stopsOf({ reached }: Boundaries): Stop[] {
  return reached.flatMap(({ step, own, isUnanswered }, index) => {
    const isFirst = own || reached[index - 1]?.step !== step;
    return ENDINGS.filter((ending) => ending === 'diedAfter' || (ending === 'diedBefore' ? isFirst : !own && !isUnanswered)).map((ending) => ({ index, ending }));
  });
}

function isHang({ error }: Failure): boolean {
  return error.name === 'StepTimeoutError';
}

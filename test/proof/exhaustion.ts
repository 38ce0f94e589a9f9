import { silent, type Progress } from './progress';
import type { Subject } from './subjects';
import { World, type Verdict } from './world';
import type { Switches } from '../../simulator';

/** What isn't documented, or was seen both ways: every combination is explored. */
export const SWITCHES: readonly Partial<Switches>[] = [true, false].flatMap((promotionRemovesPending) =>
  (['rotate', 'put'] as const).flatMap((pendingCreatedDate) =>
    [false, true].map((issueRotationTokens) => ({ promotionRemovesPending, pendingCreatedDate, issueRotationTokens }))));

/** The ways in which a run can end at a call. */
const STOPS: readonly Verdict[] = ['killBefore', 'killAfter', 'failBefore', 'failAfter'];

export interface Explored {
  /** Boundaries of a rotation at which it was stopped, in each way. */
  boundaries: number;
  /** Pairs of them: stopped, tried again, stopped again, tried again. */
  pairs: number;
  /** Reads answered with an older state, alone and together with each boundary. */
  stale: number;
}

interface Stop {
  readonly call: number;
  readonly verdict: Verdict;
}

/** Stops at the numbered calls: the first stop in the first run, the second in the second. Then it must recover. */
async function explore(
  subject: Subject, switches: Partial<Switches>, stops: readonly Stop[], stale?: { call: number; by: number },
): Promise<number[]> {
  await subject.server?.reset();
  const world = new World(subject, switches);
  world.start();
  const lengths: number[] = [];
  if (stale) {
    let reads = 0;
    world.simulator.lag = () => reads++ === stale.call ? stale.by : 0;
  }
  for (const [index, stop] of stops.entries()) {
    let calls = 0;
    await world.sequence(`run ${index + 1}`, () => calls++ === stop.call ? stop.verdict : 'pass');
    lengths.push(calls);
  }
  if (stops.length === 0) {
    let calls = 0;
    await subject.server?.reset();
    const dry = new World(subject, switches);
    dry.start();
    await dry.sequence('run', () => { calls++; return 'pass'; });
    lengths.push(calls);
    await subject.server?.reset();
  }
  await world.mustRecover();
  return lengths;
}

/** The number of calls of an undisturbed continuation after a stop. */
async function callsAfter(subject: Subject, switches: Partial<Switches>, stop: Stop): Promise<number> {
  const [, length] = await explore(subject, switches, [stop, { call: Infinity, verdict: 'pass' }]);
  return length;
}

export interface ExhaustOptions {
  /** Of the boundaries, in each of the ways in which a run can end there, only each n-th. @default 1 */
  readonly everyBoundary?: number;
  /** @default true */
  readonly pairs?: boolean;
  /** Of the pairs, only each n-th. @default 1 */
  readonly everyPair?: number;
  /** @default true */
  readonly stale?: boolean;
  /** Of the stale reads, only each n-th. @default 1 */
  readonly everyStale?: number;
  /** @default - all */
  readonly switches?: readonly Partial<Switches>[];
  /** @default - no progress is written */
  readonly progress?: Progress;
}

/**
 * Every boundary, every pair of boundaries, and every stale read with every boundary, unless told otherwise.
 *
 * @throws Violation with the trace of the first case that breaks an invariant
 */
export async function exhaust(subject: Subject, options: ExhaustOptions = {}): Promise<Explored> {
  const explored = { boundaries: 0, pairs: 0, stale: 0 };
  const { progress = silent } = options;
  const tell = () => progress(`${explored.boundaries} boundaries, ${explored.pairs} pairs, ${explored.stale} stale reads`);
  let seen = 0;
  let reads = 0;
  for (const switches of options.switches ?? SWITCHES) {
    const [length] = await explore(subject, switches, []);
    for (const [index, first] of stopsIn(length).entries()) {
      if (index % (options.everyBoundary ?? 1) !== 0) { continue; }
      await explore(subject, switches, [first]);
      explored.boundaries++;
      tell();
      if (options.pairs ?? true) {
        for (const second of stopsIn(await callsAfter(subject, switches, first))) {
          if (seen++ % (options.everyPair ?? 1) !== 0) { continue; }
          await explore(subject, switches, [first, second]);
          explored.pairs++;
          tell();
        }
      }
      for (let read = 0; read < (options.stale ?? true ? length : 0); read++) {
        if (reads++ % (options.everyStale ?? 1) !== 0) { continue; }
        await explore(subject, switches, [first], { call: read, by: 1 + read % 2 });
        explored.stale++;
        tell();
      }
    }
  }
  return explored;
}

/**
 * A rotation is given up before each of its calls. The next one completes, and then nothing accepts what the first one would have rotated to.
 *
 * @returns how many calls there were
 */
export async function giveUp(subject: Subject): Promise<number> {
  for (let at = 0; ; at++) {
    await subject.server?.reset();
    const world = new World(subject);
    world.start();
    let calls = 0;
    await world.sequence('run', () => {
      if (calls++ === at) { world.cancel(); }
      return 'pass';
    });
    if (calls <= at) { return at; }
    const { token } = world.rotation;
    const isCurrent = world.secret.stages.AWSCURRENT === token;
    if (!isCurrent) { world.removePending(); }
    world.start();
    await world.mustComplete(world.copy('next', () => 'pass'));
    const givenUp = world.valueOf(token);
    if (!isCurrent && givenUp !== '' && await subject.server?.accepts(givenUp)) { world.violate('overlaps', 'what was given up is accepted'); }
    world.rethrow();
  }
}

function stopsIn(length: number): Stop[] {
  return Array.from({ length }, (_, call) => STOPS.map((verdict) => ({ call, verdict }))).flat();
}

import { silent, type Progress } from './progress';
import type { Subject } from './subjects';
import { World, type Verdict } from './world';
import type { Switches } from '../../simulator';

/** Undocumented behaviour, and behaviour that was seen both ways. Every combination is explored. */
export const SWITCHES: readonly Partial<Switches>[] = [true, false].flatMap((promotionRemovesPending) =>
  (['rotate', 'put'] as const).flatMap((pendingCreatedDate) =>
    [false, true].map((issueRotationTokens) => ({ promotionRemovesPending, pendingCreatedDate, issueRotationTokens }))));

/** The endings of a run at a call. */
const STOPS: readonly Verdict[] = ['killBefore', 'killAfter', 'failBefore', 'failAfter'];

export interface Explored {
  /** The boundaries of a rotation at which it was stopped, with each ending. */
  boundaries: number;
  /** Pairs of them: stopped, retried, stopped again, retried. */
  pairs: number;
  /** Reads with an older state, alone and together with each boundary. */
  stale: number;
}

interface Stop {
  readonly call: number;
  readonly verdict: Verdict;
}

/** Stops at the numbered calls: the first stop in the first run, the second in the second. Then the rotation must recover. */
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

/** The number of calls of the undisturbed retry after a stop. */
async function callsAfter(subject: Subject, switches: Partial<Switches>, stop: Stop): Promise<number> {
  const [, length] = await explore(subject, switches, [stop, { call: Infinity, verdict: 'pass' }]);
  return length;
}

export interface ExhaustOptions {
  /** Only each n-th boundary, with each ending. @default 1 */
  readonly everyBoundary?: number;
  /** @default true */
  readonly pairs?: boolean;
  /** Only each n-th pair. @default 1 */
  readonly everyPair?: number;
  /** @default true */
  readonly stale?: boolean;
  /** Only each n-th stale read. @default 1 */
  readonly everyStale?: number;
  /** @default - all */
  readonly switches?: readonly Partial<Switches>[];
  /** @default - no progress is written */
  readonly progress?: Progress;
}

/**
 * By default, every boundary, every pair of boundaries, and every stale read with every boundary.
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
 * Abandons a rotation before each of its calls. The next one completes, and then nothing accepts the value of the abandoned one.
 *
 * @returns the number of calls
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

import type { Database } from './database';
import { nameOf, type Implementation, type Variant } from './implementations';
import { inWorld, World } from './world';
import { rotate } from '../../simulator';
import { LATENCY_MS } from '../rotation';
import { spreadOf, type Spread } from '../statistics';

export interface Costs {
  readonly variant: Variant;
  readonly implementation: string;
  /** From the start of the process until it takes an event, in milliseconds. */
  readonly ready: Spread;
  /** Until its reply to the first step. */
  readonly firstReply: Spread;
  /** The four steps, with the start of the process. */
  readonly cold: Spread;
  /** The four steps, in a process that has rotated before. */
  readonly warm: Spread;
  /** The most memory that was resident until the end of the first rotation, in bytes. */
  readonly peakMemory: Spread;
  readonly calls: number;
}

/** Each implementation in turns, so that what else the machine does falls on all alike. Each run is a process of its own. */
export async function measureCosts(
  implementations: readonly Implementation[], variants: readonly Variant[], databases: ReadonlyMap<string, Database>, runs: number,
  onRun: (run: number) => void,
): Promise<Costs[]> {
  const subjects = await Promise.all(variants.flatMap((variant) => implementations.map(async (implementation) => ({
    variant,
    implementation: implementation.name,
    world: await World.start({ implementation, variant, database: databases.get(variant.engine)!, latency: LATENCY_MS }),
    seen: [] as Run[],
  }))));
  try {
    for (let run = -1; run < runs; run++) {
      for (const { world, seen } of subjects) {
        const measured = await measureOnce(world);
        // The first one fills the caches of the disk.
        if (run >= 0) { seen.push(measured); }
      }
      onRun(run + 1);
    }
    return subjects.map(({ variant, implementation, seen }) => {
      const of = (field: keyof Run) => spreadOf(seen.map((run) => run[field]));
      return {
        variant,
        implementation,
        calls: of('calls').median,
        ready: of('ready'),
        firstReply: of('firstReply'),
        cold: of('cold'),
        warm: of('warm'),
        peakMemory: of('peakMemory'),
      };
    });
  } finally {
    for (const { world } of subjects) { await world.stop(); }
  }
}

type Run = Readonly<Record<'ready' | 'firstReply' | 'cold' | 'warm' | 'peakMemory' | 'calls', number>>;

async function measureOnce(world: World): Promise<Run> {
  await world.startOver();
  await world.process?.kill();
  const start = performance.now();
  const started = await world.startProcess();
  const ready = performance.now() - start;
  const replies: number[] = [];
  const { outcome } = await rotate(world.simulator, world.secret, {
    attempts: 1,
    invoke: async (event) => {
      await world.invoke(event);
      replies.push(performance.now() - start);
    },
  });
  const peakMemory = started.memory().peak;
  const second = await world.rotate();
  world.simulator.resetCalls();
  const warmStart = performance.now();
  const third = await world.rotate();
  const warm = performance.now() - warmStart;
  if (outcome !== 'succeeded' || !second || !third) { throw new Error(`A rotation that is measured did not succeed\n${started.output}`); }
  return { ready, firstReply: replies[0], cold: replies[replies.length - 1], warm, peakMemory, calls: world.simulator.calls.length };
}

/** What is resident after many rotations in one process, in bytes. */
export async function measureResident(implementation: Implementation, variant: Variant, database: Database, rotations: number): Promise<number> {
  return inWorld({ implementation, variant, database }, async (world) => {
    await world.startOver();
    for (let rotation = 0; rotation < rotations; rotation++) {
      if (!await world.rotate()) { throw new Error(`${implementation.name}, ${nameOf(variant)}: rotation ${rotation + 1} did not succeed`); }
    }
    return world.process!.memory().resident;
  });
}

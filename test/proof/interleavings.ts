import * as fc from 'fast-check';
import { SWITCHES } from './exhaustion';
import { silent, type Progress } from './progress';
import type { Subject } from './subjects';
import { STEPS, World, type Ending, type Verdict } from './world';
import type { Step, Switches } from '../../simulator';

/** One event of a history. */
export type Action =
  /** A copy of the function makes its next call, which ends with `verdict`. A read may lag some writes behind. */
  | { readonly act: 'advance'; readonly copy: number; readonly verdict: Verdict; readonly lag: number }
  /** The owner of the secret puts a value by hand. */
  | { readonly act: 'put' }
  /** The owner cancels the rotation. */
  | { readonly act: 'cancel' };

export interface History {
  readonly switches: Partial<Switches>;
  readonly actions: readonly Action[];
}

const COPIES = 2;

/** Most calls succeed, because a history would otherwise end early. */
const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  { weight: 12, arbitrary: fc.constant('pass' as const) },
  { weight: 1, arbitrary: fc.constantFrom('killBefore' as const, 'killAfter' as const, 'failBefore' as const, 'failAfter' as const) },
);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      act: fc.constant('advance' as const),
      copy: fc.nat(COPIES - 1),
      verdict,
      lag: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('put' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('cancel' as const) }) },
);

/** Random histories of two copies of the function in one rotation, with faults, lag and interference. */
export const histories: fc.Arbitrary<History> = fc.record({
  switches: fc.record({ others: fc.constantFrom(...SWITCHES), manualPutRemovesPending: fc.boolean() })
    .map(({ others, manualPutRemovesPending }) => ({ ...others, manualPutRemovesPending })),
  actions: fc.array(action, { minLength: 1, maxLength: 90 }),
});

/** A copy of the function that waits at a call. */
class Actor {
  private step = 0;
  private incarnation = 0;
  private run: ((step: Step) => Promise<Ending>) | undefined;
  private running = false;
  private letOn: ((verdict: Verdict) => void) | undefined;

  constructor(private readonly world: World, private readonly name: string) {}

  public async advance(next: Verdict): Promise<void> {
    if (!this.running) { this.begin(); }
    await this.settle();
    const letOn = this.letOn;
    this.letOn = undefined;
    letOn?.(next);
    await this.settle();
    this.world.rethrow();
  }

  /** Starts the next step. After a failure it starts the whole sequence, and after a kill a new process, as the service does. */
  private begin(): void {
    this.run ??= this.world.copy(`${this.name}${++this.incarnation}`, () => new Promise<Verdict>((resolve) => { this.letOn = resolve; }));
    this.running = true;
    void this.run(STEPS[this.step]).catch((): Ending => 'failed').then((ending) => {
      this.running = false;
      this.step = ending === 'succeeded' ? (this.step + 1) % STEPS.length : 0;
      if (ending === 'killed') { this.run = undefined; }
    });
  }

  /** Waits until it is at a call, or until its step is over. */
  private async settle(): Promise<void> {
    for (let turn = 0; this.running && !this.letOn; turn++) {
      if (turn > 1000) { throw new Error('A copy neither calls nor ends'); }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Runs a history, and then checks its result. */
export async function live(subject: Subject, { switches, actions }: History): Promise<void> {
  await subject.server?.reset();
  const world = new World(subject, switches);
  world.start();
  const actors = Array.from({ length: COPIES }, (_, index) => new Actor(world, 'AB'[index]));
  for (const [index, next] of actions.entries()) {
    switch (next.act) {
      case 'advance':
        world.simulator.lag = () => next.lag;
        await actors[next.copy].advance(next.verdict);
        break;
      case 'put': world.putByHand(index); break;
      case 'cancel': world.cancel(); break;
    }
  }
  // A copy that is at a call now stays there: it is killed.
  world.simulator.lag = undefined;
  if (world.undisturbed) {
    await world.mustRecover();
  } else {
    await world.sequence('last', () => 'pass');
  }
}

/**
 * Runs random histories until one breaks an invariant.
 *
 * @throws with the shortest such history, its trace, and the seed that finds it again
 */
export async function interleave(subject: Subject, runs: number, seed?: number, progress: Progress = silent): Promise<void> {
  let lived = 0;
  const run = async (history: History) => {
    await live(subject, history);
    progress(`${++lived} of ${runs} histories`);
  };
  await fc.assert(fc.asyncProperty(histories, run), { numRuns: runs, seed, includeErrorInReport: true });
}

import { silent, type Progress } from './progress';
import type { Subject } from './subjects';
import { STEPS, Violation, World, type Invariant } from './world';

/** The result of many copies of every step at once, rotation after rotation. */
export interface CopiesReport {
  /** Rotations that completed. */
  readonly rounds: number;
  /** All steps, of any copy. */
  readonly steps: number;
  /** Failed steps among them. */
  readonly failed: number;
  /** How often the value of a staging label was refused. */
  readonly lockedOut: number;
  /** The reason for ending before the last round. */
  readonly violation?: Error;
}

const LOCKED_OUT: readonly Invariant[] = ['accepted', 'currentUsable'];

/** Many copies of every step at once, rotation after rotation, until an invariant breaks. */
export async function countCopies(subject: Subject, copies: number, rounds: number, progress: Progress = silent): Promise<CopiesReport> {
  const report = { rounds: 0, steps: 0, failed: 0, lockedOut: 0 };
  try {
    await subject.server?.reset();
    const world = new World(subject);
    while (report.rounds < rounds) {
      world.start();
      const runs = Array.from({ length: copies }, (_, n) => world.copy(`copy ${n}`, () => 'pass'));
      for (const step of STEPS) {
        const endings = await Promise.all(runs.map((run) => run(step)));
        const failed = endings.filter((ending) => ending !== 'succeeded').length;
        report.steps += copies;
        report.failed += failed;
        if (failed > 0) { world.violate('recovers', `${failed} of ${copies} copies of ${step} failed`); }
        world.rethrow();
      }
      if (world.secret.stages.AWSCURRENT !== world.rotation.token) { world.violate('recovers', 'AWSCURRENT is on another version'); }
      if (subject.server && !await subject.server.accepts(world.valueOf('AWSCURRENT'))) { world.violate('accepted', 'that of AWSCURRENT is not'); }
      world.checkStrays();
      world.rethrow();
      world.simulator.completeRotation(world.arn);
      report.rounds++;
      progress(`${report.rounds} of ${rounds} rotations, ${report.steps} steps`);
    }
    return report;
  } catch (error) {
    const lockedOut = error instanceof Violation && LOCKED_OUT.includes(error.invariant) ? 1 : 0;
    return { ...report, lockedOut, violation: error as Error };
  }
}

/**
 * Many copies of every step at once, rotation after rotation. No step may fail, and no reader may be locked out.
 *
 * @returns the number of steps
 */
export async function runCopies(subject: Subject, copies: number, rounds: number, progress: Progress = silent): Promise<number> {
  const { steps, violation } = await countCopies(subject, copies, rounds, progress);
  if (violation) { throw violation; }
  return steps;
}

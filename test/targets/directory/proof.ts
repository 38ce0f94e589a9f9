/* The proof: the function is stopped at its calls and at pairs of them on a real directory, and naive variants are caught. */
import { runCopies } from '../../proof/copies';
import type { Caught } from '../../proof/directory';
import { exhaust } from '../../proof/exhaustion';
import type { Subject } from '../../proof/subjects';
import { withoutTimers } from '../../proof/without-timers';

const EVERY_BOUNDARY = 17;
const EVERY_PAIR = 151;

/** @param count how many subjects there are */
export async function proveStops(withSubjects: (use: (subject: Subject) => Promise<void>) => Promise<void>, count: number): Promise<void> {
  const restore = withoutTimers();
  const explored: number[] = [];
  await withSubjects(async (subject) => {
    const { boundaries, pairs } = await exhaust(subject, { switches: [{}], stale: false, everyBoundary: EVERY_BOUNDARY, everyPair: EVERY_PAIR });
    explored.push(boundaries, pairs);
    // Two copies of setSecret that change the password at once both succeed.
    await runCopies(subject, 20, 2);
  }).finally(restore);
  expect(explored).toHaveLength(2 * count);
  expect(Math.min(...explored)).toBeGreaterThan(2);
}

/** @param count how many naive variants there are */
export async function expectCaught(catchNaive: () => Promise<readonly Caught[]>, count: number): Promise<void> {
  const restore = withoutTimers();
  const naive = await catchNaive().finally(restore);
  expect(naive.map(({ mistake, caught }) => [mistake, caught])).toEqual(naive.map(({ mistake, expected }) => [mistake, expected]));
  expect(naive).toHaveLength(count);
}

/*
 * The proof: the function is stopped at its calls and at pairs of them on stand-ins for MongoDB and DocumentDB, and naive variants are caught.
 */
import { runCopies } from '../../../../proof/copies';
import { exhaust } from '../../../../proof/exhaustion';
import { catchNaiveMongo, withMongoSubjects } from '../../../../proof/mongo';
import { withoutTimers } from '../../../../proof/without-timers';

const EVERY_BOUNDARY = 17;
const EVERY_PAIR = 151;

jest.setTimeout(300_000);

test('each strategy: stopped at some boundaries and pairs, a labelled version is always accepted', async () => {
  const restore = withoutTimers();
  const explored: number[] = [];
  await withMongoSubjects(async (subject) => {
    const { boundaries, pairs } = await exhaust(subject, { switches: [{}], stale: false, everyBoundary: EVERY_BOUNDARY, everyPair: EVERY_PAIR });
    explored.push(boundaries, pairs);
    // Copies of setSecret that change the password at once all succeed.
    await runCopies(subject, 10, 1);
  }).finally(restore);
  expect(explored).toHaveLength(8);
  expect(Math.min(...explored)).toBeGreaterThan(2);
});

test('naive variants are caught, for the reason they should', async () => {
  const restore = withoutTimers();
  const naive = await catchNaiveMongo().finally(restore);
  expect(naive.map(({ mistake, caught }) => [mistake, caught])).toEqual(naive.map(({ mistake, expected }) => [mistake, expected]));
  expect(naive).toHaveLength(3);
});

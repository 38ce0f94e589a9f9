/*
 * The proof, shorter than npm run prove:databases: the function is stopped at its calls and at pairs of them, with a stand-in for the API over a
 * real Valkey, and naive variants are caught.
 */
import { catchNaiveCacheUsers, withCacheUserSubjects } from '../../../proof/cache-user';
import { runCopies } from '../../../proof/copies';
import { exhaust } from '../../../proof/exhaustion';
import { withoutTimers } from '../../../proof/without-timers';

const EVERY_BOUNDARY = 5;
const EVERY_PAIR = 151;

jest.setTimeout(300_000);

test('cases 53, 54, 55, 56, 58, 59, 61, 87: stopped at some boundaries and pairs, and 5 copies at once, AWSCURRENT is accepted at every instant', async () => {
  const restore = withoutTimers();
  const explored: number[] = [];
  await withCacheUserSubjects(async (subject) => {
    const { boundaries, pairs } = await exhaust(subject, { switches: [{}], stale: false, everyBoundary: EVERY_BOUNDARY, everyPair: EVERY_PAIR });
    explored.push(boundaries, pairs);
    await runCopies(subject, 5, 2);
  }).finally(restore);
  expect(explored).toHaveLength(4);
  expect(Math.min(...explored)).toBeGreaterThan(2);
});

test('naive variants are caught, for the reason they should', async () => {
  const restore = withoutTimers();
  const naive = await catchNaiveCacheUsers().finally(restore);
  expect(naive.map(({ mistake, caught }) => [mistake, caught])).toEqual(naive.map(({ mistake, expected }) => [mistake, expected]));
  expect(naive).toHaveLength(2);
});

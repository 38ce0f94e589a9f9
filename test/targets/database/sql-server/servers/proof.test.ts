/*
 * The proof: the function is stopped at its calls and at pairs of them on a stand-in for SQL Server, and naive variants are caught.
 */
import { runCopies } from '../../../../proof/copies';
import { exhaust } from '../../../../proof/exhaustion';
import { catchNaiveSqlServer, withSqlServerSubjects } from '../../../../proof/sql-server';
import { withoutTimers } from '../../../../proof/without-timers';

const EVERY_BOUNDARY = 5;
const EVERY_PAIR = 61;

jest.setTimeout(300_000);

test('cases 53, 54, 55, 56, 58, 59, 61: each strategy is stopped at some boundaries and pairs, a labelled version is always accepted', async () => {
  const restore = withoutTimers();
  const explored: number[] = [];
  await withSqlServerSubjects(async (subject) => {
    const { boundaries, pairs } = await exhaust(subject, { switches: [{}], stale: false, everyBoundary: EVERY_BOUNDARY, everyPair: EVERY_PAIR });
    explored.push(boundaries, pairs);
    // Copies of setSecret that change the password at once all succeed.
    await runCopies(subject, 20, 1);
  }).finally(restore);
  expect(explored).toHaveLength(8);
  expect(Math.min(...explored)).toBeGreaterThan(5);
});

test('naive variants are caught, for the reason they should', async () => {
  const restore = withoutTimers();
  const naive = await catchNaiveSqlServer().finally(restore);
  expect(naive.map(({ mistake, caught }) => [mistake, caught])).toEqual(naive.map(({ mistake, expected }) => [mistake, expected]));
  expect(naive).toHaveLength(3);
});

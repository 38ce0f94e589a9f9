/*
 * The proof: the function is stopped at each of its calls and at pairs of them on a model of Oracle's statements, and naive variants are caught.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCopies } from '../../../proof/copies';
import { exhaust, giveUp } from '../../../proof/exhaustion';
import { catchLateEnd, catchNaiveOracle, withOracleSubjects } from '../../../proof/oracle';
import { withoutTimers } from '../../../proof/without-timers';

/** `npm run prove -- --long` takes all. */
const EVERY_PAIR = 59;

test('each strategy: stopped at every boundary and at pairs, a labelled version is always accepted', async () => {
  const restore = withoutTimers();
  const explored: number[] = [];
  await withOracleSubjects(async (subject) => {
    const { boundaries, pairs } = await exhaust(subject, { switches: [{}], stale: false, everyPair: EVERY_PAIR });
    explored.push(boundaries, pairs);
    // Copies of each step that run at once all succeed.
    await runCopies(subject, 10, 3);
  }).finally(restore);
  expect(explored).toHaveLength(4);
  expect(Math.min(...explored)).toBeGreaterThan(50);
});

test('two passwords: after a rotation that was given up at any call, the next one completes, or does when an administrator did what its error says', async () => {
  const restore = withoutTimers();
  const calls: number[] = [];
  await withOracleSubjects(async (subject) => {
    if (subject.server!.alwaysAcceptsCurrent) { calls.push(await giveUp(subject)); }
  }).finally(restore);
  expect(calls).toEqual([expect.any(Number)]);
  expect(calls[0]).toBeGreaterThan(10);
});

test('two passwords: a rotation that does not end within PASSWORD_ROLLOVER_TIME ends the password of AWSCURRENT, as the page says', async () => {
  const restore = withoutTimers();
  expect(await catchLateEnd().finally(restore)).toBe('accepted');
  expect(readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'targets', 'oracle.md'), 'utf8')).toContain('if the rotation ends within `PASSWORD_ROLLOVER_TIME`');
});

test('naive variants are caught, for the reason they should', async () => {
  const restore = withoutTimers();
  const naive = await catchNaiveOracle().finally(restore);
  expect(naive.map(({ mistake, caught }) => [mistake, caught])).toEqual(naive.map(({ mistake, expected }) => [mistake, expected]));
  expect(naive).toHaveLength(3);
});

/*
 * The proof, shorter than npm run prove:databases: the function is stopped at its calls and at pairs of them, on a real server.
 */
import { runCopies } from '../../../proof/copies';
import { exhaust } from '../../../proof/exhaustion';
import { catchNaiveRabbitMq, withRabbitMqSubjects } from '../../../proof/rabbitmq';
import { withoutTimers } from '../../../proof/without-timers';

jest.setTimeout(300_000);

test('cases 53, 54, 55, 56, 57, 58, 59, 61: stopped at some boundaries and pairs, and 5 copies at once', async () => {
  const restore = withoutTimers();
  const explored: number[] = [];
  await withRabbitMqSubjects(async (subject) => {
    const { boundaries, pairs } = await exhaust(subject, { switches: [{}], stale: false, everyBoundary: 5, everyPair: 151 });
    explored.push(boundaries, pairs);
    await runCopies(subject, 5, 2);
  }).finally(restore);
  expect(explored).toHaveLength(4);
  expect(Math.min(...explored)).toBeGreaterThan(2);
});

test('naive variants are caught, for the reason they should', async () => {
  const restore = withoutTimers();
  const naive = await catchNaiveRabbitMq().finally(restore);
  expect(naive.map(({ mistake, caught }) => [mistake, caught])).toEqual(naive.map(({ mistake, expected }) => [mistake, expected]));
  expect(naive).toHaveLength(4);
});

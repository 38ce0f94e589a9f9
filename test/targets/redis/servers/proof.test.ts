/*
 * The proof, shorter than npm run prove:databases: the function is stopped at its calls and at pairs of them, also with stale reads, on real
 * servers, and naive variants are caught.
 */
import { PRODUCTS, RedisHarness } from './fixture';
import type { ConnectRedis } from '../../../../lambda-src/redis/connection';
import { hashOf, startRedis } from '../../../../servers/redis/redis';
import { runCopies } from '../../../proof/copies';
import { exhaust } from '../../../proof/exhaustion';
import { catchNaiveRedis, withRedisSubjects } from '../../../proof/redis';
import { withoutTimers } from '../../../proof/without-timers';

const EVERY_BOUNDARY = 17;
const EVERY_PAIR = 151;
const EVERY_STALE = 37;

jest.setTimeout(300_000);

test.each(PRODUCTS)('$name: stopped at some boundaries and pairs, with stale reads, and 5 copies at once, no login is refused', async ({ product }) => {
  const restore = withoutTimers();
  const explored: number[] = [];
  await withRedisSubjects([product], async (subject) => {
    const { boundaries, pairs, stale } = await exhaust(subject, {
      switches: [{}], everyBoundary: EVERY_BOUNDARY, everyPair: EVERY_PAIR, everyStale: EVERY_STALE,
    });
    explored.push(boundaries, pairs, stale);
    await runCopies(subject, 5, 2);
  }).finally(restore);
  expect(explored).toHaveLength(6);
  expect(Math.min(...explored)).toBeGreaterThan(2);
});

test('naive variants are caught, for the reason they should', async () => {
  const restore = withoutTimers();
  const naive = await catchNaiveRedis().finally(restore);
  expect(naive.map(({ mistake, caught }) => [mistake, caught])).toEqual(naive.map(({ mistake, expected }) => [mistake, expected]));
  expect(naive).toHaveLength(5);
});

test('a variant that sends the password in clear is caught on the wire', async () => {
  const server = await startRedis();
  try {
    for (const isNaive of [false, true]) {
      let pending = '';
      const naive = (dial: ConnectRedis): ConnectRedis => async (...login) => {
        const connection = await dial(...login);
        return {
          command: (...args) => connection.command(...args.map((arg) => isNaive && arg === `#${hashOf(pending)}` ? `>${pending}` : arg)),
          close: () => connection.close(),
        };
      };
      const h = await RedisHarness.make(server, { connect: naive });
      const rotation = h.start();
      await h.step(rotation, 'createSecret');
      pending = h.login('AWSPENDING').password;
      await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
      expect(h.sentInClear).toBe(isNaive);
    }
  } finally {
    await server.stop();
  }
});

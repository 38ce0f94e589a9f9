/*
 * The part of `npm run prove` that fits everyday testing: every boundary under every switch, every pair and every stale read under the defaults,
 * and some random histories.
 */
import { exhaust, giveUp, SWITCHES } from './exhaustion';
import { interleave } from './interleavings';
import { EXAMPLE_TARGET, NAIVE_TARGETS, OWN_TARGETS } from './own-targets';
import { SUBJECTS } from './subjects';
import { EAGER, FORGETFUL, TELLING } from './telling';
import { Violation } from './world';
import { CONFIG_VARIABLE } from '../../src/contract';

// A killed copy never ends, and neither would its deadline.
beforeAll(() => { jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'Date', 'queueMicrotask', 'performance'] }); });
afterAll(() => {
  jest.useRealTimers();
  delete process.env[CONFIG_VARIABLE];
});

describe.each(SUBJECTS)('$name', (subject) => {
  test('recovers from a stop at every boundary', async () => {
    const { boundaries } = await exhaust(subject, { pairs: false, stale: false });
    expect(boundaries).toBeGreaterThanOrEqual(4 * 4 * SWITCHES.length);
  });

  test('recovers from a stop at every pair of boundaries, and at every one with every stale read', async () => {
    const { boundaries, pairs, stale } = await exhaust(subject, { switches: [{}] });
    expect(pairs).toBeGreaterThan(1000);
    expect(stale).toBeGreaterThan(boundaries);
  });

  test('keeps every invariant in random histories of two copies, with faults, lag and interference', async () => {
    await interleave(subject, 300);
  });
});

describe.each(OWN_TARGETS)('$name', (subject) => {
  test('recovers from a stop at every boundary and at some pairs, and what readers have is accepted at every instant', async () => {
    const { boundaries, pairs } = await exhaust(subject, { stale: false, switches: [{}], everyPair: 11 });
    expect(boundaries).toBeGreaterThan(4 * 15);
    expect(pairs).toBeGreaterThan(300);
  });
});

describe(TELLING.name, () => {
  test('tells of every promotion at least once, and of nothing else, when it is stopped at every boundary and at some pairs', async () => {
    const { boundaries, pairs } = await exhaust(TELLING, { stale: false, switches: [{}], everyPair: 23 });
    // Twelve calls to Secrets Manager, and the one to the bus.
    expect(boundaries).toBe(4 * 13);
    expect(pairs).toBeGreaterThan(50);
  });

  test('does so in random histories of two copies, with faults, lag and interference', async () => {
    await interleave(TELLING, 50);
  });

  test.each([[FORGETFUL, 'promotionIsTold'], [EAGER, 'tellsOfCurrent']])('is told from one that does not: %#', async (subject, invariant) => {
    const violation: unknown = await exhaust(subject, { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => error);
    expect(violation).toMatchObject({ name: 'Violation', invariant });
  });
});

test('a target that revokes by age leaves nothing of a rotation that is given up, at whichever call; one that only knows the versions does', async () => {
  expect(await giveUp(EXAMPLE_TARGET)).toBeGreaterThan(15);
  const violation: unknown = await giveUp(OWN_TARGETS[0]).catch((error: unknown) => error);
  expect(violation).toMatchObject({ name: 'Violation', invariant: 'overlaps' });
});

test.each(NAIVE_TARGETS)('$subject.name is caught', async ({ subject, breaks }) => {
  const violation: unknown = await exhaust(subject, { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => error);
  expect(violation).toBeInstanceOf(Violation);
  expect((violation as Violation).invariant).toBe(breaks);
});

/*
 * The part of `npm run prove` for everyday tests: every boundary under every switch, some pairs and stale reads under the defaults, and some
 * random histories.
 */
import { runCopies } from './copies';
import { exhaust, giveUp, SWITCHES } from './exhaustion';
import { interleave } from './interleavings';
import { ISSUED_TARGETS, NAIVE_ISSUED, overtake, refuseForeign, rotateAfterPut } from './issued-subjects';
import { EXAMPLE_TARGET, NAIVE_TARGETS, OWN_TARGETS } from './own-targets';
import { SCENARIOS } from './scenarios';
import { SUBJECTS } from './subjects';
import { EAGER, FORGETFUL, TELLING } from './telling';
import { withoutTimers } from './without-timers';
import { Violation } from './world';
import { CONFIG_VARIABLE } from '../../src/contract';

let restoreTimers: () => void;
beforeAll(() => { restoreTimers = withoutTimers(); });
afterAll(() => {
  restoreTimers();
  delete process.env[CONFIG_VARIABLE];
});

describe.each(SUBJECTS)('$name', (subject) => {
  test('recovers from a stop at every boundary', async () => {
    const { boundaries } = await exhaust(subject, { pairs: false, stale: false });
    expect(boundaries).toBeGreaterThanOrEqual(4 * 4 * SWITCHES.length);
  });

  test('recovers from a stop at pairs of boundaries, and at every one with some stale reads', async () => {
    const { boundaries, pairs, stale } = await exhaust(subject, { switches: [{}], everyPair: 61, everyStale: 7 });
    expect(pairs).toBeGreaterThan(20);
    expect(stale).toBeGreaterThan(boundaries / 3);
  });

  test('keeps every invariant in random histories of two copies, with faults, lag and interference', async () => {
    await interleave(subject, 150);
  });
});

describe.each(OWN_TARGETS)('$name', (subject) => {
  test('recovers from a stop at every boundary and at some pairs, and the value of readers is accepted at every instant', async () => {
    const { boundaries, pairs } = await exhaust(subject, { stale: false, switches: [{}], everyPair: 211 });
    expect(boundaries).toBeGreaterThan(4 * 15);
    expect(pairs).toBeGreaterThan(15);
  });
});

describe.each(ISSUED_TARGETS)('$name', (subject) => {
  test('recovers from a stop at every third boundary and at some pairs', async () => {
    const { boundaries, pairs } = await exhaust(subject, { stale: false, switches: [{}], everyBoundary: 3, everyPair: 211 });
    expect(boundaries).toBeGreaterThan(25);
    expect(pairs).toBeGreaterThan(4);
  });

  test('keeps every invariant in random histories of two copies, with faults, lag and interference', async () => {
    await interleave(subject, 20);
  });

  test('issues one key to 20 copies at once', async () => {
    expect(await runCopies(subject, 20, 3)).toBe(240);
  });

  test('leaves no key of an abandoned rotation, and keeps a key of two versions and one that another copy is about to store', async () => {
    expect(await giveUp(subject)).toBeGreaterThan(20);
    await rotateAfterPut(subject);
    await overtake(subject);
  });
});

/** These stop, disturb or overtake every call in turn, as the tests above do. */
const LONG_SCENARIOS = ['everyStop', 'everyFault', 'everyStaleRead', 'manualPut'];

test.each(Object.entries(SCENARIOS).filter(([name]) => !LONG_SCENARIOS.includes(name)))('a target for issued keys keeps every invariant in the scenario %s', async (_, scenario) => {
  expect(await scenario(ISSUED_TARGETS[0])).toBeGreaterThan(0);
});

test('never revokes a foreign key', async () => {
  await refuseForeign();
});

test.each(NAIVE_ISSUED)('a target for issued keys that $name is caught', async ({ run, breaks }) => {
  const violation: unknown = await run().catch((error: unknown) => error);
  expect(violation).toBeInstanceOf(Violation);
  expect((violation as Violation).invariant).toBe(breaks);
});

describe(TELLING.name, () => {
  test('publishes every promotion at least once, and nothing else, when it is stopped at every boundary and at some pairs', async () => {
    const { boundaries, pairs } = await exhaust(TELLING, { stale: false, switches: [{}], everyPair: 47 });
    // Twelve calls to Secrets Manager, and the one to the bus.
    expect(boundaries).toBe(4 * 13);
    expect(pairs).toBeGreaterThan(25);
  });

  test('does the same in random histories of two copies, with faults, lag and interference', async () => {
    await interleave(TELLING, 50);
  });

  test.each([[FORGETFUL, 'promotionIsTold'], [EAGER, 'tellsOfCurrent']])('catches a handler that does not: %#', async (subject, invariant) => {
    const violation: unknown = await exhaust(subject, { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => error);
    expect(violation).toMatchObject({ name: 'Violation', invariant });
  });
});

test('a target that revokes by age leaves nothing of a rotation that is abandoned at any call; one that knows only the versions does', async () => {
  expect(await giveUp(EXAMPLE_TARGET)).toBeGreaterThan(15);
  const violation: unknown = await giveUp(OWN_TARGETS[0]).catch((error: unknown) => error);
  expect(violation).toMatchObject({ name: 'Violation', invariant: 'overlaps' });
});

test.each(NAIVE_TARGETS)('$subject.name is caught', async ({ subject, breaks }) => {
  const violation: unknown = await exhaust(subject, { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => error);
  expect(violation).toBeInstanceOf(Violation);
  expect((violation as Violation).invariant).toBe(breaks);
});

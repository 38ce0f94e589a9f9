/* The part of `npm run prove` for everyday tests. Verifiers check signatures at every instant, which takes time. */
import { runCopies } from './copies';
import { exhaust } from './exhaustion';
import { interleave } from './interleavings';
import { SCENARIOS } from './scenarios';
import { NAIVE_KEYS, SIGNING_KEYS, UNPUBLISHED } from './signing-keys';
import { withoutTimers } from './without-timers';
import { Violation } from './world';
import { CONFIG_VARIABLE } from '../../src/contract';

let restoreTimers: () => void;
beforeAll(() => { restoreTimers = withoutTimers(); });
afterAll(() => {
  restoreTimers();
  delete process.env[CONFIG_VARIABLE];
});

describe.each(SIGNING_KEYS)('$name', (subject) => {
  test('recovers from a stop at some boundaries and pairs, and no verifier refuses what the current key signs', async () => {
    const { boundaries, pairs } = await exhaust(subject, { stale: false, switches: [{}], everyBoundary: 11, everyPair: 97 });
    expect(boundaries).toBeGreaterThanOrEqual(4);
    expect(pairs).toBeGreaterThan(2);
  });

  test('keeps every invariant in random histories of two copies, with faults, lag and interference', async () => {
    await interleave(subject, 10);
  });

  test('case 81: 20 copies at once make one value', async () => {
    expect(await runCopies(subject, 20, 1)).toBe(80);
  });
});

test('keys that are published for the first time sign nothing before verifiers know them, wherever the function stops', async () => {
  const { pairs } = await exhaust(UNPUBLISHED, { stale: false, switches: [{}], everyBoundary: 11, everyPair: 23 });
  expect(pairs).toBeGreaterThan(5);
  await interleave(UNPUBLISHED, 5);
});

const LONG_SCENARIOS = ['everyStop', 'everyFault', 'everyStaleRead', 'manualPut'];

test.each(Object.entries(SCENARIOS).filter(([name]) => !LONG_SCENARIOS.includes(name)))('signing keys keep every invariant in the scenario %s', async (_, scenario) => {
  expect(await scenario(SIGNING_KEYS[0])).toBeGreaterThan(0);
});

test.each(NAIVE_KEYS)('a target that $name is caught', async ({ run, breaks }) => {
  const violation: unknown = await run().catch((error: unknown) => error);
  expect(violation).toBeInstanceOf(Violation);
  expect((violation as Violation).invariant).toBe(breaks);
});

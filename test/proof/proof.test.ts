/*
 * The part of `npm run prove` that fits everyday testing: every boundary under every switch, every pair and every stale read under the defaults,
 * and some random histories.
 */
import { exhaust, SWITCHES } from './exhaustion';
import { interleave } from './interleavings';
import { SUBJECTS } from './subjects';
import { CONFIG_VARIABLE } from '../../src/private/handler-contract';

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

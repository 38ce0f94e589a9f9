/*
 * The proof has teeth: a textbook handler passes, and with any one of the classic mistakes in it is caught, for the reason it should be.
 */
import { violationOf } from './naive';
import { MISTAKES, type Mistake } from './naive/mistakes';
import { textbookSubject } from './naive/subject';
import { SCENARIOS } from './scenarios';
import { SUBJECTS } from './subjects';
import { withoutTimers } from './without-timers';
import { INVARIANTS } from './world';
import { CONFIG_VARIABLE } from '../../src/contract';

let restoreTimers: () => void;
beforeAll(() => { restoreTimers = withoutTimers(); });
afterAll(() => {
  restoreTimers();
  delete process.env[CONFIG_VARIABLE];
});

describe('a naive handler is caught', () => {
  test.each(Object.keys(MISTAKES) as Mistake[])('%s', async (mistake) => {
    expect(await violationOf(mistake)).toMatchObject({ name: 'Violation', invariant: MISTAKES[mistake].breaks });
  });
});

test('every invariant, and every scenario, finds out at least one naive handler', () => {
  const expectations = Object.values(MISTAKES);
  // Naive strategies, modules and issued targets break what is about a server (databases.ts, own-targets.ts, issued-subjects.ts). The handlers of
  // telling.ts break what is about notifications.
  const elsewhere = ['accepted', 'overlaps', 'tellsOfCurrent', 'promotionIsTold', 'putsNext', 'oneCredential', 'foreignKept'];
  const invariants = Object.keys(INVARIANTS).filter((invariant) => !elsewhere.includes(invariant));
  expect(new Set(expectations.map(({ breaks }) => breaks))).toEqual(new Set(invariants));
  expect(new Set(expectations.map(({ scenario }) => scenario))).toEqual(new Set(Object.keys(SCENARIOS)));
});

describe.each([textbookSubject(), ...SUBJECTS])('the $name handler keeps every invariant', (subject) => {
  test.each(Object.entries(SCENARIOS))('%s', async (_, scenario) => {
    expect(await scenario(subject)).toBeGreaterThan(0);
  }, 30_000);
});

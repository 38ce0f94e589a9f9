/* Tests of the proof: a textbook handler passes, and each classic mistake in it is caught, for the right reason. */
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

describe('catches a naive handler:', () => {
  test.each(Object.keys(MISTAKES) as Mistake[])('%s', async (mistake) => {
    expect(await violationOf(mistake)).toMatchObject({ name: 'Violation', invariant: MISTAKES[mistake].breaks });
  });
});

test('every invariant and every scenario catches at least one naive handler', () => {
  const expectations = Object.values(MISTAKES);
  // Naive strategies, modules and issued targets break the invariants about a server (databases.ts, own-targets.ts, issued-subjects.ts). The
  // handlers of telling.ts break the invariants about notifications.
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

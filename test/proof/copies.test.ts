import { countCopies, runCopies } from './copies';
import { progressEvery } from './progress';
import { SUBJECTS, type Subject } from './subjects';
import { withoutTimers } from './without-timers';
import { CONFIG_VARIABLE } from '../../src/contract';

const [GENERATED] = SUBJECTS;

let restoreTimers: () => void;
beforeAll(() => { restoreTimers = withoutTimers(); });
afterAll(() => {
  restoreTimers();
  delete process.env[CONFIG_VARIABLE];
});

class StepError extends Error {
  public override readonly name = 'StepError';
}

describe('the report of many copies at once', () => {
  test('counts rotations and steps, and reports after each rotation', async () => {
    const told: string[] = [];
    const report = await countCopies(GENERATED, 20, 3, (done) => told.push(done));
    expect(report).toEqual({ rounds: 3, steps: 240, failed: 0, lockedOut: 0 });
    expect(told).toEqual(['1 of 3 rotations, 80 steps', '2 of 3 rotations, 160 steps', '3 of 3 rotations, 240 steps']);
  });

  test('counts the copies that failed, and stops there', async () => {
    const failing: Subject = {
      ...GENERATED,
      makeHandler: (dependencies) => {
        const handler = GENERATED.makeHandler(dependencies);
        return async (event, context) => {
          if ((event as { Step: string }).Step === 'testSecret') { throw new StepError('The value was refused, in every copy'); }
          return handler(event, context);
        };
      },
    };
    expect(await countCopies(failing, 20, 3)).toMatchObject({ rounds: 0, steps: 60, failed: 20, lockedOut: 0, violation: { invariant: 'recovers' } });
    await expect(runCopies(failing, 20, 3)).rejects.toThrow('20 of 20 copies of testSecret failed');
  });

  test('counts a server that refuses the current value as locked out', async () => {
    const refusing: Subject = { ...GENERATED, server: { alwaysAcceptsCurrent: true, reset: async () => {}, accepts: async () => false } };
    expect(await countCopies(refusing, 20, 3)).toMatchObject({ rounds: 0, failed: 0, lockedOut: 1, violation: { invariant: 'accepted' } });
  });
});

test('writes a line of progress about every five seconds, with the elapsed time', () => {
  const lines: string[] = [];
  let time = 1_000;
  const progress = progressEvery((line) => lines.push(line), () => time);
  for (let done = 1; done <= 12; done++) {
    time += 1_000;
    progress(`${done} boundaries`);
  }
  expect(lines).toEqual(['  5 boundaries, 5 s', '  10 boundaries, 10 s']);
});

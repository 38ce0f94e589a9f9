import { Deadline } from '../../../lambda-src/rotation/deadline';
import type { Reply } from '../../../lambda-src/targets/own/api';
import { KnownValues } from '../../../lambda-src/targets/own/known-values';
import { findReplyProblem, pollUntilDone } from '../../../lambda-src/targets/own/poll-until-done';

/** Asks with these replies, the last one repeated, in a time that only waiting uses. */
function ask(replies: Reply[], remaining = 30_000) {
  const waits: number[] = [];
  const deadline = new Deadline(() => remaining, async (milliseconds) => {
    waits.push(milliseconds);
    remaining -= milliseconds;
  });
  const mask = jest.fn(async () => new KnownValues(['p4ssw0rd']));
  const settled = pollUntilDone('setSecret of it', async () => replies.length > 1 ? replies.shift()! : replies[0], mask, deadline);
  return { settled, waits, mask };
}

test('asks once if it is done, and reads no value to mask', async () => {
  const { settled, waits, mask } = ask([{ status: 'done' }]);
  await settled;
  expect([waits, mask.mock.calls]).toEqual([[], []]);
});

test('asks again while it is not done, each time after twice as long, up to five seconds', async () => {
  const { settled, waits } = ask([...Array.from({ length: 7 }, (): Reply => ({ status: 'notYet' })), { status: 'done' }]);
  await settled;
  expect(waits).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('asks again after a given delay, but not at once', async () => {
  const { settled, waits } = ask([{ status: 'notYet', retryAfterMillis: 0 }, { status: 'notYet', retryAfterMillis: 7000 }, { status: 'done' }]);
  await settled;
  expect(waits).toEqual([100, 7000]);
});

test('gives up while there is time to log the reason', async () => {
  const { settled, waits } = ask([{ status: 'notYet', reason: 'The key p4ssw0rd spreads' }], 3_000);
  await expect(settled).rejects.toMatchObject({
    name: 'TargetNotReadyError', message: expect.stringMatching(/^setSecret of it was not ready in the time .*: The key \*\*\* spreads\. .*raise the timeout/),
  });
  expect(waits).toEqual([200, 400, 800]);
});

test('fails with its reason, without the values of the secret, and cut to the limit of the log', async () => {
  const { settled } = ask([{ status: 'failed', reason: `p4ssw0rd is refused ${'x'.repeat(2000)}` }]);
  const error: Error = await settled.then(() => { throw new Error('It is done'); }, (thrown: Error) => thrown);
  expect(error).toMatchObject({ name: 'TargetRefusedError', message: expect.stringMatching(/^setSecret of it failed: \*\*\* is refused x+$/) });
  expect(error.message.length).toBeLessThan(1100);
});

test('waits by default if retryAfterMillis is null', async () => {
  const { settled, waits } = ask([{ status: 'notYet', reason: null, retryAfterMillis: null }, { status: 'done' }]);
  await settled;
  expect(waits).toEqual([200]);
});

test('the error of a step has the last reason if its time is up in a later call', async () => {
  const deadline = new Deadline(() => 1_300);
  let asked = 0;
  const replies = ['The key p4ssw0rd spreads', 'The key p4ssw0rd still spreads'];
  const asking = () => asked < 2 ? Promise.resolve<Reply>({ status: 'notYet', reason: replies[asked++], retryAfterMillis: 0 }) : new Promise<Reply>(() => {});
  const step = deadline.run('setSecret', () => pollUntilDone('setSecret of it', asking, async () => new KnownValues(['p4ssw0rd']), deadline));
  await expect(step).rejects.toMatchObject({ name: 'StepTimeoutError', message: expect.stringMatching(/\. Before, setSecret of it was not ready: The key \*\*\* still spreads$/) });
});

test('says if there was no reason', async () => {
  await expect(ask([{ status: 'failed', reason: '' }]).settled).rejects.toMatchObject({ message: 'setSecret of it failed: It gave no reason' });
});

test.each<[unknown, string]>([
  [null, 'not an object'],
  ['done', 'not an object'],
  [[], 'not an object'],
  [{}, 'no status'],
  [{ state: 'done' }, 'no status'],
  [{ status: 'p4ssw0rd' }, 'none of "done", "notYet", "failed"'],
  [{ status: 'failed' }, 'no reason'],
  [{ status: null }, 'no status'],
  [{ status: 'failed', reason: null }, 'no reason'],
  [{ status: 'failed', reason: 1 }, 'reason that is not a string'],
  [{ status: 'notYet', retryAfterMillis: '5' }, 'retryAfterMillis that is not a number'],
  [{ status: 'notYet', retryAfterMillis: -1 }, 'retryAfterMillis that is not a number'],
  [{ status: 'notYet', retryAfterMillis: Infinity }, 'retryAfterMillis that is not a number'],
])('a reply that is %j %s, and its content is not repeated', (reply, problem) => {
  expect(findReplyProblem(reply)).toContain(problem);
  expect(findReplyProblem(reply)).not.toContain('p4ssw0rd');
});

test.each([
  [{ status: 'done' }], [{ status: 'done', reason: null, retryAfterMillis: null }], [{ status: 'notYet', reason: null, retryAfterMillis: null }], [{ status: 'done', more: 1 }], [{ status: 'notYet' }], [{ status: 'notYet', reason: 'r', retryAfterMillis: 0 }], [{ status: 'failed', reason: 'r' }],
])('%j is a valid reply', (reply) => {
  expect(findReplyProblem(reply)).toBeUndefined();
});

import type { Reply } from './api';
import type { Mask } from './mask';
import type { Deadline } from '../../rotation/deadline';
import { TargetNotReadyError, TargetRefusedError } from '../../rotation/errors';

const MAX_REASON = 1000;
const FIRST_DELAY = 200;
const LONGEST_DELAY = 5000;

/**
 * Asks until it is done, as long as there is time.
 *
 * @param who whose reply it is, for the errors
 * @param mask made only where a reply has a reason, which may quote a value
 */
export async function settle(who: string, ask: () => Promise<Reply>, mask: () => Promise<Mask>, deadline: Deadline): Promise<void> {
  const reasonOf = async (reason = '') => reason === '' ? 'It gave no reason' : (await mask()).apply(reason).slice(0, MAX_REASON);
  for (let delay = FIRST_DELAY; ; delay = Math.min(2 * delay, LONGEST_DELAY)) {
    const reply = await ask();
    if (reply.status === 'done') { return; }
    if (reply.status === 'failed') { throw new TargetRefusedError(`${who} failed: ${await reasonOf(reply.reason)}`); }
    if (!await deadline.pause(reply.retryAfterMillis ?? delay)) {
      throw new TargetNotReadyError(`${who} was not ready in the time that the function has: ${await reasonOf(reply.reason)}. Secrets Manager tries the rotation again; `
        + 'if it never is, raise the timeout of the RotationFunction');
    }
  }
}

/**
 * What is wrong with a reply; undefined where it is one. Says nothing of what the reply holds: it may be a value.
 */
export function findReplyProblem(reply: unknown): string | undefined {
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply)) { return 'is not an object'; }
  const { status, reason, retryAfterMillis } = reply as Record<string, unknown>;
  if (status === undefined) { return 'has no status'; }
  if (status !== 'done' && status !== 'notYet' && status !== 'failed') { return 'has a status that is none of "done", "notYet", "failed"'; }
  if (status === 'failed' && reason === undefined) { return 'has the status "failed" and no reason'; }
  if (reason !== undefined && typeof reason !== 'string') { return 'has a reason that is not a string'; }
  if (retryAfterMillis !== undefined && !(typeof retryAfterMillis === 'number' && retryAfterMillis >= 0 && Number.isFinite(retryAfterMillis))) {
    return 'has a retryAfterMillis that is not a number of at least 0';
  }
  return undefined;
}

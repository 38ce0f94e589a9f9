import type { Reply } from './api';
import type { Deadline } from '../../rotation/deadline';
import { TargetNotReadyError, TargetRefusedError } from '../../rotation/errors';

const MAX_REASON = 1000;
const LEFT_OUT = 'Its reason is left out, because the values of the secret can\'t be read to mask them in it';
const FIRST_DELAY = 200;
const LONGEST_DELAY = 5000;
/** Lambda charges and throttles invocations. */
const SHORTEST_DELAY = 100;

/** Hides the values of the secret in a text. */
export interface Hides {
  hide(text: string): string;
}

/**
 * Undefined if it isn't known what to hide.
 *
 * @param isForLater whether the text leaves the function only after further calls of the user's code
 */
type MakeMask = (isForLater?: boolean) => Promise<Hides | undefined>;

/**
 * Calls it until it is done, while there is time.
 *
 * @param who the module or function that replies, for the errors
 * @param mask called only if a reply has a reason, which may quote a value
 */
export async function pollUntilDone(who: string, ask: () => Promise<Reply>, mask: MakeMask, deadline: Deadline): Promise<void> {
  const reasonOf = async (reason?: string | null) => reason ? (await mask())?.hide(reason).slice(0, MAX_REASON) ?? LEFT_OUT : 'It gave no reason';
  let last: string | null | undefined;
  // For the error of a step that reaches the deadline in a later call.
  const remember = async (reason?: string | null) => {
    if (!reason || reason === last) { return; }
    last = reason;
    const hides = await mask(true);
    deadline.addToTimeout(() => `. Before, ${who} was not ready: ${hides?.hide(reason).slice(0, MAX_REASON) ?? LEFT_OUT}`);
  };
  for (let delay = FIRST_DELAY; ; delay = Math.min(2 * delay, LONGEST_DELAY)) {
    const reply = await ask();
    if (reply.status === 'done') { return; }
    if (reply.status === 'failed') { throw new TargetRefusedError(`${who} failed: ${await reasonOf(reply.reason)}`); }
    await remember(reply.reason);
    if (!await deadline.pause(Math.max(reply.retryAfterMillis ?? delay, SHORTEST_DELAY))) {
      throw new TargetNotReadyError(`${who} was not ready in the time that the function has: ${await reasonOf(reply.reason)}. Secrets Manager retries the rotation; `
        + 'if it never is, raise the timeout of the RotationFunction');
    }
  }
}

/** What is wrong with a reply. Undefined if nothing is. It doesn't repeat any content of the reply, which may be a value. */
export function findReplyProblem(reply: unknown): string | undefined {
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply)) { return 'is not an object'; }
  // Serializers of some languages write absent fields as null.
  const [status, reason, retryAfterMillis] = ['status', 'reason', 'retryAfterMillis'].map((field) => (reply as Record<string, unknown>)[field] ?? undefined);
  if (status === undefined) { return 'has no status'; }
  if (status !== 'done' && status !== 'notYet' && status !== 'failed') { return 'has a status that is none of "done", "notYet", "failed"'; }
  if (status === 'failed' && reason === undefined) { return 'has the status "failed" and no reason'; }
  if (reason !== undefined && typeof reason !== 'string') { return 'has a reason that is not a string'; }
  if (retryAfterMillis !== undefined && !(typeof retryAfterMillis === 'number' && retryAfterMillis >= 0 && Number.isFinite(retryAfterMillis))) {
    return 'has a retryAfterMillis that is not a number of at least 0';
  }
  return undefined;
}

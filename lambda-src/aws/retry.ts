import type { Deadline } from '../rotation/deadline';

/** How retries wait, and how long. */
export type Patience = Pick<Deadline, 'pause'> & {
  /** The shortest delay before each retry, in milliseconds. The longest is twice as long. */
  readonly retryDelays?: readonly number[];
};

/** By default, in milliseconds. */
const RETRY_DELAYS = [100, 400, 1_600];

/**
 * Makes an attempt, and retries it while there is time and `isWorthIt` returns true for the last result. The delays are random, because functions
 * that are throttled together would be throttled together again.
 */
export async function retry<T>(attempt: () => Promise<T>, isWorthIt: (result: T) => boolean, patience: Patience): Promise<T> {
  let result = await attempt();
  for (const delay of patience.retryDelays ?? RETRY_DELAYS) {
    if (!isWorthIt(result) || !await patience.pause(delay * (1 + Math.random()))) { break; }
    result = await attempt();
  }
  return result;
}

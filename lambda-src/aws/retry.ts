import type { Deadline } from '../rotation/deadline';

/** The delays before each retry, in milliseconds. */
const RETRY_DELAYS = [100, 400, 1_600];

/** Makes an attempt, and retries it while there is time and `isWorthIt` returns true for the last result. */
export async function retry<T>(attempt: () => Promise<T>, isWorthIt: (result: T) => boolean, deadline: Deadline): Promise<T> {
  let result = await attempt();
  for (const delay of RETRY_DELAYS) {
    if (!isWorthIt(result) || !await deadline.pause(delay)) { break; }
    result = await attempt();
  }
  return result;
}

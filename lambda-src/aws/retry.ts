import type { Deadline } from '../rotation/deadline';

/** How long to wait before each further attempt, in milliseconds. */
const RETRY_DELAYS = [100, 400, 1_600];

/** Makes an attempt, and further ones as long as there is time and `isWorthIt` says so of the last. */
export async function retry<T>(attempt: () => Promise<T>, isWorthIt: (result: T) => boolean, deadline: Deadline): Promise<T> {
  let result = await attempt();
  for (const delay of RETRY_DELAYS) {
    if (!isWorthIt(result) || !await deadline.pause(delay)) { break; }
    result = await attempt();
  }
  return result;
}

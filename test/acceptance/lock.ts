import { setTimeout as sleep } from 'node:timers/promises';
import { prefixesOf, type Owner } from './kind';

/** How often a run renews its mark, in milliseconds. */
const RENEWAL = 2_000;
/** How long another run's mark may stay the same, in milliseconds. */
const WATCH = 3 * RENEWAL;

const isMark = (name: string) => /^alive_\d+/.test(name.slice(name.indexOf('alive_')));

export interface Taken {
  /** Lets another run begin. A lock of the server's own ends with the session. */
  release(): Promise<void>;
}

/**
 * Keeps a second run out. Where a server has no lock that ends with its session, a run makes a user of its own as a mark, and makes it anew every two
 * seconds. The marks of a run that was killed stay the same.
 *
 * @returns undefined if another run has it
 */
export async function takeLock({ lock, names }: Pick<Owner, 'lock' | 'names'>, prefix: string, pause: (milliseconds: number) => Promise<unknown> = sleep): Promise<Taken | undefined> {
  if ('take' in lock) { return await lock.take() ? { release: async () => {} } : undefined; }
  let count = 0;
  let isReleased = false;
  const nameOf = (n: number) => `${prefix}alive_${n}`;
  const renew = async () => {
    await lock.mark(nameOf(count + 1));
    await lock.unmark(nameOf(count));
    count++;
  };
  // A user who may not see names may not take a mark away either.
  await names();
  await lock.mark(nameOf(0));
  const renewing = (async () => {
    for (;;) {
      for (let waited = 0; waited < RENEWAL && !isReleased; waited += 100) { await pause(100); }
      if (isReleased) { return; }
      // What the server doesn't answer here, it doesn't answer the run either.
      await renew().catch(() => {});
    }
  })();
  const release = async () => {
    isReleased = true;
    await renewing;
    for (const n of [count, count + 1]) { await lock.unmark(nameOf(n)).catch(() => {}); }
  };
  const marksOfOthers = async () => (await names()).filter((name) => isMark(name) && !name.includes(prefix) && prefixesOf([name]).length > 0);
  try {
    const before = new Set(await marksOfOthers());
    if (before.size > 0) {
      await pause(WATCH);
      if ((await marksOfOthers()).some((name) => !before.has(name))) {
        await release();
        return undefined;
      }
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

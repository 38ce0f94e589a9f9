/** Is told how much is done: `120 boundaries`. Cheap, so that it can be called in every loop. */
export type Progress = (done: string) => void;

export const silent: Progress = () => {};

const EVERY_MS = 5_000;

/** Writes a line about every five seconds. Reads the clock instead of setting a timer, because proofs run without timers. */
export function progressEvery(write: (line: string) => void, now: () => number = () => performance.now(), every = EVERY_MS): Progress {
  const start = now();
  let last = start;
  return (done) => {
    const time = now();
    if (time - last < every) { return; }
    last = time;
    write(`  ${done}, ${((time - start) / 1000).toFixed(0)} s`);
  };
}

/** Gets the progress, such as `120 boundaries`. It is cheap, so that every loop can call it. */
export type Progress = (done: string) => void;

export const silent: Progress = () => {};

const EVERY_MS = 5_000;

/** Writes a line about every five seconds. It reads the clock and sets no timer, because proofs run without timers. */
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

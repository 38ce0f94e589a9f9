import { StepTimeoutError } from './errors';

/** The time kept to log why a step gave up, in milliseconds. */
const MARGIN = 1000;

/** The delays before each further read of something that may lag behind a write, in milliseconds. */
const REREAD_DELAYS = [100, 200, 400, 800, 1600];

export type Sleep = (milliseconds: number) => Promise<void>;

const realSleep: Sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The time that a step has, from the time that Lambda has left. */
export class Deadline {
  /** Aborted at the deadline, with the StepTimeoutError as its reason. */
  public readonly signal: AbortSignal;
  /** The longest that any copy of the function can run, in milliseconds. A copy that acted longer ago has ended. */
  public longestInMillis = Infinity;
  private more?: () => string;
  private readonly controller = new AbortController();

  constructor(private readonly remaining: () => number, private readonly sleep: Sleep = realSleep) {
    this.signal = this.controller.signal;
  }

  /**
   * Runs `step`, and rejects at the deadline even if `step` never ends.
   *
   * @throws StepTimeoutError if less than a second of the function's time is left.
   */
  public async run<T>(what: string, step: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    this.longestInMillis = this.remaining();
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new StepTimeoutError(`${what} gave up because the time-out of the function is near. Secrets Manager retries the `
          + 'rotation; if it keeps happening, look for what is slow or unreachable, or raise the timeout of the RotationFunction' + (this.more?.() ?? ''));
        reject(error);
        this.controller.abort(error);
      }, Math.max(0, this.longestInMillis - MARGIN));
    });
    try {
      return await Promise.race([step(), expired]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Adds a text to the error of a step that reaches the deadline. */
  public addToTimeout(more: () => string): void {
    this.more = more;
  }

  /** The remaining time, in milliseconds. */
  public remainingTimeInMillis(): number {
    return Math.max(0, this.remaining() - MARGIN);
  }

  /** Waits. Returns false, without waiting, if the deadline would pass. */
  public async pause(milliseconds: number): Promise<boolean> {
    if (this.remainingTimeInMillis() <= milliseconds) { return false; }
    await this.sleep(milliseconds);
    return true;
  }

  /** Calls `look` a few times until it returns a result, because a read may lag behind a write for a moment. */
  public async reread<T>(look: () => Promise<T | undefined>, looks = REREAD_DELAYS.length + 1): Promise<T | undefined> {
    for (const delay of REREAD_DELAYS.slice(0, looks - 1)) {
      const found = await look();
      if (found !== undefined) { return found; }
      if (!await this.pause(delay)) { return undefined; }
    }
    return look();
  }
}

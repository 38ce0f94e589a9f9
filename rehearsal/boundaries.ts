import type { Step } from './api';
import { RotationError } from '../lambda-src/rotation/errors';

/** How a run can be stopped at a boundary: the process dies, or the code sees a lost connection. */
export const ENDINGS = ['diedBefore', 'diedAfter', 'cutBefore', 'cutAfter'] as const;
export type Ending = typeof ENDINGS[number];

/** A request that gets an answer. */
export interface Boundary {
  readonly step: Step;
  /** Such as `PUT /keys/7`. It may hold a value. */
  readonly what: string;
  /** Whether the rotation sends it, and not the code under rehearsal. */
  readonly own: boolean;
  /** Whether it never gets an answer, as when a connection is closed. Losing it has no effect. */
  isUnanswered?: boolean;
}

export interface Stop {
  readonly index: number;
  readonly ending: Ending;
}

/** The boundaries of one rotation, which may be stopped at one of them. */
export class Boundaries {
  public readonly reached: Boundary[] = [];
  public stopped?: Boundary;
  /** Requests that the code didn't await. */
  public readonly abandoned: Boundary[] = [];
  /** Whether the code under rehearsal sent anything after the stop. */
  public wentOn = false;

  constructor(public readonly stop?: Stop) {}

  /** Records a boundary, and returns how the run ends there. Undefined if it doesn't. */
  public reach(boundary: Boundary): Ending | undefined {
    this.wentOn ||= this.stopped !== undefined && !boundary.own;
    if (this.reached.push(boundary) - 1 !== this.stop?.index) { return undefined; }
    this.stopped = boundary;
    return this.stop.ending;
  }
}

/** The process of the function has died. */
export class Died extends RotationError {
  public override readonly name = 'Died';
}

/** One call of the code under rehearsal. */
export class Invocation {
  /** Rejects when it dies. */
  public readonly death: Promise<never>;
  public isOver = false;
  public isDead = false;
  /** Requests in progress. */
  public readonly open = new Set<string>();
  private readonly ends: (() => void)[] = [];
  private reject!: (error: Died) => void;

  constructor(public readonly step: Step, private readonly boundaries: Boundaries) {
    this.death = new Promise<never>((_, reject) => { this.reject = reject; });
    this.death.catch(() => {});
  }

  public reach(what: string, boundary: Boundary = { step: this.step, what, own: false }): Ending | undefined {
    return this.boundaries.reach(boundary);
  }

  /** Registers what ends with it. */
  public whenDead(end: () => void): void { this.ends.push(end); }

  /** It has thrown, or `returned`. */
  public end(returned = false): void {
    this.isOver = true;
    if (returned) { this.open.forEach((what) => this.abandon(what)); }
  }

  /** Records a request that is in progress, or was sent, after its step was over. */
  public abandon(what: string): void { this.boundaries.abandoned.push({ step: this.step, what, own: false }); }

  public die(): void {
    if (this.isOver) { return; }
    this.isOver = this.isDead = true;
    this.reject(new Died('The function died'));
    for (const end of this.ends) { end(); }
  }
}

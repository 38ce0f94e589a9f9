import type { Step } from './api';
import { RotationError } from '../lambda-src/rotation/errors';

/** How a run can be stopped at a boundary: the process dies, or the code sees a lost connection. */
export const ENDINGS = ['diedBefore', 'diedAfter', 'cutBefore', 'cutAfter'] as const;
export type Ending = typeof ENDINGS[number];

/** Something that goes out and is answered. */
export interface Boundary {
  readonly step: Step;
  /** Such as `PUT /keys/7`. It may hold a value. */
  readonly what: string;
  /** Whether it is the rotation's, not that of the code under rehearsal. */
  readonly own: boolean;
  /** Whether nothing ever came back, as to a goodbye: to lose it loses nothing. */
  isUnanswered?: boolean;
}

export interface Stop {
  readonly index: number;
  readonly ending: Ending;
}

/** The boundaries of one rotation, of which it may be stopped at one. */
export class Boundaries {
  public readonly reached: Boundary[] = [];
  public stopped?: Boundary;
  /** Requests that nobody waited for. */
  public readonly abandoned: Boundary[] = [];
  /** Whether the code under rehearsal sent anything after the stop. */
  public wentOn = false;

  constructor(public readonly stop?: Stop) {}

  /** Takes note of a boundary, and says how the run ends there, if it does. */
  public reach(boundary: Boundary): Ending | undefined {
    this.wentOn ||= this.stopped !== undefined && !boundary.own;
    if (this.reached.push(boundary) - 1 !== this.stop?.index) { return undefined; }
    this.stopped = boundary;
    return this.stop.ending;
  }
}

/** The process of the function is no more. */
export class Died extends RotationError {
  public override readonly name = 'Died';
}

/** One call of the code under rehearsal. */
export class Invocation {
  /** Rejects when it dies. */
  public readonly death: Promise<never>;
  public isOver = false;
  public isDead = false;
  /** Requests that are under way. */
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

  /** What dies along. */
  public whenDead(end: () => void): void { this.ends.push(end); }

  /** It has thrown, or `returned`. */
  public end(returned = false): void {
    this.isOver = true;
    if (returned) { this.open.forEach((what) => this.abandon(what)); }
  }

  /** A request is under way, or is sent, when it is over already. */
  public abandon(what: string): void { this.boundaries.abandoned.push({ step: this.step, what, own: false }); }

  public die(): void {
    if (this.isOver) { return; }
    this.isOver = this.isDead = true;
    this.reject(new Died('The function died'));
    for (const end of this.ends) { end(); }
  }
}

import { TTL_SECONDS } from './scale.js';

/** Counts the reads of a secret by one service, as Secrets Manager sees them. */
export class Reads {
  /** Because what was cached was too old. */
  aged = 0;
  /** Before that. */
  early = 0;
  private last = -Infinity;

  count(): void {
    const now = performance.now();
    if (now - this.last >= TTL_SECONDS * 1000) { this.aged++; } else { this.early++; }
    this.last = now;
  }

  get total(): number {
    return this.aged + this.early;
  }
}

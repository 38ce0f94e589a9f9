import type { Design } from './designs.js';
import { COMPRESSION } from './scale.js';

/** https://aws.amazon.com/secrets-manager/pricing/: $0.05 per 10,000 API calls. */
const DOLLARS_PER_READ = 0.05 / 10_000;
const REQUESTS_PER_SECOND = 100;
const DAYS = 30;
const SECONDS_PER_MONTH = DAYS * 24 * 60 * 60;
/** One a day: the default is one in 30 days. */
const ROTATIONS_PER_MONTH = DAYS;

export interface Measured {
  readonly design: Design;
  readonly seconds: number;
  readonly rotations: number;
  readonly requests: number;
  readonly agedReads: number;
  readonly earlyReads: number;
}

/** What one process with 100 requests a second and one rotation a day would read in 30 days, if it goes on as it was measured. */
export function readsPerMonth({ design, seconds, rotations, requests, agedReads, earlyReads }: Measured): number {
  if (design === 'no cache') { return (agedReads + earlyReads) / requests * REQUESTS_PER_SECOND * SECONDS_PER_MONTH; }
  return agedReads / (seconds * COMPRESSION) * SECONDS_PER_MONTH + earlyReads / rotations * ROTATIONS_PER_MONTH;
}

export function dollars(reads: number): number {
  return reads * DOLLARS_PER_READ;
}

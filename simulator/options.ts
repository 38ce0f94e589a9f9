import type { Operation } from './types';

/** Where the service's behaviour isn't documented, or was seen both ways. Run tests both ways. */
export interface Switches {
  /**
   * Whether moving AWSCURRENT to a version takes AWSPENDING away from it at once. The user guide says so; versions with
   * both labels were seen too.
   *
   * @default true
   */
  readonly promotionRemovesPending: boolean;
  /**
   * Whether a version that is created by hand takes AWSPENDING away, from the version of the rotation that it abandons or
   * from the version that AWSCURRENT leaves.
   *
   * @default true
   */
  readonly manualPutRemovesPending: boolean;
  /**
   * Which moment the CreatedDate of a version started by RotateSecret shows: that of RotateSecret, or that of the put of
   * its value.
   *
   * @default 'rotate'
   */
  readonly pendingCreatedDate: 'rotate' | 'put';
  /**
   * Whether a rotation has a RotationToken, without which its version takes no value. The service only insists on it where
   * the function assumes a role or is of another account.
   *
   * @default false
   */
  readonly issueRotationTokens: boolean;
  /**
   * How many versions without a label are kept. The service removes older ones, though none of the last 24 hours.
   *
   * @default 100
   */
  readonly maxUnlabelledVersions: number;
  /** @default 'us-east-1' */
  readonly region: string;
  /** @default '111122223333' */
  readonly account: string;
}

export const DEFAULT_SWITCHES: Switches = {
  promotionRemovesPending: true,
  manualPutRemovesPending: true,
  pendingCreatedDate: 'rotate',
  issueRotationTokens: false,
  maxUnlabelledVersions: 100,
  region: 'us-east-1',
  account: '111122223333',
};

/** A call as an interceptor sees it. */
export interface InterceptedCall {
  readonly operation: Operation;
  readonly kind: 'read' | 'write';
  /** The request as the caller sent it, with its values. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The number of the call, as in `calls`. */
  readonly index: number;
}

/**
 * Runs twice in a call. What it throws is what the caller gets: in the phase `before` the service never did the
 * operation; in the phase `after`, which only a successful operation has, it did and the answer is lost. A promise
 * holds the call up.
 */
export type Interceptor = (call: InterceptedCall & { readonly phase: 'before' | 'after' }) => void | Promise<void>;

export interface SimulatorOptions extends Partial<Switches> {
  /**
   * The time in milliseconds, asked at every write and at no read.
   *
   * @default a logical clock that starts at 2026-01-01 and moves with every write, so that no two writes share a date
   */
  readonly now?: () => number;
  /**
   * How far the logical clock moves, in milliseconds.
   *
   * @default 1000
   */
  readonly clockStep?: number;
  /**
   * The seed of everything random: ARNs, tokens, passwords.
   *
   * @default 1
   */
  readonly seed?: number;
  /**
   * Numbers from 0 up to 1, instead of the seeded ones. Branches then share it.
   *
   * @default seeded
   */
  readonly random?: () => number;
  /**
   * How many writes behind a read is: 0 is up to date. The simulator remembers the last 100.
   *
   * @default reads are up to date
   */
  readonly lag?: (call: InterceptedCall) => number;
  /** @default no faults */
  readonly intercept?: Interceptor;
  /**
   * Whether `calls` keeps the requests, with their values.
   *
   * @default false
   */
  readonly recordInputs?: boolean;
}

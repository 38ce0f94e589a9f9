import type { Operation } from './types';

/** Behaviour of the service that isn't documented, or that was seen both ways. Run tests both ways. */
export interface Switches {
  /**
   * Whether moving AWSCURRENT to a version removes AWSPENDING from it at once. The user guide says so, but versions with both labels were seen
   * too.
   *
   * @default true
   */
  readonly promotionRemovesPending: boolean;
  /**
   * Whether a version that is created by hand removes AWSPENDING, from the version of the abandoned rotation or from the version that AWSCURRENT
   * leaves.
   *
   * @default true
   */
  readonly manualPutRemovesPending: boolean;
  /**
   * The CreatedDate of a version started by RotateSecret: the time of RotateSecret, or the time of the put of its value.
   *
   * @default 'rotate'
   */
  readonly pendingCreatedDate: 'rotate' | 'put';
  /**
   * Whether a rotation has a RotationToken, without which its version accepts no value. The service requires it only if the function assumes a
   * role or is in another account.
   *
   * @default false
   */
  readonly issueRotationTokens: boolean;
  /**
   * How many versions without a label are kept. The service removes older ones, but none of the last 24 hours.
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
 * Runs twice in a call. The caller gets the error that it throws. In the phase `before`, the service never did the operation. In the phase
 * `after`, which only a successful operation has, it did, and the answer is lost. A promise delays the call.
 */
export type Interceptor = (call: InterceptedCall & { readonly phase: 'before' | 'after' }) => void | Promise<void>;

export interface SimulatorOptions extends Partial<Switches> {
  /**
   * The time in milliseconds, read at every write and at no read.
   *
   * @default a logical clock that starts at 2026-01-01 and moves with every write, so that no two writes have the same date
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
   * How many writes a read lags behind: 0 is up to date. The simulator keeps the last 100.
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

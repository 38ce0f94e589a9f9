/** The result of a case with a strategy. */
export interface CaseResult {
  readonly kind: 'case';
  readonly strategy: string;
  readonly numbers: readonly number[];
  readonly what: string;
  /** What didn't hold. Undefined if all did. */
  readonly failure?: string;
  readonly seconds: number;
}

/** How often the rotation was stopped at a call. */
export interface StopsResult {
  readonly kind: 'stops';
  readonly strategy: string;
  readonly boundaries: number;
  readonly failure?: string;
  readonly seconds: number;
}

/** A strategy that the server or the user didn't allow. */
export interface NotRun {
  readonly kind: 'notRun';
  readonly strategy: string;
  readonly reason: string;
}

export type Result = CaseResult | StopsResult | NotRun;

/** What the worker sends. */
export type Message = Result | { readonly kind: 'progress'; readonly done: string } | { readonly kind: 'end' };

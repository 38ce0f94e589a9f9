import type { RotationEventName } from '../events';
import type { Switches } from '../options';
import type { Secret, State } from '../state';
import type { Inputs, Operation, Outputs } from '../types';

/** The input of an operation, in addition to its request. */
export interface Context {
  readonly state: State;
  /** The date of this write. */
  readonly at: number;
  readonly random: () => number;
  readonly switches: Switches;
  readonly emit: (name: RotationEventName, secret: Secret, token: string, step?: string) => void;
}

export interface Result<O extends Operation> {
  /** Absent if nothing changed. */
  readonly state?: State;
  readonly output: Outputs[O];
}

export type Implementation<O extends Operation> = (context: Context, input: Inputs[O]) => Result<O>;

import { MISTAKES, type Mistake } from './mistakes';
import { textbookSubject } from './subject';
import { SCENARIOS, type ScenarioName } from '../scenarios';
import { Violation, type Invariant } from '../world';

export interface Naive {
  readonly mistake: Mistake;
  /** What the handler does wrong. */
  readonly does: string;
  /** The trouble in which it shows. */
  readonly scenario: ScenarioName;
  /** The invariant that it must break. */
  readonly expected: Invariant;
  /** The invariant that it broke first; absent where the proof didn't notice anything. */
  readonly caught?: Invariant;
}

/** Runs every naive handler through the scenario that is to find it out. */
export async function catchNaive(): Promise<Naive[]> {
  const all: Naive[] = [];
  for (const mistake of Object.keys(MISTAKES) as Mistake[]) {
    const { does, scenario, breaks: expected } = MISTAKES[mistake];
    all.push({ mistake, does, scenario, expected, caught: (await violationOf(mistake))?.invariant });
  }
  return all;
}

/** What the handler with this mistake is caught at. */
export async function violationOf(mistake: Mistake): Promise<Violation | undefined> {
  try {
    await SCENARIOS[MISTAKES[mistake].scenario](textbookSubject(mistake));
    return undefined;
  } catch (error) {
    if (error instanceof Violation) { return error; }
    throw error;
  }
}

import { MISTAKES, type Mistake } from './mistakes';
import { textbookSubject } from './subject';
import { SCENARIOS, type ScenarioName } from '../scenarios';
import { Violation, type Invariant } from '../world';

export interface Naive {
  readonly mistake: Mistake;
  /** The mistake of the handler. */
  readonly does: string;
  /** The scenario that shows it. */
  readonly scenario: ScenarioName;
  /** The invariant that it must break. */
  readonly expected: Invariant;
  /** The invariant that it broke first. Absent if the proof found nothing. */
  readonly caught?: Invariant;
}

/** Runs every naive handler through the scenario that should catch it. */
export async function catchNaive(): Promise<Naive[]> {
  const all: Naive[] = [];
  for (const mistake of Object.keys(MISTAKES) as Mistake[]) {
    const { does, scenario, breaks: expected } = MISTAKES[mistake];
    all.push({ mistake, does, scenario, expected, caught: (await violationOf(mistake))?.invariant });
  }
  return all;
}

/** The violation of the handler with this mistake. */
export async function violationOf(mistake: Mistake): Promise<Violation | undefined> {
  try {
    await SCENARIOS[MISTAKES[mistake].scenario](textbookSubject(mistake));
    return undefined;
  } catch (error) {
    if (error instanceof Violation) { return error; }
    throw error;
  }
}

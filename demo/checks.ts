import { DemoError } from './demo-error';
import type { Terminal } from '../tools/terminal';

const MAX_FOUND = 400;

/** Says what holds, once it has looked. The first thing that doesn't hold ends the demo. */
export class Checks {
  public passed = 0;

  constructor(private readonly terminal: Terminal) {}

  /**
   * @param sentence what has to hold
   * @param found what there is instead, where that may be shown: never a value of a secret
   */
  public check(sentence: string, holds: boolean, found?: unknown): void {
    if (!holds) {
      const instead = JSON.stringify(found) ?? '';
      throw new DemoError(`This should hold, and does not: ${sentence}${instead && ` Found: ${instead.slice(0, MAX_FOUND)}`}`);
    }
    this.passed += 1;
    this.terminal.paragraph(sentence, { lead: `  ${this.terminal.style('green', this.terminal.boxes ? '✔' : 'ok')} ` });
  }
}

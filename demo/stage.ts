import type { Checks } from './checks';
import type { Deployment } from './deployment';
import type { Report } from './report';
import type { SecretText } from './secret-text';
import type { StackTemplate } from './template';
import type { Terminal } from '../tools/terminal';

/** What the scenes of the demo are played with. */
export interface Stage {
  readonly terminal: Terminal;
  readonly report: Report;
  readonly checks: Checks;
  readonly stack: StackTemplate;
  readonly deployment: Deployment;
  readonly text: SecretText;
}

import { constructPath, type Linter } from './linter';
import { bin } from './python';
import { run } from '../../../tools/run';

const NAME = 'cfn-lint';

interface Match {
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path?: string[] };
  readonly Message: string;
}

/** cfn-lint. An example without a region has to be valid in every region. */
export const CFN_LINT: Linter = {
  name: NAME,
  lint: (template) => {
    const matches: Match[] = JSON.parse(run(bin(NAME), [
      '--regions', 'ALL_REGIONS', '--format', 'json', '--non-zero-exit-code', 'none', '--template', template,
    ]));
    return matches.map(({ Rule, Location, Message }) => (
      { linter: NAME, rule: Rule.Id, resource: constructPath(template, Location.Path?.[1] ?? ''), message: Message }
    ));
  },
};

import { join } from 'node:path';
import { constructPath, type Linter, type Violation } from './linter';
import { bin } from './python';
import { run } from '../../../tools/run';

const NAME = 'parliament';

/** parliament knows the actions, resources and condition keys of IAM. It checks every policy document of a template. */
export const PARLIAMENT: Linter = {
  name: NAME,
  lint: (template) => {
    const violations: Violation[] = JSON.parse(run(bin('python'), ['-W', 'ignore', join(__dirname, 'iam.py'), template]));
    return violations.map(({ rule, logicalId, message }) => ({ linter: NAME, rule, resource: constructPath(template, logicalId), message }));
  },
};

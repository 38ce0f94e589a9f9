import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { constructPath, type Linter, type Violation } from './linter';
import { run } from '../../../tools/run';

const NAME = 'cdk-nag';

/** The packs of cdk-nag, in the pinned version, in `directory`. They need a later CDK than the library is built against. */
export function installCdkNag(directory: string): Linter {
  cpSync(join(__dirname, 'nag'), directory, { recursive: true });
  run('npm', ['install', '--no-audit', '--no-fund'], { cwd: directory });
  return {
    name: NAME,
    lint: (template) => {
      const violations: Violation[] = JSON.parse(run(process.execPath, ['nag.js', template], { cwd: directory }));
      return violations.map(({ rule, logicalId, message }) => ({ linter: NAME, rule, resource: constructPath(template, logicalId), message }));
    },
  };
}

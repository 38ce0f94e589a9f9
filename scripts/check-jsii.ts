/**
 * Holds the public API, as jsii compiled it, against the rules of api-rules.ts, and API.md against the API.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAssemblyFromPath } from '@jsii/spec';
import { checkApi } from './jsii/api-rules';
import { build } from './private/build';
import { ROOT, run, withTemporaryDirectory } from './private/run';
import { Checks } from '../test/e2e/checks';

const checks = new Checks();

build();
for (const { rule, checked, problems } of checkApi(loadAssemblyFromPath(ROOT))) {
  checks.check(`${rule} (${checked} checked)`, checked > 0 && problems.length === 0, problems);
}

withTemporaryDirectory((directory) => {
  const generated = join(directory, 'API.md');
  run('npx', ['jsii-docgen', '-o', generated]);
  const current = readFileSync(generated, 'utf8') === readFileSync(join(ROOT, 'API.md'), 'utf8');
  checks.check('API.md is what jsii-docgen makes of it', current, 'another one; run: npx projen docgen');
});

console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

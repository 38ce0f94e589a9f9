/** Checks the public API, as jsii compiled it, against the rules of api-rules.ts, and API.md against the API. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAssemblyFromPath } from '@jsii/spec';
import { checkApi } from './jsii/api-rules';
import { build } from './shared/build';
import { Checks } from '../../tools/checks';
import { startCommand } from '../../tools/command';
import { ROOT, run, withTemporaryDirectory } from '../../tools/run';

startCommand({
  name: 'jsii',
  command: 'npx tsx scripts/check/jsii.ts',
  description: 'Hold the public API against the rules for it, and API.md against the API',
});

const checks = new Checks();

build();
for (const { rule, checked, problems } of checkApi(loadAssemblyFromPath(ROOT))) {
  checks.check(`${rule} (${checked} checked)`, checked > 0 && problems.length === 0, problems);
}

withTemporaryDirectory((directory) => {
  run('npx', ['jsii-docgen', '-o', join(directory, 'API.md')]);
  const current = readFileSync(join(directory, 'API.md'), 'utf8') === readFileSync(join(ROOT, 'API.md'), 'utf8');
  checks.check('API.md is up to date', current, 'outdated; run: npx projen docgen');
});

console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

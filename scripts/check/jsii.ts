/**
 * Holds the public API, as jsii compiled it, against the rules of api-rules.ts, and the references of API.md and docs/ against the API.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAssemblyFromPath } from '@jsii/spec';
import { checkApi } from './jsii/api-rules';
import { build } from './shared/build';
import { Checks } from '../../tools/checks';
import { ROOT, run, withTemporaryDirectory } from '../../tools/run';

const LANGUAGES = ['python', 'java', 'csharp', 'go'];

const checks = new Checks();

build();
for (const { rule, checked, problems } of checkApi(loadAssemblyFromPath(ROOT))) {
  checks.check(`${rule} (${checked} checked)`, checked > 0 && problems.length === 0, problems);
}

withTemporaryDirectory((directory) => {
  mkdirSync(join(directory, 'docs'));
  run('npx', ['jsii-docgen', '-o', join(directory, 'API.md')]);
  run('npx', ['jsii-docgen', '-o', join(directory, 'docs', 'API.md'), ...LANGUAGES.flatMap((language) => ['-l', language])]);
  for (const file of ['API.md', ...LANGUAGES.map((language) => `docs/API.${language}.md`)]) {
    const current = readFileSync(join(directory, file), 'utf8') === readFileSync(join(ROOT, file), 'utf8');
    checks.check(`${file} is what jsii-docgen makes of it`, current, 'another one; run: npx projen docgen');
  }
});

console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

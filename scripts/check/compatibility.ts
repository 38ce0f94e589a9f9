/**
 * Holds the public API against that of the last release: what it had has to be there still, unless .compatignore names it. The last
 * release is that of the last version tag that leads to this commit, as npm has it. An argument names another one: the folder of a
 * package, or npm:PACKAGE@VERSION.
 */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly } from '@jsii/spec';
import { build } from './shared/build';
import { ROOT, withTemporaryDirectory } from '../../tools/run';
import { latestVersion } from '../release/changelog';
import { findBreaks } from './compatibility/compatibility';
import { EARLIER } from './compatibility/earlier';
import { Checks } from '../../tools/checks';
import { tagsBelowHead } from '../release/tags';

const checks = new Checks();

build();
withTemporaryDirectory((directory) => {
  const earlier = (name: string, change: (assembly: Assembly) => void) => writeEarlier(join(directory, name), change);
  checks.check('an earlier API that was the same is compatible', findBreaks(earlier('same', () => undefined)).length === 0);
  for (const [what, change] of Object.entries(EARLIER)) {
    const breaks = findBreaks(earlier(what, change));
    checks.check(`it is noticed that ${what}`, breaks.length > 0, breaks);
  }
});

const last = process.argv[2] ?? lastRelease();
if (last === undefined) {
  console.log('NOT COMPARED: nothing has been released, as no tag such as v0.1.0 leads to this commit. The first release is what later ones are compared with.');
} else {
  const breaks = findBreaks(last);
  checks.check(`the public API is compatible with that of ${last}`, breaks.length === 0, breaks);
}
console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

function lastRelease(): string | undefined {
  const version = latestVersion(tagsBelowHead(ROOT));
  return version && `npm:cdk-rotating-secret@${version}`;
}

/** A package whose API is today's, but for `change`. */
function writeEarlier(directory: string, change: (assembly: Assembly) => void): string {
  const assembly: Assembly = JSON.parse(readFileSync(join(ROOT, '.jsii'), 'utf8'));
  change(assembly);
  mkdirSync(directory);
  writeFileSync(join(directory, '.jsii'), JSON.stringify(assembly));
  copyFileSync(join(ROOT, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}

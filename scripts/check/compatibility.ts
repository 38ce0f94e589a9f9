/**
 * Compares the public API with that of the last release. Everything that it had must still be there, unless .compatignore names it. The last
 * release is that of the last version tag below this commit, from npm. An argument names another one: the folder of a package, or
 * npm:PACKAGE@VERSION.
 */
import { build } from './shared/build';
import { ROOT } from '../../tools/run';
import { latestVersion } from '../release/changelog';
import { findBreaks } from './compatibility/compatibility';
import { Checks } from '../../tools/checks';
import { startCommand } from '../../tools/command';
import { tagsBelowHead } from '../release/tags';

const { positionals: [given] } = startCommand({
  name: 'compat',
  description: 'Hold the public API against that of the last release',
  usage: { RELEASE: 'another one to compare with: the folder of a package, or npm:PACKAGE@VERSION' },
  maxArguments: 1,
});
const checks = new Checks();

build();
const last = given ?? lastRelease();
if (last === undefined) {
  console.log('NOT COMPARED: there is no release, because no tag such as v0.1.0 is below this commit. Later releases are compared with the first one.');
} else {
  const breaks = findBreaks(last);
  checks.check(`the public API is compatible with that of ${last}`, breaks.length === 0, breaks);
  console.log(checks.summary);
  process.exitCode = checks.allPassed ? 0 : 1;
}

function lastRelease(): string | undefined {
  const version = latestVersion(tagsBelowHead(ROOT));
  return version && `npm:cdk-rotating-secret@${version}`;
}

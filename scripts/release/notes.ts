/**
 * What CHANGELOG.md says of the version to be released: `version` prints its number, `notes` its notes. A release is made of what a
 * person wrote there: no number is worked out from the titles of commits.
 */
import { readFileSync } from 'node:fs';
import { nextRelease, readChangelog } from './changelog';
import { tagsBelowHead } from './tags';

const { version, notes } = nextRelease(readChangelog(readFileSync('CHANGELOG.md', 'utf8')), tagsBelowHead('.'));
const [, , what] = process.argv;
if (what !== 'version' && what !== 'notes') { throw new Error(`${what}: say version or notes`); }
console.log(what === 'version' ? version : notes);

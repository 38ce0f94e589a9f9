/**
 * Prints the next release of CHANGELOG.md: `version` prints its number, and `notes` prints its notes. A person writes both there; neither is
 * derived from the titles of commits.
 */
import { readFileSync } from 'node:fs';
import { nextRelease, readChangelog } from './changelog';
import { tagsBelowHead } from './tags';

const { version, notes } = nextRelease(readChangelog(readFileSync('CHANGELOG.md', 'utf8')), tagsBelowHead('.'));
const [, , what] = process.argv;
if (what !== 'version' && what !== 'notes') { throw new Error(`${what}: say version or notes`); }
console.log(what === 'version' ? version : notes);

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { latestVersion, nextRelease, readChangelog } from '../../scripts/release/changelog';

const RELEASED = '# Changelog\n\nWhat it is.\n\n## 0.2.0\n\n- More.\n\n### Breaking\n\n- Less.\n\n## 0.1.10\n\nThe first.\n';

test('the package has a valid changelog', () => {
  expect(readChangelog(readFileSync(join(__dirname, '..', '..', 'CHANGELOG.md'), 'utf8')).length).toBeGreaterThan(0);
});

test('an entry has a version and everything below it', () => {
  expect(readChangelog(RELEASED)).toEqual([
    { version: '0.2.0', notes: '- More.\n\n### Breaking\n\n- Less.' },
    { version: '0.1.10', notes: 'The first.' },
  ]);
});

test.each([
  [[]],
  [['v0.1.10', 'v0.1.9']],
  [['v0.1.10', 'beta', 'v9', 'v0.3.0-rc.1', '0.4.0']],
])('the latest entry is released next, after %j', (tags) => {
  expect(nextRelease(readChangelog(RELEASED), tags)).toEqual({ version: '0.2.0', notes: '- More.\n\n### Breaking\n\n- Less.' });
});

test.each([[['v0.2.0']], [['v0.10.0', 'v0.9.0']]])('nothing is released after %j', (tags) => {
  expect(() => nextRelease(readChangelog(RELEASED), tags)).toThrow(/the latest entry is 0\.2\.0, and 0\.\d+\.0 has been released/);
});

test('unreleased changes are not released until they have a version', () => {
  const entries = readChangelog(RELEASED.replace('## 0.2.0', '## Unreleased\n\n- New.\n\n## 0.2.0'));
  expect(entries[0]).toEqual({ version: undefined, notes: '- New.' });
  expect(() => nextRelease(entries, [])).toThrow('give it a version for a heading, such as "## 0.1.0"');
});

test.each([
  ['# Changelog\n', 'has no entry'],
  ['## v0.1.0\n\n- New.\n', '"## v0.1.0" is neither a version'],
  ['## 0.2.0\n\n- New.\n\n## Unreleased\n\n- Newer.\n', '"## Unreleased" is neither a version'],
  ['## 0.2.0\n\n## 0.1.0\n\n- New.\n', '"## 0.2.0" is empty'],
  ['## 0.9.0\n\n- New.\n\n## 0.10.0\n\n- New.\n', '0.10.0 is not older than the version above it'],
  ['## 0.1.0\n\n- New.\n\n## 0.1.0\n\n- New.\n', '0.1.0 is not older than the version above it'],
])('%j is no changelog', (text, problem) => {
  expect(() => readChangelog(text)).toThrow(problem);
});

test('the latest version is the highest, not the last in the alphabet', () => {
  expect(latestVersion(['v0.9.0', 'v0.10.0', 'v0.2.0', 'vv1.0.0', 'v2.0.0-rc.1'])).toBe('0.10.0');
  expect(latestVersion(['nightly'])).toBeUndefined();
});

/* The table of complaints in docs/comparison.md: every claim has the test that proves it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const HEADING = '\n## Common complaints\n';
/** A link to a file, with the name of a test in it. */
const TEST = /\[test\]\(\.\.\/(test\/[\w./-]+\.ts) "([^"]+)"\)/g;

interface Row {
  readonly number: string;
  readonly elsewhere: string;
  readonly here: string;
}

const [, section] = readFileSync(join(ROOT, 'docs', 'comparison.md'), 'utf8').split(HEADING);
const rows: Row[] = section.split('\n## ')[0].split('\n')
  .map((line) => /^\| (\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/.exec(line))
  .filter((match) => match !== null)
  .map(([, number, elsewhere, here]) => ({ number, elsewhere, here }));

/** The tests in a text, and whether they exist. */
function testsOf(text: string): { readonly name: string; readonly exists: boolean }[] {
  return [...text.matchAll(TEST)].map(([, file, name]) => {
    const source = readFileSync(join(ROOT, file), 'utf8').replace(/\\'/g, '\'');
    return { name: `${file}: ${name}`, exists: [`'${name}'`, `\`${name}\``].some((title) => source.includes(title)) };
  });
}

test('has the fourteen complaints', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 14 }, (_, index) => String(index + 1)));
});

test.each(rows)('complaint $number: each claim about this package has tests that exist', ({ here }) => {
  const tests = testsOf(here);
  expect(tests.length).toBeGreaterThan(0);
  expect(tests.filter(({ exists }) => !exists)).toEqual([]);
});

test.each(rows)('complaint $number: each claim about CDK\'s own rotation has a test, or a source of AWS', ({ elsewhere }) => {
  const tests = testsOf(elsewhere);
  expect(tests.length > 0 || /\]\(https:\/\/(docs\.aws\.amazon\.com|github\.com\/aws)/.test(elsewhere)).toBe(true);
  expect(tests.filter(({ exists }) => !exists)).toEqual([]);
});

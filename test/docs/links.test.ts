/* The README, CONTRIBUTING.md, SECURITY.md and the pages of docs/: every relative link and anchor exists, and the README stays short. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { anchorsIn } from './runbook';
import { filesBelow } from '../../tools/files';

const ROOT = join(__dirname, '..', '..');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesBelow(join(ROOT, 'docs')).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];
const MAX_LINES = 250;
const MAX_COLUMNS = 120;

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The relative links of a page outside of code blocks. */
function linksOf(page: string): string[] {
  const text = read(page).replace(/^```[^]*?^```$/gm, '');
  return [...text.matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)/g)].map(([, target]) => target).filter((target) => !/^[a-z]+:/.test(target));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file, anchor] = link.split('#');
  const path = file === '' ? join(ROOT, page) : join(ROOT, dirname(page), file);
  if (relative(ROOT, path).startsWith('..') || !existsSync(path)) { return false; }
  return anchor === undefined || anchorsIn(readFileSync(path, 'utf8')).includes(anchor);
}

test('finds the links of pages in two folders', () => {
  expect(linksOf('README.md').length).toBeGreaterThan(20);
  expect(linksOf('docs/comparison.md').length).toBeGreaterThan(20);
});

test('reports a link that leads nowhere', () => {
  expect(['README.md', 'docs/runbook.md#look-first', 'docs/missing.md', 'docs/runbook.md#missing', '../outside.md'].map((link) => leadsSomewhere('README.md', link)))
    .toEqual([true, true, false, false, false]);
});

test.each(PAGES)('%s: every link leads somewhere', (page) => {
  expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
});

test('every page is linked from another one', () => {
  const linked = new Set(PAGES.flatMap((page) => linksOf(page).map((link) => join(dirname(page), link.split('#')[0]))));
  expect(PAGES.filter((page) => page !== 'README.md' && !linked.has(page))).toEqual([]);
});

test(`the README has at most ${MAX_LINES} lines of at most ${MAX_COLUMNS} columns`, () => {
  const lines = read('README.md').trimEnd().split('\n');
  const tooMany = lines.length - MAX_LINES;
  expect(tooMany <= 0 ? '' : `README.md has ${lines.length} lines: shorten it elsewhere by ${tooMany}, or move a part to a page of docs/`).toBe('');
  expect(lines.filter((line) => line.length > MAX_COLUMNS)).toEqual([]);
});

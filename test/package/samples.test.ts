/* Checks that the samples on the pages about your own targets are code that runs: to the letter, except for the indentation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  ts: ['examples/custom-target/app.ts', 'examples/custom-target/api-key.ts', 'test/targets/own/function/invoke-target.test.ts'],
  python: ['examples/custom-target-python/lambda/handler.py'],
};

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const unindented = (text: string) => text.trim().split('\n').map((line) => line.trim()).join('\n');

describe.each(['docs/target-module.md', 'docs/target-function.md'])('%s', (page) => {
  const samples = [...read(page).matchAll(/```(ts|python)[^\n]*\n([^]*?)```/g)].map(([, language, code], index) => ({ index: index + 1, language, code }));

  test('has samples', () => { expect(samples.length).toBeGreaterThan(1); });

  test.each(samples)('sample $index, in $language', ({ language, code }) => {
    expect(SOURCES[language].filter((path) => unindented(read(path)).includes(unindented(code)))).toHaveLength(1);
  });
});

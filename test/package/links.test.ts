import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examplesOnce, repeatedExamples } from '../../scripts/build/examples-once';
import { absoluteLinks, relativeLinks } from '../../scripts/build/links';
import { deadLinksOf } from '../../scripts/check/publishing/pypi';

const ROOT = join(__dirname, '..', '..');
const REPOSITORY = 'https://github.com/owner/name.git';
const HOME = 'https://github.com/owner/name';

test.each([
  ['[a page](docs/page.md)', `[a page](${HOME}/blob/v1.2.3/docs/page.md)`],
  ['[a page](./docs/page.md#anchor)', `[a page](${HOME}/blob/v1.2.3/docs/page.md#anchor)`],
  ['[below](#section)', `[below](${HOME}/blob/v1.2.3/README.md#section)`],
  ['[titled](docs/page.md "A title")', `[titled](${HOME}/blob/v1.2.3/docs/page.md "A title")`],
  ['![a picture](docs/a.svg)', `![a picture](${HOME}/raw/v1.2.3/docs/a.svg)`],
  ['[![a badge](docs/a.svg)](docs/page.md)', `[![a badge](${HOME}/raw/v1.2.3/docs/a.svg)](${HOME}/blob/v1.2.3/docs/page.md)`],
  ['[label]: docs/page.md', `[label]: ${HOME}/blob/v1.2.3/docs/page.md`],
  ['<a href="docs/page.md"><img src="docs/a.svg"></a>', `<a href="${HOME}/blob/v1.2.3/docs/page.md"><img src="${HOME}/raw/v1.2.3/docs/a.svg"></a>`],
])('%s becomes absolute', (link, absolute) => {
  expect(absoluteLinks(link, REPOSITORY, '1.2.3')).toBe(absolute);
  expect(relativeLinks(link)).not.toEqual([]);
  expect(relativeLinks(absolute)).toEqual([]);
});

test.each([
  '[a site](https://example.com/page)', '[mail](mailto:somebody@example.com)', '[label]: https://example.com', '```ts\nconst a = b[0](docs);\n```',
])('%s stays', (text) => {
  expect(absoluteLinks(text, REPOSITORY, '1.2.3')).toBe(text);
  expect(relativeLinks(text)).toEqual([]);
});

test('links to the main branch if there is no version yet', () => {
  expect(absoluteLinks('[a page](docs/page.md)', REPOSITORY, '0.0.0')).toBe(`[a page](${HOME}/blob/main/docs/page.md)`);
});

test('every link of the README becomes the address of an existing file', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(relativeLinks(readme).length).toBeGreaterThan(20);
  const absolute = absoluteLinks(readme, REPOSITORY, '1.2.3');
  expect(relativeLinks(absolute)).toEqual([]);
  const paths = [...absolute.matchAll(/https:\/\/github\.com\/owner\/name\/(?:blob|raw)\/v1\.2\.3\/([^)#"]+)/g)].map(([, path]) => path);
  expect(paths).toHaveLength(relativeLinks(readme).length);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

describe('an example that the README has in two languages', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

  test('is there once in a package, in its own language', () => {
    expect(repeatedExamples(readme)).toEqual([]);
    const both = readme.match(/^```python$/gm)!.length;
    expect(both).toBeGreaterThan(0);
    const [python, java] = ['python', 'java'].map((language) => examplesOnce(readme, language));
    expect(python.match(/^```python$/gm)).toHaveLength(both);
    expect(java.match(/^```python$/gm)).toBeNull();
    expect(java.match(/^```ts\b/gm)!.length - python.match(/^```ts\b/gm)!.length).toBe(both);
    expect(python.split('\n').filter((line) => line.startsWith('#'))).toEqual(readme.split('\n').filter((line) => line.startsWith('#')));
  });

  test('would be found on a page', () => {
    const block = '```python\nfrom cdk_rotating_secret import RotatingSecret\nx()\n```\n';
    expect(repeatedExamples(`${block}\n${block.replace('x()', 'y()')}`)).toEqual(['RotatingSecret']);
  });
});

test('links that lead nowhere are found on a rendered page', () => {
  const page = '<h2 id="here"></h2><a href="#here"></a><a href="#there"></a><a href="docs/testing.md"></a><img src="https://example.com/a.svg">'
    + ['docs/testing.md#options', 'docs/no-such.md'].map((path) => `<a href="https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/${path}"></a>`).join('');
  expect(deadLinksOf(page)).toEqual(['#there', 'docs/testing.md', 'https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/no-such.md']);
});

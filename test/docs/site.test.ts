/* How the pages of the repository become those of the site: tabs, handwritten samples, links, the sidebar, and the check for dead links. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { anchorsIn } from './runbook';
import { deadLinks } from '../../scripts/build/site/dead-links';
import { handwrittenIn, hashOf, problemsOf } from '../../scripts/build/site/handwritten';
import { anchorOf, sidebarOf, siteFileOf, withSiteLinks, type Page } from '../../scripts/build/site/pages';
import { samplesOf, withFixture, withTabs } from '../../scripts/build/site/samples';
import { DATABASE_TARGETS } from '../../src/targets/database/contract';
import { filesBelow } from '../../tools/files';

const ROOT = join(__dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const PAGES = [
  'README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'API.md', 'site/home.md',
  ...filesBelow(join(ROOT, 'docs')).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`),
].map((path): Page => ({ path, text: read(path) }));

const PAGE = `# Title

\`\`\`ts fixture=first
import { A } from 'a';

new A();
\`\`\`

\`\`\`python
A()
\`\`\`

- In a list:

  \`\`\`ts
  new B();
  \`\`\`

\`\`\`ts untranslated
code();
\`\`\`

\`\`\`python
other()
\`\`\`
`;

describe('samples', () => {
  test('are the blocks of TypeScript, with the Python next to them, without their indentation', () => {
    expect(samplesOf('page.md', PAGE)).toEqual([
      { name: 'page.md 1', code: 'import { A } from \'a\';\n\nnew A();\n', fixture: 'first', python: 'A()\n' },
      { name: 'page.md 2', code: 'new B();\n', fixture: 'default', python: undefined },
    ]);
  });

  test('become tabs in five languages, and nothing else of the page changes', () => {
    const text = withTabs('page.md', PAGE, ({ name }, language) => `${name} in ${language} $&\n`);
    expect(text.split('::: code-group')).toHaveLength(3);
    expect(text).toContain(`# Title

::: code-group
\`\`\`ts [TypeScript]
page.md 1 in typescript $&
\`\`\`
\`\`\`python [Python]
page.md 1 in python $&
\`\`\`
\`\`\`java [Java]
page.md 1 in java $&
\`\`\`
\`\`\`csharp [C#]
page.md 1 in csharp $&
\`\`\`
\`\`\`go [Go]
page.md 1 in go $&
\`\`\`
:::

- In a list:

  ::: code-group
  \`\`\`ts [TypeScript]
`);
    expect(text).not.toContain('A()');
    expect(text.endsWith(PAGE.slice(PAGE.indexOf('```ts untranslated')))).toBe(true);
  });

  test('have their imports before the fixture, and marks for jsii-rosetta', () => {
    const [sample] = samplesOf('page.md', PAGE);
    expect(withFixture(sample, 'import b;\n{\n  /// here\n}\n', (part) => `<${part}>`)).toBe('<import { A } from \'a\';>\nimport b;\n{\n  <\nnew A();\n>\n}\n');
  });
});

describe('handwritten samples', () => {
  const [first, second] = samplesOf('page.md', PAGE);
  const go = (hash: string) => `package samples\n\nfunc a() {\n\t// sample: page.md ${hash}\n\tNewA(\n\t\tnil,\n\t)\n\t// end\n\t_ = a\n}\n`;

  test('are between their marks', () => {
    expect(handwrittenIn(go(hashOf(first)))).toEqual([{ page: 'page.md', hash: hashOf(first), code: 'NewA(\n\tnil,\n)' }]);
  });

  test('are refused if the TypeScript changed', () => {
    expect(problemsOf('file.go', [first, second], handwrittenIn(go('00000000')), false))
      .toEqual(['file.go: page.md has no sample with the hash 00000000. If the sample changed, change this one, and its hash. Otherwise remove it']);
  });

  test('are required if one is missing', () => {
    expect(problemsOf('file.go', [first, second], handwrittenIn(go(hashOf(first))), true))
      .toEqual([`file.go: the sample page.md 2 is missing. Write it below "sample: page.md ${hashOf(second)}"`]);
    expect(problemsOf('file.go', [first], handwrittenIn(go(hashOf(first))), true)).toEqual([]);
  });

  test('exist for every sample in Go', () => {
    const samples = PAGES.filter(({ path }) => path !== 'API.md').flatMap(({ path, text }) => samplesOf(path, text));
    expect(samples.length).toBeGreaterThan(20);
    expect(problemsOf('site/samples/go/samples.go', samples, handwrittenIn(read('site/samples/go/samples.go')), true)).toEqual([]);
  });
});

describe('links', () => {
  const convert = (path: string, text: string) => withSiteLinks({ path, text }, 'https://example.com/repo', (file) => !file.includes('missing'));

  test.each([
    ['README.md', 'docs/readers.md#retry', './readers.md#retry'],
    ['docs/readers.md', '../README.md', './start.md'],
    ['docs/readers.md', '../API.md', './reference/typescript.md'],
    ['docs/contributing/adding-a-target.md', '../readers.md', '../readers.md'],
    ['docs/fleets.md', 'fleet-peak.svg', './fleet-peak.svg'],
    ['docs/notification.md', 'notification.schema.json', 'https://example.com/repo/blob/main/docs/notification.schema.json'],
    ['README.md', 'examples/fleet/app.ts', 'https://example.com/repo/blob/main/examples/fleet/app.ts'],
    ['README.md', 'examples/fleet', 'https://example.com/repo/tree/main/examples/fleet'],
    ['README.md', '#targets', '#targets'],
    ['README.md', 'https://aws.amazon.com', 'https://aws.amazon.com'],
  ])('of %s to %s', (path, target, expected) => {
    expect(convert(path, `[text](${target}) ![picture](${target})\n`)).toBe(`[text](${expected}) ![picture](${expected})\n`);
  });

  test('in code blocks stay', () => {
    expect(convert('README.md', '```\n[text](missing.md)\n```\n')).toBe('```\n[text](missing.md)\n```\n');
  });

  test('are refused if they lead nowhere', () => {
    expect(() => convert('README.md', '[text](docs/missing.md)')).toThrow('README.md: the link to docs/missing.md leads nowhere');
    expect(() => convert('README.md', '[text](../outside.md)')).toThrow('leads nowhere');
  });

  test('have the anchors of GitHub', () => {
    const headings = ['Which strategy?', 'From `addRotationSchedule`', 'From AWS\'s hosted rotations', 'A, b and C'];
    expect(headings.map(anchorOf)).toEqual(anchorsIn(headings.map((heading) => `# ${heading}`).join('\n')));
  });

  test('of built pages are reported if they are dead', () => {
    const html = '<h1 id="top">&amp;</h1><a href="/base/other">1</a><a href="/base/other#there">2</a><a href="#top">3</a><a href="https://a.b">4</a>';
    const dead = '<a href="/base/none">5</a><a href="/base/other#none">6</a><a href="/elsewhere">7</a><img src="/base/none.svg"><a href="#none">8</a>';
    const pages = new Map([['index.html', html + dead], ['other.html', '<a name="there"></a>']]);
    expect(deadLinks(pages, new Set(pages.keys()), '/base/'))
      .toEqual(['/base/none', '/base/other#none', '/elsewhere', '/base/none.svg', '#none'].map((target) => `index.html: ${target}`));
  });
});

describe('the page of each target', () => {
  const TARGETS = PAGES.filter(({ path }) => path.startsWith('docs/targets/'));

  test.each(TARGETS.map(({ path }) => path))('%s has the keys of the secret, the steps, the first deployment and the errors', (path) => {
    const { text } = TARGETS.find((page) => page.path === path)!;
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    const common = ['The secret', 'What happens at each step', 'The first deployment', 'If it fails'];
    expect(headings.filter((heading) => common.includes(heading))).toEqual(common);
    expect(headings[0]).toBe('The secret');
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) { expect(text).toContain(`| \`${step}\` |`); }
  });

  test('is in the table of the README, and every target with a folder of its own has one', () => {
    const readme = read('README.md');
    for (const { path } of TARGETS) { expect(readme).toContain(`](${path})`); }
    const files = readdirSync(join(ROOT, 'src', 'targets'), { recursive: true, encoding: 'utf8' });
    const folders = files.filter((file) => file.endsWith('-target.ts')).map((file) => basename(file, '-target.ts'));
    const shared = ['access-key', 'cache-user', 'database', 'directory', 'function', 'module'];
    const own = [...folders.filter((name) => !shared.includes(name)), ...DATABASE_TARGETS];
    expect(own.length).toBeGreaterThan(7);
    const pages = TARGETS.map(({ path }) => path.replaceAll('-', ''));
    expect(own.filter((name) => !pages.includes(`docs/targets/${name.replaceAll('-', '').toLowerCase()}.md`))).toEqual([]);
  });
});

/** The texts of the errors that the code may have, as they stand in it. */
const SOURCES = ['lambda-src', 'src'].flatMap((folder) => filesBelow(join(ROOT, folder)).map((file) => read(join(folder, file)))).join('\n')
  .replaceAll('\\\'', '\'').replaceAll(/['`]\s*\+ ['`]/g, '').replaceAll(/\$\{[^}]*\}/g, '…');

describe('the errors of a target\'s page', () => {
  const errors = PAGES.filter(({ path }) => path.startsWith('docs/targets/')).flatMap(({ path, text }) => {
    const [, table = ''] = /^## If it fails$([^]*?)(?=^## |$(?![^]))/m.exec(text) ?? [];
    return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, error]) => [path, error] as const);
  });

  test.each(errors)('%s: %s is an error of the code', (_, error) => {
    // What the code may put in is left out: codes, ids, names of keys and numbers.
    const parts = error.split(/\S*(?:…|"|_|:|\d|AKIA|[A-Z]{2,}|[a-z][A-Z])\S*/).map((part) => part.trim()).filter((part) => part !== '');
    const text = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^\\n]{1,160}');
    expect(text === '' ? SOURCES.includes(error) : new RegExp(text).test(SOURCES)).toBe(true);
  });

  test('are found', () => { expect(errors.length).toBeGreaterThan(40); });
});

describe('sidebar', () => {
  test('has every page once', () => {
    const links = sidebarOf(PAGES).flatMap(({ items }) => items.map(({ link }) => link));
    expect(links).toHaveLength(PAGES.length - 1);
    expect(new Set(links).size).toBe(links.length);
  });

  test('has the pages of docs/targets/ without an entry, in order', () => {
    const targets = ['b', 'a'].map((name): Page => ({ path: `docs/targets/${name}.md`, text: `# The \`${name}\` target\n` }));
    const withThem = sidebarOf([...PAGES.filter(({ path }) => !path.startsWith('docs/targets/')), ...targets]).find(({ text }) => text === 'Targets')!;
    expect(withThem.items.filter(({ link }) => link.startsWith('/targets/')))
      .toEqual([{ text: 'The a target', link: '/targets/a' }, { text: 'The b target', link: '/targets/b' }]);
  });

  test('refuses a page without a subject, and a subject without its page', () => {
    expect(() => sidebarOf([...PAGES, { path: 'docs/new.md', text: '# New' }])).toThrow('doesn\'t name docs/new.md. Add it to a subject');
    expect(() => sidebarOf(PAGES.filter(({ path }) => path !== 'docs/readers.md'))).toThrow('names docs/readers.md, which is no page');
  });

  test('has an address for the references of all languages', () => {
    expect(['API.md', 'dist/docs/API.python.md', 'src/index.ts'].map(siteFileOf)).toEqual(['reference/typescript.md', 'reference/python.md', undefined]);
  });
});

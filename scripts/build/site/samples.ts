/* The TypeScript samples of a page, and how the site shows each in five languages. Pure: text in, text out. */

export const LANGUAGES = ['typescript', 'python', 'java', 'csharp', 'go'] as const;
export type Language = typeof LANGUAGES[number];

/** The label of a tab, and the highlighter of its code. */
const TABS: Readonly<Record<Language, { readonly label: string; readonly fence: string }>> = {
  typescript: { label: 'TypeScript', fence: 'ts' },
  python: { label: 'Python', fence: 'python' },
  java: { label: 'Java', fence: 'java' },
  csharp: { label: 'C#', fence: 'csharp' },
  go: { label: 'Go', fence: 'go' },
};

/** A block of TypeScript that uses the public API. */
export interface Sample {
  /** The page and its position there, as in `docs/databases.md 1`. */
  readonly name: string;
  readonly code: string;
  /** The file of rosetta/ that declares what the sample uses. */
  readonly fixture: string;
  /** The Python block below the sample on the page. */
  readonly python?: string;
}

interface Block extends Sample {
  readonly whole: string;
  readonly indent: string;
}

/** A block with `untranslated` runs in Node.js only. A Python block right below it is the same sample, written by hand. */
const BLOCK = /^( *)```ts(?: (.*))?\n([^]*?)^\1```\n(?:\s*\n\1```python\n([^]*?)^\1```\n)?/gm;

export function samplesOf(page: string, text: string): Sample[] {
  return blocksOf(page, text).map(({ name, code, fixture, python }) => ({ name, code, fixture, python }));
}

/**
 * The page with a group of tabs in place of each sample.
 *
 * @param codeOf The code of a sample in a language.
 */
export function withTabs(page: string, text: string, codeOf: (sample: Sample, language: Language) => string): string {
  return blocksOf(page, text).reduce((result, block) => {
    const tabs = LANGUAGES.map((language) => {
      const { label, fence } = TABS[language];
      return `\`\`\`${fence} [${label}]\n${codeOf(block, language).trimEnd()}\n\`\`\``;
    });
    const group = ['::: code-group', ...tabs, ':::', ''].join('\n');
    return result.replace(block.whole, () => indented(group, block.indent));
  }, text);
}

/**
 * A sample within its fixture, as jsii-rosetta puts it there: imports first.
 *
 * @param mark Transforms the parts of the sample.
 */
export function withFixture({ code }: Pick<Sample, 'code'>, fixture: string, mark = (part: string) => part): string {
  const imports = [...code.matchAll(/^import [^;]*;$/gm)].map(([whole]) => whole);
  const body = imports.reduce((rest, whole) => rest.replace(`${whole}\n`, ''), code);
  return [mark(imports.join('\n')), fixture.replace('/// here', () => mark(body))].join('\n');
}

function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(BLOCK)]
    .filter(([, , info = '']) => info !== 'untranslated')
    .map(([whole, indent, info, code, python], index) => ({
      name: `${page} ${index + 1}`,
      whole,
      indent,
      code: unindented(code, indent),
      fixture: /^fixture=(\w+)$/.exec(info ?? '')?.[1] ?? 'default',
      python: python === undefined ? undefined : unindented(python, indent),
    }));
}

function unindented(text: string, indent: string): string {
  return text.split('\n').map((line) => line.startsWith(indent) ? line.slice(indent.length) : line).join('\n');
}

function indented(text: string, indent: string): string {
  return text.split('\n').map((line) => line === '' ? line : indent + line).join('\n');
}

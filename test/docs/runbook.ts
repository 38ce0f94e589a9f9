import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(__dirname, '..', '..', 'docs');

export const RUNBOOK_URL = 'https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/runbook.md';

export const readDoc = (file: string) => readFileSync(join(DOCS, file), 'utf8');

/** The anchors of the headings of a page, as GitHub makes them. */
export function anchorsOf(file: string): string[] {
  return headingsOf(readDoc(file)).map(({ title }) => title.toLowerCase().replace(/[^\w\- ]/g, '').replace(/ /g, '-'));
}

/** The headings of a page that are not in a block of code, and what stands below each, up to the next one. */
export function headingsOf(text: string): { readonly title: string; readonly body: string }[] {
  const sections: { title: string; body: string }[] = [];
  let isCode = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) { isCode = !isCode; }
    const [, title] = isCode ? [] : /^#+ (.*)$/.exec(line) ?? [];
    if (title !== undefined) { sections.push({ title, body: '' }); } else if (sections.length > 0) { sections[sections.length - 1].body += `${line}\n`; }
  }
  return sections;
}

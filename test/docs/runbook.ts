import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(__dirname, '..', '..', 'docs');

export const RUNBOOK_URL = 'https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/runbook.md';

export const readDoc = (file: string) => readFileSync(join(DOCS, file), 'utf8');

/** The anchors of a page's headings on GitHub. */
export function anchorsOf(file: string): string[] {
  return anchorsIn(readDoc(file));
}

/** The anchors of a text's headings. */
export function anchorsIn(text: string): string[] {
  return headingsOf(text).map(({ title }) => title.toLowerCase().replace(/[^\w\- ]/g, '').replace(/ /g, '-'));
}

/** The headings of a page outside of code blocks, each with the text up to the next one. */
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

/** A command of the AWS CLI in a page. */
export interface AwsCommand {
  readonly service: string;
  /** Such as `UpdateSecretVersionStage`. */
  readonly operation: string;
  /** The parameters of the operation, without those of the CLI. */
  readonly input: Readonly<Record<string, string | true>>;
}

/** The CLI's options for every operation. */
const GLOBAL = new Set(['query', 'output', 'region', 'profile', 'max-results']);
/** Commands that are no operation of a service's API. */
const CUSTOM = new Set(['logs tail']);

/** The commands of a text that call an operation of AWS, with the shell variables replaced. */
export function awsCommandsIn(text: string, variables: Readonly<Record<string, string>> = {}): AwsCommand[] {
  return [...text.matchAll(/\baws ([a-z0-9-]+) ([a-z-]+)((?: (?:'[^']*'|"[^"]*"|[^\s'")]+))*)/g)]
    .filter(([, service, command]) => !CUSTOM.has(`${service} ${command}`) && service !== 'aws')
    .map(([, service, command, rest]) => ({ service, operation: pascal(command), input: inputOf(rest, variables) }));
}

function inputOf(text: string, variables: Readonly<Record<string, string>>): Record<string, string | true> {
  const words = [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare);
  const input: Record<string, string | true> = {};
  words.forEach((word, index) => {
    if (!word.startsWith('--')) { return; }
    const flag = word.slice(2);
    const next: string | undefined = words[index + 1];
    if (GLOBAL.has(flag)) { return; }
    input[pascal(flag)] = next === undefined || next.startsWith('--') ? true : next.replace(/^\$(\w+)$/, (_, name: string) => variables[name] ?? `$${name}`);
  });
  return input;
}

function pascal(text: string): string {
  return text.split('-').map((part) => part[0].toUpperCase() + part.slice(1)).join('');
}

import { ALWAYS, STOP_CASES } from './cases';
import type { CaseResult, NotRun, Result, StopsResult } from './results';

export interface Run {
  readonly product: string;
  readonly target: string;
  /** The version and the commit of this package. */
  readonly version: string;
  readonly results: readonly Result[];
  readonly seconds: number;
  /** The cases of the contract for a target with a login. */
  readonly loginCases: readonly number[];
}

const ofKind = <K extends Result['kind']>(results: readonly Result[], kind: K) => results.filter((one): one is Extract<Result, { kind: K }> => one.kind === kind);

/** How many cases and stops didn't hold. */
export function failuresOf(results: readonly Result[]): (CaseResult | StopsResult)[] {
  return [...ofKind(results, 'case'), ...ofKind(results, 'stops')].filter(({ failure }) => failure !== undefined);
}

export function hasPassed(results: readonly Result[]): boolean {
  return ofKind(results, 'stops').length > 0 && failuresOf(results).length === 0;
}

/** The report, in Markdown. It has no name of the server or of its users, and no value of a secret. */
export function reportOf({ product, target, version, results, seconds, loginCases }: Run): string {
  const cases = ofKind(results, 'case');
  const stops = ofKind(results, 'stops');
  const strategies = stops.map(({ strategy }) => strategy);
  const failures = failuresOf(results);
  const tried = new Set([...cases.flatMap(({ numbers }) => numbers), ...STOP_CASES, ...ALWAYS]);
  const rest = loginCases.filter((number) => !tried.has(number));
  return [
    `# Acceptance of ${product}`,
    '',
    `${hasPassed(results) ? 'Passed' : 'Failed'}, in ${seconds.toFixed(0)} s: target \`${target}\` of cdk-rotating-secret ${version}, on Node.js ${process.versions.node}.`,
    '',
    '## Strategies',
    '',
    ...table(['strategy', 'cases', 'failed', 'stopped at calls', 'violations', 'seconds'], [
      ...stops.map(({ strategy, boundaries, failure }) => {
        const own = cases.filter((one) => one.strategy === strategy);
        const time = [...own, ...stops.filter((one) => one.strategy === strategy)].reduce((sum, one) => sum + one.seconds, 0);
        return [
          strategy, String(own.length), String(own.filter((one) => one.failure !== undefined).length), String(boundaries), failure === undefined ? '0' : '1', time.toFixed(0),
        ];
      }),
      ...ofKind(results, 'notRun').map(({ strategy, reason }: NotRun) => [strategy, `not run: ${reason}`, '', '', '', '']),
    ]),
    '',
    '## Cases',
    '',
    'The numbers are those of the rotation contract.',
    '',
    ...table(['case', 'what must hold', ...strategies], [
      ...distinctOf(cases).map(({ numbers, what }) => [
        numbers.join(', '), what, ...strategies.map((strategy) => {
          const result = cases.find((one) => one.what === what && one.strategy === strategy);
          return result === undefined ? '' : result.failure === undefined ? 'ok' : 'FAILED';
        }),
      ]),
      [STOP_CASES.join(', '), 'the rotation recovers after a stop at any of the calls', ...stops.map(({ failure }) => failure === undefined ? 'ok' : 'FAILED')],
      [ALWAYS.join(', '), 'no error and no log line has a value', ...stops.map(() => failures.some(({ failure }) => failure!.startsWith('no value')) ? 'FAILED' : 'ok')],
    ]),
    '',
    `Further cases that this suite doesn't try here: ${rest.join(', ')}. The project's own tests do, on servers that they start, if such a server has them.`,
    ...failures.length === 0 ? [] : ['', '## Failures', '', ...failures.flatMap((one) => [
      `### ${one.strategy}, ${one.kind === 'stops' ? 'stopped at calls' : `case ${one.numbers.join(', ')}`}`, '', '```text', one.failure!, '```', '',
    ])],
    '',
  ].join('\n').replace(/\n+$/, '\n');
}

/** The cases that were tried, by number, each once. */
function distinctOf(cases: readonly CaseResult[]): CaseResult[] {
  return cases.filter((one, i) => cases.findIndex(({ what }) => what === one.what) === i).sort((a, b) => a.numbers[0] - b.numbers[0]);
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}

/** A text without names and passwords. A name is replaced where it is a word. */
export function without(text: string, { names, password }: { readonly names: readonly string[]; readonly password: string }): string {
  const isWord = (name: string) => new RegExp(`(?<!\\w)${name.replace(/[^\w]/g, '\\$&')}(?!\\w)`, 'g');
  return names.reduce((rest, name) => rest.replace(isWord(name), '<hidden>'), password === '' ? text : text.replaceAll(password, '<hidden>'));
}

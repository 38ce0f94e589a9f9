import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '..', '..');
const TESTS = join(ROOT, 'test');
export const CONTRACT_FILE = join(ROOT, 'docs', 'rotation-contract.md');
export const UPDATE_COMMAND = 'UPDATE_DOCS=1 npx jest test/docs/rotation-contract.test.ts';

/** A row of a table of cases. */
export interface Case {
  readonly number: number;
  readonly appliesTo: readonly string[];
  /** Why there is no test. Undefined if there should be one. */
  readonly reason: string | undefined;
  /** The files of its tests, relative to `test/`. */
  readonly files: readonly string[];
}

/** The files with tests of each case, by its number, relative to `test/`. */
export type Citations = ReadonlyMap<number, readonly string[]>;

const APPLIES_TO = ['every target', 'databases', 'synthesis', 'issued values', 'two passwords', 'first user'] as const;

/** A row of five cells that starts with a number. */
const ROW = /^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/;

/** The numbers at the start of a test's title: `case 7: …` or `cases 3, 7: …`. */
export function casesOf(title: string): number[] {
  return /^cases? ([\d, ]+):/.exec(title)?.[1].split(',').map(Number) ?? [];
}

export const readContract = () => readFileSync(CONTRACT_FILE, 'utf8');

export function casesIn(text: string): Case[] {
  return text.split('\n').flatMap((line) => {
    const [, number, , , appliesTo, testedIn] = ROW.exec(line) ?? [];
    if (number === undefined) { return []; }
    return [{
      number: Number(number),
      appliesTo: appliesTo.split(', '),
      reason: /^(?:not yet|no test): \S.*$/.exec(testedIn)?.[0],
      files: [...testedIn.matchAll(/`([^`]+)`/g)].map(([, file]) => file),
    }];
  });
}

/** The cases that a proof has to cover. */
export function numbersOf(appliesTo: typeof APPLIES_TO[number]): number[] {
  return casesIn(readContract()).filter((one) => one.appliesTo.includes(appliesTo) && one.reason === undefined).map(({ number }) => number);
}

/** The cases in the titles of a test file, also in templates and tables, except those of skipped tests. */
export function citedIn(source: string): number[] {
  if (!/\bcases? \d/.test(source)) { return []; }
  const numbers = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(?:x(?:test|it|describe)|(?:test|it|describe)\.(?:skip|todo))\b/.test(node.expression.getText())) { return; }
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) { casesOf(node.text).forEach((number) => numbers.add(number)); }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.test.ts', source, ts.ScriptTarget.Latest, true));
  return [...numbers];
}

export function findCitations(): Citations {
  const citations = new Map<number, string[]>();
  for (const path of testFiles(TESTS)) {
    for (const number of citedIn(readFileSync(path, 'utf8'))) {
      citations.set(number, [...citations.get(number) ?? [], relative(TESTS, path).split(sep).join('/')]);
    }
  }
  return citations;
}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) { return entry.name === 'node_modules' ? [] : testFiles(path); }
      return entry.name.endsWith('.test.ts') ? [path] : [];
    });
}

/** The document with the files of the tests in its last column. A case without a test stays the same. */
export function withFiles(text: string, citations: Citations): string {
  return text.split('\n').map((line) => {
    const files = citations.get(Number(ROW.exec(line)?.[1]));
    return files ? line.replace(/[^|]+\|$/, ` ${files.map((file) => `\`${file}\``).join(', ')} |`) : line;
  }).join('\n');
}

/** The problems of the document, in sentences. */
export function problemsOf(text: string, citations: Citations): string[] {
  const cases = casesIn(text);
  const numbers = cases.map(({ number }) => number);
  const problems: string[] = [];
  for (const line of text.split('\n').filter((one) => /^\| *\d/.test(one) && !ROW.test(one))) { problems.push(`not a row of five cells: ${line}`); }
  numbers.forEach((number, index) => {
    if (numbers.indexOf(number) !== index) { problems.push(`case ${number} is there twice`); }
  });
  for (let number = 1; number < Math.max(...numbers); number++) {
    if (!numbers.includes(number)) { problems.push(`case ${number} is missing`); }
  }
  for (const [number, files] of citations) {
    if (!numbers.includes(number)) { problems.push(`case ${number} is cited by ${files.join(', ')} and is not in the document`); }
  }
  for (const { number, appliesTo, reason, files } of cases) {
    const cited = citations.get(number) ?? [];
    for (const value of appliesTo.filter((one) => !(APPLIES_TO as readonly string[]).includes(one))) { problems.push(`case ${number} applies to "${value}", which is not in the list`); }
    if (reason !== undefined) {
      if (cited.length > 0) { problems.push(`case ${number} says "${reason}" and is tested in ${cited.join(', ')}: ${UPDATE_COMMAND}`); }
      continue;
    }
    if (cited.length === 0) { problems.push(`case ${number} has no test, and no reason why ("not yet: …" or "no test: …")`); }
    for (const file of files.filter((one) => !cited.includes(one))) { problems.push(`case ${number} names ${file}, which does not exist or does not cite it: ${UPDATE_COMMAND}`); }
    for (const file of cited.filter((one) => !files.includes(one))) { problems.push(`case ${number} does not name ${file}: ${UPDATE_COMMAND}`); }
  }
  return problems;
}

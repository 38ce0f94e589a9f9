import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startCommand } from '../../tools/command';

const ROOT = join(__dirname, '..', '..');
const REPORT = join('reports', 'mutation', 'mutation.json');

export interface MutationScore {
  readonly total: number;
  /** Detected by a failing test, or by a test that no longer ended. */
  readonly killed: number;
  /** Not detected. It may be covered or not. */
  readonly survived: number;
  /** Killed mutants in percent of all. */
  readonly score: number;
}

export interface FileScore extends MutationScore {
  readonly file: string;
}

export interface Survivor {
  readonly file: string;
  readonly line: number;
  /** The kind of mutation, as Stryker names it. */
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
}

export interface MutationReport extends MutationScore {
  readonly files: readonly FileScore[];
  readonly survivors: readonly Survivor[];
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** The part of Stryker's report that is read: https://github.com/stryker-mutator/mutation-testing-elements */
interface StrykerReport {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly StrykerMutant[] }>>;
}

interface StrykerMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

const KILLED = ['Killed', 'Timeout'];
const SURVIVED = ['Survived', 'NoCoverage'];

/**
 * The report of Stryker's last run.
 *
 * @throws Error if there is none, or if a mutant has no result.
 */
export function readMutationReport(path = join(ROOT, REPORT)): MutationReport {
  if (!existsSync(path)) { throw new Error(`There is no ${REPORT}. Run the mutation tests first: npm run mutation`); }
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as StrykerReport;
  const all = Object.entries(files).flatMap(([file, { source, mutants }]) => mutants.map((mutant) => ({ file, source, mutant })));
  const open = all.find(({ mutant }) => ![...KILLED, ...SURVIVED].includes(mutant.status));
  if (open) { throw new Error(`A mutant of ${open.file}, line ${open.mutant.location.start.line}, ended as ${open.mutant.status}`); }
  if (all.length === 0) { throw new Error('The report has no mutants'); }
  return {
    ...scoreOf(all.map(({ mutant }) => mutant)),
    files: Object.entries(files).filter(([, { mutants }]) => mutants.length > 0).map(([file, { mutants }]) => ({ file, ...scoreOf(mutants) })),
    survivors: all.filter(({ mutant }) => SURVIVED.includes(mutant.status)).map(({ file, source, mutant }) => ({
      file,
      line: mutant.location.start.line,
      mutator: mutant.mutatorName,
      original: textAt(source, mutant.location.start, mutant.location.end),
      replacement: mutant.replacement ?? '',
    })),
  };
}

/** Runs Stryker, for some minutes, and reads its report. A score below its threshold is no error here. */
export function runMutationTests(): MutationReport {
  rmSync(join(ROOT, REPORT), { force: true });
  const stryker = join(ROOT, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  // Its progress goes to stderr, because the table of the caller goes to stdout.
  const { status } = spawnSync(process.execPath, [stryker, 'run'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (!existsSync(join(ROOT, REPORT))) { throw new Error(`Stryker ended with exit code ${status} and no report; the lines above say why`); }
  return readMutationReport();
}

function scoreOf(mutants: readonly StrykerMutant[]): MutationScore {
  const total = mutants.length;
  const killed = mutants.filter(({ status }) => KILLED.includes(status)).length;
  return { total, killed, survived: total - killed, score: 100 * killed / total };
}

function textAt(source: string, start: Position, end: Position): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}

function main(): void {
  const { files, survivors, ...all } = readMutationReport();
  const rows = [...files, { file: 'all', ...all }].map(({ file, total, killed, survived, score }) => [file, total, killed, survived, score.toFixed(1)].map(String));
  const table = [['file', 'mutants', 'killed', 'survived', '%'], ...rows];
  for (const [file, ...numbers] of table) { console.log(`${file.padEnd(40)}${numbers.map((number) => number.padStart(10)).join('')}`); }
  console.log('');
  for (const { file, line, mutator, original, replacement } of survivors) {
    console.log(`${file}:${line} ${mutator}: ${oneLine(original)} -> ${oneLine(replacement)}`);
  }
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 120 ? `${line.slice(0, 119)}\u2026` : line;
}

if (require.main === module) {
  startCommand({
    name: 'report',
    command: 'npx tsx --tsconfig tsconfig.dev.json test/mutation/report.ts',
    description: 'Print the scores of the last run of the mutation tests',
  });
  main();
}

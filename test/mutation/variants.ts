import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

/** The parts of the tree that the tests of the handler need. */
const TREE = ['lambda-src', 'src', 'test/harness.ts', 'test/transform.cjs', 'test/rotation', 'simulator', 'package.json', 'tsconfig.json', 'tsconfig.dev.json'];

/** The tree, with one changed file. */
export interface Variant {
  readonly name: string;
  readonly edit?: { readonly file: string; readonly change: (source: string) => string };
}

interface JestReport {
  readonly testResults: {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: { readonly fullName: string; readonly status: string }[];
  }[];
}

/** The first failing test of each variant, by name. In the order of `tests`, then of the file. */
export function firstFailures(variants: readonly Variant[], tests: readonly string[]): Map<string, string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'variants-')));
  try {
    variants.forEach((variant, index) => copyTree(join(folder, String(index)), variant));
    const results = runTests(folder, variants.length, tests);
    return new Map(variants.flatMap(({ name }, index) => {
      const failure = tests.map((test) => firstFailure(results.get(join(String(index), test)), `${test} of '${name}'`)).find(Boolean);
      return failure === undefined ? [] : [[name, failure]];
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files of src that the handler imports. */
function isContract(source: string): boolean {
  return statSync(source).isDirectory() || basename(source) === 'contract.ts';
}

function copyTree(target: string, { edit }: Variant): void {
  for (const path of TREE) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(ROOT, path), join(target, path), { recursive: true, filter: (source) => path !== 'src' || isContract(source) });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
  if (edit) { writeFileSync(join(target, edit.file), edit.change(readFileSync(join(target, edit.file), 'utf8'))); }
}

/** Runs the tests of all copies in one process. Returns the result of each file by its path in the folder. */
function runTests(folder: string, count: number, tests: readonly string[]): Map<string, JestReport['testResults'][number]> {
  const { rootDir: _, ...config } = JSON.parse(readFileSync(join(__dirname, 'jest.config.json'), 'utf8'));
  const projects = Array.from({ length: count }, (__, index) => ({
    ...config,
    displayName: String(index),
    rootDir: join(folder, String(index)),
    testMatch: tests.map((test) => `<rootDir>/${test}`),
    testEnvironment: join(ROOT, config.testEnvironment),
  }));
  const configFile = join(folder, 'jest.config.json');
  const outputFile = join(folder, 'report.json');
  writeFileSync(configFile, JSON.stringify({ rootDir: folder, projects }));
  const jest = spawnSync(process.execPath, [
    join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', configFile, '--maxWorkers=2', '--silent', '--json', '--outputFile', outputFile,
  ], { cwd: folder, encoding: 'utf8' });
  if (jest.status === null || jest.status > 1) { throw new Error(`Jest ended with ${jest.signal ?? jest.status}:\n${jest.stderr}`); }
  const report = JSON.parse(readFileSync(outputFile, 'utf8')) as JestReport;
  return new Map(report.testResults.map((result) => [relative(folder, result.name).split(sep).join('/'), result]));
}

/** A file that didn't run has no failed test. It would count as a detected guard. */
function firstFailure(result: JestReport['testResults'][number] | undefined, what: string): string | undefined {
  if (!result || !result.assertionResults.some(({ status }) => status === 'passed' || status === 'failed')) {
    throw new Error(`No test ran in ${what}: ${result?.message ?? 'no result'}`);
  }
  return result.assertionResults.find(({ status }) => status === 'failed')?.fullName;
}

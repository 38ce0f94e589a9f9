import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The cases of the rotation contract that are about what every target has in common, by number. */
export const COMMON_CASES: readonly number[] = [
  ...range(1, 22), 46, ...range(48, 54), ...range(58, 60), ...range(62, 65), 69, 73,
];

/** Those that are about databases, and are shown on real servers. */
export const DATABASE_CASES: readonly number[] = [
  ...range(23, 37), ...range(39, 47), ...range(55, 57), 61, ...range(66, 72), ...range(74, 78), 99, 100,
];

export interface ContractCase {
  readonly number: number;
  /** The first of its tests. */
  readonly test: string | undefined;
  readonly tests: number;
  readonly failed: number;
}

interface JestReport {
  readonly testResults: {
    readonly assertionResults: { readonly fullName: string; readonly title: string; readonly status: string; readonly failureMessages: string[] }[];
  }[];
}

/** Runs tests, and says which of them is for which case. */
export function runContractTests(root: string, paths: readonly string[], cases: readonly number[]): ContractCase[] {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  const outputFile = join(folder, 'report.json');
  try {
    spawnSync('npx', ['jest', '--silent', '--json', '--outputFile', outputFile, ...paths], { cwd: root, stdio: 'ignore' });
    const report = JSON.parse(readFileSync(outputFile, 'utf8')) as JestReport;
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    for (const { fullName, failureMessages } of tests.filter(({ status }) => status === 'failed')) {
      console.error(`\n${fullName}\n${failureMessages.join('\n')}\n`);
    }
    return cases.map((number) => {
      const own = tests.filter(({ title }) => casesOf(title).includes(number));
      return { number, test: own[0]?.title, tests: own.length, failed: own.filter(({ status }) => status !== 'passed').length };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The numbers at the start of a test's title: `case 7: …` or `cases 3, 7: …`. */
export function casesOf(title: string): number[] {
  return /^cases? ([\d, ]+):/.exec(title)?.[1].split(',').map(Number) ?? [];
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from './progress';
import { casesOf, numbersOf } from '../docs/rotation-contract';

/** The cases of docs/rotation-contract.md that all targets share, by number. */
export const COMMON_CASES: readonly number[] = numbersOf('every target');

/** The cases of credentials that a server issues. */
export const ISSUED_CASES: readonly number[] = numbersOf('issued values');

/** The cases of a server that accepts two passwords. */
export const TWO_PASSWORDS_CASES: readonly number[] = numbersOf('two passwords');

/** The cases that are tested on real database servers. */
export const DATABASE_CASES: readonly number[] = numbersOf('databases');

export interface ContractCase {
  readonly number: number;
  /** The first of its tests. */
  readonly test: string | undefined;
  readonly tests: number;
  readonly failed: number;
}

export interface ContractTests {
  readonly cases: readonly ContractCase[];
  /** The failed tests of no such case, by their full names. */
  readonly failedOthers: readonly string[];
}

interface JestReport {
  readonly testResults: { readonly assertionResults: JestTest[] }[];
}

interface JestTest {
  readonly ancestorTitles: string[];
  readonly fullName: string;
  readonly title: string;
  readonly status: string;
  readonly failureMessages: string[];
}

/** Runs tests, and returns which of them are for which case, and what else failed. */
export async function runContractTests(
  root: string, paths: readonly string[], cases: readonly number[], progress: Progress,
): Promise<ContractTests> {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  const outputFile = join(folder, 'report.json');
  try {
    const jest = spawn('npx', ['jest', '--silent', '--json', '--outputFile', outputFile, ...paths], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    let files = 0;
    // Jest writes a line after each file.
    jest.stderr.setEncoding('utf8').on('data', (text: string) => {
      files += text.match(/^(PASS|FAIL) /gm)?.length ?? 0;
      progress(`${files} files of tests`);
    });
    await once(jest, 'close');
    const report = JSON.parse(readFileSync(outputFile, 'utf8')) as JestReport;
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    for (const { fullName, failureMessages } of tests.filter(({ status }) => status === 'failed')) {
      console.error(`\n${fullName}\n${failureMessages.join('\n')}\n`);
    }
    const isOf = (number: number) => ({ ancestorTitles, title }: JestTest) => [...ancestorTitles, title].flatMap(casesOf).includes(number);
    const failedOthers = tests.filter((test) => test.status === 'failed' && !cases.some((number) => isOf(number)(test))).map(({ fullName }) => fullName);
    return {
      failedOthers,
      cases: cases.map((number) => {
        const own = tests.filter(isOf(number));
        return { number, test: own[0]?.title, tests: own.length, failed: own.filter(({ status }) => status !== 'passed').length };
      }),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

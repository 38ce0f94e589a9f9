/*
 * The samples in TypeScript of the README and of the pages that it sends readers to compile, with what rosetta/ declares for them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PAGES = ['README.md', 'docs/databases.md', 'docs/options.md', 'docs/targets/iam-access-key.md', 'docs/targets/ses-smtp.md', 'docs/targets/signing-keys.md'];

interface Sample {
  readonly name: string;
  readonly file: string;
  readonly source: string;
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** A sample within its fixture, as jsii-rosetta puts it there. */
function withFixture(code: string, fixture: string): string {
  const lines = code.split('\n');
  const isImport = (line: string) => line.startsWith('import ');
  const body = lines.filter((line) => !isImport(line)).join('\n');
  return [...lines.filter(isImport), read(`rosetta/${fixture}.ts-fixture`).replace('/// here', () => body)].join('\n');
}

const samples: Sample[] = PAGES.flatMap((page) => [...read(page).matchAll(/^```ts(?: fixture=(\w+))?\n([^]*?)^```$/gm)].map(([, fixture = 'default', code], index) => ({
  name: `${page}, sample ${index + 1}`,
  file: `${page.replace(/\W/g, '-')}-${index + 1}.ts`,
  source: withFixture(code, fixture),
})));

/** Compiled in a folder of their own, which has the configuration of this repository. */
function problemsOf(programs: readonly Sample[]): Map<string, string[]> {
  const folder = mkdtempSync(join(ROOT, '.samples-'));
  try {
    for (const { file, source } of programs) { writeFileSync(join(folder, file), source); }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
      extends: '../tsconfig.dev.json', compilerOptions: { noUnusedLocals: false, noUnusedParameters: false }, include: ['*.ts'], exclude: [],
    }));
    const { stdout, status } = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'typescript-native', 'bin', 'tsc'), '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
    const problems = stdout.split('\n').filter((line) => line.includes('error TS'));
    expect(status === 0).toBe(problems.length === 0);
    return new Map(programs.map(({ name, file }) => [name, problems.filter((line) => line.includes(`${file}(`))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('samples', () => {
  const wrong: Sample = { name: 'wrong', file: 'wrong.ts', source: withFixture('new RotatingSecret(this, 1);', 'default') };
  const problems = problemsOf([...samples, wrong]);

  test.each(PAGES)('%s has some', (page) => { expect(samples.filter(({ name }) => name.startsWith(page)).length).toBeGreaterThan(0); });

  test.each(samples)('$name compiles', ({ name }) => { expect(problems.get(name)).toEqual([]); });

  test('one that does not compile is told', () => { expect(problems.get('wrong')).toHaveLength(1); });
});

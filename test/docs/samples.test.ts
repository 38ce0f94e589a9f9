/* Checks that the TypeScript samples of the README and of docs/ compile, with the declarations in rosetta/. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { samplesOf, withFixture } from '../../scripts/build/site/samples';
import { filesBelow } from '../../tools/files';

const ROOT = join(__dirname, '..', '..');

interface Program {
  readonly name: string;
  readonly file: string;
  readonly source: string;
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const fixture = (name: string) => read(`rosetta/${name}.ts-fixture`);
const PAGES = ['README.md', ...filesBelow(join(ROOT, 'docs')).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)]
  .map((page) => ({ page, samples: samplesOf(page, read(page)) }))
  .filter(({ samples }) => samples.length > 0);

const programs: Program[] = PAGES.flatMap(({ samples }) => samples).map((sample) => ({
  name: sample.name,
  file: `${sample.name.replace(/\W/g, '-')}.ts`,
  source: withFixture(sample, fixture(sample.fixture)),
}));

/** Compiled in a separate folder, with the configuration of this repository. */
function problemsOf(all: readonly Program[]): Map<string, string[]> {
  const folder = mkdtempSync(join(ROOT, '.samples-'));
  try {
    for (const { file, source } of all) { writeFileSync(join(folder, file), source); }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
      extends: '../tsconfig.dev.json', compilerOptions: { noUnusedLocals: false, noUnusedParameters: false }, include: ['*.ts'], exclude: [],
    }));
    const { stdout, status } = spawnSync(process.execPath, [join(ROOT, 'node_modules', 'typescript-native', 'bin', 'tsc'), '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
    const problems = stdout.split('\n').filter((line) => line.includes('error TS'));
    expect(status === 0).toBe(problems.length === 0);
    return new Map(all.map(({ name, file }) => [name, problems.filter((line) => line.includes(`${file}(`))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('samples', () => {
  const wrong: Program = { name: 'wrong', file: 'wrong.ts', source: withFixture({ code: 'new RotatingSecret(this, 1);\n' }, fixture('default')) };
  const problems = problemsOf([...programs, wrong]);

  test.each(['README.md', 'docs/databases.md', 'docs/options.md', 'docs/fleets.md', 'docs/target-module.md'])('exist in %s', (page) => {
    expect(PAGES.map(({ page: name }) => name)).toContain(page);
  });

  test.each(programs)('$name compiles', ({ name }) => { expect(problems.get(name)).toEqual([]); });

  test('that do not compile are reported', () => { expect(problems.get('wrong')).toHaveLength(1); });
});

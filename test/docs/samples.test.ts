/*
 * The samples in TypeScript of the README and of the pages that it sends readers to compile, with what rosetta/ declares for them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '..', '..');
const PAGES = ['README.md', 'docs/databases.md', 'docs/options.md'];

interface Sample {
  readonly name: string;
  /** A path that no file has. */
  readonly path: string;
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
  path: join(ROOT, 'test', 'docs', `${page.replace(/\W/g, '-')}-${index + 1}.ts`),
  source: withFixture(code, fixture),
})));

function problemsOf(programs: readonly Sample[]): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.dev.json'), (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, ROOT);
  Object.assign(options, { noUnusedLocals: false, noUnusedParameters: false, incremental: false, composite: false });
  const host = ts.createCompilerHost(options);
  const sources = new Map(programs.map(({ path, source }) => [path, source]));
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.getSourceFile = (path, version, ...rest) => {
    const source = sources.get(path);
    return source === undefined ? getSourceFile(path, version, ...rest) : ts.createSourceFile(path, source, version);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return new Map(programs.map(({ name, path }) => {
    const file = program.getSourceFile(path)!;
    const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return [name, diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
  }));
}

describe('samples', () => {
  const wrong: Sample = { name: 'wrong', path: join(ROOT, 'test', 'docs', 'wrong.ts'), source: withFixture('new RotatingSecret(this, 1);', 'default') };
  const problems = problemsOf([...samples, wrong]);

  test.each(PAGES)('%s has some', (page) => { expect(samples.filter(({ name }) => name.startsWith(page)).length).toBeGreaterThan(0); });

  test.each(samples)('$name compiles', ({ name }) => { expect(problems.get(name)).toEqual([]); });

  test('one that does not compile is told', () => { expect(problems.get('wrong')).toHaveLength(1); });
});

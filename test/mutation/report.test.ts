import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMutationReport } from './report';

const folder = mkdtempSync(join(tmpdir(), 'mutation-report-'));
afterAll(() => { rmSync(folder, { recursive: true }); });

const SOURCE = 'const one = 1;\nif (one) {\n  two();\n}\n';
const ONE = { start: { line: 2, column: 5 }, end: { line: 2, column: 8 } };
const BLOCK = { start: { line: 2, column: 10 }, end: { line: 4, column: 2 } };
const mutant = (status: string, location = ONE) => ({ status, location, mutatorName: 'ConditionalExpression', replacement: 'false' });

function read(files: Record<string, ReturnType<typeof mutant>[]>) {
  const path = join(folder, 'mutation.json');
  writeFileSync(path, JSON.stringify({
    files: Object.fromEntries(Object.entries(files).map(([file, mutants]) => [file, { source: SOURCE, mutants }])),
  }));
  return readMutationReport(path);
}

test('a mutant is killed by a failure or a time-out, and survives if no test covers it', () => {
  const report = read({
    'a.ts': [mutant('Killed'), mutant('Timeout'), mutant('Survived'), mutant('NoCoverage', BLOCK)],
    'b.ts': [mutant('Killed')],
    'empty.ts': [],
  });
  expect(report).toMatchObject({ total: 5, killed: 3, survived: 2, score: 60 });
  expect(report.files).toEqual([
    { file: 'a.ts', total: 4, killed: 2, survived: 2, score: 50 }, { file: 'b.ts', total: 1, killed: 1, survived: 0, score: 100 },
  ]);
  const survivor = { file: 'a.ts', line: 2, mutator: 'ConditionalExpression', replacement: 'false' };
  expect(report.survivors).toEqual([{ ...survivor, original: 'one' }, { ...survivor, original: '{\n  two();\n}' }]);
});

test.each(['CompileError', 'RuntimeError', 'Ignored', 'Pending'])('refuses a report in which a mutant ended as %s', (status) => {
  expect(() => read({ 'a.ts': [mutant('Killed'), mutant(status)] })).toThrow(`A mutant of a.ts, line 2, ended as ${status}`);
});

test('refuses a report without mutants, and a missing one', () => {
  expect(() => read({ 'a.ts': [] })).toThrow('no mutants');
  expect(() => readMutationReport(join(folder, 'missing.json'))).toThrow('npm run mutation');
});

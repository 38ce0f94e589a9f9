/* Finds circular imports in the sources, including imports of types, which lint overlooks. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { Checks } from '../../tools/checks';
import { startCommand } from '../../tools/command';
import { filesBelow } from '../../tools/files';
import { ROOT } from '../../tools/run';

startCommand({
  name: 'circles',
  command: 'npx tsx scripts/check/circles.ts',
  description: 'Find circles of imports, types included',
});

const FOLDERS = ['src', 'lambda-src', 'simulator', 'rehearsal', 'tools', 'servers', 'scripts', 'demo', 'bench'];

/** Allowed circles: a file, and the imports of it that import the file. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'src/rotation.ts': ['src/rotation-function.ts'],
  'src/notification/rotation-notification.ts': ['src/function/network.ts'],
};

/** Our own files that a file imports. Files that it requires don't count, because they are loaded at the call. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, file), 'utf8'));
  return importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => resolve(ROOT, dirname(file), name))
    .flatMap((path) => [`${path}.ts`, join(path, 'index.ts')].filter((candidate) => existsSync(candidate)).slice(0, 1))
    .map((path) => relative(ROOT, path))
    .filter((path) => !EXCEPTIONS[file]?.includes(path));
}

const files = FOLDERS.flatMap((folder) => filesBelow(join(ROOT, folder)).map((file) => join(folder, file))).filter((file) => file.endsWith('.ts'));
const graph = new Map(files.map((file) => [file, importsOf(file)]));

const circles: string[] = [];
const done = new Set<string>();

function visit(file: string, path: readonly string[]): void {
  const start = path.indexOf(file);
  if (start !== -1) { circles.push([...path.slice(start), file].join(' -> ')); }
  if (done.has(file)) { return; }
  done.add(file);
  for (const imported of graph.get(file) ?? []) { visit(imported, [...path, file]); }
}

for (const file of files) { visit(file, []); }

const checks = new Checks();
checks.check(`no circle of imports in ${files.length} files, types included`, files.length > 100 && circles.length === 0, circles.join('\n'));
console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

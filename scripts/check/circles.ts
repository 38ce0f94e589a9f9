/*
 * Finds circles of imports in the sources, imports of types included: what lint can't, for it overlooks those.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { Checks } from '../../tools/checks';
import { filesBelow } from '../../tools/files';
import { ROOT } from '../../tools/run';

const FOLDERS = ['src', 'lambda-src', 'simulator', 'rehearsal', 'tools', 'scripts', 'demo', 'bench'];

/** A file, and what it imports although that imports the file. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'src/rotation.ts': ['src/rotation-function.ts'],
  'src/notification/rotation-notification.ts': ['src/function/network.ts'],
};

/** The files of ours that a file imports. What it requires is left out: that is loaded when it is called. */
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

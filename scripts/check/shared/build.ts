import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../../../tools/files';
import { ROOT, run } from '../../../tools/run';

/** Brings `lib`, `.jsii` and `assets` up to date with the sources. */
export function build(): void {
  if (isOlder('.jsii') || isOlder('lib/index.js')) { run('npx', ['projen', 'compile']); }
  run('npx', ['projen', 'bundle']);
}

function isOlder(output: string): boolean {
  const path = join(ROOT, output);
  const sources = ['package.json', 'tsconfig.json', 'README.md', ...filesBelow(join(ROOT, 'src')).map((file) => join('src', file))];
  return !existsSync(path) || sources.some((source) => statSync(join(ROOT, source)).mtimeMs > statSync(path).mtimeMs);
}

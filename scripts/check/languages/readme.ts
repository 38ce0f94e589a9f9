import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/run';

/** The first example of the README in a language, as code that puts it into a stack of its own, named as what its language calls `this`. */
export function firstExample(language: 'ts' | 'python', before: string, after: string): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const block = new RegExp(`^\`\`\`${language}\\b[^\\n]*\\n([^]*?)^\`\`\`$`, 'm').exec(readme);
  if (!block) { throw new Error(`README.md has no example in ${language}`); }
  const lines = block[1].split('\n');
  const isImport = (line: string) => /^(import|from) /.test(line);
  return [...lines.filter(isImport), before, ...lines.filter((line) => !isImport(line)), after, ''].join('\n');
}

export function writeTypeScript(directory: string): void {
  writeFileSync(join(directory, 'readme.ts'), firstExample(
    'ts',
    'import { App, Stack } from \'aws-cdk-lib\';\n(function (this: Stack) {',
    '}).call(new Stack(new App(), \'Readme\'));\nconsole.log(\'{}\');',
  ));
}

export function writePython(directory: string): void {
  writeFileSync(join(directory, 'readme.py'), firstExample(
    'python',
    'from aws_cdk import App, Stack\n\napp = App()\nself = Stack(app, "Readme")',
    'app.synth()\nprint("{}")',
  ));
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/run';

/** A complete example of the README, with its imports. */
interface Example {
  readonly imports: string;
  readonly body: string;
}

/** The complete examples of the README in a language: the first secret, and a database. */
function completeExamples(language: 'ts' | 'python'): [Example, Example] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const isImport = (line: string) => /^(import|from) /.test(line);
  const examples = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\b[^\\n]*\\n([^]*?)^\`\`\`$`, 'gm'))]
    .map(([, block]) => block.split('\n'))
    .filter((lines) => lines.some(isImport))
    .map((lines) => ({ imports: lines.filter(isImport).join('\n'), body: lines.filter((line) => !isImport(line)).join('\n') }));
  if (examples.length !== 2) { throw new Error(`README.md has ${examples.length} complete examples in ${language}, and should have 2: the first secret and a database`); }
  return [examples[0], examples[1]];
}

/** Writes each example into a stack of its own, with the name that its language has for `this`. */
export function writeTypeScript(directory: string): void {
  const [first, database] = completeExamples('ts');
  writeFileSync(join(directory, 'readme.ts'), [
    'import { App, Stack } from \'aws-cdk-lib\';',
    'import * as ec2 from \'aws-cdk-lib/aws-ec2\';',
    'import * as rds from \'aws-cdk-lib/aws-rds\';',
    merged(first.imports, database.imports),
    'const app = new App();',
    '(function (this: Stack) {', first.body, '}).call(new Stack(app, \'Readme\'));',
    '(function (this: Stack) {',
    'const vpc = new ec2.Vpc(this, \'Vpc\');',
    'const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 });',
    'const database = new rds.DatabaseInstance(this, \'Database\', { engine, vpc });',
    database.body, '}).call(new Stack(app, \'ReadmeDatabase\'));',
    'app.synth();', 'console.log(\'{}\');', '',
  ].join('\n'));
}

export function writePython(directory: string): void {
  const [first, database] = completeExamples('python');
  writeFileSync(join(directory, 'readme.py'), [
    'from aws_cdk import App, Stack',
    'from aws_cdk.aws_ec2 import Vpc',
    'from aws_cdk.aws_rds import DatabaseInstance, DatabaseInstanceEngine, PostgresEngineVersion',
    first.imports, database.imports,
    'app = App()',
    'self = Stack(app, "Readme")', first.body,
    'self = Stack(app, "ReadmeDatabase")',
    'vpc = Vpc(self, "Vpc")',
    'engine = DatabaseInstanceEngine.postgres(version=PostgresEngineVersion.VER_16)',
    'database = DatabaseInstance(self, "Database", engine=engine, vpc=vpc)', database.body,
    'app.synth()', 'print("{}")', '',
  ].join('\n'));
}

/** The app of a page with exactly one complete app, such as `docs/java.md`. */
export function appOfPage(page: string, language: string): string {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))];
  if (blocks.length !== 1) { throw new Error(`docs/${page} has ${blocks.length} blocks in ${language}, and should have 1: a whole app`); }
  return blocks[0][1];
}

/** Merges the imports of two examples from one package. TypeScript allows a name only once. */
function merged(first: string, second: string): string {
  const names = [first, second].flatMap((imports) => /^import \{ (.*) \} from 'cdk-rotating-secret';$/.exec(imports)![1].split(', '));
  return `import { ${[...new Set(names)].join(', ')} } from 'cdk-rotating-secret';`;
}

/* Errors, warnings and descriptions reach users of five languages, so none of them has code of one language. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

const ROOT = join(__dirname, '..', '..');

/** Idioms of TypeScript and JavaScript that differ in other languages. */
const IDIOMS: Readonly<Record<string, RegExp>> = {
  'the construction of an object': /\bnew [A-Z][a-z]\w+/,
  'JSON of JavaScript': /\bJSON\.\w/,
  'a property with its value': /\b[a-z]\w*: ?(true|false|undefined|null|\d|'|\{|\[|[A-Z]\w*\.\w)/,
  'a value that only JavaScript has': /\bundefined\b|\bNaN\b/,
  'a path of Node.js': /__dirname|__filename|import\.meta/,
  'a call with arguments': /\b[\w.]+\((?=[^)\s])[^)]*['"{[]/,
  'a duration': /\bDuration\.\w+/,
  'the name of an imported module': /\b(secretsmanager|ec2|iam|kms|lambda|logs|rds|sns|events|cdk)\.[A-Z]/,
  'an arrow': /=>/,
  'a backtick': /`/,
};

interface Message {
  readonly place: string;
  readonly text: string;
}

/** All texts of the sources that are sentences, or parts of one. Computed parts are placeholders. */
function messages(): Message[] {
  return ['src', 'lambda-src', 'rehearsal'].flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => messagesOf(join(folder, name))));
}

function messagesOf(path: string): Message[] {
  const file = ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Message[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text === undefined) {
      ts.forEachChild(node, visit);
    } else {
      if (isProse(text)) { found.push({ place: `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`, text }); }
      visitExpressions(node, visit);
    }
  };
  visit(file);
  return found;
}

/** The text of a literal, a template, or a sum that begins with one. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) { return node.text; }
  if (ts.isTemplateExpression(node)) { return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join(''); }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === undefined && right === undefined ? undefined : (left ?? '…') + (right ?? '…');
  }
  return undefined;
}

/** The computed parts of a template or a sum may have messages too. */
function visitExpressions(node: ts.Node, visit: (node: ts.Node) => void): void {
  if (ts.isTemplateExpression(node)) { node.templateSpans.forEach(({ expression }) => visit(expression)); }
  if (ts.isBinaryExpression(node)) {
    for (const side of [node.left, node.right]) {
      if (textOf(side) === undefined) { visit(side); } else { visitExpressions(side, visit); }
    }
  }
}

/** Three words that begin with a small letter or none. This excludes names, paths, and SQL, which is in capitals. */
function isProse(text: string): boolean {
  return /[a-z']+ [a-z']+ [a-z'"]+/.test(text) && !/\b(SELECT|FROM|WHERE|GRANT|ALTER|INSERT) [\w*]+.*\b(FROM|WHERE|AND|TO|SELECT)\b/.test(text);
}

const idiomsOf = (text: string) => Object.keys(IDIOMS).filter((name) => IDIOMS[name].test(text));

test('no message has code of one language', () => {
  const all = messages();
  expect(all.length).toBeGreaterThan(300);
  expect(all.flatMap(({ place, text }) => idiomsOf(text).map((idiom) => `${place}: ${idiom}: ${text}`))).toEqual([]);
});

test.each([
  'Give rotationMetrics: true to the RotationFunction',
  'make one with new RotationFunction',
  'Make it one with JSON.stringify',
  'give at least Duration.days(30) to the rule',
  'the path of the module, such as join(__dirname, \'my-target.ts\')',
  'is undefined, and has to be a name',
  'Give target: RotationTarget.generated({ generateStringKey }) to it',
  'or add it with vpc.addInterfaceEndpoint(\'Endpoint\', { service }) to the VPC',
  'leave `engine` out of it',
])('finds the idiom in: %s', (text) => {
  expect(idiomsOf(text)).not.toEqual([]);
});

/* The dependencies of the artifact for Java. `npm run languages` builds it, and compiles an app that names it before a later CDK. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** The options of the sed that makes the pom.xml. */
function rewrite(pom: string): string {
  const [, options] = /^sed -E \\\n([^]*?)^ {2}"\$pom"/m.exec(readFileSync(join(ROOT, 'scripts', 'build', 'package-java.sh'), 'utf8'))!;
  const expressions = [...options.matchAll(/-e '([^']+)'/g)].flatMap(([, expression]) => ['-e', expression]);
  return execFileSync('sed', ['-E', ...expressions], { input: pom, cwd: ROOT, encoding: 'utf8' });
}

const dependency = (artifact: string, version: string, scope = '') => [
  '    <dependency>', '      <groupId>group</groupId>', `      <artifactId>${artifact}</artifactId>`, `      <version>${version}</version>`, `${scope}    </dependency>`, '',
].join('\n');

test('the version of constructs is left to CDK', () => {
  expect(rewrite(dependency('constructs', '[10.0.5,11.0.0)'))).toBe(dependency('constructs', '10.0.5', '      <scope>provided</scope>\n'));
});

test('the version of the runtime stays a range, so that a later one that CDK needs wins', () => {
  expect(rewrite(dependency('jsii-runtime', '[1.140.0,2.0.0)'))).toBe(dependency('jsii-runtime', '[1.140.0,2.0.0)'));
});

test('CDK is required in the lowest version, which an app overrides', () => {
  expect(rewrite(dependency('aws-cdk-lib', '[2.127.0,3.0.0)'))).toBe(dependency('aws-cdk-lib', '2.127.0'));
});

/**
 * Synthesizes every example in TypeScript, and runs linters on the templates: cfn-lint, four packs of cdk-nag, the controls of Control Tower for
 * the resources of the constructs, and parliament for IAM. Accepted findings are in suppressions.json, each with its reason. An unused
 * suppression fails too.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installCdkNag } from './examples/cdk-nag';
import { CFN_LINT } from './examples/cfn-lint';
import { installControlTower } from './examples/control-tower';
import type { Linter } from './examples/linter';
import { PARLIAMENT } from './examples/parliament';
import { installPythonLinters } from './examples/python';
import { readSuppressions, suppress, type Finding } from './examples/suppressions';
import { Checks } from '../../tools/checks';
import { startCommand } from '../../tools/command';
import { filesBelow } from '../../tools/files';
import { ROOT, run, withTemporaryDirectory } from '../../tools/run';

startCommand({
  name: 'examples',
  command: 'npx tsx scripts/check/examples.ts',
  description: 'Synthesize the examples and lint their templates; needs Python 3.11',
});

const EXAMPLES = join(ROOT, 'examples');
const CONTROL = join(__dirname, 'examples', 'control.template.json');
const SUPPRESSIONS = readSuppressions(JSON.parse(readFileSync(join(__dirname, 'examples', 'suppressions.json'), 'utf8')));

/** The findings of the linters in the control. */
const MISTAKES = [
  'cfn-lint E3030 UnknownRuntime',
  'cdk-nag AwsSolutions-SMG4 NotRotated',
  ...['HIPAA.Security', 'NIST.800.53.R5', 'PCI.DSS.321'].map((pack) => `cdk-nag ${pack}-LambdaInsideVPC UnknownRuntime`),
  'control-tower CT.LAMBDA.PR.2 AnyAccount',
  'parliament UNKNOWN_ACTION UnknownAction',
];

const checks = new Checks();

withTemporaryDirectory((directory) => {
  run('npx', ['projen', 'bundle']);
  installPythonLinters();
  const linters = [CFN_LINT, PARLIAMENT, installCdkNag(join(directory, 'nag')), installControlTower(join(directory, 'guard'))];
  checkControl(linters);

  const findings = readdirSync(EXAMPLES)
    .flatMap((example) => [example, join(example, 'infra')])
    .filter((example) => existsSync(join(EXAMPLES, example, 'cdk.json')))
    // Examples in other languages need other packages; languages.ts checks them.
    .filter((example) => !existsSync(join(EXAMPLES, example, 'pyproject.toml')))
    .flatMap((example) => lintExample(example, join(directory, example), linters));
  for (const { linter, rule, resource } of suppress(findings, SUPPRESSIONS).unused) {
    checks.check(`the suppression of ${rule} of ${linter} on ${resource} is needed`, false, 'nothing needs it any more; remove it');
  }
});

console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

/** A linter that finds nothing in a template with mistakes would find nothing in ours. */
function checkControl(linters: Linter[]): void {
  const rules = linters.flatMap((linter) => linter.lint(CONTROL)).map(({ linter, rule, resource }) => `${linter} ${rule} ${resource}`);
  for (const expected of MISTAKES) {
    checks.check(`a template with mistakes: ${expected}`, rules.includes(expected), rules);
  }
}

function lintExample(example: string, output: string, linters: Linter[]): Finding[] {
  synthesize(example, output);
  const templates = filesBelow(output).filter((file) => file.endsWith('.template.json'));
  checks.check(`examples/${example} synthesizes`, templates.length > 0);
  return templates.flatMap((template) => linters.flatMap((linter) => {
    const findings = linter.lint(join(output, template));
    const { unsuppressed } = suppress(findings, SUPPRESSIONS);
    const suppressed = findings.length - unsuppressed.length;
    checks.check(`examples/${example}, ${template}: ${linter.name}, ${suppressed} suppressed`, unsuppressed.length === 0, unsuppressed);
    return findings;
  }));
}

/** Runs the app of its cdk.json. */
function synthesize(example: string, output: string): void {
  run(process.execPath, [join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'), 'synth', '--quiet', '--no-notices', '--output', output], {
    cwd: join(EXAMPLES, example),
    env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' },
  });
}

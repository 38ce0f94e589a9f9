import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { constructPath, type Linter, type Violation } from './linter';
import { run } from '../../../tools/run';

const NAME = 'control-tower';
/** The services of the constructs' resources, and of the queue and the key that they may be given. */
const SERVICES = ['cloudwatch', 'identityandaccessmanagement', 'keymanagementservice', 'lambda', 'sqs'];
/** The hooks of Control Tower see resources with resolved properties. */
const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012', 'AWS::Region': 'eu-west-1', 'AWS::Partition': 'aws', 'AWS::URLSuffix': 'amazonaws.com',
};

/** The proactive controls of AWS Control Tower, in the pinned version, in `directory`, with Guard to check them. */
export function installControlTower(directory: string): Linter {
  cpSync(join(__dirname, 'guard'), directory, { recursive: true });
  // Its peers are CDK's, for a plugin that isn't used here.
  run('npm', ['install', '--no-audit', '--no-fund', '--legacy-peer-deps'], { cwd: directory });
  const validator = join(directory, 'node_modules', '@cdklabs', 'cdk-validator-cfnguard');
  const guard = join(validator, 'bin', platform() === 'darwin' ? 'macos' : 'ubuntu', arch() === 'arm64' ? 'aarch64' : 'x86_64', 'cfn-guard');
  const rules = SERVICES.flatMap((service) => ['--rules', join(validator, 'rules', 'control-tower', 'cfn-guard', service)]);
  return {
    name: NAME,
    lint: (template) => {
      const resolved = join(directory, 'template.json');
      writeFileSync(resolved, JSON.stringify(JSON.parse(readFileSync(template, 'utf8'), resolve)));
      const { status, stdout, stderr } = spawnSync(guard, [
        'validate', ...rules, '--data', resolved, '--output-format', 'json', '--structured', '--show-summary', 'none',
      ], { encoding: 'utf8', maxBuffer: 2 ** 28 });
      // The exit code is 19 if a rule isn't met.
      if (status !== 0 && status !== 19) { throw new Error(`cfn-guard ended with ${status}\n${stdout}${stderr}`); }
      const reports: { readonly not_compliant: unknown[] }[] = JSON.parse(stdout);
      return reports.flatMap((report) => report.not_compliant).flatMap(violationsOf)
        .map(({ rule, logicalId, message }) => ({ linter: NAME, rule, resource: constructPath(template, logicalId), message }));
    },
  };
}

function resolve(_key: string, value: any): unknown {
  return typeof value === 'object' && value !== null && value.Ref in PSEUDO_PARAMETERS ? PSEUDO_PARAMETERS[value.Ref] : value;
}

/** A report has no schema: the number of the control is in a message, and the resources are in paths. */
function violationsOf(report: unknown): Violation[] {
  const text = JSON.stringify(report);
  const [, rule, message] = /\[(CT\.[\w.]+)\]: (.*?)\\n/.exec(text)!;
  const logicalIds = new Set([...text.matchAll(/"path":"\/Resources\/([^/"]+)/g)].map(([, logicalId]) => logicalId));
  return [...logicalIds].map((logicalId) => ({ rule, logicalId, message }));
}

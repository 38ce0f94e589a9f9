import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constructPath, type Linter } from './linter';
import type { Finding } from './suppressions';
import { run } from '../private/run';

const NAME = 'cfn-lint';
const REQUIREMENTS = join(__dirname, 'requirements.txt');
const VENV = join(__dirname, '.venv');

interface Match {
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path?: string[] };
  readonly Message: string;
}

/** cfn-lint, of the pinned version, in a virtual environment that is made anew when the version changes. */
export function installCfnLint(): Linter {
  const installed = join(VENV, 'requirements.txt');
  if (!existsSync(installed) || !readFileSync(installed).equals(readFileSync(REQUIREMENTS))) {
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', '--clear', VENV]);
    run(join(VENV, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', REQUIREMENTS]);
    copyFileSync(REQUIREMENTS, installed);
  }
  return { name: NAME, lint };
}

/** An example that names no region has to be right in every one. */
function lint(template: string): Finding[] {
  const matches: Match[] = JSON.parse(run(join(VENV, 'bin', NAME), [
    '--regions', 'ALL_REGIONS', '--format', 'json', '--non-zero-exit-code', 'none', '--template', template,
  ]));
  return matches.map(({ Rule, Location, Message }) => (
    { linter: NAME, rule: Rule.Id, resource: constructPath(template, Location.Path?.[1] ?? ''), message: Message }
  ));
}

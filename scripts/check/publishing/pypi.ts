import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Checks } from '../../../tools/checks';
import { run } from '../../../tools/run';
import { makeVenv } from '../languages/consumers';

/** The requirements of PyPI, and what it would not show. */
export function rehearsePypi(checks: Checks, dist: string, directory: string): void {
  const python = makeVenv(directory, join(__dirname, 'requirements.txt'));
  const packages = readdirSync(join(dist, 'python')).map((file) => join(dist, 'python', file));
  const printed = run(python, ['-m', 'twine', '--no-color', 'check', '--strict', ...packages]);
  const passed = printed.match(/: PASSED$/gm) ?? [];
  checks.check('PyPI: twine check --strict passes the wheel and the sdist', packages.length === 2 && passed.length === 2, printed);
}

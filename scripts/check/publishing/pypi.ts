import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Checks } from '../../../tools/checks';
import { ROOT, run } from '../../../tools/run';
import { repeatedExamples } from '../../build/examples-once';
import { makeVenv } from '../languages/consumers';

/** The requirements of PyPI, and what it would not show. */
export function rehearsePypi(checks: Checks, dist: string, directory: string): void {
  const python = makeVenv(directory, join(__dirname, 'requirements.txt'));
  const packages = readdirSync(join(dist, 'python')).map((file) => join(dist, 'python', file));
  const printed = run(python, ['-m', 'twine', '--no-color', 'check', '--strict', ...packages]);
  const passed = printed.match(/: PASSED$/gm) ?? [];
  checks.check('PyPI: twine check --strict passes the wheel and the sdist', packages.length === 2 && passed.length === 2, printed);
  checkPage(checks, python, packages.find((file) => file.endsWith('.whl'))!);
}

interface Page {
  readonly type: string;
  readonly text: string;
  readonly html: string | null;
}

/** The page as PyPI renders it. twine looks at no Markdown. */
function checkPage(checks: Checks, python: string, wheel: string): void {
  const { type, text, html } = JSON.parse(run(python, [join(__dirname, 'render.py'), wheel])) as Page;
  const rendered = html ?? '';
  checks.check('PyPI: the page is rendered, with its tables and with examples in Python', type.startsWith('text/markdown') && /<table>/.test(rendered) && /<pre lang="python">/.test(rendered));
  const dead = deadLinksOf(rendered);
  checks.check('PyPI: every link and picture is on the page, a file of the repository, or an https address', dead.length === 0, dead);
  const repeated = [...repeatedExamples(text), ...text.match(/^```ts$/gm) ?? []];
  checks.check('PyPI: no two examples have the same imports, and none is in TypeScript', repeated.length === 0, repeated);
}

/** Links and pictures without a target. */
export function deadLinksOf(html: string): string[] {
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  return [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, target]) => target).filter((target) => {
    if (target.startsWith('#')) { return !ids.includes(target.slice(1)); }
    const [, path] = /^https:\/\/github\.com\/cdk-rotating-secret\/cdk-rotating-secret\/(?:blob|raw)\/[^/]+\/([^#]+)/.exec(target) ?? [];
    return path === undefined ? !target.startsWith('https://') : !existsSync(join(ROOT, path));
  });
}

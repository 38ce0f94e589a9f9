import { spawnSync } from 'node:child_process';
import { ROOT } from '../../../tools/run';

const JSII_DIFF = ['--error-on', 'all', '--keys', '--ignore-file', '.compatignore'];

/**
 * Breaking changes from an earlier package, one per line, each with its key for .compatignore.
 *
 * @param earlier the folder of a package, or npm:PACKAGE@VERSION
 * @throws if there is no such package, because jsii-diff itself would pass
 */
export function findBreaks(earlier: string): string[] {
  const { status, stdout, stderr } = spawnSync('npx', ['jsii-diff', ...JSII_DIFF, earlier, '.'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const printed = `${stdout}${stderr}`;
  if (printed.includes('Skipping analysis')) { throw new Error(`${earlier} doesn't exist, so nothing was compared with it`); }
  const breaks = printed.split('\n').filter((line) => /\[[a-z-]+:cdk-rotating-secret\./.test(line));
  if (status !== 0 && breaks.length === 0) { throw new Error(`jsii-diff ended with ${status}\n${printed}`); }
  return status === 0 ? [] : breaks;
}

import { join } from 'node:path';
import { ROOT, run } from '../../../tools/run';

const FOLDER = join(ROOT, 'scripts', 'release', 'publib');

/** Runs a command of the publib in the release workflow. */
export function publib(command: string, folder: string, env: NodeJS.ProcessEnv): string {
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', FOLDER]);
  return run(join(FOLDER, 'node_modules', '.bin', command), [folder], { env: { ...process.env, ...env } });
}

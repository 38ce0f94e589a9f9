import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from '../../../tools/run';

/** Runs a command of the version of publib that the release workflow publishes with. */
export function publib(command: string, folder: string, env: NodeJS.ProcessEnv): string {
  const workflow = readFileSync(join(ROOT, '.github', 'workflows', 'release.yml'), 'utf8');
  const [, version] = new RegExp(`'publib@([\\d.]+)' '${command}'`).exec(workflow) ?? [];
  if (version === undefined) { throw new Error(`the release workflow doesn't run ${command}`); }
  return run('npx', ['--yes', '-p', `publib@${version}`, command, folder], { env: { ...process.env, ...env } });
}

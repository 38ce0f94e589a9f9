import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { publib } from './publib';
import type { Checks } from '../../../tools/checks';
import { run } from '../../../tools/run';

export function rehearseNpm(checks: Checks, dist: string, directory: string): void {
  const folder = join(dist, 'js');
  const tarballs = readdirSync(folder);
  const published = JSON.parse(run('npm', ['publish', '--dry-run', '--json', join(folder, tarballs[0])], { cwd: directory }));
  const { name, files } = published['cdk-rotating-secret'] ?? published;
  checks.check(`npm: npm publish --dry-run takes ${name}, ${files.length} files`, name === 'cdk-rotating-secret' && files.length > 0);
  const printed = publib('publib-npm', folder, { PUBLIB_DRYRUN: 'true', NPM_TRUSTED_PUBLISHER: 'true' });
  const announced = printed.split('\n').filter((line) => line.includes('would publish'));
  checks.check('npm: publib would publish that tarball, and no other', tarballs.length === 1 && announced.length === 1 && announced[0].includes(tarballs[0]), printed);
}

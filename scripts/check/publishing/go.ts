import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publib } from './publib';
import type { Checks } from '../../../tools/checks';
import { filesBelow } from '../../../tools/files';
import { run } from '../../../tools/run';

const OWNER = 'github.com/cdk-rotating-secret';
const REPOSITORY = `${OWNER}/cdk-rotating-secret-go`;

/** Not a dry run: publib pushes the module into a repository in `directory`, which git takes for the one on GitHub, and Go fetches it from there. */
export function rehearseGo(checks: Checks, dist: string, directory: string): void {
  const module = 'cdkrotatingsecret';
  const version = readFileSync(join(dist, 'go', module, 'version'), 'utf8').trim();
  const remote = join(directory, `${REPOSITORY}.git`);
  mkdirSync(remote, { recursive: true });
  const git = (...args: string[]) => run('git', ['--git-dir', remote, ...args]);
  git('init', '--quiet', '--bare', '--initial-branch=main');

  const here = {
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: `url.file://${directory}/${OWNER}/.insteadOf`,
    GIT_CONFIG_VALUE_0: `https://none@${OWNER}/`,
    GIT_CONFIG_KEY_1: `url.file://${directory}/${OWNER}/.insteadOf`,
    GIT_CONFIG_VALUE_1: `https://${OWNER}/`,
  };
  publib('publib-golang', join(dist, 'go'), { ...here, GITHUB_TOKEN: 'none', GIT_USER_NAME: 'rehearsal', GIT_USER_EMAIL: 'rehearsal@localhost' });
  const tags = git('tag').trim();
  checks.check(`Go: publib pushes the tag ${tags}`, tags === `${module}/v${version}`);
  const pushed = git('ls-tree', '-r', '--name-only', 'main').trim().split('\n');
  const made = filesBelow(join(dist, 'go'));
  checks.check(`Go: and all ${made.length} files of the module to the branch main`, made.length > 0 && made.join() === pushed.sort().join(), pushed);

  const env = { ...process.env, ...here, GOPRIVATE: REPOSITORY, GOFLAGS: '-modcacherw', GOMODCACHE: join(directory, 'modules'), GOWORK: 'off' };
  const fetched = JSON.parse(run('go', ['mod', 'download', '-json', `${REPOSITORY}/${module}@v${version}`], { cwd: directory, env }));
  checks.check(`Go: Go fetches ${fetched.Path} ${fetched.Version} by that tag`, filesBelow(fetched.Dir).length === made.length);
}

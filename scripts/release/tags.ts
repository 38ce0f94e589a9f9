import { run } from '../../tools/run';

/** The tags of the commits that lead to this one, and of this one. */
export function tagsBelowHead(repository: string): string[] {
  return run('git', ['tag', '--merged', 'HEAD'], { cwd: repository }).split('\n').filter((tag) => tag !== '');
}

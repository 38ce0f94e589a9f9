import { run } from '../../tools/run';

/** The tags of this commit and of its ancestors. */
export function tagsBelowHead(repository: string): string[] {
  return run('git', ['tag', '--merged', 'HEAD'], { cwd: repository }).split('\n').filter((tag) => tag !== '');
}

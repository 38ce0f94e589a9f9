import { basename, dirname, join } from 'node:path';
import { filesBelow } from '../../tools/files';

/** The files with the scene of a target, by the name of the target: that of their folder. */
export const TARGETS: ReadonlyMap<string, string> = new Map(filesBelow(__dirname)
  .filter((file) => basename(file) === 'scene.ts')
  .map((file): [string, string] => [basename(dirname(file)), join(__dirname, file)])
  .sort(([one], [other]) => one.localeCompare(other)));

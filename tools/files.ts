import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Every file below a directory, as sorted paths relative to it, with slashes. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

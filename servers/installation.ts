import * as fs from 'node:fs';
import * as path from 'node:path';

/** The folder into which install.sh puts the servers. */
export const INSTALLATION = path.resolve(__dirname, '../.databases');

/** The folder of an installed part. */
export function installed(part: string): string {
  const folder = path.join(INSTALLATION, part);
  if (!fs.existsSync(folder)) throw new Error(`There is no ${part} in .databases: run bash servers/install.sh`);
  return folder;
}

/** The command line of a program with all its own libraries, including libc. */
export function withOwnLibraries(folder: string, program: string, ...further: string[]): string[] {
  const loader = ['lib64', 'usr/lib64'].map((lib) => path.join(folder, lib, 'ld-linux-x86-64.so.2')).find((file) => fs.existsSync(file));
  if (!loader) throw new Error(`No loader in ${folder}: run bash servers/install.sh`);
  const libraries = [...further, 'usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((lib) => path.join(folder, lib));
  return [loader, '--library-path', libraries.join(':'), path.join(folder, program)];
}

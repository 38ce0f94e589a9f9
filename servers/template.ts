import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { INSTALLATION } from './installation';
import { giveToServer, makeFolder } from '../tools/servers/server-process';

/**
 * Copies a data folder that was initialized once per installation.
 * @param recipe everything that the content of the folder depends on
 * @param initialize fills `folder/data`
 */
export async function copyTemplate(
  part: string, recipe: string, initialize: (folder: string) => Promise<void>, destination: string,
): Promise<void> {
  const digest = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  const template = path.join(INSTALLATION, 'templates', `${part}-${digest}`);
  if (!fs.existsSync(template)) {
    const folder = makeFolder();
    try {
      fs.mkdirSync(path.join(folder, 'data'), { mode: 0o700 });
      giveToServer(folder);
      await initialize(folder);
      fs.mkdirSync(path.dirname(template), { recursive: true });
      // Several may do this at a time, and the first one wins.
      const copy = `${template}.${process.pid}`;
      copyFolder(path.join(folder, 'data'), copy);
      try {
        fs.renameSync(copy, template);
      } catch (error) {
        fs.rmSync(copy, { recursive: true });
        if (!fs.existsSync(template)) throw error;
      }
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  copyFolder(template, destination);
}

function copyFolder(from: string, to: string): void {
  execFileSync('cp', ['--archive', '--reflink=auto', '--sparse=always', from, to]);
}

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The default Node.js version of RotationFunction: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
const VERSION = '24.21.0';

/** Node.js from an npm package, so that the bench runs Lambda's version on every machine. */
export function nodeOfLambda(): string {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(__dirname, '..', '.bench');
  const binary = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', `${name}@${VERSION}`], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) { throw new Error(`Node.js ${VERSION} for ${process.platform} on ${process.arch} could not be installed: ${stderr}`); }
  }
  return binary;
}

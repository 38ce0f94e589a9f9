import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../tools/run';

const REQUIREMENTS = join(__dirname, 'requirements.txt');
const VENV = join(__dirname, '.venv');

/** The linters in Python, in the pinned versions, in a virtual environment that is made anew if the versions change. */
export function installPythonLinters(): void {
  const installed = join(VENV, 'requirements.txt');
  if (!existsSync(installed) || !readFileSync(installed).equals(readFileSync(REQUIREMENTS))) {
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', '--clear', VENV]);
    run(bin('pip'), ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', REQUIREMENTS]);
    copyFileSync(REQUIREMENTS, installed);
  }
}

/** A program of the virtual environment. */
export function bin(name: string): string {
  return join(VENV, 'bin', name);
}

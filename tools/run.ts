import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..');

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** A file for its standard error. */
  readonly stderr?: string;
}

/**
 * Runs a command to its end.
 *
 * @returns its output
 * @throws with all its output, if it fails
 */
export function run(command: string, args: string[], { cwd = ROOT, env = process.env, stderr: file }: RunOptions = {}): string {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', file === undefined ? 'pipe' : openSync(file, 'w')],
  });
  if (status !== 0) {
    throw new Error(`${[command, ...args].join(' ')} ended with ${signal ?? status ?? error}\n${stdout ?? ''}${stderr ?? tail(file)}`);
  }
  return stdout;
}

function tail(file: string | undefined): string {
  return file === undefined ? '' : readFileSync(file, 'utf8').slice(-10_000);
}

/** A temporary directory, removed when `use` ends. */
export function withTemporaryDirectory(use: (directory: string) => void): void {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'cdk-rotating-secret-')));
  try {
    use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

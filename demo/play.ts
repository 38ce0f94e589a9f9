import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoOfBasicExample } from './basic';
import { Checks } from './checks';
import { DemoError } from './demo-error';
import { demoOfTarget } from './target';
import { Terminal } from '../tools/terminal';

/** Plays the demo of examples/basic, or of a target. The process fails if a check does, and leaves nothing behind when it is interrupted. */
export async function play(target?: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-rotating-secret-demo-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) { process.once(signal, () => process.exit(1)); }
  const start = performance.now();
  const terminal = new Terminal(process.stdout);
  const checks = new Checks(terminal);
  try {
    await (target === undefined ? demoOfBasicExample(terminal, checks, directory) : demoOfTarget(target, terminal, checks, directory));
    terminal.line();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    terminal.line(terminal.style('bold', terminal.style('green', `${checks.passed} checks passed in ${seconds} s.`)));
  } catch (error) {
    const explained = error instanceof DemoError;
    new Terminal(process.stderr).line(`\nThe demo failed. ${explained ? error.message : `It met an error that it does not know: ${String((error as Error).stack)}`}`);
    process.exitCode = 1;
  }
}

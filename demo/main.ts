import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoOfBasicExample } from './basic';
import { Checks } from './checks';
import { DemoError } from './demo-error';
import { demoOfTarget } from './target';
import { TARGETS } from './targets';
import { runTasks, startCommand } from '../tools/command';
import { Terminal } from '../tools/terminal';

async function main(target: string | undefined): Promise<void> {
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

const { positionals: [target] } = startCommand({
  name: 'demo',
  description: 'Rotate a secret on this machine, with crashes in the middle: that of examples/basic, or of a target with a server',
  usage: { TARGET: [...TARGETS.keys()].join(', ') },
  arguments: [...TARGETS.keys()],
  maxArguments: 1,
});
runTasks(['bundle']);
void main(target);

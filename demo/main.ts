import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checks } from './checks';
import { DemoError } from './demo-error';
import { Deployment } from './deployment';
import { Report } from './report';
import { checkPermissionsAndLogs } from './scenes/afterwards';
import { showApp } from './scenes/app';
import { deploy } from './scenes/deployment';
import { rotate, rotateWithCrashes } from './scenes/rotation';
import { synthesize } from './synthesis';
import { StackTemplate } from './template';
import { startCommand } from '../tools/command';
import { Terminal } from '../tools/terminal';

const APP = join(__dirname, '..', 'examples', 'basic');

async function demo(terminal: Terminal, directory: string): Promise<void> {
  const start = performance.now();
  const secondsSince = (time: number) => (performance.now() - time) / 1000;
  const checks = new Checks(terminal);
  terminal.line(terminal.style('bold', 'A secret that rotates itself, on this machine'));
  terminal.paragraph('No AWS account, no Docker, and nothing leaves this computer.', { lead: '' });

  await synthesize(APP, directory);
  const stack = new StackTemplate(directory);
  const deployment = await Deployment.start(stack);
  try {
    const stage = { terminal, checks, stack, deployment, text: deployment.text, report: new Report(terminal) };
    showApp(stage, secondsSince(start));
    await deploy(stage);
    await rotate(stage);
    await rotateWithCrashes(stage);
    checkPermissionsAndLogs(stage);
  } finally {
    await deployment.stop();
  }
  terminal.line();
  terminal.line(terminal.style('bold', terminal.style('green', `${checks.passed} checks passed in ${secondsSince(start).toFixed(1)} s.`)));
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-rotating-secret-demo-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) { process.once(signal, () => process.exit(1)); }
  try {
    await demo(new Terminal(process.stdout), directory);
  } catch (error) {
    const explained = error instanceof DemoError;
    new Terminal(process.stderr).line(`\nThe demo failed. ${explained ? error.message : `It met an error that it does not know: ${String((error as Error).stack)}`}`);
    process.exitCode = 1;
  }
}

startCommand({
  name: 'demo',
  description: 'Synthesize examples/basic and rotate its secret on this machine, with a crash in the middle',
  after: ['bundle'],
});
void main();

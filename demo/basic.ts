import { join } from 'node:path';
import type { Checks } from './checks';
import { DemoError } from './demo-error';
import { Deployment } from './deployment';
import { Report } from './report';
import { checkPermissionsAndLogs } from './scenes/afterwards';
import { showApp } from './scenes/app';
import { deploy } from './scenes/deployment';
import { rotate, rotateWithCrashes } from './scenes/rotation';
import { SecretText } from './secret-text';
import { synthesize } from './synthesis';
import { StackTemplate } from './template';
import type { Terminal } from '../tools/terminal';

const APP = join(__dirname, '..', 'examples', 'basic');

/** Rotates the secret of examples/basic, that only its readers have to know. */
export async function demoOfBasicExample(terminal: Terminal, checks: Checks, directory: string): Promise<void> {
  const start = performance.now();
  terminal.line(terminal.style('bold', 'A secret that rotates itself, on this machine'));
  terminal.paragraph('No AWS account, no Docker, and nothing leaves this computer.', { lead: '' });

  await synthesize(APP, directory);
  const stack = new StackTemplate(directory);
  const text = textOf(stack);
  const deployment = await Deployment.start(stack, { text });
  try {
    const stage = { terminal, checks, stack, deployment, text, report: new Report(terminal) };
    showApp(stage, (performance.now() - start) / 1000);
    await deploy(stage);
    await rotate(stage);
    await rotateWithCrashes(stage);
    checkPermissionsAndLogs(stage);
  } finally {
    await deployment.stop();
  }
}

function textOf(stack: StackTemplate): SecretText {
  const { GenerateStringKey } = stack.only('AWS::SecretsManager::Secret').properties.GenerateSecretString ?? {};
  if (!GenerateStringKey) { throw new DemoError('The secret has no generateStringKey, and the demo is about a secret that has one.'); }
  return new SecretText(GenerateStringKey);
}

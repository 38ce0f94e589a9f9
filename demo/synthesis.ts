import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DemoError } from './demo-error';

const TIMEOUT_MS = 60_000;

/**
 * Runs an app's own command, as the CDK CLI does, and leaves the cloud assembly in a directory. The CLI itself would ask for
 * an AWS account.
 */
export async function synthesize(app: string, assembly: string): Promise<void> {
  const { app: command, context } = JSON.parse(readFileSync(join(app, 'cdk.json'), 'utf8'));
  const child = spawn(command, {
    shell: true,
    cwd: app,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    env: {
      ...environmentForApps(),
      CDK_OUTDIR: assembly,
      CDK_CONTEXT_JSON: JSON.stringify({
        'aws:cdk:enable-path-metadata': true,
        'aws:cdk:enable-asset-metadata': true,
        ...context,
      }),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  }
  const [code, signal] = await once(child, 'close');
  if (code !== 0) {
    throw new DemoError(`${app} could not be synthesized: "${command}" ended with ${signal ?? `exit code ${code}`}.\n${readable(output)}`);
  }
}

/** Without what tells the TypeScript runner of this process which configuration to use: an app has its own. */
function environmentForApps(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TSX_')));
}

/** The end of an output, without the lines of minified code that Node.js quotes. */
function readable(output: string): string {
  return output.split('\n').filter(({ length }) => length < 300).slice(-20).join('\n').trim();
}

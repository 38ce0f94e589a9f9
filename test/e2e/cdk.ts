import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ACCOUNT, REGION, ROOT_CREDENTIALS } from './emulator';

const TIMEOUT_MS = 300_000;
const BIN = join(__dirname, '..', '..', 'node_modules', '.bin');

export interface Resource {
  readonly Type: string;
  readonly Properties: any;
  readonly DeletionPolicy?: string;
}

export interface StackTemplate {
  readonly stackName: string;
  readonly text: string;
  readonly resources: Readonly<Record<string, Resource>>;
}

/** The CDK CLI of this repository, at work on one app. */
export class Cdk {
  /** All that the CLI said so far. */
  public output = '';

  private readonly assembly: string;

  constructor(
    private readonly app: string,
    private readonly directory: string,
    private readonly endpoint: string,
    private readonly interruption: AbortSignal,
    /** The context in addition to that of cdk.json. */
    private readonly context: Readonly<Record<string, string>>,
  ) {
    this.assembly = join(directory, 'cdk.out');
  }

  public bootstrap(): Promise<string> {
    return this.run('bootstrap', `aws://${ACCOUNT}/${REGION}`);
  }

  public deploy(): Promise<string> {
    return this.run('deploy', '--all', '--require-approval', 'never');
  }

  public destroy(): Promise<string> {
    return this.run('destroy', '--all', '--force');
  }

  /** The template of the app's only stack, as the last deployment synthesized it. */
  public template(): StackTemplate {
    const templates = this.templates();
    if (templates.length !== 1) { throw new Error(`${this.app} has ${templates.length} stacks; this test deploys an app of one`); }
    return templates[0];
  }

  /** The templates of all stacks of the app, as the last deployment synthesized them. */
  public templates(): StackTemplate[] {
    const { artifacts } = JSON.parse(readFileSync(join(this.assembly, 'manifest.json'), 'utf8'));
    const stacks = Object.entries<any>(artifacts).filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
    return stacks.map(([id, { properties }]) => {
      const text = readFileSync(join(this.assembly, properties.templateFile), 'utf8');
      return { stackName: properties.stackName ?? id, text, resources: JSON.parse(text).Resources };
    });
  }

  private async run(command: string, ...args: string[]): Promise<string> {
    const context = Object.entries(this.context).flatMap(([key, value]) => ['--context', `${key}=${value}`]);
    const cli = spawn('cdk', ['--no-color', '--no-notices', '--output', this.assembly, ...context, command, ...args], {
      cwd: this.app,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      signal: this.interruption,
      // Nothing of the developer's own configuration: no profile, no region, no account.
      env: {
        PATH: [BIN, process.env.PATH].join(delimiter),
        HOME: this.directory,
        TMPDIR: join(this.directory, 'tmp'),
        AWS_ENDPOINT_URL: this.endpoint,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        CI: 'true',
        NODE_NO_WARNINGS: '1',
      },
    });
    let output = '';
    for (const stream of [cli.stdout, cli.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
    }
    const [code, signal] = await once(cli, 'close');
    this.output += output;
    if (code !== 0) { throw new Error(`cdk ${command} ended with ${signal ?? `exit code ${code}`}:\n${output}`); }
    return output;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { awsEnvironment } from './account.js';
import type { Design } from './designs.js';
import { freePort } from './repository.js';
import { CONNECTION_SECONDS, CONNECTIONS, TTL_SECONDS } from './scale.js';

const START_TIMEOUT = 30_000;
const OURS = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const OTHERS = fileURLToPath(new URL('other-service.ts', import.meta.url));

export interface ServiceOptions {
  readonly design: Design;
  readonly secretId: string;
  /** The address of Secrets Manager. */
  readonly secretsManager: string;
  /** Of the database's certificate: for RDS it would be the bundle that AWS publishes. */
  readonly authorityFile: string;
}

/** The service in a process of its own, started as it would be in production. */
export class ServiceProcess {
  static async start({ design, secretId, secretsManager, authorityFile }: ServiceOptions): Promise<ServiceProcess> {
    const port = await freePort();
    const args = design === 'this service' ? [OURS] : ['--import', import.meta.resolve('tsx'), OTHERS, design];
    const child = spawn(process.execPath, args, {
      env: {
        PATH: process.env.PATH,
        ...awsEnvironment(secretsManager),
        DATABASE_CA_FILE: authorityFile,
        SECRET_ID: secretId,
        SECRET_TTL_SECONDS: String(TTL_SECONDS),
        DATABASE_CONNECTIONS: String(CONNECTIONS),
        DATABASE_CONNECTION_SECONDS: String(CONNECTION_SECONDS),
        PORT: String(port),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const service = new ServiceProcess(child, `http://127.0.0.1:${port}`);
    await service.healthy();
    return service;
  }

  /** All that it wrote. */
  output = '';

  private constructor(private readonly child: ChildProcess, readonly url: string) {
    for (const stream of [child.stdout!, child.stderr!]) { stream.on('data', (text: Buffer) => { this.output += text.toString(); }); }
    // However the rehearsal ends.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
  }

  get pid(): number { return this.child.pid!; }

  /** Ends it as ECS does, and says with which exit code or signal it went. */
  async stop(): Promise<number | NodeJS.Signals> {
    const gone = once(this.child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    this.child.kill('SIGTERM');
    const [code, signal] = await gone;
    return code ?? signal!;
  }

  private async healthy(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT;
    while (Date.now() < deadline && this.child.exitCode === null) {
      const answer = await fetch(`${this.url}/health`).catch(() => undefined);
      if (answer?.ok) { return; }
      await sleep(50);
    }
    this.child.kill('SIGKILL');
    throw new Error(`The service didn't start:\n${this.output}`);
  }
}

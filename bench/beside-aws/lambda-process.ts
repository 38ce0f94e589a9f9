import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** How a function is started. */
export interface Runtime {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** The timeout that both functions have, in milliseconds. AWS's own applications use it: https://serverlessrepo.aws.amazon.com/applications */
export const TIMEOUT_MS = 30_000;

/** The handler threw, or its process ended. */
export class FunctionFailure extends Error {
  constructor(public readonly errorType: string, message: string) {
    super(message);
  }
}

interface Reply {
  readonly ready?: true;
  readonly errorType?: string;
  readonly errorMessage?: string;
}

/** A function in a process of its own, in any language: events go to its standard input, replies come from its descriptor 3, a line each. */
export class LambdaProcess {
  public static async start({ command, args, env }: Runtime): Promise<LambdaProcess> {
    const started = new LambdaProcess(spawn(command, args, { env: { ...env, TIMEOUT_MS: String(TIMEOUT_MS) }, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] }));
    await started.reply();
    return started;
  }

  public hasEnded = false;
  private written = '';
  private readonly closed: Promise<void>;
  private waiting?: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void };

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!]) { stream.on('data', (chunk: Buffer) => { this.written += chunk.toString(); }); }
    child.stdin!.on('error', () => {});
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => this.waiting?.resolve(JSON.parse(line) as Reply));
    this.closed = new Promise((resolve) => child.once('close', (code, signal) => {
      this.hasEnded = true;
      this.waiting?.reject(new FunctionFailure('ProcessEnded', `The function's process ended with ${signal ?? code}`));
      resolve();
    }));
  }

  /** All that the function wrote so far. */
  public get output(): string { return this.written; }

  /** @throws FunctionFailure where the handler throws, its process ends, or its time is up */
  public async invoke(event: object): Promise<void> {
    const timer = setTimeout(() => this.signalKill(), TIMEOUT_MS);
    try {
      const reply = this.reply();
      this.child.stdin!.write(`${JSON.stringify(event)}\n`);
      const { errorType, errorMessage = '' } = await reply;
      if (errorType !== undefined) { throw new FunctionFailure(errorType, errorMessage); }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process at once, whatever it is doing. */
  public signalKill(): void { this.child.kill('SIGKILL'); }

  public async kill(): Promise<void> {
    this.signalKill();
    await this.closed;
  }

  /** The most memory that was resident at a time, and what is resident now, in bytes: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
  public memory(): { readonly peak: number; readonly resident: number } {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1024;
    return { peak: of('VmHWM'), resident: of('VmRSS') };
  }

  private async reply(): Promise<Reply> {
    if (this.hasEnded) { throw new FunctionFailure('ProcessEnded', `The function's process has ended: ${this.written}`); }
    try {
      return await new Promise<Reply>((resolve, reject) => { this.waiting = { resolve, reject }; });
    } finally {
      this.waiting = undefined;
    }
  }
}

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const HOST = join(__dirname, 'lambda-host.cjs');
const STREAMS = ['stdout', 'stderr'] as const;

/** A line of the function's output. */
export interface OutputLine {
  readonly stream: typeof STREAMS[number];
  readonly text: string;
}

export interface ProcessOptions {
  /** The whole environment of the process, with the variables that name the handler. */
  readonly environment: Readonly<Record<string, string>>;
  readonly functionArn: string;
  readonly timeoutMs: number;
  /** The Node.js executable. @default - that of this process */
  readonly node?: string;
  /** Gets every line, also those between invocations. */
  readonly onLine: (line: OutputLine) => void;
}

export interface Invocation {
  readonly requestId: string;
  readonly result: unknown;
  readonly durationMs: number;
  readonly lines: readonly OutputLine[];
}

/** The handler threw. */
export class HandlerError extends Error {
  constructor(public readonly errorType: string, message: string) {
    super(message);
    this.name = 'HandlerError';
  }
}

/** The process ended: it was killed, it exited, or it timed out. */
export class ProcessEndedError extends Error {
  public override readonly name = 'ProcessEndedError';
}

interface Answer {
  readonly type: 'answer';
  readonly result?: unknown;
  readonly errorType?: string;
  readonly errorMessage?: string;
}

interface Ready {
  readonly type: 'ready';
  readonly loadMs: number;
  readonly environment: readonly string[];
}

interface Running {
  readonly endMark: string;
  readonly lines: OutputLine[];
  readonly openStreams: Set<string>;
  readonly settle: (outcome: Answer | Error) => void;
  answer?: Answer;
}

/** A function in a process of its own, like an execution environment of Lambda. It handles one event at a time. */
export class FunctionProcess {
  public static async start(options: ProcessOptions): Promise<FunctionProcess> {
    const child = fork(HOST, {
      cwd: options.environment.LAMBDA_TASK_ROOT,
      env: options.environment,
      execPath: options.node,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const started = new FunctionProcess(child, options);
    await started.ready;
    return started;
  }

  /** The time to load the handler. */
  public loadMs = 0;
  /** The names of all environment variables of the process. */
  public environmentNames: readonly string[] = [];
  public ended = false;
  private readonly ready: Promise<void>;
  private readonly closed: Promise<void>;
  private running?: Running;
  private reasonToEnd?: string;

  private constructor(private readonly child: ChildProcess, private readonly options: ProcessOptions) {
    this.ready = new Promise((resolve, reject) => {
      child.on('message', (message: Ready | Answer) => {
        if (message.type === 'answer') { return this.onAnswer(message); }
        this.loadMs = message.loadMs;
        this.environmentNames = message.environment;
        resolve();
      });
      child.on('error', reject);
      child.on('close', (code, signal) => {
        this.ended = true;
        const error = new ProcessEndedError(this.reasonToEnd ?? `The function's process ended with ${signal ?? `exit code ${code}`}`);
        reject(error);
        this.running?.settle(error);
      });
    });
    this.closed = new Promise((resolve) => child.once('close', () => resolve()));
    for (const stream of STREAMS) {
      createInterface({ input: child[stream]! }).on('line', (text) => this.onLine({ stream, text }));
    }
  }

  public get pid(): number { return this.child.pid!; }

  /**
   * Runs the handler with an event.
   *
   * @throws HandlerError if the handler throws, and ProcessEndedError if the process ends before it is done
   */
  public async invoke(event: object): Promise<Invocation> {
    if (this.running || this.ended) { throw new Error(`The function's process ${this.ended ? 'has ended' : 'is busy'}`); }
    const { functionArn, timeoutMs } = this.options;
    const requestId = randomUUID();
    const endMark = `END RequestId: ${requestId}`;
    const start = performance.now();
    let running: Running;
    const outcome = new Promise<Answer | Error>((settle) => {
      running = this.running = { endMark, lines: [], openStreams: new Set(STREAMS), settle };
    });
    const timer = setTimeout(() => {
      this.reasonToEnd = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
      void this.kill();
    }, timeoutMs);
    // If sending fails, the process has ended, which is handled elsewhere.
    this.child.send({ requestId, functionArn, deadlineMs: Date.now() + timeoutMs, endMark, event }, () => {});
    try {
      const answer = await outcome;
      if (answer instanceof Error) { throw answer; }
      if (answer.errorType !== undefined) { throw new HandlerError(answer.errorType, answer.errorMessage ?? ''); }
      return { requestId, result: answer.result, durationMs: performance.now() - start, lines: running!.lines };
    } finally {
      clearTimeout(timer);
      this.running = undefined;
    }
  }

  /** Kills the process, and waits for its end. */
  public async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.closed;
  }

  private onAnswer(answer: Answer): void {
    if (this.running) { this.running.answer = answer; }
    this.settleWhenComplete();
  }

  private onLine({ stream, text }: OutputLine): void {
    // The mark follows the function's last output, also if that has no line end.
    const isEnd = this.running !== undefined && text.endsWith(this.running.endMark);
    const written = isEnd ? text.slice(0, -this.running!.endMark.length) : text;
    if (!isEnd || written !== '') {
      this.options.onLine({ stream, text: written });
      this.running?.lines.push({ stream, text: written });
    }
    if (isEnd) { this.running!.openStreams.delete(stream); }
    this.settleWhenComplete();
  }

  private settleWhenComplete(): void {
    const { answer, openStreams, settle } = this.running ?? {};
    if (answer && openStreams?.size === 0) { settle?.(answer); }
  }
}

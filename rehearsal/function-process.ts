import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import type { Account } from './account';
import type { TargetProcess } from './api';
import type { Invocation } from './boundaries';
import { close, listen, readBody } from './http';
import { STANDARD_ERROR, STANDARD_OUTPUT, THROWN, type Line } from './in-process';
import { startProxy } from './proxy';
import { TargetFunctionError } from '../lambda-src/rotation/errors';
import type { Invocation as Ended } from '../lambda-src/targets/own/function/target';

const RUNTIME = '/2018-06-01/runtime';

export interface ProcessSurroundings {
  readonly account: Account;
  readonly timeout: number;
  readonly say: (line: Line) => void;
}

interface Job {
  readonly id: string;
  readonly payload: string;
  readonly settle: (ended: Ended | Error) => void;
}

/**
 * The user's function in a process of its own, like an execution environment of Lambda. It asks the runtime API for one event at a time.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class FunctionProcess {
  public static async start(target: TargetProcess, surroundings: ProcessSurroundings): Promise<FunctionProcess> {
    const started = new FunctionProcess(target, surroundings);
    await started.launch();
    return started;
  }

  public hasEnded = false;
  private child!: ChildProcess;
  private closed!: Promise<void>;
  private readonly closing: (() => Promise<unknown>)[] = [];
  private invocation?: Invocation;
  private job?: Job;
  private isTaken = false;
  private waiting?: ServerResponse;

  private constructor(private readonly target: TargetProcess, private readonly surroundings: ProcessSurroundings) {}

  public get isBusy(): boolean { return this.job !== undefined; }

  /** Runs the function with an event, until it replies or its process ends. */
  public async invoke(invocation: Invocation, payload: string): Promise<Ended> {
    invocation.whenDead(() => { void this.kill(); });
    this.invocation = invocation;
    try {
      const ended = await new Promise<Ended | Error>((settle) => {
        this.job = { id: randomUUID(), payload, settle };
        if (this.hasEnded) { this.endJob(); } else { this.feed(); }
      });
      // Output from before the reply is in the pipes already.
      await setImmediate();
      await setImmediate();
      if (ended instanceof Error) { throw ended; }
      return ended;
    } finally {
      this.job = undefined;
      this.isTaken = false;
      invocation.end();
    }
  }

  /** Kills the process, and waits for its end. */
  public async kill(): Promise<void> {
    this.hasEnded = true;
    this.child.kill('SIGKILL');
    await this.closed;
    await Promise.all(this.closing.splice(0).map((end) => end()));
  }

  private async launch(): Promise<void> {
    const { command: [program, ...args], cwd, environment, services = {} } = this.target;
    const runtime = createServer((request, response) => { this.serve(request, response).catch(() => request.socket.destroy()); });
    const address = await this.listen(runtime);
    const secretsManager = await this.surroundings.account.serve(() => this.invocation, true);
    this.closing.push(() => secretsManager.stop());
    const proxies: Record<string, string> = {};
    for (const [variable, url] of Object.entries(services)) {
      const { server, forward } = startProxy(url, () => this.invocation);
      proxies[variable] = forward(await this.listen(server));
    }
    this.child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'))),
        PYTHONUNBUFFERED: '1',
        ...LAMBDA_ENVIRONMENT,
        LAMBDA_TASK_ROOT: cwd ?? process.cwd(),
        AWS_LAMBDA_RUNTIME_API: address,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
        ...environment,
        ...proxies,
      },
    });
    this.closed = new Promise((resolve) => {
      this.child.once('close', resolve);
      this.child.once('error', (error: NodeJS.ErrnoException) => {
        this.endJob(new TargetFunctionError(`The command ${program} can't be started (${error.code}). Look at command and cwd`));
        resolve();
      });
    });
    // The last lines are read first.
    this.child.once('close', () => { void setImmediate().then(() => this.endJob()); });
    for (const [where, stream] of [[STANDARD_OUTPUT, this.child.stdout!], [STANDARD_ERROR, this.child.stderr!]] as const) {
      createInterface({ input: stream }).on('line', (text) => {
        if (this.invocation && text.trim() !== '') { this.surroundings.say({ step: this.invocation.step, where, text }); }
      });
    }
  }

  private async listen(server: Server): Promise<string> {
    this.closing.push(() => close(server));
    return listen(server);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace(RUNTIME, '');
    if (path === '/invocation/next') {
      this.waiting = response;
      return this.feed();
    }
    const payload = (await readBody(request)).toString();
    const isError = path.endsWith('/error');
    response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}');
    const of = /^\/invocation\/([\w-]+)\/(response|error)$/.exec(path)?.[1];
    if (of !== undefined && of !== this.job?.id) { return; }
    if (isError && this.invocation) { this.surroundings.say({ step: this.invocation.step, where: THROWN, text: readable(payload) }); }
    this.job?.settle({ isError, payload });
  }

  /** Gives the event to the process, when both are ready. */
  private feed(): void {
    const { job, waiting } = this;
    if (!job || !waiting || this.isTaken) { return; }
    this.isTaken = true;
    this.waiting = undefined;
    waiting.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': job.id,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + this.surroundings.timeout),
      'Lambda-Runtime-Invoked-Function-Arn': FUNCTION_ARN,
      'Lambda-Runtime-Trace-Id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
    }).end(job.payload);
  }

  /** The process ended, or never started. */
  private endJob(error?: Error): void {
    this.hasEnded = true;
    this.job?.settle(error ?? { isError: true, payload: '{"errorType":"Runtime.ExitError"}' });
  }
}

export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:111122223333:function:target';

/** The environment of Lambda, with credentials of no account. */
export const LAMBDA_ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIAREHEARSAL0000000',
  AWS_SECRET_ACCESS_KEY: 'rehearsal',
  AWS_SESSION_TOKEN: 'rehearsal',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_LAMBDA_FUNCTION_NAME: 'target',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/target',
  AWS_LAMBDA_LOG_STREAM_NAME: 'rehearsal',
};

/** The text of an error, without the escapes of JSON. */
function readable(payload: string): string {
  try {
    const { errorType, errorMessage, stackTrace } = JSON.parse(payload) as { errorType?: string; errorMessage?: string; stackTrace?: unknown };
    return [errorType, errorMessage].filter(Boolean).join(': ') + (Array.isArray(stackTrace) ? `\n${stackTrace.join('\n')}` : '');
  } catch {
    return payload;
  }
}

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { ServiceError } from './errors';
import type { InterceptedCall } from './options';
import type { SecretsManagerSimulator } from './secrets-manager';
import { isOperation } from './types';
import type { Inputs, Operation } from './types';
import { formatAnswer, formatError, parseRequest } from './wire';

const TARGET_PREFIX = 'secretsmanager.';
// A value of 65,536 bytes, each of them escaped, and the rest of the request.
const MAX_BODY_BYTES = 6 * 65536 + 65536;

export interface ServerOptions {
  /** @default - a free one */
  readonly port?: number;
  /**
   * How long a call takes, in milliseconds, before the model runs.
   *
   * @default 0
   */
  readonly latency?: number | ((call: InterceptedCall) => number);
  /**
   * Runs before the model. A `ServiceError` that it throws is the answer. Any other error cuts the connection.
   *
   * @default nothing
   */
  readonly before?: (call: InterceptedCall) => void | Promise<void>;
  /**
   * Runs after the model committed, and before the answer is sent. An error has the same effect as in `before`.
   *
   * @default nothing
   */
  readonly after?: (call: InterceptedCall) => void | Promise<void>;
}

/** The simulator behind Secrets Manager's wire protocol, on the loopback interface only. */
export class SecretsManagerServer {
  /** Starts serving. */
  public static async start(simulator: Pick<SecretsManagerSimulator, 'execute'>, options: ServerOptions = {}): Promise<SecretsManagerServer> {
    const started = new SecretsManagerServer(simulator, options);
    await new Promise<void>((resolve, reject) => {
      started.server.once('error', reject);
      started.server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    started.port = (started.server.address() as AddressInfo).port;
    return started;
  }

  private readonly server: Server;
  private port = 0;
  private requests = 0;

  private constructor(private readonly simulator: Pick<SecretsManagerSimulator, 'execute'>, private readonly options: ServerOptions) {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => request.socket.destroy());
    });
  }

  /** For the SDK's `endpoint`, or AWS_ENDPOINT_URL_SECRETS_MANAGER. */
  public get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  public async stop(): Promise<void> {
    const closed = new Promise<void>((resolve, reject) => {
      this.server.close((error) => error ? reject(error) : resolve());
    });
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Content-Type', 'application/x-amz-json-1.1');
    response.setHeader('x-amzn-RequestId', `00000000-0000-4000-8000-${String(++this.requests).padStart(12, '0')}`);
    try {
      const answer = await this.answer(request);
      response.end(formatAnswer(answer));
    } catch (error) {
      if (!(error instanceof ServiceError)) { throw error; }
      response.statusCode = error.status;
      response.setHeader('x-amzn-ErrorType', error.code);
      response.end(formatError(error));
    }
  }

  private async answer(request: IncomingMessage): Promise<object> {
    const body = await readBody(request);
    const operation = operationOf(request);
    const input = parseRequest(body) as unknown as Inputs[Operation];
    return this.simulator.execute(operation, input, async ({ phase, ...call }) => {
      if (phase === 'after') { return this.options.after?.(call); }
      const { latency = 0 } = this.options;
      const delay = typeof latency === 'number' ? latency : latency(call);
      if (delay > 0) { await setTimeout(delay, undefined, { ref: false }); }
      return this.options.before?.(call);
    });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) { throw new ServiceError('RequestEntityTooLargeException', 'The request is too large.', 413); }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function operationOf(request: IncomingMessage): Operation {
  const { 'x-amz-target': target, 'content-type': contentType, authorization } = request.headers;
  const name = typeof target === 'string' && target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
  if (request.method !== 'POST' || contentType !== 'application/x-amz-json-1.1' || !isOperation(name)) {
    throw new ServiceError('UnknownOperationException', 'The simulator does not know this operation.');
  }
  if (!authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    throw new ServiceError('MissingAuthenticationTokenException', 'The request is not signed.');
  }
  return name;
}

import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import * as https from 'node:https';

/** In milliseconds. */
export interface Timeouts {
  /** Until there is a connection to the server. */
  readonly connection: number;
  /** From then on until the headers of the answer. Undefined if only the deadline ends the wait. */
  readonly answer?: number;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  /** The names are in lowercase. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type SendHttp = (request: HttpRequest, abortSignal: AbortSignal) => Promise<HttpAnswer>;

/** From the headers of an answer to the end of its body, in milliseconds. */
const BODY_TIMEOUT = 5_000;

/** After this time without a request, in milliseconds, connections are made anew. Lambda may have frozen the function while they were closed. */
const MOST_IDLE = 20_000;

/** In milliseconds. What is between the function and a service forgets connections that are idle for minutes, as a call of a function may be. */
const TCP_KEEP_ALIVE = 3_000;

type Protocol = Pick<typeof https, 'request'> & { readonly Agent: new (options: { readonly keepAlive: boolean }) => Agent };

/** Sends requests, and reads any answer to them. Connections stay open for later requests. */
export function sendHttp(timeouts: Timeouts): SendHttp {
  const agents = new Map<string, Agent>();
  let last = Date.now();
  return async (request, signal) => {
    const protocol = protocolOf(request.url);
    const agent = agents.get(request.url.protocol) ?? new protocol.Agent({ keepAlive: true });
    agents.set(request.url.protocol, agent);
    if (Date.now() - last > MOST_IDLE) { closeIdle(agent); }
    last = Date.now();
    return read(await answerOf(request, timeouts, protocol, { agent, signal }));
  };
}

function answerOf(
  { method, url, headers, body }: HttpRequest, timeouts: Timeouts, protocol: Protocol, options: RequestOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = protocol.request(url, { ...options, method, headers }, (response) => {
      stop();
      resolve(response);
    });
    const giveUp = (what: string) => () => { request.destroy(timeout(what)); };
    let stop = after(timeouts.connection, giveUp('There is no connection'));
    const connected = () => {
      stop();
      stop = after(timeouts.answer ?? timeouts.connection, giveUp('There is no answer'));
    };
    const secured = () => { if (timeouts.answer === undefined) { stop(); } };
    request.on('socket', (socket) => {
      socket.setKeepAlive(true, TCP_KEEP_ALIVE);
      if (socket.connecting) {
        socket.once('connect', connected).once(url.protocol === 'https:' ? 'secureConnect' : 'connect', secured);
      } else {
        connected();
        secured();
      }
    });
    request.on('error', reject);
    request.on('close', () => {
      stop();
      // Without effect after an answer or an error. What switches to another protocol closes without either.
      reject(Object.assign(new Error('The connection closed without an answer'), { code: 'ECONNRESET' }));
    });
    request.end(body);
  });
}

/** Calls back after a time, unless it is stopped. What has arrived while the process was busy is handled first. */
function after(milliseconds: number, act: () => void): () => void {
  let isStopped = false;
  const timer = setTimeout(() => setImmediate(() => { if (!isStopped) { act(); } }), milliseconds);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

function closeIdle({ freeSockets }: Agent): void {
  for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) { socket.destroy(); }
}

function protocolOf({ protocol }: URL): Protocol {
  if (protocol === 'https:') { return https; }
  // Only an endpoint of somebody's own is without TLS, as an emulator.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  if (protocol === 'http:') { return require('node:http') as Protocol; }
  throw Object.assign(new Error('The endpoint is neither https: nor http:'), { code: 'ERR_INVALID_URL' });
}

async function read(response: IncomingMessage): Promise<HttpAnswer> {
  const stop = after(BODY_TIMEOUT, () => { response.destroy(timeout('The answer has no end')); });
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of response) { chunks.push(chunk as Uint8Array); }
    return { status: response.statusCode!, headers: response.headers as HttpAnswer['headers'], body: Buffer.concat(chunks).toString() };
  } finally {
    stop();
  }
}

function timeout(what: string): Error {
  return Object.assign(new Error(what), { code: 'ETIMEDOUT' });
}

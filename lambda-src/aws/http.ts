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

type Protocol = Pick<typeof https, 'request'> & { readonly Agent: new (options: { readonly keepAlive: boolean }) => Agent };

/** Sends requests, and reads any answer to them. Connections stay open for later requests. */
export function sendHttp(timeouts: Timeouts): SendHttp {
  const agents = new Map<string, Agent>();
  return ({ method, url, headers, body }, signal) => {
    const protocol = protocolOf(url);
    const agent = agents.get(url.protocol) ?? new protocol.Agent({ keepAlive: true });
    agents.set(url.protocol, agent);
    return new Promise((resolve, reject) => {
      const options: RequestOptions = { method, headers, agent, signal };
      const request = protocol.request(url, options, (response) => {
        clearTimeout(timer);
        read(response).then((text) => { resolve({ status: response.statusCode!, headers: response.headers as HttpAnswer['headers'], body: text }); }, reject);
      });
      const giveUp = (what: string) => () => { request.destroy(timeout(what)); };
      let timer = setTimeout(giveUp('There is no connection'), timeouts.connection);
      const connected = () => {
        clearTimeout(timer);
        if (timeouts.answer !== undefined) { timer = setTimeout(giveUp('There is no answer'), timeouts.answer); }
      };
      request.on('socket', (socket) => {
        if (socket.connecting) { socket.once('connect', connected); } else { connected(); }
      });
      request.on('error', reject);
      request.on('close', () => { clearTimeout(timer); });
      request.end(body);
    });
  };
}

function protocolOf({ protocol }: URL): Protocol {
  if (protocol === 'https:') { return https; }
  // Only an endpoint of somebody's own is without TLS, as an emulator.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  if (protocol === 'http:') { return require('node:http') as Protocol; }
  throw Object.assign(new Error('The endpoint is neither https: nor http:'), { code: 'ERR_INVALID_URL' });
}

async function read(response: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => { response.destroy(timeout('The answer has no end')); }, BODY_TIMEOUT);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of response) { chunks.push(chunk as Uint8Array); }
    return Buffer.concat(chunks).toString();
  } finally {
    clearTimeout(timer);
  }
}

function timeout(what: string): Error {
  return Object.assign(new Error(what), { code: 'ETIMEDOUT' });
}

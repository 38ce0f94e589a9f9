import { createServer, request as requestHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Invocation } from './boundaries';
import { describeRequest, readBody } from './http';

interface Proxy {
  readonly server: Server;
  /** The address of the proxy for the service's address. */
  forward(address: string): string;
}

/** A proxy in front of a service. Every request of an invocation is a boundary. */
export function startProxy(service: string, invocationOf: () => Invocation | undefined): Proxy {
  const url = new URL(service);
  const server = createServer((request, response) => {
    pass(url, request, response, invocationOf()).catch(() => request.socket.destroy());
  });
  return { server, forward: (address) => `http://${address}${url.pathname === '/' && !service.endsWith('/') ? '' : url.pathname}` };
}

async function pass(service: URL, request: IncomingMessage, response: ServerResponse, invocation?: Invocation): Promise<void> {
  const body = await readBody(request);
  const { method = 'GET', url = '/' } = request;
  const ending = invocation?.reach(describeRequest(method, url, request.headers['x-amz-target'] as string | undefined));
  if (ending === 'diedBefore') { invocation?.die(); }
  if (ending?.endsWith('Before')) { throw new Error('cut'); }
  const answer = await send(service, request, body);
  const answered = await readBody(answer);
  if (ending === 'diedAfter') { invocation?.die(); }
  if (ending?.endsWith('After')) { throw new Error('cut'); }
  const { 'transfer-encoding': _, 'connection': __, ...headers } = answer.headers;
  response.writeHead(answer.statusCode ?? 502, headers).end(answered);
}

function send(service: URL, { method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const { 'transfer-encoding': _, ...sent } = headers;
  return new Promise((resolve, reject) => {
    const start = service.protocol === 'https:' ? requestHttps : requestHttp;
    start({
      // A new connection for each request, so that none stays open.
      agent: false,
      hostname: service.hostname,
      port: service.port,
      path: url,
      method,
      headers: { ...sent, 'host': service.host, 'connection': 'close', 'content-length': body.length },
    }, resolve).once('error', reject).end(body);
  });
}

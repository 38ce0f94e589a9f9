import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The description of a request: its method and path, or the operation of an AWS service. */
export function describeRequest(method: string, url: string, amzTarget?: string): string {
  const operation = amzTarget?.split('.').at(-1);
  // A segment as long as an id may be an unknown value.
  const path = url.replace(/[?#].*$/, '').split('/').map((segment) => segment.length > 15 && /\d/.test(segment) ? '***' : segment).join('/');
  return operation ?? `${method} ${path}`;
}

/** Starts a server on the loopback interface. */
export async function listen(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
  server.closeAllConnections();
  await closed;
}

export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) { chunks.push(chunk); }
  return Buffer.concat(chunks);
}

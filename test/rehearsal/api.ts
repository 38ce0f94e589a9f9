import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Value {
  readonly client: string;
  readonly apiKey: string;
}

export const FIRST: Value = { client: 'my-app', apiKey: 'First0Key1Of2All3' };

/**
 * A real HTTP API with a limit of keys. `PUT /keys/<key>` adds one and is idempotent, `POST /keys` refuses an existing one, `POST /issue` makes
 * one, `DELETE /keys/<key>` refuses a missing one, `GET /keys` lists them, `GET /whoami` uses one.
 */
export class KeyApi {
  public static async start(most: number): Promise<KeyApi> {
    const api = new KeyApi(most);
    await new Promise<void>((resolve) => { api.server.listen(0, '127.0.0.1', resolve); });
    return api;
  }

  public readonly requests: string[] = [];
  public keys = new Set<string>();
  private issued = 0;
  private readonly server = createServer((request, response) => { void this.serve(request, response); });

  private constructor(private readonly most: number) {}

  public get url(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  /** Resets it to the state before any rotation. */
  public reset(): Value {
    this.keys = new Set([FIRST.apiKey]);
    return FIRST;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) { chunks.push(chunk); }
    const { method = '', url = '' } = request;
    this.requests.push(`${method} ${url}`);
    const key = decodeURIComponent(url.split('/')[2] ?? '') || Buffer.concat(chunks).toString();
    const bearer = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const [status, body] = this.answer(`${method} /${url.split('/')[1]}`, key, bearer);
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  }

  private answer(call: string, key: string, bearer: string): [status: number, body?: string] {
    if (!this.keys.has(bearer)) { return [401, 'unknown key']; }
    switch (call) {
      case 'GET /whoami': return [200, 'my-app'];
      case 'GET /keys': return [200, [...this.keys].join('\n')];
      case 'PUT /keys': return this.keys.has(key) ? [200] : this.add(key);
      case 'POST /keys': return this.keys.has(key) ? [409, 'there already'] : this.add(key);
      case 'POST /issue': return this.add(`Issued0Key1Number${String(++this.issued).padStart(3, '0')}`);
      case 'POST /only': {
        this.keys = new Set([key]);
        return [200];
      }
      case 'DELETE /keys': return this.keys.delete(key) ? [200] : [404, 'no such key'];
      default: return [405];
    }
  }

  private add(key: string): [status: number, body: string] {
    if (this.keys.size >= this.most) { return [429, 'too many keys']; }
    this.keys.add(key);
    return [201, key];
  }
}

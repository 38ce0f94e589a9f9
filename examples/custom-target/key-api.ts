import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Two keys, a third one while they change, and room for what a rotation left that was given up. */
const MOST_KEYS = 5;

export interface Answer {
  readonly status: number;
  readonly body?: object;
}

/**
 * An HTTP API on the loopback interface, as a stand-in for the one whose keys you rotate. It stores hashes of keys, as it should, and calls
 * a key by its hash: its SHA-256, in hexadecimal digits. Whoever has a live key of a client, as `Authorization: Bearer …`, may ask for
 *
 * - `GET /whoami`: the client whose key it is, as `{"client": "my-app"}`
 * - `GET /keys`: its live keys, the oldest first, as `{"keys": ["…"]}`
 * - `PUT /keys/…`: take this key too, unless there are as many as there may be (409)
 * - `DELETE /keys/…`: take this key no longer, unless it is the one that asks (409)
 *
 * What comes again is answered as it was, and changes nothing more. Who has no live key is refused (401).
 */
export class KeyApi {
  /** The live keys of each client, the oldest first. */
  private readonly clients = new Map<string, readonly string[]>();

  private readonly server = createServer(({ method, url, headers }, response) => {
    const { status, body } = this.answer(`${method} ${url}`, headers.authorization);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
  });

  /** @returns its URL */
  public async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** What a person does once, in the console of the API: makes a client, and gives it its first key. */
  public addClient(client: string, firstKey: string): void {
    this.clients.set(client, [idOf(firstKey)]);
  }

  /** The ids of a client's live keys, the oldest first. */
  public keysOf(client: string): readonly string[] {
    return this.clients.get(client) ?? [];
  }

  /** @param request such as `GET /keys` */
  public answer(request: string, authorization = ''): Answer {
    const own = idOf(authorization.replace(/^Bearer /, ''));
    const [client, keys] = [...this.clients].find(([, live]) => live.includes(own)) ?? [];
    if (client === undefined || keys === undefined) { return { status: 401 }; }
    const [, action, id] = /^(PUT|DELETE) \/keys\/([0-9a-f]{64})$/.exec(request) ?? [];
    switch (action ?? request) {
      case 'GET /whoami':
        return { status: 200, body: { client } };
      case 'GET /keys':
        return { status: 200, body: { keys } };
      case 'PUT':
        if (keys.includes(id)) { return { status: 204 }; }
        if (keys.length >= MOST_KEYS) { return { status: 409 }; }
        this.clients.set(client, [...keys, id]);
        return { status: 204 };
      case 'DELETE':
        if (id === own) { return { status: 409 }; }
        this.clients.set(client, keys.filter((key) => key !== id));
        return { status: 204 };
      default:
        return { status: 404 };
    }
  }
}

function idOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

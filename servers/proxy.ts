import * as net from 'node:net';

/** The time for a server's answer to a request that is cut off. */
const REPLY_TIMEOUT = 1_000;

/** A proxy between a client and a server that can break the network between them. */
export class Proxy {
  /** Starts to forward all connections to a server on 127.0.0.1. */
  static async start(targetPort: number): Promise<Proxy> {
    const proxy = new Proxy(targetPort);
    await proxy.listen(0);
    return proxy;
  }

  readonly host = 'localhost';
  private readonly server = net.createServer((client) => this.connect(client));
  private readonly pairs = new Set<{ client: net.Socket; upstream: net.Socket }>();
  private mode: 'forward' | 'blackHole' = 'forward';
  private ownPort = 0;
  private cutAt = Infinity;
  private writeCount = 0;
  private connectionCount = 0;

  private constructor(private readonly targetPort: number) {}

  get port(): number {
    return this.ownPort;
  }

  /** The number of connections from clients. */
  get connections(): number {
    return this.connectionCount;
  }

  /**
   * The number of clients' writes since the start or the last `cutAtWrite`, over all connections. A client that waits for each answer makes one
   * write at a time, so the number is always the same.
   */
  get writes(): number {
    return this.writeCount;
  }

  /**
   * Loses one reply. The n-th write of a client from now on reaches the server, which may execute it. Its reply is dropped, and the connection
   * is reset. Later connections are forwarded again.
   */
  cutAtWrite(n: number): void {
    this.writeCount = 0;
    this.cutAt = n;
  }

  /** Connections are accepted, or kept, and nothing is forwarded. */
  blackHole(): void {
    this.mode = 'blackHole';
  }

  /** Resets all connections and refuses new ones. */
  async refuse(): Promise<void> {
    this.resetAll();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  /** Forwards again. Data from the black hole stays lost: its connections are reset. */
  async forward(): Promise<void> {
    if (this.mode === 'blackHole') this.resetAll();
    this.mode = 'forward';
    if (!this.server.listening) await this.listen(this.ownPort);
  }

  async stop(): Promise<void> {
    await this.refuse();
  }

  private async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(port, '127.0.0.1', () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    this.ownPort = (this.server.address() as net.AddressInfo).port;
  }

  private connect(client: net.Socket): void {
    this.connectionCount++;
    const upstream = net.connect(this.targetPort, '127.0.0.1');
    const pair = { client, upstream };
    this.pairs.add(pair);
    let isCut = false;

    client.on('data', (chunk) => {
      if (this.mode === 'blackHole' || isCut) return;
      this.writeCount++;
      isCut = this.writeCount === this.cutAt;
      upstream.write(chunk);
      if (isCut) setTimeout(() => this.reset(pair), REPLY_TIMEOUT).unref();
    });
    upstream.on('data', (chunk) => {
      if (isCut) {
        this.reset(pair);
      } else if (this.mode === 'forward') {
        client.write(chunk);
      }
    });
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      socket.setNoDelay();
      socket.on('error', () => other.destroy());
      socket.on('end', () => this.mode === 'forward' && other.end());
      socket.on('close', () => {
        if (this.mode === 'forward') other.destroy();
        this.pairs.delete(pair);
      });
    }
  }

  private reset(pair: { client: net.Socket; upstream: net.Socket }): void {
    pair.client.resetAndDestroy();
    pair.upstream.destroy();
    this.pairs.delete(pair);
  }

  private resetAll(): void {
    for (const pair of [...this.pairs]) this.reset(pair);
  }
}

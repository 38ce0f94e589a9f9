import * as net from 'node:net';

/** The connection is cut, or the process is killed. */
export const ENDINGS = ['cut', 'killed'] as const;
export type Ending = typeof ENDINGS[number];

export interface Fault {
  readonly point: number;
  readonly ending: Ending;
}

/**
 * The points of one rotation at which it can be stopped: before and after each call to Secrets Manager, and at each change of direction on
 * a connection to the database, which is before a request and before its answer.
 */
export class FaultPoints {
  public reached = 0;
  public hasStruck = false;

  constructor(private readonly kill: () => void, private readonly fault?: Fault) {}

  /** @returns whether the message is lost */
  public reach(): boolean {
    if (this.reached++ !== this.fault?.point) { return false; }
    this.hasStruck = true;
    if (this.fault.ending === 'killed') { this.kill(); }
    return true;
  }
}

/** Stands between a function and its database. Each change of direction is reported, and may cut the connection. */
export class CountingProxy {
  /** @param reach Says whether the connection is cut. */
  public static async start(targetPort: number, reach = () => false): Promise<CountingProxy> {
    const proxy = new CountingProxy(targetPort, reach);
    await new Promise<void>((resolve, reject) => proxy.server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  public connections = 0;
  /** All that clients have sent since it was emptied. */
  public sent: Buffer[] = [];
  private readonly sockets = new Set<net.Socket>();
  private readonly server = net.createServer((client) => this.connect(client));

  private constructor(private readonly targetPort: number, private readonly reach: () => boolean) {}

  public get port(): number { return (this.server.address() as net.AddressInfo).port; }

  public async stop(): Promise<void> {
    for (const socket of this.sockets) { socket.destroy(); }
    await new Promise((resolve) => this.server.close(resolve));
  }

  private connect(client: net.Socket): void {
    this.connections++;
    const upstream = net.connect(this.targetPort, '127.0.0.1');
    let speaker: net.Socket | undefined;
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      this.sockets.add(socket);
      socket.setNoDelay();
      socket.on('data', (chunk) => {
        if (socket !== speaker) {
          speaker = socket;
          if (this.reach()) {
            client.resetAndDestroy();
            upstream.destroy();
            return;
          }
        }
        if (socket === client) { this.sent.push(chunk); }
        other.write(chunk);
      });
      socket.on('error', () => other.destroy());
      socket.on('end', () => other.end());
      socket.on('close', () => {
        other.destroy();
        this.sockets.delete(socket);
      });
    }
  }
}

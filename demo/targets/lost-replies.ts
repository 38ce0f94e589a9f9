import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between the function and a server, and loses the reply that it is told to lose. */
export class LostReplies {
  /** @param losesReply is asked before each piece of a reply is passed on; the server has done then what it was asked */
  public static async start(port: number, losesReply: () => Promise<boolean>): Promise<LostReplies> {
    const proxy = new LostReplies(port, losesReply);
    await new Promise<void>((resolve) => { proxy.server.listen(0, '127.0.0.1', resolve); });
    return proxy;
  }

  private readonly server: Server = createServer((client) => this.pass(client));
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly target: number, private readonly losesReply: () => Promise<boolean>) {}

  public get port(): number { return (this.server.address() as AddressInfo).port; }

  public async stop(): Promise<void> {
    for (const socket of this.sockets) { socket.destroy(); }
    await new Promise<void>((resolve) => { this.server.close(() => resolve()); });
  }

  private pass(client: Socket): void {
    const upstream = connect(this.target, '127.0.0.1');
    let passedOn = Promise.resolve();
    client.on('data', (chunk) => { upstream.write(chunk); });
    upstream.on('data', (chunk) => {
      passedOn = passedOn.then(async () => {
        if (await this.losesReply()) { client.resetAndDestroy(); } else if (!client.destroyed) { client.write(chunk); }
      }).catch(() => { client.destroy(); });
    });
    for (const [socket, other] of [[client, upstream], [upstream, client]]) {
      this.sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        void passedOn.then(() => other.destroySoon());
      });
    }
  }
}

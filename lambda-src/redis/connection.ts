import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { encodeCommand, ErrorReply, ReplyReader, type Reply } from './resp';
import type { Deadline } from '../rotation/deadline';
import { ConnectivityError, TlsError, type RotationError } from '../rotation/errors';
import { asksForCertificate, isTlsError } from '../rotation/service-errors';
import { connectTimeout, type ServerAddress } from '../targets/server-login';

/** A server that must accept the password. */
export interface RedisNode extends ServerAddress {
  /** The name in errors. It has no part of a secret's value. */
  readonly name: string;
  /** The address of this server, if its host has several. */
  readonly address?: string;
}

/** A connection that sends one command at a time. */
export interface RedisConnection {
  /** The reply, which may be an error of the server. */
  command(...args: string[]): Promise<Reply>;
  close(): void;
}

export type ConnectRedis = (node: RedisNode, certificateAuthority: string | undefined, deadline: Deadline) => Promise<RedisConnection>;

/** In milliseconds. Our commands take less than 1, except ACL SAVE, which writes a file. */
const COMMAND_TIMEOUT = 5_000;

/** Connects with TLS, and verifies the certificate. */
export const connectRedis: ConnectRedis = async (node, certificateAuthority, deadline) => {
  deadline.signal.throwIfAborted();
  const { host, port, address = host } = node;
  // The certificate is checked for servername. Without it, for host, which is an address then.
  const socket = connect({ host: address, port, servername: isIP(host) ? undefined : host, ca: certificateAuthority, rejectUnauthorized: true, minVersion: 'TLSv1.2' });
  const connection = new Connection(socket, node, deadline);
  await connection.secured();
  return connection;
};

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: RotationError) => void;
}

class Connection implements RedisConnection {
  private readonly reader = new ReplyReader();
  private waiting?: Waiting;
  /** An error before any command. A server in protected mode sends one, and closes the connection. */
  private unasked?: ErrorReply;
  private failure?: RotationError;
  private isSecure = false;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly socket: TLSSocket, private readonly node: RedisNode, private readonly deadline: Deadline) {
    socket.setNoDelay();
    socket.on('error', (error: NodeJS.ErrnoException) => this.fail(this.errorOf(error.code)));
    socket.on('close', () => this.fail(this.unreachable('')));
    socket.on('data', (chunk) => this.read(chunk));
    deadline.signal.addEventListener('abort', this.abort);
  }

  private readonly abort = () => this.fail(this.deadline.signal.reason as RotationError);

  public secured(): Promise<void> {
    const connected = (resolve: (reply: Reply) => void) => {
      this.waiting = undefined;
      resolve(null);
    };
    let accepted = false;
    this.socket.once('connect', () => { accepted = true; });
    this.socket.once('secureConnect', () => { this.isSecure = true; });
    return this.within(connectTimeout(this.deadline), (resolve) => { this.socket.once('secureConnect', () => connected(resolve)); }, () => accepted ? this.withoutTls() : this.timedOut()).then(() => {});
  }

  /** Replies have no names. So a command waits for the reply to the one before. */
  public command(...args: string[]): Promise<Reply> {
    const reply = this.last.then(() => this.unasked ?? this.within(COMMAND_TIMEOUT, () => { this.socket.write(encodeCommand(args)); }));
    this.last = reply.catch(() => {});
    return reply;
  }

  public close(): void {
    this.fail(this.unreachable(''));
  }

  /** Waits for a reply, or for `begin` to give one. */
  private async within(milliseconds: number, begin: (resolve: (reply: Reply) => void) => void, error = () => this.timedOut()): Promise<Reply> {
    if (this.failure) { throw this.failure; }
    const timer = setTimeout(() => this.fail(error()), milliseconds);
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.waiting = { resolve, reject };
        begin(resolve);
      });
    } finally {
      clearTimeout(timer);
      this.waiting = undefined;
    }
  }

  private read(chunk: Buffer): void {
    let replies: Reply[];
    try {
      replies = this.reader.push(chunk);
    } catch {
      this.fail(new ConnectivityError(`${this.node.name} speaks another protocol than Redis, or answers with more than our commands ask for. See that the keys "host" `
        + 'and "port" name a server of Redis or Valkey'));
      return;
    }
    for (const reply of replies) {
      if (this.waiting) {
        this.waiting.resolve(reply);
        this.waiting = undefined;
      } else if (reply instanceof ErrorReply && !this.unasked) {
        this.unasked = reply;
      } else {
        this.fail(new ConnectivityError(`${this.node.name} sent a reply without a command. Look for a proxy between the function and the server`));
      }
    }
  }

  private fail(error: RotationError): void {
    this.failure ??= error;
    this.deadline.signal.removeEventListener('abort', this.abort);
    this.socket.destroy();
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
  }

  private errorOf(code = ''): RotationError {
    if (!isTlsError(code)) { return this.unreachable(/^[A-Z0-9_]{1,64}$/.test(code) ? ` (${code})` : ''); }
    // With TLS 1.3 this error comes after the handshake. A login may have been sent then, to a server with a verified certificate.
    const unsent = this.isSecure ? '' : ', so no credential was sent';
    if (asksForCertificate(code)) {
      return new TlsError(`${this.node.name} asks for a client certificate, or has no version or cipher of TLS in common with the function (${code})${unsent}. The function has no client certificate: `
        + 'set tls-auth-clients to no or optional in the configuration of the server');
    }
    if (this.isSecure) { return this.unreachable(` (${code})`); }
    return new TlsError(`${this.node.name} has no certificate to trust, or no TLS (${code})${unsent}. Turn TLS on (tls-port), put the name that the certificate is for into the key `
      + '"host" or nodes, renew the certificate, or give its certificate authority to the RotationTarget as certificateAuthority');
  }

  /** A server without TLS waits for more, because the first bytes of TLS are no command. */
  private withoutTls(): ConnectivityError {
    return new ConnectivityError(`${this.node.name} accepts the connection, and doesn't answer with TLS in time, so no credential was sent. Turn TLS on for the port (tls-port), and see that the server isn't stopped`);
  }

  private timedOut(): ConnectivityError {
    return this.unreachable(' (ETIMEDOUT)');
  }

  private unreachable(reason: string): ConnectivityError {
    return new ConnectivityError(`${this.node.name} can't be reached, or doesn't answer in time${reason}. See that it runs and has room for one more client (maxclients), that its host and port are right, that the function is in a VPC with a route to `
      + 'it, and that their security groups let the function in. Secrets Manager retries the rotation');
  }
}

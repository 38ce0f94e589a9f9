import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { Client, ResultCodeError } from 'ldapts';
import type { Deadline } from '../../rotation/deadline';
import { ConnectivityError, RotationError, TlsError } from '../../rotation/errors';
import { asksForCertificate, isTlsError } from '../../rotation/service-errors';
import { connectTimeout, type ServerAddress } from '../server-login';

/** The error for an operation that the server refused. No text of the server is passed on, because it may hold a value. */
export type Refusal = (error: ResultCodeError) => RotationError;

export type Connect<Connection> = (server: ServerAddress, certificateAuthority: string | undefined, deadline: Deadline) => Promise<Connection>;

/** A connection to a directory, with TLS and a verified certificate. */
export abstract class DirectoryConnection {
  protected readonly client: Client;
  private readonly socket: TLSSocket;
  private isSecure = false;
  private code = '';

  constructor({ host, port }: ServerAddress, ca: string | undefined, private readonly deadline: Deadline) {
    this.socket = connect({ host, port, servername: isIP(host) ? undefined : host, ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' });
    this.socket.on('error', (error: NodeJS.ErrnoException) => { this.code ||= error.code ?? ''; });
    this.socket.setNoDelay();
    deadline.signal.addEventListener('abort', this.abort);
    let isUsed = false;
    this.client = new Client({
      // The socket knows the server. A host could make the text no URL.
      url: 'ldaps://server',
      // A server that hashes with Argon2 or PBKDF2 takes a part of a second, or seconds if it is busy.
      timeout: connectTimeout(deadline),
      createSecureConnection: (() => {
        // ldapts would connect again after a lost connection, without a bind.
        if (isUsed) { throw this.unreachable(); }
        isUsed = true;
        return this.socket;
      }) as unknown as typeof connect,
    });
  }

  private readonly abort = () => { this.socket.destroy(); };

  public async secured(): Promise<void> {
    const timer = setTimeout(() => {
      this.code ||= 'ETIMEDOUT';
      this.socket.destroy();
    }, connectTimeout(this.deadline));
    try {
      this.isSecure = await new Promise<boolean>((resolve) => {
        this.socket.once('secureConnect', () => resolve(true));
        this.socket.once('close', () => resolve(false));
      });
    } finally {
      clearTimeout(timer);
    }
    if (!this.isSecure) {
      this.deadline.signal.removeEventListener('abort', this.abort);
      throw this.connectionError();
    }
  }

  public close(): void {
    this.deadline.signal.removeEventListener('abort', this.abort);
    this.socket.destroy();
  }

  /** No text of the server or of ldapts is passed on, because it may hold a value. */
  protected async perform<T>(send: () => Promise<T>, refusal: Refusal): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof RotationError) { throw error; }
      throw error instanceof ResultCodeError ? refusal(error) : this.connectionError();
    }
  }

  private connectionError(): RotationError {
    const { reason } = this.deadline.signal as { reason?: unknown };
    if (reason instanceof RotationError) { return reason; }
    // With TLS 1.3, the server says so after the connection is secure.
    if (asksForCertificate(this.code)) {
      return new TlsError(`The server asks for a client certificate, or has no version or cipher of TLS in common with the function (${this.code}). The function has no client certificate: set TLSVerifyClient to never, allow `
        + 'or try (in OpenLDAP)');
    }
    if (!this.isSecure && isTlsError(this.code)) {
      return new TlsError(`The server has no certificate to trust, or no TLS (${this.code}), so no credential was sent. Use the port of ldaps, put the name that the certificate is for into the key "host", `
        + 'renew the certificate, or give its certificate authority to the RotationTarget as certificateAuthority');
    }
    return this.unreachable();
  }

  private unreachable(): ConnectivityError {
    if (this.isSecure) {
      return new ConnectivityError('The server closed the connection after TLS began, or doesn\'t answer in time. Read its log: it may be busy or shut down, or ask for a client certificate, which the function doesn\'t have '
        + '(TLSVerifyClient in OpenLDAP). Secrets Manager retries the rotation');
    }
    return new ConnectivityError(`The server can't be reached with TLS, or doesn't answer in time${/^[A-Z0-9_]{1,64}$/.test(this.code) ? ` (${this.code})` : ''}. See that it runs and has ldaps on this port, that the keys `
      + '"host" and "port" are right, that the function is in a VPC with a route to it, and that their security groups let the function in. Secrets Manager retries the rotation');
  }
}

/** Connects with TLS, and verifies the certificate. */
export function connectWith<Connection extends DirectoryConnection>(
  Type: new (...login: Parameters<Connect<Connection>>) => Connection,
): Connect<Connection> {
  return async (server, certificateAuthority, deadline) => {
    deadline.signal.throwIfAborted();
    const connection = new Type(server, certificateAuthority, deadline);
    await connection.secured();
    return connection;
  };
}

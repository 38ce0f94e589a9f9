import { isIP, connect as dial, type Socket } from 'node:net';
import { Duplex, type Readable } from 'node:stream';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { Connection, Request, type ConnectionConfiguration } from 'tedious';
import type { Credentials } from '../credentials';
import { connectionError, refusal, withoutTls, type DriverError } from '../failures';
import type { DatabaseTls } from '../tls';
import { REMEDIES, WRONG_PASSWORD } from './errors';
import type { Deadline } from '../../../rotation/deadline';
import { AuthenticationError, ConnectivityError, RotationError, TargetRefusedError, TlsError } from '../../../rotation/errors';
import { remedyOf } from '../../../rotation/service-errors';
import { connectTimeout } from '../../server-login';

/** In milliseconds. */
const STATEMENT_TIMEOUT = 8_000;
/** How long the server may take to cancel a statement. In milliseconds. */
const CANCEL_TIMEOUT = 1_000;

/** The type of the packets that hold the handshake of TLS: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-tds/60f56408-0188-4cd5-8b90-25c6f2423868 */
const PRELOGIN = 0x12;

export type Row = Record<string, unknown>;

/** The part of a connection that the engine uses. */
export interface SqlServerConnection {
  /** Runs a batch without parameters. The server recognizes a statement with a password by its text, and leaves the password out of its traces. */
  query(batch: string): Promise<Row[]>;
  close(): Promise<void>;
}

/** @param database the database to log in to */
export type ConnectSqlServer = (
  credentials: Credentials, database: string, tls: DatabaseTls | undefined, deadline: Deadline,
) => Promise<SqlServerConnection>;

/** Logs in. */
export const connectSqlServer: ConnectSqlServer = async (credentials, database, tls, deadline) => {
  const { host, port, username, password } = credentials;
  const numbers: number[] = [];
  const timeout = connectTimeout(deadline);
  const limit = AbortSignal.any([deadline.signal, AbortSignal.timeout(timeout)]);
  const connection = new SecureConnection({
    server: host,
    authentication: { type: 'default', options: { userName: username, password } },
    options: {
      port,
      database,
      encrypt: tls !== undefined,
      trustServerCertificate: false,
      appName: 'cdk-rotating-secret',
      connectTimeout: timeout,
      requestTimeout: STATEMENT_TIMEOUT,
      cancelTimeout: CANCEL_TIMEOUT,
      // A repeated login may lock the user.
      maxRetriesOnTransientErrors: 0,
      connector: () => open(host, port, limit),
    },
  }, host, tls);
  // Without a listener, a connection that breaks would end the process.
  connection.on('error', () => {});
  connection.on('errorMessage', ({ number }: { number: number }) => numbers.push(number));
  const destroy = () => connection.close();
  deadline.signal.addEventListener('abort', destroy);
  const close = async () => {
    deadline.signal.removeEventListener('abort', destroy);
    connection.close();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => { if (error) { reject(error); } else { resolve(); } });
      // The driver waits without end for the rest of an answer, also when it was closed.
      limit.addEventListener('abort', () => reject(connectionError({ code: 'ETIMEDOUT' })!), { once: true });
    });
  } catch (error) {
    await close();
    throw loginError(error, numbers);
  }
  return {
    query: (batch) => new Promise<Row[]>((resolve, reject) => {
      const rows: Row[] = [];
      const request = new Request(batch, (error) => { if (error) { reject(statementError(error)); } else { resolve(rows); } });
      request.on('row', (columns: { metadata: { colName: string }; value: unknown }[]) => {
        rows.push(Object.fromEntries(columns.map(({ metadata, value }) => [metadata.colName, value])));
      });
      connection.execSqlBatch(request);
    }),
    close,
  };
};

function open(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial({ host, port, noDelay: true });
    const give = () => socket.destroy(new Error('timed out'));
    signal.addEventListener('abort', give);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      // The time-out is that of the connection, and not that of what follows.
      signal.removeEventListener('abort', give);
      resolve(socket);
    });
  });
}

/** The contexts of TLS, one for each object of options: parsed certificates are memory that V8 doesn't count. */
const contexts = new WeakMap<DatabaseTls, SecureContext>();

function contextFor(tls: DatabaseTls): SecureContext {
  const context = contexts.get(tls) ?? createSecureContext({ ca: tls.ca, minVersion: tls.minVersion, maxVersion: 'TLSv1.2' });
  contexts.set(tls, context);
  return context;
}

/**
 * A connection that sends its login only through verified TLS, and only to the server that it dialled. The driver alone sends it in plaintext if the
 * server says that it has no TLS, verifies IP addresses as `localhost`, and follows a server that names another one.
 */
class SecureConnection extends Connection {
  constructor(config: ConnectionConfiguration, private readonly host: string, private readonly tls: DatabaseTls | undefined) {
    super(config);
  }

  public override sendPreLogin(): void {
    const { messageIo, tls } = this;
    if (tls) { messageIo.startTls = () => startTls(messageIo, this.host, tls); }
    super.sendPreLogin();
  }

  public override sendLogin7Packet(): void {
    if (this.tls && !this.messageIo.tlsNegotiationComplete) { throw withoutTls(); }
    super.sendLogin7Packet();
  }

  /** The driver lets an answer that it doesn't understand end the process. */
  public override createTokenStreamParser(...parameters: Parameters<Connection['createTokenStreamParser']>): ReturnType<Connection['createTokenStreamParser']> {
    const parser = super.createTokenStreamParser(...parameters);
    parser.on('error', () => {});
    (parser as unknown as { readonly parser: Readable }).parser.on('error', (error) => {
      parser.emit('error', error);
      this.socket?.destroy(error);
    });
    return parser;
  }

  public override async performReRouting(): Promise<void> {
    throw new TargetRefusedError('The server sends logins on to another server, which is not known to be that of the secret, so nothing was changed. Put the host of the primary server into the key "host"');
  }
}

/** Carries TLS over a connection: its handshake in packets of the protocol, each flight of the client answered by one message, and then as it is. */
class Tunnel extends Duplex {
  private flight: Buffer[] = [];
  private isSecure = false;

  constructor(private readonly io: Connection['messageIo']) {
    super();
  }

  /** After the handshake. */
  public open(): void {
    this.isSecure = true;
    const { socket } = this.io;
    socket.on('data', (data) => this.push(data));
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    // It was paused when it lost its reader.
    socket.resume();
  }

  public override _read(): void {}

  public override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.isSecure) { return void this.io.socket.write(data, done); }
    if (this.flight.push(data) === 1) { setImmediate(() => { this.exchange().catch((error: unknown) => this.emit('error', error)); }); }
    done();
  }

  private async exchange(): Promise<void> {
    this.io.sendMessage(PRELOGIN, Buffer.concat(this.flight.splice(0)));
    for await (const data of await this.io.readMessage()) { this.push(data); }
  }
}

/** As the driver does, apart from the name that the certificate is for, and from parsing the authorities each time. It knows TLS 1.2 at most. */
function startTls(io: Connection['messageIo'], host: string, tls: DatabaseTls): Promise<void> {
  const tunnel = new Tunnel(io);
  const servername = isIP(host) === 0 ? host : undefined;
  const cleartext = connectTls({ socket: tunnel, host, servername, secureContext: contextFor(tls), rejectUnauthorized: true });
  io.securePair = { cleartext, encrypted: tunnel };
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      cleartext.destroy();
      reject(error);
    };
    tunnel.once('error', fail);
    cleartext.once('error', fail);
    cleartext.once('secureConnect', () => {
      for (const each of [tunnel, cleartext]) { each.removeListener('error', fail).on('error', (error: Error) => io.socket.destroy(error)); }
      const { incomingMessageStream: incoming, outgoingMessageStream: outgoing } = io as unknown as MessageStreams;
      io.socket.unpipe(incoming);
      outgoing.unpipe(io.socket);
      tunnel.open();
      cleartext.pipe(incoming);
      outgoing.pipe(cleartext);
      io.tlsNegotiationComplete = true;
      resolve();
    });
  });
}

/** The part of the driver that it doesn't declare. */
interface MessageStreams {
  readonly incomingMessageStream: NodeJS.WritableStream;
  readonly outgoingMessageStream: NodeJS.ReadableStream;
}

/** @param numbers those of the errors that the server sent. Most logins that fail end with 18456, whatever the first one says */
function loginError(error: unknown, numbers: readonly number[]): RotationError {
  if (error instanceof RotationError) { return error; }
  const number = numbers.find((each) => remedyOf(REMEDIES, String(each)) !== undefined) ?? numbers[0];
  if (number === WRONG_PASSWORD) {
    return new AuthenticationError('SQL Server does not accept this user with this password (18456). Put the password that works into the secret. If the user belongs to a contained database, put that into the key '
      + '"dbname". See that the server has the mode "SQL Server and Windows Authentication". The state of the error in the log of the server has the reason');
  }
  if (number !== undefined) { return refusal('SQL Server', String(number), remedyOf(REMEDIES, String(number))); }
  const { code } = error as DriverError;
  if (code === 'EENCRYPT') { return new TlsError('The server takes only connections with TLS, so no credential was sent. Leave plaintextConnection out'); }
  return brokenConnection(error);
}

function statementError(error: Error): RotationError {
  const each = error instanceof AggregateError ? error.errors as { number?: number }[] : [error as { number?: number }];
  const numbers = each.map(({ number }) => number).filter((number) => number !== undefined);
  const number = numbers.find((one) => remedyOf(REMEDIES, String(one)) !== undefined) ?? numbers[0];
  const { code = '' } = error as DriverError;
  if (number === undefined && (code === 'ETIMEOUT' || code === 'ECANCEL')) {
    return new ConnectivityError(`SQL Server took too long for a statement, so it was cancelled (${code}). Secrets Manager retries the rotation; if it goes on, look in sys.dm_exec_requests for the session that blocks it`);
  }
  return number === undefined ? brokenConnection(error) : refusal('SQL Server', String(number), remedyOf(REMEDIES, String(number)));
}

/** The error of a driver that got no answer. */
function brokenConnection(error: unknown): RotationError {
  const { cause } = error as { cause?: DriverError };
  const { code = '', message = '' } = cause ?? error as DriverError;
  // The driver has codes of its own, which say less than its messages do.
  return connectionError({ code: code.startsWith('ESOCKET') ? '' : code, message }) ?? connectionError({ code: 'ECONNRESET' })!;
}

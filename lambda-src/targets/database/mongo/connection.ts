import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BsonFormatError, decode, encode, int32, type BsonDocument, type BsonObject } from './bson';
import type { Deadline } from '../../../rotation/deadline';
import { ConnectivityError, UnexpectedError, type RotationError } from '../../../rotation/errors';
import { connectTimeout, type ServerAddress } from '../../server-login';
import { connectionError } from '../failures';
import type { DatabaseTls } from '../tls';

/** A connection that runs one command at a time. */
export interface MongoConnection {
  /**
   * The first command of a connection.
   *
   * @see https://www.mongodb.com/docs/manual/reference/command/hello/
   */
  hello(command: BsonObject): Promise<BsonDocument>;
  /** The reply, which may be an error of the server. */
  command(database: string, command: BsonObject): Promise<BsonDocument>;
  close(): void;
}

export type ConnectMongo = (address: ServerAddress, tls: DatabaseTls | undefined, deadline: Deadline) => Promise<MongoConnection>;

/** In milliseconds. A write may wait for the election of another primary. */
const COMMAND_TIMEOUT = 8_000;

const HEADER_BYTES = 16;
/** The largest document is 16 MiB: https://www.mongodb.com/docs/manual/reference/limits/#bson-documents */
const MAX_MESSAGE_BYTES = 16 * 1_024 * 1_024 + 16 * 1_024;

/** https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#opcodes */
const [OP_REPLY, OP_QUERY, OP_MSG] = [1, 2004, 2013];

export const connectMongo: ConnectMongo = async (address, tls, deadline) => {
  deadline.signal.throwIfAborted();
  const { host, port } = address;
  // The certificate is checked for servername. Without it, for host, which is an address then.
  const servername = isIP(host) ? undefined : host;
  const socket = tls ? connectTls({ host, port, servername, secureContext: tls.secureContext, rejectUnauthorized: true })
    : connectPlain({ host, port });
  const connection = new Connection(socket, deadline);
  await connection.opened(tls ? 'secureConnect' : 'connect');
  return connection;
};

interface Waiting {
  readonly resolve: (reply: BsonDocument) => void;
  readonly reject: (error: RotationError) => void;
}

class Connection implements MongoConnection {
  private received = Buffer.alloc(0);
  private requests = 0;
  private waiting?: Waiting;
  private failure?: RotationError;

  constructor(private readonly socket: Socket, private readonly deadline: Deadline) {
    socket.setNoDelay();
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.fail(connectionError(error) ?? new UnexpectedError(`The connection failed${/^\w{1,64}$/.test(error.code ?? '') ? ` with ${error.code}` : ''}. See the log of the server`));
    });
    socket.on('close', () => this.fail(unreachable('ECONNRESET')));
    socket.on('data', (chunk) => this.read(chunk));
    deadline.signal.addEventListener('abort', this.abort);
  }

  private readonly abort = () => this.fail(this.deadline.signal.reason as RotationError);

  public async opened(event: 'secureConnect' | 'connect'): Promise<void> {
    await this.within(connectTimeout(this.deadline), (resolve) => { this.socket.once(event, () => resolve(new Map())); });
  }

  /** As all drivers do, because only this form of a first command is understood by all versions. */
  public hello(command: BsonObject): Promise<BsonDocument> {
    return this.send(OP_QUERY, Buffer.concat([int32(0), Buffer.from('admin.$cmd\0'), int32(0), int32(-1), encode(command)]));
  }

  public command(database: string, command: BsonObject): Promise<BsonDocument> {
    return this.send(OP_MSG, Buffer.concat([int32(0), Buffer.of(0), encode({ ...command, $db: database })]));
  }

  public close(): void {
    this.fail(unreachable('ECONNRESET'));
  }

  private send(opCode: number, body: Buffer): Promise<BsonDocument> {
    const id = ++this.requests;
    const header = [int32(HEADER_BYTES + body.length), int32(id), int32(0), int32(opCode)];
    return this.within(COMMAND_TIMEOUT, () => { this.socket.write(Buffer.concat([...header, body])); });
  }

  /** Waits for a reply, or for `begin` to give one. */
  private async within(milliseconds: number, begin: (resolve: (reply: BsonDocument) => void) => void): Promise<BsonDocument> {
    if (this.failure) { throw this.failure; }
    const timer = setTimeout(() => this.fail(unreachable('ETIMEDOUT')), milliseconds);
    try {
      return await new Promise<BsonDocument>((resolve, reject) => {
        this.waiting = { resolve, reject };
        begin(resolve);
      });
    } finally {
      clearTimeout(timer);
      this.waiting = undefined;
    }
  }

  private read(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    try {
      if (this.received.length < HEADER_BYTES) { return; }
      const size = this.received.readInt32LE();
      if (size < HEADER_BYTES || size > MAX_MESSAGE_BYTES || !this.waiting) { throw new BsonFormatError('The size of a message is wrong, or nothing was asked'); }
      if (this.received.length < size) { return; }
      const reply = replyIn(this.received.subarray(0, size), this.requests);
      this.received = this.received.subarray(size);
      this.waiting.resolve(reply);
    } catch {
      this.fail(new ConnectivityError('The server speaks another protocol than MongoDB. See that the keys "host" and "port" name a server of MongoDB, and look for a proxy in between'));
    }
  }

  private fail(error: RotationError): void {
    this.failure ??= error;
    this.deadline.signal.removeEventListener('abort', this.abort);
    this.socket.destroy();
    this.waiting?.reject(this.failure);
    this.waiting = undefined;
  }
}

/** @throws Error if the message is no reply to the request */
function replyIn(message: Buffer, request: number): BsonDocument {
  const opCode = message.readInt32LE(12);
  if (message.readInt32LE(8) !== request) { throw new BsonFormatError('The reply is to another request'); }
  if (opCode === OP_REPLY) { return decode(message.subarray(HEADER_BYTES + 20)); }
  // One section, and no checksum, which a server sends only if it was asked for.
  if (opCode !== OP_MSG || message.readUInt32LE(HEADER_BYTES) !== 0 || message[HEADER_BYTES + 4] !== 0) { throw new BsonFormatError('The message has an unknown form'); }
  return decode(message.subarray(HEADER_BYTES + 5));
}

function unreachable(code: string): RotationError {
  return connectionError({ code })!;
}

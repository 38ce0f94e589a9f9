import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { Deadline } from '../../rotation/deadline';
import { ConnectivityError, TargetRefusedError, TlsError, type RotationError } from '../../rotation/errors';
import { asksForCertificate, isTlsError } from '../../rotation/service-errors';
import { connectTimeout, type ServerLogin } from '../server-login';

/** A method of the class connection. https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf */
export type AmqpMethod = 'start' | 'tune' | 'close' | 'secure';

export interface AmqpReply {
  readonly method: AmqpMethod;
  readonly payload: Buffer;
}

/** The bytes are no reply to a login. The message never quotes them. */
export class AmqpFormatError extends Error {}

const HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');
const CONNECTION_CLASS = 10;
const METHODS: ReadonlyMap<number, AmqpMethod> = new Map([[10, 'start'], [20, 'secure'], [30, 'tune'], [50, 'close']]);
const START_OK = 11;
const ACCESS_REFUSED = 403;
const FRAME_END = 0xCE;
/** In bytes. The frames of a login are smaller than frame_min_size, 4,096, except for the properties of the server. */
const MAX_FRAME = 131_072;
/** The type and channel, and the size, of a frame. */
const FRAME_HEADER = 7;

/** The replies in the bytes of a server. */
export class AmqpReader {
  private bytes: Buffer = Buffer.alloc(0);

  /** @throws AmqpFormatError if the bytes aren't those of a login */
  public push(chunk: Buffer): AmqpReply[] {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    const replies: AmqpReply[] = [];
    while (this.bytes.length > 0) {
      const { bytes } = this;
      // A server of another version answers with its own header, and other protocols with other text.
      if (bytes[0] !== 1) { throw new AmqpFormatError('The first byte is not that of a method'); }
      if (bytes.length < FRAME_HEADER) { break; }
      const size = bytes.readUInt32BE(3);
      if (bytes.readUInt16BE(1) !== 0 || size < 4 || size > MAX_FRAME) { throw new AmqpFormatError('The frame has another channel, or a wrong size'); }
      const end = FRAME_HEADER + size;
      if (bytes.length <= end) { break; }
      if (bytes[end] !== FRAME_END) { throw new AmqpFormatError('The frame has no end'); }
      const method = bytes.readUInt16BE(FRAME_HEADER) === CONNECTION_CLASS ? METHODS.get(bytes.readUInt16BE(FRAME_HEADER + 2)) : undefined;
      if (!method) { throw new AmqpFormatError('The method is not one of a login'); }
      replies.push({ method, payload: bytes.subarray(FRAME_HEADER + 4, end) });
      this.bytes = bytes.subarray(end + 1);
    }
    return replies;
  }
}

/** The answer to the greeting, with the mechanism PLAIN. The server then says why it refuses a login, in place of a closed connection. */
export function encodeLogin(username: string, password: string): Buffer {
  const capabilities = table(['authentication_failure_close', Buffer.from('t\x01', 'latin1')]);
  const properties = table(['capabilities', Buffer.concat([Buffer.from('F'), capabilities])]);
  const payload = Buffer.concat([uint16(CONNECTION_CLASS), uint16(START_OK), properties, shortString('PLAIN'), long(Buffer.from(`\0${username}\0${password}`)), shortString('en_US')]);
  return Buffer.concat([Buffer.from([1, 0, 0]), long(payload), Buffer.from([FRAME_END])]);
}

/** Whether a server that says `start` has the mechanism PLAIN. */
export function hasPlain(payload: Buffer): boolean {
  // After the two bytes of the version and the properties of the server.
  const mechanisms = 2 + 4 + (payload.length < 6 ? 0 : payload.readUInt32BE(2));
  if (payload.length < mechanisms + 4) { throw new AmqpFormatError('The method is too short'); }
  const end = mechanisms + 4 + payload.readUInt32BE(mechanisms);
  return payload.subarray(mechanisms + 4, end).toString('latin1').split(' ').includes('PLAIN');
}

function table([name, value]: readonly [string, Buffer]): Buffer {
  return long(Buffer.concat([shortString(name), value]));
}

function shortString(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
}

function long(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

function uint16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}

/**
 * Logs in by AMQP 0-9-1 over TLS, and opens no virtual host. Every user may do it, also one without the tag management.
 *
 * @returns whether the server accepts the user with the password
 */
export async function logInByAmqp(
  { host, port, username, password }: ServerLogin, certificateAuthority: string | undefined, deadline: Deadline,
): Promise<boolean> {
  deadline.signal.throwIfAborted();
  const socket = connect({ host, port, servername: isIP(host) ? undefined : host, ca: certificateAuthority, rejectUnauthorized: true, minVersion: 'TLSv1.2' });
  const abort = () => { socket.destroy(deadline.signal.reason as RotationError); };
  deadline.signal.addEventListener('abort', abort);
  const timer = setTimeout(() => { socket.destroy(unreachable(' (ETIMEDOUT)')); }, connectTimeout(deadline));
  try {
    return await handshake(socket, username, password);
  } finally {
    clearTimeout(timer);
    deadline.signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

function handshake(socket: TLSSocket, username: string, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const reader = new AmqpReader();
    let sent = false;
    const foreign = () => new ConnectivityError('The server speaks another protocol than AMQP 0-9-1. See that the keys "host" and "port" name the port of a server of RabbitMQ for AMQP over TLS');
    socket.on('error', (error: NodeJS.ErrnoException) => reject(error.code === undefined ? error : errorOf(error.code)));
    socket.on('close', () => reject(sent ? unanswered() : unreachable('')));
    socket.once('secureConnect', () => { socket.write(HEADER); });
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const { method, payload } of reader.push(chunk)) {
          if (method === 'start' && !sent) {
            if (!hasPlain(payload)) { return reject(withoutPlain()); }
            sent = true;
            socket.write(encodeLogin(username, password));
          } else if (method === 'tune' && sent) {
            resolve(true);
          } else if (method === 'close' && payload.length >= 2) {
            const code = payload.readUInt16BE(0);
            if (code === ACCESS_REFUSED) { return resolve(false); }
            reject(new TargetRefusedError(`The server refused a login by AMQP with ${code}. Read the log of the server`, String(code)));
          } else {
            reject(foreign());
          }
        }
      } catch {
        reject(foreign());
      }
    });
  });
}

function errorOf(code: string): RotationError {
  return isTlsError(code) ? untrusted(code) : unreachable(/^[A-Z0-9_]{1,64}$/.test(code) ? ` (${code})` : '');
}

/** The error of a port whose certificate isn't trusted. */
export function untrusted(code: string): TlsError {
  if (asksForCertificate(code)) {
    return new TlsError(`The server asks for a client certificate, or has no version or cipher of TLS in common with the function (${code}). The function has no client certificate: set fail_if_no_peer_cert to false `
      + 'for the listeners of AMQP and of the management API');
  }
  return new TlsError(`The server has no certificate to trust, or no TLS (${code}), so no credential was sent. Turn TLS on, put the name that the certificate is for into the key "host", renew the `
    + 'certificate, or give its certificate authority to the RotationTarget as certificateAuthority');
}

function withoutPlain(): TargetRefusedError {
  return new TargetRefusedError('The server has no login with a user and a password by AMQP, so no password was sent. Add PLAIN to auth_mechanisms of the server');
}

function unanswered(): ConnectivityError {
  return new ConnectivityError('The server closed the connection during a login by AMQP, without an answer. Read the log of the server. Secrets Manager retries the rotation');
}

function unreachable(reason: string): ConnectivityError {
  return new ConnectivityError(`The port for AMQP over TLS can't be reached, or doesn't answer in time${reason}. See that the server runs, that the keys "host" and "port" are right, that the function is in a VPC with a route `
    + 'to it, and that their security groups let the function in. Secrets Manager retries the rotation');
}

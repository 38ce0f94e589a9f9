/*
 * The server's side of the protocol TDS 7.4, as far as a login and batches need it.
 * https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-tds/
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export const PACKET = { batch: 0x01, rpc: 0x03, reply: 0x04, attention: 0x06, login: 0x10, prelogin: 0x12 } as const;
/** What the two sides say of TLS before a login. */
export const ENCRYPT = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

const HEADER = 8;
const LAST = 0x01;
const MOST = 4_096;

export interface Message {
  readonly type: number;
  readonly body: Buffer;
}

/** Calls `take` for each message in the bytes of a stream. Returns how to add bytes. */
export function messages(take: (message: Message) => void): (data: Buffer) => void {
  let bytes = Buffer.alloc(0);
  let parts: Buffer[] = [];
  return (data) => {
    bytes = Buffer.concat([bytes, data]);
    while (bytes.length >= HEADER && bytes.length >= bytes.readUInt16BE(2)) {
      const length = bytes.readUInt16BE(2);
      if (length < HEADER) { throw new Error('A packet is shorter than its header'); }
      const packet = bytes.subarray(0, length);
      bytes = bytes.subarray(length);
      parts.push(packet.subarray(HEADER));
      if (packet[1] !== LAST) { continue; }
      const body = Buffer.concat(parts);
      parts = [];
      take({ type: packet[0]!, body });
    }
  };
}

export function packets(type: number, body: Buffer): Buffer {
  const made: Buffer[] = [];
  for (let from = 0, n = 1; from === 0 || from < body.length; from += MOST - HEADER, n++) {
    const part = body.subarray(from, from + MOST - HEADER);
    const header = Buffer.alloc(HEADER);
    header[0] = type;
    header[1] = from + part.length >= body.length ? LAST : 0;
    header.writeUInt16BE(HEADER + part.length, 2);
    header[6] = n % 256;
    made.push(header, part);
  }
  return Buffer.concat(made);
}

/** What the client says of TLS. */
export function encryptionIn(prelogin: Buffer): number {
  for (let at = 0; prelogin[at] !== 0xff; at += 5) {
    if (prelogin[at] === 1) { return prelogin[prelogin.readUInt16BE(at + 1)]!; }
  }
  throw new Error('PRELOGIN has no encryption');
}

export function preloginReply(encryption: number): Buffer {
  const version = Buffer.from([16, 0, 0x10, 0, 0, 0]);
  return Buffer.concat([Buffer.from([0, 0, 11, 0, version.length, 1, 0, 11 + version.length, 0, 1, 0xff]), version, Buffer.from([encryption])]);
}

export interface Login7 {
  readonly user: string;
  readonly password: string;
  readonly app: string;
  readonly database: string;
  /** The size of packets that the client asks for. */
  readonly packetSize: number;
  /** Whether the client asks for features. */
  readonly hasFeatures: boolean;
}

export function parseLogin(body: Buffer): Login7 {
  if (body.readUInt32LE(0) !== body.length || body.readUInt32LE(4) !== 0x74000004) { throw new Error('LOGIN7 has a wrong length or version'); }
  const bytes = (at: number) => body.subarray(body.readUInt16LE(at), body.readUInt16LE(at) + 2 * body.readUInt16LE(at + 2));
  const text = (at: number) => bytes(at).toString('utf16le');
  // eslint-disable-next-line no-bitwise
  const password = Buffer.from(bytes(44).map((byte) => ((byte ^ 0xa5) >> 4) | ((byte ^ 0xa5) << 4))).toString('utf16le');
  // eslint-disable-next-line no-bitwise
  return { user: text(40), password, app: text(48), database: text(68), packetSize: body.readUInt32LE(8), hasFeatures: (body[27]! & 0x10) !== 0 };
}

/** The text after the headers of a batch. */
export function batchIn(body: Buffer): string {
  return body.subarray(body.readUInt32LE(0)).toString('utf16le');
}

const u16 = (n: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(n);
  return bytes;
};
const u32 = (n: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
};
const byteText = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);
const shortText = (text: string) => Buffer.concat([u16(text.length), Buffer.from(text, 'utf16le')]);
const sized = (token: number, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([token]), u16(body.length), body]);
};

export const errorToken = (number: number, message: string) =>
  sized(0xaa, u32(number), Buffer.from([1, 14]), shortText(message), byteText('STANDIN'), byteText(''), u32(1));
export const doneToken = ({ failed = false, cancelled = false, more = false, rows = 0 } = {}) =>
  Buffer.concat([
    Buffer.from([0xfd]), u16((more ? 1 : 0) + (failed ? 2 : 0) + (rows > 0 ? 0x10 : 0) + (cancelled ? 0x20 : 0)), u16(0), u32(rows), u32(0),
  ]);
const infoToken = (number: number, message: string) =>
  sized(0xab, u32(number), Buffer.from([2, 0]), shortText(message), byteText('STANDIN'), byteText(''), u32(1));
const changeToken = (what: number, now: Buffer, before: Buffer) => sized(0xe3, Buffer.from([what]), now, before);
const databaseTokens = (database: string) =>
  [changeToken(1, byteText(database), byteText('master')), infoToken(5701, `Changed database context to '${database}'.`)];
const languageTokens = (language: string) =>
  [changeToken(2, byteText(language), byteText('')), infoToken(5703, `Changed language setting to ${language}.`)];
/** The usual one. */
const COLLATION = Buffer.from([9, 4, 0xd0, 0, 0x34]);
/** That texts in UTF-8 are supported. */
const FEATURES = Buffer.from([0xae, 0x0a, 1, 0, 0, 0, 1, 0xff]);
export const loginTokens = (database: string, { packetSize, hasFeatures }: Login7) => Buffer.concat([
  ...databaseTokens(database),
  changeToken(7, Buffer.concat([Buffer.from([COLLATION.length]), COLLATION]), Buffer.from([0])),
  ...languageTokens('us_english'),
  sized(0xad, Buffer.from([1, 0x74, 0, 0, 4]), byteText('Microsoft SQL Server\0\0'), Buffer.from([16, 0, 0x10, 0x6d])),
  changeToken(4, byteText(String(packetSize)), byteText(String(MOST))),
  ...hasFeatures ? [FEATURES] : [],
  doneToken(),
]);
export const routingToken = (host: string, port: number) => {
  const place = Buffer.concat([Buffer.from([0]), u16(port), shortText(host)]);
  return sized(0xe3, Buffer.from([20]), u16(place.length), place, u16(0));
};

/** Up to 128 characters, in the usual collation. */
const TEXT_TYPE = Buffer.from([0xe7, 0, 1, ...COLLATION]);
const NUMBER_TYPE = Buffer.from([0x26, 4]);
/** The flags of a column that is an expression. */
const NULLABLE_COMPUTED = 0x21;

export type Cell = string | number | null;

/** Columns of texts, or of whole numbers. */
export interface Rows {
  readonly names: readonly string[];
  readonly kinds: readonly ('text' | 'number')[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What a statement did. */
export interface Result {
  readonly rows?: Rows;
  /** The database that the session uses now. */
  readonly database?: string;
  /** The language of the session now. */
  readonly language?: string;
}

/** @param compressed whether each row has a bitmap in place of its nulls */
export function resultTokens(
  { rows, database, language }: Result, { more, compressed }: { readonly more: boolean; readonly compressed: boolean },
): Buffer[] {
  return [
    ...database === undefined ? [] : databaseTokens(database),
    ...language === undefined ? [] : languageTokens(language),
    ...rows ? [rowTokens(rows, compressed)] : [],
    doneToken({ more, rows: rows?.rows.length }),
  ];
}

function rowTokens({ names, kinds, rows }: Rows, compressed: boolean): Buffer {
  const columns = names.map((name, i) => Buffer.concat([
    u32(0), u16(NULLABLE_COMPUTED), kinds[i] === 'text' ? TEXT_TYPE : NUMBER_TYPE, byteText(name),
  ]));
  const cell = (value: Cell, kind: 'text' | 'number') => {
    if (kind === 'number') { return value === null ? Buffer.from([0]) : Buffer.concat([Buffer.from([4]), u32(Number(value))]); }
    return value === null ? u16(0xffff) : Buffer.concat([u16(2 * String(value).length), Buffer.from(String(value), 'utf16le')]);
  };
  return Buffer.concat([
    Buffer.from([0x81]), u16(names.length), ...columns,
    ...rows.flatMap((row) => compressed
      ? [Buffer.from([0xd2]), nullsIn(row), ...row.map((value, i) => value === null ? Buffer.alloc(0) : cell(value, kinds[i]!))]
      : [Buffer.from([0xd1]), ...row.map((value, i) => cell(value, kinds[i]!))]),
  ]);
}

function nullsIn(row: readonly Cell[]): Buffer {
  const bits = Buffer.alloc(Math.ceil(row.length / 8));
  // eslint-disable-next-line no-bitwise
  row.forEach((value, i) => { if (value === null) { bits[i >> 3]! |= 1 << (i % 8); } });
  return bits;
}

/** Carries the handshake of TLS in packets, and what follows as it is. */
export class HandshakeStream extends Duplex {
  private isOver = false;
  private waiting: Buffer[] = [];
  private readonly takePacket = messages(({ body }) => this.push(body));

  constructor(private readonly socket: Socket, first: Buffer) {
    super();
    socket.on('data', (data) => this.takeData(data));
    socket.on('close', () => this.destroy());
    socket.on('end', () => this.push(null));
    if (first.length > 0) { this.takeData(first); }
  }

  public override _read(): void {}

  public override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.isOver) { return void this.socket.write(data, done); }
    // A client takes one message for each of its own.
    if (this.waiting.push(data) === 1) {
      setImmediate(() => { this.socket.write(packets(PACKET.prelogin, Buffer.concat(this.waiting.splice(0)))); });
    }
    done();
  }

  public override _final(done: (error?: Error | null) => void): void {
    this.socket.end();
    done();
  }

  private takeData(data: Buffer): void {
    // The first record after the handshake is in no packet.
    if (data[0] === 0x17 || this.isOver) {
      this.isOver = true;
      this.push(data);
    } else {
      this.takePacket(data);
    }
  }
}

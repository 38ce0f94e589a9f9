/** The bytes are no document. The message never quotes them. */
export class BsonFormatError extends Error {}

/** A value as the server sent it. Sent back, it keeps its type: a driver would turn a 64-bit number into another one. */
export class BsonElement {
  constructor(public readonly type: number, public readonly bytes: Buffer) {}

  public equals(other: BsonElement): boolean {
    return this.type === other.type && this.bytes.equals(other.bytes);
  }

  /** Undefined if it isn't a string. */
  public get text(): string | undefined {
    return this.type === STRING ? this.bytes.toString('utf8', 4, this.bytes.length - 1) : undefined;
  }

  /** Undefined if it isn't a number that JavaScript can hold. */
  public get number(): number | undefined {
    switch (this.type) {
      case DOUBLE: return this.bytes.readDoubleLE();
      case INT32: return this.bytes.readInt32LE();
      case INT64: {
        const number = Number(this.bytes.readBigInt64LE());
        return Number.isSafeInteger(number) ? number : undefined;
      }
      default: return undefined;
    }
  }

  /** The seconds and the number within the second, so that a later one is greater. Undefined if it isn't a timestamp. */
  public get timestamp(): bigint | undefined {
    return this.type === TIMESTAMP ? this.bytes.readBigUInt64LE() : undefined;
  }

  /** Servers send flags as booleans and as numbers. */
  public get isTrue(): boolean {
    return this.type === BOOLEAN ? this.bytes[0] === 1 : (this.number ?? 0) !== 0;
  }

  /** Undefined if it isn't binary data. */
  public get binary(): Buffer | undefined {
    return this.type === BINARY ? this.bytes.subarray(5) : undefined;
  }

  /** Undefined if it isn't a document. */
  public get document(): BsonDocument | undefined {
    return this.type === DOCUMENT ? decode(this.bytes) : undefined;
  }

  /** Undefined if it isn't an array. */
  public get items(): BsonElement[] | undefined {
    return this.type === ARRAY ? [...decode(this.bytes).values()] : undefined;
  }
}

/** The elements of a document, in order. */
export type BsonDocument = ReadonlyMap<string, BsonElement>;

export type BsonValue = string | number | boolean | Buffer | BsonElement | readonly BsonValue[] | BsonObject;

/** Undefined values are left out. */
export interface BsonObject {
  readonly [name: string]: BsonValue | undefined;
}

const [DOUBLE, STRING, DOCUMENT, ARRAY, BINARY, BOOLEAN, INT32, TIMESTAMP, INT64] = [0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x10, 0x11, 0x12];

/** The bytes of each type whose size is fixed: https://bsonspec.org/spec.html */
const SIZES: Readonly<Record<number, number>> = {
  [DOUBLE]: 8, [BOOLEAN]: 1, [INT32]: 4, [INT64]: 8, 0x06: 0, 0x07: 12, 0x09: 8, 0x0a: 0, [TIMESTAMP]: 8, 0x13: 16, 0x7f: 0, 0xff: 0,
};
const REGULAR_EXPRESSION = 0x0b;
const POINTER = 0x0c;
const CODE_WITH_SCOPE = 0x0f;
/** Strings by other names. */
const LIKE_STRINGS = new Set([STRING, 0x0d, 0x0e]);

/** @throws BsonFormatError if it isn't exactly one document */
export function decode(bytes: Buffer): BsonDocument {
  try {
    const elements = new Map<string, BsonElement>();
    const end = bytes.length - 1;
    if (bytes.readInt32LE() !== bytes.length || bytes[end] !== 0) { throw new BsonFormatError('The size of a document is wrong'); }
    for (let position = 4; position < end;) {
      const type = bytes[position];
      const name = cString(bytes, position + 1);
      const start = position + 2 + Buffer.byteLength(name);
      if (start > end) { throw new BsonFormatError('A document ends too early'); }
      position = start + sizeOf(type, bytes, start);
      if (position < start || position > end) { throw new BsonFormatError('A value is longer than its document'); }
      elements.set(name, new BsonElement(type, bytes.subarray(start, position)));
    }
    return elements;
  } catch (error) {
    // Reading beyond the end is a RangeError.
    throw error instanceof BsonFormatError ? error : new BsonFormatError('A document ends too early');
  }
}

function sizeOf(type: number, bytes: Buffer, start: number): number {
  const size = SIZES[type] as number | undefined;
  if (size !== undefined) { return size; }
  if (type === REGULAR_EXPRESSION) {
    const options = bytes.indexOf(0, start) + 1;
    return bytes.indexOf(0, options) + 1 - start;
  }
  const length = bytes.readInt32LE(start);
  const [total, least] = LIKE_STRINGS.has(type) ? [4 + length, 5]
    : type === DOCUMENT || type === ARRAY || type === CODE_WITH_SCOPE ? [length, 5]
      : type === BINARY ? [5 + length, 5]
        : type === POINTER ? [4 + length + 12, 17] : [0, 1];
  if (total < least) { throw new BsonFormatError('The type or the size of a value is wrong'); }
  return total;
}

function cString(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(0, start);
  if (end < 0) { throw new BsonFormatError('A name does not end'); }
  return bytes.toString('utf8', start, end);
}

export function encode(document: BsonObject): Buffer {
  const elements = Object.entries(document).flatMap(([name, value]) => value === undefined ? [] : [elementOf(name, value)]);
  const body = Buffer.concat(elements);
  return Buffer.concat([int32(body.length + 5), body, Buffer.of(0)]);
}

function elementOf(name: string, value: BsonValue): Buffer {
  const { type, bytes } = valueOf(value);
  return Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), bytes]);
}

function valueOf(value: BsonValue): Pick<BsonElement, 'type' | 'bytes'> {
  if (value instanceof BsonElement) { return value; }
  if (Buffer.isBuffer(value)) { return { type: BINARY, bytes: Buffer.concat([int32(value.length), Buffer.of(0), value]) }; }
  switch (typeof value) {
    case 'string': return { type: STRING, bytes: Buffer.concat([int32(Buffer.byteLength(value) + 1), Buffer.from(`${value}\0`)]) };
    case 'number': return { type: INT32, bytes: int32(value) };
    case 'boolean': return { type: BOOLEAN, bytes: Buffer.of(value ? 1 : 0) };
    default: return Array.isArray(value) ? { type: ARRAY, bytes: encode(Object.fromEntries((value as readonly BsonValue[]).entries())) }
      : { type: DOCUMENT, bytes: encode(value as BsonObject) };
  }
}

export function int32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(number);
  return bytes;
}

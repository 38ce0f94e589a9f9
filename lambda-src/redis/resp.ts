/** The code and the text of a server's error. The text is never repeated, because it may quote a command. */
export class ErrorReply {
  public readonly code: string;

  constructor(public readonly text: string) {
    this.code = /^[A-Z][A-Z0-9_]{0,31}(?= |$)/.exec(text)?.[0] ?? 'ERR';
  }
}

export type Reply = string | number | null | ErrorReply | readonly Reply[];

/** The bytes are no reply, or are larger than a reply to any of our commands. The message never quotes them. */
export class ReplyFormatError extends Error {}

/** In bytes. The reply for a user with a thousand passwords is smaller. */
const MAX_REPLY_BYTES = 262_144;
const MAX_DEPTH = 8;

const [CR, LF] = [13, 10];

interface OpenArray {
  readonly items: Reply[];
  readonly size: number;
}

/**
 * A command as an array of strings, which needs no escaping.
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export function encodeCommand(args: readonly string[]): Buffer {
  return Buffer.concat([
    Buffer.from(`*${args.length}\r\n`),
    ...args.flatMap((arg) => [Buffer.from(`$${Buffer.byteLength(arg)}\r\n`), Buffer.from(arg), Buffer.from('\r\n')]),
  ]);
}

/** Reads replies of RESP2 from bytes that are split at any point. It reads each byte once. */
export class ReplyReader {
  private buffer = Buffer.alloc(1024);
  private end = 0;
  private position = 0;
  /** The first position at which a line may end. */
  private searched = 0;
  private readonly open: OpenArray[] = [];

  /**
   * The replies that are complete with these bytes.
   *
   * @throws ReplyFormatError if they are no part of replies. The reader can't be used after that
   */
  public push(chunk: Uint8Array): Reply[] {
    this.append(chunk);
    const replies: Reply[] = [];
    for (;;) {
      const reply = this.next();
      if (reply === undefined) {
        if (this.end > MAX_REPLY_BYTES) { throw new ReplyFormatError('A reply is too large'); }
        return replies;
      }
      replies.push(reply);
      this.drop();
    }
  }

  private append(chunk: Uint8Array): void {
    const needed = this.end + chunk.length;
    if (needed > this.buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.buffer.length));
      this.buffer.copy(larger, 0, 0, this.end);
      this.buffer = larger;
    }
    this.buffer.set(chunk, this.end);
    this.end = needed;
  }

  /** Drops the bytes of the last reply. */
  private drop(): void {
    this.buffer.copyWithin(0, this.position, this.end);
    this.end -= this.position;
    this.position = this.searched = 0;
  }

  /** Undefined if more bytes are needed. */
  private next(): Reply | undefined {
    for (;;) {
      let reply = this.element();
      if (reply === undefined) { return undefined; }
      while (reply !== undefined) {
        const array = this.open.at(-1);
        if (array === undefined) { return reply; }
        array.items.push(reply);
        reply = array.items.length === array.size ? this.open.pop()!.items : undefined;
      }
    }
  }

  /** The next element that is no array with elements. Opens the arrays before it. */
  private element(): Reply | undefined {
    for (;;) {
      const lineEnd = this.lineEnd();
      if (lineEnd === undefined) { return undefined; }
      const type = String.fromCharCode(this.buffer[this.position]);
      const text = this.buffer.toString('utf8', this.position + 1, lineEnd);
      const next = lineEnd + 2;
      switch (type) {
        case '+': this.moveTo(next); return text;
        case '-': this.moveTo(next); return new ErrorReply(text);
        case ':': this.moveTo(next); return integer(text, -Number.MAX_SAFE_INTEGER);
        case '$': return this.bulkString(integer(text, -1), next);
        case '*': {
          const size = integer(text, -1);
          this.moveTo(next);
          if (size === -1) { return null; }
          if (size === 0) { return []; }
          // Each element has at least three bytes.
          if (size > MAX_REPLY_BYTES / 3 || this.open.length === MAX_DEPTH) { throw new ReplyFormatError('An array is too large'); }
          this.open.push({ items: [], size });
          break;
        }
        default: throw new ReplyFormatError('The type of a reply is unknown');
      }
    }
  }

  private bulkString(size: number, start: number): string | null | undefined {
    if (size > MAX_REPLY_BYTES) { throw new ReplyFormatError('A string is too large'); }
    if (size === -1) {
      this.moveTo(start);
      return null;
    }
    const end = start + size;
    // The line before it is read again with the next bytes. It is short.
    if (this.end < end + 2) { return undefined; }
    if (this.buffer[end] !== CR || this.buffer[end + 1] !== LF) { throw new ReplyFormatError('A string doesn\'t end where it should'); }
    this.moveTo(end + 2);
    return this.buffer.toString('utf8', start, end);
  }

  private lineEnd(): number | undefined {
    const from = Math.max(this.position, this.searched);
    const found = this.buffer.subarray(0, this.end).indexOf('\r\n', from);
    if (found >= 0) {
      this.searched = found;
      return found;
    }
    this.searched = Math.max(this.position, this.end - 1);
    return undefined;
  }

  private moveTo(position: number): void {
    this.position = this.searched = position;
  }
}

function integer(text: string, least: number): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value) || value < least) { throw new ReplyFormatError('A number isn\'t one'); }
  return value;
}

import { encodeCommand, ErrorReply, ReplyFormatError, ReplyReader, type Reply } from '../../lambda-src/redis/resp';

/** A generator of its own, so that a failure can be repeated. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    // Park and Miller's.
    state = state * 48_271 % 2_147_483_647;
    return state % below;
  };
}

const REPLIES: readonly (readonly [string, Reply])[] = [
  ['+OK\r\n', 'OK'],
  ['+\r\n', ''],
  [':-12\r\n', -12],
  ['$0\r\n\r\n', ''],
  ['$-1\r\n', null],
  ['*-1\r\n', null],
  ['*0\r\n', []],
  ['$6\r\na\r\nb\r\n\r\n', 'a\r\nb\r\n'],
  ['$5\r\nü€\r\n', 'ü€'],
  ['*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n$1\r\nx\r\n', [[1, []], ['x']]],
  ['*4\r\n$5\r\nflags\r\n*1\r\n$2\r\non\r\n$9\r\npasswords\r\n*-1\r\n', ['flags', ['on'], 'passwords', null]],
];
const ALL = REPLIES.map(([text]) => text).join('');

function read(chunks: readonly Uint8Array[]): Reply[] {
  const reader = new ReplyReader();
  return chunks.flatMap((chunk) => reader.push(chunk));
}

test.each(REPLIES)('reads %j', (text, reply) => {
  expect(read([Buffer.from(text)])).toEqual([reply]);
});

test('reads an error with its code', () => {
  const [one, two] = read([Buffer.from('-NOPERM this user has no permissions\r\n-something else\r\n')]) as ErrorReply[];
  expect([one.code, two.code]).toEqual(['NOPERM', 'ERR']);
});

test('reads replies that are split at every byte, and at every pair of bytes', () => {
  const bytes = Buffer.from(ALL);
  const expected = REPLIES.map(([, reply]) => reply);
  for (let i = 0; i <= bytes.length; i++) {
    expect(read([bytes.subarray(0, i), bytes.subarray(i)])).toEqual(expected);
    for (let j = i; j <= bytes.length; j += 7) { expect(read([bytes.subarray(0, i), bytes.subarray(i, j), bytes.subarray(j)])).toEqual(expected); }
  }
  expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
});

test.each([
  ['an unknown type', 'HTTP/1.1 400 Bad Request\r\n'],
  ['a number that is none', ':1x\r\n'],
  ['a length that is none', '$abc\r\nabc\r\n'],
  ['a negative length', '$-2\r\n'],
  ['a huge string', '$1000000000\r\n'],
  ['a huge array', '*1000000000\r\n'],
  ['a length beyond all numbers', `*${'9'.repeat(400)}\r\n`],
  ['a string that doesn\'t end', '$1\r\nabc'],
  ['deep arrays', '*1\r\n'.repeat(100)],
  ['a line without an end', '+'.padEnd(300_000, 'x')],
  ['many small elements', `*80000\r\n${'+x\r\n'.repeat(80_000)}`.slice(0, -3)],
])('refuses %s, and never quotes it', (_, text) => {
  const error = (() => {
    try {
      return read([Buffer.from(text)]);
    } catch (thrown) {
      return thrown as Error;
    }
  })();
  expect(error).toBeInstanceOf(ReplyFormatError);
  expect((error as Error).message).toMatch(/^[A-Z][a-z' ]+$/);
});

// With a second look at all that came before, at each byte, it would take minutes, and Jest would end it.
test('reads 200 KB one byte at a time', () => {
  const text = `*3000\r\n${`$64\r\n${'a'.repeat(64)}\r\n`.repeat(2_999)}`;
  const reader = new ReplyReader();
  let replies = 0;
  for (const byte of Buffer.from(text)) { replies += reader.push(Uint8Array.of(byte)).length; }
  expect(replies).toBe(0);
  expect(reader.push(Buffer.from(':1\r\n'))).toHaveLength(1);
});

test('a fuzz: random bytes, mutated replies and random splits give replies, or ReplyFormatError and nothing else', () => {
  const random = randomFrom(7);
  const alphabet = Buffer.from('+-:$*\r\n0123456789 \0aÿ');
  const outcomes = { replies: 0, refused: 0, open: 0 };
  for (let run = 0; run < 20_000; run++) {
    const noise = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]);
    const bytes = run % 2 === 0 ? Buffer.from(noise) : Buffer.from(ALL);
    for (let i = bytes.length > 0 ? random(4) : 0; i > 0; i--) {
      bytes[random(bytes.length)] = random(2) === 0 ? random(256) : alphabet[random(alphabet.length)];
    }
    const reader = new ReplyReader();
    let replies = 0;
    try {
      for (let at = 0; at < bytes.length;) {
        const next = at + 1 + random(9);
        replies += reader.push(bytes.subarray(at, next)).length;
        at = next;
      }
      outcomes[replies > 0 ? 'replies' : 'open']++;
    } catch (error) {
      if (!(error instanceof ReplyFormatError)) { throw new Error(`run ${run}: ${String(error)}`, { cause: error }); }
      outcomes.refused++;
    }
  }
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(100);
});

test('a command is an array of strings, with their lengths in bytes', () => {
  expect(encodeCommand(['AUTH', 'ü', 'a\r\nb"']).toString()).toBe('*3\r\n$4\r\nAUTH\r\n$2\r\nü\r\n$5\r\na\r\nb"\r\n');
});

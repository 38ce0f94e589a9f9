import { Binary, BSON, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from 'mongodb';
import { BsonFormatError, decode, encode } from '../../../../lambda-src/targets/database/mongo/bson';

const bytes = (document: object) => Buffer.from(BSON.serialize(document));

test('what it writes is what the usual driver writes', () => {
  const document = { text: 'ü', number: 7, yes: true, no: false, list: ['a', { b: 1 }], nested: { empty: {}, none: [] } };
  expect(encode(document)).toEqual(bytes(document));
  expect(encode({ payload: Buffer.from('ab') })).toEqual(bytes({ payload: new Binary(Buffer.from('ab')) }));
  expect(encode({ kept: 1, left: undefined })).toEqual(bytes({ kept: 1 }));
});

test('it reads what the usual driver writes', () => {
  const document = decode(bytes({
    text: 'ü',
    int: new Int32(-7),
    long: Long.fromNumber(7),
    double: new Double(7.5),
    huge: Long.fromString('9007199254740993'),
    yes: true,
    no: false,
    one: new Double(1),
    binary: new Binary(Buffer.from('ab')),
    list: ['a', 2],
    nested: { a: 1 },
  }));
  const get = (name: string) => document.get(name)!;
  expect(['text', 'int'].map((name) => get(name).text)).toEqual(['ü', undefined]);
  expect(['int', 'long', 'double', 'huge', 'text'].map((name) => get(name).number)).toEqual([-7, 7, 7.5, undefined, undefined]);
  expect(['yes', 'no', 'one', 'text'].map((name) => get(name).isTrue)).toEqual([true, false, true, false]);
  expect(get('binary').binary?.toString()).toBe('ab');
  expect(get('list').items?.map(({ text, number }) => text ?? number)).toEqual(['a', 2]);
  expect(get('nested').document?.get('a')?.number).toBe(1);
  expect(['text', 'int'].flatMap((name) => [get(name).binary, get(name).items, get(name).document])).toEqual(Array(6).fill(undefined));
});

test('every type of value comes back byte for byte', () => {
  const all = bytes({
    double: new Double(5),
    text: 'a',
    document: { a: [1] },
    list: [1, 'b'],
    binary: new UUID(),
    id: new ObjectId(),
    yes: true,
    date: new Date(0),
    nothing: null,
    expression: /a+b/i,
    code: new BSON.Code('f()'),
    scope: new BSON.Code('f()', { a: 1 }),
    symbol: new BSON.BSONSymbol('s'),
    pointer: new BSON.DBRef('c', new ObjectId()),
    int: new Int32(1),
    timestamp: new Timestamp(1n),
    long: Long.fromNumber(5),
    decimal: Decimal128.fromString('1.5'),
    min: new MinKey(),
    max: new MaxKey(),
  });
  expect(encode(Object.fromEntries(decode(all)))).toEqual(all);
});

test('two values are equal if their types are', () => {
  const [long, double, other] = [Long.fromNumber(5), new Double(5), Long.fromNumber(5)].map((value) => decode(bytes({ value })).get('value')!);
  expect(long.equals(other)).toBe(true);
  expect(long.equals(double)).toBe(false);
});

test('a document that ends early, is too long or has a wrong byte is an error, and never another one', () => {
  const whole = bytes({ a: 'text', b: { c: [1, 2] }, d: /x/i, e: new Binary(Buffer.from('ab')), f: new BSON.Code('f()', { a: 1 }) });
  for (let length = 0; length < whole.length; length++) { expect(() => decode(whole.subarray(0, length))).toThrow(BsonFormatError); }
  expect(() => decode(Buffer.concat([whole, Buffer.of(0)]))).toThrow(BsonFormatError);
  for (let position = 0; position < whole.length; position++) {
    for (const byte of [0, 1, 0x0b, 0x7e, 0xff]) {
      const wrong = Buffer.from(whole);
      wrong[position] = byte;
      try {
        decode(wrong);
      } catch (error) {
        expect(error).toBeInstanceOf(BsonFormatError);
        expect((error as Error).message).not.toContain('text');
      }
    }
  }
});

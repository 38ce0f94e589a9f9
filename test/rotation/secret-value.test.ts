import * as fc from 'fast-check';
import { equalButForKey, isJsonObject, readKey, replaceKey } from '../../lambda-src/rotation/secret-value';

const KEY = 'password';

function refusal(message: string): Error {
  return expect.objectContaining({ name: 'SecretValueError', message });
}

describe('JSON objects include', () => {
  test.each(['{}', ' {\n} ', '{"password":"x"}', '{"a":{"b":[1]}}'])('%j', (text) => {
    expect(isJsonObject(text)).toBe(true);
  });

  test.each(['', 'text', '{', '{"a":1}}', '{\'a\':1}', '[]', '[{}]', 'null', 'true', '5', '"{}"'])('but not %j', (text) => {
    expect(isJsonObject(text)).toBe(false);
  });
});

describe('the key', () => {
  test.each([
    ['alone', '{"password":"old"}', '{"password":"new"}'],
    ['last, after an array', '{"list":[1,[2,{"password":"inner"}],"password"],"password":"old"}', '{"list":[1,[2,{"password":"inner"}],"password"],"password":"new"}'],
    ['after arrays in an object', '{"a":{"b":[]},"password":"old","c":[[]]}', '{"a":{"b":[]},"password":"new","c":[[]]}'],
    ['after an object', '{"a":{"b":{},"password":"inner"},"password":"old"}', '{"a":{"b":{},"password":"inner"},"password":"new"}'],
    ['before an array', '{"password":"old","list":["password",":",{}]}', '{"password":"new","list":["password",":",{}]}'],
    ['among structure in strings', '{"}":"{\\"password\\":\\"x\\",","password":"old","[":"\\\\"}', '{"}":"{\\"password\\":\\"x\\",","password":"new","[":"\\\\"}'],
    ['among values that name it', '{"a":"password","password":"old","b":"password"}', '{"a":"password","password":"new","b":"password"}'],
    ['written with an escape', '{"pass\\u0077ord":"old"}', '{"pass\\u0077ord":"new"}'],
    ['with white space around all', ' {\t"password"\r\n :\n "old" \t, "b" : 1 }\n', ' {\t"password"\r\n :\n "new" \t, "b" : 1 }\n'],
    ['beside numbers and words', '{"a":-1.50e+3,"password":"old","b":null,"c":true}', '{"a":-1.50e+3,"password":"new","b":null,"c":true}'],
    ['beside another that only starts like it', '{"passwords":"a","password":"old","pass":"b"}', '{"passwords":"a","password":"new","pass":"b"}'],
  ])('case 12: %s is read, and replaced', (_, before, after) => {
    expect(readKey(before, KEY)).toBe('old');
    expect(replaceKey(before, KEY, 'new')).toBe(after);
    expect(readKey(after, KEY)).toBe('new');
  });

  test.each(['', 'quote " in it', 'back\\slash', 'line\nend', '\u0000', '\u{1f511}', '$& $1 $`', '</script>', '__proto__'])('case 32: takes %j', (value) => {
    const replaced = replaceKey('{"password":"old"}', KEY, value);
    expect(replaced).toBe(`{"password":${JSON.stringify(value)}}`);
    expect(readKey(replaced, KEY)).toBe(value);
  });

  test.each(['', '__proto__', 'constructor', 'a"b', 'caf\u00e9', '}', ','])('may be %j', (key) => {
    const text = `{"x":"x",${JSON.stringify(key)}:"old"}`;
    expect(readKey(text, key)).toBe('old');
    expect(replaceKey(text, key, 'new')).toBe(text.replace('old', 'new'));
  });

  test.each(['', 'p4ssw0rd', '["p4ssw0rd"]', 'null', '"p4ssw0rd"', '{"password":"p4ssw0rd"', '{"password":"p4ssw0rd"}}'])('case 17: is not in %j', (text) => {
    const message = 'The value of the secret is not a JSON object, so its key "password" can\'t be rotated. '
      + 'Make it one, or leave out generateStringKey to rotate the whole string';
    expect(() => readKey(text, KEY)).toThrow(refusal(message));
    expect(() => replaceKey(text, KEY, 'new')).toThrow(refusal(message));
    expect(() => equalButForKey('{"password":""}', text, KEY)).toThrow(refusal(message));
  });

  test.each([
    ['not at all', '{}'],
    ['not at all', '{"Password":"p4ssw0rd"}'],
    ['not at all', '{"a":{"password":"p4ssw0rd"},"b":["password"],"c":"password"}'],
    ['more than once', '{"password":"p4ssw0rd","password":"p4ssw0rd"}'],
    ['more than once', '{"password":{},"pass\\u0077ord":"p4ssw0rd"}'],
  ])('case 20: is there %s in %j', (times, text) => {
    const message = `The value of the secret has the key "password" ${times}. It needs it once, with a string`;
    expect(() => readKey(text, KEY)).toThrow(refusal(message));
    expect(() => replaceKey(text, KEY, 'new')).toThrow(refusal(message));
  });

  test.each(['12345678', ' null', 'true', '["p4ssw0rd"]', '{"a":"p4ssw0rd","b":1}', '{"a":{"b":"p4ssw0rd"}}', '[["p4ssw0rd",{}],1]'])('case 20: may not hold %s', (value) => {
    const message = 'The key "password" in the value of the secret is not a string. Make it one';
    expect(() => readKey(`{"a":"b","password":${value},"c":"d"}`, KEY)).toThrow(refusal(message));
    expect(() => replaceKey(`{"password":${value}}`, KEY, 'new')).toThrow(refusal(message));
  });
});

describe('two values', () => {
  const text = '{"user":"a", "password":"one"}';

  test.each([text, text.replace('one', ''), text.replace('one', '\\u0022 longer')])('are equal but for the key: %j', (other) => {
    expect(equalButForKey(text, other, KEY)).toBe(true);
    expect(equalButForKey(other, text, KEY)).toBe(true);
  });

  test.each([
    text.replace('"a"', '"b"'), text.replace('"a"', '"\\u0061"'), text.replace(', ', ','), `${text} `, '{"password":"one", "user":"a"}', '{"password":"one"}',
  ])('are not: %j', (other) => {
    expect(equalButForKey(text, other, KEY)).toBe(false);
    expect(equalButForKey(other, text, KEY)).toBe(false);
  });
});

describe('in every JSON object, however it is written', () => {
  const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

  /** A string as JSON, with any of its characters escaped. */
  const written = (value: string) => fc.infiniteStream(fc.nat({ max: 3 })).map((choices) => {
    const units = [...value].flatMap((character) => character.split('')).map((unit) => {
      const escape = choices.next().value === 0;
      return escape ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : JSON.stringify(unit).slice(1, -1);
    });
    return `"${units.join('')}"`;
  });

  // Any code point, lone surrogates too.
  const unit = fc.nat({ max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint));
  const text = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit, maxLength: 8 }), fc.constantFrom(KEY, '"', '\\', '{', '}', ',', ':'));
  const { value: json } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text.chain(written), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.constantFrom('null', 'true', 'false', '1.50', '-0', '1E+2'),
      tie('array'), tie('object'),
    ),
    array: fc.array(fc.tuple(space, tie('value'), space).map((parts) => parts.join('')), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    object: fc.array(fc.tuple(space, text.chain(written), space, fc.constant(':'), space, tie('value'), space).map((parts) => parts.join('')), { maxLength: 3 })
      .map((members) => `{${members.join(',')}}`),
  }));

  /** A member of the object, as it is written; never the key. */
  const other = fc.tuple(space, text.filter((name) => name !== KEY).chain(written), space, fc.constant(':'), space, json, space).map((parts) => parts.join(''));
  const around = fc.record({
    before: fc.tuple(space, fc.array(other, { maxLength: 3 }), space, written(KEY), space, space)
      .map(([start, members, beforeName, name, beforeColon, afterColon]) => `${start}{${members.map((member) => `${member},`).join('')}${beforeName}${name}${beforeColon}:${afterColon}`),
    after: fc.tuple(space, fc.array(other, { maxLength: 3 }), space)
      .map(([start, members, end]) => `${start}${members.map((member) => `,${member}`).join('')}}${end}`),
  });

  test('replacing the key leaves every other byte as it was, and reading it gives what was put', () => {
    fc.assert(fc.property(around, text.chain(written), text, ({ before, after }, old, value) => {
      const replaced = replaceKey(before + old + after, KEY, value);
      expect(replaced).toBe(before + JSON.stringify(value) + after);
      expect(readKey(replaced, KEY)).toBe(value);
      expect(readKey(before + old + after, KEY)).toBe(JSON.parse(old));
      expect(equalButForKey(replaced, before + old + after, KEY)).toBe(true);
    }), { numRuns: 200 });
  });

  test('a difference in any other byte is seen', () => {
    fc.assert(fc.property(around, around, text, text, (one, another, first, second) => {
      fc.pre(one.before !== another.before || one.after !== another.after);
      const texts = [one.before + JSON.stringify(first) + one.after, another.before + JSON.stringify(second) + another.after];
      expect(equalButForKey(texts[0], texts[1], KEY)).toBe(false);
    }), { numRuns: 100 });
  });

  test('a value that is not a string is refused', () => {
    fc.assert(fc.property(around, json.filter((value) => !value.startsWith('"')), ({ before, after }, value) => {
      expect(() => readKey(before + value + after, KEY)).toThrow(refusal(expect.stringContaining('is not a string')));
    }), { numRuns: 100 });
  });
});

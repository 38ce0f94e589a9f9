import { CredentialValue } from '../../../lambda-src/targets/access-key/credential-value';

const value = new CredentialValue('accessKeyId', 'secretAccessKey');
const KEY = { id: 'AKIA1', secret: 'a/b+"c' };

test.each([
  ['{}', '{"accessKeyId":"AKIA1","secretAccessKey":"a/b+\\"c"}'],
  [' { }\n', ' {"accessKeyId":"AKIA1","secretAccessKey":"a/b+\\"c" }\n'],
  ['{ "host" : "h", "port": 587.0 \n}', '{ "host" : "h", "port": 587.0,"accessKeyId":"AKIA1","secretAccessKey":"a/b+\\"c" \n}'],
  ['{"secretAccessKey":"old","n\\u006fte":1, "accessKeyId" :"" }', '{"secretAccessKey":"a/b+\\"c","n\\u006fte":1, "accessKeyId" :"AKIA1" }'],
  ['{"accessKeyId":"", "inner":{"secretAccessKey":"x"}}', '{"accessKeyId":"AKIA1", "inner":{"secretAccessKey":"x"},"secretAccessKey":"a/b+\\"c"}'],
])('case 12: a key goes into %j, and every other byte is kept', (before, after) => {
  expect(value.find(before)).toBeUndefined();
  expect(value.put(before, KEY)).toBe(after);
  expect(value.find(after)).toEqual(KEY);
  expect(value.put(after, KEY)).toBe(after);
});

test.each(['{}', '{"accessKeyId":"AKIA1"}', '{"accessKeyId":"","secretAccessKey":"x"}'])('case 20: a value without a complete key is refused, naming the keys only: %s', (text) => {
  expect(() => value.get(text)).toThrow(expect.objectContaining({ name: 'SecretValueError', message: expect.stringMatching(/"accessKeyId" and "secretAccessKey"/) }));
});

test.each(['p4ssw0rd', '["p4ssw0rd"]', 'null', '"p4ssw0rd"'])('case 17: what is not a JSON object is refused, and not quoted: %s', (text) => {
  expect(() => value.find(text)).toThrow(expect.objectContaining({ name: 'SecretValueError', message: expect.not.stringContaining('p4ssw0rd') }));
});

test.each(['p4ssw0rd', '[]', '{"accessKeyId":"a","accessKeyId":"b"}', '{}'])('another version may have any value, and no key: %s', (text) => {
  expect(value.idIn(text)).toBeUndefined();
});

test('a value needs room for a key, and without it the error says so', () => {
  const valueOf = (length: number) => JSON.stringify({ note: 'x'.repeat(length) });
  const room = 65_536 - Buffer.byteLength(value.put(valueOf(0), { id: 'x'.repeat(128), secret: 'x'.repeat(128) }));
  expect(() => { value.checkRoom(valueOf(room)); }).not.toThrow();
  expect(() => { value.checkRoom(valueOf(room + 1)); }).toThrow(expect.objectContaining({ name: 'SecretValueError', message: expect.stringMatching(/no room.*65537 bytes.*at most 65536/) }));
});

test('a key that is there twice, or no string, is refused', () => {
  expect(() => value.find('{"accessKeyId":"a","accessKeyId":"b"}')).toThrow('more than once');
  expect(() => value.put('{"accessKeyId":5}', KEY)).toThrow('is not a string');
});

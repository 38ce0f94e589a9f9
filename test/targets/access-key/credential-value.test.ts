import { CredentialValue } from '../../../lambda-src/targets/access-key/credential-value';

const value = new CredentialValue('accessKeyId', 'secretAccessKey');
const KEY = { id: 'AKIA1', secret: 'a/b+"c' };

test.each([
  ['{}', '{"accessKeyId":"AKIA1","secretAccessKey":"a/b+\\"c"}'],
  [' { }\n', ' {"accessKeyId":"AKIA1","secretAccessKey":"a/b+\\"c" }\n'],
  ['{ "host" : "h", "port": 587.0 \n}', '{ "host" : "h", "port": 587.0,"accessKeyId":"AKIA1","secretAccessKey":"a/b+\\"c" \n}'],
  ['{"secretAccessKey":"old","n\\u006fte":1, "accessKeyId" :"" }', '{"secretAccessKey":"a/b+\\"c","n\\u006fte":1, "accessKeyId" :"AKIA1" }'],
  ['{"accessKeyId":"", "inner":{"secretAccessKey":"x"}}', '{"accessKeyId":"AKIA1", "inner":{"secretAccessKey":"x"},"secretAccessKey":"a/b+\\"c"}'],
])('case 12: puts a key into %j, and keeps every other byte', (before, after) => {
  expect(value.find(before)).toBeUndefined();
  expect(value.put(before, KEY)).toBe(after);
  expect(value.find(after)).toEqual(KEY);
  expect(value.put(after, KEY)).toBe(after);
});

test.each(['{}', '{"accessKeyId":"AKIA1"}', '{"accessKeyId":"","secretAccessKey":"x"}'])('case 20: refuses a value without a complete key, naming only the keys: %s', (text) => {
  expect(() => value.get(text)).toThrow(expect.objectContaining({ name: 'SecretValueError', message: expect.stringMatching(/"accessKeyId" and "secretAccessKey"/) }));
});

test.each(['p4ssw0rd', '["p4ssw0rd"]', 'null', '"p4ssw0rd"'])('case 17: refuses a value that is not a JSON object, without quoting it: %s', (text) => {
  expect(() => value.find(text)).toThrow(expect.objectContaining({ name: 'SecretValueError', message: expect.not.stringContaining('p4ssw0rd') }));
});

test.each(['p4ssw0rd', '[]', '{"accessKeyId":"a","accessKeyId":"b"}', '{}'])('accepts any value of another version, without a key: %s', (text) => {
  expect(value.idIn(text)).toBeUndefined();
});

test('needs room for a key in the value, and says so', () => {
  const valueOf = (length: number) => JSON.stringify({ note: 'x'.repeat(length) });
  const room = 65_536 - Buffer.byteLength(value.put(valueOf(0), { id: 'x'.repeat(128), secret: 'x'.repeat(128) }));
  expect(() => { value.checkRoom(valueOf(room)); }).not.toThrow();
  expect(() => { value.checkRoom(valueOf(room + 1)); }).toThrow(expect.objectContaining({ name: 'SecretValueError', message: expect.stringMatching(/no room.*65537 bytes.*at most 65536/) }));
});

test('refuses a key that is there twice, or is no string', () => {
  expect(() => value.find('{"accessKeyId":"a","accessKeyId":"b"}')).toThrow('more than once');
  expect(() => value.put('{"accessKeyId":5}', KEY)).toThrow('is not a string');
});

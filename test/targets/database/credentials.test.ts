import { parseCredentials } from '../../../lambda-src/targets/database/credentials';
import { errorOf } from '../../fixture';

const RULES = { engines: ['postgres'], defaultPort: 5432 };
const VALUE = { engine: 'postgres', host: 'db.test.internal', username: 'app', password: 'p4ssw0rd' };
const parse = (value: object) => parseCredentials(JSON.stringify({ ...VALUE, ...value }), RULES);

test('null counts as absent for an optional key', () => {
  const expected = { host: VALUE.host, port: 5432, username: 'app', password: 'p4ssw0rd', dbname: undefined };
  for (const value of [{}, { dbname: null }, { port: null }, { dbname: null, port: null }, { dbname: '' }]) { expect(parse(value)).toEqual(expected); }
});

test.each(['engine', 'host', 'username', 'password'])('null is no %s', (key) => {
  expect(errorOf(() => parse({ [key]: null })).message).toContain(`"${key}"`);
});

test.each([[{ dbname: 1 }, '"dbname"'], [{ dbname: false }, '"dbname"'], [{ port: 0 }, '"port"'], [{ port: false }, '"port"'], [{ port: '' }, '"port"']])('%j is refused', (value, part) => {
  expect(errorOf(() => parse(value)).message).toContain(part);
});

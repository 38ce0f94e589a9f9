import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLoginRefused, parseLogin } from '#src/database/login.js';

const login = { engine: 'postgres', host: 'db', port: 5432, dbname: 'app', username: 'app', password: 'hunter2' };

describe('login', () => {
  it('is what the secret says, with a port that may be a text, and nothing else', () => {
    assert.deepEqual(parseLogin(JSON.stringify({ ...login, port: '5432', masterarn: 'arn' })), login);
  });

  for (const [text, message] of [
    ['hunter2', 'The secret is not JSON'],
    ['null', 'The secret has no engine, no host, no dbname, no username, no password, no port'],
    [JSON.stringify({ ...login, engine: 'oracle' }), 'The engine of the secret is neither postgres nor mariadb'],
    [JSON.stringify({ ...login, password: '', port: undefined }), 'The secret has no password, no port'],
  ]) {
    it(`of ${text} is refused, and not quoted`, () => {
      assert.throws(() => parseLogin(text), (error: Error) => error.message === message && !String(error.stack).includes('hunter2'));
    });
  }

  it('was refused only where the server says so', () => {
    assert.ok(isLoginRefused(Object.assign(new Error(), { code: '28P01' })));
    assert.ok(isLoginRefused(Object.assign(new Error(), { code: '28000' })));
    assert.ok(isLoginRefused(Object.assign(new Error(), { code: 'ER_ACCESS_DENIED_ERROR' })));
    assert.ok(!isLoginRefused(Object.assign(new Error(), { code: '42501' })));
    assert.ok(!isLoginRefused(Object.assign(new Error(), { code: 'ECONNREFUSED' })));
    assert.ok(!isLoginRefused({ code: '28P01' }));
  });
});

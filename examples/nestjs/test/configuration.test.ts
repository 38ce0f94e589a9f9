import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validate } from '#src/configuration.js';

describe('configuration', () => {
  it('needs the secret, and has defaults for the rest', () => {
    assert.deepEqual(validate({ SECRET_ID: 'orders/database', UNRELATED: 'x' }), {
      SECRET_ID: 'orders/database',
      DATABASE_CA_FILE: undefined,
      SECRET_TTL_SECONDS: 300,
      LOGIN_PATIENCE_SECONDS: 10,
      DATABASE_CONNECTIONS: 10,
      DATABASE_CONNECTION_SECONDS: 180,
      PORT: 3000,
    });
  });

  it('takes numbers as the environment has them', () => {
    assert.equal(validate({ SECRET_ID: 'x', SECRET_TTL_SECONDS: '0.5' }).SECRET_TTL_SECONDS, 0.5);
  });

  for (const [environment, message] of [
    [{}, /^Error: SECRET_ID is not set/],
    [{ SECRET_ID: '' }, /^Error: SECRET_ID is not set/],
    [{ SECRET_ID: 'x', SECRET_TTL_SECONDS: '0' }, /^Error: SECRET_TTL_SECONDS is "0": give a number above 0/],
    [{ SECRET_ID: 'x', PORT: '' }, /^Error: PORT is ""/],
    [{ SECRET_ID: 'x', PORT: 'http' }, /^Error: PORT is "http"/],
    [{ SECRET_ID: 'x', DATABASE_CA_FILE: '/no/such/file' }, /^Error: DATABASE_CA_FILE is no file/],
  ] as const) {
    it(`refuses ${JSON.stringify(environment)}`, () => assert.throws(() => validate(environment), message));
  }
});

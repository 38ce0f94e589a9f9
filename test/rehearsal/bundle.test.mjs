// The published file, imported as an ES module in another test runner.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { rehearse } from 'cdk-rotating-secret/testing';

let keys = new Set();
const server = createServer((request, response) => {
  const [, , key] = request.url.split('/');
  const known = keys.has(key);
  if (request.method === 'POST') { keys.add(key); }
  response.writeHead(known === (request.method === 'GET') ? 200 : 409).end();
});
before(() => new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); }));
after(() => server.close());

const call = async (method, { value }) => {
  const { status } = await fetch(`http://127.0.0.1:${server.address().port}/keys/${value}`, { method });
  return status === 200;
};
const testSecret = async ({ pending }) => { if (!await call('GET', pending)) { throw new Error('refused'); } };
const options = {
  secret() {
    keys = new Set(['first-value']);
    return 'first-value';
  },
  passwordPolicy: { excludePunctuation: true },
};

test('an idempotent target passes', async () => {
  const report = await rehearse({
    setSecret: async ({ pending }) => { if (!await call('GET', pending) && !await call('POST', pending)) { throw new Error('refused'); } },
    testSecret,
  }, options);
  report.assert();
});

test('a target that isn\'t idempotent is found', async () => {
  const { findings } = await rehearse({
    setSecret: async ({ pending }) => { if (!await call('POST', pending)) { throw new Error('there already'); } },
    testSecret,
  }, options);
  assert.deepEqual(findings.map(({ kind, step }) => [kind, step]), [['retryFails', 'setSecret']]);
});

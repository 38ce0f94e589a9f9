import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { rehearse } from 'cdk-rotating-secret/testing';
import * as apiKey from './api-key';
import { KeyApi } from './key-api';

const first = { client: 'my-app', apiKey: 'the-first-key-of-all' };
const api = new KeyApi();
let url: string;

before(async () => { url = await api.start(); });
after(() => api.stop());

/** What both have in common: the secret, and the API, which is asked here with the keys themselves. */
const options = {
  secret: () => {
    api.addClient(first.client, first.apiKey);
    return first;
  },
  generateStringKey: 'apiKey',
  passwordPolicy: { passwordLength: 40, excludePunctuation: true },
  accepts: (value: typeof first) => api.answer('GET /whoami', `Bearer ${value.apiKey}`).status === 200,
  state: () => api.keysOf(first.client),
};

void test('the module', async () => {
  process.env.KEY_API_URL = url;
  const report = await rehearse(apiKey, options);
  report.assert();
  assert.ok(report.boundaries > 4);
});

void test('the function in Python', async () => {
  const report = await rehearse({
    command: [process.env.PYTHON ?? 'python3', '-m', 'awslambdaric', 'handler.handler'],
    cwd: join(__dirname, '..', 'custom-target-python', 'lambda'),
    services: { KEY_API_URL: url },
  }, { ...options, finishSecret: true, versionStages: ['AWSPENDING', 'AWSCURRENT'] });
  report.assert();
  assert.ok(report.boundaries > 4);
});

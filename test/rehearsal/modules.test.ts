import { Agent, request } from 'node:http';
import { KeyApi, type Value } from './api';
import { callerOf, correctModule, issuingModule, type Call } from './module';
import { rehearse } from '../../rehearsal';

let api: KeyApi;
beforeAll(async () => { api = await KeyApi.start(3); });
afterAll(() => api.stop());

const options = () => ({ secret: () => api.reset(), generateStringKey: 'apiKey', passwordPolicy: { excludePunctuation: true }, state: async () => [...api.keys] });

test('a correct module passes, even if others use its connections', async () => {
  const accepts = async ({ apiKey }: Value) => (await callerOf(api.url)('GET', '/whoami', apiKey)).status === 200;
  const report = await rehearse(correctModule(callerOf(api.url)), { ...options(), accepts });
  expect(report.findings).toEqual([]);
});

test('a correct module of an API that makes the keys passes', async () => {
  const report = await rehearse(issuingModule(callerOf(api.url)), options());
  expect(report.findings).toEqual([]);
});

test('a correct module that stores something for a version passes: ids and passwords differ between runs', async () => {
  const correct = correctModule(callerOf(api.url));
  const done = new Map<string, string>();
  const versionOf = new Map<string, string>();
  const twice: string[] = [];
  const target = {
    ...correct,
    async setSecret(context: Parameters<typeof correct.setSecret>[0]) {
      const { versionId, value } = context.pending;
      if ((versionOf.get(value.apiKey) ?? versionId) !== versionId) { twice.push(versionId); }
      versionOf.set(value.apiKey, versionId);
      if (done.get(versionId) !== value.apiKey) { await correct.setSecret(context); }
      done.set(versionId, value.apiKey);
    },
  };
  expect((await rehearse(target, options())).findings).toEqual([]);
  expect(versionOf.size).toBeGreaterThan(20);
  expect(twice).toEqual([]);
});

test('a connection that is kept for all requests collects no listeners', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on('warning', note);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const call: Call = (method, path, apiKey) => new Promise((resolve, reject) => {
    request(`${api.url}${path}`, { method, agent, headers: { authorization: `Bearer ${apiKey}` } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => resolve({ status: response.statusCode!, body })).on('error', reject);
    }).on('error', reject).end();
  });
  const correct = correctModule(call);
  const often = {
    ...correct,
    async testSecret(context: Parameters<typeof correct.testSecret>[0]) {
      for (let n = 0; n < 12; n++) { await correct.testSecret(context); }
    },
  };
  try {
    expect((await rehearse(often, options())).findings).toEqual([]);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
    agent.destroy();
  }
});

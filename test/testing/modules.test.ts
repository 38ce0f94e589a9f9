import { KeyApi, type Value } from './api';
import { callerOf, correctModule, issuingModule } from './module';
import { rehearse } from '../../testing-src';

let api: KeyApi;
beforeAll(async () => { api = await KeyApi.start(3); });
afterAll(() => api.stop());

const options = () => ({ secret: () => api.reset(), generateStringKey: 'apiKey', passwordPolicy: { excludePunctuation: true }, state: async () => [...api.keys] });

test('a correct module passes, whose connections others use too', async () => {
  const accepts = async ({ apiKey }: Value) => (await callerOf(api.url)('GET', '/whoami', apiKey)).status === 200;
  const report = await rehearse(correctModule(callerOf(api.url)), { ...options(), accepts });
  expect(report.findings).toEqual([]);
});

test('a correct module of an API that makes the keys passes', async () => {
  const report = await rehearse(issuingModule(callerOf(api.url)), options());
  expect(report.findings).toEqual([]);
});

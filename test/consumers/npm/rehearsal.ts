import { rehearse, type Finding, type RehearsalReport, type TargetProcess } from 'cdk-rotating-secret/testing';
import * as target from './target';

const options = {
  secret: () => ({ client: 'my-app', apiKey: 'first' }),
  accepts: async ({ apiKey }: { apiKey: string }) => apiKey !== '',
  generateStringKey: 'apiKey',
};

export async function findings(): Promise<readonly Finding[]> {
  const report: RehearsalReport = await rehearse(target, options);
  report.assert();
  const value = { client: 'my-app', apiKey: 'first' };
  // The type of the value is that of `secret`.
  await rehearse(target, { secret: async () => value, accepts: ({ apiKey }) => apiKey.length > 0 });
  await rehearse(target, { secret: value, accepts: ({ apiKey }) => apiKey.length > 0 });
  await rehearse(async (event: { step: string }) => ({ status: event.step }), { secret: 'a string', accepts: (text) => text.startsWith('a') });
  const process: TargetProcess = { command: ['python3', '-m', 'awslambdaric', 'app.handler'], services: { API_URL: 'http://127.0.0.1:1' } };
  await rehearse(process, { secret: 'a string', versionStages: ['AWSPENDING'] });
  // @ts-expect-error It has no testSecret.
  await rehearse({ setSecret: target.setSecret }, options);
  // @ts-expect-error The value has no such key.
  await rehearse(target, { secret: value, accepts: ({ password }) => password });
  return report.findings;
}

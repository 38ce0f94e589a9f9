/* Functions of your own: a handler in this process, with the real SDK, and Python in a separate process. */
import { join } from 'node:path';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { FunctionEvent } from '../../../lambda-src/targets/own/function/function-event';
import { rehearse } from '../../../rehearsal';
import type { RehearsalOptions, TargetProcess } from '../../../rehearsal/api';
import { FIRST, KeyApi, type Value } from '../api';
import { callerOf, keyPath } from '../module';

let api: KeyApi;
beforeAll(async () => { api = await KeyApi.start(2); });
afterAll(() => api.stop());

const ALL_LABELS = ['AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS'];
const options = (): RehearsalOptions<Value> => ({
  secret: () => api.reset(),
  generateStringKey: 'apiKey',
  passwordPolicy: { excludePunctuation: true },
  versionStages: ALL_LABELS,
  accepts: ({ apiKey }) => api.keys.has(apiKey),
  state: () => [...api.keys],
});

describe('a handler in JavaScript', () => {
  const client = new SecretsManagerClient({});
  const read = async (SecretId: string, VersionId: string, VersionStage?: string) =>
    (JSON.parse((await client.send(new GetSecretValueCommand({ SecretId, VersionId, VersionStage }))).SecretString!) as Value).apiKey;

  async function handler({ step, secretId, pendingVersionId, currentVersionId, previousVersionId }: FunctionEvent, _context: unknown) {
    const call = callerOf(api.url);
    const pending = await read(secretId, pendingVersionId, 'AWSPENDING');
    if (step === 'testSecret') {
      const { status } = await call('GET', '/whoami', pending);
      return status === 200 ? { status: 'done' } : { status: 'failed', reason: `The API answered ${status}` };
    }
    const current = await read(secretId, currentVersionId, 'AWSCURRENT');
    const previous = previousVersionId && await read(secretId, previousVersionId, 'AWSPREVIOUS');
    if (previous) { await call('DELETE', keyPath(previous), current); }
    const { status } = await call('PUT', keyPath(pending), current);
    return status < 300 ? { status: 'done' } : { status: 'failed', reason: `The API answered ${status}` };
  }

  test('without a mistake passes', async () => {
    const report = await rehearse(handler, options());
    expect(report.findings).toEqual([]);
    expect(report.boundaries).toBe(9);
  });

  test('that reads a version without its label, or one without permission', async () => {
    const { findings } = await rehearse(async (event: FunctionEvent, context: unknown) => {
      if (event.step === 'setSecret') { await read(event.secretId, event.currentVersionId); }
      return handler(event, context);
    }, options());
    expect(findings).toEqual([expect.objectContaining({ kind: 'accessDenied', step: 'setSecret', where: 'GetSecretValue', message: expect.stringMatching(/names no VersionStage, .*AWSPENDING, AWSCURRENT, AWSPREVIOUS/) })]);
    const narrow = await rehearse(handler, { ...options(), versionStages: undefined });
    expect(narrow.findings).toEqual([expect.objectContaining({ kind: 'accessDenied', message: expect.stringMatching(/asks for AWSCURRENT, .* may read AWSPENDING\. Add AWSCURRENT to versionStages/) })]);
  });

  test('that puts a value where it may not, and where it may', async () => {
    const put = async (event: FunctionEvent, context: unknown) => {
      if (event.step === (event.previousVersionId ? 'testSecret' : 'setSecret')) {
        await client.send(new PutSecretValueCommand({ SecretId: event.secretId, ClientRequestToken: event.pendingVersionId, SecretString: JSON.stringify({ ...FIRST, apiKey: await read(event.secretId, event.pendingVersionId, 'AWSPENDING') }) }));
      }
      return handler(event, context);
    };
    expect((await rehearse(put, options())).findings).toEqual([expect.objectContaining({ kind: 'accessDenied', step: 'setSecret', message: expect.stringContaining('needs createSecret in the app, and here') })]);
  });

  test('that throws a value, which Lambda logs', async () => {
    const { findings } = await rehearse(async (event: FunctionEvent, context: unknown) => {
      if (event.step === 'setSecret') { throw new RangeError(`no room for ${await read(event.secretId, event.pendingVersionId, 'AWSPENDING')}`); }
      return handler(event, context);
    }, options());
    expect(findings).toEqual([
      expect.objectContaining({ kind: 'rotationFails', step: 'setSecret', message: expect.stringMatching(/threw an error \(RangeError\).*It said: RangeError: no room for \*\*\*$/) }),
      expect.objectContaining({ kind: 'valueLogged', step: 'setSecret', where: 'the error that it threw' }),
    ]);
  });
});

describe('a handler that makes the value', () => {
  const client = new SecretsManagerClient({});
  const making = (VersionStages?: string[]) => async ({ step, secretId, pendingVersionId, rotationToken }: FunctionEvent, _context: unknown) => {
    if (step === 'createSecret') {
      const apiKey = `Made0By1Function${pendingVersionId.slice(0, 8)}`;
      api.keys.add(apiKey);
      const SecretString = JSON.stringify({ ...FIRST, apiKey });
      const ids = { SecretId: secretId, ClientRequestToken: pendingVersionId, RotationToken: rotationToken };
      await client.send(new PutSecretValueCommand({ ...ids, SecretString, VersionStages }));
    }
    if (step === 'testSecret') {
      const pending = { SecretId: secretId, VersionId: pendingVersionId, VersionStage: 'AWSPENDING' };
      const { SecretString } = await client.send(new GetSecretValueCommand(pending));
      if (!api.keys.has((JSON.parse(SecretString!) as Value).apiKey)) { return { status: 'failed', reason: 'The key is unknown' }; }
    }
    return { status: 'done' };
  };
  const made = () => ({ ...options(), createSecret: true, state: undefined });

  test('without a mistake passes', async () => {
    expect((await rehearse(making(['AWSPENDING']), made())).findings).toEqual([]);
  });

  test('that forgets VersionStages', async () => {
    expect((await rehearse(making(), made())).findings).toEqual([expect.objectContaining({
      kind: 'rotationFails',
      step: 'createSecret',
      where: 'in rotation 1, which nothing disturbed',
      message: expect.stringMatching(/^createSecret: createSecret stored version .* without VersionStages: \["AWSPENDING"\], so it got the staging label AWSCURRENT at once: .*VersionStages: \["AWSPENDING"\]/),
    })]);
  });
});

describe('a function in Python', () => {
  const python = (handler: string): TargetProcess => ({
    command: ['python3', 'runtime.py', handler], cwd: join(__dirname, '..', 'python'), environment: { PYTHONDONTWRITEBYTECODE: '1' }, services: { API_URL: api.url },
  });

  test('without a mistake passes', async () => {
    const report = await rehearse(python('app.handler'), options());
    expect(report.findings).toEqual([]);
    expect(report.boundaries).toBe(9);
  });

  test('with two mistakes', async () => {
    const { findings } = await rehearse(python('mistaken.handler'), options());
    expect(findings).toEqual([
      expect.objectContaining({ kind: 'accessDenied', step: 'setSecret' }),
      expect.objectContaining({ kind: 'valueLogged', step: 'setSecret', where: 'standard output', message: expect.stringContaining('"rotating to ***"') }),
    ]);
  });

  test('that can\'t be loaded, or started', async () => {
    expect((await rehearse(python('nothing.handler'), options())).findings).toEqual([
      expect.objectContaining({ kind: 'rotationFails', step: 'testSecret', message: expect.stringMatching(/its process ended.*It said: ModuleNotFoundError: No module named 'nothing'$/) }),
    ]);
    expect((await rehearse({ command: ['no-such-program'] }, options())).findings).toEqual([
      expect.objectContaining({ kind: 'rotationFails', step: 'testSecret', message: expect.stringContaining('The command no-such-program can\'t be started (ENOENT)') }),
    ]);
  });
});

/* Mistakes in an otherwise correct module, one each, and the finding for each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIRST, KeyApi, type Value } from './api';
import { callerOf, correctModule, expectStatus, issuingModule, keyPath, type Call, type Context } from './module';
import type { CreateSecretContext, RotationModule } from '../../lambda-src/targets/own/api';
import { rehearse } from '../../rehearsal';
import type { RehearsalOptions, RehearsalReport } from '../../rehearsal/api';

let api: KeyApi;
let call: Call;
beforeAll(async () => {
  api = await KeyApi.start(9);
  call = callerOf(api.url);
});
afterAll(() => api.stop());

async function rehearsed(changes: Partial<RotationModule<Value>>, options: Partial<RehearsalOptions<Value>> = {}): Promise<RehearsalReport> {
  const report = await rehearse({ ...correctModule(call), ...changes }, {
    secret: () => api.reset(),
    generateStringKey: 'apiKey',
    passwordPolicy: { excludePunctuation: true },
    accepts: ({ apiKey }) => api.keys.has(apiKey),
    state: () => [...api.keys],
    ...options,
  });
  for (const { step, message } of report.findings) { expect(message.startsWith(`${step}: `)).toBe(true); }
  return report;
}

/** The findings of a report, as `kind step where message`, without values. */
function said({ findings }: RehearsalReport): string[] {
  const lines = findings.map(({ kind, where, message }) => `${kind} | ${where} | ${message}`);
  for (const key of [...api.keys, FIRST.apiKey].filter((one) => one !== 'probe')) { expect(lines.join('\n')).not.toContain(key.slice(0, 6)); }
  return lines;
}

/** A first value that nothing resets. Only the findings of the undisturbed run are reported, and no other run is tried. */
const undisturbedOnly = () => ({ secret: api.reset() });
const NO_RESET: unknown = expect.stringMatching(/^rotationFails \| in the first rotation of a further run \| .*let secret be a function that brings it there/);

test('finds a setSecret that isn\'t idempotent', async () => {
  const report = await rehearsed({
    setSecret: async ({ pending, current }: Context) => expectStatus(await call('POST', '/keys', current.value.apiKey, pending.value.apiKey), 201),
  });
  expect(said(report)).toEqual([expect.stringMatching(new RegExp('^retryFails \\| in setSecret, after POST /keys was done and before its reply was seen \\| setSecret: it isn\'t idempotent\\. The function died in setSecret, '
    + 'after POST /keys was done and before its reply was seen; Secrets Manager retried the rotation, and it failed: setSecret of the module failed with Error: The API answered 409\\. '
    + 'First check whether the target accepts the pending value already'))]);
  // The message in the docs.
  expect(readFileSync(join(__dirname, '..', '..', 'docs', 'testing.md'), 'utf8').replace(/\n> /g, ' ')).toContain(report.findings[0].message);
  expect(report.assert).toThrow(/setSecret: it isn't idempotent/);
  expect(String(report)).toMatch(/^\d+ runs, \d boundaries: 1 found\n- setSecret: /);
});

test('finds a finishSecret that fails if the credential was revoked already', async () => {
  const report = await rehearsed({
    finishSecret: async ({ pending, previous }: Context) => {
      if (previous) { expectStatus(await call('DELETE', keyPath(previous.value.apiKey), pending.value.apiKey), 200); }
    },
  });
  expect(said(report)).toEqual([expect.stringMatching(/^retryFails \| in finishSecret, after DELETE \/keys\/\*\*\* was done .* failed with Error: The API answered 404\. Treat a revoked credential as done$/)]);
});

test('finds a finishSecret that revokes the credential of readers', async () => {
  const report = await rehearsed({
    finishSecret: async ({ pending, current }: Context) => expectStatus(await call('DELETE', keyPath(current.value.apiKey), pending.value.apiKey), 200, 404),
  });
  expect(said(report)).toEqual([
    expect.stringMatching(/^previousRefused \| after rotation 1 \| finishSecret: .*Revoke in finishSecret that of previous, not that of current/),
    expect.stringMatching(/^currentRefused \| in finishSecret, after DELETE \/keys\/\*\*\* was done .* every reader is locked out until a retry succeeds/),
  ]);
});

test('finds a setSecret that replaces the only credential, unless the target has only one', async () => {
  const single = {
    setSecret: async ({ pending, current }: Context) => {
      const accepted = await call('GET', '/whoami', pending.value.apiKey);
      if (accepted.status !== 200) { expectStatus(await call('POST', '/only', current.value.apiKey, pending.value.apiKey), 200); }
    },
    finishSecret: undefined,
  };
  expect(said(await rehearsed(single, undisturbedOnly()))).toEqual([
    expect.stringMatching(/^currentRefused \| after setSecret of rotation 1 \| .*set singleCredential/),
    expect.stringMatching(/^previousRefused \| after rotation 1 \| finishSecret: .*set singleCredential/),
    NO_RESET,
  ]);
  expect(said(await rehearsed(single, { singleCredential: true }))).toEqual([]);
});

test('finds a testSecret that writes, by its method or by the state of the target', async () => {
  const put = async ({ pending }: Context) => {
    expectStatus(await call('GET', '/whoami', pending.value.apiKey), 200);
    await call('PUT', '/keys/probe', pending.value.apiKey);
  };
  const post = async ({ pending }: Context) => expectStatus(await call('POST', '/issue', pending.value.apiKey), 201, 429);
  expect(said(await rehearsed({ testSecret: put }, { ...undisturbedOnly(), state: undefined }))).toContainEqual(expect.stringMatching(/^testSecretWrites \| PUT \/keys\/probe \| testSecret: it changes something: PUT \/keys\/probe\. .*Move what changes the target to setSecret/));
  expect(said(await rehearsed({ testSecret: post }, undisturbedOnly()))).toContainEqual(expect.stringMatching(/^testSecretWrites \| what state returns/));
});

test('finds a testSecret that tests nothing', async () => {
  const report = await rehearsed({ testSecret: async ({ current }: Context) => expectStatus(await call('GET', '/whoami', current.value.apiKey), 200) });
  expect(said(report)).toEqual([expect.stringMatching(/^testSecretTestsNothing \| with a pending value that the target never got \| testSecret: it passes.*throw or reply failed if it is refused$/)]);
});

test('finds a value in a log that masks nothing', async () => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const report = await rehearsed({
    setSecret: async (context: Context) => {
      context.log.info(`masked: ${context.pending.value.apiKey}`);
      process.stderr.write(`rotating to ${Buffer.from(context.pending.value.apiKey).toString('base64')}\n`);
      await correctModule(call).setSecret(context);
    },
  });
  expect(said(report)).toEqual([expect.stringMatching(/^valueLogged \| standard error \| setSecret: a value of the secret is in standard error, .*: "rotating to \*\*\*.*"\. Leave it out, or write with context\.log, which masks it$/)]);
  write.mockRestore();
});

test.each(['pending', 'current'] as const)('finds the %s value in the log of a failure', async (which) => {
  const report = await rehearsed({
    setSecret: async (context: Context) => {
      try {
        await correctModule(call).setSecret(context);
      } catch (error) {
        console.error('failed with', context[which].value);
        throw error;
      }
    },
  });
  expect(said(report)).toEqual([expect.stringMatching(/^valueLogged \| console\.error \| setSecret: a value of the secret is in console\.error, .*"failed with \{.*apiKey: '\*\*\*' \}"/)]);
});

test('finds a generated password in the log of a failure, even if no version has it', async () => {
  const report = await rehearsed({
    createSecret: async ({ current, generatePassword }: CreateSecretContext<Value>) => {
      const apiKey = await generatePassword();
      try {
        expectStatus(await call('GET', '/whoami', current.value.apiKey), 200);
      } catch (error) {
        console.warn(`lost ${apiKey}`);
        throw error;
      }
      return { ...current.value, apiKey };
    },
  });
  expect(said(report)).toEqual([expect.stringMatching(/^valueLogged \| console\.warn \| createSecret: .*"lost \*\*\*"/)]);
});

test('finds keys of the value that createSecret loses', async () => {
  const report = await rehearsed({
    createSecret: async ({ generatePassword }: CreateSecretContext<Value>) => ({ apiKey: await generatePassword() }) as Value,
  });
  expect(said(report)).toEqual([expect.stringMatching(/^rotationFails \| in rotation 1, which nothing disturbed \| createSecret: .* lacks a key of the current value: "client"/)]);
});

test('finds a lost connection that is treated as success', async () => {
  const report = await rehearsed({
    finishSecret: async (context: Context) => {
      await correctModule(call).finishSecret(context).catch(() => {});
    },
  });
  expect(said(report)).toEqual([
    expect.stringMatching(/^errorSwallowed \| in finishSecret, at DELETE \/keys\/\*\*\*, which was never sent \| finishSecret: The connection was lost .* nothing was retried, and the step said that it was done\. Let the error be thrown/),
  ]);
});

test('finds a key that is made and lost', async () => {
  const report = await rehearsed({
    createSecret: async ({ current }: CreateSecretContext<Value>) => {
      const issued = await call('POST', '/issue', current.value.apiKey);
      expectStatus(issued, 201);
      return { ...current.value, apiKey: issued.body };
    },
    setSecret: issuingModule(call).setSecret,
  });
  expect(said(report)).toEqual([
    expect.stringMatching(/^credentialLeft \| in createSecret, after POST \/issue was done and before its reply was seen \| createSecret: .*After the next rotation .* revoke those that none of the three versions has/),
  ]);
});

test('finds a request that is not awaited', async () => {
  let request: Promise<unknown> | undefined;
  const report = await rehearsed({
    setSecret: async ({ pending, current }: Context) => {
      request = call('PUT', keyPath(pending.value.apiKey), current.value.apiKey);
      await new Promise((resolve) => { setImmediate(resolve); });
    },
  });
  await request;
  expect(said(report)).toEqual([expect.stringMatching(/^requestNotAwaited \| PUT \/keys\/\*\*\* \| setSecret: it was over before PUT \/keys\/\*\*\* was answered.*Await it$/)]);
});

test('finds a request that is sent after finishSecret has returned', async () => {
  let request: Promise<unknown> | undefined;
  const report = await rehearsed({
    finishSecret: async (context: Context) => {
      await correctModule(call).finishSecret(context);
      request = new Promise((resolve) => { setTimeout(resolve, 5); }).then(() => call('GET', '/keys', context.pending.value.apiKey));
    },
  });
  await request;
  expect(said(report)).toEqual([expect.stringMatching(/^requestNotAwaited \| GET \/keys \| finishSecret: .*Await it$/)]);
});

test('finds a step that never ends', async () => {
  const report = await rehearsed({ setSecret: () => new Promise<void>(() => {}) }, { timeout: 2_000 });
  expect(said(report)).toEqual([expect.stringMatching(/^stepHangs \| in rotation 1, which nothing disturbed \| setSecret: it was not over after 2000 ms.*Pass context\.signal, or a time-out/)]);
  expect(report.runs).toBe(1);
});

test('finds a failure without any disturbance', async () => {
  const report = await rehearsed({ setSecret: async ({ pending }: Context) => { throw new Error(`no room for ${pending.value.apiKey}`); } });
  expect(said(report)).toEqual(['rotationFails | in rotation 1, which nothing disturbed | setSecret: setSecret of the module failed with Error: no room for ***']);
});

test('finds a first value that is not reset', async () => {
  expect(said(await rehearsed({}, undisturbedOnly()))).toEqual([NO_RESET]);
});

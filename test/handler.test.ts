import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeHandler, type HandlerOverrides } from '../lambda-src/handler';
import type { LogFields } from '../lambda-src/log';
import { Deadline } from '../lambda-src/rotation/deadline';
import type { SecretsManager } from '../lambda-src/rotation/secrets-manager';
import type { Target } from '../lambda-src/target';
import { BUS, CREDENTIALS, PublishingEndpoint, TOPIC } from '../servers/stand-ins/publishing-endpoint';
import { CONFIG_VARIABLE, HANDLER, serializeConfig, type HandlerConfig } from '../src/contract';

const EVENT = { SecretId: 'secret', ClientRequestToken: 'token', Step: 'setSecret' };
const IDS = { requestId: 'request-1', step: 'setSecret', secretId: 'secret', clientRequestToken: 'token' };
const CONFIG: HandlerConfig = { target: 'generated', passwordPolicy: { passwordLength: 20 } };

const target: Target = {
  createValue: async () => 'value', validate: () => {}, isDerived: () => true, setSecret: async () => {}, testSecret: async () => {},
};
const description = { ARN: 'secret', RotationEnabled: true, VersionIdsToStages: { old: ['AWSCURRENT'], token: ['AWSPENDING'] } };
const clientThat = (send: () => Promise<unknown>) => ({ send }) as SecretsManager;

function setUp({ makeTarget = () => target, ...overrides }: HandlerOverrides & { makeTarget?: (config: HandlerConfig) => Target } = {}) {
  const lines: [string, string, LogFields][] = [];
  const handler = makeHandler(makeTarget, {
    client: clientThat(async () => description), log: (...line) => { lines.push(line); }, ...overrides,
  });
  const invoke = (event: unknown = EVENT, remaining = 30_000) => handler(event, { awsRequestId: 'request-1', getRemainingTimeInMillis: () => remaining });
  return { lines, invoke };
}

beforeEach(() => { process.env[CONFIG_VARIABLE] = serializeConfig(CONFIG); });
afterEach(() => {
  delete process.env[CONFIG_VARIABLE];
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('a line of the log', () => {
  /** A client that takes one and a half seconds to answer. */
  const slow = (answer: () => unknown) => clientThat(() => new Promise((resolve, reject) => setTimeout(() => {
    try { resolve(answer()); } catch (error) { reject(error as Error); }
  }, 1_500)));

  test('has the outcome of a step, its secret and its duration', async () => {
    jest.useFakeTimers();
    const { invoke, lines } = setUp({ client: slow(() => description) });
    const step = invoke();
    await jest.advanceTimersByTimeAsync(1_500);
    await step;
    expect(lines).toEqual([['INFO', 'setSecret succeeded', { ...IDS, outcome: 'set', durationMs: 1_500 }]]);
  });

  test('has what the target reports of setSecret, and its warning is a line of its own', async () => {
    const { invoke, lines } = setUp({ makeTarget: () => ({ ...target, setSecret: async () => ({ warning: 'Beware', removedPasswords: 2 }) }) });
    await invoke();
    expect(lines).toEqual([
      ['WARN', 'Beware', IDS],
      ['INFO', 'setSecret succeeded', { ...IDS, outcome: 'set', removedPasswords: 2, durationMs: expect.any(Number) }],
    ]);
  });

  test('has the error of a failed step, its secret and its duration', async () => {
    jest.useFakeTimers();
    const refused = Object.assign(new Error('p4ssw0rd'), { name: 'InternalServiceError', $fault: 'server' });
    const { invoke, lines } = setUp({ client: slow(() => { throw refused; }) });
    const message = 'DescribeSecret was refused with InternalServiceError. The service failed. Secrets Manager retries the rotation';
    const step = expect(invoke()).rejects.toMatchObject({ name: 'SecretsManagerError', message });
    await jest.advanceTimersByTimeAsync(1_500);
    await step;
    expect(lines).toEqual([['ERROR', message, { ...IDS, errorType: 'SecretsManagerError', durationMs: 1_500 }]]);
  });

  test('case 2: has only the request id if Secrets Manager sends no such event', async () => {
    const { invoke, lines } = setUp();
    await expect(invoke({ ...EVENT, SecretId: 'a\nb' })).rejects.toMatchObject({ name: 'InvalidEventError' });
    const fields = { requestId: 'request-1', errorType: 'InvalidEventError', durationMs: expect.any(Number) };
    expect(lines).toEqual([['ERROR', expect.stringContaining('SecretId'), fields]]);
  });

  test('goes to standard output by default', async () => {
    const log = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    await setUp({ log: undefined }).invoke();
    expect(log).toHaveBeenCalledTimes(1);
    expect(JSON.parse(String(log.mock.calls[0][0]))).toMatchObject({ level: 'INFO', message: 'setSecret succeeded', ...IDS });
  });
});

describe('an error', () => {
  test('case 69: that is unexpected leaves the function without its message', async () => {
    const setSecret = async () => { throw new Error('p4ssw0rd', { cause: 'p4ssw0rd' }); };
    const { invoke, lines } = setUp({ makeTarget: () => ({ ...target, setSecret }) });
    const error: Error = await invoke().then(() => { throw new Error('The step succeeded'); }, (thrown: Error) => thrown);
    const message = 'The step failed with an unexpected error, left out as it may hold a value';
    expect(error).toMatchObject({ name: 'UnexpectedError', message });
    expect(`${error.stack}${String(error.cause)}`).not.toContain('p4ssw0rd');
    expect(lines).toEqual([['ERROR', message, { ...IDS, errorType: 'UnexpectedError', durationMs: expect.any(Number) }]]);
  });

  test('of the configuration has the variable and what to do', async () => {
    process.env[CONFIG_VARIABLE] = '{';
    await expect(setUp().invoke()).rejects.toMatchObject({
      name: 'ConfigurationError', message: 'ROTATION_CONFIG: is not JSON. RotationFunction sets this variable; deploy the function with it, unchanged',
    });
  });
});

test('every entry exports the handler with the name and the file that Lambda expects', () => {
  const folder = join(__dirname, '..', 'lambda-src');
  const [file, name] = HANDLER.split('.');
  expect(file).toBe('index');
  // The module's entry is bundled with the user's module.
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((entry) => basename(entry) === 'entry.ts' && entry !== join('targets', 'own', 'module', 'entry.ts'));
  const exported = entries.map((entry) => jest.requireActual<Record<string, unknown>>(join(folder, entry))[name]);
  expect(exported.length).toBeGreaterThan(0);
  expect(exported).toEqual(exported.map(() => expect.any(Function)));
});

describe('the target', () => {
  test('is made once, from the configuration', async () => {
    const makeTarget = jest.fn(() => target);
    const { invoke } = setUp({ makeTarget });
    await invoke();
    process.env[CONFIG_VARIABLE] = 'changed';
    await invoke();
    expect(makeTarget.mock.calls).toEqual([[CONFIG, expect.any(Function)]]);
  });

  test('is made again after a wrong configuration', async () => {
    const { invoke } = setUp();
    delete process.env[CONFIG_VARIABLE];
    await expect(invoke()).rejects.toMatchObject({ name: 'ConfigurationError' });
    process.env[CONFIG_VARIABLE] = serializeConfig(CONFIG);
    await expect(invoke()).resolves.toBeUndefined();
  });
});

describe('the notification', () => {
  const current = { ARN: 'secret', RotationEnabled: true, VersionIdsToStages: { old: ['AWSPREVIOUS'], token: ['AWSCURRENT'] } };
  const finish = { ...EVENT, Step: 'finishSecret' };

  test('is made from the configuration once, and published', async () => {
    process.env[CONFIG_VARIABLE] = serializeConfig({ ...CONFIG, topicArn: 'arn:topic' });
    const notify = jest.fn(async () => undefined);
    const notifierOf = jest.fn(() => notify);
    const { invoke, lines } = setUp({ client: clientThat(async () => current), notifierOf });
    await invoke(finish);
    await invoke(finish);
    expect(notifierOf.mock.calls).toEqual([[{ ...CONFIG, topicArn: 'arn:topic' }]]);
    expect(notify.mock.calls).toEqual(Array(2).fill([{ secretId: 'secret', versionId: 'token', previousVersionId: 'old' }, expect.any(Deadline)]));
    expect(lines.map(([, , { outcome }]) => outcome)).toEqual(['alreadyCurrent', 'alreadyCurrent']);
  });

  test('fails the step if it fails, with an error that says that the version is current', async () => {
    const { invoke, lines } = setUp({ client: clientThat(async () => current), notifierOf: () => async () => 'the bus is full' });
    const message = 'Version token is the current one, but the bus is full. Secrets Manager retries the step';
    await expect(invoke(finish)).rejects.toMatchObject({ name: 'NotificationError', message });
    expect(lines).toEqual([['ERROR', message, { ...IDS, step: 'finishSecret', errorType: 'NotificationError', durationMs: expect.any(Number) }]]);
  });

  test('leaves an error that says that the version is current if it is not in time', async () => {
    const { invoke } = setUp({ client: clientThat(async () => current), notifierOf: () => () => new Promise<undefined>(() => {}) });
    await expect(invoke(finish, 1_100)).rejects.toMatchObject({
      name: 'StepTimeoutError', message: expect.stringMatching(/raise the timeout of the RotationFunction\. Version token is the current one; only its notification is missing$/),
    });
  });

  test('is published by the asset\'s own code', async () => {
    const endpoint = await PublishingEndpoint.start();
    const environment = { ...process.env };
    Object.assign(process.env, {
      ...CREDENTIALS, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: endpoint.url, [CONFIG_VARIABLE]: serializeConfig({ ...CONFIG, eventBusArn: BUS }),
    });
    try {
      await setUp({ client: clientThat(async () => current) }).invoke(finish);
      process.env[CONFIG_VARIABLE] = serializeConfig({ ...CONFIG, topicArn: TOPIC });
      await setUp({ client: clientThat(async () => current) }).invoke(finish);
      expect([endpoint.entries[0].EventBusName, endpoint.messages[0].TopicArn]).toEqual([BUS, TOPIC]);
      expect(endpoint.requests).toHaveLength(2);
    } finally {
      process.env = environment;
      await endpoint.stop();
    }
  });

  test('is not published without a configuration', async () => {
    await expect(setUp({ client: clientThat(async () => current) }).invoke(finish)).resolves.toBeUndefined();
  });
});

describe('the time-out', () => {
  test('case 64: is the time that Lambda has left, less a second', async () => {
    jest.useFakeTimers();
    const signals: AbortSignal[] = [];
    const send = (_operation: unknown, _input: unknown, abortSignal: AbortSignal) => {
      signals.push(abortSignal);
      return new Promise(() => {});
    };
    const { invoke, lines } = setUp({ client: { send } as unknown as HandlerOverrides['client'] });
    const error = { name: 'StepTimeoutError', message: expect.stringMatching(/^setSecret gave up/) };
    const step = expect(invoke(EVENT, 5_000)).rejects.toMatchObject(error);
    await jest.advanceTimersByTimeAsync(3_999);
    expect(lines).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    await step;
    expect(lines).toEqual([['ERROR', expect.any(String), { ...IDS, errorType: 'StepTimeoutError', durationMs: 4_000 }]]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

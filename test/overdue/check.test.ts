import type { ListSecretsRequest, SecretListEntry } from '@aws-sdk/client-secrets-manager';
import { makeCheck } from '../../lambda-src/overdue/check';
import { CHECK_CONFIG_VARIABLE, type CheckConfig } from '../../src/contract';

const OURS = 'arn:aws:lambda:eu-west-1:111122223333:function:rotation';
const THEIRS = 'arn:aws:lambda:eu-west-1:111122223333:function:rotation-of-others';
const NOW = new Date('2026-11-25T12:00:00.000Z');
const arnOf = (name: string) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-AbCdEf`;
const ago = (days: number) => new Date(NOW.getTime() - days * 86_400_000);
const late = (name: string, entry: SecretListEntry = {}): SecretListEntry => ({
  ARN: arnOf(name), RotationEnabled: true, RotationLambdaARN: OURS, LastRotatedDate: ago(40), NextRotationDate: ago(10), ...entry,
});

const environment = { ...process.env };
const send = jest.fn();
const client = { send };
beforeEach(() => { send.mockReset(); });
afterEach(() => { process.env = { ...environment }; });

async function check(pages: SecretListEntry[][], config: Partial<CheckConfig> = {}) {
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1', AWS_LAMBDA_FUNCTION_NAME: 'the-check', [CHECK_CONFIG_VARIABLE]: JSON.stringify({ functionArns: [OURS], graceSeconds: 86_400, ...config }),
  });
  send.mockImplementation(async (operation: string, { MaxResults, NextToken }: ListSecretsRequest) => {
    expect([operation, MaxResults]).toEqual(['ListSecrets', 100]);
    const index = NextToken === undefined ? 0 : Number(NextToken.replace('page ', ''));
    return { SecretList: pages[index], NextToken: index === pages.length - 1 ? undefined : `page ${index + 1}` };
  });
  const lines: any[] = [];
  const result = await makeCheck({ client, write: (line) => { lines.push(line); }, now: () => NOW })();
  return { result, lines, names: result.overdue.map(({ secretId }) => /secret:(.*)-\w{6}$/.exec(secretId)?.[1]) };
}

test('checks every page', async () => {
  const { result, names } = await check([[late('a'), late('b', { NextRotationDate: ago(-10), LastRotatedDate: ago(1) })], [], [late('c')]]);
  expect(names).toEqual(['a', 'c']);
  expect(result.checked).toBe(3);
});

test.each<[string, SecretListEntry]>([
  ['a date that is none', { LastRotatedDate: new Date(NaN) }],
  ['a date as a text', { NextRotationDate: 'soon' as unknown as Date }],
  ['a date as another text', { LastRotatedDate: '2020-01-01T00:00:00Z' as unknown as Date }],
  ['labels that are no list', { SecretVersionsToStages: { one: null as unknown as string[] } }],
  ['rules that are none', { RotationRules: 5 as unknown as object }],
  ['a switch that is neither on nor off', { RotationEnabled: 'yes' as unknown as boolean }],
])('logs one line for a secret with %s, counts it, and checks the others', async (_, odd) => {
  const { names, lines, result } = await check([[late('a'), late('odd', odd), late('b')]]);
  expect(names).toEqual(['a', 'odd', 'b']);
  expect(result.overdue.map(({ reason }) => reason)).toEqual(['missed', 'unreadable', 'missed']);
  expect(lines[1]).toMatchObject({ level: 'WARN', secretId: arnOf('odd'), reason: 'unreadable', message: expect.stringMatching(/in an unknown way, .* Check it with DescribeSecret/) });
  expect(lines.at(-1)).toMatchObject({ OverdueSecrets: 3, checked: 3 });
});

test('logs a line for an invalid entry, and checks every secret', async () => {
  const { result } = await check([[null as unknown as SecretListEntry, late('a')]], { functionArns: undefined });
  expect(result.overdue.map(({ reason }) => reason)).toEqual(['unreadable', 'missed']);
});

test.each([[[]], [{}], [{ SecretList: null }], [{ SecretList: {} }]])('fails if the answer %j is no list', async (answer) => {
  Object.assign(process.env, { AWS_REGION: 'eu-west-1', [CHECK_CONFIG_VARIABLE]: JSON.stringify({ graceSeconds: 86_400 }) });
  send.mockResolvedValue(answer as object);
  const lines: object[] = [];
  const checked = makeCheck({ client, write: (line) => { lines.push(line); } })();
  await expect(checked).rejects.toMatchObject({ name: 'ConnectivityError', message: expect.stringMatching(/^The answer to ListSecrets does not look like one of Secrets Manager\. /) });
  expect(lines).toEqual([]);
});

test('fails if a list has no end', async () => {
  Object.assign(process.env, { AWS_REGION: 'eu-west-1', [CHECK_CONFIG_VARIABLE]: JSON.stringify({ graceSeconds: 86_400 }) });
  send.mockResolvedValue({ SecretList: [], NextToken: 'again' });
  await expect(makeCheck({ client })()).rejects.toMatchObject({
    message: 'ListSecrets gave a NextToken for the second time, so the list has no end and nothing was checked. Secrets Manager failed; the next check asks again',
  });
  expect(send).toHaveBeenCalledTimes(2);
});

test.each(['ThrottlingException', 'InternalServiceError', 'ExpiredTokenException'])('fails after %s, with what the next check does', async (name) => {
  Object.assign(process.env, { AWS_REGION: 'eu-west-1', [CHECK_CONFIG_VARIABLE]: JSON.stringify({ graceSeconds: 86_400 }) });
  send.mockRejectedValue(Object.assign(new Error('refused'), { name, $fault: 'client' }));
  await expect(makeCheck({ client })()).rejects.toMatchObject({ message: expect.stringMatching(/\. The next check asks again$/) });
});

test('a line has the secret, the reason, the date and what to do', async () => {
  const { lines } = await check([[late('a', { NextRotationDate: ago(2) })]]);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toEqual({
    timestamp: NOW.toISOString(),
    level: 'WARN',
    message: expect.stringContaining('See the log of its function'),
    secretId: arnOf('a'),
    reason: 'missed',
    since: ago(2).toISOString(),
    lastRotatedDate: ago(40).toISOString(),
    rotationFunctionArn: OURS,
  });
});

test('each reason has its own advice', async () => {
  const { lines, result } = await check([[
    late('a', { RotationEnabled: false, LastChangedDate: ago(5) }),
    late('b', { LastChangedDate: ago(5), SecretVersionsToStages: { one: ['AWSCURRENT'], two: ['AWSPENDING'] } }),
    late('c', { LastRotatedDate: undefined }),
    late('d', { RotationRules: { ScheduleExpression: 'rate(1 day)' }, NextRotationDate: ago(-1) }),
    late('e', { RotationRules: { AutomaticallyAfterDays: 1 }, NextRotationDate: ago(-1) }),
    late('f', { LastRotatedDate: undefined, NextRotationDate: undefined, CreatedDate: ago(40), RotationRules: { AutomaticallyAfterDays: 1 } }),
  ]]);
  expect(result.overdue.map(({ reason }) => reason)).toEqual(['turnedOff', 'unfinished', 'neverRotated', 'missed', 'missed', 'neverRotated']);
  const advice: string[] = lines.slice(0, -1).map(({ message }) => message);
  expect(new Set(advice).size).toBe(4);
  expect(advice.every((text) => text.length > 60)).toBe(true);
});

test.each([[[late('a'), late('b')], 2], [[], 0]])('writes the metric also if it is zero', async (secrets, expected) => {
  const { lines } = await check([secrets]);
  expect(lines.at(-1)).toEqual({
    timestamp: NOW.toISOString(),
    level: 'INFO',
    message: `${expected} of ${expected} secrets should have rotated and have not`,
    _aws: {
      Timestamp: NOW.getTime(),
      CloudWatchMetrics: [{ Namespace: 'RotatingSecret', Dimensions: [['FunctionName']], Metrics: [{ Name: 'OverdueSecrets', Unit: 'Count' }] }],
    },
    FunctionName: 'the-check',
    OverdueSecrets: expected,
    checked: expected,
  });
});

describe('checks', () => {
  const all = [
    late('ours'), late('ours-by-alias', { RotationLambdaARN: `${OURS}:live` }), late('theirs', { RotationLambdaARN: THEIRS }),
    late('managed', { RotationLambdaARN: undefined, OwningService: 'rds' }),
    late('replica', { PrimaryRegion: 'us-east-1' }), late('primary', { PrimaryRegion: 'eu-west-1' }),
    late('not-rotated', { RotationEnabled: undefined, RotationLambdaARN: undefined }),
  ];

  test('the secrets of the given functions', async () => {
    expect((await check([all])).names).toEqual(['ours', 'ours-by-alias', 'primary']);
    expect((await check([all], { functionArns: [OURS, THEIRS] })).names).toEqual(['ours', 'ours-by-alias', 'theirs', 'primary']);
  });

  test('every rotated secret if no function is given', async () => {
    expect((await check([all], { functionArns: undefined })).names).toEqual(['ours', 'ours-by-alias', 'theirs', 'managed', 'primary']);
  });

  test('no excluded secret, by its ARN or its partial ARN', async () => {
    const excludedSecretArns = [arnOf('ours'), arnOf('primary').slice(0, -7)];
    expect((await check([[...all, late('primary-too')]], { excludedSecretArns })).names).toEqual(['ours-by-alias', 'primary-too']);
  });
});

test('fails without a metric if secrets can not be listed, and says so', async () => {
  send.mockRejectedValue(Object.assign(new Error('p4ssw0rd'), { name: 'AccessDeniedException', $fault: 'client' }));
  process.env[CHECK_CONFIG_VARIABLE] = '{"graceSeconds":0}';
  const write = jest.fn();
  await expect(makeCheck({ client, write })()).rejects.toMatchObject({
    name: 'SecretsManagerError', message: expect.stringMatching(/^ListSecrets was refused with AccessDeniedException\. /),
  });
  expect(write).not.toHaveBeenCalled();
});

test.each([undefined, '', '{', 'null', '[]', '{}', '{"graceSeconds":"1"}', '{"graceSeconds":-1}', '{"graceSeconds":1,"functionArns":"a"}', '{"graceSeconds":1,"functionArns":[""]}',
  '{"graceSeconds":1,"excludedSecretArns":[1]}'])('fails with an invalid configuration: %s', async (text) => {
  if (text !== undefined) { process.env[CHECK_CONFIG_VARIABLE] = text; }
  await expect(makeCheck({ client, write: () => {} })()).rejects.toThrow(/^ROTATION_CHECK_CONFIG: is not what RotationCheck sets\./);
  expect(send).not.toHaveBeenCalled();
});

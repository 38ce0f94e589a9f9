import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import type { Answer } from '../../lambda-src/aws/answer';
import { endpointOf } from '../../lambda-src/aws/endpoint';
import { signedCall } from '../../lambda-src/aws/signed-call';
import type { SignedCall } from '../../lambda-src/aws/signed-call';
import { makeNotification } from '../../lambda-src/notification/notification';
import { channelOf, notifier, notifierOf } from '../../lambda-src/notification/notify';
import { Deadline } from '../../lambda-src/rotation/deadline';
import { findCallProblem, foreignAnswer } from '../../lambda-src/rotation/service-errors';
import type { Promotion } from '../../lambda-src/rotation/steps';
import { BUS, CREDENTIALS, failEntry, PublishingEndpoint, refuse, TOPIC } from '../../servers/stand-ins/publishing-endpoint';
import type { NotificationConfig } from '../../src/contract';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:my-app/password-AbCdEf';
const PROMOTION = { secretId: SECRET, versionId: 'new', previousVersionId: 'old' };
const SERVICE_ERRORS = { findCallProblem, foreignAnswer };
const NOW = new Date('2026-11-25T03:00:00.000Z');
const environment = { ...process.env };

let endpoint: PublishingEndpoint;
beforeAll(async () => {
  endpoint = await PublishingEndpoint.start();
  Object.assign(process.env, { ...CREDENTIALS, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint.url, AWS_ENDPOINT_URL_SNS: endpoint.url });
});
afterAll(async () => {
  process.env = environment;
  await endpoint.stop();
});
// The shortest delays before retries.
beforeEach(() => { jest.spyOn(Math, 'random').mockReturnValue(0); });
afterEach(() => { jest.restoreAllMocks(); });
beforeEach(() => { for (const list of [endpoint.requests, endpoint.answers]) { list.length = 0; } });

function deadlineOf(milliseconds = 30_000) {
  const sleeps: number[] = [];
  return { sleeps, deadline: new Deadline(() => milliseconds, async (pause) => { sleeps.push(pause); }) };
}

async function tell(config: NotificationConfig, milliseconds?: number, promotion: Promotion = PROMOTION) {
  const { sleeps, deadline } = deadlineOf(milliseconds);
  return { sleeps, problem: await notifierOf(config, signedCall(), SERVICE_ERRORS)(promotion, deadline) };
}

/** With made-up answers, for cases that a server can't produce. */
async function tellBy(config: NotificationConfig, ...answers: (Answer | Error)[]) {
  const { sleeps, deadline } = deadlineOf();
  const call: SignedCall = async () => {
    const answer = answers.length > 1 ? answers.shift()! : answers[0];
    if (answer instanceof Error) { throw answer; }
    return answer;
  };
  return { sleeps, problem: await notifier(channelOf(config), call, SERVICE_ERRORS)(PROMOTION, deadline) };
}

describe('the notification', () => {
  const schema: object = JSON.parse(readFileSync(join(__dirname, '..', '..', 'docs', 'notification.schema.json'), 'utf8'));
  const validate = new Ajv({ formats: { 'date-time': (text) => new Date(text).toISOString() === text } }).compile(schema);

  test.each([
    [PROMOTION, {
      notificationVersion: 1,
      deduplicationId: `${SECRET}#new`,
      secretId: SECRET,
      versionId: 'new',
      versionStage: 'AWSCURRENT',
      previousVersionId: 'old',
      previousVersionStage: 'AWSPREVIOUS',
      time: '2026-11-25T03:00:00.000Z',
    }],
    [{ secretId: SECRET, versionId: 'new' }, {
      notificationVersion: 1, deduplicationId: `${SECRET}#new`, secretId: SECRET, versionId: 'new', versionStage: 'AWSCURRENT', time: '2026-11-25T03:00:00.000Z',
    }],
  ])('has ids, labels and a time, as in the schema: %j', (promotion, expected) => {
    const notification = makeNotification(promotion, NOW);
    expect(notification).toStrictEqual(expected);
    expect(validate(JSON.parse(JSON.stringify(notification)))).toBe(true);
  });

  test('has both of the previous version, or neither', () => {
    const { previousVersionStage, ...rest } = makeNotification(PROMOTION, NOW);
    expect([validate(rest), validate({ ...rest, previousVersionId: undefined, previousVersionStage })]).toEqual([false, false]);
  });
});

/** An answer with the name of its error only in the header. */
const named = (errorType: string): ReturnType<typeof refuse> => (response) => {
  response.setHeader('x-amzn-errortype', errorType);
  refuse(400, '')(response);
};
const foreign = (status: string) => new RegExp(`^The answer to PutEvents on arn:.*/rotations with the HTTP status ${status} does not look like one of EventBridge\\. Look for a proxy`);

describe('an event bus', () => {
  test('gets a signed event, whose resource is the secret', async () => {
    expect(await tell({ eventBusArn: BUS })).toEqual({ sleeps: [], problem: undefined });
    expect(endpoint.requests).toHaveLength(1);
    expect(endpoint.requests[0].headers).toMatchObject({ 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' });
    const [{ Detail, ...entry }] = endpoint.entries;
    expect(entry).toEqual({ EventBusName: BUS, Source: 'cdk-rotating-secret', DetailType: 'Secret Rotated', Resources: [SECRET] });
    expect(JSON.parse(Detail)).toEqual({ ...makeNotification(PROMOTION, NOW), time: expect.any(String) });
  });

  test.each(['ThrottlingException', 'InternalFailure', 'InternalException'])('gets the request again if it did not accept the event for now: %s', async (code) => {
    endpoint.answers.push(failEntry(code), failEntry(code));
    expect(await tell({ eventBusArn: BUS })).toEqual({ sleeps: [100, 400], problem: undefined });
    expect(new Set(endpoint.requests.map(({ body }) => body)).size).toBe(1);
    expect(endpoint.requests).toHaveLength(3);
  });

  test('gets four requests at most', async () => {
    endpoint.answers.push(...Array.from({ length: 5 }, () => failEntry('ThrottlingException')));
    expect(await tell({ eventBusArn: BUS })).toEqual({ sleeps: [100, 400, 1_600], problem: expect.stringContaining(`events:PutEvents on ${BUS} was refused with ThrottlingException. `) });
    expect(endpoint.requests).toHaveLength(4);
  });

  test('gets no retry without the time for it', async () => {
    endpoint.answers.push(failEntry('ThrottlingException'));
    expect(await tell({ eventBusArn: BUS }, 1_050)).toEqual({ sleeps: [], problem: expect.stringContaining('ThrottlingException') });
    expect(endpoint.requests).toHaveLength(1);
  });

  test.each<[string, ReturnType<typeof refuse>, RegExp]>([
    ['an entry that failed', failEntry('NotAuthorizedForSourceException'), /NotAuthorizedForSourceException\. Grant it/],
    ['an error', refuse(400, '{"__type":"AccessDeniedException","Message":"p4ssw0rd"}'), /AccessDeniedException\. Grant it/],
    ['an error with a namespace', refuse(400, '{"__type":"com.amazonaws.events#ResourceNotFoundException","message":"p4ssw0rd"}'), /ResourceNotFoundException\. It does not exist/],
    ['an unknown error', refuse(400, '{"__type":"SomethingException"}'), /SomethingException\. See/],
    ['an error whose name is in the header', named('com.amazonaws.events#AccessDeniedException:http://p4ssw0rd/'), /was refused with AccessDeniedException\. Grant it/],
    ['an error with a code', refuse(400, '{"code":"AccessDeniedException"}'), /was refused with AccessDeniedException\. Grant it/],
    ['an error without a type', refuse(400, '{"message":"p4ssw0rd"}'), foreign('400')],
    ['an error without a name', refuse(400, '{"__type":"p4ssw0rd and so on"}'), foreign('400')],
    ...['p4ssw0rd', '', 'null', '[]', '{}', '{"FailedEntryCount":0}', '{"FailedEntryCount":0,"Entries":[]}', '{"FailedEntryCount":0,"Entries":[null]}', '{"FailedEntryCount":"0","Entries":[{"EventId":"1"}]}']
      .map((body): [string, ReturnType<typeof refuse>, RegExp] => [`the answer ${body}, which is none`, refuse(200, body), foreign('200')]),
  ])('refuses by %s: the error has the name and what to do, and nothing of the message', async (_, answer, expected) => {
    endpoint.answers.push(answer);
    const { problem, sleeps } = await tell({ eventBusArn: BUS });
    expect(problem).toMatch(expected);
    expect(problem).not.toContain('p4ssw0rd');
    expect(sleeps).toEqual([]);
  });
});

describe('a topic', () => {
  test.each(['', '<html>p4ssw0rd</html>', '<PublishResponse><PublishResult><MessageId></MessageId></PublishResult></PublishResponse>', '{}'])('did not accept the message by the answer %j', async (body) => {
    endpoint.answers.push(refuse(200, body));
    const { problem, sleeps } = await tell({ topicArn: TOPIC });
    expect(problem).toMatch(/^The answer to Publish on arn:.*:rotations with the HTTP status 200 does not look like one of SNS\. Look for a proxy/);
    expect(sleeps).toEqual([]);
  });

  test('may name its error in the header only', async () => {
    endpoint.answers.push(named('NotFound'));
    expect((await tell({ topicArn: TOPIC })).problem).toMatch(/was refused with NotFound\. It does not exist any more/);
  });

  test('gets a signed message, with attributes to filter by', async () => {
    expect(await tell({ topicArn: TOPIC })).toEqual({ sleeps: [], problem: undefined });
    const [{ Message, ...rest }] = endpoint.messages;
    expect(JSON.parse(Message)).toEqual({ ...makeNotification(PROMOTION, NOW), time: expect.any(String) });
    expect(rest).toEqual({
      'Action': 'Publish',
      'Version': '2010-03-31',
      'TopicArn': TOPIC,
      'Subject': 'Secret Rotated',
      'MessageAttributes.entry.1.Name': 'detailType',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'Secret Rotated',
      'MessageAttributes.entry.2.Name': 'secretId',
      'MessageAttributes.entry.2.Value.DataType': 'String',
      'MessageAttributes.entry.2.Value.StringValue': SECRET,
      'MessageAttributes.entry.3.Name': 'versionId',
      'MessageAttributes.entry.3.Value.DataType': 'String',
      'MessageAttributes.entry.3.Value.StringValue': 'new',
    });
  });

  test('that is a FIFO topic gets a group for each secret, and an id for each promotion', async () => {
    const long = `${SECRET}${'x'.repeat(200)}`;
    for (const [secretId, versionId] of [[SECRET, 'one'], [SECRET, 'one'], [SECRET, 'two'], [long, 'one']]) { await tell({ topicArn: `${TOPIC}.fifo` }, undefined, { secretId, versionId }); }
    const groups = endpoint.messages.map(({ MessageGroupId }) => MessageGroupId);
    const ids = endpoint.messages.map(({ MessageDeduplicationId }) => MessageDeduplicationId);
    expect([new Set(groups.slice(0, 3)).size, new Set(groups).size]).toEqual([1, 2]);
    expect([new Set(ids.slice(0, 2)).size, new Set(ids).size]).toEqual([1, 3]);
    // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    for (const id of [...groups, ...ids]) { expect(id).toMatch(/^[\w-]{1,128}$/); }
  });

  test.each<[number, string, RegExp]>([
    [403, 'AuthorizationError', /^sns:Publish on .* was refused with AuthorizationError\. Grant it/],
    [404, 'NotFound', /NotFound\. It does not exist any more/],
    [400, 'KMSAccessDenied', /KMSAccessDenied\. .*kms:GenerateDataKey and kms:Decrypt/],
    [400, 'InvalidParameter', /InvalidParameter\. See/],
  ])('refuses with %i %s: the error has what to do, and nothing of the message', async (status, code, expected) => {
    endpoint.answers.push(refuse(status, `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>p4ssw0rd</Message></Error></ErrorResponse>`));
    const { problem, sleeps } = await tell({ topicArn: TOPIC });
    expect(problem).toMatch(expected);
    expect(problem).not.toContain('p4ssw0rd');
    expect(sleeps).toEqual([]);
  });

  test.each([[503, '<html>'], [429, ''], [400, '<Code>Throttled</Code>'], [400, '<Code>KMSThrottling</Code>']])('gets the request again after %i %s', async (status, body) => {
    endpoint.answers.push(refuse(status, body));
    expect(await tell({ topicArn: TOPIC })).toEqual({ sleeps: [100], problem: undefined });
    expect(endpoint.requests).toHaveLength(2);
  });
});

test('gives up on an answer without an end after five seconds, and uses the next one', async () => {
  endpoint.answers.push((response) => {
    response.writeHead(200);
    response.write('{"FailedEntryCount":0,');
  });
  const start = Date.now();
  expect(await tell({ eventBusArn: BUS })).toEqual({ sleeps: [100], problem: undefined });
  expect(Date.now() - start).toBeGreaterThanOrEqual(4_900);
  expect(Date.now() - start).toBeLessThan(15_000);
});

// Over a real socket it needs a separate process, as in asset.test.ts. In Jest's realm, the SDK doesn't recognize the error of a socket, and
// wraps it.
test.each([[{ code: 'ECONNREFUSED' }], [{ code: 'ENOTFOUND' }], [{ name: 'TimeoutError' }]])('retries if the service can not be reached, and then has its code: %j', async (failure) => {
  const lost = Object.assign(new Error('p4ssw0rd'), failure);
  expect(await tellBy({ eventBusArn: BUS }, lost, { status: 200, body: '{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}' })).toEqual({ sleeps: [100], problem: undefined });
  const { problem } = await tellBy({ topicArn: TOPIC }, lost);
  expect(problem).toMatch(/^SNS can't be reached for Publish on arn:.*:rotations \(\w+\)\. In a VPC .* interface endpoint for sns with private DNS/);
});

test('does not repeat or quote other errors', async () => {
  const { problem, sleeps } = await tellBy({ eventBusArn: BUS }, new Error('p4ssw0rd'));
  expect(problem).toBe(`PutEvents on ${BUS} failed with an unexpected error, left out as it may hold a value`);
  expect(sleeps).toEqual([]);
});

test.each([
  ['eu-west-1', false, 'events.eu-west-1.amazonaws.com', 'sns.eu-west-1.amazonaws.com'],
  ['cn-north-1', false, 'events.cn-north-1.amazonaws.com.cn', 'sns.cn-north-1.amazonaws.com.cn'],
  ['us-gov-west-1', false, 'events.us-gov-west-1.amazonaws.com', 'sns.us-gov-west-1.amazonaws.com'],
  ['us-east-1', true, 'events-fips.us-east-1.amazonaws.com', 'sns-fips.us-east-1.amazonaws.com'],
  ['us-gov-west-1', true, 'events.us-gov-west-1.amazonaws.com', 'sns.us-gov-west-1.amazonaws.com'],
])('the endpoints in %s (FIPS: %s) are %s and %s', (region, fips, events, sns) => {
  const saved = { ...process.env };
  delete process.env.AWS_ENDPOINT_URL_EVENTBRIDGE;
  delete process.env.AWS_ENDPOINT_URL_SNS;
  try {
    process.env.AWS_USE_FIPS_ENDPOINT = String(fips);
    expect((['events', 'sns'] as const).map((service) => endpointOf(service, region).url.href)).toEqual([`https://${events}/`, `https://${sns}/`]);
  } finally {
    process.env = saved;
  }
});

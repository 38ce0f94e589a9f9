import type { Answer } from '../../../lambda-src/aws/answer';
import type { ServiceRequest } from '../../../lambda-src/aws/signed-call';
import { Deadline } from '../../../lambda-src/rotation/deadline';
import { accessKeysOf, type AccessKeys } from '../../../lambda-src/targets/access-key/access-keys';
import { stsAcceptance } from '../../../lambda-src/targets/access-key/iam-access-key/target';
import { smtpAcceptance } from '../../../lambda-src/targets/access-key/ses-smtp/target';

const USER = { accountId: '111122223333', userName: 'app' };
const KEY = { id: 'AKIA1', secret: 'half' };
const refusal = (status: number, code: string): Answer => ({ status, body: `<ErrorResponse><Error><Code>${code}</Code><Message>p4ssw0rd</Message></Error></ErrorResponse>` });
const CREATED: Answer = { status: 200, body: '<CreateAccessKeyResponse><AccessKeyId>AKIA1</AccessKeyId><SecretAccessKey>a/b+c=</SecretAccessKey></CreateAccessKeyResponse>' };
const DELETED: Answer = { status: 200, body: '<DeleteAccessKeyResponse xmlns="x"><ResponseMetadata/></DeleteAccessKeyResponse>' };

/** A service with these answers. The last one is repeated. */
function service(...answers: (Answer | Error)[]) {
  const requests: ServiceRequest[] = [];
  const sleeps: number[] = [];
  const call = async (request: ServiceRequest) => {
    requests.push(request);
    const answer = answers.length > 1 ? answers.shift()! : answers[0];
    if (answer instanceof Error) { throw answer; }
    return answer;
  };
  return { call, requests, sleeps, deadline: new Deadline(() => 30_000, async (pause) => { sleeps.push(pause); }) };
}

// The shortest delays before retries.
beforeEach(() => { jest.spyOn(Math, 'random').mockReturnValue(0); });
afterEach(() => { jest.restoreAllMocks(); });

describe('IAM', () => {
  const keysWith = (...answers: (Answer | Error)[]) => {
    const { call, ...rest } = service(...answers);
    return { keys: accessKeysOf('app+x=,.@-_', 'eu-west-1', call), ...rest };
  };

  test('gets requests in the query protocol, with the user name', async () => {
    const { keys, deadline, requests } = keysWith(DELETED);
    await keys.delete('AKIA1', deadline);
    expect(requests).toMatchObject([{ service: 'iam', region: 'eu-west-1' }]);
    expect(Object.fromEntries(new URLSearchParams(String(requests[0].body)))).toEqual({
      Action: 'DeleteAccessKey', Version: '2010-05-08', UserName: 'app+x=,.@-_', AccessKeyId: 'AKIA1',
    });
  });

  test('lists keys with their ages, active or not', async () => {
    const member = (id: string, status: string) => `<member><UserName>app</UserName><AccessKeyId>${id}</AccessKeyId><Status>${status}</Status><CreateDate>2026-11-25T01:02:03Z</CreateDate></member>`;
    const { keys, deadline } = keysWith({ status: 200, body: `<ListAccessKeysResult><AccessKeyMetadata>${member('A', 'Active')}\n${member('B', 'Inactive')}</AccessKeyMetadata></ListAccessKeysResult>` });
    const createdAt = Date.parse('2026-11-25T01:02:03Z');
    expect(await keys.list(deadline)).toEqual([{ id: 'A', createdAt }, { id: 'B', createdAt }]);
  });

  test('has room or reaches its limit', async () => {
    expect(await keysWith(CREATED).keys.create(keysWith(CREATED).deadline)).toEqual({ accessKeyId: 'AKIA1', secretAccessKey: 'a/b+c=' });
    const { keys, deadline } = keysWith(refusal(409, 'LimitExceeded'));
    expect(await keys.create(deadline)).toBeUndefined();
  });

  test.each<[string, boolean, string]>([
    ['a key that was used', true, '<LastUsedDate>2026-11-25T01:02:03Z</LastUsedDate><ServiceName>s3</ServiceName>'], ['one that never was', false, '<ServiceName>N/A</ServiceName>'],
  ])('has the last use as %s, and gets no user name', async (_, wasUsed, content) => {
    const { keys, deadline, requests } = keysWith({ status: 200, body: `<GetAccessKeyLastUsedResult><AccessKeyLastUsed>${content}</AccessKeyLastUsed></GetAccessKeyLastUsedResult>` });
    expect(await keys.wasUsed('AKIA1', deadline)).toBe(wasUsed);
    expect(Object.fromEntries(new URLSearchParams(String(requests[0].body)))).toEqual({ Action: 'GetAccessKeyLastUsed', Version: '2010-05-08', AccessKeyId: 'AKIA1' });
  });

  test.each<[string, Answer, string]>([
    ['a refusal', refusal(403, 'AccessDenied'), 'TargetRefusedError'], ['a page of a proxy', { status: 200, body: '<html>' }, 'ConnectivityError'],
  ])('does not make a key count as unused after %s', async (_, answer, name) => {
    const { keys, deadline } = keysWith(answer);
    await expect(keys.wasUsed('AKIA1', deadline)).rejects.toMatchObject({ name });
  });

  test('ignores a missing key', async () => {
    const { keys, deadline, requests } = keysWith(refusal(404, 'NoSuchEntity'));
    await keys.delete('AKIA1', deadline);
    expect(requests).toHaveLength(1);
  });

  test.each([refusal(400, 'Throttling'), refusal(500, 'ServiceFailure'), refusal(503, ''), Object.assign(new Error('p4ssw0rd'), { code: 'ECONNRESET' })])('case 14: gets a list or a deletion again: %#', async (problem) => {
    const { keys, deadline, requests, sleeps } = keysWith(problem, DELETED);
    await keys.delete('AKIA1', deadline);
    expect([requests.length, sleeps]).toEqual([2, [100]]);
  });

  test('case 79: gets one request for a key, unless it says that it did nothing', async () => {
    const again = keysWith(refusal(400, 'Throttling'), CREATED);
    expect(await again.keys.create(again.deadline)).toMatchObject({ accessKeyId: 'AKIA1' });
    expect(again.requests).toHaveLength(2);
    for (const problem of [refusal(500, 'ServiceFailure'), refusal(503, ''), Object.assign(new Error('p4ssw0rd'), { code: 'ECONNRESET' })]) {
      const { keys, deadline, requests } = keysWith(problem, CREATED);
      await expect(keys.create(deadline)).rejects.toThrow(/IAM/);
      expect(requests).toHaveLength(1);
    }
  });

  test.each<[string, string, RegExp]>([
    ['AccessDenied', 'TargetRefusedError', /^iam:ListAccessKeys for the user app\S* was refused with AccessDenied\. Grant it to the role.*User\.fromUserArn, with the path/],
    ['NoSuchEntity', 'TargetRefusedError', /NoSuchEntity\. The user does not exist any more/],
    ['Throttling', 'TargetRefusedError', /Throttling\. Calls were throttled/],
    ['Other', 'TargetRefusedError', /Other\. See the name of the error/],
  ])('has what to do about %s, and nothing of the message', async (code, name, expected) => {
    const { keys, deadline } = keysWith(refusal(403, code));
    const error: unknown = await keys.list(deadline).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name, message: expect.stringMatching(expected) });
    expect((error as Error).message).not.toContain('p4ssw0rd');
  });

  test.each<[string, Answer | Error, string]>([
    ['a page of a proxy', { status: 200, body: '<html>' }, 'ConnectivityError'],
    ['an answer that says nothing', { status: 403, body: '' }, 'ConnectivityError'],
    ['a key without its age', { status: 200, body: '<ListAccessKeysResult><member><AccessKeyId>A</AccessKeyId></member></ListAccessKeysResult>' }, 'ConnectivityError'],
    ['no credentials', Object.assign(new Error('p4ssw0rd'), { name: 'CredentialsProviderError' }), 'ConfigurationError'],
    ['something unknown', new Error('p4ssw0rd'), 'UnexpectedError'],
  ])('case 29: is not taken for %s', async (_, problem, name) => {
    const { keys, deadline } = keysWith(problem);
    const error: unknown = await keys.list(deadline).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name });
    expect((error as Error).message).not.toContain('p4ssw0rd');
  });

  test('does not accept a new key, or a deletion, of a proxy', async () => {
    const { keys, deadline } = keysWith({ status: 200, body: '<html>' });
    await expect(keys.create(deadline)).rejects.toThrow('does not look like one of IAM');
    await expect(keys.delete('A', deadline)).rejects.toThrow('does not look like one of IAM');
  });
});

describe('AWS STS', () => {
  const identity = (arn: string): Answer => ({ status: 200, body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>` });
  const accepts = async (...answers: (Answer | Error)[]) => {
    const { call, deadline, requests } = service(...answers);
    return { accepted: await stsAcceptance(USER, 'eu-west-1', call).accepts(KEY, deadline), requests };
  };

  test('gets the new key, and nothing else of the function', async () => {
    const { accepted, requests } = await accepts(identity('arn:aws:iam::111122223333:user/app'));
    expect(accepted).toBe(true);
    expect(requests[0].headers).toMatchObject({ connection: 'close' });
    expect(requests).toMatchObject([{ service: 'sts', credentials: { accessKeyId: 'AKIA1', secretAccessKey: 'half' } }]);
  });

  test.each(['InvalidClientTokenId', 'SignatureDoesNotMatch'])('does not accept it yet: %s', async (code) => {
    expect((await accepts(refusal(403, code))).accepted).toBe(false);
  });

  test.each(['arn:aws-cn:iam::111122223333:user/a/path/app', 'arn:aws-us-gov:iam::111122223333:user/app'])('case 43: accepts the user whatever its path and partition: %s', async (arn) => {
    expect((await accepts(identity(arn))).accepted).toBe(true);
  });

  test.each(['arn:aws:iam::111122223333:user/other', 'arn:aws:iam::999999999999:user/app', 'arn:aws:iam::111122223333:root', 'arn:aws:sts::111122223333:assumed-role/app/app'])(
    'case 43: refuses a foreign key: %s', async (arn) => {
      await expect(accepts(identity(arn))).rejects.toMatchObject({ name: 'SecretMismatchError', message: expect.stringContaining('AKIA1 is not one of the user app') });
    });

  test('has the name of its refusal, and is distinguished from a proxy', async () => {
    await expect(accepts(refusal(403, 'RegionDisabledException'))).rejects.toMatchObject({
      name: 'TargetRefusedError', message: expect.stringContaining('RegionDisabledException'),
    });
    await expect(accepts({ status: 200, body: '<html>' })).rejects.toMatchObject({ name: 'ConnectivityError' });
  });
});

describe('SES', () => {
  const keysOf = (...ids: string[]): AccessKeys => ({
    list: async () => ids.map((id) => ({ id, createdAt: 0 })), create: async () => undefined, wasUsed: async () => true, delete: async () => {},
  });
  const { deadline } = service(DELETED);

  test('case 43: accepts a password only of a key of the user', async () => {
    expect(await smtpAcceptance(keysOf('AKIA1'), 'eu-west-1', async () => true).accepts(KEY, deadline)).toBe(true);
    expect(await smtpAcceptance(keysOf('AKIA1'), 'eu-west-1', async () => false).accepts(KEY, deadline)).toBe(false);
    expect(await smtpAcceptance(keysOf('OTHER'), 'eu-west-1', async () => true).accepts(KEY, deadline)).toBe(false);
  });

  test('lists the keys again if the list of IAM lags behind SES', async () => {
    const ids: string[] = [];
    const { list, ...others } = keysOf();
    const acceptance = smtpAcceptance({ ...others, list: async () => [...await list(deadline), ...ids.map((id) => ({ id, createdAt: 0 }))] }, 'eu-west-1', async () => true);
    expect(await acceptance.accepts(KEY, deadline)).toBe(false);
    ids.push('AKIA1');
    expect(await acceptance.accepts(KEY, deadline)).toBe(true);
  });
});

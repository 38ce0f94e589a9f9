import { CredentialValue } from '../../../lambda-src/targets/access-key/credential-value';
import { TaggedUserTarget } from '../../../lambda-src/targets/access-key/tagged-user-target';
import { AS_ISSUED, issuedKey, IssuingServer } from '../../../servers/stand-ins/issuing-server';
import { eventOf, startRotation } from '../../../simulator';
import { CONFIG_VARIABLE } from '../../../src/contract';
import { USER_TAG } from '../../../src/targets/access-key/contract';
import { failure, Harness } from '../../harness';
import { partsOf } from '../../proof/issued-target';

const USERS = 50;
const arnOf = (userName: string) => `arn:aws:iam::111122223333:user/apps/${userName}`;

afterEach(() => { delete process.env[CONFIG_VARIABLE]; });

/** One function, with an IAM user for each of its secrets. */
function fleet(count: number) {
  const servers = new Map(Array.from({ length: count }, (_, n) => [`user${n}`, new IssuingServer([], [], AS_ISSUED, `KEY${n}OF`)]));
  const value = new CredentialValue('accessKeyId', 'secretAccessKey');
  const target = new TaggedUserTarget(value, (user) => partsOf(servers.get(user.userName)!, (_operation, _kind, work) => work(), true, 'iam', user));
  const h = new Harness({ value: '{}', makeTarget: () => target });
  const secrets = [...servers].map(([userName, server], n) => {
    const arn = h.simulator.createSecret(`app/${userName}`, JSON.stringify({ n }));
    h.simulator.tag(arn, USER_TAG, arnOf(userName));
    return { arn, server, value: (label: string) => h.simulator.inspect(arn).value(label) as string };
  });
  const rotate = async (arn: string): Promise<void> => {
    const rotation = startRotation(h.simulator, arn);
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) { await h.invoke(eventOf(rotation, step)); }
    h.simulator.completeRotation(arn);
  };
  return { h, secrets, rotate };
}

test(`${USERS} users have one function: each secret gets the keys of its own user, three times, and the previous one is accepted until the next rotation`, async () => {
  const { secrets, rotate } = fleet(USERS);
  for (const [n, { arn, server, value }] of secrets.entries()) {
    const seen: string[] = [];
    for (let turn = 1; turn <= 3; turn++) {
      server.elapse();
      await rotate(arn);
      seen.push(value('AWSCURRENT'));
      expect(issuedKey(seen.at(-1))?.id).toBe(`KEY${n}OF${turn}`);
      expect(JSON.parse(seen.at(-1)!)).toMatchObject({ n });
    }
    expect(await Promise.all(seen.map((each) => server.accepts(each)))).toEqual([false, true, true]);
  }
});

test('refuses a secret without the tag, and a tag that is not the ARN of a user', async () => {
  const { h, secrets: [{ arn }], rotate } = fleet(1);
  for (const tag of ['', 'user0', 'arn:aws:iam::111122223333:role/user0']) {
    h.simulator.tag(arn, USER_TAG, tag);
    const error = await failure(rotate(arn));
    expect(error).toMatchObject({ name: 'SecretMismatchError' });
    expect(error.message).toMatch(/^The secret has no tag cdk-rotating-secret:user with the ARN of a user/);
    h.simulator.failRotation(arn, 'createSecret');
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: h.simulator.inspect(arn).stages.AWSPENDING });
  }
});

test('ignores a user in the value, and a tag with another user changes nothing of that user', async () => {
  const { h, secrets: [mine, theirs], rotate } = fleet(2);
  await rotate(mine.arn);
  await rotate(theirs.arn);
  const before = theirs.server.list();
  h.simulator.tag(mine.arn, USER_TAG, arnOf('user1'));
  const error = await failure(rotate(mine.arn));
  expect(error).toMatchObject({ name: 'SecretMismatchError', message: expect.stringMatching(/^The access key KEY0OF1 of AWSCURRENT is not one of the user/) });
  expect(theirs.server.list()).toEqual(before);
});

test('never revokes a key that no version has, because a principal that tags a secret chooses its user', async () => {
  const { secrets: [{ arn, server }], rotate } = fleet(1);
  server.issue();
  server.elapse();
  expect(await failure(rotate(arn))).toMatchObject({ name: 'TargetRefusedError', message: expect.stringContaining('KEY0OF1') });
  expect(server.list().map(({ id }) => id)).toEqual(['KEY0OF1']);
});

test('reads a list again that does not have the key of AWSCURRENT yet', async () => {
  const { secrets: [{ arn, server, value }], rotate } = fleet(1);
  await rotate(arn);
  server.elapse();
  const list = jest.spyOn(server, 'list').mockReturnValueOnce([]);
  await rotate(arn);
  expect(list.mock.calls.length).toBeGreaterThan(2);
  expect(issuedKey(value('AWSCURRENT'))?.id).toBe('KEY0OF2');
});

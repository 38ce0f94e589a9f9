import { isDeepStrictEqual } from 'node:util';
import {
  CreateSecretCommand, DescribeSecretCommand, RotateSecretCommand, TagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import { KeyHolder, type AccessKey } from '../access-keys';
import type { Surroundings } from '../app-under-test';
import type { IamCall } from '../aws';
import type { Step } from '../rotation';
import { labelled, Secret } from '../secret';

const USERS = 50;
const USER_TAG = 'cdk-rotating-secret:user';
/** How many secrets are rotated at once, in the step that waits. */
const AT_ONCE = 25;

/** A secret of the fleet, and its user. */
interface Member {
  readonly secret: Secret;
  readonly userArn: string;
  readonly userName: string;
  /** Of all rotations, the last one last. */
  readonly keys: AccessKey[];
}

/** 50 users with one function: each secret gets the keys of the user that its tag names, and the function touches no other user. */
export async function accessKeyFleet({ aws, checks, cdkWith }: Surroundings): Promise<void> {
  const cdk = cdkWith({});
  await checks.need('cdk bootstrap', () => cdk.bootstrap());
  await checks.need('cdk deploy', () => cdk.deploy());
  const resources = await aws.stackResources(cdk.template().stackName);
  const idsOf = (type: string) => resources.filter((resource) => resource.type === type).map(({ physicalId }) => physicalId);
  const [functionName, ...others] = idsOf('AWS::Lambda::Function');
  const members = await Promise.all(idsOf('AWS::SecretsManager::Secret').map(async (arn): Promise<Member> => {
    const secret = new Secret(aws.secretsManager, arn, 'secretAccessKey');
    const userArn = (await secret.describe()).Tags?.find(({ Key }) => Key === USER_TAG)?.Value ?? '';
    return { secret, userArn, userName: nameIn(userArn), keys: [] };
  }));
  checks.check(`one function for ${USERS} secrets, each tagged with another user`,
    others.length === 0 && members.length === USERS && new Set(members.map(({ userArn }) => userArn)).size === USERS, members.map(({ userName }) => userName));

  const userNames = idsOf('AWS::IAM::User');
  const bystander = userNames.find((name) => members.every(({ userName }) => userName !== name))!;
  const outsider = 'outsider';
  const outsiderArn = await aws.createUser(outsider);
  for (const name of [bystander, outsider]) { await aws.createAccessKey(name); }
  const untouched = () => Promise.all([bystander, outsider].map((name) => aws.accessKeyIds(name)));
  const before = await untouched();

  const answers: string[] = [];
  const failures: string[] = [];
  const run = async ({ arn }: Secret, token: string, step: Step) => {
    const { failed, payload } = await aws.invoke(functionName, { Step: step, SecretId: arn, ClientRequestToken: token });
    answers.push(payload);
    if (failed) { failures.push(payload); }
    return payload;
  };
  const holder = new KeyHolder(aws.endpoint);
  for (const turn of [1, 2, 3]) {
    const start = Date.now();
    const foreign: IamCall[] = [];
    const actions: string[] = [];
    const tokens = await inParallel(members, async ({ secret }) => labelled(await secret.versions(), 'AWSPENDING')?.id ?? secret.rotate());
    // One after the other, so that each call of IAM is known to be of one secret.
    for (const [n, { secret, userName }] of members.entries()) {
      const since = new Date();
      for (const step of ['createSecret', 'setSecret'] as const) { await run(secret, tokens[n], step); }
      const calls = await aws.callsOfIam(since);
      foreign.push(...calls.filter((call) => call.userName !== userName));
      actions.push(...calls.map(({ action }) => action));
    }
    const since = new Date();
    const results = await inParallel(members, async (member, n) => {
      const { secret, userName, keys } = member;
      for (const step of ['testSecret', 'finishSecret'] as const) { await run(secret, tokens[n], step); }
      await secret.removePending(tokens[n]).catch(() => {});
      const current = labelled(await secret.versions(), 'AWSCURRENT');
      keys.push(JSON.parse(current?.value ?? '{}') as AccessKey);
      const expected = keys.slice(-2);
      const accepted = await Promise.all(keys.map((key) => holder.isAccepted(key, userName)));
      const listed = await aws.accessKeyIds(userName);
      return {
        isPromoted: current?.id === tokens[n],
        isAcceptedUntilNext: isDeepStrictEqual(accepted, keys.map((key) => expected.includes(key))),
        isAllOfUser: isDeepStrictEqual(listed.sort(), expected.map(({ accessKeyId }) => accessKeyId).sort()),
      };
    });
    const numberOf = (what: keyof typeof results[number]) => results.filter((result) => result[what]).length;
    const title = `turn ${turn} (${((Date.now() - start) / 1000).toFixed(1)} s)`;
    checks.check(`${title}: ${USERS * 4} steps, and none failed`, failures.length === 0 && answers.length === turn * USERS * 4, failures.slice(0, 3));
    checks.check(`${title}: the version of the rotation is the current one of each secret`, numberOf('isPromoted') === USERS, numberOf('isPromoted'));
    checks.check(`${title}: of each user the last two keys are accepted as its own, and older ones are refused`, numberOf('isAcceptedUntilNext') === USERS, numberOf('isAcceptedUntilNext'));
    checks.check(`${title}: each user has the keys that its own secret has, and no others`, numberOf('isAllOfUser') === USERS, numberOf('isAllOfUser'));
    const expected = { ListAccessKeys: USERS, CreateAccessKey: USERS, DeleteAccessKey: turn > 2 ? USERS : 0 };
    const counts = Object.fromEntries(Object.keys(expected).map((name) => [name, actions.filter((action) => action === name).length]));
    checks.check(`${title}: IAM was called for each user, and no call named another user than the tag of the secret`,
      foreign.length === 0 && isDeepStrictEqual(counts, expected), { counts, foreign: foreign.slice(0, 3) });
    const late = await aws.callsOfIam(since);
    checks.check(`${title}: no call of IAM after createSecret`, late.length === 0, late.slice(0, 3));
  }
  const ids = members.flatMap(({ keys }) => keys.map(({ accessKeyId }) => accessKeyId));
  checks.check(`${3 * USERS} keys, no two of which are the same`, new Set(ids).size === 3 * USERS, new Set(ids).size);
  checks.check('the keys of a user that no secret is tagged with, and of one that isn\'t of the function, are as they were', isDeepStrictEqual(await untouched(), before));

  const [mine, theirs] = members;
  const keysOfAll = () => Promise.all([mine.userName, theirs.userName, bystander, outsider].map((name) => aws.accessKeyIds(name)));
  const refuse = async (title: string, secret: Secret, reason: RegExp) => {
    const keys = await keysOfAll();
    const token = await secret.rotate();
    const { failed, payload } = await aws.invoke(functionName, { Step: 'createSecret', SecretId: secret.arn, ClientRequestToken: token });
    answers.push(payload);
    checks.check(`${title}: refused`, failed && reason.test(payload), payload);
    checks.check(`${title}: every key is as it was`, isDeepStrictEqual(await keysOfAll(), keys));
    await secret.removePending(token);
  };
  const { RotationLambdaARN } = await mine.secret.describe();
  const make = async (name: string, userArn?: string): Promise<Secret> => {
    const tags = userArn === undefined ? undefined : [{ Key: USER_TAG, Value: userArn }];
    const { ARN } = await aws.secretsManager.send(new CreateSecretCommand({ Name: name, SecretString: '{}', Tags: tags }));
    await aws.secretsManager.send(new RotateSecretCommand({ SecretId: ARN, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediately: false }));
    return new Secret(aws.secretsManager, ARN!, 'secretAccessKey');
  };
  await refuse('a secret with the tag of a user that isn\'t of the function', await make('keys/of-outsider', outsiderArn), /iam:ListAccessKeys for the user outsider was refused with AccessDenied/);
  await refuse('a secret without the tag', await make('keys/without-tag'), /has no tag cdk-rotating-secret:user/);
  await refuse('a secret with another name, and the tag of a user of the function', await make('elsewhere/key', mine.userArn), /AccessDenied/);
  const tag = (userArn: string) => aws.secretsManager.send(new TagResourceCommand({ SecretId: mine.secret.arn, Tags: [{ Key: USER_TAG, Value: userArn }] }));
  for (const [whose, name] of [['another secret', theirs.userName], ['no secret', bystander]] as const) {
    await tag(mine.userArn.replace(mine.userName, name));
    await refuse(`a secret whose tag somebody changed to the user of ${whose}`, mine.secret, /is not one of the user that the tag/);
  }
  await aws.secretsManager.send(new DescribeSecretCommand({ SecretId: mine.secret.arn }));

  const texts = [...await aws.logMessages(idsOf('AWS::Logs::LogGroup')[0]), ...answers, cdk.template().text, cdk.output];
  checks.check('no key is in the log, in the answers, in the template or in what the CDK CLI said', !texts.some((text) => members.some(({ secret }) => secret.isIn(text))));

  // CloudFormation doesn't know the keys, and IAM deletes no user that has one.
  await inParallel(userNames, async (name) => {
    for (const id of await aws.accessKeyIds(name)) { await aws.deleteAccessKey(name, id); }
  });
  await checks.need('cdk destroy', () => cdk.destroy());
  checks.check('the function and the secrets are gone', !await aws.functionExists(functionName) && !await mine.secret.exists());
  checks.check('the run reached its end', true);
}

function nameIn(userArn: string): string {
  return userArn.split('/').at(-1)!;
}

/** Acts on all items, on some at once, and returns the results in the order of the items. */
async function inParallel<T, Result>(items: readonly T[], act: (item: T, index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items.entries()];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, item] = next;
      results[index] = await act(item, index);
    }
  }));
  return results;
}

import { isDeepStrictEqual } from 'node:util';
import { CreateSecretCommand, RotateSecretCommand, TagResourceCommand } from '@aws-sdk/client-secrets-manager';
import { KeyHolder, type AccessKey } from '../access-keys';
import type { Surroundings } from '../app-under-test';
import { STEPS } from '../rotation';
import { Secret } from '../secret';

const USERS = 50;
const USER_TAG = 'cdk-rotating-secret:user';
/** How many secrets are rotated at once: a rotation waits most of its time for its key to be accepted. */
const AT_ONCE = 20;
/** How a rotation calls IAM, by the turn. Only the third one finds a key that has to go. */
const CALLS = [
  'CreateAccessKey,ListAccessKeys,ListAccessKeys',
  'CreateAccessKey,ListAccessKeys,ListAccessKeys',
  'CreateAccessKey,DeleteAccessKey,ListAccessKeys,ListAccessKeys,ListAccessKeys',
];
const TURNS = CALLS.length;

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
  const tagged = new Set(members.map(({ userArn }) => userArn));
  checks.check(`one function for ${USERS} secrets, each tagged with another user`, others.length === 0 && members.length === USERS && tagged.size === USERS, [...tagged]);

  const userNames = idsOf('AWS::IAM::User');
  const bystander = userNames.find((name) => members.every(({ userName }) => userName !== name))!;
  const outsider = 'outsider';
  const outsiderArn = await aws.createUser(outsider);
  for (const name of [bystander, outsider]) { await aws.createAccessKey(name); }
  const untouched = () => Promise.all([bystander, outsider].map((name) => aws.accessKeyIds(name)));
  const before = await untouched();

  const answers: string[] = [];
  const holder = new KeyHolder(aws.endpoint);
  for (const [index, expected] of CALLS.entries()) {
    const turn = `turn ${index + 1} of ${TURNS}`;
    const since = new Date();
    const failures: string[] = [];
    const results = await inParallel(members, async ({ secret, userName, keys }) => {
      const token = index === 0 ? await secret.pendingId() : await secret.rotate();
      for (const step of STEPS) {
        const { failed, payload } = await aws.invoke(functionName, { Step: step, SecretId: secret.arn, ClientRequestToken: token });
        answers.push(payload);
        if (failed) { failures.push(payload); }
      }
      const { id, value } = await secret.current();
      keys.push(JSON.parse(value ?? '{}') as AccessKey);
      const accepted = await Promise.all(keys.map((key) => holder.isAccepted(key, userName)));
      const listed = await aws.accessKeyIds(userName);
      return {
        isPromoted: id === token,
        isAcceptedUntilNext: isDeepStrictEqual(accepted, keys.map((key) => keys.slice(-2).includes(key))),
        isAllOfUser: isDeepStrictEqual(listed.sort(), keys.slice(-2).map(({ accessKeyId }) => accessKeyId).sort()),
      };
    });
    const check = (title: string, found: number) => {
      checks.check(`${turn}: ${title}`, found === USERS, found);
    };
    checks.check(`${turn}: every step succeeds (${((Date.now() - since.getTime()) / 1000).toFixed(1)} s)`, failures.length === 0, failures.slice(0, 3));
    check('the version of the rotation is the current one of each secret', results.filter(({ isPromoted }) => isPromoted).length);
    check('of each user the last two keys are accepted as its own, and older ones are refused', results.filter(({ isAcceptedUntilNext }) => isAcceptedUntilNext).length);
    check('each user has the keys that its own secret has, and no others', results.filter(({ isAllOfUser }) => isAllOfUser).length);
    const calls = await aws.callsOfIam(since);
    const callsOf = (name: string) => calls.filter((call) => call.userName === name).map(({ action }) => action).sort().join();
    check(`the function calls IAM for each user as one rotation does (${expected})`, members.filter(({ userName }) => callsOf(userName) === expected).length);
    const foreign = calls.filter((call) => members.every(({ userName }) => userName !== call.userName));
    checks.check(`${turn}: and for no other user`, foreign.length === 0, foreign);
  }
  const ids = members.flatMap(({ keys }) => keys.map(({ accessKeyId }) => accessKeyId));
  checks.check(`${TURNS * USERS} keys, no two of which are the same`, new Set(ids).size === TURNS * USERS, new Set(ids).size);
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
    await aws.secretsManager.send(new RotateSecretCommand({
      SecretId: ARN, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediately: false,
    }));
    return new Secret(aws.secretsManager, ARN!, 'secretAccessKey');
  };
  const ofOutsider = await make('keys/of-outsider', outsiderArn);
  await refuse('a secret with the tag of a user that isn\'t of the function', ofOutsider, /iam:ListAccessKeys for the user outsider was refused with AccessDenied/);
  await refuse('a secret without the tag', await make('keys/without-tag'), /has no tag cdk-rotating-secret:user/);
  const elsewhere = await make('elsewhere/key', mine.userArn);
  await refuse('a secret with another name, and the tag of a user of the function', elsewhere, /AccessDenied/);
  for (const [whose, name] of [['another secret', theirs.userName], ['no secret', bystander]] as const) {
    const Value = mine.userArn.replace(mine.userName, name);
    await aws.secretsManager.send(new TagResourceCommand({ SecretId: mine.secret.arn, Tags: [{ Key: USER_TAG, Value }] }));
    await refuse(`a secret whose tag was changed to the user of ${whose}`, mine.secret, /is not one of the user that the tag/);
  }

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

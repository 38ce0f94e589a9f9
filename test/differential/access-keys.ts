import { query, textIn } from '../../lambda-src/aws/query';
import { signedCall } from '../../lambda-src/aws/signed-call';
import { Deadline } from '../../lambda-src/rotation/deadline';
import { AccessKeyTarget } from '../../lambda-src/targets/access-key/access-key-target';
import { accessKeysOf } from '../../lambda-src/targets/access-key/access-keys';
import { CredentialValue } from '../../lambda-src/targets/access-key/credential-value';
import { stsAcceptance } from '../../lambda-src/targets/access-key/iam-access-key/target';
import { Checks } from '../../tools/checks';
import { Harness } from '../harness';

const REGION = 'eu-west-1';
const PATH = '/apps/';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/**
 * The shipped target against an independent IAM, with its limit of two access keys: three rotations from the start, a foreign key, and a key
 * that was deleted by hand.
 */
export async function checkAccessKeys(peer: string, endpoint: string, accountId: string): Promise<Checks> {
  const checks = new Checks();
  process.env.AWS_ENDPOINT_URL = endpoint;
  const call = signedCall(undefined, () => ({ accessKeyId: 'test', secretAccessKey: 'test' }));
  const deadline = new Deadline(() => 30_000);
  const user = { accountId, userName: `access-keys-${Date.now()}` };
  const created = await query(call, { service: 'iam', region: REGION, version: '2010-05-08', action: 'CreateUser', parameters: { UserName: user.userName, Path: PATH } }, deadline);
  checks.check(`${peer}: the user has a path`, textIn(created.body, 'Arn')?.endsWith(`user${PATH}${user.userName}`) === true, created);

  const keys = accessKeysOf(user.userName, REGION, call);
  const value = new CredentialValue('accessKeyId', 'secretAccessKey');
  const h = new Harness({ value: '{}', makeTarget: () => new AccessKeyTarget({ keys, value, acceptance: stsAcceptance(user, REGION, call), isUserExclusive: false }) });
  const idsInSecret = () => ['AWSPREVIOUS', 'AWSCURRENT'].map((label) => value.find(h.value(label))?.id).filter((id) => id !== undefined);
  const idsOfUser = async () => (await keys.list(deadline)).map(({ id }) => id);
  const rotate = async () => {
    const rotation = h.start();
    await h.steps(rotation, ...STEPS);
    h.simulator.completeRotation(h.arn);
  };
  const checkKeys = async (what: string, count: number) => {
    const [ours, theirs] = [idsInSecret(), await idsOfUser()];
    checks.check(`${peer}: ${what}`, ours.length === count && new Set(ours).size === count && ours.sort().join() === theirs.sort().join(), { ours, theirs });
  };
  for (const [n, count] of [1, 2, 2].entries()) {
    await rotate();
    await checkKeys(`after rotation ${n + 1}, the user has the keys of AWSCURRENT and AWSPREVIOUS, and no other`, count);
  }

  const current = value.get(h.value('AWSCURRENT')).id;
  await keys.delete(current, deadline);
  await keys.delete(current, deadline);
  await rotate();
  checks.check(`${peer}: a rotation goes on from a key that was deleted by hand`, (await idsOfUser()).join() === value.get(h.value('AWSCURRENT')).id, await idsOfUser());

  const foreign = (await keys.create(deadline))!.accessKeyId;
  checks.check(`${peer}: a third key is one too many`, await keys.create(deadline) === undefined);
  const failure: unknown = await rotate().catch((error: unknown) => error);
  checks.check(`${peer}: a foreign key is named and kept`, String(failure).includes(foreign) && (await idsOfUser()).includes(foreign), failure);
  return checks;
}

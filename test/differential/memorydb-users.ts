import { ask } from '../../lambda-src/aws/ask';
import { signedCall } from '../../lambda-src/aws/signed-call';
import { Deadline } from '../../lambda-src/rotation/deadline';
import { memoryDbUser } from '../../lambda-src/targets/cache-user/memorydb-user/api';
import { memoryDbUserTarget } from '../../lambda-src/targets/cache-user/memorydb-user/target';
import { Checks } from '../../tools/checks';
import { Harness } from '../harness';

const REGION = 'eu-west-1';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** The shipped target against an independent API of MemoryDB, which has no server behind it: what is sent is accepted, and what is read is there. */
export async function checkMemoryDbUsers(peer: string, endpoint: string, accountId: string): Promise<Checks> {
  const checks = new Checks();
  process.env.AWS_ENDPOINT_URL = endpoint;
  const call = signedCall(undefined, () => ({ accessKeyId: 'test', secretAccessKey: 'test' }));
  const deadline = new Deadline(() => 30_000);
  const name = `user-${Date.now()}`;
  const first = 'first-password-of-the-user';
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonMemoryDB.CreateUser' };
  const body = JSON.stringify({ UserName: name, AccessString: 'on ~* +@all', AuthenticationMode: { Type: 'password', Passwords: [first] } });
  const { answer } = await ask(call, { service: 'memorydb', region: REGION, headers, body }, { purpose: 'CreateUser', errorIn: () => undefined }, deadline);
  checks.check(`${peer}: a user of MemoryDB is created`, answer.status === 200, answer);

  const userArn = `arn:aws:memorydb:${REGION}:${accountId}:user/${name}`;
  const user = memoryDbUser(name, REGION, call);
  const before = await user.describe(deadline);
  checks.check(`${peer}: it has its ARN, its name and one password`, before?.arn === userArn && before.name === name && before.passwordCount === 1, before);
  checks.check(`${peer}: a user that doesn't exist is missing`, await memoryDbUser(`${name}-missing`, REGION, call).describe(deadline) === undefined);

  const config = { target: 'memorydb-user', userArn, passwordPolicy: { excludePunctuation: true } };
  const value = JSON.stringify({ username: name, password: first, user_arn: userArn });
  const h = new Harness({ value, config, makeTarget: (given) => memoryDbUserTarget(given, call) });
  const passwords = [first];
  for (let n = 1; n <= 3; n++) {
    await h.steps(h.start(), ...STEPS);
    h.simulator.completeRotation(h.arn);
    passwords.push((JSON.parse(h.value('AWSCURRENT')) as { password: string }).password);
    const after = await user.describe(deadline);
    checks.check(`${peer}: after rotation ${n}, the user has two passwords`, after?.passwordCount === 2 && new Set(passwords).size === n + 1, after);
  }
  return checks;
}

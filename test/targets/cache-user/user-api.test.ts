import type { Answer } from '../../../lambda-src/aws/answer';
import type { ServiceRequest } from '../../../lambda-src/aws/signed-call';
import { Deadline } from '../../../lambda-src/rotation/deadline';
import { elastiCacheUser } from '../../../lambda-src/targets/cache-user/elasticache-user/api';
import { elastiCacheUserTarget } from '../../../lambda-src/targets/cache-user/elasticache-user/target';
import { memoryDbUser } from '../../../lambda-src/targets/cache-user/memorydb-user/api';
import { memoryDbUserTarget } from '../../../lambda-src/targets/cache-user/memorydb-user/target';
import { errorOf } from '../../fixture';

const SECRET = 'a-password-of-sixteen';
const deadline = () => new Deadline(() => 30_000, async () => {});

const SERVICES = [
  {
    name: 'ElastiCache',
    user: elastiCacheUser,
    change: 'elasticache:ModifyUser',
    look: 'elasticache:DescribeUsers',
    refusal: (code: string): Answer => ({ status: 400, body: `<ErrorResponse><Error><Code>${code}</Code><Message>${SECRET}</Message></Error></ErrorResponse>` }),
    empty: { status: 200, body: '<DescribeUsersResponse><DescribeUsersResult><Users/></DescribeUsersResult></DescribeUsersResponse>' },
    partial: { status: 200, body: '<DescribeUsersResponse><DescribeUsersResult><Users><member><UserId>a</UserId></member></Users></DescribeUsersResult></DescribeUsersResponse>' },
    codes: ['UserNotFound', 'InvalidUserState', 'InvalidParameterValue', 'AccessDenied'],
  },
  {
    name: 'MemoryDB',
    user: memoryDbUser,
    change: 'memorydb:UpdateUser',
    look: 'memorydb:DescribeUsers',
    refusal: (code: string): Answer => ({ status: 400, body: JSON.stringify({ __type: `com.amazonaws.memorydb#${code}`, message: SECRET }) }),
    empty: { status: 200, body: '{"Users":[]}' },
    partial: { status: 200, body: '{"Users":[{"Name":"a"}]}' },
    codes: ['UserNotFoundFault', 'InvalidUserStateFault', 'InvalidParameterValueException', 'AccessDeniedException'],
  },
] as const;

describe.each(SERVICES)('$name', ({ user, change, look, refusal, empty, partial, codes: [notFound, state, parameter, denied] }) => {
  const answering = (answer: Answer) => {
    const requests: ServiceRequest[] = [];
    return { requests, api: user('app', 'eu-west-1', async (request) => { requests.push(request); return answer; }) };
  };
  const messageOf = (promise: Promise<unknown>) => promise.then(() => 'nothing', (error: Error) => error.message);

  test('has no user if it says so, or lists none', async () => {
    expect(await answering(refusal(notFound)).api.describe(deadline())).toBeUndefined();
    expect(await answering(empty).api.describe(deadline())).toBeUndefined();
  });

  test('is asked again later if the state of the user doesn\'t allow a change', async () => {
    expect(await answering(refusal(state)).api.setPasswords([SECRET], deadline())).toBe(false);
  });

  test('refuses with what to do, and without its own message', async () => {
    const { api } = answering(refusal(parameter));
    const message = await messageOf(api.setPasswords([SECRET], deadline()));
    expect(message).toBe(`${change} was refused with ${parameter}. The service refuses a password of AWSPENDING or AWSCURRENT, and nothing was changed. Passwords have 16 to 128 characters. Put a value `
      + 'that the service accepts, or correct the passwordPolicy');
    expect(await messageOf(answering(refusal(denied)).api.describe(deadline()))).toMatch(new RegExp(`^${look} was refused with ${denied}\\. Grant it to the role`));
    expect(await messageOf(answering(refusal(notFound)).api.setPasswords([SECRET], deadline()))).toMatch(/does not exist any more/);
    expect(await messageOf(answering(refusal('SomethingElse')).api.setPasswords([SECRET], deadline()))).toMatch(/See the name of the error in the API reference/);
  });

  test.each([['another page', { status: 200, body: `<html>${SECRET}</html>` }], ['a part of a user', partial]])('%s is no answer of the service', async (_, answer) => {
    const { api } = answering(answer);
    for (const message of [await messageOf(api.describe(deadline())), await messageOf(api.setPasswords([SECRET], deadline()))]) {
      expect(message).not.toBe('nothing');
      expect(message).not.toContain(SECRET);
    }
  });
});

test('a target refuses the configuration of another one, and an ARN that is not that of a user', () => {
  const call = async () => ({ status: 200, body: '' });
  const config = { target: 'elasticache-user', userArn: 'arn:aws:elasticache:eu-west-1:111122223333:user:*', passwordPolicy: {} };
  expect(errorOf(() => elastiCacheUserTarget(config, call)).message).toMatch(/userArn is not the ARN of one user/);
  expect(errorOf(() => memoryDbUserTarget(config, call)).message).toMatch(/has the target "elasticache-user"/);
  expect(errorOf(() => memoryDbUserTarget({ ...config, target: 'memorydb-user' }, call)).message).toMatch(/userArn is not the ARN of one user/);
});

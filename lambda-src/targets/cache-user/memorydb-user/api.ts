import { nameOf, type Answer } from '../../../aws/answer';
import { ask, foreign } from '../../../aws/ask';
import type { SignedCall } from '../../../aws/signed-call';
import type { Deadline } from '../../../rotation/deadline';
import { refused, type CacheUserApi } from '../user-api';

/** The part of an answer that is read. */
interface MemoryDbAnswer {
  readonly Users?: readonly User[];
  readonly User?: User;
  readonly __type?: unknown;
  readonly code?: unknown;
}

interface User {
  readonly ARN?: unknown;
  readonly Name?: unknown;
  readonly Status?: unknown;
  readonly Authentication?: { readonly Type?: unknown; readonly PasswordCount?: unknown };
}

/**
 * A user of MemoryDB.
 *
 * @see https://docs.aws.amazon.com/memorydb/latest/APIReference/API_UpdateUser.html
 */
export function memoryDbUser(userName: string, region: string, call: SignedCall): CacheUserApi {
  const request = async (action: string, input: object, deadline: Deadline) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AmazonMemoryDB.${action}` };
    const { answer, error } = await ask(call, { service: 'memorydb', region, headers, body: JSON.stringify(input) }, { purpose: action, errorIn }, deadline);
    return { error, status: answer.status, content: parse(answer.body) };
  };
  return {
    async describe(deadline) {
      const { error, status, content } = await request('DescribeUsers', { UserName: userName }, deadline);
      if (error === 'UserNotFoundFault') { return undefined; }
      if (error !== undefined) { throw refused('memorydb:DescribeUsers', error); }
      if (!Array.isArray(content?.Users)) { throw foreign('memorydb', 'DescribeUsers', status); }
      const [user] = content.Users as readonly User[];
      if (!(user as User | undefined)) { return undefined; }
      const [arn, name, state, type] = [user.ARN, user.Name, user.Status, user.Authentication?.Type].map((text) => typeof text === 'string' ? text : undefined);
      if (arn === undefined || name === undefined || state === undefined || type === undefined) { throw foreign('memorydb', 'DescribeUsers', status); }
      return { arn, name, status: state, authentication: type, passwordCount: Number(user.Authentication?.PasswordCount ?? 0) };
    },

    async setPasswords(passwords, deadline) {
      const { error, status, content } = await request('UpdateUser', { UserName: userName, AuthenticationMode: { Type: 'password', Passwords: passwords } }, deadline);
      if (error === 'InvalidUserStateFault') { return false; }
      if (error !== undefined) { throw refused('memorydb:UpdateUser', error); }
      if (!content?.User) { throw foreign('memorydb', 'UpdateUser', status); }
      return true;
    },
  };
}

function errorIn({ status, body, errorType }: Answer): string | undefined {
  if (status === 200) { return undefined; }
  const content = parse(body);
  return nameOf(errorType, content?.__type, content?.code);
}

function parse(body: string): MemoryDbAnswer | undefined {
  try {
    return JSON.parse(body) as MemoryDbAnswer | null ?? undefined;
  } catch {
    return undefined;
  }
}

import { foreign } from '../../../aws/ask';
import { query, textIn, type Query } from '../../../aws/query';
import type { SignedCall } from '../../../aws/signed-call';
import type { Deadline } from '../../../rotation/deadline';
import { refused, type CacheUserApi } from '../user-api';

/** https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyUser.html */
const VERSION = '2015-02-02';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };

/** A user of ElastiCache. */
export function elastiCacheUser(userId: string, region: string, call: SignedCall): CacheUserApi {
  const ask = (action: string, parameters: Query['parameters'], deadline: Deadline) => query(call, { service: 'elasticache', region, version: VERSION, action, parameters }, deadline);
  return {
    async describe(deadline) {
      const { error, body, status } = await ask('DescribeUsers', { UserId: userId }, deadline);
      if (error === 'UserNotFound') { return undefined; }
      if (error !== undefined) { throw refused('elasticache:DescribeUsers', error); }
      if (!body.includes('<DescribeUsersResult>')) { throw foreign('elasticache', 'DescribeUsers', status); }
      if (!body.includes('<UserId>')) { return undefined; }
      const name = /<UserName>([^<]+)<\/UserName>/.exec(body)?.[1].replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => ENTITIES[entity]);
      const [arn, state] = ['ARN', 'Status'].map((element) => textIn(body, element));
      const authentication = /<Authentication>.*?<\/Authentication>/s.exec(body)?.[0] ?? '';
      const type = textIn(authentication, 'Type');
      if (arn === undefined || name === undefined || state === undefined || type === undefined) { throw foreign('elasticache', 'DescribeUsers', status); }
      return { arn, name, status: state, authentication: type, passwordCount: Number(textIn(authentication, 'PasswordCount') ?? 0) };
    },

    async setPasswords(passwords, deadline) {
      // Without AuthenticationMode, a user that has no password isn't changed into one that has.
      const { error, body, status } = await ask('ModifyUser', { UserId: userId, ...Object.fromEntries(passwords.map((password, i) => [`Passwords.member.${i + 1}`, password])) }, deadline);
      if (error === 'InvalidUserState') { return false; }
      if (error !== undefined) { throw refused('elasticache:ModifyUser', error); }
      if (!body.includes('<ModifyUserResult>')) { throw foreign('elasticache', 'ModifyUser', status); }
      return true;
    },
  };
}

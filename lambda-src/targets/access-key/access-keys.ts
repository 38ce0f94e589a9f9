import { foreign } from '../../aws/ask';
import { query, textIn, type Query, type QueryAnswer } from '../../aws/query';
import type { Credentials } from '../../aws/signature';
import type { SignedCall } from '../../aws/signed-call';
import type { Deadline } from '../../rotation/deadline';
import { TargetRefusedError } from '../../rotation/errors';

/** What IAM shows of an access key at any time. */
export interface AccessKeyInfo {
  readonly id: string;
  /** In milliseconds. */
  readonly createdAt: number;
}

/** What IAM shows only once. */
export type AccessKey = Pick<Credentials, 'accessKeyId' | 'secretAccessKey'>;

/** The access keys of one user. */
export interface AccessKeys {
  list(deadline: Deadline): Promise<AccessKeyInfo[]>;
  /** Undefined if the user has reached the limit. */
  create(deadline: Deadline): Promise<AccessKey | undefined>;
  /** Whether a key was ever used, as far as IAM knows by now. */
  wasUsed(accessKeyId: string, deadline: Deadline): Promise<boolean>;
  /** Does nothing if there is no such key. */
  delete(accessKeyId: string, deadline: Deadline): Promise<void>;
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html */
const VERSION = '2010-05-08';

/** What to do about an error, by its name: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const REMEDIES: Readonly<Record<string, string>> = {
  AccessDenied: 'Grant it to the role of the RotationFunction, or look for a policy that denies it: a permissions boundary, a service control policy, or one on the VPC endpoint. If the user was imported '
    + 'and has a path, import it with User.fromUserArn, with the path in the ARN',
  NoSuchEntity: 'The user does not exist any more. Deploy it again, or give another user to the RotationTarget',
  Throttling: 'Calls were throttled, and retries did not help. Spread the rotation schedules of the account over more time',
  ServiceFailure: 'IAM failed. Secrets Manager retries the rotation',
};

/** The access keys of a user, from IAM. */
export function accessKeysOf(userName: string, region: string, call: SignedCall): AccessKeys {
  const ofUser = { UserName: userName };
  const ask = async (action: string, deadline: Deadline, parameters: Query['parameters'] = ofUser, isRepeatable = true): Promise<QueryAnswer> =>
    query(call, { service: 'iam', region, version: VERSION, action, parameters, isRepeatable }, deadline);
  const refused = (action: string, { error = '' }: QueryAnswer) =>
    new TargetRefusedError(`iam:${action} for the user ${userName} was refused with ${error}. ${REMEDIES[error] ?? 'See the name of the error in the API reference of IAM'}`, error);
  return {
    async list(deadline) {
      const answer = await ask('ListAccessKeys', deadline);
      if (answer.error !== undefined) { throw refused('ListAccessKeys', answer); }
      if (!answer.body.includes('<ListAccessKeysResult>')) { throw foreign('iam', 'ListAccessKeys', answer.status); }
      return [...answer.body.matchAll(/<member>(.*?)<\/member>/gs)].map(([, member]) => {
        const [id, created] = [textIn(member, 'AccessKeyId'), Date.parse(textIn(member, 'CreateDate') ?? '')];
        if (id === undefined || Number.isNaN(created)) { throw foreign('iam', 'ListAccessKeys', answer.status); }
        return { id, createdAt: created };
      });
    },

    async create(deadline) {
      // Not idempotent: two calls may create two keys, and show one.
      const answer = await ask('CreateAccessKey', deadline, ofUser, false);
      if (answer.error === 'LimitExceeded') { return undefined; }
      if (answer.error !== undefined) { throw refused('CreateAccessKey', answer); }
      const [accessKeyId, secretAccessKey] = [textIn(answer.body, 'AccessKeyId'), textIn(answer.body, 'SecretAccessKey')];
      if (accessKeyId === undefined || secretAccessKey === undefined) { throw foreign('iam', 'CreateAccessKey', answer.status); }
      return { accessKeyId, secretAccessKey };
    },

    async wasUsed(accessKeyId, deadline) {
      // The operation takes no user name.
      const answer = await ask('GetAccessKeyLastUsed', deadline, { AccessKeyId: accessKeyId });
      if (answer.error !== undefined) { throw refused('GetAccessKeyLastUsed', answer); }
      if (!answer.body.includes('<GetAccessKeyLastUsedResult>')) { throw foreign('iam', 'GetAccessKeyLastUsed', answer.status); }
      return answer.body.includes('<LastUsedDate>');
    },

    async delete(accessKeyId, deadline) {
      const answer = await ask('DeleteAccessKey', deadline, { ...ofUser, AccessKeyId: accessKeyId });
      if (answer.error !== undefined && answer.error !== 'NoSuchEntity') { throw refused('DeleteAccessKey', answer); }
      if (answer.error === undefined && !answer.body.includes('<DeleteAccessKeyResponse')) { throw foreign('iam', 'DeleteAccessKey', answer.status); }
    },
  };
}

/*
 * The shipped targets whose credentials a server issues, with IAM, AWS STS and SES in memory. Only the network is replaced: requests are forms,
 * and answers are XML.
 */
import { ISSUE, type Perform } from './subjects';
import type { SignedCall } from '../../lambda-src/aws/signed-call';
import { AccessKeyTarget, type AccessKeyTargetParts } from '../../lambda-src/targets/access-key/access-key-target';
import { accessKeysOf } from '../../lambda-src/targets/access-key/access-keys';
import { CredentialValue } from '../../lambda-src/targets/access-key/credential-value';
import { stsAcceptance } from '../../lambda-src/targets/access-key/iam-access-key/target';
import { smtpAcceptance } from '../../lambda-src/targets/access-key/ses-smtp/target';
import { lastUsed } from '../../servers/stand-ins/iam-server';
import type { IssuingServer } from '../../servers/stand-ins/issuing-server';
import type { UserIds } from '../../src/targets/access-key/contract';

export const REGION = 'eu-west-1';
export const USER = { accountId: '111122223333', userName: 'app' };
/** An operation of the proof: trying a credential. */
export const USE = 'use a key';

type Kind = 'iam' | 'ses';

/** The parts of a shipped target, for one user of a server in memory. Every request is a separate call. */
export function partsOf(server: IssuingServer, perform: Perform, isUserExclusive: boolean, kind: Kind = 'iam', user: UserIds = USER): AccessKeyTargetParts {
  const call = serviceCall(server, perform, user);
  const keys = accessKeysOf(user.userName, REGION, call);
  const now = () => server.now;
  if (kind === 'iam') {
    return { keys, value: new CredentialValue('accessKeyId', 'secretAccessKey'), acceptance: stsAcceptance(user, REGION, call), isUserExclusive, now };
  }
  const logIn = ({ id, secret }: { id: string; secret: string }) => perform(USE, 'read', async () => server.logIn(id, secret));
  return { keys, value: new CredentialValue('username', 'password'), acceptance: smtpAcceptance(keys, REGION, logIn), isUserExclusive, now };
}

export function accessKeyTarget(server: IssuingServer, perform: Perform, isUserExclusive: boolean, kind: Kind = 'iam'): AccessKeyTarget {
  return new AccessKeyTarget(partsOf(server, perform, isUserExclusive, kind));
}

const result = (action: string, content = '') => ({ status: 200, body: `<${action}Response><${action}Result>${content}</${action}Result></${action}Response>` });
const refusal = (status: number, code: string) => ({ status, body: `<ErrorResponse><Error><Code>${code}</Code><Message>p4ssw0rd</Message></Error></ErrorResponse>` });

/** IAM and AWS STS, with the operations of the targets. */
function serviceCall(server: IssuingServer, perform: Perform, user: UserIds): SignedCall {
  return async ({ service, body, credentials }) => {
    const { Action: action, UserName: userName, AccessKeyId: id } = Object.fromEntries(new URLSearchParams(String(body)));
    if (service === 'iam' && action !== 'GetAccessKeyLastUsed' && userName !== user.userName) { throw new Error(`${action} for ${userName}`); }
    switch (action) {
      case 'ListAccessKeys': return result(action, await perform('list the keys', 'read', async () => `<AccessKeyMetadata>${server.list().map(memberOf).join('')}</AccessKeyMetadata>`));
      case 'GetAccessKeyLastUsed': return result(action, await perform('see whether a key was used', 'read', async () => lastUsed(server, id)));
      case 'DeleteAccessKey': return (await perform(`revoke ${id}`, 'write', async () => server.revoke(id))) ? result(action) : refusal(404, 'NoSuchEntity');
      case 'GetCallerIdentity': {
        const { accessKeyId, secretAccessKey } = credentials!;
        return await perform(USE, 'read', async () => server.use({ id: accessKeyId, secret: secretAccessKey }))
          ? result(action, `<Arn>arn:aws:iam::${user.accountId}:user/some/path/${user.userName}</Arn>`) : refusal(403, 'InvalidClientTokenId');
      }
      case 'CreateAccessKey': {
        const key = await perform(ISSUE, 'write', async () => server.issue());
        if (!key) { return refusal(409, 'LimitExceeded'); }
        return result(action, `<AccessKey><AccessKeyId>${key.id}</AccessKeyId><SecretAccessKey>${key.secret}</SecretAccessKey></AccessKey>`);
      }
      default: throw new Error(action);
    }
  };
}

function memberOf({ id, issuedAt }: { id: string; issuedAt: number }): string {
  return `<member><UserName>${USER.userName}</UserName><AccessKeyId>${id}</AccessKeyId><Status>Active</Status><CreateDate>${new Date(issuedAt).toISOString()}</CreateDate></member>`;
}


import type { HandlerConfig } from '../../../../src/contract';
import { parseUserArn, type UserIds } from '../../../../src/targets/access-key/contract';
import { parseIamAccessKeyConfig } from '../../../../src/targets/access-key/iam-access-key/contract';
import { foreign } from '../../../aws/ask';
import { query, textIn } from '../../../aws/query';
import type { SignedCall } from '../../../aws/signed-call';
import { SecretMismatchError, TargetRefusedError } from '../../../rotation/errors';
import type { Target } from '../../../target';
import type { Acceptance } from '../access-key-target';
import { accessKeysOf } from '../access-keys';
import { CredentialValue } from '../credential-value';
import { regionOfFunction } from '../environment';
import { targetOf } from '../tagged-user-target';

/** https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html */
const VERSION = '2011-06-15';

/** Errors by which AWS STS says that it doesn't know a key, or not yet: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const NOT_ACCEPTED = ['InvalidClientTokenId', 'SignatureDoesNotMatch', 'UnrecognizedClientException'];

/** @throws Error if the configuration is that of another asset, or has no ARN of a user */
export function iamAccessKeyTarget(given: HandlerConfig, call: SignedCall): Target {
  const config = parseIamAccessKeyConfig(given);
  const region = regionOfFunction();
  const value = new CredentialValue(config.accessKeyIdKey, config.secretAccessKeyKey);
  return targetOf(config.userArn, value, (user) => ({
    keys: accessKeysOf(user.userName, region, call),
    value,
    acceptance: stsAcceptance(user, region, call),
    isUserExclusive: config.isUserExclusive ?? false,
  }));
}

/** Asks AWS STS for the owner of a key. No policy has to allow that, and none can deny it. */
export function stsAcceptance(user: UserIds, region: string, call: SignedCall): Acceptance {
  return {
    secretOf: ({ secretAccessKey }) => secretAccessKey,
    async accepts({ id, secret }, deadline) {
      const credentials = { accessKeyId: id, secretAccessKey: secret };
      const answer = await query(call, { service: 'sts', region, version: VERSION, action: 'GetCallerIdentity', credentials, isOnNewConnection: true }, deadline);
      if (answer.error !== undefined) {
        if (NOT_ACCEPTED.includes(answer.error)) { return false; }
        throw new TargetRefusedError(`sts:GetCallerIdentity with the access key ${id} was refused with ${answer.error}. See the name of the error in the API reference of AWS STS`, answer.error);
      }
      const arn = textIn(answer.body, 'Arn');
      if (arn === undefined) { throw foreign('sts', 'GetCallerIdentity', answer.status); }
      const found = parseUserArn(arn);
      // User names are unique in an account, whatever their paths.
      if (found?.accountId === user.accountId && found.userName === user.userName) { return true; }
      throw new SecretMismatchError(`The access key ${id} is not one of the user ${user.userName}. Remove AWSPENDING from the version that has it with UpdateSecretVersionStage, and rotate again`);
    },
  };
}

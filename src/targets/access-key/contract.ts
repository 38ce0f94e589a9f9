import { fieldsOf, type TargetConfig } from '../../contract';

/** The service of the user's access keys takes no other characters in an ARN of a user. */
const USER_ARN = /^arn:[\w-]+:iam::(\d{12}):user\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,64})$/;

/** How many access keys a user of IAM has at most: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const MAX_ACCESS_KEYS = 2;

/** The tag of a secret that has the ARN of its user, if a function rotates the keys of several. */
export const USER_TAG = 'cdk-rotating-secret:user';

/** What every target has that rotates the access key of a user. */
export interface AccessKeyTargetConfig extends TargetConfig {
  /** Absent if each secret has a tag that names its own user. */
  readonly userArn?: string;
  /** Whether nobody else makes access keys of the user. */
  readonly isUserExclusive?: boolean;
}

export interface UserIds {
  readonly accountId: string;
  readonly userName: string;
}

/** What the ARN of a user says; undefined if it isn't one. */
export function parseUserArn(arn: string): UserIds | undefined {
  const [, accountId, userName] = USER_ARN.exec(arn) ?? [];
  return accountId === undefined ? undefined : { accountId, userName };
}

/** The fields that the targets share. */
export function accessKeyFieldsOf<Target extends string>(config: TargetConfig, target: Target) {
  const { requiredText, flag, passwordPolicy, text, ...fields } = fieldsOf(config, target);
  return { common: { target: fields.target, passwordPolicy, userArn: text('userArn'), isUserExclusive: flag('isUserExclusive') }, text, requiredText };
}

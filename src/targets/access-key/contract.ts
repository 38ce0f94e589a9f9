import { fieldsOf, type TargetConfig } from '../../contract';

/** IAM accepts no other characters in the ARN of a user. */
const USER_ARN = /^arn:[\w-]+:iam::(\d{12}):user\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,64})$/;

/** The limit of access keys of an IAM user: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const MAX_ACCESS_KEYS = 2;

/** The tag of a secret with the ARN of its user, for a function that rotates the keys of several users. */
export const USER_TAG = 'cdk-rotating-secret:user';

/** The configuration of targets that rotate access keys. */
export interface AccessKeyTargetConfig extends TargetConfig {
  /** Absent if each secret has a tag with the ARN of its user. */
  readonly userArn?: string;
  /** Whether nothing else creates access keys of the user. */
  readonly isUserExclusive?: boolean;
}

export interface UserIds {
  readonly accountId: string;
  readonly userName: string;
}

/** The parts of a user's ARN. Undefined if it is not the ARN of a user. */
export function parseUserArn(arn: string): UserIds | undefined {
  const [, accountId, userName] = USER_ARN.exec(arn) ?? [];
  return accountId === undefined ? undefined : { accountId, userName };
}

/** The fields that the targets share. */
export function accessKeyFieldsOf<Target extends string>(config: TargetConfig, target: Target) {
  const { requiredText, flag, passwordPolicy, text, ...fields } = fieldsOf(config, target);
  return { common: { target: fields.target, passwordPolicy, userArn: text('userArn'), isUserExclusive: flag('isUserExclusive') }, text, requiredText };
}

import { Annotations, Duration, Stack, Stage, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnSecret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { isAdministrator } from './administrator';
import { MAX_ACCESS_KEYS, parseUserArn, USER_TAG, type AccessKeyTargetConfig } from './contract';
import { rootOf } from '../../adopted/databases';
import type { RotatedSecrets } from '../../function/rotated-secrets';
import { invalid } from '../../invalid';
import { TargetDefinition, type TargetBinding } from '../definition';

/** The user or the users whose access keys are rotated. */
export interface AccessKeyOwner {
  readonly user?: iam.IUser;
  readonly users?: iam.IUser[];
  readonly exclusiveUser?: boolean;
}

/** A role's inline policies may have 10,240 characters together. The ARNs of so many users fit, with the longest names and without paths. */
const MAX_USERS = 75;
/** The characters of all known ARNs together in the policy. The rest of the 10,240 is for the other statements. */
const MAX_ARNS = 7_000;
/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html */
const MAX_TAG_VALUE = 256;

/** The function that rotates the keys of each user's ARN, for each app. For each stage if the ARN isn't known. */
const rotatedUsers = new WeakMap<IConstruct, Map<string, string>>();

/** The access keys of an IAM user, in any format. */
export abstract class AccessKeyTargetDefinition extends TargetDefinition {
  public override readonly makesOwnValue = true;
  public override readonly valueBeforeFirst = '{}';
  // A new key may take a minute until it is accepted everywhere, and a rotation polls until then.
  public override readonly timeout = Duration.minutes(2);

  private readonly users: readonly iam.IUser[];

  constructor(private readonly owner: AccessKeyOwner) {
    super({});
    const { user, users = [], exclusiveUser = false } = owner;
    if ((user === undefined) === (users.length === 0)) {
      throw invalid('user', `is ${user === undefined ? 'not given, and neither is users' : 'given together with users'}. Give user, or users for a function that rotates the access keys of several`);
    }
    if (users.length > MAX_USERS) {
      throw invalid('users', `has ${users.length} users, and the policy of the function has room for ${MAX_USERS}. Give the others to another RotationFunction`);
    }
    if (exclusiveUser && user === undefined) {
      throw invalid('exclusiveUser', 'is given together with users. A principal that may tag a secret chooses its user, so the function must not delete access keys that it does not know. Leave out exclusiveUser, '
        + 'or give user');
    }
    this.users = user ? [user] : users;
  }

  public override bind(fn: lambda.Function, secrets: RotatedSecrets): TargetBinding {
    const { users } = this;
    const { user: only, exclusiveUser = false } = this.owner;
    if (only === undefined) { checkFleet(users, secrets); }
    for (const user of users) {
      checkUser(user, fn);
      claimUser(user, fn);
    }
    const rotated: ISecret[] = [];
    fn.node.addValidation({
      validate: () => {
        for (const user of users) { warnOfAdministrator(user, fn); }
        return only ? [] : findTagProblems(rotated, users, fn);
      },
    });
    return {
      statements: [new iam.PolicyStatement({
        sid: 'RotateAccessKeys',
        actions: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys', ...exclusiveUser ? ['iam:GetAccessKeyLastUsed'] : []],
        resources: users.map(({ userArn }) => userArn),
      })],
      names: users,
      checkSecret: (secret) => {
        const other = rotated.find((each) => each !== secret);
        if (only && other) {
          throw invalid('secret', `${secret.node.path} is rotated by the function ${fn.node.path}, which rotates the access keys of the user ${only.node.path} for ${other.node.path}. A user has `
            + `at most ${MAX_ACCESS_KEYS} access keys, and one secret needs both. Give each secret a user, with users in place of user, or with a RotationFunction of its own`);
        }
        if (!rotated.includes(secret)) {
          warnOfOtherStack(secret, fn);
          rotated.push(secret);
        }
      },
    };
  }

  protected get common(): Pick<AccessKeyTargetConfig, 'userArn' | 'isUserExclusive' | 'passwordPolicy'> {
    const { user, exclusiveUser = false } = this.owner;
    return { userArn: user?.userArn, isUserExclusive: exclusiveUser ? true : undefined, passwordPolicy: {} };
  }
}

/** Throws if the function couldn't rotate the keys of all these users, or could put a key into any secret of the account. */
function checkFleet(users: readonly iam.IUser[], secrets: RotatedSecrets): void {
  if (!secrets.hasPrefix) {
    throw invalid('users', 'is given, and the RotationFunction has no secretNamePrefix. Give the RotationFunction a secretNamePrefix, so that a secret of another name in the account can not have an access key '
      + 'of these users put into it');
  }
  const known = users.filter(({ userArn }) => !Token.isUnresolved(userArn));
  const long = known.find(({ userArn }) => userArn.length > MAX_TAG_VALUE);
  if (long) {
    throw invalid('users', `has ${long.node.path}, whose ARN has ${long.userArn.length} characters. The ARN goes into the tag ${USER_TAG} of a secret, and the value of a tag has at most ${MAX_TAG_VALUE}. Give the user a `
      + 'shorter path, or a RotationFunction of its own with user');
  }
  const length = known.reduce((sum, { userArn }) => sum + userArn.length, 0);
  if (length > MAX_ARNS) {
    throw invalid('users', `has ${known.length} ARNs with ${length} characters together, and the policy of the function has room for ${MAX_ARNS}. Give some of the users to another RotationFunction`);
  }
}

function checkUser(user: iam.IUser, fn: lambda.Function): void {
  const { userArn } = user;
  const ids = Token.isUnresolved(userArn) ? undefined : parseUserArn(userArn);
  if (!Token.isUnresolved(userArn) && ids === undefined) {
    throw invalid('user', `${user.node.path} has the ARN ${userArn}, which is not that of a user. Import the user with User.fromUserArn, with an ARN such as arn:aws:iam::111122223333:user/path/name`);
  }
  const theirs = ids?.accountId ?? user.env.account;
  const ours = fn.env.account;
  if (!Token.isUnresolved(theirs) && !Token.isUnresolved(ours) && theirs !== ours) {
    throw invalid('user', `${user.node.path} is of the account ${theirs}, and the RotationFunction of ${ours}. No account may create access keys of users of another one. Put the function and the secret into `
      + 'the account of the user');
  }
}

function claimUser({ userArn, node: { path } }: iam.IUser, fn: lambda.Function): void {
  // Stages may be in different accounts, with users of the same names.
  const root = Token.isUnresolved(userArn) ? Stage.of(fn) ?? fn.node.root : fn.node.root;
  const functions = rotatedUsers.get(root) ?? new Map<string, string>();
  rotatedUsers.set(root, functions);
  const other = functions.get(userArn);
  if (other !== undefined) {
    throw invalid('user', `the access keys of ${path} are rotated by the function ${other}. A user has at most ${MAX_ACCESS_KEYS} access keys, and one secret needs both. Give each secret a user of its own`);
  }
  functions.set(userArn, fn.node.path);
}

/** Errors and warnings about the tags that name the user of each secret. */
function findTagProblems(secrets: readonly ISecret[], users: readonly iam.IUser[], fn: lambda.Function): string[] {
  const textOf = (scope: IConstruct, value: unknown) => JSON.stringify(Stack.of(scope).resolve(value));
  const owners = new Map<iam.IUser, ISecret>();
  return secrets.flatMap((secret) => {
    const resource = rootOf(secret.secretArn);
    // The tags of an imported secret aren't known.
    if (!(resource instanceof CfnSecret)) { return []; }
    const tags = Stack.of(resource).resolve(resource.tags.renderTags()) as { readonly key?: string; readonly value?: unknown }[] | undefined ?? [];
    const tag = tags.find(({ key }) => key === USER_TAG);
    const remedy = 'Tag each secret with Tags.of(secret).add and the userArn of its user, which is one of users';
    if (tag === undefined) { return [`secret: ${secret.node.path} has no tag ${USER_TAG}, and the function ${fn.node.path} rotates the access keys of several users. ${remedy}`]; }
    const user = users.find(({ userArn }) => textOf(resource, userArn) === JSON.stringify(tag.value));
    if (user === undefined) { return [`secret: the tag ${USER_TAG} of ${secret.node.path} is none of the users of the function ${fn.node.path}. ${remedy}`]; }
    const other = owners.get(user);
    owners.set(user, secret);
    return other === undefined ? [] : [`secret: ${secret.node.path} and ${other.node.path} have the same user in the tag ${USER_TAG}, ${user.node.path}. A user has at most ${MAX_ACCESS_KEYS} access keys, and `
      + 'one secret needs both. Give each secret a user'];
  });
}

/**
 * Warns that the policy of the function can't name the secret. A key could then get into any secret that has this function as its rotation
 * function.
 */
function warnOfOtherStack(secret: ISecret, fn: lambda.Function): void {
  if (Stack.of(secret) === Stack.of(fn)) { return; }
  Annotations.of(secret).addWarningV2('cdk-rotating-secret:keyForOtherSecrets', `secret: ${secret.node.path} is in another stack than the function ${fn.node.path}, whose policy therefore allows every secret `
    + 'that has it as its rotation function. A principal that may choose the rotation function of a secret can get an access key of the user. Put both into one stack, or limit the names with '
    + 'secretNamePrefix and acknowledge this warning');
}

function warnOfAdministrator(user: iam.IUser, fn: lambda.Function): void {
  const right = isAdministrator(user);
  if (right === undefined) { return; }
  Annotations.of(fn).addWarningV2('cdk-rotating-secret:administrator', `user: ${user.node.path} has ${right}, so each reader of the secret may do everything in the account. Give the user only what the `
    + 'readers of the secret need');
}

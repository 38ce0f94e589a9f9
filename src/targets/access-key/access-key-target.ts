import { Annotations, Duration, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnSecret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { isAdministrator } from './administrator';
import { MAX_ACCESS_KEYS, parseUserArn, type AccessKeyTargetConfig } from './contract';
import { rootOf } from '../../adopted/databases';
import { invalid } from '../../invalid';
import { generatorIn } from '../../value/generator';
import { TargetDefinition, type TargetBinding } from '../definition';

/** Whose access keys are rotated. */
export interface AccessKeyOwner {
  readonly user: iam.IUser;
  readonly exclusiveUser?: boolean;
}

/** The functions that rotate the keys of users, by the users' ARNs, in each app. */
const rotatedUsers = new WeakMap<IConstruct, Map<string, string>>();

/** The access keys of a user of IAM, in any shape. */
export abstract class AccessKeyTargetDefinition extends TargetDefinition {
  public override readonly makesOwnValue = true;
  public override readonly valueBeforeFirst = '{}';
  // A new key takes up to a minute until it is accepted everywhere, and a rotation looks again until then.
  public override readonly timeout = Duration.minutes(2);

  constructor(private readonly owner: AccessKeyOwner) {
    super({});
  }

  public override bind(fn: lambda.Function): TargetBinding {
    const { user } = this.owner;
    checkUser(user, fn);
    claimUser(user, fn);
    fn.node.addValidation({
      validate: () => {
        warnOfAdministrator(user, fn);
        return [];
      },
    });
    let rotated: ISecret | undefined;
    return {
      statements: [new iam.PolicyStatement({
        sid: 'RotateAccessKeys',
        actions: ['iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
        resources: [user.userArn],
      })],
      names: [user],
      checkSecret: (secret) => {
        checkValueOf(secret, this.factory);
        if (rotated !== undefined && rotated !== secret) {
          throw invalid('secret', `${secret.node.path} is rotated by the function ${fn.node.path}, which rotates the access keys of the user ${user.node.path} for ${rotated.node.path}. A user has `
            + `at most ${MAX_ACCESS_KEYS} access keys, and one secret needs both. Give each secret a user and a RotationFunction`);
        }
        rotated = secret;
      },
    };
  }

  protected get common(): Pick<AccessKeyTargetConfig, 'userArn' | 'isUserExclusive' | 'passwordPolicy'> {
    const { user, exclusiveUser = false } = this.owner;
    return { userArn: user.userArn, isUserExclusive: exclusiveUser ? true : undefined, passwordPolicy: {} };
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
  const { root } = fn.node;
  const functions = rotatedUsers.get(root) ?? new Map<string, string>();
  rotatedUsers.set(root, functions);
  const other = functions.get(userArn);
  if (other !== undefined) {
    throw invalid('user', `the access keys of ${path} are rotated by the function ${other}. A user has at most ${MAX_ACCESS_KEYS} access keys, and one secret needs both. Give each secret a user of its own`);
  }
  functions.set(userArn, fn.node.path);
}

/** Throws for a secret that was generated as a whole: no key can be put into it. */
function checkValueOf(secret: ISecret, factory: string): void {
  const resource = rootOf(secret.secretArn);
  const generated = resource instanceof CfnSecret ? generatorIn(resource) : undefined;
  if (generated === undefined || generated.secretStringTemplate !== undefined) { return; }
  throw invalid('secret', `${secret.node.path} is generated as one string, and ${factory} puts an access key into a JSON object. Make a RotatingSecret instead, or give the secret a value such as {}`);
}

function warnOfAdministrator(user: iam.IUser, fn: lambda.Function): void {
  const right = isAdministrator(user);
  if (right === undefined) { return; }
  Annotations.of(fn).addWarningV2('cdk-rotating-secret:administrator', `user: ${user.node.path} has ${right}, so whoever may read the secret may do everything in the account. Give the user only what the `
    + 'readers of the secret need');
}

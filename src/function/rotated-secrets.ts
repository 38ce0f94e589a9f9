import { Annotations, Lazy, Names, Stack, Token, type IResolveContext } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { arnOfPrefix, arnsOf, independentArnsOf, nameOf } from './secret-arns';
import { invalid } from '../invalid';

/** The encryption context that Secrets Manager gives to AWS KMS: the complete ARN of the secret. */
const ENCRYPTED_SECRET = 'kms:EncryptionContext:SecretARN';

const AWS_MANAGED_KEY = 'alias/aws/secretsmanager';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
const NAME_PREFIX = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
const MAX_POLICY_NAME = 128;
/** With a hyphen before it. The longest name today has 16 characters. */
const MAX_REGION_NAME = 32;

/**
 * How many ARNs a policy names. A role's inline policies may have 10,240 characters together. With the longest names, the two lists of ARNs in
 * the policy of a function fit into them.
 */
export const MAX_NAMED_SECRETS = 5;

interface RotatedSecret {
  readonly secret: ISecret;
  /** The stack of the secret's schedule, which refers to the secret. */
  readonly stack: Stack;
}

/**
 * The secrets of one rotation function, as its policies name them. A few are named by their ARNs. More are named in constant size, by the
 * rotation function that Secrets Manager has for each.
 */
export class RotatedSecrets {
  private readonly secrets: RotatedSecret[] = [];

  /**
   * @param prefix of the names of all secrets
   * @param hasOwnRole whether the function has a role of its own. A shared role may have no room for more ARNs
   */
  constructor(private readonly fn: lambda.Function, private readonly prefix: string = '', private readonly hasOwnRole = true) {}

  /** Whether the function may rotate only secrets whose names begin with a prefix. */
  public get hasPrefix(): boolean { return this.prefix !== ''; }

  /** Throws if the name of a secret doesn't begin with the prefix. */
  public checkName(secret: ISecret): void {
    if (this.prefix === '' || Token.isUnresolved(this.prefix)) { return; }
    const name = nameOf(secret);
    if (name === undefined) {
      Annotations.of(secret).addWarningV2('cdk-rotating-secret:secretNameUnknown', `secretName: of ${secret.node.path} is not known here, and the function ${this.fn.node.path} `
        + `may rotate only secrets whose names begin with its secretNamePrefix, ${this.prefix}. Give the secret a secretName with the prefix`);
    } else if (!name.startsWith(this.prefix)) {
      throw invalid('secretName', `of ${secret.node.path} is ${name}, and the function ${this.fn.node.path} may rotate only secrets whose names begin with its `
        + `secretNamePrefix, ${this.prefix}. Change one of the two, or rotate the secret with another function`);
    }
  }

  /** @param scheduleScope the scope of the secret's schedule */
  public add(secret: ISecret, scheduleScope: Construct): void {
    this.secrets.push({ secret, stack: Stack.of(scheduleScope) });
  }

  /** The resource of a statement in the function's policy. The token stands for one ARN or several. */
  public get resource(): string {
    return this.resourceIn(this.hasOwnRole);
  }

  /** The resource for another role, which names at most one secret. */
  public get resourceForOthers(): string {
    return this.resourceIn(false);
  }

  private resourceIn(mayNameMany: boolean): string {
    const stack = Stack.of(this.fn);
    // CDK prints customized roles outside of a template. References don't work there, and each token has to be one string.
    const isInTemplate = ({ documentPath }: IResolveContext) => documentPath.length > 0;
    const produce = (context: IResolveContext) =>
      oneOrAll((isInTemplate(context) ? this.fewArns(stack, this.secrets, mayNameMany) : undefined) ?? [arnOfPrefix(this.fn, this.prefix)]);
    return Token.asString(Lazy.uncachedAny({ produce }));
  }

  /** @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html */
  public get rotatedByFunction(): Record<string, unknown> {
    return { 'secretsmanager:resource/AllowRotationLambdaArn': this.fn.functionArn };
  }

  /**
   * Only on behalf of Secrets Manager. If there are few secrets, only for these secrets.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
   * @param stack of the policy
   * @param secrets that are encrypted with the keys
   * @param isForOthers whether the policy is of another role
   */
  public keyConditions(stack: Stack, secrets: readonly RotatedSecret[], isForOthers: boolean): Record<string, unknown> {
    const produce = () => {
      const arns = this.fewArns(stack, secrets, this.hasOwnRole && !isForOthers);
      return arns && { [ENCRYPTED_SECRET]: oneOrAll(arns) };
    };
    return { StringEquals: this.viaSecretsManager, StringLike: Lazy.any({ produce }) };
  }

  /** Only on behalf of Secrets Manager, and only for one secret, which the function doesn't rotate. */
  public keyConditionsOf(secretArns: string[]): Record<string, unknown> {
    return { StringEquals: this.viaSecretsManager, StringLike: { [ENCRYPTED_SECRET]: oneOrAll(secretArns) } };
  }

  private get viaSecretsManager(): Record<string, unknown> {
    return { 'kms:ViaService': `secretsmanager.${Stack.of(this.fn).region}.amazonaws.com` };
  }

  /**
   * The ARNs of secrets for a policy of a stack. Undefined if the policy doesn't name them. A policy names only secrets that are deployed with
   * it: the first rotation of a new secret in another stack would otherwise wait for a deployment of this stack.
   */
  private fewArns(stack: Stack, secrets: readonly RotatedSecret[], mayNameMany: boolean): string[] | undefined {
    const isHere = ({ secret, stack: scheduleStack }: RotatedSecret) => Stack.of(secret) === stack && scheduleStack === stack;
    if (secrets.length === 0 || stack !== Stack.of(this.fn) || !secrets.every(isHere)) { return undefined; }
    if (this.secrets.length === 1) { return arnsOf(secrets[0].secret); }
    if (!mayNameMany || this.secrets.length > MAX_NAMED_SECRETS) { return undefined; }
    const arns = secrets.map(({ secret }) => independentArnsOf(secret));
    if (arns.includes(undefined)) { return undefined; }
    const unique = [...new Set(arns.flat() as string[])];
    return unique.length > MAX_NAMED_SECRETS ? undefined : unique;
  }

  /** The ARN of the key itself, because IAM accepts no alias as a resource. Undefined if no permission is needed, or the key isn't known. */
  public keyArn(key: kms.IKey | undefined, actions: string): string | undefined {
    // A principal that may use a secret may also use the AWS managed key:
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    if (key === undefined || ('aliasName' in key && key.aliasName === AWS_MANAGED_KEY)) { return undefined; }
    try {
      return 'aliasTargetKey' in key ? (key as kms.IAlias).aliasTargetKey.keyArn : key.keyArn;
    } catch {
      Annotations.of(this.fn).addWarningV2('cdk-rotating-secret:keyOfAlias', `encryptionKey: ${key.node.path} is an imported alias, whose key is not known here, so the function `
        + 'gets no permission to use it. Import the key itself with Key.fromKeyArn, or give the role of the function '
        + `${actions} on it`);
      return undefined;
    }
  }
}

function oneOrAll(arns: string[]): string | string[] {
  return arns.length === 1 ? arns[0] : arns;
}

/** Throws if no name of a secret can begin with the prefix. */
export function checkNamePrefix(prefix: string | undefined): void {
  if (prefix === undefined || Token.isUnresolved(prefix) || NAME_PREFIX.test(prefix)) { return; }
  throw invalid('secretNamePrefix', `is "${prefix}", and the names of secrets have 1 to 512 letters, digits and /_+=.@- only. Give the prefix of the names, such as my-app/, `
    + 'without wildcards, or leave it out');
}

/** A policy that knows whether its role took it. A role that can't be changed ignores policies without an error. */
export class RotationPolicy extends iam.Policy {
  public attached = false;

  constructor(scope: Construct, id: string) {
    // A role has one inline policy of a name across all regions, and the default name is not unique across stacks.
    super(scope, id, {
      policyName: Lazy.string({ produce: () => `${Names.uniqueResourceName(this, { maxLength: MAX_POLICY_NAME - MAX_REGION_NAME })}-${Stack.of(this).region}` }),
    });
  }

  public attachToRole(role: iam.IRole): void {
    this.attached = true;
    super.attachToRole(role);
  }
}

interface StackKeys {
  readonly policy: RotationPolicy;
  readonly statement: iam.PolicyStatement;
  /** The secrets that are encrypted with the keys. */
  readonly secrets: RotatedSecret[];
}

/**
 * The permissions of a role on the keys of the secrets. One statement has all keys of a stack, because a role's inline policies may have 10,240
 * characters together.
 */
export class KeyPermissions {
  private readonly keys = new Map<Stack, StackKeys>();

  /**
   * @param main the policy in the stack of the function
   * @param suffix of the ids of policies in other stacks
   * @param attach gives a new policy to the role
   * @param isForOthers whether the role isn't that of the function
   */
  constructor(
    private readonly fn: lambda.Function, private readonly secrets: RotatedSecrets, private readonly actions: string[],
    private readonly main: RotationPolicy, private readonly suffix: string, private readonly attach: (policy: RotationPolicy) => void,
    private readonly isForOthers = false,
  ) {}

  /** @returns the policy that resources in the stack wait for; undefined if none is needed */
  public grant(secret: ISecret, stack: Stack): RotationPolicy | undefined {
    const keyArn = this.secrets.keyArn(secret.encryptionKey, this.actions.join(' and '));
    if (keyArn === undefined) { return undefined; }
    const { policy, statement, secrets } = this.statementFor(stack);
    statement.addResources(keyArn);
    secrets.push({ secret, stack });
    return policy;
  }

  private statementFor(stack: Stack): StackKeys {
    const existing = this.keys.get(stack);
    if (existing) { return existing; }
    const policy = stack === Stack.of(this.fn) ? this.main : new RotationPolicy(stack, `${Names.nodeUniqueId(this.fn.node)}${this.suffix}`);
    const secrets: RotatedSecret[] = [];
    const statement = new iam.PolicyStatement({ actions: this.actions, conditions: this.secrets.keyConditions(stack, secrets, this.isForOthers) });
    policy.addStatements(statement);
    if (policy !== this.main) { this.attach(policy); }
    const made = { policy, statement, secrets };
    this.keys.set(stack, made);
    return made;
  }
}

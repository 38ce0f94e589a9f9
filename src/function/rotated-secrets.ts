import { Annotations, Lazy, Names, Stack, Token, type IResolveContext } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { arnOfPrefix, arnsOf, independentArnsOf, nameOf } from './secret-arns';
import { invalid } from '../invalid';

/** What Secrets Manager tells AWS KMS of the secret whose value it encrypts or decrypts: its complete ARN. */
const ENCRYPTED_SECRET = 'kms:EncryptionContext:SecretARN';

const AWS_MANAGED_KEY = 'alias/aws/secretsmanager';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
const NAME_PREFIX = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
const MAX_POLICY_NAME = 128;
/** With the hyphen before it; the longest of today's has 16. */
const MAX_REGION_NAME = 32;

/**
 * How many ARNs a policy names. With the longest names, the two lists of ARNs in the policy of a function fit into the 10,240 characters that
 * a role's inline policies may have together.
 */
export const MAX_NAMED_SECRETS = 5;

interface RotatedSecret {
  readonly secret: ISecret;
  /** The stack of its schedule, which refers to the secret. */
  readonly stack: Stack;
}

/**
 * The secrets of one rotation function, as policies name them: by their ARNs if there are few, and otherwise in one size for any number,
 * since Secrets Manager tells which function rotates a secret.
 */
export class RotatedSecrets {
  private readonly secrets: RotatedSecret[] = [];

  /**
   * @param prefix of the names of all secrets
   * @param hasOwnRole whether the function's role is its own: in another one, more ARNs could be too many
   */
  constructor(private readonly fn: lambda.Function, private readonly prefix: string = '', private readonly hasOwnRole = true) {}

  /** Whether the names of all secrets begin with a prefix, so that the function may not change others. */
  public get hasPrefix(): boolean { return this.prefix !== ''; }

  /** Throws if the name of a secret has another prefix. */
  public checkName(secret: ISecret): void {
    if (this.prefix === '' || Token.isUnresolved(this.prefix)) { return; }
    const name = nameOf(secret);
    if (name === undefined) {
      Annotations.of(secret).addWarningV2('cdk-rotating-secret:secretNameUnknown', `secretName: of ${secret.node.path} is not known here, and the function ${this.fn.node.path} `
        + `may rotate only secrets whose names begin with its secretNamePrefix, ${this.prefix}. Give the secret a secretName that begins so`);
    } else if (!name.startsWith(this.prefix)) {
      throw invalid('secretName', `of ${secret.node.path} is ${name}, and the function ${this.fn.node.path} may rotate only secrets whose names begin with its `
        + `secretNamePrefix, ${this.prefix}. Change one of the two, or rotate the secret with another function`);
    }
  }

  /** @param scheduleScope where the schedule of the secret goes */
  public add(secret: ISecret, scheduleScope: Construct): void {
    this.secrets.push({ secret, stack: Stack.of(scheduleScope) });
  }

  /** The resource of a statement of the function. A token for one ARN or for several. */
  public get resource(): string {
    return this.resourceIn(this.hasOwnRole);
  }

  /** The same for another role, which names one secret at most. */
  public get resourceForOthers(): string {
    return this.resourceIn(false);
  }

  private resourceIn(mayNameMany: boolean): string {
    const stack = Stack.of(this.fn);
    // Roles that an app customizes are printed outside of a template, where nothing can be referred to, and each token has to be one string.
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
   * Only on behalf of Secrets Manager, and if they are few, only for these secrets.
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
   * The ARNs of secrets, as a policy of a stack names them; undefined if it doesn't. A policy names only secrets that are deployed with it: if
   * the secret of another stack was new, its first rotation would wait for a deployment of this one.
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

  /** IAM takes no alias for a resource, only the key that it stands for. Undefined where no permission is needed, or the key isn't known. */
  public keyArn(key: kms.IKey | undefined, actions: string): string | undefined {
    // Whoever may use a secret may use the key that AWS manages for them: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
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

/** Throws if no name of a secret can begin so. */
export function checkNamePrefix(prefix: string | undefined): void {
  if (prefix === undefined || Token.isUnresolved(prefix) || NAME_PREFIX.test(prefix)) { return; }
  throw invalid('secretNamePrefix', `is "${prefix}", and the names of secrets have 1 to 512 letters, digits and /_+=.@- only. Give what the names begin with, such as my-app/, `
    + 'without wildcards, or leave it out');
}

/** A policy that knows whether its role took it: one that can't be changed takes it in silence. */
export class RotationPolicy extends iam.Policy {
  public attached = false;

  constructor(scope: Construct, id: string) {
    // A role has one inline policy of a name, in all regions together, and the default name is not unique across stacks.
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
  /** Those that are encrypted with the keys. */
  readonly secrets: RotatedSecret[];
}

/** What a role may do with the keys of the secrets: one statement for all keys of a stack, since a role's inline policies may have 10,240 characters together. */
export class KeyPermissions {
  private readonly keys = new Map<Stack, StackKeys>();

  /**
   * @param main the policy in the stack of the function
   * @param suffix of the ids of those in other stacks
   * @param attach gives a new policy to the role
   * @param isForOthers whether the role isn't that of the function
   */
  constructor(
    private readonly fn: lambda.Function, private readonly secrets: RotatedSecrets, private readonly actions: string[],
    private readonly main: RotationPolicy, private readonly suffix: string, private readonly attach: (policy: RotationPolicy) => void,
    private readonly isForOthers = false,
  ) {}

  /** @returns the policy that what is deployed in the stack has to wait for; undefined where none is needed */
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

import { Annotations, ArnFormat, Lazy, Names, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

const AWS_MANAGED_KEY = 'alias/aws/secretsmanager';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
const MAX_POLICY_NAME = 128;
/** With the hyphen before it; the longest of today's has 16. */
const MAX_REGION_NAME = 32;

/**
 * The secrets of one rotation function, as policies name them: in one size for any number of secrets, since Secrets Manager tells
 * which function rotates a secret.
 */
export class RotatedSecrets {
  private readonly secrets: ISecret[] = [];

  constructor(private readonly fn: lambda.Function) {}

  public add(secret: ISecret): void {
    this.secrets.push(secret);
  }

  /** The one secret, where there is one of the function's own stack; otherwise every secret, which the condition narrows. */
  public get resource(): string {
    return Lazy.string({ produce: () => this.produce() });
  }

  /** @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html */
  public get rotatedByFunction(): Record<string, unknown> {
    return { 'secretsmanager:resource/AllowRotationLambdaArn': this.fn.functionArn };
  }

  /** Only on behalf of Secrets Manager. */
  public get viaSecretsManager() {
    return { StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this.fn).region}.amazonaws.com` } };
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

  private produce(): string {
    const stack = Stack.of(this.fn);
    const [secret, ...others] = this.secrets;
    if (secret && others.length === 0 && Stack.of(secret) === stack) {
      return arnForPolicies(secret);
    }
    return stack.formatArn({ service: 'secretsmanager', resource: 'secret', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  }
}

/** Secrets Manager adds six characters to the name of a secret, which who imports one by its name doesn't know. */
export function arnForPolicies(secret: ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}

/** A policy that knows whether its role took it: one that can't be changed takes it in silence. */
export class RotationPolicy extends iam.Policy {
  public attached = false;

  constructor(scope: lambda.Function | Stack, id: string) {
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

/** What a role may do with the keys of the secrets: one statement for all keys of a stack, since a role's inline policies may have 10,240 characters together. */
export class KeyPermissions {
  private readonly keys = new Map<Stack, [RotationPolicy, iam.PolicyStatement]>();

  /**
   * @param main the policy in the stack of the function
   * @param suffix of the ids of those in other stacks
   * @param attach gives a new policy to the role
   */
  constructor(
    private readonly fn: lambda.Function, private readonly secrets: RotatedSecrets, private readonly actions: string[],
    private readonly main: RotationPolicy, private readonly suffix: string, private readonly attach: (policy: RotationPolicy) => void,
  ) {}

  /** @returns the policy that what is deployed in the stack has to wait for; undefined where none is needed */
  public grant(secret: ISecret, stack: Stack): RotationPolicy | undefined {
    const keyArn = this.secrets.keyArn(secret.encryptionKey, this.actions.join(' and '));
    if (keyArn === undefined) { return undefined; }
    const [policy, statement] = this.in(stack);
    statement.addResources(keyArn);
    return policy;
  }

  private in(stack: Stack): [RotationPolicy, iam.PolicyStatement] {
    const existing = this.keys.get(stack);
    if (existing) { return existing; }
    const policy = stack === Stack.of(this.fn) ? this.main : new RotationPolicy(stack, `${Names.nodeUniqueId(this.fn.node)}${this.suffix}`);
    const statement = new iam.PolicyStatement({ actions: this.actions, conditions: this.secrets.viaSecretsManager });
    policy.addStatements(statement);
    if (policy !== this.main) { this.attach(policy); }
    const made: [RotationPolicy, iam.PolicyStatement] = [policy, statement];
    this.keys.set(stack, made);
    return made;
  }
}

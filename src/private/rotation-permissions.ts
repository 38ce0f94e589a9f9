import { Annotations, ArnFormat, Lazy, Names, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IDependable } from 'constructs';

const AWS_MANAGED_KEY = 'alias/aws/secretsmanager';

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
const MAX_POLICY_NAME = 128;
/** With the hyphen before it; the longest of today's has 16. */
const MAX_REGION_NAME = 32;

/**
 * What a rotation function may do, and who may invoke it.
 *
 * The policy has one size for any number of secrets: it allows what a rotation needs on every secret whose rotation function is
 * this one. It is a resource that neither the function nor its role depends on, so that no cycle of stacks can come of it.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
 */
export class RotationPermissions {
  private readonly policy: RotationPolicy;
  private readonly invokePermission: IDependable;
  private readonly secrets: ISecret[] = [];
  private readonly keys = new Map<Stack, [RotationPolicy, iam.PolicyStatement]>();

  constructor(private readonly fn: lambda.Function) {
    const invoker = new iam.ServicePrincipal('secretsmanager.amazonaws.com');
    fn.addPermission('InvokeBySecretsManager', { principal: invoker, sourceAccount: Stack.of(fn).account });
    this.invokePermission = fn.node.findChild('InvokeBySecretsManager');

    this.policy = new RotationPolicy(fn, 'RotationPolicy');
    this.policy.addStatements(
      new iam.PolicyStatement({
        sid: 'RotateSecrets',
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [Lazy.string({ produce: () => this.resource() })],
        conditions: { StringEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': fn.functionArn } },
      }),
      // An action without resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
      new iam.PolicyStatement({ sid: 'GeneratePasswords', actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] }),
    );
    this.attach(this.policy);
  }

  /**
   * Lets the function read the superuser secret.
   *
   * In the stack of the function: its configuration names the secret, so its stack depends on that of the secret already.
   */
  public grantSuperuser(secret: ISecret): void {
    this.policy.addStatements(new iam.PolicyStatement({
      sid: 'ReadSuperuserSecret',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [arnForPolicies(secret)],
    }));
    const keyArn = secret.encryptionKey && this.keyArn(secret.encryptionKey, 'kms:Decrypt');
    if (keyArn === undefined) { return; }
    this.policy.addStatements(new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [keyArn], conditions: this.viaSecretsManager }));
  }

  /**
   * Lets the function rotate a secret.
   *
   * @param scheduleScope where the schedule goes; what the function may do with the key of the secret is said in the same stack, for
   * that is the one that depends on the function and on the secret already
   * @returns what the schedule must wait for
   */
  public grant(secret: ISecret, scheduleScope: Construct): IDependable[] {
    this.secrets.push(secret);
    const ready: IDependable[] = [this.invokePermission, this.policy];
    const keyArn = secret.encryptionKey && this.keyArn(secret.encryptionKey, 'kms:Decrypt and kms:GenerateDataKey');
    if (keyArn === undefined) { return ready; }
    const [policy, statement] = this.keyPermissions(Stack.of(scheduleScope));
    statement.addResources(keyArn);
    return [...ready, policy];
  }

  /** IAM takes no alias for a resource, only the key that it stands for. */
  private keyArn(key: kms.IKey, actions: string): string | undefined {
    // Whoever may use a secret may use the key that AWS manages for them: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    if ('aliasName' in key && key.aliasName === AWS_MANAGED_KEY) { return undefined; }
    try {
      return 'aliasTargetKey' in key ? (key as kms.IAlias).aliasTargetKey.keyArn : key.keyArn;
    } catch {
      Annotations.of(this.fn).addWarningV2('cdk-rotating-secret:keyOfAlias', `encryptionKey: ${key.node.path} is an imported alias, whose key is not known here, so the function `
        + 'gets no permission to use it. Import the key itself with Key.fromKeyArn, or give the role of the function '
        + `${actions} on it`);
      return undefined;
    }
  }

  private get viaSecretsManager() {
    return { StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this.fn).region}.amazonaws.com` } };
  }

  /** One statement for all keys of a stack: a role's inline policies may have 10,240 characters together. */
  private keyPermissions(stack: Stack): [RotationPolicy, iam.PolicyStatement] {
    const existing = this.keys.get(stack);
    if (existing) { return existing; }
    const policy = stack === Stack.of(this.fn) ? this.policy : new RotationPolicy(stack, `${Names.nodeUniqueId(this.fn.node)}Keys`);
    const statement = new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      conditions: this.viaSecretsManager,
    });
    policy.addStatements(statement);
    if (policy !== this.policy) { this.attach(policy); }
    this.keys.set(stack, [policy, statement]);
    return [policy, statement];
  }

  /** The one secret, where there is one of the function's own stack; otherwise every secret that the condition lets through. */
  private resource(): string {
    const stack = Stack.of(this.fn);
    const [secret, ...others] = this.secrets;
    if (secret && others.length === 0 && Stack.of(secret) === stack) {
      return arnForPolicies(secret);
    }
    return stack.formatArn({ service: 'secretsmanager', resource: 'secret', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  }

  private attach(policy: RotationPolicy): void {
    this.fn.role!.attachInlinePolicy(policy);
    if (!policy.attached) {
      Annotations.of(this.fn).addWarningV2('cdk-rotating-secret:unmodifiableRole', 'role: can\'t be changed by this app, so the function has no permission to rotate. Give the '
        + 'role secretsmanager:DescribeSecret, GetSecretValue, PutSecretValue and UpdateSecretVersionStage on the secrets, '
        + 'secretsmanager:GetRandomPassword on *, and kms:Decrypt and kms:GenerateDataKey on the customer managed keys of the secrets, '
        + 'with alternating users also secretsmanager:GetSecretValue on the superuser secret and kms:Decrypt on its key; or give a role that can be changed');
    }
  }
}

/** Secrets Manager adds six characters to the name of a secret, which who imports one by its name doesn't know. */
function arnForPolicies(secret: ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}

/** A policy that knows whether its role took it: one that can't be changed takes it in silence. */
class RotationPolicy extends iam.Policy {
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

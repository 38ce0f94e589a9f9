import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IDependable } from 'constructs';
import { KeyPermissions, RotationPolicy, type RotatedSecrets } from './rotated-secrets';
import { arnsOf } from './secret-arns';
import type { SecretRead } from '../targets/definition';

/**
 * What a rotation function may do, and who may invoke it.
 *
 * The policy names a few secrets by their ARNs. For more it has one size for any number: it allows what a rotation needs on every secret
 * whose rotation function is this one. It is a resource that neither the function nor its role depends on, so that no cycle of stacks can come of it.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
 */
export class RotationPermissions {
  private readonly policies: RotationPolicy[] = [];
  private readonly policy: RotationPolicy;
  private readonly invokePermission: IDependable;
  private readonly keys: KeyPermissions;

  constructor(private readonly fn: lambda.Function, private readonly secrets: RotatedSecrets) {
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
        resources: [secrets.resource],
        conditions: { StringEquals: secrets.rotatedByFunction },
      }),
      // An action without resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
      new iam.PolicyStatement({ sid: 'GeneratePasswords', actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] }),
    );
    this.attach(this.policy);
    fn.node.addValidation({
      validate: () => {
        this.warnOfMissingPermissions();
        return [];
      },
    });
    this.keys = new KeyPermissions(fn, secrets, ['kms:Decrypt', 'kms:GenerateDataKey'], this.policy, 'Keys', (policy) => this.attach(policy));
  }

  /**
   * Lets the function read the current value of a secret that it doesn't rotate.
   *
   * In the stack of the function: its configuration names the secret, so its stack depends on that of the secret already.
   */
  public grantRead({ secret, sid }: SecretRead): void {
    const arns = arnsOf(secret);
    this.allow(new iam.PolicyStatement({
      sid,
      actions: ['secretsmanager:GetSecretValue'],
      resources: arns,
      // The handler names the label in every such call: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html
      conditions: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' } },
    }));
    const keyArn = this.secrets.keyArn(secret.encryptionKey, 'kms:Decrypt');
    if (keyArn === undefined) { return; }
    this.allow(new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [keyArn], conditions: this.secrets.keyConditionsOf(arns) }));
  }

  /** Lets the function do something beyond rotating secrets. */
  public allow(...statements: iam.PolicyStatement[]): void {
    this.policy.addStatements(...statements);
  }

  /**
   * Lets the function rotate a secret.
   *
   * @param secret the secret; one that was imported needs its `encryptionKey` to be known
   * @param scheduleScope where the schedule goes; what the function may do with the key of the secret is said in the same stack, for
   * that is the one that depends on the function and on the secret already
   * @returns what the schedule must wait for
   */
  public grant(secret: ISecret, scheduleScope: Construct): IDependable[] {
    const keyPolicy = this.keys.grant(secret, Stack.of(scheduleScope));
    return [this.invokePermission, this.policy, ...keyPolicy ? [keyPolicy] : []];
  }

  private attach(policy: RotationPolicy): void {
    this.fn.role!.attachInlinePolicy(policy);
    this.policies.push(policy);
  }

  /** Says what a role that can't be changed needs: what the policies say that it didn't take. */
  private warnOfMissingPermissions(): void {
    const missing = this.policies.filter(({ attached }) => !attached);
    if (missing.length === 0) { return; }
    const statements = missing.flatMap(({ document }) => (document.toJSON() as { Statement: StatementJson[] } | undefined)?.Statement ?? []);
    Annotations.of(this.fn).addWarningV2('cdk-rotating-secret:unmodifiableRole', 'role: can\'t be changed by this app, so the function has no permission to rotate. Give the '
      + `role what every function needs, such as logs:CreateLogStream and PutLogEvents, and ${[...new Set(statements.map(describe))].join('; ')}; or give a role that can be changed`);
  }
}

interface StatementJson {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** What a statement allows, and on what, as far as that is known. */
function describe({ Sid, Action, Resource }: StatementJson): string {
  const [actions, resources] = [Action, Resource].map((value) => [value].flat());
  const known = resources.filter((resource) => typeof resource === 'string' && !Token.isUnresolved(resource)).join(', ');
  return `${actions.join(', ')}${known === '' ? '' : ` on ${known}`}${Sid === undefined ? '' : ` (${Sid})`}`;
}

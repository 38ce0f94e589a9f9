import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IDependable } from 'constructs';
import { KeyPermissions, RotationPolicy, type RotatedSecrets } from './rotated-secrets';
import { arnsOf } from './secret-arns';
import type { SecretRead } from '../targets/definition';

/**
 * The permissions of a rotation function, and the permission to invoke it.
 *
 * The policy names a few secrets by their ARNs. With more secrets it has a constant size: it allows what a rotation needs on every secret whose
 * rotation function is this one. Neither the function nor its role depends on the policy, so it can't cause a cycle of stacks.
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
      // The action supports no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
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
   * The permission is in the stack of the function. That stack depends on the stack of the secret already, because the configuration names the
   * secret.
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

  /** Adds permissions beyond those that rotate secrets. */
  public allow(...statements: iam.PolicyStatement[]): void {
    this.policy.addStatements(...statements);
  }

  /**
   * Lets the function rotate a secret.
   *
   * @param secret the secret; one that was imported needs its `encryptionKey` to be known
   * @param scheduleScope the scope of the schedule. The permissions on the secret's key go into the same stack, which depends on the function
   * and on the secret already
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

  /** Warns of the permissions that an unchangeable role lacks: the statements of the policies that it didn't take. */
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

/** The actions of a statement, and its resource if it is known. */
function describe({ Sid, Action, Resource }: StatementJson): string {
  const [actions, resources] = [Action, Resource].map((value) => [value].flat());
  const known = resources.filter((resource) => typeof resource === 'string' && !Token.isUnresolved(resource)).join(', ');
  return `${actions.join(', ')}${known === '' ? '' : ` on ${known}`}${Sid === undefined ? '' : ` (${Sid})`}`;
}

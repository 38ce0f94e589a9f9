import { Annotations, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IDependable } from 'constructs';
import { KeyPermissions, RotationPolicy, type RotatedSecrets } from '../../../function/rotated-secrets';

/** The user's function, and what it needs. */
export interface TargetFunction {
  readonly fn: lambda.IFunction;
  readonly createsSecret: boolean;
  readonly versionStages: readonly string[];
}

/**
 * The permissions of the user's function: to read versions with certain staging labels of the rotated secrets and, if it makes their next value,
 * to put it.
 *
 * The policy is in the stack of the rotation function, which depends on the stack of the user's function already.
 */
export class TargetFunctionPermissions {
  private readonly policy: RotationPolicy;
  private readonly keys: KeyPermissions;

  constructor(private readonly rotationFunction: lambda.Function, secrets: RotatedSecrets, private readonly target: TargetFunction) {
    const { createsSecret, versionStages } = target;
    this.policy = new RotationPolicy(rotationFunction, 'TargetFunctionPolicy');
    this.policy.addStatements(new iam.PolicyStatement({
      sid: 'ReadVersions',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [secrets.resourceForOthers],
      conditions: { StringEquals: { ...secrets.rotatedByFunction, 'secretsmanager:VersionStage': versionStages } },
    }));
    if (createsSecret) {
      this.policy.addStatements(new iam.PolicyStatement({
        sid: 'PutPendingVersion',
        actions: ['secretsmanager:PutSecretValue'],
        resources: [secrets.resourceForOthers],
        conditions: { StringEquals: secrets.rotatedByFunction },
      }));
    }
    const keyActions = ['kms:Decrypt', ...createsSecret ? ['kms:GenerateDataKey'] : []];
    this.keys = new KeyPermissions(rotationFunction, secrets, keyActions, this.policy, 'TargetFunctionKeys', (policy) => this.attach(policy), true);
    this.attach(this.policy);
  }

  /** @returns what the schedule must wait for */
  public grant(secret: ISecret, scheduleScope: Construct): IDependable[] {
    const keyPolicy = this.keys.grant(secret, Stack.of(scheduleScope));
    return [this.policy, keyPolicy].filter((policy): policy is RotationPolicy => policy?.attached === true);
  }

  private attach(policy: RotationPolicy): void {
    this.target.fn.role?.attachInlinePolicy(policy);
    if (policy.attached || policy !== this.policy) { return; }
    Annotations.of(this.rotationFunction).addWarningV2('cdk-rotating-secret:targetFunctionRole', `fn: the role of ${this.target.fn.node.path} can't be changed by this app, so that function `
      + `has no permission to read the secrets. Give its role secretsmanager:GetSecretValue on them, for the staging labels ${this.target.versionStages.join(', ')}, `
      + `${this.target.createsSecret ? 'secretsmanager:PutSecretValue, ' : ''}and the use of their customer managed keys`);
  }
}

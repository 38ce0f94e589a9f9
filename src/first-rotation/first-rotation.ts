import { Annotations, CfnDeletionPolicy, type CfnResource, CustomResource, Duration, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CfnSecret, type CfnRotationSchedule, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, Dependable, type IDependable } from 'constructs';
import { rootOf } from '../adopted/databases';
import type { FirstRotationProperties } from '../contract';
import { completeFunctionOptions } from '../function/options';
import { RotationPolicy } from '../function/rotated-secrets';
import { arnsOf } from '../function/secret-arns';
import { shippedCode } from '../function/shipped-code';
import { invalid } from '../invalid';
import { addressOf } from '../schedule/identity';

const WAITER_ID = 'FirstRotationWaiter';

/** The longest timeout that Lambda allows: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const TIMEOUT = Duration.minutes(15);

/** In seconds. If the function doesn't answer, CloudFormation would wait for an hour. This leaves Lambda time for one retry. */
const SERVICE_TIMEOUT = 1_200;

/**
 * Each secret has a policy of its own, because a policy for several secrets would make each of them wait for all. A role's inline policies may
 * have 10,240 characters together. That is enough for these if the names of the secrets have up to 160 characters.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MAX_SECRETS = 25;

/** The first rotation of one secret. Its dependents depend on the custom resource that waits for it, in the stack of the schedule. */
export class FirstRotation implements IDependable {
  private waiting!: Construct;

  /**
   * @param changesSecretOnly whether a rotation changes nothing but the secret
   * @throws if deploying the schedule starts no rotation
   */
  constructor(private readonly secret: ISecret, private readonly fn: lambda.Function, schedule: CfnRotationSchedule, changesSecretOnly: boolean) {
    if (schedule.rotateImmediatelyOnUpdate === false) {
      throw invalid('rotateImmediately', `of ${secret.node.path} is false, so deployment starts no rotation, and rotation.first has nothing to wait for. Set rotateImmediately to true `
        + 'for this secret');
    }
    if (!changesSecretOnly) { warnOfRollback(secret); }
    this.wait(schedule);
    Dependable.implement(this, dependencyRoots(() => this.waiting));
  }

  /** Waits for the schedule that replaces the previous one. */
  public follow(schedule: CfnRotationSchedule): void {
    (this.waiting.node.scope as Waiter).remove(this.waiting);
    this.wait(schedule);
  }

  private wait(schedule: CfnRotationSchedule): void {
    this.waiting = Waiter.of(Stack.of(schedule)).add(this.secret, this.fn, schedule);
  }
}

/** If the rotation fails, CloudFormation rolls back and deletes the secret. It may hold the only copy of a credential that the target accepts. */
function warnOfRollback(secret: ISecret): void {
  secret.node.addValidation({
    validate: () => {
      const resource = rootOf(secret.secretArn);
      if (!(resource instanceof CfnSecret) || resource.cfnOptions.deletionPolicy === CfnDeletionPolicy.RETAIN) { return []; }
      Annotations.of(secret).addWarningV2('cdk-rotating-secret:deletedByRollback', `rotation.first: if the first rotation of ${secret.node.path} fails after setSecret, CloudFormation rolls the deployment back and `
        + 'deletes a new secret, with the only copy of a credential that the target accepts. Set removalPolicy to RemovalPolicy.RETAIN');
      return [];
    },
  });
}

function dependencyRoots(root: () => Construct): Dependable {
  return { get dependencyRoots() { return [root()]; } };
}

/**
 * The function of a stack that waits for first rotations, and a custom resource for each secret. None of them is below the secret, because
 * everything that depends on the secret, also what the rotation needs, would then wait for them.
 */
class Waiter extends Construct {
  public static of(stack: Stack): Waiter {
    return stack.node.tryFindChild(WAITER_ID) as Waiter | undefined ?? new Waiter(stack);
  }

  private readonly fn: lambda.Function;
  private secrets = 0;

  private constructor(stack: Stack) {
    super(stack, WAITER_ID);
    this.fn = new lambda.Function(this, 'Function', {
      ...completeFunctionOptions(this, 'Function', {}),
      description: 'Waits at deployment for the first rotation of secrets',
      timeout: TIMEOUT,
      ...shippedCode('first-rotation'),
    });
  }

  /** @throws if its role has no room for another secret */
  public add(secret: ISecret, rotationFunction: lambda.Function, schedule: CfnRotationSchedule): Construct {
    if (this.secrets >= MAX_SECRETS) {
      throw invalid('rotation.first', `of ${secret.node.path} is one more than the ${MAX_SECRETS} that ${Stack.of(this).node.path} can wait for: the inline policies of a role have a limit. `
        + 'Wait for fewer secrets, or put some of them into another stack');
    }
    this.secrets++;
    const { id } = secret.node;
    // Stacks with the same name, in different regions, may both import the secret.
    const waiting = new Construct(this, [`${id}-${addressOf(secret)}`, `${id}-${secret.node.addr}`].find((each) => !this.node.tryFindChild(each))!);
    const policy = new RotationPolicy(waiting, 'Policy');
    policy.addStatements(new iam.PolicyStatement({ actions: ['secretsmanager:DescribeSecret'], resources: arnsOf(secret) }));
    this.fn.role!.attachInlinePolicy(policy);
    const logGroup = rotationFunction.logGroup.logGroupName;
    const properties: FirstRotationProperties = {
      SecretId: secret.secretFullArn ?? secret.secretArn,
      Path: secret.node.path,
      LogGroup: Stack.of(rotationFunction) === Stack.of(this) || !Token.isUnresolved(logGroup) ? logGroup : undefined,
    };
    const resource = new CustomResource(waiting, 'Default', {
      serviceToken: this.fn.functionArn,
      resourceType: 'Custom::FirstRotation',
      properties: { ...properties },
    });
    (resource.node.defaultChild as CfnResource).addPropertyOverride('ServiceTimeout', SERVICE_TIMEOUT);
    resource.node.addDependency(schedule, policy);
    return waiting;
  }

  /** Stops waiting for a secret. Without any secret, the construct is removed. */
  public remove({ node }: Construct): void {
    this.node.tryRemoveChild(node.id);
    if (--this.secrets === 0) { this.node.scope!.node.tryRemoveChild(this.node.id); }
  }
}

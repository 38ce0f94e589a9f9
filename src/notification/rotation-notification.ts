import { Annotations, Stack, Token, type IResource } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { NotificationConfig } from '../contract';
import type { PublishingService } from '../function/network';
import { invalid } from '../invalid';

interface Definition {
  readonly parameter: string;
  readonly destination: IResource;
  readonly service: PublishingService;
  readonly config: NotificationConfig;
  readonly action: string;
  readonly arn: string;
  /** The key of an encrypted topic, if this app knows it. */
  readonly keyArn?: string;
}

const AWS_MANAGED_KEY = 'alias/aws/sns';

/**
 * A destination for a message after each rotation, without CloudTrail.
 *
 * The message has ids and staging labels, and no value. It is published at least once for each rotation, after the new version has become
 * AWSCURRENT, and again if Secrets Manager retries the last step.
 *
 * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/notification.md
 */
export class RotationNotification {
  /**
   * An event with the source `cdk-rotating-secret` and the detail type `Secret Rotated`, whose resource is the ARN of the secret. A bus of another
   * account must let the function's account put events.
   *
   * @param eventBus in the region of the function
   */
  public static eventBus(eventBus: events.IEventBus): RotationNotification {
    const arn = eventBus.eventBusArn;
    return new RotationNotification({
      parameter: 'eventBus', destination: eventBus, service: 'events', config: { eventBusArn: arn }, action: 'events:PutEvents', arn,
    });
  }

  /**
   * A message in JSON, with the attributes `detailType`, `secretId` and `versionId` for subscriptions to filter by.
   *
   * In a FIFO topic, each secret has a message group, and a message about the same rotation is deduplicated for five minutes.
   * If an imported topic has a customer managed key, the function's role must be able to use it.
   *
   * @param topic in the region of the function
   */
  public static topic(topic: sns.ITopic): RotationNotification {
    const arn = topic.topicArn;
    return new RotationNotification({
      parameter: 'topic', destination: topic, service: 'sns', config: { topicArn: arn }, action: 'sns:Publish', arn, keyArn: keyArnOf(topic),
    });
  }

  private constructor(private readonly definition: Definition) {}

  /** @internal */
  public get _config(): NotificationConfig {
    return this.definition.config;
  }

  /** @internal */
  public get _service(): PublishingService {
    return this.definition.service;
  }

  /**
   * The resource that the stack of the function depends on.
   *
   * @internal
   */
  public get _destination(): IResource {
    return this.definition.destination;
  }

  /**
   * The permissions that the function needs.
   *
   * @internal
   */
  public _bind(fn: lambda.Function): iam.PolicyStatement[] {
    const { parameter, destination, action, arn, keyArn } = this.definition;
    const [theirs, ours] = [destination.env.region, fn.env.region];
    if (!Token.isUnresolved(theirs) && !Token.isUnresolved(ours) && theirs !== ours) {
      throw invalid(parameter, `${destination.node.path} is of the region ${theirs}, and the RotationFunction of ${ours}. Give one of the same region, from which events or messages can go on`);
    }
    const publish = new iam.PolicyStatement({ sid: 'Notify', actions: [action], resources: [arn] });
    if (keyArn === undefined || keyArn.endsWith(AWS_MANAGED_KEY)) { return [publish]; }
    // The token of an alias of this app contains its name.
    if (JSON.stringify(Stack.of(destination).resolve(keyArn)).includes('alias/')) {
      Annotations.of(fn).addWarningV2('cdk-rotating-secret:keyOfTopic', `topic: ${destination.node.path} is encrypted with a key that is known by its alias only, so the function gets no `
        + 'permission to use it. Encrypt the topic with the key itself, or give the role of the function kms:GenerateDataKey and kms:Decrypt on it');
      return [publish];
    }
    // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    return [publish, new iam.PolicyStatement({
      sid: 'UseKeyOfTopic',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: [keyArn],
      // Secrets may be encrypted with the same key.
      conditions: { StringEquals: { 'kms:ViaService': `sns.${Stack.of(fn).region}.amazonaws.com` } },
    })];
  }
}

/** The lowest supported CDK gives the key only to CloudFormation. */
function keyArnOf(topic: sns.ITopic & { readonly masterKey?: kms.IKey }): string | undefined {
  const resource = topic.node.defaultChild;
  const key = topic.masterKey;
  if (key && 'aliasTargetKey' in key) {
    try {
      return (key as kms.IAlias).aliasTargetKey.keyArn;
    } catch { /* only the alias of an imported key is known */ }
  }
  return key?.keyArn ?? (resource instanceof sns.CfnTopic ? resource.kmsMasterKeyId : undefined);
}

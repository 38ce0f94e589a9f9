import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IDependable } from 'constructs';
import { METRIC_DIMENSIONS } from './contract';
import { invalid } from './invalid';
import { type MetricName, rotationMetric } from './metrics/rotation-metrics';
import type { RotationFunction } from './rotation-function';

/**
 * The rotation of one secret: rules for its events, and its metrics. It is `RotatingSecret.rotation`, and what
 * `RotationFunction.rotate` returns.
 *
 * @example
 *
 * const rotationFunction = new RotationFunction(this, 'Rotation', { rotationMetrics: true });
 * const rotation = rotationFunction.rotate(existingSecret);
 *
 * rotation.onRotationFailed('Failed', { description: 'Tells the team' });
 * rotation.metricRotationsFailed({ period: Duration.days(1) });
 */
export class Rotation {
  /** @internal */
  public static _of(secret: ISecret, rotationFunction: RotationFunction): Rotation {
    return new Rotation(secret, rotationFunction);
  }

  private constructor(private readonly secret: ISecret, private readonly rotationFunction: RotationFunction) {}

  /**
   * Waits at deployment until the first rotation of this secret is over. What depends on it is deployed after that.
   *
   * Use it for a resource that needs a value which only a rotation makes, or which the target must accept already. It needs `rotateImmediately`.
   * It doesn't wait for a secret that has rotated before, nor at a later deployment. If the rotation is not over after 14 minutes, the
   * deployment fails.
   *
   * The first use makes a custom resource and a policy for the secret, and one function for the stack.
   *
   * @example
   *
   * const password = new RotatingSecret(this, 'Password', { rotateImmediately: true });
   * service.node.addDependency(password.rotation.first);
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/options.md#wait-for-the-first-rotation
   * @throws if deployment starts no rotation, because `rotateImmediately` is not set, or if the stack waits for 25 secrets already
   */
  public get first(): IDependable {
    return this.rotationFunction._firstRotation(this.secret);
  }

  /**
   * Defines a rule for the event that a rotation of this secret succeeded.
   *
   * The account needs a trail that logs the management events of the region: EventBridge gets these events from CloudTrail.
   *
   * The event has the ARN of the secret, and no value. If the secret was imported without its complete ARN, the rule also matches secrets
   * whose name begins with that name and a hyphen. Import it with `Secret.fromSecretCompleteArn` if there are any.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
   * @param id of the rule, whose scope is the secret
   * @param options the target of the rule, and other properties of it
   */
  public onRotationSucceeded(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.on('RotationSucceeded', id, options);
  }

  /**
   * Defines a rule for the event that a rotation of this secret failed.
   *
   * Secrets Manager retries a failed rotation several times. `detail.errorMessage` of the event says which step failed.
   *
   * The account needs a trail that logs the management events of the region: EventBridge gets these events from CloudTrail.
   * If the secret was imported without its complete ARN, the rule also matches secrets whose name begins with that name and a hyphen.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
   * @param id of the rule, whose scope is the secret
   * @param options the target of the rule, and other properties of it
   */
  public onRotationFailed(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.on('RotationFailed', id, options);
  }

  /**
   * Defines a rule for the event that a rotation of this secret was abandoned, because a value was put during the rotation.
   *
   * The account needs a trail that logs the management events of the region: EventBridge gets these events from CloudTrail.
   * If the secret was imported without its complete ARN, the rule also matches secrets whose name begins with that name and a hyphen.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
   * @param id of the rule, whose scope is the secret
   * @param options the target of the rule, and other properties of it
   */
  public onRotationAbandoned(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.on('RotationAbandoned', id, options);
  }

  /**
   * The number of rotations of this secret that succeeded.
   *
   * It leaves out a rotation whose last step failed, or was stopped, after the new version had become AWSCURRENT.
   *
   * @param props of the metric, by default a sum over 5 minutes
   * @throws if `rotationMetrics` is not set on the function, or the secret was imported without its complete ARN
   */
  public metricRotationsSucceeded(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('succeeded', props);
  }

  /**
   * The number of times that a step failed for this secret with an error in the log, in a rotation or in the test at deployment.
   *
   * Secrets Manager retries a failed rotation, so one rotation can fail several times and succeed in the end.
   *
   * @param props of the metric, by default a sum over 5 minutes
   * @throws if `rotationMetrics` is not set on the function, or the secret was imported without its complete ARN
   */
  public metricRotationsFailed(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('failed', props);
  }

  /**
   * The duration of the steps of rotations of this secret, in milliseconds.
   *
   * @param props of the metric, by default the maximum of 5 minutes
   * @throws if `rotationMetrics` is not set on the function, or the secret was imported without its complete ARN
   */
  public metricRotationStepDuration(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('stepDuration', props);
  }

  private on(eventName: string, id: string, options: events.OnEventOptions): events.Rule {
    const rule = new events.Rule(this.secret as unknown as Construct, id, options);
    rule.addEventPattern({
      source: ['aws.secretsmanager'],
      detailType: ['AWS Service Event via CloudTrail'],
      detail: {
        eventSource: ['secretsmanager.amazonaws.com'],
        eventName: [eventName],
        // The event has the complete ARN, which ends with a hyphen and six characters.
        additionalEventData: { SecretId: [this.secret.secretFullArn ?? { prefix: `${this.secret.secretArn}-` }] },
      },
    });
    rule.addTarget(options.target);
    return rule;
  }

  private metric(name: MetricName, props: cloudwatch.MetricOptions): cloudwatch.Metric {
    const secretArn = this.secret.secretFullArn;
    if (secretArn === undefined) {
      throw invalid('secret', `${this.secret.node.path} is known by a partial ARN or its name, and its metrics have its complete ARN. Import it with Secret.fromSecretCompleteArn`);
    }
    return rotationMetric(this.rotationFunction, name, { [METRIC_DIMENSIONS.secret]: secretArn }, this.secret, props);
  }
}

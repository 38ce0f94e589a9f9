import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
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
   * Defines a rule for the event that a rotation of this secret succeeded.
   *
   * EventBridge gets such events from CloudTrail, where a trail of the account logs the management events of the region.
   *
   * The event has the ARN of the secret, and no value. Where the secret is known by a partial ARN or its name, the rule also matches
   * secrets whose name begins with that name and a hyphen: import it with `Secret.fromSecretCompleteArn` if there are any.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
   * @param id of the rule, below the secret
   * @param options the target of the rule, and more of what a rule takes
   */
  public onRotationSucceeded(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.on('RotationSucceeded', id, options);
  }

  /**
   * Defines a rule for the event that a rotation of this secret failed.
   *
   * Secrets Manager tries a failed rotation again by itself, several times. `detail.errorMessage` of the event says which step failed.
   *
   * EventBridge gets such events from CloudTrail, where a trail of the account logs the management events of the region. Where the secret is
   * known by a partial ARN or its name, the rule also matches secrets whose name begins with that name and a hyphen.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
   * @param id of the rule, below the secret
   * @param options the target of the rule, and more of what a rule takes
   */
  public onRotationFailed(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.on('RotationFailed', id, options);
  }

  /**
   * Defines a rule for the event that a rotation of this secret was abandoned, since somebody put a value while it was under way.
   *
   * EventBridge gets such events from CloudTrail, where a trail of the account logs the management events of the region. Where the secret is
   * known by a partial ARN or its name, the rule also matches secrets whose name begins with that name and a hyphen.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
   * @param id of the rule, below the secret
   * @param options the target of the rule, and more of what a rule takes
   */
  public onRotationAbandoned(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.on('RotationAbandoned', id, options);
  }

  /**
   * The number of rotations of this secret that were finished.
   *
   * One whose last step failed, or was stopped, after the version had become the current one is not among them.
   *
   * @param props a sum over 5 minutes, unless told otherwise
   * @throws where the function has no `rotationMetrics`, or the secret is not known by its complete ARN
   */
  public metricRotationsSucceeded(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('succeeded', props);
  }

  /**
   * The number of attempts to rotate this secret, or to test it at deployment, in which a step failed and said why.
   *
   * Secrets Manager tries a failed rotation again by itself, so there can be several for one rotation that succeeds in the end.
   *
   * @param props a sum over 5 minutes, unless told otherwise
   * @throws where the function has no `rotationMetrics`, or the secret is not known by its complete ARN
   */
  public metricRotationsFailed(props: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric('failed', props);
  }

  /**
   * How long the steps of rotations of this secret took, in milliseconds.
   *
   * @param props the longest of 5 minutes, unless told otherwise
   * @throws where the function has no `rotationMetrics`, or the secret is not known by its complete ARN
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

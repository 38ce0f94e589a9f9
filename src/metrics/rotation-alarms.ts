import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/**
 * Options for the alarms on a rotation function.
 */
export interface RotationAlarmsOptions {
  /**
   * The actions of all the alarms, such as an `SnsAction`.
   *
   * @default - no actions
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * The threshold of the alarm on the duration, in percent of the time-out of the function.
   *
   * The handler stops a step one second before the time-out.
   *
   * @default 80
   */
  readonly durationPercent?: number;
}

/**
 * The alarms on a rotation function, for all its secrets.
 *
 * The period of each is five minutes. Missing data is not breaching, because most of the time nothing rotates.
 */
export interface RotationAlarms {
  /**
   * A step of a rotation failed with an error in the log, at least once in five minutes.
   *
   * Secrets Manager retries the rotation, so the alarm may be over before you look.
   *
   * @default - no such alarm, if the function has no `rotationMetrics`
   */
  readonly rotationsFailed?: cloudwatch.Alarm;

  /**
   * The function ended with an error at least once in five minutes. If `rotationsFailed` doesn't go off with it, the function was stopped
   * or could not start.
   */
  readonly errors: cloudwatch.Alarm;

  /**
   * Lambda throttled an invocation of the function at least once in five minutes.
   */
  readonly throttles: cloudwatch.Alarm;

  /**
   * An invocation took `durationPercent` of the time-out of the function.
   */
  readonly duration: cloudwatch.Alarm;
}

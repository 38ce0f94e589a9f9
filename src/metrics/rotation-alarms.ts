import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/**
 * Options for the alarms on a rotation function.
 */
export interface RotationAlarmsOptions {
  /**
   * What all of the alarms do when they go off, such as an `SnsAction`.
   *
   * @default - nothing; the alarms can be seen
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * How much of the time-out of the function, in percent, an invocation has to take for the alarm on the duration to go off.
   *
   * The handler gives up by itself a second before the time-out.
   *
   * @default 80
   */
  readonly durationPercent?: number;
}

/**
 * The alarms on a rotation function, with all its secrets.
 *
 * Each looks at five minutes at a time, and doesn't go off where there is no data, as most of the time nothing rotates.
 */
export interface RotationAlarms {
  /**
   * A step of a rotation failed, and said why, at least once in five minutes.
   *
   * Secrets Manager tries the rotation again by itself, so the alarm may be over before anybody looks.
   */
  readonly rotationsFailed: cloudwatch.Alarm;

  /**
   * The function ended with an error at least once in five minutes. Where `rotationsFailed` doesn't go off with it, the function was
   * stopped, or could not start.
   */
  readonly errors: cloudwatch.Alarm;

  /**
   * Lambda refused to run the function at least once in five minutes, since there were too many invocations at a time.
   */
  readonly throttles: cloudwatch.Alarm;

  /**
   * An invocation took 80 percent of the time-out of the function, or what `durationPercent` says.
   */
  readonly duration: cloudwatch.Alarm;
}

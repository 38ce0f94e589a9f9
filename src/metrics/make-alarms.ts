import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { invalid, naming } from '../invalid';
import type { RotationAlarms, RotationAlarmsOptions } from './rotation-alarms';

const RUNBOOK = 'https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/runbook.md';
const DEFAULT_DURATION_PERCENT = 80;
/** The handler ends a step this long before the time-out of the function. */
const GIVE_UP_MILLISECONDS = 1_000;

interface AlarmDefinition {
  readonly id: string;
  readonly metric: cloudwatch.Metric;
  readonly threshold: number;
  readonly happened: string;
  readonly whatToDo: string;
  /** The anchor that GitHub makes of the runbook's heading. */
  readonly section: string;
}

/**
 * Makes the alarms on a function. Each description says what happened, what to do and which section of the runbook to read.
 *
 * @param rotationsFailed the metric of all secrets of the function, if it has metrics
 */
export function makeRotationAlarms(
  fn: lambda.Function, rotationsFailed: cloudwatch.Metric | undefined, options: RotationAlarmsOptions,
): RotationAlarms {
  const { alarmActions = [], durationPercent = DEFAULT_DURATION_PERCENT } = options;
  const longest = naming(fn, '', () => durationThreshold(fn, durationPercent));
  const make = ({ id, metric, threshold, happened, whatToDo, section }: AlarmDefinition): cloudwatch.Alarm => {
    const alarm = new cloudwatch.Alarm(fn, id, {
      metric,
      threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      // Most of the time nothing rotates, so missing data is normal.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: `${happened} ${whatToDo} ${RUNBOOK}#${section}`,
    });
    if (alarmActions.length > 0) { alarm.addAlarmAction(...alarmActions); }
    return alarm;
  };
  return {
    rotationsFailed: rotationsFailed && make({
      id: 'RotationsFailedAlarm',
      metric: rotationsFailed,
      threshold: 1,
      happened: `A step of a rotation by the function ${fn.functionName} failed. Secrets Manager retries the rotation, so it may have succeeded by now.`,
      whatToDo: 'Look in the log of the function for its line with errorType, which names the secret and says what to do, and whether a later line says finishSecret succeeded.',
      section: 'alarm-rotations-failed',
    }),
    errors: make({
      id: 'ErrorsAlarm',
      metric: fn.metricErrors(),
      threshold: 1,
      happened: `The rotation function ${fn.functionName} ended with an error.`,
      whatToDo: 'If the alarm on failed rotations went off too, follow that one. Otherwise the function was stopped or could not start, and Secrets Manager retries the rotation: '
        + 'look for the cause at the end of its log, and give it more time or memory.',
      section: 'alarm-errors',
    }),
    throttles: make({
      id: 'ThrottlesAlarm',
      metric: fn.metricThrottles(),
      threshold: 1,
      happened: `Lambda refused to run the rotation function ${fn.functionName}: too many invocations at a time. Secrets Manager retries the rotations.`,
      whatToDo: 'Raise the reserved concurrency of the function or that of the account, or spread the rotation schedules.',
      section: 'alarm-throttles',
    }),
    duration: make({
      id: 'DurationAlarm',
      metric: fn.metricDuration({ statistic: cloudwatch.Stats.MAXIMUM }),
      threshold: longest,
      happened: `An invocation of the rotation function ${fn.functionName} took ${longest / 1000} of its ${fn.timeout!.toSeconds()} seconds, or more.`,
      whatToDo: 'Look for what is slow or can\'t be reached, and give the function a longer timeout, before rotations fail for it.',
      section: 'alarm-duration',
    }),
  };
}

/** The threshold in milliseconds. */
function durationThreshold(fn: lambda.Function, percent: number): number {
  if (!(percent > 0 && percent < 100)) {
    throw invalid('durationPercent', `is ${percent}, and must be above 0 and below 100: at 100 Lambda has stopped the function. Leave it out for ${DEFAULT_DURATION_PERCENT}`);
  }
  const timeout = fn.timeout!;
  if (timeout.isUnresolved()) {
    throw invalid('timeout', `of ${fn.node.path} is a token, so it isn't known what ${percent} percent of it are. Give the function a timeout that is known`);
  }
  const threshold = Math.round(timeout.toMilliseconds() * percent / 100);
  const longest = timeout.toMilliseconds() - GIVE_UP_MILLISECONDS;
  if (threshold > longest) {
    throw invalid('durationPercent', `is ${percent}, and the handler gives up a second before the time-out, so no step takes that long. Give at most `
      + `${Math.floor(100 * longest / timeout.toMilliseconds())}, or leave it out for ${DEFAULT_DURATION_PERCENT}`);
  }
  return threshold;
}

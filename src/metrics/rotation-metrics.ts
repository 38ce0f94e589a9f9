import { Annotations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { METRICS } from '../contract';
import { invalid } from '../invalid';

/** A function that may have a handler with metrics. */
export interface MeasuredFunction extends lambda.IFunction {
  readonly _rotationMetrics: boolean;
}

export type MetricName = 'succeeded' | 'failed' | 'stepDuration';

/** A metric of the handler, if `rotationMetrics` is on. */
export function rotationMetric(
  fn: MeasuredFunction, name: MetricName, dimensionsMap: Record<string, string>, scope: IConstruct, props: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  checkMetrics(fn);
  return new cloudwatch.Metric({
    namespace: METRICS.namespace,
    metricName: METRICS[name],
    dimensionsMap,
    statistic: name === 'stepDuration' ? cloudwatch.Stats.MAXIMUM : cloudwatch.Stats.SUM,
    ...props,
  }).attachTo(scope);
}

export function checkMetrics(fn: MeasuredFunction): void {
  if (fn._rotationMetrics) { return; }
  throw invalid('rotationMetrics', `is not set, so ${fn.node.path} makes no metrics of rotations. Turn rotationMetrics on for the RotationFunction, or for the RotatingSecret that makes it`);
}

/** Lambda drops lines below the level, and the metrics in them. The line of a step that succeeded is INFO, and the line of a failed step is ERROR. */
export function warnOfLogLevel(fn: lambda.Function, props: lambda.FunctionOptions): void {
  const level = logLevelOf(props);
  const lost = { WARN: 'of steps that succeeded', ERROR: 'of steps that succeeded', FATAL: 'of all steps' }[level];
  if (lost === undefined) { return; }
  Annotations.of(fn).addWarningV2('cdk-rotating-secret:metricsBelowLogLevel', `applicationLogLevel: is ${level}, so Lambda drops the lines of the log ${lost}, and the metrics in them. `
    + 'Give INFO, or take out rotationMetrics');
}

/** The lowest level of the lines that Lambda keeps. */
export function logLevelOf(props: lambda.FunctionOptions & { readonly applicationLogLevelV2?: unknown }): string {
  return String(props.applicationLogLevelV2 ?? props.applicationLogLevel ?? 'INFO');
}

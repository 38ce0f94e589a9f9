import { METRIC_DIMENSIONS, METRICS } from '../src/contract';

/** A line of the log that CloudWatch makes metrics of. */
export interface EmbeddedMetrics {
  readonly _aws?: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: 'Count' | 'Milliseconds' }[];
    }[];
  };
  readonly [METRIC_DIMENSIONS.secret]?: string;
  readonly [METRIC_DIMENSIONS.function]?: string;
  readonly [METRICS.succeeded]?: number;
  readonly [METRICS.failed]?: number;
  readonly [METRICS.stepDuration]?: number;
}

/** The step that is measured. */
export interface MeasuredStep {
  /** When it began, in milliseconds. Its metrics are of when it ended: a long step would else be older than what an alarm looks at. */
  readonly start: number;
  readonly durationMs: number;
  readonly secretId: string;
  readonly functionName: string;
  /** Whether the step was the end of a rotation, or of this attempt at it. */
  readonly end?: 'succeeded' | 'failed';
}

/** What Secrets Manager sends, and what CloudWatch takes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html */
const DIMENSION_VALUE = /^arn:.{1,1020}$/;

/**
 * What a line of the log has to say besides, for CloudWatch to make metrics of it: once for the secret, and once for the function with
 * all its secrets.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricsOf({ start, durationMs, secretId, functionName, end }: MeasuredStep): EmbeddedMetrics {
  // A dimension that CloudWatch refuses would cost the line all its metrics.
  const dimensions = {
    ...DIMENSION_VALUE.test(secretId) ? { [METRIC_DIMENSIONS.secret]: secretId } : {},
    [METRIC_DIMENSIONS.function]: functionName,
  };
  return {
    _aws: {
      Timestamp: start + durationMs,
      CloudWatchMetrics: [{
        Namespace: METRICS.namespace,
        Dimensions: Object.keys(dimensions).map((dimension) => [dimension]),
        Metrics: [{ Name: METRICS.stepDuration, Unit: 'Milliseconds' }, ...end ? [{ Name: METRICS[end], Unit: 'Count' } as const] : []],
      }],
    },
    ...dimensions,
    [METRICS.stepDuration]: durationMs,
    ...end ? { [METRICS[end]]: 1 } : {},
  };
}

import { METRIC_DIMENSIONS, METRICS } from '../src/contract';

/** The fields of a log line that CloudWatch makes metrics of. */
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
  /**
   * When the step began, in milliseconds. Its metrics have the time of its end, because those of a long step would otherwise be too old for an
   * alarm.
   */
  readonly start: number;
  readonly durationMs: number;
  readonly secretId: string;
  readonly functionName: string;
  /** Whether the step ended a rotation, or this attempt at it. */
  readonly end?: 'succeeded' | 'failed';
}

/** The ARNs that Secrets Manager sends and CloudWatch accepts: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html */
const DIMENSION_VALUE = /^arn:.{1,1020}$/;

/**
 * The fields of a log line that CloudWatch makes metrics of: once for the secret, and once for the function with all its secrets.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricsOf({ start, durationMs, secretId, functionName, end }: MeasuredStep): EmbeddedMetrics {
  // If CloudWatch refused one dimension, the line would lose all its metrics.
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

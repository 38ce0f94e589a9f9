import Ajv from 'ajv';

/** One value of a metric that CloudWatch would read from a log line. */
export interface MetricValue {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  readonly value: number;
  readonly timestamp: number;
}

/**
 * The requirements of the specification:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const UNITS = [
  'Seconds', 'Microseconds', 'Milliseconds', ...['', '/Second'].flatMap((per) => [
    ...['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits', 'Count'].map((unit) => `${unit}${per}`),
  ]), 'Percent', 'None',
];
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
const SCHEMA = {
  type: 'object',
  required: ['_aws'],
  properties: {
    _aws: {
      type: 'object',
      required: ['Timestamp', 'CloudWatchMetrics'],
      additionalProperties: false,
      properties: {
        // Milliseconds. In seconds the time would be in 1970, and in microseconds far in the future.
        Timestamp: { type: 'integer', minimum: Date.UTC(2020, 0, 1), maximum: Date.UTC(2100, 0, 1) },
        CloudWatchMetrics: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['Namespace', 'Dimensions', 'Metrics'],
            additionalProperties: false,
            properties: {
              Namespace: { ...text(255), pattern: '^[A-Za-z0-9._/#: -]+$', not: { pattern: '^AWS/' } },
              Dimensions: { type: 'array', minItems: 1, items: { type: 'array', maxItems: 30, items: text(250) } },
              Metrics: {
                type: 'array',
                minItems: 1,
                maxItems: 100,
                items: { type: 'object', required: ['Name'], additionalProperties: false, properties: { Name: text(255), Unit: { enum: UNITS } } },
              },
            },
          },
        },
      },
    },
  },
};
const validate = new Ajv({ allErrors: true }).compile(SCHEMA);
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html */
const DIMENSION_VALUE = /^(?!:)(?=.*\S)[\x20-\x7e]{1,1024}$/;

/** The metrics in a log line. Empty if it has none. Throws if CloudWatch would refuse them. */
export function metricsIn(line: Readonly<Record<string, any>>): MetricValue[] {
  if (!('_aws' in line)) { return []; }
  if (!(validate(line) as boolean)) { throw new Error(`Not in the embedded metric format: ${JSON.stringify(validate.errors)}`); }
  const { Timestamp: timestamp, CloudWatchMetrics: directives } = line._aws;
  return directives.flatMap(({ Namespace: namespace, Dimensions, Metrics }: any) => Dimensions.flatMap((names: string[]) => {
    const dimensions = Object.fromEntries(names.map((dimension) => [dimension, dimensionIn(line, dimension)]));
    return Metrics.map(({ Name: name, Unit: unit }: any) => ({ namespace, name, dimensions, unit, value: numberIn(line, name), timestamp }));
  }));
}

function numberIn(line: Readonly<Record<string, unknown>>, name: string): number {
  const value = line[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) { throw new Error(`The line has no number for ${name}`); }
  return value;
}

function dimensionIn(line: Readonly<Record<string, unknown>>, name: string): string {
  const value = line[name];
  if (typeof value !== 'string' || !DIMENSION_VALUE.test(value)) { throw new Error(`The line has no value that CloudWatch takes for ${name}`); }
  return value;
}

/** A metric in a template, or in a resolved alarm. */
export interface MetricReference {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

/** The values of a metric, which CloudWatch identifies by its namespace, its name and all its dimensions. */
export function valuesOf({ Namespace, MetricName, Dimensions }: MetricReference, values: readonly MetricValue[]): number[] {
  const show = (dimensions: string[][]) => JSON.stringify(dimensions.sort());
  const wanted = show(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return values
    .filter(({ namespace, name, dimensions }) => namespace === Namespace && name === MetricName && show(Object.entries(dimensions)) === wanted)
    .map(({ value }) => value);
}

import type { EmbeddedMetrics } from './metrics';

/** The fields of a log line. None of them can hold a value of a secret. */
export interface LogFields extends EmbeddedMetrics {
  readonly step?: string;
  readonly secretId?: string;
  readonly clientRequestToken?: string;
  readonly requestId?: string;
  readonly durationMs?: number;
  readonly outcome?: string;
  readonly removedPasswords?: number;
  readonly errorType?: string;
}

export type Log = (level: 'INFO' | 'WARN' | 'ERROR', message: string, fields: LogFields) => void;

/**
 * Writes one JSON object per line to standard output. Lambda doesn't change such lines in its JSON format, and its log level filter reads the
 * fields `level` and `timestamp`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
export const log: Log = (level, message, fields) => {
  process.stdout.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level, message, ...fields })}\n`);
};

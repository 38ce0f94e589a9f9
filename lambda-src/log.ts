import type { EmbeddedMetrics } from './metrics';

/** What a line of the log may say. Nothing here has room for a value of a secret. */
export interface LogFields extends EmbeddedMetrics {
  readonly step?: string;
  readonly secretId?: string;
  readonly clientRequestToken?: string;
  readonly requestId?: string;
  readonly durationMs?: number;
  readonly outcome?: string;
  readonly errorType?: string;
}

export type Log = (level: 'INFO' | 'ERROR', message: string, fields: LogFields) => void;

/**
 * One JSON object a line, straight to standard output: Lambda takes such lines as they are in its JSON format, and `level`
 * and `timestamp` are the fields that its log level filter reads.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
export const log: Log = (level, message, fields) => {
  process.stdout.write(`${JSON.stringify({ timestamp: new Date().toISOString(), level, message, ...fields })}\n`);
};

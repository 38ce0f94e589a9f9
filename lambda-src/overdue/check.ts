import { setTimeout } from 'node:timers/promises';
import { findOverdue, type OverdueReason } from './decide';
import { listSecrets } from './list';
import { CHECK_CONFIG_VARIABLE, METRIC_DIMENSIONS, METRICS, parseCheckConfig } from '../../src/contract';
import { SecretsManagerClient } from '../aws/secrets-manager';
import { signedCall } from '../aws/signed-call';

/** The result of an invocation by hand. */
export interface CheckResult {
  readonly checked: number;
  readonly overdue: readonly { readonly secretId: string; readonly reason: OverdueReason }[];
}

/** What tests replace. */
export interface CheckOverrides {
  readonly client?: Pick<SecretsManagerClient, 'send'>;
  readonly write?: (line: object) => void;
  readonly now?: () => Date;
}

const ADVICE: Record<OverdueReason, string> = {
  unreadable: 'Secrets Manager describes this secret in an unknown way, so it is not known whether it is overdue. Check it with DescribeSecret; if that is as documented, report it as an issue of '
    + 'cdk-rotating-secret',
  turnedOff: 'Its rotation is turned off. Deploy its schedule again, or call RotateSecret; if that is intended, exclude the secret from the check',
  unfinished: 'A rotation was begun and never finished. See the log of its function for why, then rotate again; if another one is reported as in progress, remove AWSPENDING from '
    + 'the version that has it without AWSCURRENT',
  neverRotated: 'It has never rotated, though its schedule says it should have. See the log of its function, and that Secrets Manager may invoke it',
  missed: 'It has not rotated since its last window. See the log of its function, and that Secrets Manager may invoke it',
};

/** The function that finds overdue secrets. It logs a line for each, and their number as a metric, also if there are none. */
export function makeCheck({ client = makeClient(), write = writeLine, now = () => new Date() }: CheckOverrides = {}): () => Promise<CheckResult> {
  return async () => {
    const config = parseCheckConfig(process.env[CHECK_CONFIG_VARIABLE]);
    const secrets = await listSecrets(client, config, process.env.AWS_REGION);
    const at = now();
    const overdue: { secretId: string; reason: OverdueReason }[] = [];
    for (const secret of secrets) {
      const found = findOverdue(secret, at, config.graceSeconds * 1_000);
      if (found === undefined) { continue; }
      overdue.push({ secretId: secret.arn, reason: found.reason });
      write({
        timestamp: at.toISOString(),
        level: 'WARN',
        message: ADVICE[found.reason],
        secretId: secret.arn,
        reason: found.reason,
        since: found.since.toISOString(),
        lastRotatedDate: secret.lastRotatedDate?.toISOString(),
        rotationFunctionArn: secret.functionArn,
      });
    }
    write({
      timestamp: at.toISOString(),
      level: 'INFO',
      message: `${overdue.length} of ${secrets.length} secrets should have rotated and have not`,
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
      _aws: {
        Timestamp: at.getTime(),
        CloudWatchMetrics: [{ Namespace: METRICS.namespace, Dimensions: [[METRIC_DIMENSIONS.function]], Metrics: [{ Name: METRICS.overdue, Unit: 'Count' }] }],
      },
      [METRIC_DIMENSIONS.function]: process.env.AWS_LAMBDA_FUNCTION_NAME,
      [METRICS.overdue]: overdue.length,
      checked: secrets.length,
    });
    return { checked: secrets.length, overdue };
  };
}

/** Many pages follow each other, and a check is made once a day, so it is more patient than a rotation. */
const RETRY_DELAYS = [100, 400, 1_600, 3_200, 6_400];

function makeClient(): SecretsManagerClient {
  const pause = (milliseconds: number) => setTimeout(milliseconds, true);
  return new SecretsManagerClient(signedCall({ connection: 2_000, answer: 10_000 }), { pause, retryDelays: RETRY_DELAYS });
}

/** One JSON object per line, which Lambda doesn't change. */
function writeLine(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

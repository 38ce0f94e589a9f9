const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What ListSecrets says of a secret that a rotation depends on. Nothing here has room for a value. */
export interface RotatedSecret {
  readonly arn: string;
  /** Set if what the service says of it makes no sense. */
  readonly isOdd?: true;
  /** Absent where rotation was never turned on. */
  readonly rotationEnabled?: boolean;
  readonly functionArn?: string;
  readonly createdDate?: Date;
  readonly lastChangedDate?: Date;
  readonly lastRotatedDate?: Date;
  readonly nextRotationDate?: Date;
  readonly scheduleExpression?: string;
  readonly automaticallyAfterDays?: number;
  /** The staging labels of every version that has any. */
  readonly stages: readonly (readonly string[])[];
}

/** Why a secret should have rotated, and hasn't; or why that isn't known, which is no good news either. */
export type OverdueReason = 'unreadable' | 'turnedOff' | 'unfinished' | 'neverRotated' | 'missed';

export interface Overdue {
  readonly reason: OverdueReason;
  /** When it should have rotated at the latest; for a rotation that is unfinished or turned off, since when it is. */
  readonly since: Date;
}

/**
 * Whether a secret is overdue by more than `grace` milliseconds.
 *
 * What comes first says most about the cause: a rotation that was turned off or got stuck is why a window was missed.
 */
export function findOverdue(secret: RotatedSecret, now: Date, grace: number): Overdue | undefined {
  if (secret.isOdd) { return { reason: 'unreadable', since: now }; }
  const { rotationEnabled, lastChangedDate, lastRotatedDate } = secret;
  if (rotationEnabled === undefined) { return undefined; }
  const overdue = (reason: OverdueReason, since: Date | undefined): Overdue | undefined =>
    since !== undefined && now.getTime() > since.getTime() + grace ? { reason, since } : undefined;
  // Turning it off, and starting a rotation, change the secret. What changed it later isn't known, so the dates may be too late, never too early.
  if (!rotationEnabled) { return overdue('turnedOff', lastChangedDate ?? secret.createdDate); }
  const hasUnfinished = secret.stages.some((labels) => labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT'));
  return (hasUnfinished ? overdue('unfinished', lastChangedDate) : undefined)
    ?? overdue(lastRotatedDate === undefined ? 'neverRotated' : 'missed', latestDate(secret));
}

/**
 * The date by which a secret should have rotated at the latest.
 *
 * Secrets Manager says it itself, and leaves it in the past where a rotation fails. Should it ever move on without a rotation, twice the interval is the limit:
 * a window may be as long as the interval, and the intervals of a cron expression differ.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html#SecretsManager-DescribeSecret-response-NextRotationDate
 */
function latestDate(secret: RotatedSecret): Date | undefined {
  const interval = intervalOf(secret);
  // A schedule that was changed, or turned on again, counts from then.
  const [start] = [secret.lastRotatedDate, secret.lastChangedDate, secret.createdDate]
    .filter((date) => date !== undefined).sort((a, b) => b.getTime() - a.getTime());
  const limit = interval === undefined || start === undefined ? [] : [new Date(start.getTime() + 2 * interval)];
  return [...secret.nextRotationDate ? [secret.nextRotationDate] : [], ...limit].sort((a, b) => a.getTime() - b.getTime())[0];
}

/**
 * In milliseconds. That of a cron expression is known from the days that Secrets Manager works out after each rotation, so none is worked out here.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
 */
function intervalOf({ scheduleExpression = '', automaticallyAfterDays }: RotatedSecret): number | undefined {
  const rate = /^rate\((\d+) (hour|day)s?\)$/.exec(scheduleExpression);
  if (rate) { return Number(rate[1]) * (rate[2] === 'hour' ? HOUR : DAY); }
  return automaticallyAfterDays ? automaticallyAfterDays * DAY : undefined;
}

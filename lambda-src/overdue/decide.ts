const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The fields of ListSecrets that a rotation depends on. None of them can hold a value. */
export interface RotatedSecret {
  readonly arn: string;
  /** Set if the fields contradict their documentation. */
  readonly isOdd?: true;
  /** Absent if rotation was never turned on. */
  readonly rotationEnabled?: boolean;
  readonly functionArn?: string;
  readonly createdDate?: Date;
  readonly lastChangedDate?: Date;
  readonly lastRotatedDate?: Date;
  readonly nextRotationDate?: Date;
  readonly scheduleExpression?: string;
  readonly automaticallyAfterDays?: number;
  /** The staging labels of each version that has any. */
  readonly stages: readonly (readonly string[])[];
}

/** Why a secret is overdue, or why that isn't known. */
export type OverdueReason = 'unreadable' | 'turnedOff' | 'unfinished' | 'neverRotated' | 'missed';

export interface Overdue {
  readonly reason: OverdueReason;
  /** The latest date at which it should have rotated. For an unfinished or turned off rotation, the date of that. */
  readonly since: Date;
}

/**
 * Whether a secret is overdue by more than `grace` milliseconds.
 *
 * The first match is closest to the cause: a window was missed because a rotation was turned off or got stuck.
 */
export function findOverdue(secret: RotatedSecret, now: Date, grace: number): Overdue | undefined {
  if (secret.isOdd) { return { reason: 'unreadable', since: now }; }
  const { rotationEnabled, lastChangedDate, lastRotatedDate } = secret;
  if (rotationEnabled === undefined) { return undefined; }
  const overdue = (reason: OverdueReason, since: Date | undefined): Overdue | undefined =>
    since !== undefined && now.getTime() > since.getTime() + grace ? { reason, since } : undefined;
  // Turning rotation off, and starting a rotation, change the secret. A later change isn't known as such, so the dates may be too late, and
  // never too early.
  if (!rotationEnabled) { return overdue('turnedOff', lastChangedDate ?? secret.createdDate); }
  const hasUnfinished = secret.stages.some((labels) => labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT'));
  return (hasUnfinished ? overdue('unfinished', lastChangedDate) : undefined)
    ?? overdue(lastRotatedDate === undefined ? 'neverRotated' : 'missed', latestDate(secret));
}

/**
 * The latest date at which a secret should have rotated.
 *
 * Secrets Manager has this date, and leaves it in the past if a rotation fails. If it ever moved on without a rotation, twice the interval would
 * be the limit: a window may be as long as the interval, and the intervals of a cron expression differ.
 *
 * @see
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html#SecretsManager-DescribeSecret-response-NextRotationDate
 */
function latestDate(secret: RotatedSecret): Date | undefined {
  const interval = intervalOf(secret);
  // A schedule that was changed, or turned on again, counts from that date.
  const [start] = [secret.lastRotatedDate, secret.lastChangedDate, secret.createdDate]
    .filter((date) => date !== undefined).sort((a, b) => b.getTime() - a.getTime());
  const limit = interval === undefined || start === undefined ? [] : [new Date(start.getTime() + 2 * interval)];
  return [...secret.nextRotationDate ? [secret.nextRotationDate] : [], ...limit].sort((a, b) => a.getTime() - b.getTime())[0];
}

/**
 * The interval in milliseconds. For a cron expression, it follows from the days that Secrets Manager computes after each rotation.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
 */
function intervalOf({ scheduleExpression = '', automaticallyAfterDays }: RotatedSecret): number | undefined {
  const rate = /^rate\((\d+) (hour|day)s?\)$/.exec(scheduleExpression);
  if (rate) { return Number(rate[1]) * (rate[2] === 'hour' ? HOUR : DAY); }
  return automaticallyAfterDays ? automaticallyAfterDays * DAY : undefined;
}

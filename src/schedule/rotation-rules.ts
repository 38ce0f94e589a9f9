import { Annotations, Duration, Token } from 'aws-cdk-lib';
import type { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { invalid } from '../invalid';
import { checkCron, checkExpression, checkLength, checkRate, checkWindow, hoursOf, HOURS_PER_DAY, weekDaysOf, type Openings } from './expression';
import { RotationPeriod } from './rotation-period';
import { choose, fewestDays, spreadDays } from './spread';

/**
 * Options for rotation rules.
 */
export interface RotationRulesOptions {
  /**
   * How long the rotation window stays open, a whole number of hours.
   *
   * Secrets Manager rotates at a time within the window. The window must not reach into the next window or the next UTC day.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
   * @default - the window closes after an hour if rotations are hours apart, otherwise at the end of the UTC day
   */
  readonly window?: Duration;
}

/**
 * When to rotate, as the fields of a cron expression. All times are UTC. Minutes are always 0 and the year is always `*`, because Secrets
 * Manager accepts nothing else.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export interface RotationCronOptions extends RotationRulesOptions {
  /**
   * The hours at which the window opens, 0 to 23, such as `3`, `0/8` or `2,14`. They must be at least 4 hours apart.
   *
   * @default '0'
   */
  readonly hour?: string;

  /**
   * The days of the month, 1 to 31, such as `1`, `1,15`, `L` for the last or `1W` for the weekday nearest to the first. Give `day` or
   * `weekDay`, not both.
   *
   * @default - every day, unless `weekDay` is given
   */
  readonly day?: string;

  /**
   * The months, 1 to 12 or JAN to DEC, such as `1/3` for each quarter.
   *
   * @default - every month
   */
  readonly month?: string;

  /**
   * The days of the week, 1 to 7 or SUN to SAT, such as `SUN`, `MON-FRI`, `SAT#1` for the first Saturday of the month or `5L` for
   * the last Thursday. Give `day` or `weekDay`, not both.
   *
   * @default - any day of the week
   */
  readonly weekDay?: string;
}

/**
 * The times over which many secrets are spread. All times are UTC.
 */
export interface RotationSpreadOptions {
  /**
   * How often each secret rotates.
   *
   * @default RotationPeriod.MONTH
   */
  readonly period?: RotationPeriod;

  /**
   * The hours at which the window of a secret may open, 0 to 23, such as `1-4` for rotations from 01:00 to 05:00, or `22,23`. Each
   * secret gets one of them.
   *
   * @default - every hour for which the window ends on the same UTC day
   */
  readonly hour?: string;

  /**
   * The days of the week on which a secret may rotate, 1 to 7 or SUN to SAT, such as `SAT,SUN` or `MON-THU`. Each secret gets one of
   * them.
   *
   * @default - any day of the week; the days 1 to 28 of a month
   */
  readonly weekDay?: string;

  /**
   * How long the rotation window of a secret stays open, a whole number of hours.
   *
   * @default Duration.hours(1)
   */
  readonly window?: Duration;
}

/**
 * When Secrets Manager rotates a secret: how often and in which window of time, or only on demand.
 *
 * Rules that Secrets Manager would refuse at deployment are an error at synthesis.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export class RotationRules {
  /**
   * Rotates at an interval of hours or days. If the interval is in days, the window opens at midnight UTC.
   *
   * @param interval from 4 hours to 999 days, in whole hours
   * @param options the rotation window
   * @throws if Secrets Manager would refuse the interval or the window
   */
  public static rate(interval: Duration, options: RotationRulesOptions = {}): RotationRules {
    if (interval.isUnresolved()) {
      throw invalid('interval', 'is a token, and its unit can\'t be chosen; use RotationRules.expression with the token in the expression');
    }
    const hours = interval.toHours({ integral: false });
    const [value, unit] = hours % 24 === 0 ? [hours / 24, 'day'] : [hours, 'hour'];
    const plural = value === 1 ? unit : `${unit}s`;
    const expression = `rate(${value} ${plural})`;
    return new RotationRules(() => expression, checkRate('interval', value, plural), options.window);
  }

  /**
   * Rotates at the hours and on the days of a cron expression, in UTC.
   *
   * @param options the fields of the expression, and the rotation window
   * @throws if Secrets Manager would refuse a field or the window
   */
  public static cron(options: RotationCronOptions): RotationRules {
    if (options.day !== undefined && options.weekDay !== undefined) {
      throw invalid('weekDay', `is ${options.weekDay}, and day is ${options.day}; only one of them may be given`);
    }
    const fields = {
      minute: '0',
      hour: options.hour ?? '0',
      day: options.day ?? (options.weekDay === undefined ? '*' : '?'),
      month: options.month ?? '*',
      weekDay: options.weekDay ?? '?',
      year: '*',
    };
    const expression = `cron(${Object.values(fields).join(' ')})`;
    if (Token.isUnresolved(expression)) { return new RotationRules(() => expression, undefined, options.window); }
    checkLength('cron', expression);
    return new RotationRules(() => expression, checkCron('cron', fields), options.window);
  }

  /**
   * Rotates by a schedule expression of Secrets Manager.
   *
   * Examples are `rate(10 days)` and `cron(0 3 ? * SUN *)`.
   *
   * @param expression a rate or a cron expression, or a token, which is passed on unchecked
   * @param options the rotation window
   * @throws if Secrets Manager would refuse the expression or the window
   */
  public static expression(expression: string, options: RotationRulesOptions = {}): RotationRules {
    return new RotationRules(() => expression, Token.isUnresolved(expression) ? undefined : checkExpression('expression', expression), options.window);
  }

  /**
   * Rotates each secret at a time of its own, so that many secrets with the same rules don't rotate at once.
   *
   * The time depends only on the name of the stack and on the path of the secret in it, so it stays the same at every deployment.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/fleets.md
   * @param options the times over which the secrets are spread
   * @throws if Secrets Manager would refuse a field or the window, or if one of them is a token
   */
  public static spread(options: RotationSpreadOptions = {}): RotationRules {
    const { period = RotationPeriod.MONTH, hour, weekDay, window = Duration.hours(1) } = options;
    checkKnown('hour', Token.isUnresolved(hour));
    checkKnown('weekDay', Token.isUnresolved(weekDay));
    checkKnown('window', window.isUnresolved());
    const lastOpening = HOURS_PER_DAY - Math.max(1, Math.ceil(window.toHours({ integral: false })));
    const hours = hoursOf('spread', hour ?? `0-${Math.max(0, lastOpening)}`);
    const weekDays = weekDay === undefined ? undefined : weekDaysOf('spread', weekDay);
    const days = spreadDays(period, weekDays);
    const isWeekly = period === RotationPeriod.DAY && weekDays?.length === 1;
    const expressionOf = (secret: IConstruct) => `cron(0 ${choose(secret, 'hour', hours.map(String))} ${choose(secret, 'day', days)} *)`;
    const openings = { hoursApart: HOURS_PER_DAY, lastHour: hours[hours.length - 1], period: fewestDays(period) * HOURS_PER_DAY };
    return new RotationRules(expressionOf, openings, window, isWeekly ? weekDays[0] : undefined);
  }

  /**
   * Rotates only on demand: when `RotateSecret` is called, and at deployment if `rotateImmediately` is true. Give it to a secret from its first
   * deployment on: whether Secrets Manager drops an earlier schedule is not documented. There is no schedule, so a
   * `RotationCheck` reports a secret with these rules only if its rotation was turned off or is unfinished, and never because it has not rotated
   * for long.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
   */
  public static onDemand(): RotationRules {
    return new RotationRules(() => undefined, undefined);
  }

  private constructor(
    private readonly expressionOf: (secret: IConstruct) => string | undefined,
    private readonly openings: Openings | undefined,
    private readonly window?: Duration,
    /** The only day of the week, if the rules have the period DAY. */
    private readonly onlyDay?: string,
  ) {
    if (window?.isUnresolved() && window.unitLabel() !== 'hours') {
      throw invalid('window', `is a token in ${window.unitLabel()}, and can't be converted to the hours that it takes. Give a duration in hours`);
    }
    if (window && !window.isUnresolved()) {
      checkWindow('window', window.toHours({ integral: false }), openings ?? { hoursApart: 24, lastHour: 0 });
    }
  }

  /**
   * The fewest hours between two rotations: from the end of one window to the beginning of the next. Undefined if it isn't known.
   *
   * @internal
   */
  public get _fewestHours(): number | undefined {
    const { openings, window } = this;
    if (openings?.period === undefined || window?.isUnresolved()) { return undefined; }
    // The default of Secrets Manager: an hour, or the rest of the UTC day.
    const open = window?.toHours({ integral: false }) ?? (openings.period < HOURS_PER_DAY ? 1 : HOURS_PER_DAY - openings.lastHour);
    return Math.max(0, openings.period - open);
  }

  /**
   * The fewest hours between the openings of two windows of a secret. Undefined if it isn't known.
   *
   * @internal
   */
  public get _period(): number | undefined { return this.openings?.period; }

  /**
   * The rules of one secret. Undefined without a schedule.
   *
   * @internal
   */
  public _render(secret: IConstruct): CfnRotationSchedule.RotationRulesProperty | undefined {
    if (this.onlyDay !== undefined) {
      Annotations.of(secret).addWarningV2('cdk-rotating-secret:weeklyPeriod', `period: is DAY, and weekDay is ${this.onlyDay}, so ${secret.node.path} rotates `
        + 'once a week. Use RotationPeriod.WEEK for that, or allow more days');
    }
    const scheduleExpression = this.expressionOf(secret);
    return scheduleExpression === undefined ? undefined : {
      scheduleExpression,
      duration: this.window && `${this.window.toHours()}h`,
    };
  }
}

function checkKnown(property: string, isToken: boolean): void {
  if (isToken) { throw invalid(property, 'is a token, and secrets are spread at synthesis. Give a value'); }
}

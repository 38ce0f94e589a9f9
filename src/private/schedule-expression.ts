import { invalid } from './invalid';

/*
 * The rules of schedule expressions that Secrets Manager enforces only at deployment:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export const MIN_HOURS = 4;
export const MAX_DAYS = 999;
const HOURS_PER_DAY = 24;

/** When windows open, as far as a window's length depends on it. */
export interface Openings {
  /** The fewest hours between the opening of one window and of the next. */
  readonly hoursApart: number;
  /** The latest hour of a UTC day at which a window opens. */
  readonly lastHour: number;
}

/** Checks `rate(value unit)`. */
export function checkRate(property: string, value: number, unit: string): Openings {
  const hours = /^days?$/.test(unit) ? value * HOURS_PER_DAY : value;
  if (!/^(hours?|days?)$/.test(unit)) {
    throw invalid(property, `rate(${value} ${unit}) has the unit ${unit}; use hours or days`);
  }
  if (!Number.isInteger(value) || hours < MIN_HOURS || hours > MAX_DAYS * HOURS_PER_DAY) {
    throw invalid(property, `rate(${value} ${unit}) is not a whole number of hours or days from ${MIN_HOURS} hours to ${MAX_DAYS} days`);
  }
  return { hoursApart: hours, lastHour: 0 };
}

export interface CronFields {
  readonly minute: string;
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  readonly weekDay: string;
  readonly year: string;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEK_DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: string[];
  /** Items that name no fixed number, such as `L`, the last day of the month. */
  readonly special?: RegExp;
}

const HOUR: Field = { name: 'hour', min: 0, max: 23 };
const DAY: Field = { name: 'day', min: 1, max: 31, special: /^(L|LW|([1-9]|[12]\d|3[01])W)$/ };
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTHS };
const WEEK_DAY: Field = { name: 'weekDay', min: 1, max: 7, names: WEEK_DAYS, special: /^(L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/ };

/** Checks `cron(minute hour day month weekDay year)`. */
export function checkCron(property: string, fields: CronFields): Openings {
  if (fields.minute !== '0') { throw invalid(property, `the minutes of a cron expression must be 0, got ${fields.minute}`); }
  if (fields.year !== '*') { throw invalid(property, `the year of a cron expression must be *, got ${fields.year}`); }
  if ((fields.day === '?') === (fields.weekDay === '?')) {
    throw invalid(property, `exactly one of day (${fields.day}) and weekDay (${fields.weekDay}) of a cron expression must be ?`);
  }
  const hours = [...expand(property, HOUR, fields.hour)!].sort((a, b) => a - b);
  expand(property, MONTH, fields.month);
  const days = fields.day === '?' ? undefined : expand(property, DAY, fields.day);
  const weekDays = fields.weekDay === '?' ? undefined : expand(property, WEEK_DAY, fields.weekDay);
  const nextDayToo = (days !== undefined && consecutive(days, 31)) || (weekDays !== undefined && consecutive(weekDays, 7));

  const gaps = hours.slice(1).map((hour, index) => hour - hours[index]);
  if (nextDayToo) { gaps.push(hours[0] + HOURS_PER_DAY - hours[hours.length - 1]); }
  const hoursApart = Math.min(HOURS_PER_DAY, ...gaps);
  if (hoursApart < MIN_HOURS) {
    throw invalid(property, `the hours ${fields.hour} of the cron expression are ${hoursApart} apart; rotations must be at least ${MIN_HOURS} hours apart`);
  }
  return { hoursApart, lastHour: hours[hours.length - 1] };
}

/** Checks the length of a window, in hours. */
export function checkWindow(property: string, hours: number, openings: Openings): void {
  if (!Number.isInteger(hours) || hours < 1) {
    throw invalid(property, `must be a whole number of hours, at least 1, got ${hours}`);
  }
  if (hours > openings.hoursApart) {
    throw invalid(property, `is ${hours} hours, and reaches into the next window, ${openings.hoursApart} hours after the one before; make it shorter`);
  }
  if (openings.lastHour + hours > HOURS_PER_DAY) {
    throw invalid(property, `is ${hours} hours, and a window that opens at ${openings.lastHour}:00 reaches into the next UTC day; `
      + `use at most ${HOURS_PER_DAY - openings.lastHour} hours, or open it earlier`);
  }
}

/** Checks a whole expression. */
export function checkExpression(property: string, expression: string): Openings {
  const rate = /^rate\((\d+) (\w+)\)$/.exec(expression);
  if (rate) { return checkRate(property, Number(rate[1]), rate[2]); }
  const cron = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression);
  if (cron) {
    const [minute, hour, day, month, weekDay, year] = cron.slice(1);
    return checkCron(property, { minute, hour, day, month, weekDay, year });
  }
  throw invalid(property, `is ${JSON.stringify(expression)}, and must be like rate(10 days) or cron(0 3 ? * SUN *)`);
}

/** The numbers that a field stands for; undefined where that changes from month to month. */
function expand(property: string, field: Field, text: string): Set<number> | undefined {
  const refuse = (item: string) => invalid(property, `${field.name} of the cron expression is ${text}, and ${JSON.stringify(item)} is not a value from `
    + `${field.min} to ${field.max}${field.names ? ` or ${field.names[0]} to ${field.names[field.names.length - 1]}` : ''}, *, a range, a step, or a list of them`);
  const number = (item: string): number => {
    const index = field.names?.indexOf(item.toUpperCase()) ?? -1;
    const value = index >= 0 ? index + field.min : Number(item);
    if (!/^\w+$/.test(item) || !Number.isInteger(value) || value < field.min || value > field.max) { throw refuse(item); }
    return value;
  };
  const numbers = new Set<number>();
  let special = false;
  for (const item of text.split(',')) {
    if (field.special?.test(item.toUpperCase())) {
      special = true;
      continue;
    }
    // "/8" is how the user guide writes "every eight hours".
    const [, base, step] = /^([^/]*)(?:\/(\d+))?$/.exec(item) ?? [];
    if (base === undefined || (base === '' && step === undefined) || step === '0') { throw refuse(item); }
    const [first, last, more] = base === '*' || base === '' ? [field.min, field.max] : base.split('-').map(number);
    if (more !== undefined) { throw refuse(item); }
    const end = last ?? (step === undefined ? first : field.max);
    if (end < first) { throw refuse(item); }
    for (let value = first; value <= end; value += Number(step ?? 1)) { numbers.add(value); }
  }
  return special ? undefined : numbers;
}

/** Whether two of the days follow each other, the last being followed by the first. Months end with their 28th at the earliest. */
function consecutive(days: Set<number>, max: number): boolean {
  return [...days].some((day) => days.has(day + 1) || (day >= (max === 31 ? 28 : max) && days.has(1)));
}

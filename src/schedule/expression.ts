import { invalid } from '../invalid';

/*
 * The rules of schedule expressions that Secrets Manager enforces only at deployment:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export const MIN_HOURS = 4;
export const MAX_DAYS = 999;
export const HOURS_PER_DAY = 24;
/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html */
const MAX_LENGTH = 256;

/** When windows open. The length of a window is checked against it. */
export interface Openings {
  /** The fewest hours between the openings of two windows. */
  readonly hoursApart: number;
  /** The latest hour of a UTC day at which a window opens. */
  readonly lastHour: number;
  /** The fewest hours between the openings of two windows. Undefined if windows are days apart, by an unknown number of days. */
  readonly period?: number;
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
  return { hoursApart: hours, lastHour: 0, period: hours };
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
  /** The numbers that an item such as `L`, the last day of the month, can stand for. Each time it is one of them. */
  readonly special?: (item: string) => number[] | undefined;
}

const HOUR: Field = { name: 'hour', min: 0, max: 23 };
const DAY: Field = { name: 'day', min: 1, max: 31, special: specialDays };
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTHS };
const WEEK_DAY: Field = { name: 'weekDay', min: 1, max: 7, names: WEEK_DAYS, special: specialWeekDays };
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The values of a field: its fixed numbers, and for each special item the numbers that it can stand for. */
interface Expansion {
  readonly fixed: Set<number>;
  readonly special: number[][];
}

/** Checks `cron(minute hour day month weekDay year)`. */
export function checkCron(property: string, fields: CronFields): Openings {
  if (fields.minute !== '0') { throw invalid(property, `the minutes of a cron expression must be 0, got ${fields.minute}`); }
  if (fields.year !== '*') { throw invalid(property, `the year of a cron expression must be *, got ${fields.year}`); }
  if ((fields.day === '?') === (fields.weekDay === '?')) {
    throw invalid(property, `exactly one of day (${fields.day}) and weekDay (${fields.weekDay}) of a cron expression must be ?`);
  }
  const hours = hoursOf(property, fields.hour);
  const months = expand(property, MONTH, fields.month).fixed;
  const [field, text, follows] = fields.day === '?' ? [WEEK_DAY, fields.weekDay, weekDayFollows] as const : [DAY, fields.day, dayFollows] as const;
  const days = expand(property, field, text);
  if (field === DAY && days.special.length === 0 && ![...months].some((month) => Math.min(...days.fixed) <= LONGEST_MONTHS[month - 1])) {
    throw invalid(property, `the day ${fields.day} of the cron expression is in none of its months, ${fields.month}`);
  }
  const nextDayToo = canFollow(days, follows);

  const gaps = hours.slice(1).map((hour, index) => hour - hours[index]);
  if (nextDayToo) { gaps.push(hours[0] + HOURS_PER_DAY - hours[hours.length - 1]); }
  const hoursApart = Math.min(HOURS_PER_DAY, ...gaps);
  if (hoursApart < MIN_HOURS) {
    throw invalid(property, `the hours ${fields.hour} of the cron expression are ${hoursApart} apart; rotations must be at least ${MIN_HOURS} hours apart`);
  }
  return { hoursApart, lastHour: hours[hours.length - 1], period: gaps.length === 0 ? undefined : hoursApart };
}

/** The hours of a field, in order. */
export function hoursOf(property: string, text: string): number[] {
  return [...expand(property, HOUR, text).fixed].sort((a, b) => a - b);
}

/** The days of the week of a field, in order, by name. */
export function weekDaysOf(property: string, text: string): string[] {
  const { fixed, special } = expand(property, WEEK_DAY, text);
  if (special.length > 0) {
    throw invalid(property, `weekDay is ${text}, which names days of a month. Name days of the week, such as SUN or MON-THU`);
  }
  return WEEK_DAYS.filter((_, index) => fixed.has(index + 1));
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

/** Checks the length of an expression. */
export function checkLength(property: string, expression: string): void {
  if (expression.length > MAX_LENGTH) {
    throw invalid(property, `makes an expression of ${expression.length} characters, and Secrets Manager takes ${MAX_LENGTH}; write it with ranges and steps`);
  }
}

/** Checks a whole expression. */
export function checkExpression(property: string, expression: string): Openings {
  checkLength(property, expression);
  const rate = /^rate\((\d+) (\w+)\)$/.exec(expression);
  if (rate) { return checkRate(property, Number(rate[1]), rate[2]); }
  const cron = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression);
  if (cron) {
    const [minute, hour, day, month, weekDay, year] = cron.slice(1);
    return checkCron(property, { minute, hour, day, month, weekDay, year });
  }
  throw invalid(property, `is ${JSON.stringify(expression)}, and must be like rate(10 days) or cron(0 3 ? * SUN *)`);
}

/** The values of a field, item by item. */
function expand(property: string, field: Field, text: string): Expansion {
  const refuse = (item: string) => invalid(property, `${field.name} of the cron expression is ${text}, and ${JSON.stringify(item)} is not a value from `
    + `${field.min} to ${field.max}${field.names ? ` or ${field.names[0]} to ${field.names[field.names.length - 1]}` : ''}, *, a range, a step, or a list of them`);
  const number = (item: string): number => {
    const index = field.names?.indexOf(item.toUpperCase()) ?? -1;
    const value = index >= 0 ? index + field.min : Number(item);
    if ((index < 0 && !/^\d+$/.test(item)) || value < field.min || value > field.max) { throw refuse(item); }
    return value;
  };
  const expansion: Expansion = { fixed: new Set(), special: [] };
  for (const item of text.split(',')) {
    const special = field.special?.(item.toUpperCase());
    if (special) {
      expansion.special.push(special);
      continue;
    }
    // The user guide writes "every eight hours" as "/8".
    const [, base, step] = /^([^/]*)(?:\/(\d+))?$/.exec(item) ?? [];
    if (base === undefined || (base === '' && step === undefined) || Number(step) === 0) { throw refuse(item); }
    const [first, last, more] = base === '*' || base === '' ? [field.min, field.max] : base.split('-').map(number);
    if (more !== undefined) { throw refuse(item); }
    const end = last ?? (step === undefined ? first : field.max);
    if (end < first) { throw refuse(item); }
    for (let value = first; value <= end; value += Number(step ?? 1)) { expansion.fixed.add(value); }
  }
  return expansion;
}

/** L is the last day, LW the last weekday, and 15W the weekday nearest to the 15th. */
function specialDays(item: string): number[] | undefined {
  if (item === 'L') { return range(28, 31); }
  if (item === 'LW') { return range(26, 31); }
  const day = Number(/^([1-9]|[12]\d|3[01])W$/.exec(item)?.[1] ?? NaN);
  return Number.isNaN(day) ? undefined : range(Math.max(1, day - 2), Math.min(31, day + 2));
}

/** L is Saturday, 5L the last Thursday of the month, and SAT#1 the first Saturday. */
function specialWeekDays(item: string): number[] | undefined {
  if (item === 'L') { return [7]; }
  const day = /^([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])$/.exec(item)?.[1];
  return day === undefined ? undefined : [WEEK_DAYS.indexOf(day) + 1 || Number(day)];
}

/** Whether a window can open on two consecutive days. A special item alone opens one window a month or a week. */
function canFollow({ fixed, special }: Expansion, follows: (day: number, next: number) => boolean): boolean {
  const groups = [...[...fixed].map((day) => [day]), ...special];
  return groups.some((days, index) => groups.some((others, other) =>
    (index !== other || days.length === 1) && days.some((day) => others.some((next) => follows(day, next)))));
}

/** The first day may follow the 28th, and any later day. */
function dayFollows(day: number, next: number): boolean { return next === day + 1 || (day >= 28 && next === 1); }

function weekDayFollows(day: number, next: number): boolean { return next === day % 7 + 1; }

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

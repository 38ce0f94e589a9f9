const DAY_MS = 86_400_000;
const WEEK_DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** When the windows of a cron expression of numbers, names, lists and `#` open, after a midnight UTC, in milliseconds since 1970. */
export function openings(expression: string, from: number, days: number): number[] {
  const [, hour, day, month, weekDay] = /^cron\(0 (\d+) (\S+) (\S+) (\S+) \*\)$/.exec(expression) ?? [];
  if (hour === undefined) { throw new Error(`${expression} is no expression that can be read here`); }
  return Array.from({ length: days }, (_, index) => new Date(from + index * DAY_MS))
    .filter((date) => matches(day, (item) => Number(item) === date.getUTCDate()))
    .filter((date) => matches(month, (item) => Number(item) === date.getUTCMonth() + 1))
    .filter((date) => matches(weekDay, (item) => isWeekDay(date, item)))
    .map((date) => date.getTime() + Number(hour) * 3_600_000);
}

function matches(field: string, isMeant: (item: string) => boolean): boolean {
  return field === '*' || field === '?' || field.split(',').some(isMeant);
}

/** `SUN`, or `SUN#2` for the second of the month. */
function isWeekDay(date: Date, item: string): boolean {
  const [name, count] = item.split('#');
  return WEEK_DAYS[date.getUTCDay()] === name && (count === undefined || Math.ceil(date.getUTCDate() / 7) === Number(count));
}

import { Duration, Stack } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { RotationRules } from '../../src';
import { checkExpression } from '../../src/schedule/expression';

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const HOUR = 3_600_000;
// A leap year and another year, with the January after them.
const [FIRST, LAST] = [Date.UTC(2027, 0, 1), Date.UTC(2029, 1, 1)];

interface Cron {
  readonly hours: number[];
  readonly days?: (number | string)[];
  readonly weekDays?: (number | string)[];
  readonly months?: number[];
}

const dayOf = (date: Date, move = 0) => new Date(date.getTime() + move * 24 * HOUR);
const isWeekend = (date: Date) => [0, 6].includes(date.getUTCDay());
const inMonthOf = (date: Date) => (other: Date) => other.getUTCMonth() === date.getUTCMonth();
const isLastDay = (date: Date) => !inMonthOf(date)(dayOf(date, 1));

/** Whether an item of the days field is a date: a number, L, LW or a number with W. */
function isDay(date: Date, item: number | string): boolean {
  if (item === 'L') { return isLastDay(date); }
  if (item === 'LW') { return !isWeekend(date) && [1, 2, 3].map((move) => dayOf(date, move)).filter(inMonthOf(date)).every(isWeekend); }
  if (typeof item === 'number') { return date.getUTCDate() === item; }
  const named = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), Number.parseInt(item)));
  const nearest = [0, -1, 1, -2, 2].map((move) => dayOf(named, move));
  return nearest.filter(inMonthOf(date)).find((candidate) => !isWeekend(candidate))?.getTime() === date.getTime();
}

/** The same for days of the week: a number, L, a number with L, or the first to fifth with #. */
function isWeekDay(date: Date, item: number | string): boolean {
  const [, day, last, count] = /^([1-7])(L?)(?:#(\d))?$/.exec(item === 'L' ? '7' : String(item))!;
  return date.getUTCDay() + 1 === Number(day)
    && (last === '' || !inMonthOf(date)(dayOf(date, 7)))
    && (count === undefined || Math.ceil(date.getUTCDate() / 7) === Number(count));
}

/** Every opening of a window in two years, by brute force. */
function openings({ hours, days, weekDays, months }: Cron): number[] {
  const found: number[] = [];
  for (let midnight = FIRST; midnight < LAST; midnight += 24 * HOUR) {
    const date = new Date(midnight);
    if (days && !days.some((day) => isDay(date, day))) { continue; }
    if (weekDays && !weekDays.some((weekDay) => isWeekDay(date, weekDay))) { continue; }
    if (months && !months.includes(date.getUTCMonth() + 1)) { continue; }
    for (let hour = 0; hour < 24; hour++) {
      if (hours.includes(hour)) { found.push(midnight + hour * HOUR); }
    }
  }
  return found;
}

function hoursApart(cron: Cron): number {
  const all = openings(cron);
  return Math.min(...all.slice(1).map((opening, index) => (opening - all[index]) / HOUR));
}

function fields({ hours, days, weekDays, months }: Cron) {
  return { hour: hours.join(), day: days?.join(), weekDay: weekDays?.join(), month: months?.map((month) => MONTHS[month - 1]).join() };
}

function accepts(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

const list = (min: number, max: number, maxLength: number) => fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength });
const someHours = fc.oneof(list(0, 23, 4), fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 19, max: 23 })));
const onDays = fc.record({ hours: someHours, days: list(1, 31, 4) });
const onWeekDays = fc.record({ hours: someHours, weekDays: list(1, 7, 3) });

describe('cron, compared with every opening of two years', () => {
  const agreed = (cron: Cron) => accepts(() => RotationRules.cron(fields(cron))) === hoursApart(cron) >= 4;

  test('accepts lists of days exactly if windows open at least 4 hours apart', () => {
    fc.assert(fc.property(onDays, agreed), { numRuns: 150 });
  });

  test('accepts lists of days of the week exactly if windows open at least 4 hours apart', () => {
    fc.assert(fc.property(onWeekDays, agreed), { numRuns: 150 });
  });

  test('months only remove openings: accepted expressions open at least 4 hours apart', () => {
    fc.assert(fc.property(onDays, list(1, 12, 3), (cron, months) => {
      fc.pre(accepts(() => RotationRules.cron(fields({ ...cron, months }))));
      return hoursApart({ ...cron, months }) >= 4;
    }), { numRuns: 100 });
  });

  describe('accepts days that change from month to month only if windows open at least 4 hours apart', () => {
    const special = (cron: Cron) => {
      fc.pre(accepts(() => RotationRules.cron(fields(cron))));
      return hoursApart(cron) >= 4;
    };
    // Hours that are too close to those of the next day, so that everything depends on the days.
    const hours = fc.constantFrom<number[]>([1, 22], [0, 21], [3, 23]);

    test('in lists of days of the month', () => {
      const numbers = fc.integer({ min: 1, max: 31 });
      const items = fc.oneof(numbers, numbers.map((day) => `${day}W`), fc.constantFrom('L', 'LW'));
      const days = fc.uniqueArray(items, { minLength: 1, maxLength: 3 });
      fc.assert(fc.property(fc.record({ hours, days }), special), { numRuns: 150 });
    });

    test('in lists of days of the week', () => {
      const numbers = fc.integer({ min: 1, max: 7 });
      const counted = fc.tuple(numbers, fc.integer({ min: 1, max: 5 })).map((pair) => pair.join('#'));
      const items = fc.oneof(numbers, numbers.map((day) => `${day}L`), counted, fc.constant('L'));
      const weekDays = fc.uniqueArray(items, { minLength: 1, maxLength: 3 });
      fc.assert(fc.property(fc.record({ hours, weekDays }), special), { numRuns: 150 });
    });

    test.each<[string, Cron]>([
      ['L', { hours: [1, 22], days: ['L'] }],
      ['15W', { hours: [1, 22], days: ['15W'] }],
      ['1W,15W', { hours: [1, 22], days: ['1W', '15W'] }],
      ['SUN#1', { hours: [1, 22], weekDays: ['1#1'] }],
      ['2L,4', { hours: [1, 22], weekDays: ['2L', 4] }],
    ])('and %s is accepted', (_, cron) => {
      expect(hoursApart(cron)).toBeGreaterThanOrEqual(4);
      expect(() => RotationRules.cron(fields(cron))).not.toThrow();
    });
  });

  test('accepts a window exactly if it ends before the next one opens and before the day ends', () => {
    fc.assert(fc.property(fc.oneof(onDays, onWeekDays) as fc.Arbitrary<Cron>, fc.integer({ min: 1, max: 25 }), (cron, window) => {
      fc.pre(accepts(() => RotationRules.cron(fields(cron))));
      const fits = window <= hoursApart(cron) && Math.max(...cron.hours) + window <= 24;
      return accepts(() => RotationRules.cron({ ...fields(cron), window: Duration.hours(window) })) === fits;
    }), { numRuns: 100 });
  });
});

describe('treats notations of one schedule alike', () => {
  const range = (first: number, last: number, step = 1) =>
    Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);

  test.each([
    ['*/6', range(0, 23, 6)],
    ['/6', range(0, 23, 6)],
    ['2/6', range(2, 23, 6)],
    ['2-14/6', range(2, 14, 6)],
    ['0/5', range(0, 23, 5)],
    ['5-7', range(5, 7)],
  ])('hour %s', (hour, hours) => {
    expect(accepts(() => RotationRules.cron({ hour }))).toBe(hoursApart({ hours }) >= 4);
    for (let window = 1; window <= 24; window++) {
      expect(accepts(() => RotationRules.cron({ hour, window: Duration.hours(window) })))
        .toBe(accepts(() => RotationRules.cron({ hour: hours.join(), window: Duration.hours(window) })));
    }
  });

  test.each([
    ['*', range(1, 7)],
    ['MON-FRI', range(2, 6)],
    ['mon-fri', range(2, 6)],
    ['2-6', range(2, 6)],
    ['SUN/2', range(1, 7, 2)],
    ['SUN,SAT', [1, 7]],
    ['MON,WED', [2, 4]],
  ])('weekDay %s', (weekDay, weekDays) => {
    expect(accepts(() => RotationRules.cron({ hour: '1,22', weekDay }))).toBe(hoursApart({ hours: [1, 22], weekDays }) >= 4);
  });

  test.each([
    ['*', range(1, 31)],
    ['1/2', range(1, 31, 2)],
    ['2/2', range(2, 31, 2)],
    ['10-11', [10, 11]],
    ['5', [5]],
  ])('day %s', (day, days) => {
    expect(accepts(() => RotationRules.cron({ hour: '1,22', day }))).toBe(hoursApart({ hours: [1, 22], days }) >= 4);
  });
});

describe('rate', () => {
  const minutes = fc.oneof(
    fc.integer({ min: 0, max: 1001 * 24 * 60 }),
    fc.integer({ min: 0, max: 1001 * 24 }).map((hours) => hours * 60),
    fc.constantFrom(239, 240, 241, 300, 999 * 24 * 60, 999 * 24 * 60 + 60),
  );

  test('accepts exactly whole hours from 4 hours to 999 days', () => {
    fc.assert(fc.property(minutes, (amount) =>
      accepts(() => RotationRules.rate(Duration.minutes(amount))) === (amount % 60 === 0 && amount >= 4 * 60 && amount <= 999 * 24 * 60)));
  });

  test('becomes an expression of the same length that is accepted unchanged', () => {
    fc.assert(fc.property(fc.integer({ min: 4, max: 999 * 24 }), (hours) => {
      const { scheduleExpression } = RotationRules.rate(Duration.hours(hours))._render(new Stack())!;
      const [, value, unit] = /^rate\((\d+) (hours|days?)\)$/.exec(scheduleExpression!)!;
      const { hoursApart: accepted } = checkExpression('expression', scheduleExpression!);
      return Number(value) * (unit === 'hours' ? 1 : 24) === hours && accepted === hours;
    }));
  });

  test('leaves room for windows up to its own length, and up to a day', () => {
    fc.assert(fc.property(fc.integer({ min: 4, max: 60 }), fc.integer({ min: 1, max: 30 }), (hours, window) =>
      accepts(() => RotationRules.rate(Duration.hours(hours), { window: Duration.hours(window) })) === window <= Math.min(hours, 24)));
  });
});

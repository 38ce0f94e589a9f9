import { createHash } from 'node:crypto';
import type { IConstruct } from 'constructs';
import { invalid } from '../invalid';
import { identityOf } from './identity';
import { RotationPeriod } from './rotation-period';

/** Days that every month has. */
const DAYS = Array.from({ length: 28 }, (_, index) => String(index + 1));
/** Weeks that every month has, for each day of the week. */
const WEEKS = [1, 2, 3, 4];
const WEEK = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const QUARTERLY = ['1,4,7,10', '2,5,8,11', '3,6,9,12'];
/** Enough bytes of a hash to choose among some hundred values without a bias. */
const BYTES = 6;

/** The days on which a secret may rotate. Each has the fields day, month and weekDay of a cron expression. */
export function spreadDays(period: RotationPeriod, weekDays: readonly string[] | undefined): string[] {
  const inMonths = (months: readonly string[]) => months.flatMap((month) => weekDays
    ? weekDays.flatMap((day) => WEEKS.map((week) => `? ${month} ${day}#${week}`))
    : DAYS.map((day) => `${day} ${month} ?`));
  switch (period) {
    case RotationPeriod.DAY: return [weekDays ? `? * ${weekDays.join()}` : '* * ?'];
    case RotationPeriod.WEEK: return (weekDays ?? WEEK).map((day) => `? * ${day}`);
    case RotationPeriod.MONTH: return inMonths(['*']);
    case RotationPeriod.QUARTER: return inMonths(QUARTERLY);
    // The compiler doesn't check callers in JavaScript.
    default: throw invalid('period', `is ${JSON.stringify(period)}. Use one of RotationPeriod`);
  }
}

/** The fewest days between two rotations of a secret. */
export function fewestDays(period: RotationPeriod): number {
  return { [RotationPeriod.DAY]: 1, [RotationPeriod.WEEK]: 7, [RotationPeriod.MONTH]: 28, [RotationPeriod.QUARTER]: 84 }[period];
}

/**
 * One choice for each secret. It is stable for a secret, and even over many secrets.
 *
 * @param aspect makes choices independent of each other
 */
export function choose(secret: IConstruct, aspect: string, choices: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([aspect, ...identityOf(secret)])).digest();
  return choices[hash.readUIntBE(0, BYTES) % choices.length];
}

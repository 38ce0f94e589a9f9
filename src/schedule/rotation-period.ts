/**
 * How often each secret rotates where many are spread.
 */
export enum RotationPeriod {
  /**
   * Every day, at an hour of its own.
   */
  DAY = 'DAY',

  /**
   * Once a week, on a day and at an hour of its own.
   */
  WEEK = 'WEEK',

  /**
   * Once a month, on a day and at an hour of its own. Rotations are 28 to 31 days apart, or 28 to 35 where the days of the week are
   * chosen.
   */
  MONTH = 'MONTH',

  /**
   * Once in three months, in a month, on a day and at an hour of its own. Rotations are 89 to 92 days apart, or 84 to 98 where the days
   * of the week are chosen.
   */
  QUARTER = 'QUARTER',
}

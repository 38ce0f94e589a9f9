/**
 * How often each secret of a spread rotates.
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
   * Once a month, on a day and at an hour of its own. Rotations are 28 to 31 days apart, or 28 to 35 if `weekDay` is
   * given.
   */
  MONTH = 'MONTH',

  /**
   * Once in three months, in a month, on a day and at an hour of its own. Rotations are 89 to 92 days apart, or 84 to 98 if `weekDay`
   * is given.
   */
  QUARTER = 'QUARTER',
}

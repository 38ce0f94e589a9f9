import * as fc from 'fast-check';
import { findOverdue, type RotatedSecret } from '../../lambda-src/overdue/decide';

const DAY = 86_400_000;
const HOUR = DAY / 24;
const NOW = new Date('2026-11-25T12:00:00.000Z');
const ago = (days: number) => new Date(NOW.getTime() - days * DAY);
const ahead = (days: number) => ago(-days);

/** Created 100 days ago, rotated 10 days ago, due again in 20. */
const HEALTHY: RotatedSecret = {
  arn: 'arn',
  rotationEnabled: true,
  createdDate: ago(100),
  lastChangedDate: ago(10),
  lastRotatedDate: ago(10),
  nextRotationDate: ahead(20),
  scheduleExpression: 'rate(30 days)',
  automaticallyAfterDays: 30,
  stages: [['AWSCURRENT'], ['AWSPREVIOUS']],
};
const NEVER = { ...HEALTHY, lastRotatedDate: undefined, stages: [['AWSCURRENT']] };
const PENDING = { ...HEALTHY, stages: [['AWSCURRENT'], ['AWSPENDING']] };

test.each<[string, Partial<RotatedSecret>]>([
  ['rotated in time', HEALTHY],
  ['never had a rotation', { ...NEVER, rotationEnabled: undefined, nextRotationDate: ago(50) }],
  ['is due today', { ...HEALTHY, nextRotationDate: NOW }],
  ['was due within the grace', { ...HEALTHY, nextRotationDate: ago(0.99) }],
  ['was due just as long ago as the grace', { ...HEALTHY, nextRotationDate: ago(1) }],
  ['has never rotated, and is not due yet', NEVER],
  ['has never rotated, and nothing is known but that it rotates', { arn: 'arn', rotationEnabled: true, stages: [] }],
  ['is late by an interval, and its next date is ahead', { ...HEALTHY, lastRotatedDate: ago(60) }],
  ['has a shorter schedule since an hour ago, and its next date is ahead', { ...HEALTHY, scheduleExpression: 'rate(7 days)', automaticallyAfterDays: 7, lastRotatedDate: ago(60), lastChangedDate: ago(1 / 24), nextRotationDate: ahead(7) }],
  ['has a cron expression, and is as late as that may be', { ...HEALTHY, scheduleExpression: 'cron(0 8 1 * ? *)', automaticallyAfterDays: 31, lastRotatedDate: ago(62) }],
  ['has a cron expression of which nothing else is known', { ...HEALTHY, scheduleExpression: 'cron(0 8 1 * ? *)', automaticallyAfterDays: undefined, lastRotatedDate: ago(400) }],
  ['rotates after no days, as far as is known', { ...HEALTHY, scheduleExpression: undefined, automaticallyAfterDays: 0, lastRotatedDate: ago(400) }],
  ['is being rotated', { ...PENDING, lastChangedDate: ago(0.5) }],
  ['rotates on demand only, and has not for long', { ...HEALTHY, scheduleExpression: undefined, automaticallyAfterDays: undefined, nextRotationDate: undefined, lastRotatedDate: ago(400), lastChangedDate: ago(400) }],
  ['rotates on demand only, and never has', { ...NEVER, scheduleExpression: undefined, automaticallyAfterDays: undefined, nextRotationDate: undefined, lastChangedDate: ago(400) }],
  ['is being rotated, at a time that is not known', { ...PENDING, lastChangedDate: undefined }],
  ['has AWSPENDING on its current version, as a finished rotation may leave it', { ...HEALTHY, stages: [['AWSCURRENT', 'AWSPENDING'], ['AWSPREVIOUS']] }],
  ['was turned off within the grace', { ...HEALTHY, rotationEnabled: false, lastChangedDate: ago(0.5), nextRotationDate: undefined }],
])('a secret that %s is not overdue', (_, secret) => {
  expect(findOverdue({ ...secret } as RotatedSecret, NOW, DAY)).toBeUndefined();
});

test.each<[string, RotatedSecret, string, Date]>([
  ['missed its window', { ...HEALTHY, nextRotationDate: ago(1.01) }, 'missed', ago(1.01)],
  ['missed its window, whatever the expression', { ...HEALTHY, scheduleExpression: 'cron(0 8 1 * ? *)', nextRotationDate: ago(3) }, 'missed', ago(3)],
  ['missed two windows, though its next date is ahead', { ...HEALTHY, lastRotatedDate: ago(62), lastChangedDate: ago(62) }, 'missed', ago(2)],
  ['missed two windows of hours', { ...HEALTHY, scheduleExpression: 'rate(4 hours)', automaticallyAfterDays: 1, lastRotatedDate: ago(2), lastChangedDate: ago(2) }, 'missed', ago(2 - 8 / 24)],
  ['missed two windows of a day', { ...HEALTHY, scheduleExpression: 'rate(1 day)', automaticallyAfterDays: 1, lastRotatedDate: ago(4), lastChangedDate: ago(4) }, 'missed', ago(2)],
  ['missed two windows of a cron expression', { ...HEALTHY, scheduleExpression: 'cron(0 8 1 * ? *)', automaticallyAfterDays: 31, lastRotatedDate: ago(64), lastChangedDate: ago(64) }, 'missed', ago(2)],
  ['missed two windows without an expression', { ...HEALTHY, scheduleExpression: undefined, lastRotatedDate: ago(62), lastChangedDate: ago(62) }, 'missed', ago(2)],
  ['has never rotated, and its schedule should have fired', { ...NEVER, nextRotationDate: ago(2) }, 'neverRotated', ago(2)],
  ['has never rotated since it was changed, and has no next date', { ...NEVER, nextRotationDate: undefined, lastChangedDate: ago(62) }, 'neverRotated', ago(2)],
  ['has never rotated since it was made, and nothing else is known', { ...NEVER, nextRotationDate: undefined, lastChangedDate: undefined }, 'neverRotated', ago(40)],
  ['was turned off', { ...HEALTHY, rotationEnabled: false, lastChangedDate: ago(2), nextRotationDate: undefined }, 'turnedOff', ago(2)],
  ['was turned off in the middle', { ...PENDING, rotationEnabled: false, lastChangedDate: ago(2), nextRotationDate: ago(9) }, 'turnedOff', ago(2)],
  ['was turned off, at a time that is not known', { ...HEALTHY, rotationEnabled: false, lastChangedDate: undefined }, 'turnedOff', ago(100)],
  ['got stuck', { ...PENDING, lastChangedDate: ago(2) }, 'unfinished', ago(2)],
  ['got stuck, and rotates on demand only', { ...PENDING, scheduleExpression: undefined, automaticallyAfterDays: undefined, nextRotationDate: undefined, lastChangedDate: ago(2) }, 'unfinished', ago(2)],
  ['got stuck, and so missed its window', { ...PENDING, lastChangedDate: ago(2), nextRotationDate: ago(40) }, 'unfinished', ago(2)],
  ['is being rotated, and missed its window long ago', { ...PENDING, lastChangedDate: ago(0.5), nextRotationDate: ago(40) }, 'missed', ago(40)],
])('a secret that %s is overdue', (_, secret, reason, since) => {
  expect(findOverdue(secret, NOW, DAY)).toEqual({ reason, since });
});

const date = fc.option(fc.integer({ min: -400, max: 400 }).map((days) => ago(days)), { nil: undefined });
const secrets: fc.Arbitrary<RotatedSecret> = fc.record({
  arn: fc.constant('arn'),
  rotationEnabled: fc.option(fc.boolean(), { nil: undefined }),
  createdDate: date,
  lastChangedDate: date,
  lastRotatedDate: date,
  nextRotationDate: date,
  scheduleExpression: fc.constantFrom(undefined, 'rate(4 hours)', 'rate(30 days)', 'cron(0 8 1 * ? *)'),
  automaticallyAfterDays: fc.option(fc.nat(60), { nil: undefined }),
  stages: fc.constantFrom([['AWSCURRENT']], [['AWSCURRENT'], ['AWSPENDING']], [['AWSCURRENT', 'AWSPENDING'], ['AWSPREVIOUS']], []),
});
const grace = fc.nat(30 * 24).map((hours) => hours * HOUR);

test('an overdue secret stays overdue until something happens, by more than the grace', () => {
  fc.assert(fc.property(secrets, grace, fc.nat(1000), (secret, patience, hours) => {
    const found = findOverdue(secret, NOW, patience);
    if (!found) { return; }
    expect(NOW.getTime() - found.since.getTime()).toBeGreaterThan(patience);
    expect(findOverdue(secret, new Date(NOW.getTime() + hours * HOUR), patience)).toBeDefined();
  }), { numRuns: 1000 });
});

test('a longer grace finds nothing that a shorter one does not', () => {
  fc.assert(fc.property(secrets, grace, grace, (secret, one, other) => {
    if (findOverdue(secret, NOW, Math.max(one, other))) { expect(findOverdue(secret, NOW, Math.min(one, other))).toBeDefined(); }
  }), { numRuns: 1000 });
});

test('a secret that rotates in every window is never overdue, however uneven the windows are', () => {
  const gaps = fc.array(fc.integer({ min: 4, max: 999 * 24 }), { minLength: 2, maxLength: 20 });
  fc.assert(fc.property(gaps, (hours) => {
    let rotated = NOW.getTime();
    for (const gap of hours) {
      const next = rotated + gap * HOUR;
      const secret = {
        ...HEALTHY,
        lastRotatedDate: new Date(rotated),
        lastChangedDate: new Date(rotated),
        nextRotationDate: new Date(next),
        scheduleExpression: 'cron(…)',
        // The next date that the service would compute.
        automaticallyAfterDays: Math.ceil(gap / 24),
      };
      expect(findOverdue(secret, new Date(next), 0)).toBeUndefined();
      rotated = next;
    }
  }));
});

import { CfnParameter, Duration, Lazy, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import * as fc from 'fast-check';
import { RotatingSecret, RotationFunction, RotationPeriod, RotationRules, type RotationSpreadOptions } from '../../src';
import { checkExpression, checkWindow } from '../../src/schedule/expression';
import { openings } from '../../tools/cron';
import { expectInvalid, makeApp, makeStack, onlyResource, resourcesOf, SCHEDULE, warningsOf } from '../fixture';

const { DAY, WEEK, MONTH, QUARTER } = RotationPeriod;
const PERIODS = [DAY, WEEK, MONTH, QUARTER];
const [FIRST_DAY, DAYS, DAY_MS] = [Date.UTC(2027, 0, 1), 8 * 366, 86_400_000];

/** Constructs in place of secrets, a hundred to a stack. */
function fleet(count: number, name = (n: number) => `Secret${n}`): IConstruct[] {
  const app = makeApp();
  let stack = new Stack(app, 'Stack0');
  return Array.from({ length: count }, (_, n) => {
    if (n > 0 && n % 100 === 0) { stack = new Stack(app, `Stack${n / 100}`); }
    return new Construct(stack, name(n));
  });
}

const FLEET = fleet(10_000);
const expressionOf = (rules: RotationRules, secret: IConstruct) => rules._render(secret)!.scheduleExpression!;
const secret = (path: string) => new Construct(makeStack(), path);

function countsOf(values: readonly string[]): number[] {
  const counts = new Map<string, number>();
  for (const value of values) { counts.set(value, (counts.get(value) ?? 0) + 1); }
  return [...counts.values()];
}

// Changing these results moves the rotations of all users who spread them.
test.each<[RotationSpreadOptions, string, string, string]>([
  [{}, 'cron(0 17 10 * ? *)', 'cron(0 1 2 * ? *)', '1h'],
  [{ period: MONTH, weekDay: 'SAT,SUN', hour: '1-4' }, 'cron(0 2 ? * SAT#2 *)', 'cron(0 2 ? * SUN#2 *)', '1h'],
  [{ period: DAY }, 'cron(0 17 * * ? *)', 'cron(0 1 * * ? *)', '1h'],
  [{ period: DAY, weekDay: 'MON-FRI' }, 'cron(0 17 ? * MON,TUE,WED,THU,FRI *)', 'cron(0 1 ? * MON,TUE,WED,THU,FRI *)', '1h'],
  [{ period: WEEK }, 'cron(0 17 ? * TUE *)', 'cron(0 1 ? * MON *)', '1h'],
  [{ period: WEEK, weekDay: '2-5', hour: '22,20', window: Duration.hours(2) }, 'cron(0 22 ? * TUE *)', 'cron(0 22 ? * TUE *)', '2h'],
  [{ period: QUARTER, window: Duration.days(1) }, 'cron(0 0 10 2,5,8,11 ? *)', 'cron(0 0 2 1,4,7,10 ? *)', '24h'],
  [{ period: QUARTER, weekDay: 'sun' }, 'cron(0 17 ? 1,4,7,10 SUN#2 *)', 'cron(0 1 ? 1,4,7,10 SUN#2 *)', '1h'],
])('%j gives one secret %s and another %s, in every version', (options, one, other, duration) => {
  const rules = RotationRules.spread(options);
  expect(rules._render(secret('One'))).toEqual({ scheduleExpression: one, duration });
  expect(rules._render(secret('Other'))).toEqual({ scheduleExpression: other, duration });
});

describe('the time of a secret', () => {
  const rules = RotationRules.spread();

  test('is the same in every app with the secret, whatever else the app has', () => {
    const alone = expressionOf(rules, secret('Secret'));
    const app = makeApp();
    new RotatingSecret(new Stack(app, 'Another'), 'Secret');
    const stack = new Stack(app, 'Stack');
    for (let n = 0; n < 10; n++) { new Construct(stack, `Secret${n}`); }
    expect(expressionOf(RotationRules.spread(), new Construct(stack, 'Secret'))).toBe(alone);
  });

  test('is the same in every stage if the stack has the same name', () => {
    const [plain, stage] = [makeApp(), new Stage(makeApp(), 'Stage')];
    const [one, other] = [plain, stage].map((scope, n) => new Construct(new Stack(scope, `Stack${n}`, { stackName: 'orders' }), 'Secret'));
    expect(expressionOf(rules, one)).toBe(expressionOf(rules, other));
  });

  test('is different in a stack of another name, under another path, and in a nested stack', () => {
    const stack = new Stack(makeApp(), 'Stack');
    const inside = [new Construct(stack, 'A'), new NestedStack(stack, 'B'), new NestedStack(new NestedStack(stack, 'C'), 'B')];
    const scopes = [stack, ...inside, new Stack(makeApp(), 'Other')];
    expect(countsOf(scopes.map((scope) => expressionOf(rules, new Construct(scope, 'Secret'))))).toEqual([1, 1, 1, 1, 1]);
  });

  test('is one for each of many secrets with the same rules', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation');
    for (let n = 0; n < 5; n++) { new RotatingSecret(stack, `Secret${n}`, { rotationFunction, rotationRules: rules }); }
    rotationFunction.rotate(Secret.fromSecretNameV2(stack, 'Imported', 'imported'), { rotationRules: rules });
    const expressions = resourcesOf(stack, SCHEDULE).map(({ properties }) => properties.RotationRules);
    expect(expressions).toHaveLength(6);
    expect(countsOf(expressions.map(({ ScheduleExpression }) => ScheduleExpression)).length).toBeGreaterThan(4);
    expect(new Set(expressions.map(({ Duration: duration }) => duration))).toEqual(new Set(['1h']));
  });

  test('keeps its day if the hours change, and its hour if the days change', () => {
    const fieldsOf = (options: RotationSpreadOptions) => FLEET.slice(0, 50).map((each) => expressionOf(RotationRules.spread(options), each).split(' '));
    const [all, nights, weekends] = [{}, { hour: '1-4' }, { weekDay: 'SAT,SUN' }].map(fieldsOf);
    expect(nights.map(([, , day]) => day)).toEqual(all.map(([, , day]) => day));
    expect(weekends.map(([, hour]) => hour)).toEqual(all.map(([, hour]) => hour));
  });

  test('is in the template', () => {
    const stack = makeStack();
    new RotatingSecret(stack, 'One', { rotationRules: RotationRules.spread({ period: WEEK, weekDay: 'TUE', hour: '3', window: Duration.hours(3) }) });
    expect(onlyResource(stack, SCHEDULE).properties.RotationRules).toEqual({ ScheduleExpression: 'cron(0 3 ? * TUE *)', Duration: '3h' });
  });
});

describe('every time', () => {
  const hour = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 24 });
  const weekDay = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 });
  const window = fc.integer({ min: 1, max: 24 });
  const options = fc.record({ period: fc.constantFrom(...PERIODS), hour: fc.option(hour), weekDay: fc.option(weekDay), window });
  const id = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `Secret${text}`);

  test('is accepted by Secrets Manager, with its window, and is one of the given times', () => {
    fc.assert(fc.property(options, id, ({ period, hour: hours, weekDay: days, window: length }, path) => {
      fc.pre(Math.max(...hours ?? [0]) + length <= 24);
      const rules = RotationRules.spread({ period, hour: hours?.join(), weekDay: days?.join(), window: Duration.hours(length) });
      const expression = expressionOf(rules, secret(path));
      checkWindow('window', length, checkExpression('expression', expression));
      const all = openings(expression, FIRST_DAY, 800).map((opening) => new Date(opening));
      return all.length >= 8
        && all.every((date) => hours?.includes(date.getUTCHours()) ?? date.getUTCHours() + length <= 24)
        && all.every((date) => days?.includes(date.getUTCDay() + 1) ?? true);
    }), { numRuns: 300 });
  });

  test.each<[RotationPeriod, string | undefined, number, number]>([
    [DAY, undefined, 1, 1],
    [DAY, 'MON-FRI', 1, 3],
    [WEEK, undefined, 7, 7],
    [WEEK, 'SAT,SUN', 7, 7],
    [MONTH, undefined, 28, 31],
    [MONTH, 'MON-THU', 28, 35],
    [QUARTER, undefined, 89, 92],
    [QUARTER, 'SUN', 84, 98],
  ])('with %s on %s recurs after %d to %d days, in 8 years', (period, weekDays, least, most) => {
    const rules = RotationRules.spread({ period, weekDay: weekDays });
    const expressions = new Set(FLEET.slice(0, 2_000).map((each) => expressionOf(rules, each).replace(/^cron\(0 \d+ /, 'cron(0 0 ')));
    const gaps = [...expressions].flatMap((expression) => {
      const all = openings(expression, FIRST_DAY, DAYS);
      return all.slice(1).map((opening, index) => (opening - all[index]) / DAY_MS);
    });
    expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([least, most]);
  });
});

describe('over a fleet', () => {
  test.each([
    [1_000, {}, 672],
    [10_000, {}, 672],
    [1_000, { period: DAY }, 24],
    [1_000, { period: WEEK, weekDay: 'SAT,SUN', hour: '0-5' }, 12],
    [10_000, { weekDay: 'MON-THU', hour: '9-14' }, 96],
    [10_000, { period: QUARTER, hour: '1-4' }, 336],
  ])('%d secrets with %j use the %d times about equally often', (count, options, times) => {
    const rules = RotationRules.spread(options);
    const counts = countsOf(FLEET.slice(0, count).map((each) => expressionOf(rules, each)));
    const expected = count / times;
    const chiSquare = counts.reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, (times - counts.length) * expected);
    // Its mean is the number of times less one, and its standard deviation is the root of twice that. The names are fixed, so the result is
    // always the same.
    expect(Math.abs(chiSquare - (times - 1))).toBeLessThan(3 * Math.sqrt(2 * (times - 1)));
    expect(Math.max(...counts)).toBeLessThan(expected + 5 * Math.sqrt(expected));
  });

  test('the names don\'t matter: long ones, and ones that differ in the last letter', () => {
    const prefix = 'a-rather-long-name-for-a-construct-'.repeat(3);
    const counts = countsOf(fleet(2_400, (n) => `${prefix}${n}`).map((each) => expressionOf(RotationRules.spread({ period: DAY }), each)));
    expect(counts).toHaveLength(24);
    expect(Math.max(...counts)).toBeLessThan(130);
    expect(Math.min(...counts)).toBeGreaterThan(70);
  });

  test('the day doesn\'t determine the hour', () => {
    const counts = countsOf(FLEET.slice(0, 2_000).map((each) => expressionOf(RotationRules.spread({ period: WEEK, hour: '0-6' }), each)));
    expect(counts).toHaveLength(49);
  });
});

describe('refused', () => {
  test.each<[RotationSpreadOptions, string, string[]]>([
    [{ hour: '24' }, 'spread', ['hour of the cron expression is 24', '0 to 23']],
    [{ hour: '' }, 'spread', ['hour', '0 to 23']],
    [{ weekDay: 'Sunday' }, 'spread', ['weekDay of the cron expression is Sunday', 'SUN to SAT']],
    [{ weekDay: 'SUN#1' }, 'spread', ['weekDay is SUN#1', 'days of a month', 'such as SUN']],
    [{ weekDay: 'MON,L' }, 'spread', ['weekDay is MON,L', 'days of a month']],
    [{ window: Duration.hours(25) }, 'window', ['is 25 hours']],
    [{ window: Duration.minutes(30) }, 'window', ['got 0.5']],
    [{ window: Duration.hours(0) }, 'window', ['got 0']],
    [{ hour: '20-23', window: Duration.hours(2) }, 'window', ['is 2 hours', 'opens at 23:00', 'at most 1 hours']],
    [{ period: 'FORTNIGHT' as RotationPeriod }, 'period', ['"FORTNIGHT"', 'RotationPeriod']],
  ])('%j', (options, property, parts) => {
    expectInvalid(() => RotationRules.spread(options), property, ...parts);
  });

  test.each<[string, (stack: Stack) => RotationSpreadOptions]>([
    ['hour', (stack) => ({ hour: new CfnParameter(stack, 'Hour').valueAsString })],
    ['weekDay', () => ({ weekDay: Lazy.string({ produce: () => 'SUN' }) })],
    ['window', () => ({ window: Duration.hours(Lazy.number({ produce: () => 2 })) })],
  ])('a token as %s', (property, options) => {
    expectInvalid(() => RotationRules.spread(options(makeStack())), property, 'token', 'at synthesis');
  });
});

test.each<[RotationSpreadOptions, boolean]>([
  [{ period: DAY, weekDay: 'MON' }, true], [{ period: DAY, weekDay: 'MON-FRI' }, false], [{ period: DAY }, false], [{ period: WEEK, weekDay: 'MON' }, false],
])('%j is weekly, but has the period of a day: %s', (options, isWarnedOf) => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', { rotationRules: RotationRules.spread(options) });
  const warning = expect.stringContaining('period: is DAY, and weekDay is MON, so Stack/Secret rotates once a week. Use RotationPeriod.WEEK');
  expect(warningsOf(stack)).toEqual(isWarnedOf ? [warning] : []);
});

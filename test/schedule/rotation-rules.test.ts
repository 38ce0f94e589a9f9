import { CfnParameter, Duration, Fn, Lazy } from 'aws-cdk-lib';
import { RotatingSecret, RotationRules, type RotationCronOptions } from '../../src';
import { expectInvalid, makeStack, onlyResource, SCHEDULE } from '../fixture';

/** The rules as in the template. */
function rendered(rules: RotationRules | ((stack: ReturnType<typeof makeStack>) => RotationRules)): any {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', { rotationRules: typeof rules === 'function' ? rules(stack) : rules });
  return onlyResource(stack, SCHEDULE).properties.RotationRules;
}

const hours = (amount: number) => ({ window: Duration.hours(amount) });

test('without rules, a secret rotates every 30 days', () => {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret');
  expect(onlyResource(stack, SCHEDULE).properties.RotationRules).toEqual({ ScheduleExpression: 'rate(30 days)' });
});

test('on demand, there are no rules, and the schedule has the function', () => {
  expect(rendered(RotationRules.onDemand())).toBeUndefined();
  const stack = makeStack();
  const secret = new RotatingSecret(stack, 'Secret', { rotationRules: RotationRules.onDemand(), rotateImmediately: true });
  expect(secret.rotation.first).toBeDefined();
  const { properties } = onlyResource(stack, SCHEDULE);
  expect(properties).toEqual({ SecretId: expect.anything(), RotationLambdaARN: expect.anything(), RotateImmediatelyOnUpdate: true });
});

describe('rate', () => {
  test.each([
    [Duration.hours(4), 'rate(4 hours)'],
    [Duration.minutes(240), 'rate(4 hours)'],
    [Duration.hours(23), 'rate(23 hours)'],
    [Duration.hours(24), 'rate(1 day)'],
    [Duration.days(1), 'rate(1 day)'],
    [Duration.hours(36), 'rate(36 hours)'],
    [Duration.hours(48), 'rate(2 days)'],
    [Duration.days(10), 'rate(10 days)'],
    [Duration.days(999), 'rate(999 days)'],
  ])('%s is %s', (interval, expression) => {
    expect(rendered(RotationRules.rate(interval))).toEqual({ ScheduleExpression: expression });
  });

  test.each([
    [Duration.hours(0), 'rate(0 days)'],
    [Duration.hours(1), 'rate(1 hour)'],
    [Duration.hours(3), 'rate(3 hours)'],
    [Duration.minutes(270), 'rate(4.5 hours)'],
    [Duration.minutes(239), 'hours)'],
    [Duration.days(1000), 'rate(1000 days)'],
    [Duration.hours(999 * 24 + 1), 'rate(23977 hours)'],
  ])('refuses %s: below 4 hours, above 999 days, or between hours', (interval, given) => {
    expectInvalid(() => RotationRules.rate(interval), 'interval', given, 'whole number of hours or days', 'from 4 hours to 999 days');
  });

  test('refuses a token, because its unit can\'t be chosen', () => {
    const interval = Duration.hours(Lazy.number({ produce: () => 8 }));
    expectInvalid(() => RotationRules.rate(interval), 'interval', 'token', 'RotationRules.expression');
  });
});

describe('cron', () => {
  test.each<[RotationCronOptions, string]>([
    [{}, 'cron(0 0 * * ? *)'],
    [{ hour: '3' }, 'cron(0 3 * * ? *)'],
    [{ hour: '0/4' }, 'cron(0 0/4 * * ? *)'],
    [{ hour: '/8' }, 'cron(0 /8 * * ? *)'],
    [{ hour: '*/12' }, 'cron(0 */12 * * ? *)'],
    [{ hour: '1/5' }, 'cron(0 1/5 * * ? *)'],
    [{ hour: '2,14' }, 'cron(0 2,14 * * ? *)'],
    [{ hour: '4-12/4' }, 'cron(0 4-12/4 * * ? *)'],
    [{ hour: '23' }, 'cron(0 23 * * ? *)'],
    [{ day: '1' }, 'cron(0 0 1 * ? *)'],
    [{ day: '1,15', hour: '16' }, 'cron(0 16 1,15 * ? *)'],
    [{ day: 'L', hour: '17' }, 'cron(0 17 L * ? *)'],
    [{ day: '1/10' }, 'cron(0 0 1/10 * ? *)'],
    [{ day: '1-7' }, 'cron(0 0 1-7 * ? *)'],
    [{ day: '*', month: '1/3' }, 'cron(0 0 * 1/3 ? *)'],
    [{ day: '1', month: 'JAN,APR,JUL,OCT' }, 'cron(0 0 1 JAN,APR,JUL,OCT ? *)'],
    [{ month: 'mar-5' }, 'cron(0 0 * mar-5 ? *)'],
    [{ weekDay: 'SUN', hour: '1' }, 'cron(0 1 ? * SUN *)'],
    [{ weekDay: '7' }, 'cron(0 0 ? * 7 *)'],
    [{ weekDay: 'MON-FRI', hour: '8' }, 'cron(0 8 ? * MON-FRI *)'],
    [{ weekDay: 'SUN#1' }, 'cron(0 0 ? * SUN#1 *)'],
    [{ weekDay: '5L', month: '*' }, 'cron(0 0 ? * 5L *)'],
    [{ weekDay: 'SUNL' }, 'cron(0 0 ? * SUNL *)'],
    [{ weekDay: 'sun#1' }, 'cron(0 0 ? * sun#1 *)'],
    [{ day: 'l' }, 'cron(0 0 l * ? *)'],
    [{ day: '29', month: 'FEB' }, 'cron(0 0 29 FEB ? *)'],
    [{ day: '31', month: 'FEB,MAR' }, 'cron(0 0 31 FEB,MAR ? *)'],
    [{ day: '1,31', month: 'FEB' }, 'cron(0 0 1,31 FEB ? *)'],
    [{ day: 'L', month: 'FEB' }, 'cron(0 0 L FEB ? *)'],
    [{ weekDay: '*' }, 'cron(0 0 ? * * *)'],
    [{ weekDay: 'SUN,WED', hour: '0,23' }, 'cron(0 0,23 ? * SUN,WED *)'],
  ])('%j is %s', (options, expression) => {
    expect(rendered(RotationRules.cron(options))).toEqual({ ScheduleExpression: expression });
  });

  test.each<[RotationCronOptions, string, string]>([
    [{ hour: '24' }, 'hour', '0 to 23'],
    [{ hour: '-1' }, 'hour', '0 to 23'],
    [{ hour: '' }, 'hour', '0 to 23'],
    [{ hour: '3,' }, 'hour', '0 to 23'],
    [{ hour: ' 3' }, 'hour', '0 to 23'],
    [{ hour: '2, 14' }, 'hour', '0 to 23'],
    [{ hour: '3.5' }, 'hour', '0 to 23'],
    [{ hour: '?' }, 'hour', '0 to 23'],
    [{ hour: 'noon' }, 'hour', '0 to 23'],
    [{ hour: '1-9-17' }, 'hour', '0 to 23'],
    [{ hour: '17-9/4' }, 'hour', '0 to 23'],
    [{ hour: '9-' }, 'hour', '0 to 23'],
    [{ hour: '0/' }, 'hour', '0 to 23'],
    [{ hour: '0/0' }, 'hour', '0 to 23'],
    [{ hour: '0/-4' }, 'hour', '0 to 23'],
    [{ hour: '0/4/4' }, 'hour', '0 to 23'],
    [{ hour: '/' }, 'hour', '0 to 23'],
    [{ hour: 'L' }, 'hour', '0 to 23'],
    [{ hour: '3 * * ? *) cron(0 3' }, 'hour', '0 to 23'],
    [{ day: '0' }, 'day', '1 to 31'],
    [{ day: '32' }, 'day', '1 to 31'],
    [{ day: 'SUN' }, 'day', '1 to 31'],
    [{ day: 'L-3' }, 'day', '1 to 31'],
    [{ day: '32W' }, 'day', '1 to 31'],
    [{ month: '0' }, 'month', '1 to 12 or JAN to DEC'],
    [{ month: '13' }, 'month', '1 to 12 or JAN to DEC'],
    [{ month: 'January' }, 'month', '1 to 12 or JAN to DEC'],
    [{ month: '?' }, 'month', '1 to 12 or JAN to DEC'],
    [{ month: 'L' }, 'month', '1 to 12 or JAN to DEC'],
    [{ weekDay: '0' }, 'weekDay', '1 to 7 or SUN to SAT'],
    [{ weekDay: '8' }, 'weekDay', '1 to 7 or SUN to SAT'],
    [{ weekDay: 'Sunday' }, 'weekDay', '1 to 7 or SUN to SAT'],
    [{ weekDay: 'SUN#6' }, 'weekDay', '1 to 7 or SUN to SAT'],
    [{ weekDay: 'SUN#0' }, 'weekDay', '1 to 7 or SUN to SAT'],
    [{ weekDay: '8L' }, 'weekDay', '1 to 7 or SUN to SAT'],
    [{ weekDay: '1W' }, 'weekDay', '1 to 7 or SUN to SAT'],
  ])('refuses %j with the field, what was given and what is allowed', (options, field, allowed) => {
    expectInvalid(() => RotationRules.cron(options), 'cron', `${field} of the cron expression is ${(options as any)[field]},`, allowed);
  });

  test.each<[RotationCronOptions, number]>([
    [{ hour: '*' }, 1],
    [{ hour: '0/3' }, 3],
    [{ hour: '0,3' }, 3],
    [{ hour: '3,0' }, 3],
    [{ hour: '8-10' }, 1],
    [{ hour: '0,23', day: '1', month: '1' }, 23],
    [{ hour: '0/7' }, 3],
    [{ hour: '1,22' }, 3],
    [{ hour: '1,22', weekDay: 'MON-FRI' }, 3],
    [{ hour: '1,22', weekDay: 'SAT,SUN' }, 3],
    [{ hour: '1,22', day: '1/1' }, 3],
    [{ hour: '1,22', day: '14,15' }, 3],
    [{ hour: '1,22', day: '1,31' }, 3],
    [{ hour: '1,22', day: '1,28' }, 3],
    [{ hour: '1,22', day: '1,27' }, 21],
    [{ hour: '1,22', weekDay: 'MON,WED' }, 21],
  ])('%j opens windows %d hours apart, of which 4 are needed', (options, apart) => {
    if (apart >= 4) {
      expect(() => RotationRules.cron(options)).not.toThrow();
    } else {
      expectInvalid(() => RotationRules.cron(options), 'cron', `hours ${options.hour}`, `${apart} apart`, 'at least 4 hours apart');
    }
  });

  test('refuses day and weekDay together', () => {
    expectInvalid(() => RotationRules.cron({ day: '1', weekDay: 'SUN' }), 'weekDay', 'is SUN', 'day is 1', 'only one');
    expectInvalid(() => RotationRules.cron({ day: '?', weekDay: 'SUN' }), 'weekDay', 'is SUN', 'day is ?', 'only one');
  });

  test.each<RotationCronOptions>([{ day: '?' }, { weekDay: '?' }])('refuses %j, which means no day at all', (options) => {
    expectInvalid(() => RotationRules.cron(options), 'cron', 'exactly one of day (?) and weekDay (?)');
  });

  test.each<keyof RotationCronOptions>(['hour', 'day', 'month', 'weekDay'])('passes a token as %s on unchecked', (field) => {
    const rules = rendered((stack) => RotationRules.cron({ [field]: new CfnParameter(stack, 'Field').valueAsString }));
    expect(JSON.stringify(rules.ScheduleExpression)).toContain('{"Ref":"Field"}');
  });

  test('does not produce a lazy field before synthesis', () => {
    let early = true;
    const rules = RotationRules.cron({ hour: Lazy.string({ produce: () => early ? 'too early' : '5' }) });
    early = false;
    expect(rendered(rules)).toEqual({ ScheduleExpression: 'cron(0 5 * * ? *)' });
  });
});

describe('expression', () => {
  test.each([
    'rate(4 hours)',
    'rate(1 day)',
    'rate(999 days)',
    'cron(0 3 ? * SUN *)',
    'cron(0 /8 * * ? *)',
    'cron(0 17 L * ? *)',
  ])('accepts %s unchanged', (expression) => {
    expect(rendered(RotationRules.expression(expression))).toEqual({ ScheduleExpression: expression });
  });

  test.each([
    ['rate(3 hours)', ['rate(3 hours)', 'from 4 hours to 999 days']],
    ['rate(0 days)', ['rate(0 days)', 'from 4 hours to 999 days']],
    ['rate(1000 days)', ['rate(1000 days)', 'from 4 hours to 999 days']],
    ['rate(270 minutes)', ['unit minutes', 'hours or days']],
    ['rate(2 weeks)', ['unit weeks', 'hours or days']],
    ['rate(4.5 hours)', ['"rate(4.5 hours)"', 'rate(10 days)']],
    ['rate(10days)', ['"rate(10days)"', 'rate(10 days)']],
    ['rate(10 days', ['"rate(10 days"', 'rate(10 days)']],
    [' rate(10 days)', ['" rate(10 days)"', 'rate(10 days)']],
    ['rate(10 days) ', ['"rate(10 days) "', 'rate(10 days)']],
    ['rate(10 days)\n', ['"rate(10 days)\\n"', 'rate(10 days)']],
    ['RATE(10 days)', ['"RATE(10 days)"', 'rate(10 days)']],
    ['10 days', ['"10 days"', 'cron(0 3 ? * SUN *)']],
    ['', ['""', 'cron(0 3 ? * SUN *)']],
    ['at(2030-01-01T00:00:00)', ['at(2030', 'cron(0 3 ? * SUN *)']],
    ['cron(0 3 ? * SUN)', ['"cron(0 3 ? * SUN)"', 'cron(0 3 ? * SUN *)']],
    ['cron(0 3  ? * SUN *)', ['"cron(0 3  ? * SUN *)"', 'cron(0 3 ? * SUN *)']],
    ['cron(30 3 ? * SUN *)', ['minutes', 'must be 0', 'got 30']],
    ['cron(* 3 ? * SUN *)', ['minutes', 'must be 0', 'got *']],
    ['cron(0 3 ? * SUN 2030)', ['year', 'must be *', 'got 2030']],
    ['cron(0 3 * * * *)', ['exactly one of day (*) and weekDay (*)', 'must be ?']],
    ['cron(0 3 ? * ? *)', ['exactly one of day (?) and weekDay (?)', 'must be ?']],
    ['cron(0 25 ? * SUN *)', ['hour', '25', '0 to 23']],
    ['cron(0 * * * ? *)', ['hours *', 'at least 4 hours apart']],
  ])('refuses %j with what is allowed', (expression, parts) => {
    expectInvalid(() => RotationRules.expression(expression), 'expression', ...parts);
  });

  test('passes a token on, and never parses it', () => {
    const rules = rendered((stack) => RotationRules.expression(new CfnParameter(stack, 'Expression').valueAsString));
    expect(rules).toEqual({ ScheduleExpression: { Ref: 'Expression' } });
    expect(rendered(RotationRules.expression(`rate(${Fn.importValue('days')} weeks)`)).ScheduleExpression).toEqual(
      { 'Fn::Join': ['', ['rate(', { 'Fn::ImportValue': 'days' }, ' weeks)']] });
  });

  test('does not produce a lazy expression before synthesis', () => {
    let early = true;
    const rules = RotationRules.expression(Lazy.string({ produce: () => early ? 'too early' : 'rate(5 days)' }));
    early = false;
    expect(rendered(rules)).toEqual({ ScheduleExpression: 'rate(5 days)' });
  });
});

describe('window', () => {
  test.each([
    ['rate(4 hours)', 4],
    ['rate(8 hours)', 1],
    ['rate(10 days)', 24],
    ['cron(0 0 * * ? *)', 24],
    ['cron(0 22 ? * SUN *)', 2],
    ['cron(0 2,6 * * ? *)', 4],
    ['cron(0 0/4 * * ? *)', 4],
    ['cron(0 17 L * ? *)', 7],
  ])('after %s it can be %d hours', (expression, window) => {
    const rules = rendered(RotationRules.expression(expression, hours(window)));
    expect(rules).toEqual({ ScheduleExpression: expression, Duration: `${window}h` });
  });

  test('accepts minutes and days that make whole hours', () => {
    expect(rendered(RotationRules.rate(Duration.days(2), { window: Duration.minutes(120) })).Duration).toBe('2h');
    expect(rendered(RotationRules.rate(Duration.days(2), { window: Duration.days(1) })).Duration).toBe('24h');
  });

  test.each([
    ['rate', () => RotationRules.rate(Duration.hours(4), hours(5))],
    ['cron', () => RotationRules.cron({ hour: '0/4', window: Duration.hours(5) })],
    ['expression', () => RotationRules.expression('rate(4 hours)', hours(5))],
  ])('of %s: may not reach into the next window', (_, action) => {
    expectInvalid(action, 'window', 'is 5 hours', 'next window', '4 hours after');
  });

  test.each([
    ['rate', () => RotationRules.rate(Duration.days(30), hours(25))],
    ['expression', () => RotationRules.expression('rate(30 days)', hours(25))],
  ])('of %s in days: may not reach into the next UTC day', (_, action) => {
    expectInvalid(action, 'window', 'is 25 hours', 'opens at 0:00', 'next UTC day', 'at most 24 hours');
  });

  test('of cron: may not reach into the next UTC day, counted from the last opening', () => {
    const action = () => RotationRules.cron({ weekDay: 'SUN', hour: '2,22', window: Duration.hours(3) });
    expectInvalid(action, 'window', 'is 3 hours', 'opens at 22:00', 'next UTC day', 'at most 2 hours');
  });

  test('may not reach into the next UTC day even if the days change from month to month', () => {
    const action = () => RotationRules.cron({ day: 'L', hour: '20', window: Duration.hours(5) });
    expectInvalid(action, 'window', 'is 5 hours', 'next UTC day', 'at most 4 hours');
  });

  test.each([
    [Duration.hours(0), 'got 0'],
    [Duration.minutes(30), 'got 0.5'],
    [Duration.minutes(90), 'got 1.5'],
  ])('refuses %s: none, or a part of an hour', (window, given) => {
    expectInvalid(() => RotationRules.rate(Duration.days(30), { window }), 'window', 'whole number of hours', 'at least 1', given);
  });

  test('refuses a window that no schedule can have, after a token', () => {
    const expression = Fn.importValue('expression');
    expectInvalid(() => RotationRules.expression(expression, hours(25)), 'window', 'is 25 hours');
    expect(rendered(RotationRules.expression(expression, hours(24))).Duration).toBe('24h');
  });

  test.each([Duration.days, Duration.minutes])('refuses a token in other units, because it can\'t be converted: %#', (make) => {
    const window = make(Lazy.number({ produce: () => 2 }));
    for (const rules of [() => RotationRules.rate(Duration.days(30), { window }), () => RotationRules.expression('rate(30 days)', { window })]) {
      expectInvalid(rules, 'window', `is a token in ${window.unitLabel()}`, 'a duration in hours');
    }
  });

  test('passes a token on, and never parses it', () => {
    const rules = rendered((stack) => {
      const amount = new CfnParameter(stack, 'Hours', { type: 'Number' }).valueAsNumber;
      return RotationRules.cron({ hour: '23', window: Duration.hours(amount) });
    });
    expect(rules.Duration).toEqual({ 'Fn::Join': ['', [{ Ref: 'Hours' }, 'h']] });
  });
});

test('one set of rules serves many secrets', () => {
  const stack = makeStack();
  const rotationRules = RotationRules.cron({ weekDay: 'SUN', hour: '3', window: Duration.hours(2) });
  new RotatingSecret(stack, 'One', { rotationRules });
  const other = makeStack();
  new RotatingSecret(other, 'Two', { rotationRules });
  const expected = { ScheduleExpression: 'cron(0 3 ? * SUN *)', Duration: '2h' };
  expect([stack, other].map((each) => onlyResource(each, SCHEDULE).properties.RotationRules)).toEqual([expected, expected]);
});

// Expressions that the service refuses, or never runs, and that the other rules accept.
describe('refuses expressions by their effect:', () => {
  test.each<RotationCronOptions>([{ hour: '0x5' }, { hour: '1e1' }, { hour: '0b11' }, { day: '0x1F' }])(
    '%j, a number that only JavaScript reads', (options) => {
      expect(() => RotationRules.cron(options)).toThrow('of the cron expression is');
    });

  test.each<RotationCronOptions>([
    { hour: '1,22', day: 'L,1' },
    { hour: '1,22', day: '1W,2' },
    { hour: '1,22', weekDay: 'SUN,2L' },
    { hour: '1,22', weekDay: 'SUN#1,MON#1' },
    { hour: '1,22', weekDay: 'L,SUN' },
  ])('%j, whose days can follow each other', (options) => {
    expect(() => RotationRules.cron(options)).toThrow('at least 4 hours apart');
  });

  test.each<RotationCronOptions>([
    { day: '31', month: 'FEB' }, { day: '30,31', month: '2' }, { day: '31', month: 'APR,JUN,SEP,NOV' },
  ])('%j, a day that no year has', (options) => {
    expectInvalid(() => RotationRules.cron(options), 'cron', `the day ${options.day} `, 'in none of its months', `${options.month}`);
  });

  test('an expression of more than 256 characters, but not of 256', () => {
    const hour = [...Array.from({ length: 79 }, () => '10'), '010'].join();
    const expression = `cron(0 ${hour} * * ? *)`;
    expect(expression).toHaveLength(256);
    expect(() => RotationRules.cron({ hour })).not.toThrow();
    expect(() => RotationRules.expression(expression)).not.toThrow();
    expectInvalid(() => RotationRules.cron({ hour: `0${hour}` }), 'cron', '257 characters', '256');
    expectInvalid(() => RotationRules.expression(expression.replace('10', '010')), 'expression', '257 characters', '256');
  });

  test('a step of 00', () => {
    expect(() => RotationRules.cron({ hour: '0/00' })).toThrow('0 to 23');
  });
});

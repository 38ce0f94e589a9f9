/* The report of `npm run accept`. */
import { CASES } from './cases';
import { hasPassed, reportOf, without } from './report';
import type { Result } from './results';

const [{ what, numbers }] = CASES;
const CASE: Result = { kind: 'case', strategy: 'one', numbers, what, seconds: 1 };
const STOPS: Result = { kind: 'stops', strategy: 'one', boundaries: 12, seconds: 2 };
const report = (...results: Result[]) => reportOf({ product: 'PostgreSQL 18.4', target: 'postgres', version: 'at commit abc', results, seconds: 63, loginCases: [30, 43] });

test('a report has the server, the strategies, the cases by number, the stops and the time', () => {
  const text = report(CASE, STOPS, { kind: 'notRun', strategy: 'two', reason: 'refused with 42501' });
  expect(text).toContain('# Acceptance of PostgreSQL 18.4\n\nPassed, in 63 s: target `postgres` of cdk-rotating-secret at commit abc');
  expect(text).toContain('| one | 1 | 0 | 12 | 0 | 3 |\n| two | not run: refused with 42501 |');
  expect(text).toContain(`| ${numbers.join(', ')} | ${what} | ok |`);
  expect(text).toContain('doesn\'t try here: 30.');
  expect(text).not.toContain('## Failures');
});

test('a failed case and a violation are failures, with their texts', () => {
  for (const failed of [{ ...CASE, failure: 'it is wrong' }, { ...STOPS, failure: 'it is wrong' }]) {
    const results = failed.kind === 'case' ? [failed, STOPS] : [CASE, failed];
    expect(hasPassed(results)).toBe(false);
    expect(report(...results)).toMatch(/Failed, in 63 s[^]*\| FAILED \|[^]*## Failures\n\n### one, .*\n\n```text\nit is wrong\n```/);
  }
});

test('nothing tried is not passed', () => {
  expect(hasPassed([{ kind: 'notRun', strategy: 'two', reason: 'refused' }])).toBe(false);
});

test('names are hidden as words, and passwords everywhere', () => {
  expect(without('log in as app at db.example.com: an-appp, app_clone, xsecretx', { names: ['db.example.com', 'app'], password: 'secret' }))
    .toBe('log in as <hidden> at <hidden>: an-appp, app_clone, x<hidden>x');
});

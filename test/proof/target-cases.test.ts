import { citedByTarget, problemsOfTarget, TARGET_CASES, TARGETS_WITH_CASES } from './target-cases';

test.each(TARGETS_WITH_CASES)('$path has a test with a server for each case, or a reason why not', (target) => {
  expect(problemsOfTarget(target, TARGET_CASES, citedByTarget(target.path))).toEqual([]);
});

test('the cases are those of databases and of two passwords, with all crashes', () => {
  expect(TARGET_CASES).toEqual(expect.arrayContaining([23, 33, 43, 47, 53, 59, 66, 69, 87, 93, 99]));
  expect(TARGET_CASES).not.toContain(79);
});

test.each<[string, readonly number[], readonly [string, ...number[]][], string[]]>([
  ['nothing', [1], [['it has no users', 2]], []],
  ['a case without a test', [], [['it has no users', 2]], ['a has neither a test for case 1 nor a reason why not']],
  ['a reason that is out of date', [1, 2], [['it has no users', 2]], ['a has a test for case 2, and a reason why not']],
  ['two reasons', [1], [['it has no users', 2], ['it has no server', 2]], ['a has two reasons for case 2']],
  ['a reason for a case of others', [1], [['it has no users', 2, 3]], ['a has a reason for case 3, which needs none']],
])('finds %s', (_, cited, reasons, problems) => {
  expect(problemsOfTarget({ path: 'a', reasons }, [1, 2], new Set(cited))).toEqual(problems);
});

import { writeFileSync } from 'node:fs';
import { citedIn, CONTRACT_FILE, findCitations, numbersOf, problemsOf, readContract, withFiles, type Citations } from './rotation-contract';

test('the document has every case, and the tests of each', () => {
  const citations = findCitations();
  if (process.env.UPDATE_DOCS === '1') { writeFileSync(CONTRACT_FILE, withFiles(readContract(), citations)); }
  expect(problemsOf(readContract(), citations)).toEqual([]);
});

test('the proofs take their cases from the document', () => {
  expect(numbersOf('every target')).toEqual(expect.arrayContaining([1, 22, 46, 65]));
  expect(numbersOf('databases')).toEqual(expect.arrayContaining([23, 46, 72]));
  expect(numbersOf('synthesis')).toEqual(expect.arrayContaining([38]));
  expect(numbersOf('issued values')).toEqual([79, 80, 81, 82, 83, 84, 85, 86]);
  expect(numbersOf('two passwords')).toEqual([87, 88, 89, 90, 91, 92, 93]);
});

describe('checks of the document', () => {
  const row = (number: number, testedIn: string, appliesTo = 'databases') => `| ${number} | it happens | it holds | ${appliesTo} | ${testedIn} |`;
  const citations: Citations = new Map([[1, ['a.test.ts']]]);

  test.each([
    ['nothing', [row(1, '`a.test.ts`'), row(2, 'not yet: caches'), row(3, 'no test: it needs a real account')], []],
    ['a cited case that is not in the document', [row(2, 'not yet: caches')], ['case 1 is missing', 'case 1 is cited by a.test.ts and is not in the document']],
    ['a case without a test or a reason', [row(1, '`a.test.ts`'), row(2, '?')], ['case 2 has no test, and no reason why ("not yet: …" or "no test: …")']],
    ['a reason that is empty', [row(1, '`a.test.ts`'), row(2, 'not yet: ')], ['case 2 has no test, and no reason why ("not yet: …" or "no test: …")']],
    ['a case that is "not yet", with a test', [row(1, 'not yet: caches')], [expect.stringMatching(/^case 1 says "not yet: caches" and is tested in a\.test\.ts/)]],
    ['a case with a reason, and a test', [row(1, 'no test: too slow')], [expect.stringMatching(/^case 1 says "no test: too slow" and is tested in a\.test\.ts/)]],
    ['a file that does not exist', [row(1, '`a.test.ts`, `gone.test.ts`')], [expect.stringMatching(/^case 1 names gone\.test\.ts, which does not exist/)]],
    ['a file that is not named', [row(1, '`gone.test.ts`')], [expect.stringMatching(/^case 1 names gone/), expect.stringMatching(/^case 1 does not name a\.test\.ts/)]],
    ['a number that is there twice', [row(1, '`a.test.ts`'), row(1, '`a.test.ts`')], ['case 1 is there twice']],
    ['a row with a cell too few', [row(1, '`a.test.ts`'), '| 2 | it happens | it holds | not yet: caches |'], [expect.stringMatching(/^not a row of five cells: \| 2/)]],
    ['an unknown target', [row(1, '`a.test.ts`', 'every target, carrots')], ['case 1 applies to "carrots", which is not in the list']],
  ])('find %s', (_, rows, problems) => {
    expect(problemsOf(rows.join('\n'), citations)).toEqual(problems);
  });

  test('write the files of the tests, and keep a case without a test', () => {
    const text = ['# Cases', row(1, 'not yet: caches'), row(2, 'not yet: caches')].join('\n');
    expect(withFiles(text, new Map([[1, ['a.test.ts', 'b/c.test.ts']]]))).toBe(['# Cases', row(1, '`a.test.ts`, `b/c.test.ts`'), row(2, 'not yet: caches')].join('\n'));
  });

  test('read titles, templates and tables, but no comments and no skipped tests', () => {
    expect(citedIn(`
      test('case 7: a title', () => {});
      test.each(['a'])("cases 3, 8: %s", () => {});
      test(\`case 9: \${name}\`, () => {});
      test.each([['case 10: in a table', 1]])('%s', () => {});
      (isMariaDb ? test.skip : test)('case 11: not on every server', () => {});
      // test('case 12: a comment', () => {});
      test.skip('case 13: skipped', () => {});
      describe.skip('skipped', () => { test('case 14: with all that is in it', () => {}); });
      xtest.each(['a'])('case 15: %s', () => {});
      test('not at the start: case 16: no', () => {});
    `)).toEqual([7, 3, 8, 9, 10, 11]);
  });
});

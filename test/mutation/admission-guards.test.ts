import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMISSION, guards } from './admission-guards';
import { ROOT } from './variants';

const SOURCE = readFileSync(join(ROOT, ADMISSION), 'utf8');

test('every guard changes the source if it is removed, each in its own way', () => {
  const without = guards().map(({ takeOut }) => takeOut(SOURCE));
  expect(without).not.toContain(SOURCE);
  expect(new Set(without).size).toBe(without.length);
  expect(new Set(guards().map(({ name }) => name)).size).toBe(without.length);
});

test.each(['if (description.deleted) {', '/^[\\x20-\\x7e]{1,2048}$/'])('the list is out of date without %s in the source', (guarded) => {
  expect(SOURCE).toContain(guarded);
  expect(() => guards(SOURCE.replace(guarded, ''))).toThrow(/0 times, not once/);
  expect(() => guards(`${SOURCE}${guarded}`)).toThrow(/2 times, not once/);
});

test('the list is out of date with a guard in the source that it does not have', () => {
  expect(() => guards(`${SOURCE}\nif (token === '') { throw new Error(); }`)).toThrow(/not listed: if \(token === ''\)/);
});

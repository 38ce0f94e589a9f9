import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decisionsTable, differencesOf } from './differences';
import { SCENARIOS } from './scenarios';

test('the README has the table of decisions', () => {
  expect(readFileSync(join(__dirname, 'README.md'), 'utf8')).toContain(`<!-- decisions -->\n${decisionsTable()}\n<!-- /decisions -->`);
});

test.each(['moto', 'fakecloud'])('every difference of %s is at an existing step', (peer) => {
  const places = SCENARIOS.flatMap(({ name, steps }) => steps.map((_, index) => `${name} ${index + 1}`));
  const differences = [...differencesOf(peer).keys()];
  expect(differences.length).toBeGreaterThan(50);
  expect(differences.filter((place) => !places.includes(place))).toEqual([]);
});

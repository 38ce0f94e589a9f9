import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');
const TARGETS = join(ROOT, 'lambda-src/targets');

const targets = readdirSync(TARGETS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('entry.ts')).map((file) => dirname(file)).sort();

/** The targets' modules in the proof, by their folders, without modules of which it only imports a type. */
const proven = new Set(readdirSync(__dirname).filter((file) => file.endsWith('.ts')).flatMap((file) =>
  [...readFileSync(join(__dirname, file), 'utf8').matchAll(/^import \{[^}]*\} from '\.\.\/\.\.\/lambda-src\/targets\/([^']*)\/[^/']*';$/gm)].map(([, folder]) => folder)));

test('finds the targets and their subjects', () => {
  expect(targets).toEqual(expect.arrayContaining(['database/postgres', 'generated', 'own/module']));
  expect(proven).toContain('database/postgres');
});

test.each(targets)('%s has a subject in the proof', (target) => {
  expect([...proven]).toContain(target);
});

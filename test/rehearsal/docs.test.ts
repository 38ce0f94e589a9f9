import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as testing from '../../rehearsal';

const ROOT = join(__dirname, '..', '..');
const types = readFileSync(join(ROOT, 'rehearsal', 'api.ts'), 'utf8');
const docs = readFileSync(join(ROOT, 'docs', 'testing.md'), 'utf8');

test('exports exactly what the types declare', () => {
  expect([...types.matchAll(/^export declare \w+ (\w+)/gm)].map(([, name]) => name)).toEqual(Object.keys(testing));
  expect(types).not.toMatch(/^import/m);
});

test('explains every kind of finding, and every option', () => {
  const declared = /type FindingKind =([^;]*);/.exec(types)![1].match(/\w+/g)!;
  const [, findings] = docs.split('## Findings');
  expect([...findings.matchAll(/^\| `(\w+)`/gm)].map(([, kind]) => kind)).toEqual(declared);
  const options = /interface RehearsalOptions<[^{]*\{([\s\S]*?)^\}/m.exec(types)![1];
  const rows = docs.split('## Options')[1].split('## What it does')[0].split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1]);
  expect(rows.join().match(/\w+/g)!.sort()).toEqual([...options.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name]) => name).sort());
});

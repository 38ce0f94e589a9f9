/* docs/acceptance.md and docs/support.md have the targets of `npm run accept`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAddress } from './address';
import { KINDS } from './kinds';
import { allDefinitions } from '../docs/support';

const page = (name: string) => readFileSync(join(__dirname, '..', '..', 'docs', name), 'utf8');

test('each target has a row with its command, and each command is accepted', () => {
  const commands = [...page('acceptance.md').matchAll(/^\|[^|]+\| `(\w+) (\w+:\S+)` \|/gm)].map(([, target, url]) => parseAddress(target, url.replace('HOST', 'db.example.com')));
  expect(commands.map(({ target }) => target).sort()).toEqual(Object.keys(KINDS).sort());
  for (const { target, host, port } of commands) {
    expect(host).toBe('db.example.com');
    expect(port).toBe(KINDS[target].port);
  }
});

test('docs/support.md names each factory whose target can be accepted, and no other', () => {
  const [, list] = /\[Acceptance\]\(acceptance\.md\) tries ([^]*?) on a server/.exec(page('support.md'))!;
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(named.map((name) => name.toLowerCase()).sort()).toEqual(Object.keys(KINDS).sort());
  const factories = new Set(allDefinitions().map(({ factory }) => factory.replace('RotationTarget.', '')));
  expect(named.filter((name) => !factories.has(name))).toEqual([]);
});

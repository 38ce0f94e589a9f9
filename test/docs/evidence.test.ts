/* What the README quotes of the benchmarks is what docs/evidence.md has, with the rows that are lost. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const evidence = readFileSync(join(ROOT, 'docs', 'evidence.md'), 'utf8');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8').replace(/\s+/g, ' ');

/** The cells of a row about one PostgreSQL user, beside AWS's rotation template. */
function cellsOf(what: string): string[] {
  const row = evidence.split('\n').filter((line) => line.startsWith(`| PostgreSQL, single user | ${what} `)).at(-1);
  if (row === undefined) { throw new Error(`docs/evidence.md has no row about ${what}`); }
  return row.split('|').slice(3, -1).map((cell) => cell.trim());
}

test('the README quotes the first reply, the calls and the memory of one run', () => {
  const [, , firstReply] = cellsOf('first reply, ms');
  const [theirs, ours] = cellsOf('calls to Secrets Manager in a warm rotation');
  const [, , memory] = cellsOf('peak memory, MiB');
  expect(readme).toContain(`the first reply takes ${firstReply} the time, but a rotation ${ours} calls, not ${theirs}, and ${memory} the memory`);
});

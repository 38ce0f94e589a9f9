/* What a rotation costs that no machine changes: calls to Secrets Manager, and connections to the server. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseHarness, MARIADB, MYSQL, POSTGRES, type Connection, type Kind } from './fixture';
import { DATABASE_CALLS, DATABASE_CONNECTIONS } from '../../../../bench/fleet';
import type { DatabaseServer } from '../../../../servers';
import { STEPS } from '../../../../simulator';
import type { DatabaseTargetConfig } from '../../../../src/targets/database/contract';

const WITH_SUPERUSER = { superuserSecretArn: 'superuser' };
const STRATEGIES: readonly [string, Partial<DatabaseTargetConfig>, readonly Kind[]][] = [
  ['single user', {}, [POSTGRES, MARIADB, MYSQL]],
  ['alternating users', WITH_SUPERUSER, [POSTGRES, MARIADB, MYSQL]],
  ['dual passwords', { ...WITH_SUPERUSER, dualPasswords: true }, [MARIADB, MYSQL]],
];

/** The calls of each step in the table of the page, by strategy. */
function callsOfPage(): Record<string, number[]> {
  const page = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'benchmark.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+Secret)` \| (\d+) \| (\d+) \| (\d+) \|/gm)];
  expect(rows.map(([, step]) => step)).toEqual(STEPS);
  return Object.fromEntries(STRATEGIES.map(([name], index) => [name, rows.map((row) => Number(row[index + 2]))]));
}

/** The second rotation: the users are there, as in every later one. */
async function measure(server: DatabaseServer, config: Partial<DatabaseTargetConfig>) {
  let [open, most] = [0, 0];
  const connection = (made: Connection): Connection => {
    most = Math.max(most, ++open);
    return {
      query: (sql, parameters) => made.query(sql, parameters),
      close: async () => {
        open--;
        await made.close();
      },
    };
  };
  const h = await DatabaseHarness.make(server, { config, connection });
  await h.rotate();
  const rotation = h.start();
  const calls: { reads: number; writes: number }[] = [];
  for (const step of STEPS) {
    h.simulator.resetCalls();
    await h.step(rotation, step);
    calls.push({ reads: h.operations.length - h.writes.length, writes: h.writes.length });
  }
  return { calls, most };
}

describe.each(STRATEGIES)('%s', (name, config, kinds) => {
  test.each(kinds)('$name: the calls to Secrets Manager are those of the page', async (kind) => {
    const server = await kind.start();
    try {
      const { calls, most } = await measure(server, config);
      expect(calls.map(({ reads, writes }) => reads + writes)).toEqual(callsOfPage()[name]);
      expect(calls.map(({ writes }) => writes)).toEqual([1, 0, 0, 1]);
      expect(most).toBe(name === 'dual passwords' ? DATABASE_CONNECTIONS : 1);
      if (name === 'alternating users') { expect(calls).toEqual(DATABASE_CALLS.map(({ reads, writes }) => ({ reads, writes }))); }
    } finally {
      await server.stop();
    }
  });
});

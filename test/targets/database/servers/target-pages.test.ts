/* The statements of docs/targets/, as a person copies them, give the rights that each strategy needs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseHarness, KINDS, letsIn, REDSHIFT, run } from './fixture';
import type { DatabaseServer, Login } from '../../../../servers';
import type { DatabaseTargetConfig } from '../../../../src/targets/database/contract';

const SUPERUSER: Login = { username: 'rotation', password: 'Password-of-the-superuser-1' };
const FIRST: Login = { username: 'app', password: 'First-password-of-app-1' };
const WITH_SUPERUSER = { superuserSecretArn: 'superuser' };
const STRATEGIES: Readonly<Record<string, Partial<DatabaseTargetConfig>>> = {
  'singleUser()': {},
  'singleUser(superuserSecret)': { ...WITH_SUPERUSER, singleUser: true },
  'alternatingUsers(superuserSecret)': WITH_SUPERUSER,
  'dualPasswords()': { dualPasswords: true },
  'dualPasswords(superuserSecret)': { ...WITH_SUPERUSER, dualPasswords: true },
};

/** The statements of each block of SQL on a page. */
function blocksOf(target: string): string[][] {
  const page = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'targets', `${target}.md`), 'utf8');
  return [...page.matchAll(/```sql\n([^`]*)```/g)].map(([, block]) => block
    .replaceAll('the password in the secret', FIRST.password).replaceAll('the password in the superuser secret', SUPERUSER.password)
    .split(';\n').filter((statement) => statement.trim() !== ''));
}

/** The strategies in the table of a page. */
function strategiesOf(target: string): string[] {
  const page = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'targets', `${target}.md`), 'utf8');
  return Object.keys(STRATEGIES).filter((strategy) => page.includes(`\`${strategy}\``));
}

describe.each([...KINDS, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  let user: Login = FIRST;
  let forDualPasswords: string[] = [];

  beforeAll(async () => {
    server = await kind.start();
    const blocks = blocksOf(kind.target);
    const creation = blocks.findIndex(([statement]) => /^CREATE (ROLE|USER) '?app\b/.test(statement));
    expect(creation).toBe(blocks.length - 1);
    await run(server, server.root, ...blocks[creation]);
    for (const block of blocks.slice(0, creation)) {
      // The page says that PostgreSQL before 16 doesn't need it.
      if (kind.name === 'PostgreSQL 15' && block[0].includes('ADMIN OPTION')) { continue; }
      // A right of the user is one that the superuser of alternating users has to pass on.
      if (block[0].includes('APPLICATION_PASSWORD_ADMIN')) {
        forDualPasswords = block;
        continue;
      }
      await run(server, server.root, ...block);
    }
  });
  afterAll(() => server.stop());

  test.each(strategiesOf(kind.target))('the rights are enough for %s', async (strategy) => {
    if (strategy === 'dualPasswords()') { await run(server, server.root, ...forDualPasswords); }
    const h = await DatabaseHarness.make(server, { user, superuserChanges: { ...SUPERUSER }, config: STRATEGIES[strategy] });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    await h.rotate();
    user = h.login('AWSCURRENT');
    expect(user.username).toBe('app');
    expect(await letsIn(server, user)).toBe(true);
  });
});

test('the pages have every strategy that the targets take', () => {
  expect(['postgres', 'mysql', 'mariadb', 'redshift'].map((target) => strategiesOf(target).length)).toEqual([3, 5, 4, 3]);
});

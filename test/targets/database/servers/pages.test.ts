/* The statements of the docs, unchanged, on real servers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { created, fails, putPrevious } from './failing';
import { DatabaseHarness, KINDS, run, type Kind } from './fixture';
import type { DatabaseServer, Login } from '../../../../servers';

const DOCS = join(__dirname, '..', '..', '..', '..', 'docs');
const POSTGRES_KINDS = KINDS.filter(({ target }) => target === 'postgres');

const USER = 'user_of_page';

/** The statements of a page after a heading or a line, one list for each block, with names of the test. */
function statementsAfter(page: string, start: string, database: string): string[][] {
  const text = readFileSync(join(DOCS, page), 'utf8');
  const [, after] = text.split(`\n${start}\n`);
  return [...after.split('\n## ')[0].matchAll(/```sql\n(.*?)```/gs)].map(([, block]) => block
    .replaceAll(/(?<!DATABASE )\bapp(_clone)?\b(?!\.\*)/g, `${USER}$1`).replace('DATABASE app ', `DATABASE ${database} `).replace(' app.*', ` ${database}.*`)
    .split(';').map((statement) => statement.trim()).filter((statement) => statement !== ''));
}

function withServer(kinds: readonly Kind[], act: (server: () => DatabaseServer, kind: Kind) => void): void {
  describe.each(kinds)('$name', (kind) => {
    let server: DatabaseServer;
    beforeAll(async () => { server = await kind.start(); });
    afterAll(() => server.stop());
    act(() => server, kind);
  });
}

describe('moving from AWS\'s rotation of two users', () => {
  withServer(POSTGRES_KINDS, (server) => {
    test('the statements of the page give the objects of the second user to the first one, while both keep working', async () => {
      const { admin, database } = server();
      const [app, clone]: Login[] = [USER, `${USER}_clone`].map((username) => ({ username, password: `password-of-${username}` }));
      // Creates the second user as AWS's function does.
      await run(server(), admin, `CREATE ROLE ${USER} LOGIN PASSWORD '${app.password}'`, `GRANT CREATE ON DATABASE ${database} TO ${USER}`,
        `CREATE ROLE ${USER}_clone WITH LOGIN PASSWORD '${clone.password}'`, `GRANT ${USER} TO ${USER}_clone`);
      await run(server(), clone, 'CREATE SCHEMA of_clone', 'CREATE TABLE of_clone.things (id int)', 'INSERT INTO of_clone.things VALUES (1)');

      const h = await DatabaseHarness.make(server(), { strategy: 'alternatingUsers', user: app });
      putPrevious(h, clone);
      const rotation = await created(h);
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /REASSIGN OWNED/);

      const [look, reassign] = statementsAfter('moving.md', '## From AWS\'s rotation of two PostgreSQL users', database);
      expect(await run(server(), app, ...look)).toEqual([{ datname: database }]);
      await run(server(), admin, ...reassign);
      expect(await run(server(), app, ...look)).toEqual([]);
      expect(await run(server(), clone, 'SELECT id FROM of_clone.things')).toEqual([{ id: 1 }]);
      await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
      expect(await run(server(), h.login('AWSCURRENT'), 'ALTER TABLE of_clone.things ADD COLUMN name text')).toEqual([]);
    });
  });
});

/* The commands of docs/targets/mongodb.md and documentdb.md, as a person copies them, give the rights that each strategy needs. On stand-ins. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { KINDS, makeMongoUser, MongoHarness, SUPERUSER } from './fixture';
import { runMongo, startMongo, type MongoProduct, type MongoServer } from '../../../../../servers/mongo/mongo';

const DOCS = join(__dirname, '..', '..', '..', '..', '..', 'docs', 'targets');
const USER = { username: 'app', password: 'first-password-of-all' };

interface Named {
  readonly user?: string;
  readonly role?: string;
}

/** Runs the blocks of a page for mongosh, and asks for each password. */
async function runPage(server: MongoServer, page: string): Promise<void> {
  const blocks = [...readFileSync(join(DOCS, page), 'utf8').matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code);
  for (const block of blocks) {
    const [, database] = /^use (\w+)$/m.exec(block)!;
    const commands: object[] = [];
    const db = {
      createRole: ({ role, ...rest }: Named) => commands.push({ createRole: role, ...rest }),
      createUser: ({ user, ...rest }: Named) => {
        const { password } = user === USER.username ? USER : SUPERUSER;
        return commands.push({ createUser: user, ...rest, pwd: password });
      },
    };
    runInNewContext(block.replace(/^use .*$/m, ''), { db, passwordPrompt: () => undefined });
    // Values of another context aren't plain objects to the driver.
    for (const command of commands) { await runMongo(server, JSON.parse(JSON.stringify(command)) as Record<string, unknown>, database); }
  }
}

test.each<[MongoProduct, string, string | undefined, typeof KINDS]>([
  ['mongoDb', 'mongodb.md', 'orders', KINDS],
  // The role for a user that changes its own password is on the page of MongoDB.
  ['documentDb', 'documentdb.md', undefined, KINDS.slice(1)],
])('%s: each strategy rotates the user of docs/targets/%s', async (product, page, database, kinds) => {
  for (const kind of kinds) {
    const server = await startMongo({ product });
    try {
      if (product === 'documentDb') { await makeMongoUser(server, SUPERUSER, { roles: [{ role: 'userAdminAnyDatabase', db: 'admin' }] }); }
      await runPage(server, page);
      const h = await MongoHarness.make(server, { kind, user: USER, database });
      await h.rotate();
      await h.rotate();
      expect(await h.isAccepted('AWSCURRENT')).toBe(true);
    } finally {
      await server.stop();
    }
  }
}, 60_000);

import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { schemaOf, type Database, type User } from './database.js';
import { assetOf, startServer } from './repository.js';

/** The MariaDB 11.8 that the repository's own tests use. */
export async function startMariaDb(): Promise<Database> {
  const server = await startServer();
  const { host, port, database, ca, admin: master } = server;
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'rehearsal-'));
  const authorityFile = join(folder, 'ca.pem');
  await writeFile(authorityFile, ca);
  const run = async ({ username, password }: User, ...statements: string[]) => {
    const connection = await createConnection({ host, port, database, user: username, password, ssl: { ca, verifyIdentity: true } });
    try {
      const results: { rows: Record<string, unknown>[] }[] = [];
      for (const statement of statements) {
        const [rows] = await connection.query(statement);
        results.push({ rows: Array.isArray(rows) ? rows as Record<string, unknown>[] : [] });
      }
      return results;
    } finally {
      await connection.end();
    }
  };
  return {
    address: { engine: 'mariadb', host, port, dbname: database },
    master,
    authority: ca,
    authorityFile,
    asset: assetOf('mysql'),
    run,
    makeUser: async (username) => {
      const user = { username, password: `first-password-of-${username}` };
      await run(master, `CREATE USER ${username} IDENTIFIED BY '${user.password}'`, `GRANT SELECT, INSERT, CREATE ON ${database}.* TO ${username}`);
      await run(user, await schemaOf('schema.mariadb.sql'));
      return user;
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

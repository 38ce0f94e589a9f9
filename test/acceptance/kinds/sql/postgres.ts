import { TABLE, type Dialect } from './dialect';
import type { TestClient } from '../../../../servers/clients';
import { ALTERNATING, CREATED, RESET, SINGLE } from '../../../proof/database-subject';
import { databaseOf } from '../../kind';

/** The user of Amazon RDS itself, which always has sessions. */
const RDS = 'rdsadmin';

const namesOf = async (client: TestClient, sql: string) => (await client.query(sql)).map(({ name }) => String(name));

export const POSTGRES: Dialect = {
  engine: 'postgres',
  schemes: ['postgres', 'postgresql'],
  port: 5432,
  database: 'postgres',
  variants: [SINGLE, ALTERNATING, CREATED, RESET],
  ownCases: [
    {
      numbers: [71],
      what: 'what one of the users owns, the other one can use and change',
      appliesTo: ({ alternates }) => alternates === true,
      run: async (bench, { asUser }) => {
        const world = await bench.start();
        await bench.rotate(world);
        await asUser(bench.login(world, 'AWSCURRENT'), 'CREATE SCHEMA of_both', 'CREATE TABLE of_both.t (id int)');
        await asUser(bench.login(world, 'AWSPREVIOUS'), 'INSERT INTO of_both.t VALUES (1)', 'ALTER TABLE of_both.t ADD more int', 'DROP SCHEMA of_both CASCADE');
      },
    },
  ],
  product: async (client) => {
    const [{ name }] = await client.query('SELECT version() AS name');
    // Redshift calls itself PostgreSQL 8.0.2 first.
    return /Redshift [\w.]+/.exec(String(name))?.[0] ?? String(name).split(/ on |,/)[0];
  },
  isOwn: (product) => /^PostgreSQL/i.test(product),
  databases: (client) => namesOf(client, 'SELECT datname AS name FROM pg_database WHERE NOT datistemplate'),
  // Processes of the server itself have no database.
  otherSessions: (client) => namesOf(client, `SELECT usename AS name FROM pg_stat_activity WHERE datname IS NOT NULL AND usename NOT IN (session_user, '${RDS}')`),
  lock: async (client) => {
    const [{ locked }] = await client.query('SELECT pg_try_advisory_lock(hashtextextended(\'cdk-rotating-secret acceptance\', 0)) AS locked');
    return locked === true;
  },
  names: (client) => namesOf(client, 'SELECT datname::text AS name FROM pg_database UNION SELECT rolname::text FROM pg_roles'),
  make: async (client, { prefix }) => { await client.query(`CREATE DATABASE ${databaseOf(prefix)}`); },
  at: ({ prefix }) => ({ database: databaseOf(prefix) }),
  prepare: () => [`CREATE TABLE ${TABLE} (id int)`],
  table: () => TABLE,
  sessions: async (client, prefix) => (await client.query(`SELECT FROM pg_stat_activity WHERE datname = '${databaseOf(prefix)}'`)).length,
  remove: async (client, prefix) => {
    const removed: string[] = [];
    // Users have rights in the database, so it goes first.
    for (const name of await namesOf(client, `SELECT datname AS name FROM pg_database WHERE datname = '${databaseOf(prefix)}'`)) {
      await client.query(`DROP DATABASE ${name}`);
      removed.push(name);
    }
    for (const name of (await namesOf(client, `SELECT rolname AS name FROM pg_roles WHERE starts_with(rolname, '${prefix}')`)).sort().reverse()) {
      await client.query(`DROP ROLE ${name}`);
      removed.push(name);
    }
    return removed;
  },

  createUser: ({ username, password }) => [`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`],
  setPassword: ({ username, password }) => [`ALTER ROLE ${username} PASSWORD '${password.replaceAll('\'', '\'\'')}'`],
  lockUser: (user) => `ALTER ROLE ${user} NOLOGIN`,
  giveRight: (user) => `GRANT UPDATE ON ${TABLE} TO ${user}`,
  takeRight: (user) => `REVOKE UPDATE ON ${TABLE} FROM ${user}`,
};

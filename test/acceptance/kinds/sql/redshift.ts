import { TABLE, type Dialect } from './dialect';
import { md5Verifier } from '../../../../lambda-src/targets/database/postgres-protocol';
import type { TestClient } from '../../../../servers/clients';
import type { Login } from '../../../../tools/servers/server';
import { ALTERNATING, CREATED, RESET, SINGLE } from '../../../proof/database-subject';
import { databaseOf, type Run } from '../../kind';
import { passwordsOf } from '../../passwords';

/** The user of Amazon Redshift itself, which always has sessions. */
const RDSDB = 'rdsdb';

/** The role with the right of the cases on rights. */
const updaters = (prefix: string) => `${prefix}updaters`;
const table = (prefix: string) => `${databaseOf(prefix)}.${TABLE}`;
/** In the form that Redshift stores. The logs of Redshift have statements. */
const verifier = ({ username, password }: Login) => `'${md5Verifier(password, username)}'`;

/** A superuser of the run, so that its sessions are told from those of the user in the URL. */
const superuserOf = ({ prefix, seed }: Pick<Run, 'prefix' | 'seed'>): Login => ({ username: `${prefix}super`, password: passwordsOf(seed)('superuser') });

const namesOf = async (client: TestClient, sql: string) => (await client.query(sql)).map(({ name }) => String(name).trimEnd());

/** For the session: leaves no table or view of a user in front of those of the system. */
const SEARCH_PATH = 'SET search_path TO pg_catalog';

/** https://docs.aws.amazon.com/redshift/latest/dg/r_STV_SESSIONS.html: superusers see all rows. Undefined if the cluster has no such table. */
const sessionsOf = (client: TestClient) => namesOf(client, 'SELECT user_name AS "name" FROM stv_sessions').catch(() => undefined);

/**
 * Redshift has neither a lock that ends with its session, nor a database that is made in a moment: a schema stands for it.
 * https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_commands.html
 */
export const REDSHIFT: Dialect = {
  engine: 'redshift',
  schemes: ['redshift', 'postgres', 'postgresql'],
  port: 5439,
  database: 'dev',
  variants: [SINGLE, ALTERNATING, CREATED, RESET],
  ownCases: [],
  // https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html: no quotes, backslashes, slashes, @ and spaces. Synthesis refuses them.
  awkwardPasswords: ['Signs-1%s;--$1{}<&>`'],
  product: async (client) => {
    await client.query(SEARCH_PATH);
    const [name] = await namesOf(client, 'SELECT version() AS "name"');
    return /Redshift [\w.]+.*/.exec(name)?.[0] ?? name.split(/ on |,/)[0];
  },
  isOwn: (product) => product.startsWith('Redshift'),
  databases: (client) => namesOf(client, 'SELECT datname AS "name" FROM pg_database'),
  otherSessions: async (client) => {
    const [own] = await namesOf(client, 'SELECT session_user AS "name"');
    return (await sessionsOf(client))?.filter((name) => name !== own && name !== RDSDB);
  },
  mark: (name) => `CREATE USER ${name} PASSWORD DISABLE`,
  unmark: (name) => `DROP USER IF EXISTS ${name}`,
  names: async (client) => {
    const queries = ['usename AS "name" FROM pg_user', 'groname AS "name" FROM pg_group', 'role_name AS "name" FROM svv_roles', 'nspname AS "name" FROM pg_namespace'];
    const names: string[] = [];
    for (const query of queries) { names.push(...await namesOf(client, `SELECT ${query}`)); }
    return names;
  },
  make: async (client, run) => {
    const superuser = superuserOf(run);
    await client.query(`CREATE USER ${superuser.username} PASSWORD ${verifier(superuser)} CREATEUSER`);
    await client.query(`CREATE SCHEMA ${databaseOf(run.prefix)}`);
  },
  at: (run) => ({ admin: superuserOf(run) }),
  prepare: (prefix) => [
    SEARCH_PATH, `CREATE TABLE ${table(prefix)} (id int)`, `CREATE ROLE ${updaters(prefix)}`, `GRANT USAGE ON SCHEMA ${databaseOf(prefix)} TO ROLE ${updaters(prefix)}`,
    `GRANT UPDATE ON ${table(prefix)} TO ROLE ${updaters(prefix)}`,
  ],
  table,
  sessions: async (client, prefix) => (await sessionsOf(client))?.filter((name) => name.startsWith(prefix)).length,
  // Rights on the schema end with it. The superuser of the run goes last, because it may own roles.
  remove: async (client, prefix) => {
    const removed: string[] = [];
    const drop = async (query: string, statement: (name: string) => string) => {
      for (const name of (await namesOf(client, query)).filter((each) => each.includes(prefix)).sort()) {
        await client.query(statement(name));
        removed.push(name);
      }
    };
    await drop('SELECT nspname AS "name" FROM pg_namespace', (name) => `DROP SCHEMA ${name} CASCADE`);
    await drop('SELECT usename AS "name" FROM pg_user WHERE usesuper = false', (name) => `DROP USER ${name}`);
    await drop('SELECT groname AS "name" FROM pg_group', (name) => `DROP GROUP "${name}"`);
    await drop('SELECT role_name AS "name" FROM svv_roles', (name) => `DROP ROLE ${name} FORCE`);
    await drop('SELECT usename AS "name" FROM pg_user', (name) => `DROP USER ${name}`);
    return removed;
  },

  createUser: (login) => [`CREATE USER ${login.username} PASSWORD ${verifier(login)}`],
  setPassword: (login) => [`ALTER USER ${login.username} PASSWORD ${verifier(login)}`],
  lockUser: (user) => `ALTER USER ${user} VALID UNTIL '2000-01-01'`,
  // Users that alternate have their rights by roles.
  giveRight: (user, prefix) => `GRANT ROLE ${updaters(prefix)} TO ${user}`,
  takeRight: (user, prefix) => `REVOKE ROLE ${updaters(prefix)} FROM ${user}`,
};

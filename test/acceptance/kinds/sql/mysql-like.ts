import { TABLE, type Dialect, type SqlGround } from './dialect';
import { markRole, UNFINISHED_ROLE } from '../../../../lambda-src/targets/database/mysql/engine';
import type { TestClient } from '../../../../servers/clients';
import { ALTERNATING, CREATED, DUAL, DUAL_BY_SUPERUSER, SINGLE } from '../../../proof/database-subject';
import { Failure, type AcceptanceCase } from '../../cases';
import { databaseOf } from '../../kind';

/** Users of the server itself and of Amazon RDS, which always have sessions. */
const OF_THE_SERVER = ['event_scheduler', 'system user', 'unauthenticated user', 'rdsadmin'];

/** In MariaDB, the table of a run with the number of roles for unfinished users that the server had before. */
const BEFORE = 'roles_before';

const namesOf = async (client: TestClient, sql: string) => (await client.query(sql)).map((row) => String(row.name));
const quoted = (name: string) => `\`${name}\``;
const isMariaDb = async (client: TestClient) => /MariaDB/.test((await namesOf(client, 'SELECT VERSION() AS name'))[0]);

const KEEPS_PLUGIN: AcceptanceCase<SqlGround> = {
  numbers: [72],
  what: 'the users keep their authentication plugin',
  appliesTo: ({ startsRefused }) => startsRefused !== true,
  run: async (bench, { place }) => {
    const world = await bench.start();
    const plugin = async (user: string) => JSON.stringify(await place.asOwner(`SELECT plugin FROM mysql.user WHERE User = '${user}'`));
    const before = await plugin(bench.strategy.user.username);
    await bench.rotate(world);
    const after = await plugin(bench.login(world, 'AWSCURRENT').username);
    if (before !== after) { throw new Failure(`it was ${before}, and is ${after}`); }
  },
};

/** The statements of MySQL and of MariaDB. */
const MYSQL_LIKE = {
  database: '',
  ownCases: [KEEPS_PLUGIN],
  product: async (client) => {
    const [version] = await namesOf(client, 'SELECT VERSION() AS name');
    return version.includes('MariaDB') ? `MariaDB ${version.replace(/-MariaDB.*/, '')}` : `MySQL ${version}`;
  },
  databases: (client) => namesOf(client, 'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA'),
  otherSessions: async (client) => {
    const list = OF_THE_SERVER.map((name) => `'${name}'`).join();
    return namesOf(client, `SELECT USER AS name FROM information_schema.PROCESSLIST WHERE USER NOT IN (SUBSTRING_INDEX(USER(), '@', 1), ${list})`);
  },
  lock: async (client) => {
    const [{ locked }] = await client.query('SELECT GET_LOCK(\'cdk-rotating-secret acceptance\', 0) AS locked');
    return Number(locked) === 1;
  },
  names: async (client) =>
    [...await namesOf(client, 'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA'), ...await namesOf(client, 'SELECT User AS name FROM mysql.user')],
  make: async (client, { prefix }) => {
    await client.query(`CREATE DATABASE ${databaseOf(prefix)}`);
    if (!await isMariaDb(client)) { return; }
    await client.query(`CREATE TABLE ${databaseOf(prefix)}.${BEFORE} AS SELECT COUNT(*) AS roles FROM mysql.user WHERE User = '${UNFINISHED_ROLE}'`);
  },
  at: ({ prefix }) => ({ database: databaseOf(prefix) }),
  prepare: () => [`CREATE TABLE ${TABLE} (id int)`],
  table: () => TABLE,
  sessions: async (client, prefix) => (await client.query(`SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '${databaseOf(prefix)}'`)).length,
  // The database goes last, because the table in it and its name say what else there is.
  remove: async (client, prefix) => {
    const removed: string[] = [];
    const drop = async (what: 'ROLE' | 'USER' | 'DATABASE', name: string) => {
      await client.query(`DROP ${what} ${name}`);
      removed.push(name.replaceAll('`', ''));
    };
    if (await isMariaDb(client)) {
      for (const role of await rolesOf(client, prefix)) { await drop('ROLE', quoted(role)); }
    }
    for (const name of await namesOf(client, `SELECT CONCAT('\`', User, '\`@\`', Host, '\`') AS name FROM mysql.user WHERE LEFT(User, ${prefix.length}) = '${prefix}'`)) {
      await drop('USER', name);
    }
    for (const name of await namesOf(client, `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${databaseOf(prefix)}'`)) {
      await drop('DATABASE', name);
    }
    return removed;
  },

  // Without a right, it couldn't log in to the database.
  createUser: ({ username, password }) => [`CREATE USER ${username} IDENTIFIED BY '${password}'`, `GRANT SELECT ON ${TABLE} TO ${username}`],
  setPassword: ({ username, password }) => [`ALTER USER ${username} IDENTIFIED BY '${password.replaceAll('\\', '\\\\').replaceAll('\'', '\'\'')}'`],
  lockUser: (user) => `ALTER USER ${user} ACCOUNT LOCK`,
  giveRight: (user) => `GRANT UPDATE ON ${TABLE} TO ${user}`,
  takeRight: (user) => `REVOKE UPDATE ON ${TABLE} FROM ${user}`,
} satisfies Partial<Dialect>;

export const MYSQL: Dialect = {
  ...MYSQL_LIKE,
  engine: 'mysql',
  schemes: ['mysql'],
  port: 3306,
  variants: [SINGLE, ALTERNATING, DUAL, DUAL_BY_SUPERUSER, CREATED],
  isOwn: (product) => product.startsWith('MySQL'),
  // A user may have a second password.
  setPassword: (login) => [...MYSQL_LIKE.setPassword(login), `ALTER USER ${login.username} DISCARD OLD PASSWORD`],
};

export const MARIADB: Dialect = {
  ...MYSQL_LIKE,
  engine: 'mariadb',
  schemes: ['mariadb', 'mysql'],
  port: 3306,
  variants: [SINGLE, ALTERNATING, DUAL_BY_SUPERUSER, CREATED],
  isOwn: (product) => product.startsWith('MariaDB'),
};

/** The roles without rights with which rotations of a run mark users of MariaDB. */
async function rolesOf(client: TestClient, prefix: string): Promise<string[]> {
  const marks = [`${prefix}app`, `${prefix}app_clone`].map(markRole);
  // All rotations of the server share this one. It is the run's if the server didn't have it before, and no other user has it now.
  const [before] = await client.query(`SELECT roles FROM ${databaseOf(prefix)}.${BEFORE}`).catch(() => []);
  const others = await client.query(`SELECT User FROM mysql.roles_mapping WHERE Role = '${UNFINISHED_ROLE}' AND Admin_option = 'N' AND LEFT(User, ${prefix.length}) <> '${prefix}'`);
  const own = before && Number(before.roles) === 0 && others.length === 0 ? [UNFINISHED_ROLE] : [];
  return namesOf(client, `SELECT User AS name FROM mysql.user WHERE is_role = 'Y' AND User IN (${[...marks, ...own].map((name) => `'${name}'`).join()})`);
}

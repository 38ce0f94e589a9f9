import type { TargetName } from './kinds';
import { startMariaDb, startMySql, startPostgres, startRedshiftStandIn, type DatabaseServer } from '../../servers';
import { connect } from '../../servers/clients';
import { asLdap, SERVICES, startLdap } from '../../servers/ldap/ldap';
import { runMongo, startMongo, type MongoProduct } from '../../servers/mongo/mongo';
import { askRabbitMq, startRabbitMq } from '../../servers/rabbitmq/rabbitmq';
import { RedisProbe, runRedis, startRedis, type RedisProduct } from '../../servers/redis/redis';
import type { RedshiftStandIn } from '../../servers/stand-ins/redshift';
import type { Login } from '../../tools/servers/server';

/** A server that this repository installs. */
export interface OwnServer {
  readonly name: string;
  readonly target: TargetName;
  /** How many strategies a run tries on it. */
  readonly strategies: number;
  /** Whether it is another version of an earlier one. */
  readonly isFurther?: boolean;
  start(): Promise<Started>;
}

export interface Started {
  readonly url: string;
  readonly password: string;
  /** Further options of the command. */
  readonly options?: readonly string[];
  readonly ca: string;
  /** What no report may have. */
  readonly hidden: readonly string[];
  /** A user without the rights that the suite needs. */
  readonly weakUser?: Login;
  /** Everything on the server that the suite may have made. */
  contents(): Promise<string[]>;
  /** Makes a database, or what the server has in its place, called orders_prod. Absent if there is nothing of the kind. */
  makeProduction?(): Promise<void>;
  removeProduction?(): Promise<void>;
  /** Opens a session of another user, and returns its name. Absent if the server doesn't show sessions. */
  openSession?(): Promise<{ readonly username: string; close(): Promise<unknown> }>;
  stop(): Promise<void>;
}

/** Has the rights that docs/acceptance.md asks for, if the server has no such user yet. */
const ADMIN: Login = { username: 'accepter', password: 'Accepter-of-the-tests-1' };
const PRODUCTION = 'orders_prod';

type Names = (sql: string) => Promise<string[]>;

const database = async <S extends DatabaseServer>(
  started: Promise<S>, contents: (names: Names) => Promise<string[]>, further: (server: S) => Partial<Started> = () => ({}),
): Promise<Started> => {
  const server = await started;
  const asRoot = async (sql: string) => {
    const client = await connect(server, { login: server.root });
    await client.query(sql).finally(() => client.close());
  };
  const { engine, admin, host, port, ca } = server;
  return {
    url: `${engine}://${admin.username}@${host}:${port}`,
    password: admin.password,
    ca,
    hidden: [admin.password, admin.username, host],
    contents: async () => {
      const client = await connect({ ...server, database: engine === 'postgres' ? 'postgres' : server.database }, { login: server.root });
      try {
        return await contents(async (sql) => (await client.query(sql)).map((row) => String(Object.values(row)[0])));
      } finally {
        await client.close();
      }
    },
    makeProduction: () => asRoot(`CREATE DATABASE ${PRODUCTION}`),
    removeProduction: () => asRoot(`DROP DATABASE ${PRODUCTION}`),
    openSession: async () => {
      const client = await connect(server, { login: server.root });
      return { username: server.root.username, close: () => client.close() };
    },
    stop: () => server.stop(),
    ...further(server),
  };
};

const postgres = (started: Promise<DatabaseServer>) => database(started, async (names) => [
  ...await names('SELECT datname FROM pg_database'), ...await names('SELECT rolname FROM pg_roles'), ...await names('SELECT setconfig::text FROM pg_db_role_setting'),
]);

/** Also the roles that a rotation makes in MariaDB. */
const mySqlLike = (started: Promise<DatabaseServer>) => database(started, async (names) => [
  ...await names('SHOW DATABASES'), ...await names('SELECT CONCAT(User, \'@\', Host) FROM mysql.user'), ...await names('SELECT CONCAT(User, Db) FROM mysql.db'),
]);

const redshift = (started: Promise<RedshiftStandIn>) => database(started, async (names) => [
  ...await names('SELECT usename FROM redshift.pg_user'), ...await names('SELECT groname FROM redshift.pg_group'), ...await names('SELECT role_name FROM redshift.svv_roles'),
  ...(await names('SELECT nspname FROM pg_namespace')).filter((name) => !name.startsWith('pg_t')),
], (server) => ({
  makeProduction: async () => { await server.asPostgres(`CREATE DATABASE ${PRODUCTION}`); },
  removeProduction: async () => { await server.asPostgres(`DROP DATABASE ${PRODUCTION}`); },
  openSession: async () => {
    const login = { username: 'somebody', password: 'Somebody-of-the-tests-1' };
    const admin = await connect(server);
    await admin.query(`DROP USER IF EXISTS ${login.username}`);
    await admin.query(`CREATE USER ${login.username} PASSWORD '${login.password}'`);
    await admin.close();
    const client = await connect(server, { login });
    return { username: login.username, close: () => client.close() };
  },
}));

async function mongo(product: MongoProduct): Promise<Started> {
  const server = await startMongo({ product });
  const { host, port, ca } = server;
  await runMongo(server, { createUser: ADMIN.username, pwd: ADMIN.password, roles: ['userAdminAnyDatabase', 'clusterMonitor'].map((role) => ({ role, db: 'admin' })) });
  return {
    url: `mongodb://${ADMIN.username}@${host}:${port}`,
    password: ADMIN.password,
    ca,
    hidden: [ADMIN.password, ADMIN.username, host],
    contents: async () => {
      const { users } = await runMongo(server, { usersInfo: 1 });
      const { roles } = await runMongo(server, { rolesInfo: 1 });
      const { databases } = await runMongo(server, { listDatabases: 1 });
      return [users as { user: string }[], roles as { role: string }[], databases as { name: string }[]].flat().map((one) => JSON.stringify(one));
    },
    makeProduction: async () => { await runMongo(server, { create: 'items' }, PRODUCTION); },
    removeProduction: async () => { await runMongo(server, { dropDatabase: 1 }, PRODUCTION); },
    stop: () => server.stop(),
  };
}

async function redis(product: RedisProduct): Promise<Started> {
  const server = await startRedis({ product });
  const { host, port, ca, root } = server;
  await runRedis(server, root, ['ACL', 'SETUSER', ADMIN.username, 'on', `>${ADMIN.password}`, '-@all', '+acl', '+client|list', '+info'], ['ACL', 'SAVE']);
  return {
    url: `rediss://${ADMIN.username}@${host}:${port}`,
    password: ADMIN.password,
    ca,
    hidden: [ADMIN.password, ADMIN.username, host],
    contents: () => runRedis(server, root, ['ACL', 'LIST']),
    weakUser: server.superuser,
    openSession: async () => {
      const probe = new RedisProbe(server);
      await probe.letsIn(server.superuser);
      return { username: server.superuser.username, close: async () => probe.close() };
    },
    stop: () => server.stop(),
  };
}

async function rabbitMq(): Promise<Started> {
  const server = await startRabbitMq();
  const { host, port, managementPort, ca, administrator } = server;
  const names = async (resource: string) => (await askRabbitMq<{ name: string }[]>(server, 'GET', resource)).map(({ name }) => name);
  return {
    url: `amqps://${administrator.username}@${host}:${port}`,
    password: administrator.password,
    options: [`--management-port=${managementPort}`],
    ca,
    hidden: [administrator.password, host],
    contents: async () => [...await names('users'), ...await names('vhosts')],
    makeProduction: () => askRabbitMq(server, 'PUT', `vhosts/${PRODUCTION}`, {}),
    removeProduction: () => askRabbitMq(server, 'DELETE', `vhosts/${PRODUCTION}`),
    stop: () => server.stop(),
  };
}

async function ldap(): Promise<Started> {
  const server = await startLdap();
  const { host, port, ca, root } = server;
  return {
    url: `ldaps://${root.username}@${host}:${port}/${SERVICES}`,
    password: root.password,
    ca,
    hidden: [root.password, root.username, host],
    contents: () => asLdap(server, root, async (client) => (await client.search(SERVICES, { scope: 'sub' })).searchEntries.map(({ dn }) => dn)),
    stop: () => server.stop(),
  };
}

export const OWN_SERVERS: readonly OwnServer[] = [
  { name: 'PostgreSQL 18', target: 'postgres', start: () => postgres(startPostgres({ settings: { scram_iterations: 1 } })), strategies: 4 },
  { name: 'MySQL 8.0', target: 'mysql', start: () => mySqlLike(startMySql()), strategies: 5 },
  { name: 'MariaDB 11.8', target: 'mariadb', start: () => mySqlLike(startMariaDb()), strategies: 4 },
  { name: 'the stand-in for Redshift', target: 'redshift', start: () => redshift(startRedshiftStandIn()), strategies: 4 },
  { name: 'the stand-in for MongoDB', target: 'mongodb', start: () => mongo('mongoDb'), strategies: 3 },
  { name: 'the stand-in for DocumentDB', target: 'documentdb', start: () => mongo('documentDb'), strategies: 3 },
  { name: 'Redis 7', target: 'redis', start: () => redis('redis-7'), strategies: 1 },
  { name: 'Valkey 8', target: 'redis', start: () => redis('valkey-8'), strategies: 1 },
  { name: 'RabbitMQ 3.10', target: 'rabbitmq', start: rabbitMq, strategies: 2 },
  { name: 'OpenLDAP 2.5', target: 'ldap', start: ldap, strategies: 3 },
  { name: 'PostgreSQL 15', target: 'postgres', isFurther: true, start: () => postgres(startPostgres({ version: '15' })), strategies: 4 },
  { name: 'MySQL 9.7', target: 'mysql', isFurther: true, start: () => mySqlLike(startMySql({ version: '9.7' })), strategies: 5 },
  { name: 'MariaDB 10.11', target: 'mariadb', isFurther: true, start: () => mySqlLike(startMariaDb({ version: '10.11' })), strategies: 4 },
];

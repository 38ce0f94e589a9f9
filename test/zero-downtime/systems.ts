import { InvalidCredentialsError } from 'ldapts';
import { startMariaDb, startMySql, startPostgres, type DatabaseServer, type Login } from '../../servers';
import { connect, isRefusal } from '../../servers/clients';
import { asLdap, makeLdapUser, SERVICES, startLdap } from '../../servers/ldap/ldap';
import { askRabbitMq, startRabbitMq } from '../../servers/rabbitmq/rabbitmq';
import { hashOf, runRedis, sendRedis, startRedis, type RedisProduct, type RedisServer } from '../../servers/redis/redis';

export interface Strategy {
  readonly name: string;
  readonly user: string;
  readonly superuser?: boolean;
  readonly dualPasswords?: boolean;
  /** For targets that don't tell it from `superuser`. */
  readonly alternatingUsers?: boolean;
  /** Whether logins may be refused. */
  readonly mayRefuse?: boolean;
}

/** A running server, with the usual client of its product. */
export interface System {
  /** The folder of the asset that rotates its users. */
  readonly asset: 'postgres' | 'mysql' | 'redis' | 'rabbitmq' | 'ldap';
  readonly target: 'postgres' | 'mysql' | 'mariadb' | 'redshift' | 'redis' | 'rabbitmq' | 'ldap';
  readonly certificateAuthority: string;
  readonly superuser: Login;
  valueOf(login: Login): string;
  makeUser(login: Login, strategy: Strategy): Promise<void>;
  /** Logs in, writes and reads; an entry of LDAP only reads. False if the server doesn't accept the credentials. */
  use(login: Login): Promise<boolean>;
  stop(): Promise<void>;
}

interface Candidate {
  readonly name: string;
  readonly strategies: readonly Strategy[];
  start(): Promise<System>;
}

const SINGLE: Strategy = { name: 'single user', user: 'single', mayRefuse: true };
const ALTERNATING: Strategy = { name: 'alternating users', user: 'alternating', superuser: true };
const DUAL: Strategy = { name: 'dual passwords', user: 'two_passwords', dualPasswords: true };
const TWO_PASSWORDS: Strategy = { name: 'two passwords at a time', user: 'two_passwords', superuser: true };

export const SYSTEMS: readonly Candidate[] = [
  { name: 'PostgreSQL 18', start: async () => databaseSystem(await startPostgres()), strategies: [ALTERNATING, SINGLE] },
  { name: 'MariaDB 11.8', start: async () => databaseSystem(await startMariaDb()), strategies: [{ ...DUAL, superuser: true }, ALTERNATING, SINGLE] },
  { name: 'MySQL 8.0', start: async () => databaseSystem(await startMySql()), strategies: [DUAL, ALTERNATING, SINGLE] },
  { name: 'Redis 7', start: () => redisSystem('redis-7'), strategies: [TWO_PASSWORDS] },
  { name: 'Valkey 8', start: () => redisSystem('valkey-8'), strategies: [TWO_PASSWORDS] },
  { name: 'RabbitMQ 3', start: () => rabbitMqSystem(), strategies: [{ ...ALTERNATING, alternatingUsers: true }, { ...SINGLE, superuser: true }] },
  {
    name: 'OpenLDAP 2.5',
    start: () => ldapSystem(),
    strategies: [{ ...DUAL, user: `uid=two_passwords,${SERVICES}`, superuser: true }, { ...SINGLE, user: `uid=single,${SERVICES}` }],
  },
];

function databaseSystem(server: DatabaseServer): System {
  return {
    asset: server.engine === 'postgres' ? 'postgres' : 'mysql',
    target: server.engine,
    certificateAuthority: server.ca,
    superuser: server.admin,
    valueOf: (login) => JSON.stringify({ engine: server.engine, host: server.host, port: server.port, dbname: server.database, ...login }),
    makeUser: (login, strategy) => makeDatabaseUser(server, login, strategy),
    use: async (login) => {
      try {
        const session = await connect(server, { login });
        await session.query('INSERT INTO visits (n) VALUES (1)');
        await session.query('SELECT count(*) FROM visits');
        await session.close();
        return true;
      } catch (error) {
        if (isRefusal(error)) { return false; }
        throw error;
      }
    },
    stop: () => server.stop(),
  };
}

async function makeDatabaseUser(server: DatabaseServer, login: Login, { dualPasswords, superuser }: Strategy): Promise<void> {
  const { username, password } = login;
  const run = async (as: Login, ...statements: string[]) => {
    const client = await connect(server, { login: as });
    for (const statement of statements) { await client.query(statement); }
    await client.close();
  };
  await run(server.root, 'DROP TABLE IF EXISTS visits');
  await run(server.admin, ...server.engine === 'postgres'
    ? [`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`, `GRANT CREATE ON DATABASE ${server.database} TO ${username}`]
    : [`CREATE USER ${username} IDENTIFIED BY '${password}'`, `GRANT SELECT, INSERT, CREATE ON ${server.database}.* TO ${username}`]);
  if (server.engine === 'postgres') { await run(server.root, `GRANT CREATE ON SCHEMA public TO ${username}`); }
  if (dualPasswords && !superuser) { await run(server.root, `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${username}`); }
  await run(login, 'CREATE TABLE visits (n integer)');
}

async function redisSystem(product: RedisProduct): Promise<System> {
  const server: RedisServer = await startRedis({ product });
  return {
    asset: 'redis',
    target: 'redis',
    certificateAuthority: server.ca,
    superuser: server.superuser,
    valueOf: (login) => JSON.stringify({ host: server.host, port: server.port, ...login }),
    makeUser: async ({ username, password }) => {
      await runRedis(server, server.root, ['ACL', 'SETUSER', username, 'on', `#${hashOf(password)}`, '~visits', '+incr', '+get'], ['ACL', 'SAVE']);
    },
    use: async (login) => {
      const [answer, ...others] = await sendRedis(server, login, ['INCR', 'visits'], ['GET', 'visits']);
      if (answer.startsWith('-WRONGPASS ')) { return false; }
      const error = [answer, ...others].find((line) => line.startsWith('-'));
      if (error !== undefined) { throw new Error(error); }
      return true;
    },
    stop: () => server.stop(),
  };
}

async function rabbitMqSystem(): Promise<System> {
  const server = await startRabbitMq();
  const vhost = encodeURIComponent('/');
  await askRabbitMq(server, 'PUT', `permissions/${vhost}/${server.administrator.username}`, { configure: '.*', write: '.*', read: '.*' });
  await askRabbitMq(server, 'PUT', `queues/${vhost}/visits`, {});
  return {
    asset: 'rabbitmq',
    target: 'rabbitmq',
    certificateAuthority: server.ca,
    superuser: server.administrator,
    valueOf: (login) => JSON.stringify({ host: server.host, port: server.port, managementPort: server.managementPort, ...login }),
    makeUser: async ({ username, password }) => {
      // The tag lets clients publish and read by HTTP.
      await askRabbitMq(server, 'PUT', `users/${username}`, { password, tags: 'management' });
      await askRabbitMq(server, 'PUT', `permissions/${vhost}/${username}`, { configure: '', write: '.*', read: '^visits$' });
    },
    use: async (login) => {
      try {
        const message = { properties: {}, routing_key: 'visits', payload: '1', payload_encoding: 'string' };
        await askRabbitMq(server, 'POST', `exchanges/${vhost}/amq.default/publish`, message, login);
        await askRabbitMq(server, 'POST', `queues/${vhost}/visits/get`, { count: 1, ackmode: 'ack_requeue_false', encoding: 'auto' }, login);
        return true;
      } catch (error) {
        // The second text is that of the login which the API makes for the client.
        if (/ answered with 401: .*"(Login failed|Refused)"/.test((error as Error).message)) { return false; }
        throw error;
      }
    },
    stop: () => server.stop(),
  };
}

async function ldapSystem(): Promise<System> {
  const server = await startLdap();
  return {
    asset: 'ldap',
    target: 'ldap',
    certificateAuthority: server.ca,
    superuser: server.superuser,
    valueOf: (login) => JSON.stringify({ host: server.host, port: server.port, ...login }),
    makeUser: ({ username, password }) => makeLdapUser(server, username, password),
    use: async (login) => {
      try {
        await asLdap(server, login, (client) => client.search(SERVICES, { scope: 'base' }));
        return true;
      } catch (error) {
        if (error instanceof InvalidCredentialsError) { return false; }
        throw error;
      }
    },
    stop: () => server.stop(),
  };
}

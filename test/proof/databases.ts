import type { ConnectionOptions } from 'node:tls';
import type { HandlerDependencies, Server, Subject } from './subjects';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import type { Credentials } from '../../lambda-src/targets/database/credentials';
import { databaseTarget } from '../../lambda-src/targets/database/database';
import { connectMySql, MySql } from '../../lambda-src/targets/database/mysql';
import { connectPostgres, Postgres } from '../../lambda-src/targets/database/postgres';
import { tlsOptions } from '../../lambda-src/targets/database/tls';
import { startMariaDb, startMySql, startPostgres, type DatabaseServer, type Login } from '../databases';
import { connect, isRefusal, type TestClient } from '../databases/clients';

const USER: Login = { username: 'app', password: 'first-password-of-all' };
const SUPERUSER = 'superuser';
/** Statements that change nothing that lasts. */
const READ = /^\s*(SELECT|SHOW|SET|BEGIN)\b/i;

function startingOver({ engine, database }: DatabaseServer): string[] {
  const { username, password } = USER;
  return engine === 'postgres'
    ? [`DROP ROLE IF EXISTS ${username}_clone`, `ALTER ROLE ${username} PASSWORD '${password}'`]
    : [
      `DROP USER IF EXISTS ${username}_clone, ${username}`, `CREATE USER ${username} IDENTIFIED BY '${password}'`,
      `GRANT SELECT, INSERT, CREATE, DROP ON ${database}.* TO ${username}`,
    ];
}

function subject(name: string, server: DatabaseServer, root: TestClient, alternating: boolean): Subject {
  const { engine, host, port, ca, database: dbname, admin } = server;
  const json = (login: Login) => JSON.stringify({ engine, host, port, dbname, ...login });
  const login = (value: string) => JSON.parse(value) as Login;
  const probe: Server = {
    reset: async () => { for (const statement of startingOver(server)) { await root.query(statement); } },
    accepts: async (value) => {
      try {
        await (await connect(server, { login: login(value) })).close();
        return true;
      } catch (error) {
        if (isRefusal(error)) { return false; }
        throw error;
      }
    },
    alwaysAcceptsCurrent: alternating,
  };
  return {
    name: `${name}, ${alternating ? 'alternating users' : 'a single user'}`,
    config: { target: engine, certificateAuthority: ca, superuserSecretArn: alternating ? SUPERUSER : undefined, passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler((config) => databaseTarget(config, {
      postgres: (database) => new Postgres(tlsOptions(database), watch(connectPostgres, dependencies)),
      mysql: (database) => new MySql('mysql', tlsOptions(database), watch(connectMySql, dependencies)),
      mariadb: (database) => new MySql('mariadb', tlsOptions(database), watch(connectMySql, dependencies)),
    }), dependencies),
    server: probe,
    otherSecrets: { [SUPERUSER]: json(admin) },
    value: json(USER),
    secretOf: (value) => {
      try {
        return login(value).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '', ...alternating ? { username: '' } : {} }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
  };
}

interface DatabaseConnection {
  query(sql: string, parameters?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}
type Connect = (credentials: Credentials, tls: ConnectionOptions | undefined, deadline: Deadline) => Promise<DatabaseConnection>;

/** The connections of a copy of the function: every login and every statement ends as the proof decides, and they die with it. */
function watch(dialler: Connect, { perform, dial, life }: HandlerDependencies): Connect {
  return async (credentials, tls, deadline) => {
    dial(credentials.host);
    const mortal = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    const connection = await perform(`log in as ${credentials.username}`, 'read', () => dialler(credentials, tls, mortal));
    return {
      query: (sql, parameters) => perform(sql.split(/ (?:PASSWORD|IDENTIFIED|=) /)[0], READ.test(sql) ? 'read' : 'write', () => connection.query(sql, parameters)),
      close: () => connection.close(),
    };
  };
}

/** Every kind of database with every strategy, on real servers. */
export async function withDatabaseSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  const kinds = [
    { name: 'PostgreSQL 18', start: () => startPostgres({ settings: { scram_iterations: 1 } }) },
    { name: 'PostgreSQL 15', start: () => startPostgres({ version: '15' }) },
    { name: 'MariaDB 11.8', start: () => startMariaDb() },
    { name: 'MySQL 8.0', start: () => startMySql() },
  ];
  for (const { name, start } of kinds) {
    const server = await start();
    const root = await connect(server, { login: server.root });
    try {
      if (server.engine === 'postgres') {
        const admin = await connect(server);
        await admin.query(`CREATE ROLE ${USER.username} LOGIN`);
        await admin.query(`GRANT CREATE ON DATABASE ${server.database} TO ${USER.username}`);
        await admin.close();
      }
      for (const alternating of [false, true]) { await use(subject(name, server, root, alternating)); }
    } finally {
      await root.close();
      await server.stop();
    }
  }
}

import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import type { Credentials } from '../../../../lambda-src/targets/database/credentials';
import type { Engine } from '../../../../lambda-src/targets/database/engine';
import { connectMySql, MySql, type ConnectMySql } from '../../../../lambda-src/targets/database/mysql/engine';
import { connectPostgres, Postgres } from '../../../../lambda-src/targets/database/postgres/engine';
import { md5Verifier, type ConnectPostgres } from '../../../../lambda-src/targets/database/postgres-protocol';
import { connectRedshift, Redshift, redshiftTls } from '../../../../lambda-src/targets/database/redshift/engine';
import { databaseTarget } from '../../../../lambda-src/targets/database/target';
import { tlsOptions } from '../../../../lambda-src/targets/database/tls';
import { startMariaDb, startMySql, startPostgres, startRedshiftStandIn, type DatabaseServer, type Login, type ServerOptions } from '../../../../servers';
import type { DatabaseTargetConfig } from '../../../../src/targets/database/contract';
import { Harness, type HarnessOptions } from '../../../harness';

export type Strategy = 'singleUser' | 'alternatingUsers';
export const STRATEGIES: readonly Strategy[] = ['singleUser', 'alternatingUsers'];

/** A kind of server, with access to it that is independent of the handler's code. */
export interface Kind {
  readonly name: string;
  readonly target: DatabaseServer['engine'];
  start(options?: ServerOptions): Promise<DatabaseServer>;
}

/** One of each engine, for tests that do not depend on a version. */
export const POSTGRES: Kind = { name: 'PostgreSQL 18', target: 'postgres', start: (options) => startPostgres({ ...options, version: '18' }) };
export const MARIADB: Kind = { name: 'MariaDB 11.8', target: 'mariadb', start: (options) => startMariaDb({ ...options, version: '11.8' }) };
export const MYSQL: Kind = { name: 'MySQL 8.0', target: 'mysql', start: (options) => startMySql({ ...options, version: '8.0' }) };
/** Not Redshift, but a stand-in for it. */
export const REDSHIFT: Kind = { name: 'the stand-in for Redshift', target: 'redshift', start: startRedshiftStandIn };

export const KINDS: readonly Kind[] = [
  POSTGRES,
  { name: 'PostgreSQL 15', target: 'postgres', start: (options) => startPostgres({ ...options, version: '15' }) },
  MARIADB,
  { name: 'MariaDB 10.11', target: 'mariadb', start: (options) => startMariaDb({ ...options, version: '10.11' }) },
  MYSQL,
  { name: 'MySQL 9.7', target: 'mysql', start: (options) => startMySql({ ...options, version: '9.7' }) },
];

type Row = Record<string, unknown>;

/** Runs statements as a user, in order, and returns the rows of the last. */
export async function run(server: DatabaseServer, login: Login, ...statements: string[]): Promise<Row[]> {
  let rows: Row[] = [];
  if (speaksPostgres(server)) {
    const client = new Client({
      host: server.host, port: server.port, user: login.username, password: login.password, database: server.database, ssl: { ca: server.ca },
    });
    await client.connect();
    try {
      for (const statement of statements) { rows = (await client.query<Row>(statement)).rows; }
    } finally {
      await client.end();
    }
  } else {
    const connection = await createConnection({
      host: server.host,
      port: server.port,
      user: login.username,
      password: login.password,
      database: server.database,
      ssl: { ca: server.ca, verifyIdentity: true },
      charset: 'UTF8MB4_GENERAL_CI',
    });
    try {
      for (const statement of statements) {
        const [result] = await connection.query<RowDataPacket[]>(statement);
        if (Array.isArray(result)) { rows = result; }
      }
    } finally {
      await connection.end();
    }
  }
  return rows;
}

/** Whether the driver is that of PostgreSQL. */
export function speaksPostgres({ engine }: DatabaseServer): boolean {
  return engine === 'postgres' || engine === 'redshift';
}

/** Whether a login succeeds. */
export async function letsIn(server: DatabaseServer, login: Login): Promise<boolean> {
  try {
    await run(server, login, 'SELECT 1');
    return true;
  } catch (error) {
    const { code = '', errno } = error as { code?: string; errno?: number };
    // MariaDB's number for a locked account, for which the driver has no name.
    if (/^(28P01|28000|ER_ACCESS_DENIED_ERROR|ER_ACCOUNT_HAS_BEEN_LOCKED)$/.test(code) || errno === 4151) { return false; }
    throw error;
  }
}

export const quoteLiteral = (server: DatabaseServer, text: string): string => {
  const quoted = text.replaceAll('\'', '\'\'');
  return speaksPostgres(server) ? `'${quoted}'` : `'${quoted.replaceAll('\\', '\\\\')}'`;
};

export const quoteName = (server: DatabaseServer, name: string): string =>
  speaksPostgres(server) ? `"${name.replaceAll('"', '""')}"` : `\`${name.replaceAll('`', '``')}\``;

/** Creates a user with rights in the database, as the master user does. */
export async function makeUser(server: DatabaseServer, login: Login): Promise<void> {
  if (server.engine === 'redshift') {
    await run(server, server.admin, CASE_SENSITIVE, `CREATE USER ${quoteName(server, login.username)} PASSWORD '${md5Verifier(login.password, login.username)}'`);
    return;
  }
  const [user, password] = [quoteName(server, login.username), quoteLiteral(server, login.password)];
  await run(server, server.admin, ...server.engine === 'postgres'
    ? [`CREATE ROLE ${user} LOGIN PASSWORD ${password}`, `GRANT CREATE ON DATABASE ${server.database} TO ${user}`, `GRANT ALL ON SCHEMA public TO ${user}`].slice(0, 2)
    : [`CREATE USER ${user}@'%' IDENTIFIED BY ${password}`, `GRANT SELECT, INSERT, CREATE, DROP ON ${server.database}.* TO ${user}@'%'`]);
}

export function valueFor(server: DatabaseServer, login: Login, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    engine: server.engine,
    host: server.host,
    port: server.port,
    username: login.username,
    password: login.password,
    dbname: server.database,
    ...changes,
  });
}

export interface DatabaseHarnessOptions extends Pick<HarnessOptions, 'policy' | 'simulator'> {
  readonly strategy?: Strategy;
  /** The user of the secret. @default - a new user */
  readonly user?: Login;
  /** Changes to the value of the secret. */
  readonly changes?: Record<string, unknown>;
  readonly superuserChanges?: Record<string, unknown>;
  readonly config?: Partial<DatabaseTargetConfig>;
  readonly engine?: (engine: Engine) => Engine;
  /** Comes between an engine and its driver. */
  readonly connection?: (connection: Connection) => Connection;
}

/** The part of any driver's connection that the engines use. */
export interface Connection {
  query(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** For names with capital letters in Redshift. */
export const CASE_SENSITIVE = 'SET enable_case_sensitive_identifier TO true';

let users = 0;

/** A secret of a user of a real server, with its handler. */
export class DatabaseHarness extends Harness {
  /** The current secret, with its own existing user. */
  public static async make(server: DatabaseServer, options: DatabaseHarnessOptions = {}): Promise<DatabaseHarness> {
    const user = options.user ?? { username: `user_${++users}`, password: `first-password-${users}` };
    if (!options.user) { await makeUser(server, user); }
    return new DatabaseHarness(server, user, options);
  }

  /** The connections of the engine. */
  public readonly dialled: Credentials[] = [];
  /** The servers of the driver's connections, each as host:port. */
  public readonly reached: string[] = [];

  private constructor(public readonly server: DatabaseServer, public readonly user: Login, options: DatabaseHarnessOptions) {
    const superuserSecretArn = 'superuser';
    const dialled: Credentials[] = [];
    const watched = (engine: Engine): Engine => ({
      engines: engine.engines,
      defaultPort: engine.defaultPort,
      userNameLimit: (name) => engine.userNameLimit(name),
      logIn: (credentials, deadline) => {
        dialled.push(credentials);
        return engine.logIn(credentials, deadline);
      },
    });
    const reached: string[] = [];
    const connection = options.connection ?? ((made: Connection) => made);
    const wrap = (engine: Engine) => options.engine ? options.engine(watched(engine)) : watched(engine);
    const toMySql: ConnectMySql = async (...login) => {
      reached.push(`${login[0].host}:${login[0].port}`);
      return connection(await connectMySql(...login));
    };
    const toPostgres: ConnectPostgres = async (...login) => {
      reached.push(`${login[0].host}:${login[0].port}`);
      return connection(await connectPostgres(...login));
    };
    const toRedshift: ConnectPostgres = async (...login) => {
      reached.push(`${login[0].host}:${login[0].port}`);
      return connection(await connectRedshift(...login));
    };
    super({
      value: valueFor(server, user, options.changes),
      simulator: options.simulator,
      config: {
        target: server.engine,
        certificateAuthority: server.ca,
        passwordPolicy: options.policy ?? {},
        ...(options.strategy === 'alternatingUsers' ? { superuserSecretArn } : {}),
        ...options.config,
      },
      makeTarget: (config) => databaseTarget(config, {
        postgres: (database) => wrap(new Postgres(tlsOptions(database), toPostgres)),
        mysql: (database) => wrap(new MySql('mysql', tlsOptions(database), toMySql)),
        mariadb: (database) => wrap(new MySql('mariadb', tlsOptions(database), toMySql)),
        redshift: (database) => wrap(new Redshift(redshiftTls(database), toRedshift)),
      }),
    });
    this.dialled = dialled;
    this.reached = reached;
    this.simulator.createSecret(superuserSecretArn, valueFor(server, server.admin, options.superuserChanges));
  }

  public login(versionIdOrStage: string): Login {
    return JSON.parse(this.value(versionIdOrStage)) as Login;
  }

  /** A whole rotation. */
  public async rotate(): Promise<void> {
    await this.steps(this.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    this.simulator.completeRotation(this.arn);
  }
}

import type { ConnectionOptions } from 'node:tls';
import { Client } from 'pg';
import type { Credentials } from './credentials';
import type { Engine, Session } from './engine';
import { connectionError, refusal, withoutPassword, withoutTls, type DriverError } from './failures';
import { md5Verifier, scramVerifier } from './scram';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, RotationError } from '../../rotation/errors';

const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 8_000;

/** https://www.postgresql.org/docs/current/limits.html: identifiers have 63 bytes. */
const MAX_NAME_BYTES = 63;

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const WRONG_PASSWORD = '28P01';
const REMEDIES: Record<string, string> = {
  '22023': 'The server does not allow this password, for instance by passwordcheck. Give the target a passwordPolicy that its rules allow',
  '25006': 'The server is read only. Put the host of the writer into the secret',
  '28000': 'The server does not let this user log in from here with a password: by pg_hba.conf, by NOLOGIN, or because the user has rds_iam. Correct that',
  '3D000': 'The database of the key "dbname" does not exist. Correct the key',
  '42501': 'The user may not do this. Changing its own password needs rds_password where rds.restrict_password_commands is on; a superuser secret needs a user with CREATEROLE '
    + 'and, for users that it did not make, ADMIN OPTION on both of them',
  '53300': 'The server has no connection left. Secrets Manager tries the rotation again',
  '55P03': 'A lock is held by somebody else. Secrets Manager tries the rotation again',
  '57014': 'The statement took too long. Secrets Manager tries the rotation again',
  '57P03': 'The server is starting or stopping. Secrets Manager tries the rotation again',
};

type Row = Record<string, unknown>;

/** As much of a connection as the statements here need. */
export interface PostgresConnection {
  query(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export type ConnectPostgres = (credentials: Credentials, tls: ConnectionOptions | undefined, deadline: Deadline) => Promise<PostgresConnection>;

/** PostgreSQL 12 and later, on RDS, Aurora and elsewhere. */
export class Postgres implements Engine {
  public readonly engines = ['postgres', 'postgresql', 'aurora-postgresql'];
  public readonly defaultPort = 5432;

  constructor(private readonly tls: ConnectionOptions | undefined, private readonly connect: ConnectPostgres = connectPostgres) {}

  public userNameLimit(name: string): string | undefined {
    return Buffer.byteLength(name) > MAX_NAME_BYTES ? `${MAX_NAME_BYTES} bytes, the limit of PostgreSQL` : undefined;
  }

  public async logIn(credentials: Credentials, deadline: Deadline): Promise<Session> {
    return new PostgresSession(await this.connect(credentials, this.tls, deadline), credentials.username);
  }
}

class PostgresSession implements Session {
  constructor(private readonly connection: PostgresConnection, private readonly username: string) {}

  public async user(): Promise<string> {
    const [{ user }] = await this.connection.query('SELECT session_user::text AS "user"');
    return user as string;
  }

  public async changeOwnPassword(password: string): Promise<void> {
    await this.transaction(async () => {
      // A role that it takes by default would be asked to have the right instead.
      await this.run('SET LOCAL role TO none');
      await this.changePassword(this.username, password);
    });
  }

  /** One transaction: what `pg_roles` shows is either all of it or nothing. */
  public async shareWith(user: string, password: string, original: string): Promise<void> {
    await this.transaction(async () => {
      await this.run('SET LOCAL role TO none');
      await this.connection.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`cdk-rotating-secret ${[user, original].sort().join(' ')}`]);
      if (!await this.exists(user)) { await this.run(`CREATE ROLE ${identifier(user)} LOGIN`); }
      if (!await this.isMember(original, user)) { await this.actAs(user, original); }
      await this.changePassword(user, password);
    });
  }

  public close(): Promise<void> {
    return this.connection.close();
  }

  /**
   * Whoever logs in as `user` is `original` from then on: has its rights, those that it is given later too, and what one of them makes
   * belongs to both.
   */
  private async actAs(user: string, original: string): Promise<void> {
    const version = Number((await this.connection.query('SHOW server_version_num'))[0].server_version_num);
    const [{ limit, until }] = await this.connection.query(
      'SELECT rolconnlimit AS "limit", coalesce(rolvaliduntil, \'infinity\')::text AS "until" FROM pg_roles WHERE rolname = $1', [original]);
    await this.run(`ALTER ROLE ${identifier(user)} CONNECTION LIMIT ${Number(limit)} VALID UNTIL ${literal(String(until))}`);
    if (!await this.isMember(user, original)) {
      await this.run(`GRANT ${identifier(original)} TO ${identifier(user)}${version >= 160_000 ? ' WITH INHERIT TRUE, SET TRUE' : ''}`);
    }
    const wanted = await this.settings(original);
    wanted.set(key({ database: null, name: 'role' }), { database: null, name: 'role', value: original });
    const present = await this.settings(user);
    for (const [id, setting] of present) {
      if (!wanted.has(id)) { await this.run(`${alterSettings(user, setting)} RESET ${identifier(setting.name)}`); }
    }
    for (const [id, setting] of wanted) {
      if (present.get(id)?.value !== setting.value) {
        await this.run(`${alterSettings(user, setting)} SET ${identifier(setting.name)} TO ${settingValue(setting)}`);
      }
    }
  }

  private async settings(user: string): Promise<Map<string, Setting>> {
    const rows = await this.connection.query(
      'SELECT d.datname AS "database", split_part(c, \'=\', 1) AS "name", substr(c, strpos(c, \'=\') + 1) AS "value" FROM pg_db_role_setting s '
      + 'JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase CROSS JOIN unnest(s.setconfig) c WHERE r.rolname = $1', [user]);
    return new Map((rows as unknown as Setting[]).map((setting) => [key(setting), setting]));
  }

  private async exists(user: string): Promise<boolean> {
    return (await this.connection.query('SELECT FROM pg_roles WHERE rolname = $1', [user])).length > 0;
  }

  private async isMember(member: string, role: string): Promise<boolean> {
    const rows = await this.connection.query(
      'SELECT FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member JOIN pg_roles r ON r.oid = m.roleid WHERE u.rolname = $1 AND r.rolname = $2', [member, role]);
    return rows.length > 0;
  }

  private async changePassword(user: string, password: string): Promise<void> {
    const [{ encryption, iterations }] = await this.connection.query(
      'SELECT current_setting(\'password_encryption\') AS "encryption", current_setting(\'scram_iterations\', true) AS "iterations"');
    const verifier = encryption === 'md5' ? md5Verifier(password, user) : scramVerifier(password, iterations ? Number(iterations) : undefined);
    await this.run(`ALTER ROLE ${identifier(user)} PASSWORD ${literal(verifier)}`);
  }

  private async transaction(work: () => Promise<void>): Promise<void> {
    await this.run('BEGIN READ WRITE');
    await work();
    await this.run('COMMIT');
  }

  private async run(sql: string): Promise<void> {
    await this.connection.query(sql);
  }
}

interface Setting {
  readonly database: string | null;
  readonly name: string;
  readonly value: string;
}

function key({ database, name }: Pick<Setting, 'database' | 'name'>): string {
  return JSON.stringify([database, name]);
}

function alterSettings(user: string, { database }: Setting): string {
  return `ALTER ROLE ${identifier(user)}${database === null ? '' : ` IN DATABASE ${identifier(database)}`}`;
}

/** Settings that are lists of names, which the server keeps as SQL: those that `pg_dump` treats as such. */
const LISTS = new Set(['local_preload_libraries', 'search_path', 'session_preload_libraries', 'shared_preload_libraries', 'temp_tablespaces', 'unix_socket_directories']);

function settingValue({ name, value }: Setting): string {
  if (!LISTS.has(name.toLowerCase())) { return literal(value); }
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g)].map(([whole, quoted]) => quoted === undefined ? whole : quoted.replaceAll('""', '"'));
  return names.length === 0 ? literal('') : names.map(literal).join(', ');
}

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A literal that means the same whatever `standard_conforming_strings` is. */
function literal(text: string): string {
  const quoted = `'${text.replaceAll('\'', '\'\'').replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? ` E${quoted}` : quoted;
}

export async function connectPostgres(credentials: Credentials, tls: ConnectionOptions | undefined, deadline: Deadline): Promise<PostgresConnection> {
  let asked = false;
  const client = new Client({
    host: credentials.host,
    port: credentials.port,
    user: credentials.username,
    password: () => {
      asked = true;
      return credentials.password;
    },
    database: credentials.dbname ?? 'postgres',
    ssl: tls ?? false,
    application_name: 'cdk-rotating-secret',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    query_timeout: STATEMENT_TIMEOUT + 1_000,
  });
  // Without it, a connection that breaks while it is idle would end the process.
  client.on('error', () => {});
  const destroy = () => { (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy(); };
  deadline.signal.addEventListener('abort', destroy);
  const close = async () => {
    const timer = setTimeout(destroy, 1_000);
    await client.end().catch(() => {});
    clearTimeout(timer);
    deadline.signal.removeEventListener('abort', destroy);
  };
  try {
    await client.connect();
    if (!asked) { throw withoutPassword(); }
  } catch (error) {
    await close();
    throw toRotationError(error);
  }
  return {
    query: async (sql, parameters) => {
      try {
        return (await client.query<Row>(sql, parameters && [...parameters])).rows;
      } catch (error) {
        throw toRotationError(error);
      }
    },
    close,
  };
}

function toRotationError(error: unknown): RotationError {
  if (error instanceof RotationError) { return error; }
  const { code = '', message = '' } = error as DriverError;
  if (code === WRONG_PASSWORD) { return new AuthenticationError('PostgreSQL does not accept this user with this password. Put the password that works into the secret'); }
  if (message === 'The server does not support SSL connections') { return withoutTls(); }
  return connectionError(error as DriverError) ?? refusal('PostgreSQL', code, REMEDIES[code]);
}

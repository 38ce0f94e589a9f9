import type { EventEmitter } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import { Client } from 'pg';
import type { Credentials } from './credentials';
import type { Engine, Partner, Session, ShareRequest } from './engine';
import { connectionError, refusal, withoutPassword, withoutTls, type DriverError } from './failures';
import { isChangedBySaslPrep, md5Verifier, scramVerifier } from './scram';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, RotationError, SecretValueError, TargetRefusedError } from '../../rotation/errors';

const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 8_000;
const LOCK_TIMEOUT = 5_000;
/** Time of the step that a lock by other copies of this function leaves for what comes after it. */
const TIME_AFTER_LOCK = 10_000;

/** Verifiers with more iterations than a login proved are the server's to choose, up to what takes about a second. */
const MAX_ITERATIONS = 1_000_000;

/** https://www.postgresql.org/docs/current/limits.html: identifiers have 63 bytes. */
const MAX_NAME_BYTES = 63;

/**
 * A session in which statements mean what they say: whatever the user, the database or the server has set, and whatever functions somebody
 * has put where names are looked up.
 */
const SESSION = [
  'SET search_path TO pg_catalog, pg_temp', 'SET standard_conforming_strings TO on', 'SET datestyle TO ISO', 'SET role TO none',
  'SET default_transaction_read_only TO off', `SET statement_timeout TO ${STATEMENT_TIMEOUT}`, `SET lock_timeout TO ${LOCK_TIMEOUT}`,
].join('; ');

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const WRONG_PASSWORD = '28P01';
const NOT_PERMITTED = '42501';
const LOCK_NOT_AVAILABLE = '55P03';
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
  /** See `Session`. */
  readonly scramIterations?: number;
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
    const connection = await this.connect(credentials, this.tls, deadline);
    try {
      await connection.query(SESSION);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return new PostgresSession(connection, credentials.username, deadline);
  }
}

class PostgresSession implements Session {
  constructor(private readonly connection: PostgresConnection, private readonly username: string, private readonly deadline: Deadline) {}

  public get scramIterations(): number | undefined { return this.connection.scramIterations; }

  public async user(): Promise<string> {
    const [{ user }] = await this.connection.query('SELECT session_user::text AS "user"');
    return user as string;
  }

  /** PostgreSQL has one password for a user, and locks nobody after failed logins. */
  public async checkOwnPasswordChange(): Promise<void> {}

  public async changeOwnPassword(password: string): Promise<void> {
    await this.changePassword(this.username, password, this.scramIterations);
  }

  /** Begins the transaction that `shareWith` ends: what is to be seen from outside is either all of it or nothing. */
  public async claim({ user, original }: ShareRequest): Promise<Partner> {
    await this.run('BEGIN');
    await this.lock([user, original]);
    const exists = await this.exists(user);
    return { exists, isMarked: exists && (await this.actsAs(user, original) || await this.actsAs(original, user)), isOneAccount: true };
  }

  public async shareWith({ user, password, original, isFirst, scramIterations }: ShareRequest): Promise<void> {
    const isNew = !await this.exists(user);
    if (isNew) { await this.run(`CREATE ROLE ${identifier(user)} LOGIN`); }
    // On the way back `original` was made to act as `user` before.
    if (await this.inherits(original, user) || (isFirst && !isNew)) {
      await this.mustOwnNothing(original);
    } else {
      await this.mustOwnNothing(user);
      await this.actAs(user, original);
    }
    await this.changePassword(user, password, scramIterations);
    await this.run('COMMIT');
  }

  public close(): Promise<void> {
    return this.connection.close();
  }

  /** Lets two copies of this function take turns, as long as the step has time for it. */
  private async lock(users: readonly string[]): Promise<void> {
    const time = Math.max(LOCK_TIMEOUT, this.deadline.remainingTimeInMillis() - TIME_AFTER_LOCK);
    for (const end = Date.now() + time; ;) {
      const { locked } = await this.one('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS "locked"', [`cdk-rotating-secret ${[...users].sort().join(' ')}`]);
      if (locked === true) { return; }
      this.deadline.signal.throwIfAborted();
      if (Date.now() > end) { throw refusal('PostgreSQL', LOCK_NOT_AVAILABLE, REMEDIES[LOCK_NOT_AVAILABLE]); }
      await this.connection.query('SELECT pg_sleep(0.05)');
    }
  }

  /**
   * Whether an earlier rotation made `user` act as `original`. Membership alone shows nothing, for anybody may have given it; the setting
   * is one that `actAs` makes.
   */
  private async actsAs(user: string, original: string): Promise<boolean> {
    return await this.inherits(user, original) && (await this.settings(user)).get(key({ database: null, name: 'role' }))?.value === original;
  }

  /**
   * Whoever logs in as `user` is `original` from then on: has its rights, those that it is given later too, and what one of them makes
   * belongs to both. A pool that resets its connections (RESET ROLE, DISCARD ALL) doesn't change that.
   */
  private async actAs(user: string, original: string): Promise<void> {
    const [terms, present] = [await this.terms(original), await this.terms(user)];
    if (terms.limits !== present.limits || !present.logsIn) { await this.run(`ALTER ROLE ${identifier(user)} LOGIN INHERIT ${terms.limits}`); }
    for (const [attribute, wanted] of terms.attributes) {
      if (present.attributes.get(attribute) !== wanted) { await this.changeAttribute(user, attribute, wanted); }
    }
    if (!await this.inherits(user, original)) {
      const { version } = await this.one('SELECT current_setting(\'server_version_num\')::int AS "version"');
      await this.run(`GRANT ${identifier(original)} TO ${identifier(user)}${Number(version) >= 160_000 ? ' WITH INHERIT TRUE, SET TRUE' : ''}`);
    }
    const [wanted, had] = [await this.settings(original), await this.settings(user)];
    const role = { database: null, name: 'role', value: original };
    if (!wanted.has(key(role))) { wanted.set(key(role), role); }
    for (const [id, setting] of had) {
      if (!wanted.has(id)) { await this.changeSetting(user, setting, 'RESET'); }
    }
    for (const [id, setting] of wanted) {
      if (had.get(id)?.value !== setting.value) { await this.changeSetting(user, setting, 'SET'); }
    }
  }

  /** On which terms a user may connect: what the server looks at before a session acts as another role. */
  private async terms(user: string): Promise<Terms> {
    const row = await this.one('SELECT rolconnlimit AS "limit", coalesce(rolvaliduntil, \'infinity\')::text AS "until", rolcanlogin AS "logsIn", rolinherit AS "inherits", '
      + 'rolsuper AS "SUPERUSER", rolreplication AS "REPLICATION" FROM pg_roles WHERE rolname = $1', [user]);
    return {
      limits: `CONNECTION LIMIT ${Number(row.limit)} VALID UNTIL ${literal(String(row.until))}`,
      logsIn: row.logsIn === true && row.inherits === true,
      attributes: new Map(CHECKED_ATTRIBUTES.map((attribute) => [attribute, row[attribute] === true])),
    };
  }

  private async changeAttribute(user: string, attribute: string, wanted: boolean): Promise<void> {
    const clause = `${wanted ? '' : 'NO'}${attribute}`;
    try {
      await this.run(`ALTER ROLE ${identifier(user)} ${clause}`);
    } catch (error) {
      if (!(error instanceof TargetRefusedError) || error.code !== NOT_PERMITTED) { throw error; }
      throw new TargetRefusedError(`The first of the two users ${wanted ? 'has' : 'does not have'} the attribute ${attribute}, which the server looks at when the other one logs in, and the user `
        + `of the superuser secret may not pass that on. Run ALTER ROLE with ${clause} for the user whose name ends with _clone, as somebody who may, or change the first user`, error.code);
    }
  }

  private async settings(user: string): Promise<Map<string, Setting>> {
    const rows = await this.connection.query(
      'SELECT d.datname AS "database", split_part(c, \'=\', 1) AS "name", substr(c, strpos(c, \'=\') + 1) AS "value" FROM pg_db_role_setting s '
      + 'JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase CROSS JOIN unnest(s.setconfig) c WHERE r.rolname = $1', [user]);
    return new Map((rows as unknown as Setting[]).map((setting) => [key(setting), setting]));
  }

  private async changeSetting(user: string, setting: Setting, how: 'SET' | 'RESET'): Promise<void> {
    const { database, name } = setting;
    try {
      await this.run(`ALTER ROLE ${identifier(user)}${database === null ? '' : ` IN DATABASE ${identifier(database)}`} ${how} ${identifier(name)}`
        + (how === 'SET' ? ` TO ${settingValue(setting)}` : ''));
    } catch (error) {
      if (!(error instanceof TargetRefusedError) || error.code !== NOT_PERMITTED) { throw error; }
      throw new TargetRefusedError(`The user of the superuser secret may not ${how} ${/^[\w.]{1,63}$/.test(name) ? name : 'a parameter with an odd name'} for the user that alternates. `
        + 'Set it alike for both users as somebody who may, or GRANT SET ON PARAMETER to the user of the superuser secret', error.code);
    }
  }

  private async exists(user: string): Promise<boolean> {
    return (await this.connection.query('SELECT FROM pg_roles WHERE rolname = $1', [user])).length > 0;
  }

  /** Whether `member` has the rights of `role`. From 16 on, who makes a role is a member that hasn't. */
  private async inherits(member: string, role: string): Promise<boolean> {
    const rows = await this.connection.query(
      'SELECT FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member JOIN pg_roles r ON r.oid = m.roleid WHERE u.rolname = $1 AND r.rolname = $2 '
      + 'AND coalesce((to_jsonb(m)->>\'inherit_option\')::boolean, true) AND coalesce((to_jsonb(m)->>\'set_option\')::boolean, true)', [member, role]);
    return rows.length > 0;
  }

  /** What belongs to the one that acts as the other, from before it did, is closed to both from then on. */
  private async mustOwnNothing(user: string): Promise<void> {
    const rows = await this.connection.query(
      'SELECT FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid WHERE d.refclassid = \'pg_authid\'::regclass AND r.rolname = $1 AND d.deptype = \'o\' '
      + 'AND d.classid NOT IN (\'pg_default_acl\'::regclass, \'pg_user_mapping\'::regclass) LIMIT 1', [user]);
    if (rows.length > 0) {
      throw new TargetRefusedError('The user that is to act as the other one owns objects of its own, which the other one could not use. Run REASSIGN OWNED BY this user TO the '
        + 'other one in every database that has such objects, and rotate again. The user that owns nothing of its own is the one whose name ends with _clone');
    }
  }

  /**
   * Writes what the server is set to store, and nothing weaker than what a login just used: a setting of the role or the database may say
   * something that pg_hba.conf refuses.
   */
  private async changePassword(user: string, password: string, scramIterations?: number): Promise<void> {
    const { encryption, iterations } = await this.one(
      'SELECT current_setting(\'password_encryption\') AS "encryption", current_setting(\'scram_iterations\', true) AS "iterations"');
    if (encryption === 'md5' && scramIterations === undefined) {
      await this.run(`ALTER ROLE ${identifier(user)} PASSWORD ${literal(md5Verifier(password, user))}`);
      return;
    }
    if (isChangedBySaslPrep(password)) {
      throw new SecretValueError('The key "password" in the value of the secret holds a character that the clients of PostgreSQL do not send alike (SASLprep). Use another one');
    }
    const wanted = max(scramIterations, iterations ? Number(iterations) : undefined);
    await this.run(`ALTER ROLE ${identifier(user)} PASSWORD ${literal(scramVerifier(password, wanted === undefined ? undefined : Math.min(wanted, MAX_ITERATIONS)))}`);
  }

  private async one(sql: string, parameters?: readonly unknown[]): Promise<Row> {
    return (await this.connection.query(sql, parameters))[0];
  }

  private async run(sql: string): Promise<void> {
    await this.connection.query(sql);
  }
}

/** Attributes that the server looks at when a user logs in, before it acts as another role. All others it looks at later. */
const CHECKED_ATTRIBUTES = ['SUPERUSER', 'REPLICATION'] as const;

interface Terms {
  readonly limits: string;
  readonly logsIn: boolean;
  readonly attributes: ReadonlyMap<string, boolean>;
}

interface Setting {
  readonly database: string | null;
  readonly name: string;
  readonly value: string;
}

function key({ database, name }: Pick<Setting, 'database' | 'name'>): string {
  return JSON.stringify([database, name]);
}

function max(...numbers: (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Settings that are lists, which the server keeps as SQL: those that `pg_dump` treats as such. In the first ones, unquoted names are lower case. */
const LISTS_OF_NAMES = new Set(['search_path', 'temp_tablespaces']);
const LISTS_OF_FILES = new Set(['local_preload_libraries', 'session_preload_libraries', 'shared_preload_libraries', 'unix_socket_directories']);

function settingValue({ name, value }: Setting): string {
  const isListOfNames = LISTS_OF_NAMES.has(name.toLowerCase());
  if (!isListOfNames && !LISTS_OF_FILES.has(name.toLowerCase())) { return literal(value); }
  const items = [...value.matchAll(/"((?:[^"]|"")*)"|[^ \t\n\r\v\f,]+/g)].map(([item, quoted]) => {
    if (quoted !== undefined) { return quoted.replaceAll('""', '"'); }
    return isListOfNames ? item.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) : item;
  });
  return items.length === 0 ? literal('') : items.map(literal).join(', ');
}

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** With `standard_conforming_strings`, nothing else is special: https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS */
function literal(text: string): string {
  return `'${text.replaceAll('\'', '\'\'')}'`;
}

export async function connectPostgres(credentials: Credentials, tls: ConnectionOptions | undefined, deadline: Deadline): Promise<PostgresConnection> {
  let asked = false;
  let scramIterations: number | undefined;
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
    query_timeout: STATEMENT_TIMEOUT + 1_000,
  });
  // Without it, a connection that breaks while it is idle would end the process.
  client.on('error', () => {});
  const { connection } = client as unknown as { connection: EventEmitter & { stream: { destroy(): void } } };
  // https://www.rfc-editor.org/rfc/rfc5802#section-5.1: the server says how many iterations the verifier has that it stores.
  connection.on('authenticationSASLContinue', ({ data }: { data: string }) => { scramIterations = Number(/(?:^|,)i=(\d+)/.exec(data)?.[1] ?? 1); });
  const destroy = () => { connection.stream.destroy(); };
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
    scramIterations,
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

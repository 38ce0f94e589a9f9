import type { Credentials } from '../credentials';
import type { ChangePasswordRequest, CreateUserRequest, Engine, Partner, Session, ShareRequest } from '../engine';
import { NEW_POLICY, notLost, notOrdinary, numbered } from '../failures';
import {
  connectTo, identifier, inTransaction, literal, MAX_ITERATIONS, md5Verifier, NOT_PERMITTED, settingValue,
  type ConnectPostgres, type PostgresConnection, type PostgresSystem, type Row, type Setting as SettingOfUser,
} from '../postgres-protocol';
import { DEFAULT_ITERATIONS, scramVerifier } from './scram';
import { DATABASE_ENGINE_NAMES } from '../../../../src/targets/database/contract';
import { completeStatement } from '../../../../src/targets/database/creation/contract';
import type { Deadline } from '../../../rotation/deadline';
import { SecretValueError, TargetRefusedError } from '../../../rotation/errors';
import { isChangedBySaslPrep } from '../saslprep';
import type { DatabaseTls } from '../tls';

/** In milliseconds, as the next two. */
const STATEMENT_TIMEOUT = 8_000;
const LOCK_TIMEOUT = 5_000;
/** For a transaction that waits for the login of another user. */
const IDLE_TIMEOUT = 30_000;

/** https://www.postgresql.org/docs/current/limits.html: identifiers have 63 bytes. */
const MAX_NAME_BYTES = 63;

/** Makes statements independent of the settings of the user, the database and the server, and of functions in the search path. */
const SESSION = [
  'SET search_path TO pg_catalog, pg_temp', 'SET standard_conforming_strings TO on', 'SET datestyle TO ISO', 'SET role TO none',
  'SET default_transaction_read_only TO off', `SET statement_timeout TO ${STATEMENT_TIMEOUT}`, `SET lock_timeout TO ${LOCK_TIMEOUT}`,
  // Not every version has all of these settings.
  `SELECT set_config(name, '${IDLE_TIMEOUT}', false) FROM pg_settings WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')`,
].join('; ');

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const WRONG_PASSWORD = '28P01';
const LOCK_NOT_AVAILABLE = '55P03';
const REMEDIES: Record<string, string> = {
  '22023': 'The server does not allow this password, for instance by passwordcheck. ' + NEW_POLICY,
  '25006': 'The server is read only. Put the host of the writer into the secret',
  '25001': 'The statement can not run in a transaction. Run it before the rotation, by other means',
  '28000': 'The server does not let this user log in from here with a password: by pg_hba.conf, by NOLOGIN, or because the user has rds_iam. Correct that',
  '3D000': 'The database of the key "dbname" does not exist. Correct the key',
  '3F000': 'A schema does not exist in the database of the key "dbname". Create it',
  '42501': 'The user may not do this. Changing its own password needs rds_password where rds.restrict_password_commands is on; a superuser secret needs a user with CREATEROLE '
    + 'and, for users that it did not make, ADMIN OPTION on both of them',
  '42601': 'The statement has a syntax error. Correct it',
  '42704': 'A role or another object does not exist. Create it',
  '42P01': 'A table does not exist in the database of the key "dbname". Create it, or put the schema before its name: the search path has no schema of yours',
  '53300': 'No connection is left: of the server, of the database or of the user (CONNECTION LIMIT). Raise the limit that is reached, so that the function can log in beside the others; '
    + 'Secrets Manager retries the rotation',
  '55P03': 'Another session holds a lock. Secrets Manager retries the rotation',
  '57014': 'The statement took too long. Secrets Manager retries the rotation',
  '57P03': 'The server is starting or stopping. Secrets Manager retries the rotation',
};

const MAY_NOT_CONNECT = 'The user may not connect to the database of the key "dbname", or to the database postgres where there is no such key. Put a database that it may '
  + 'connect to into the key "dbname", or GRANT CONNECT on it';

/** PostgreSQL 12 and later, on RDS, Aurora and elsewhere. */
export class Postgres implements Engine {
  public readonly engines = DATABASE_ENGINE_NAMES.postgres;
  public readonly defaultPort = 5432;

  constructor(private readonly tls: DatabaseTls | undefined, private readonly connect: ConnectPostgres = connectPostgres) {}

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
  public readonly scramIterations?: number;

  constructor(private readonly connection: PostgresConnection, private readonly username: string, private readonly deadline: Deadline) {
    this.scramIterations = connection.scramIterations;
  }

  public async user(): Promise<string> {
    const [{ user }] = await this.connection.query('SELECT session_user::text AS "user"');
    return user as string;
  }

  /** A role has one password for all hosts, and PostgreSQL locks no role after wrong logins. */
  public async checkOwnPasswordChange(): Promise<void> {}

  public async changeOwnPassword(password: string): Promise<void> {
    await this.changePassword(this.username, password, this.scramIterations);
  }

  public async createUser({ user, password, statements, checkInProgress }: CreateUserRequest): Promise<'completed' | 'unknown'> {
    let exists = false;
    await this.beginAlone(`cdk-rotating-secret ${user}`);
    await inTransaction(this.connection, async () => {
      exists = await this.exists(user);
      if (exists) { return; }
      await checkInProgress();
      await this.run(`CREATE ROLE ${identifier(user)} LOGIN`);
      for (const [i, statement] of statements.entries()) { await numbered(i, () => this.run(completeStatement(statement, identifier(user)))); }
      await this.changePassword(user, password, undefined);
    });
    return exists ? 'unknown' : 'completed';
  }

  public async checkIsResettable(user: string): Promise<boolean> {
    const [row] = await this.connection.query(
      'SELECT u.rolsuper OR u.rolcreaterole OR u.rolreplication OR u.rolbypassrls OR pg_has_role(u.oid, session_user, \'MEMBER\') OR EXISTS (SELECT FROM pg_roles r WHERE '
      + '(r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls OR r.rolname IN (\'rds_superuser\', \'rds_password\', \'pg_execute_server_program\', \'pg_write_server_files\')) AND pg_has_role(u.oid, r.oid, \'MEMBER\')) AS "manages", '
      + 'NOT u.rolcanlogin OR coalesce(u.rolvaliduntil <= now(), false) AS "refused" FROM pg_roles u WHERE u.rolname = $1', [user]);
    if (row?.manages === true) { throw notOrdinary(); }
    if (row?.refused === true) { throw notLost(); }
    return row !== undefined;
  }

  public async changePasswordOf({ user, password, scramIterations }: ChangePasswordRequest): Promise<void> {
    await this.changePassword(user, password, scramIterations);
  }

  /** Begins the transaction that `shareWith` commits. Other sessions see all of it or nothing. */
  public async claim({ user, original }: ShareRequest): Promise<Partner> {
    await this.beginAlone(`cdk-rotating-secret ${[user, original].sort().join(' ')}`);
    const exists = await this.exists(user);
    return {
      exists,
      isMarked: await this.isMarked(user, original) || await this.isMarked(original, user),
      isRelated: await this.inherits(user, original) || await this.inherits(original, user),
      isToldByLogin: !exists || await this.mayLogIn(user),
    };
  }

  public async shareWith({ user, password, original, scramIterations }: ShareRequest): Promise<void> {
    await inTransaction(this.connection, async () => {
      const exists = await this.exists(user);
      if (!exists) { await this.run(`CREATE ROLE ${identifier(user)} LOGIN`); }
      // Otherwise the roles are swapped: an earlier rotation made `original` act as `user`.
      if (await this.inherits(original, user)) {
        await this.mustOwnNothing(original);
      } else {
        await this.mustOwnNothing(user);
        await this.actAs(user, original, exists);
      }
      await this.changePassword(user, password, scramIterations);
    });
  }

  public close(): Promise<void> {
    return this.connection.close();
  }

  /** Begins a transaction under an advisory lock, and waits for the lock as long as the step has time. */
  private async beginAlone(name: string): Promise<void> {
    for (;;) {
      await this.run('BEGIN');
      try {
        await this.connection.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
        return;
      } catch (error) {
        const isTaken = error instanceof TargetRefusedError && error.code === LOCK_NOT_AVAILABLE;
        if (!isTaken || this.deadline.remainingTimeInMillis() === 0) { throw error; }
        await this.run('ROLLBACK');
      }
    }
  }

  /**
   * Whether `actAs` made one user act as the other. Membership alone proves nothing, because before PostgreSQL 15 a role may grant itself to any
   * other.
   */
  private async isMarked(member: string, role: string): Promise<boolean> {
    return (await this.settings(member)).get(key(ROLE))?.value === role && await this.inherits(member, role);
  }

  private async mayLogIn(user: string): Promise<boolean> {
    return (await this.connection.query('SELECT FROM pg_roles WHERE rolname = $1 AND rolcanlogin', [user])).length > 0;
  }

  /**
   * Makes each login as `user` act as `original`: it has the rights of `original`, also later ones, and both own what one of them creates. RESET
   * ROLE and DISCARD ALL, with which pools reset connections, keep that.
   */
  private async actAs(user: string, original: string, exists: boolean): Promise<void> {
    await this.shareTerms(user, original, exists);
    if (!await this.inherits(user, original)) {
      const { version } = await this.one('SELECT current_setting(\'server_version_num\')::int AS "version"');
      await this.run(`GRANT ${identifier(original)} TO ${identifier(user)}${Number(version) >= 160_000 ? ' WITH INHERIT TRUE, SET TRUE' : ''}`);
    }
    const [wanted, present] = [await this.settings(original), await this.settings(user)];
    if (!wanted.has(key(ROLE))) { wanted.set(key(ROLE), { ...ROLE, value: original }); }
    for (const [id, setting] of present) {
      if (!wanted.has(id)) { await this.changeSetting(user, setting, 'RESET'); }
    }
    for (const [id, setting] of wanted) {
      if (present.get(id)?.value !== setting.value) { await this.changeSetting(user, setting, 'SET'); }
    }
  }

  /** The attributes that the server checks before a session acts as `original`. Equal attributes aren't named, because PostgreSQL 15 refuses that. */
  private async shareTerms(user: string, original: string, exists: boolean): Promise<void> {
    const [wanted, present] = [await this.terms(original), await this.terms(user)];
    for (const attribute of ['SUPERUSER', 'REPLICATION'] as const) {
      if (wanted[attribute] !== present[attribute]) { await this.changeAttribute(user, attribute, wanted[attribute] === true, exists); }
    }
    if (wanted.limits !== present.limits || !present.inherits || !present.login) {
      await this.run(`ALTER ROLE ${identifier(user)} LOGIN INHERIT ${String(wanted.limits)}`);
    }
  }

  private async terms(user: string): Promise<Row> {
    const { limit, until, ...terms } = await this.one(
      'SELECT rolconnlimit AS "limit", coalesce(rolvaliduntil, \'infinity\')::text AS "until", rolcanlogin AS "login", rolinherit AS "inherits", '
      + 'rolsuper AS "SUPERUSER", rolreplication AS "REPLICATION" FROM pg_roles WHERE rolname = $1', [user]);
    return { ...terms, limits: `CONNECTION LIMIT ${Number(limit)} VALID UNTIL ${literal(String(until))}` };
  }

  private async changeAttribute(user: string, attribute: 'SUPERUSER' | 'REPLICATION', wanted: boolean, exists: boolean): Promise<void> {
    const keyword = `${wanted ? '' : 'NO'}${attribute}`;
    try {
      await this.run(`ALTER ROLE ${identifier(user)} ${keyword}`);
    } catch (error) {
      if (!(error instanceof TargetRefusedError) || error.code !== NOT_PERMITTED) { throw error; }
      const byHand = exists ? `run ALTER ROLE ${keyword} for the second one, whose name ends with _clone` : 'make the second one yourself, as docs/second-user.md shows';
      throw new TargetRefusedError(`Of the two users that alternate, only the ${wanted ? 'first' : 'second'} one has ${attribute}, and the user of the superuser secret may not change `
        + `that, so nothing was changed. ${attribute === 'REPLICATION' ? `Since PostgreSQL 16: ${byHand}, or use the superuser secret of a user with REPLICATION. Before: u` : 'U'}se the `
        + 'superuser secret of a user with SUPERUSER', error.code);
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
        + 'Set it to the same value for both users as a user that may, or GRANT SET ON PARAMETER to the user of the superuser secret', error.code);
    }
  }

  private async exists(user: string): Promise<boolean> {
    return (await this.connection.query('SELECT FROM pg_roles WHERE rolname = $1', [user])).length > 0;
  }

  /** Whether `member` has the rights of `role`. Since PostgreSQL 16, a role's creator is a member without its rights. */
  private async inherits(member: string, role: string): Promise<boolean> {
    const rows = await this.connection.query(
      'SELECT FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member JOIN pg_roles r ON r.oid = m.roleid WHERE u.rolname = $1 AND r.rolname = $2 '
      + 'AND coalesce((to_jsonb(m)->>\'inherit_option\')::boolean, true) AND coalesce((to_jsonb(m)->>\'set_option\')::boolean, true)', [member, role]);
    return rows.length > 0;
  }

  /** Throws if the user owns objects. From then on, neither user could use them. */
  private async mustOwnNothing(user: string): Promise<void> {
    const rows = await this.connection.query(
      'SELECT FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid WHERE d.refclassid = \'pg_authid\'::regclass AND r.rolname = $1 AND d.deptype = \'o\' '
      + 'AND d.classid NOT IN (\'pg_default_acl\'::regclass, \'pg_user_mapping\'::regclass) LIMIT 1', [user]);
    if (rows.length > 0) {
      throw new TargetRefusedError('The user that is to act as the other one owns objects of its own, which the other one could not use. Run REASSIGN OWNED BY this user TO the '
        + 'other one in every database that has such objects, and rotate again. The user that owns nothing of its own is the one whose name ends with _clone. '
        + 'The statements are in https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/moving.md#from-awss-rotation-of-two-postgresql-users');
    }
  }

  /** After a SCRAM login, the new verifier is never weaker than the old one, because `pg_hba.conf` may refuse a weaker one. */
  private async changePassword(user: string, password: string, loginIterations: number | undefined): Promise<void> {
    const { encryption, iterations } = await this.one(
      'SELECT current_setting(\'password_encryption\') AS "encryption", current_setting(\'scram_iterations\', true) AS "iterations"');
    const isScram = loginIterations !== undefined || encryption !== 'md5';
    if (isScram && isChangedBySaslPrep(password)) {
      throw new SecretValueError('The key "password" in the value of the secret holds a character that the clients of PostgreSQL encode differently (SASLprep). Use another one');
    }
    const wanted = Math.max(Number(iterations ?? DEFAULT_ITERATIONS), loginIterations ?? 0);
    if (isScram && wanted > MAX_ITERATIONS) {
      throw new TargetRefusedError(`The setting scram_iterations is higher than ${MAX_ITERATIONS}, and a login would take too long, so nothing was changed. Lower the setting`);
    }
    const verifier = isScram ? await scramVerifier(password, wanted) : md5Verifier(password, user);
    await this.run(`ALTER ROLE ${identifier(user)} PASSWORD ${literal(verifier)}`);
  }

  private async one(sql: string, parameters?: readonly unknown[]): Promise<Row> {
    return (await this.connection.query(sql, parameters))[0];
  }

  private async run(sql: string): Promise<void> {
    await this.connection.query(sql);
  }
}

/** The setting that makes one user act as the other, in all databases. */
const ROLE = { database: null, name: 'role' };

interface Setting extends SettingOfUser {
  readonly database: string | null;
}

function key({ database, name }: Pick<Setting, 'database' | 'name'>): string {
  return JSON.stringify([database, name]);
}

const POSTGRES: PostgresSystem = {
  name: 'PostgreSQL',
  defaultDatabase: 'postgres',
  statementTimeout: STATEMENT_TIMEOUT,
  remedies: REMEDIES,
  mayNotConnect: MAY_NOT_CONNECT,
  isWrongPassword: ({ code }) => code === WRONG_PASSWORD,
};

export const connectPostgres: ConnectPostgres = (...login) => connectTo(POSTGRES, ...login);

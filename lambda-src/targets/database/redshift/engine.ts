import { createHash, randomBytes } from 'node:crypto';
import type { Credentials } from '../credentials';
import type { ChangePasswordRequest, CreateUserRequest, Engine, Partner, Session, ShareRequest } from '../engine';
import { notLost, notOrdinary, numbered } from '../failures';
import {
  connectTo, identifier, inTransaction, literal, md5Verifier, settingValue,
  type ConnectPostgres, type PostgresConnection, type PostgresSystem, type Row, type Setting,
} from '../postgres-protocol';
import { allRoles, GRANTED_TO_USERS, OWNED_BY_USERS, type RoleGrant } from './rights';
import { DATABASE_ENGINE_NAMES, type DatabaseTargetConfig } from '../../../../src/targets/database/contract';
import { completeStatement } from '../../../../src/targets/database/creation/contract';
import type { Deadline } from '../../../rotation/deadline';
import { TargetRefusedError } from '../../../rotation/errors';
import { tlsOptions, type DatabaseTls } from '../tls';

/** https://docs.aws.amazon.com/redshift/latest/dg/r_names.html: identifiers have 127 bytes. */
const MAX_NAME_BYTES = 127;

/** In milliseconds. Views of the catalog take seconds in a busy cluster with many tables. */
const STATEMENT_TIMEOUT = 20_000;

/** Statements, so that the others don't depend on the settings of the user and the cluster. Quoted names that aren't of users may be lower case otherwise. */
const SESSION = [
  'SET search_path TO pg_catalog', 'SET datestyle TO ISO', `SET statement_timeout TO ${STATEMENT_TIMEOUT}`, 'SET enable_case_sensitive_identifier TO true',
];

/** A group without rights. Its member is the second of two users that alternate, so that a rotation knows which user it made. */
const MARK = 'cdk-rotating-secret';

const REMEDIES: Record<string, string> = {
  '23505': 'Another session creates the same user. Secrets Manager retries the rotation',
  '25001': 'The statement can not run in a transaction. Run it before the rotation, by other means',
  '28000': 'The cluster does not let this user log in from here with a password. See that the user has a password, and that it may use one',
  '3D000': 'The database of the key "dbname" does not exist. Correct the key',
  '3F000': 'A schema does not exist in the database of the key "dbname". Create it',
  '40001': 'Another session changed the same users. Secrets Manager retries the rotation',
  '42501': 'The user may not do this. A user may change its own password; a superuser secret needs a user with CREATEUSER, which is a superuser, and GRANT ROLE sys:secadmin if it may not read '
    + 'svv_rls_attached_policy',
  '42601': 'The statement has a syntax error. Correct it',
  '42703': 'A system view lacks a column. The cluster may be older than this package needs: update it',
  '42704': 'A user, group, role or another object does not exist. Create it',
  '42710': 'The user, group or role exists already. Secrets Manager retries the rotation',
  '42P01': 'A table does not exist in the database of the key "dbname". Create it, or put the schema before its name: the search path has no schema of yours',
  '53300': 'No connection is left: of the cluster, of the database or of the user (CONNECTION LIMIT). Raise the limit that is reached, so that the function can log in beside the others; '
    + 'Secrets Manager retries the rotation',
  '57014': 'The statement took too long. Secrets Manager retries the rotation',
  '57P03': 'The cluster is starting or stopping. Secrets Manager retries the rotation',
  'XX000': 'The cluster failed, as when two sessions change the same users. Secrets Manager retries the rotation; if that fails too, look into STL_ERROR',
};

const WRONG_PASSWORD = new Set(['28000', '28P01']);

/**
 * The message of the driver for a login of a user whose password is stored as SHA-256.
 *
 * https://github.com/aws/amazon-redshift-python-driver: AUTH_REQ_DIGEST
 */
const DIGEST_ASKED = /^Unknown authenticationOk message type 13$/;

const SYSTEM: PostgresSystem = {
  name: 'Redshift',
  // As in AWS's own rotation functions.
  defaultDatabase: 'dev',
  statementTimeout: STATEMENT_TIMEOUT,
  remedies: REMEDIES,
  mayNotConnect: 'The user may not connect to the database of the key "dbname", or to the database dev if there is no such key. Put a database that it may connect to into the key "dbname"',
  // PostgreSQL 8.0 has one code for all failed logins.
  isWrongPassword: ({ code = '', message = '' }) => WRONG_PASSWORD.has(code) && /^password authentication failed\b/.test(message),
  driverFailure: ({ message = '' }) => DIGEST_ASKED.test(message)
    ? new TargetRefusedError('The password of the user is stored as SHA-256, and this function can log in only with the MD5 that Redshift stores for a password in clear text. As a superuser, run '
      + 'ALTER USER with the password of the secret in clear text or as its MD5, and rotate again')
    : undefined,
};

export const connectRedshift: ConnectPostgres = (...login) => connectTo(SYSTEM, ...login);

/**
 * Redshift has certificates of AWS Certificate Manager, whose authorities Node.js trusts.
 *
 * https://docs.aws.amazon.com/redshift/latest/mgmt/connecting-ssl-support.html
 */
export function redshiftTls(config: Pick<DatabaseTargetConfig, 'certificateAuthority' | 'plaintextConnection'>): DatabaseTls | undefined {
  return tlsOptions(config, () => []);
}

/** Amazon Redshift, clusters and workgroups. It has the protocol and the dialect of PostgreSQL 8.0. */
export class Redshift implements Engine {
  public readonly engines = DATABASE_ENGINE_NAMES.redshift;
  public readonly defaultPort = 5439;

  constructor(private readonly tls: DatabaseTls | undefined, private readonly connect: ConnectPostgres = connectRedshift) {}

  public userNameLimit(name: string): string | undefined {
    return Buffer.byteLength(name) > MAX_NAME_BYTES ? `${MAX_NAME_BYTES} bytes, the limit of Redshift` : undefined;
  }

  public async logIn(credentials: Credentials, deadline: Deadline): Promise<Session> {
    const connection = await this.connect(credentials, this.tls, deadline);
    try {
      for (const statement of SESSION) { await connection.query(statement); }
    } catch (error) {
      await connection.close();
      throw error;
    }
    return new RedshiftSession(connection, credentials.username);
  }
}

class RedshiftSession implements Session {
  constructor(private readonly connection: PostgresConnection, private readonly username: string) {}

  public async user(): Promise<string> {
    const { user } = await this.one('SELECT session_user::text AS "user"');
    return user as string;
  }

  /** A user has one password for all hosts, and Redshift locks no user after wrong logins. */
  public async checkOwnPasswordChange(): Promise<void> {}

  public async changeOwnPassword(password: string): Promise<void> {
    await this.changePassword(this.username, password);
  }

  public async createUser({ user, password, statements, checkInProgress }: CreateUserRequest): Promise<'completed' | 'unknown'> {
    if (await this.exists(user)) { return 'unknown'; }
    await checkInProgress();
    try {
      await this.run('BEGIN');
      await inTransaction(this.connection, async () => {
        await this.run(`CREATE USER ${identifier(user)} PASSWORD ${literal(unknownPassword())}`);
        for (const [i, statement] of statements.entries()) { await numbered(i, () => this.run(completeStatement(statement, identifier(user)))); }
        await this.changePassword(user, password);
      });
    } catch (error) {
      // There is no advisory lock, so another copy of this function may have created it meanwhile.
      if (!await this.exists(user).catch(() => false)) { throw error; }
      return 'unknown';
    }
    return 'completed';
  }

  public async checkIsResettable(user: string): Promise<boolean> {
    await this.mustBeSuperuser();
    const [row] = await this.connection.query('SELECT usesuper AS "super", valuntil AS "until" FROM pg_user WHERE usename = $1', [user]);
    if (!row) { return false; }
    if (row.super === true || await this.hasSystemPermission(user)) { throw notOrdinary(); }
    if (new Date(String(row.until)) <= new Date()) { throw notLost(); }
    return true;
  }

  public async changePasswordOf({ user, password }: ChangePasswordRequest): Promise<void> {
    await this.changePassword(user, password);
  }

  /** Begins the transaction that `shareWith` commits. Redshift has no advisory lock: copies of this function come to the same end in any order. */
  public async claim(request: ShareRequest): Promise<Partner> {
    await this.mustBeSuperuser();
    await this.run('BEGIN');
    const { second, mark } = pairOf(request);
    const isMarked = (await this.groups(second)).includes(mark);
    return { exists: await this.exists(request.user), isMarked, isRelated: isMarked, isToldByLogin: true };
  }

  public async shareWith(request: ShareRequest): Promise<void> {
    const { user, password, original, isFirst } = request;
    await inTransaction(this.connection, async () => {
      await this.mustHaveNothingOfTheirOwn(user, original);
      const exists = await this.exists(user);
      await this.makeWithMark(request, exists);
      const isCopied = !exists || !isFirst;
      await this.changePassword(user, password, isCopied ? await this.copy(user, original) : undefined);
      // Redshift has no superuser with a disabled password, so the attributes come last. Nobody sees the user before the end of the transaction.
      if (isCopied) { await this.copyAttributes(user, original); }
    });
  }

  public close(): Promise<void> {
    return this.connection.close();
  }

  /** The mark is set together with the user, so that a user without it was made by something else. */
  private async makeWithMark(request: ShareRequest, exists: boolean): Promise<void> {
    const { user } = request;
    const { second, mark } = pairOf(request);
    const isMarked = (await this.groups(second)).includes(mark);
    if (!isMarked && (await this.connection.query('SELECT groname FROM pg_group WHERE groname = $1', [mark])).length === 0) { await this.run(`CREATE GROUP ${identifier(mark)}`); }
    if (!exists) { await this.run(`CREATE USER ${identifier(user)} PASSWORD ${literal(unknownPassword())}${second === user ? ` IN GROUP ${identifier(mark)}` : ''}`); }
    if (!isMarked && (exists || second !== user)) { await this.run(`ALTER GROUP ${identifier(mark)} ADD USER ${identifier(second)}`); }
  }

  /**
   * Gives a user the groups, roles and settings of another one, and takes others from it.
   *
   * @returns when the password of the user has to end, if that changes
   */
  private async copy(user: string, original: string): Promise<string | undefined> {
    await this.copyGroups(user, original);
    await this.copyRoles(user, original);
    const [wanted, present] = [await this.terms(original), await this.terms(user)];
    for (const { name } of present.settings) {
      if (!wanted.settings.some((setting) => setting.name === name)) { await this.run(`ALTER USER ${identifier(user)} RESET ${identifier(name)}`); }
    }
    for (const setting of wanted.settings) {
      if (present.settings.some(({ name, value }) => name === setting.name && value === setting.value)) { continue; }
      await this.run(`ALTER USER ${identifier(user)} SET ${identifier(setting.name)} TO ${settingValue(setting, safeLiteral)}`);
    }
    return wanted.until === present.until ? undefined : wanted.until;
  }

  private async copyGroups(user: string, original: string): Promise<void> {
    const [wanted, present] = [await this.groups(original), await this.groups(user)].map((groups) => groups.filter((group) => !isMark(group)));
    for (const group of present.filter((each) => !wanted.includes(each))) { await this.run(`ALTER GROUP ${identifier(group)} DROP USER ${identifier(user)}`); }
    for (const group of wanted.filter((each) => !present.includes(each))) { await this.run(`ALTER GROUP ${identifier(group)} ADD USER ${identifier(user)}`); }
  }

  /** GRANT may not be in a transaction for external resources only, which a role isn't: https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html */
  private async copyRoles(user: string, original: string): Promise<void> {
    const [wanted, present] = [await this.roles(original), await this.roles(user)];
    for (const role of present.keys()) {
      if (!wanted.has(role)) { await this.run(`REVOKE ROLE ${identifier(role)} FROM ${identifier(user)}`); }
    }
    for (const [role, isAdmin] of wanted) {
      if (present.get(role) === isAdmin) { continue; }
      await this.run(present.get(role) && !isAdmin ? `REVOKE ADMIN OPTION FOR ROLE ${identifier(role)} FROM ${identifier(user)}`
        : `GRANT ROLE ${identifier(role)} TO ${identifier(user)}${isAdmin ? ' WITH ADMIN OPTION' : ''}`);
    }
  }

  private async copyAttributes(user: string, original: string): Promise<void> {
    const [wanted, present] = [await this.attributes(original), await this.attributes(user)];
    for (const [i, attribute] of wanted.entries()) {
      if (attribute !== present[i]) { await this.run(`ALTER USER ${identifier(user)} ${attribute}`); }
    }
  }

  /** The attributes of a user, each as ALTER USER has it. */
  private async attributes(user: string): Promise<string[]> {
    const { createdb, superuser, limit, syslog, timeout } = await this.one(
      'SELECT createdb AS "createdb", superuser AS "superuser", connection_limit AS "limit", syslog_access AS "syslog", session_timeout AS "timeout" FROM svv_user_info '
      + 'WHERE user_name = $1', [user]);
    return [
      createdb === true ? 'CREATEDB' : 'NOCREATEDB',
      superuser === true ? 'CREATEUSER' : 'NOCREATEUSER',
      `CONNECTION LIMIT ${/^\d+$/.test(String(limit)) ? String(limit) : 'UNLIMITED'}`,
      `SYSLOG ACCESS ${syslog === 'UNRESTRICTED' ? 'UNRESTRICTED' : 'RESTRICTED'}`,
      Number(timeout) > 0 ? `SESSION TIMEOUT ${Number(timeout)}` : 'RESET SESSION TIMEOUT',
    ];
  }

  private async terms(user: string): Promise<{ readonly until: string; readonly settings: readonly Setting[] }> {
    const { until, config } = await this.one('SELECT valuntil AS "until", useconfig AS "config" FROM pg_user WHERE usename = $1', [user]);
    const settings = (config as string[] | null ?? []).map((entry) => ({ name: entry.slice(0, entry.indexOf('=')), value: entry.slice(entry.indexOf('=') + 1) }));
    return { until: String(until ?? 'infinity'), settings };
  }

  /** The groups of a user, also the mark. */
  private async groups(user: string): Promise<string[]> {
    const rows = await this.connection.query('SELECT g.groname AS "name" FROM pg_group g, pg_user u WHERE u.usesysid = ANY(g.grolist) AND u.usename = $1', [user]);
    return rows.map(({ name }) => String(name));
  }

  /** The roles of a user, and whether it may grant each. */
  private async roles(user: string): Promise<Map<string, boolean>> {
    const rows = await this.connection.query('SELECT role_name AS "name", admin_option AS "admin" FROM svv_user_grants WHERE user_name = $1', [user]);
    return new Map(rows.map(({ name, admin }) => [String(name), admin === true]));
  }

  /** Whether the user has a permission for the cluster, such as ALTER USER, by itself or by a role. */
  private async hasSystemPermission(user: string): Promise<boolean> {
    const grants = await this.connection.query('SELECT role_name AS "role", granted_role_name AS "granted" FROM svv_role_grants');
    const roles = allRoles([...(await this.roles(user)).keys()], grants as unknown as RoleGrant[]);
    const permitted = await this.connection.query('SELECT identity_name AS "name", identity_type AS "type" FROM svv_system_privileges');
    return permitted.some(({ name, type }) => type === 'user' ? name === user : roles.has(String(name))) || [...roles].some((role) => role.startsWith('sys:'));
  }

  private async exists(user: string): Promise<boolean> {
    return (await this.connection.query('SELECT usename FROM pg_user WHERE usename = $1', [user])).length > 0;
  }

  /** Other users don't see all rights of the two users. */
  private async mustBeSuperuser(): Promise<void> {
    const [row] = await this.connection.query('SELECT usesuper AS "super" FROM pg_user WHERE usename = $1', [this.username]);
    if (row?.super === true) { return; }
    throw new TargetRefusedError('The user of the superuser secret is not a superuser of Redshift, so it does not see all rights of the user, and nothing was changed. Run ALTER USER with CREATEUSER '
      + 'for it, or give the secret of a superuser, such as the admin user of the cluster');
  }

  /** Throws if one of the users has what the other one would not have. */
  private async mustHaveNothingOfTheirOwn(user: string, original: string): Promise<void> {
    const users = [user, original];
    const [owned] = await this.connection.query(OWNED_BY_USERS, users);
    if (owned) { throw new TargetRefusedError(`One of the two users that alternate owns ${String(owned.what)}, which the other one could not change or drop, so nothing was changed. Give them to a user that does not rotate, with ALTER … OWNER TO. ${ROLE_INSTEAD}`); }
    for (const query of GRANTED_TO_USERS) {
      const [granted] = await this.connection.query(query, users);
      if (granted) { throw new TargetRefusedError(`One of the two users that alternate has ${String(granted.what)} by itself, which the other one would not have, so nothing was changed. Give them to a role or a group of the user, and take them from the user. ${ROLE_INSTEAD}`); }
    }
    const schemas = await this.connection.query('SELECT nspname FROM pg_namespace WHERE nspname IN ($1, $2)', users);
    if (schemas.length === 0) { return; }
    const path = (await this.terms(original)).settings.find(({ name }) => name === 'search_path')?.value ?? '$user';
    if (path.includes('$user')) {
      throw new TargetRefusedError('A schema has the name of one of the two users that alternate, and its search_path has $user, so the other one would find other tables, and nothing was changed. Run '
        + 'ALTER USER with SET search_path TO the names of the schemas, for the user whose name does not end with _clone');
    }
  }

  /** The statement has a hash. Redshift stores the same for a password in clear text, and its logs show statements. */
  private async changePassword(user: string, password: string, until?: string): Promise<void> {
    await this.run(`ALTER USER ${identifier(user)} PASSWORD ${literal(md5Verifier(password, user))}${until === undefined ? '' : ` VALID UNTIL ${safeLiteral(until)}`}`);
  }

  private async one(sql: string, parameters?: readonly unknown[]): Promise<Row> {
    return (await this.connection.query(sql, parameters))[0];
  }

  private async run(sql: string): Promise<void> {
    await this.connection.query(sql);
  }
}

/**
 * The hash of no password that anybody knows. With PASSWORD DISABLE, the user could not become a superuser, because "you can't disable a superuser's
 * password": https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html
 */
function unknownPassword(): string {
  return `md5${randomBytes(16).toString('hex')}`;
}

const ROLE_INSTEAD = 'The statements are in https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/redshift.md#strategies-and-rights';

interface Pair {
  /** The user whose name ends with _clone. */
  readonly second: string;
  /** The group that the second user is in. */
  readonly mark: string;
}

function pairOf({ user, original, isFirst }: ShareRequest): Pair {
  const [first, second] = isFirst ? [user, original] : [original, user];
  const mark = `${MARK} ${first}`;
  return { second, mark: Buffer.byteLength(mark) <= MAX_NAME_BYTES ? mark : `${MARK} ${createHash('sha256').update(first).digest('hex')}` };
}

function isMark(group: string): boolean {
  return group.startsWith(`${MARK} `);
}

/** Unlike in PostgreSQL, a backslash is special. */
function safeLiteral(text: string): string {
  if (text.includes('\\')) { throw new TargetRefusedError('A setting of the user has a backslash, which the rotation does not copy to the other one, so nothing was changed. Set it to a value without one'); }
  return literal(text);
}

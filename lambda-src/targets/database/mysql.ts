import { createHash, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { createConnection } from 'mysql2';
import type { Credentials } from './credentials';
import type { Engine, Session } from './engine';
import { connectionError, refusal, withoutTls, type DriverError } from './failures';
import { reconcileGrants } from './mysql-grants';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, RotationError, TargetRefusedError, TlsError } from '../../rotation/errors';

const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 8_000;
const CLOSE_TIMEOUT = 1_000;
const LOCK_TIMEOUT_SECONDS = 5;

/**
 * https://dev.mysql.com/doc/refman/8.4/en/user-names.html: 32 characters.
 * https://mariadb.com/docs/server/reference/sql-structure/sql-language-structure/identifier-names: 80 in the oldest versions that live.
 */
const MAX_NAME_CHARACTERS = { mysql: 32, mariadb: 80 };

/** Who has the right password and is locked is as little let in as who hasn't. */
const NOT_ACCEPTED = new Set(['ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR', 'ER_ACCOUNT_HAS_BEEN_LOCKED', 'ER_MUST_CHANGE_PASSWORD_LOGIN']);
/** MariaDB's own numbers for what MySQL numbers otherwise. */
const MARIADB_LOCKED = 4151;

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const REMEDIES: Record<string, string> = {
  ER_ACCESS_DENIED_ERROR: 'The user may not do this. A superuser secret needs a user with CREATE USER, SELECT on the database mysql, and all that it is to pass on, WITH GRANT OPTION',
  ER_BAD_DB_ERROR: 'The database of the key "dbname" does not exist. Correct the key',
  ER_CANNOT_USER: 'The user can not be changed. See that it exists, and that the superuser may manage it',
  ER_CON_COUNT_ERROR: 'The server has no connection left. Secrets Manager tries the rotation again',
  ER_CREDENTIALS_CONTRADICT_TO_HISTORY: 'The password was used before, and password_history forbids to use it again. Secrets Manager tries the rotation again',
  ER_DBACCESS_DENIED_ERROR: 'The user may not do this in the database. Grant it',
  ER_HOST_IS_BLOCKED: 'The server blocks the function after many failed connections. Run FLUSH HOSTS there',
  ER_HOST_NOT_PRIVILEGED: 'The server takes no connection from the address of the function. Make an account for its subnets',
  ER_LOCK_WAIT_TIMEOUT: 'A lock is held by somebody else. Secrets Manager tries the rotation again',
  ER_MUST_CHANGE_PASSWORD: 'The password of the user is expired. Give it another one, put that into the secret, and rotate again',
  ER_NOT_VALID_PASSWORD: 'The server does not allow this password, by validate_password or another plugin. Give the target a passwordPolicy that its rules allow',
  ER_OPTION_PREVENTS_STATEMENT: 'The server is read only. Put the host of the writer into the secret',
  ER_SECURE_TRANSPORT_REQUIRED: 'The server takes only connections with TLS. Leave plaintextConnection out',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'The user lacks a privilege. A superuser secret needs a user with CREATE USER, SELECT on the database mysql, and all that it is to pass on, WITH '
    + 'GRANT OPTION',
  ER_TABLEACCESS_DENIED_ERROR: 'The user may not read this table. A superuser secret needs a user with SELECT on the database mysql',
  ER_USER_LIMIT_REACHED: 'The user has no connection left. Raise its limit',
};

/** Plugins that check a password which the server stores, as far as the driver knows them. */
const PASSWORD_PLUGINS = new Set(['caching_sha2_password', 'mysql_native_password', 'sha256_password']);

/** A session in which quoting is what this file takes it for, whatever the server or `init_connect` has set. */
const SESSION = `SET NAMES utf8mb4, SESSION sql_mode = '', sql_quote_show_create = 1, lock_wait_timeout = ${LOCK_TIMEOUT_SECONDS}`;

const NATIVE = 'mysql_native_password';

/** The columns of mysql.user, and what statements call them. The last one is MariaDB's own. */
const LIMITS = {
  max_questions: 'MAX_QUERIES_PER_HOUR',
  max_updates: 'MAX_UPDATES_PER_HOUR',
  max_connections: 'MAX_CONNECTIONS_PER_HOUR',
  max_user_connections: 'MAX_USER_CONNECTIONS',
  max_statement_time: 'MAX_STATEMENT_TIME',
};

type Row = Record<string, unknown>;

/** As much of a connection as the statements here need. */
export interface MySqlConnection {
  query(sql: string): Promise<Row[]>;
  close(): Promise<void>;
}

export type ConnectMySql = (credentials: Credentials, tls: ConnectionOptions | undefined, deadline: Deadline) => Promise<MySqlConnection>;

/** MySQL 8.0 and later and MariaDB 10.4 and later, on RDS, Aurora and elsewhere. What they do differently is asked of the server. */
export class MySql implements Engine {
  public readonly engines: readonly string[];
  public readonly defaultPort = 3306;

  constructor(
    private readonly product: 'mysql' | 'mariadb',
    private readonly tls: ConnectionOptions | undefined,
    private readonly connect: ConnectMySql = connectMySql,
  ) {
    this.engines = product === 'mysql' ? ['mysql', 'aurora-mysql', 'aurora'] : ['mariadb'];
  }

  public userNameLimit(name: string): string | undefined {
    const limit = MAX_NAME_CHARACTERS[this.product];
    return [...name].length > limit ? `${limit} characters, the limit of ${this.product === 'mysql' ? 'MySQL' : 'MariaDB'}` : undefined;
  }

  public async logIn(credentials: Credentials, deadline: Deadline): Promise<Session> {
    const connection = await this.connect(credentials, this.tls, deadline);
    try {
      await connection.query(SESSION);
      const [{ version }] = await connection.query('SELECT VERSION() AS version');
      return new MySqlSession(connection, credentials.password, String(version).includes('MariaDB'));
    } catch (error) {
      await connection.close();
      throw error;
    }
  }
}

interface Account {
  readonly host: string;
  readonly plugin: string;
  /** On which terms it may connect: TLS and limits. */
  readonly terms: string;
  readonly defaultRoles: string;
}

class MySqlSession implements Session {
  constructor(private readonly connection: MySqlConnection, private readonly ownPassword: string, private readonly isMariaDb: boolean) {}

  public async user(): Promise<string> {
    const [{ account }] = await this.connection.query('SELECT CURRENT_USER() AS account');
    return (account as string).slice(0, (account as string).lastIndexOf('@'));
  }

  public async changeOwnPassword(password: string): Promise<void> {
    if (this.isMariaDb) {
      const [created] = await this.connection.query('SHOW CREATE USER CURRENT_USER()');
      const plugin = / IDENTIFIED VIA (\w+)/.exec(String(Object.values(created)[0]))?.[1] ?? NATIVE;
      await this.setMariaDbPassword('', plugin, password);
    } else {
      // With the old one, for users that have PASSWORD REQUIRE CURRENT.
      await this.connection.query(`ALTER USER USER() IDENTIFIED BY ${literal(password)} REPLACE ${literal(this.ownPassword)}`);
    }
  }

  /** There are no transactions for accounts: the password, which makes the user whole, comes last. */
  public async shareWith(user: string, password: string, original: string, isFirst: boolean): Promise<void> {
    await this.lock([user, original]);
    const originals = await this.accounts(original);
    if (originals.length === 0) {
      throw new TargetRefusedError('There is no account of the user of the version with AWSCURRENT to be seen in mysql.user, so its rights can not be passed on. Let the user of '
        + 'the superuser secret read the database mysql');
    }
    const before = await this.accounts(user);
    mustHavePasswords([...originals, ...before]);
    for (const { host, plugin } of isFirst && before.length > 0 ? [] : originals) {
      if (!before.some((account) => account.host === host)) {
        // Nobody knows this one: it meets the policy as the password does, and until the end the user can't log in.
        await this.create(accountName(user, host), plugin, password + randomBytes(16).toString('hex'));
      }
    }
    const accounts = await this.accounts(user);
    for (const wanted of isFirst && before.length > 0 ? [] : originals) {
      await this.share(original, wanted, user, accounts.find(({ host }) => host === wanted.host)!);
    }
    for (const { host, plugin } of accounts) { await this.changePassword(accountName(user, host), plugin, password); }
  }

  public close(): Promise<void> {
    return this.connection.close();
  }

  /** Lets two copies of this function take turns; the server lets go with the connection. */
  private async lock(users: readonly string[]): Promise<void> {
    const name = createHash('sha1').update(JSON.stringify([...users].sort())).digest('hex');
    const [{ locked }] = await this.connection.query(`SELECT GET_LOCK('cdk-rotating-secret ${name}', ${LOCK_TIMEOUT_SECONDS}) AS locked`);
    if (Number(locked) !== 1) { throw refusal('The database server', 'ER_LOCK_WAIT_TIMEOUT', REMEDIES.ER_LOCK_WAIT_TIMEOUT); }
  }

  /** A user is an account for each host that it may come from. */
  private async accounts(user: string): Promise<Account[]> {
    const rows = await this.connection.query(`SELECT * FROM mysql.user WHERE User = ${literal(user)}${this.isMariaDb ? ' AND is_role = \'N\'' : ''}`);
    const roles = this.isMariaDb ? [] : await this.connection.query(`SELECT * FROM mysql.default_roles WHERE USER = ${literal(user)} ORDER BY 3, 4`);
    return rows.map((row) => ({
      host: String(row.Host),
      plugin: String(row.plugin) || NATIVE,
      terms: termsIn(row),
      defaultRoles: this.isMariaDb
        ? row.default_role ? identifier(String(row.default_role)) : ''
        : roles.filter((role) => role.HOST === row.Host).map((role) => accountName(String(role.DEFAULT_ROLE_USER), String(role.DEFAULT_ROLE_HOST))).join(', '),
    }));
  }

  private async create(account: string, plugin: string, password: string): Promise<void> {
    const identified = this.isMariaDb
      ? `VIA ${plugin} USING ${plugin === NATIVE ? literal(nativeHash(password)) : `PASSWORD(${literal(password)})`}`
      : `WITH ${plugin} BY ${literal(password)}`;
    try {
      await this.connection.query(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED ${identified}`);
    } catch (error) {
      if (!this.isMariaDb || !isHashRefused(error)) { throw error; }
      await this.connection.query(`CREATE USER IF NOT EXISTS ${account} IDENTIFIED VIA ${plugin} USING PASSWORD(${literal(password)})`);
    }
  }

  private async share(original: string, wanted: Account, user: string, present: Account): Promise<void> {
    const account = accountName(user, present.host);
    if (wanted.terms !== present.terms) { await this.connection.query(`ALTER USER ${account} ${wanted.terms}`); }
    const [granted, had] = [await this.grants(accountName(original, wanted.host)), await this.grants(account)];
    for (const statement of reconcileGrants(account, granted, had)) { await this.connection.query(statement); }
    if (wanted.defaultRoles !== present.defaultRoles) {
      await this.connection.query(`SET DEFAULT ROLE ${wanted.defaultRoles || 'NONE'} ${this.isMariaDb ? 'FOR' : 'TO'} ${account}`);
    }
  }

  private async grants(account: string): Promise<string[]> {
    return (await this.connection.query(`SHOW GRANTS FOR ${account}`)).map((row) => String(Object.values(row)[0]));
  }

  private async changePassword(account: string, plugin: string, password: string): Promise<void> {
    if (this.isMariaDb) {
      await this.setMariaDbPassword(` FOR ${account}`, plugin, password);
    } else {
      await this.connection.query(`ALTER USER ${account} IDENTIFIED WITH ${plugin} BY ${literal(password)}`);
    }
  }

  /**
   * MariaDB writes statements into its logs as they are, so it is told a hash where it takes one: not where a plugin wants to judge the
   * password (`strict_password_validation`).
   */
  private async setMariaDbPassword(whose: string, plugin: string, password: string): Promise<void> {
    if (plugin === NATIVE) {
      try {
        await this.connection.query(`SET PASSWORD${whose} = ${literal(nativeHash(password))}`);
        return;
      } catch (error) {
        if (!isHashRefused(error)) { throw error; }
      }
    }
    await this.connection.query(`SET PASSWORD${whose} = PASSWORD(${literal(password)})`);
  }
}

/** How MariaDB says that a plugin wants to see the password itself. */
function isHashRefused(error: unknown): boolean {
  return ['ER_NOT_VALID_PASSWORD', 'ER_OPTION_PREVENTS_STATEMENT'].includes((error as { code?: string }).code ?? '');
}

/** https://dev.mysql.com/doc/refman/8.4/en/native-pluggable-authentication.html */
function nativeHash(password: string): string {
  const once = createHash('sha1').update(password).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}

/** https://dev.mysql.com/doc/refman/8.4/en/string-literals.html, without NO_BACKSLASH_ESCAPES. */
function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll('\'', '\'\'')}'`;
}

function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function accountName(user: string, host: string): string {
  return `${identifier(user)}@${identifier(host)}`;
}

/** What ALTER USER is to be told, from a row of mysql.user. */
function termsIn(row: Row): string {
  const specified = Object.entries({ CIPHER: row.ssl_cipher, ISSUER: row.x509_issuer, SUBJECT: row.x509_subject })
    .filter(([, value]) => String(value) !== '').map(([name, value]) => `${name} ${literal(String(value))}`).join(' AND ');
  const required = { '': 'NONE', 'ANY': 'SSL', 'X509': 'X509', 'SPECIFIED': specified }[String(row.ssl_type)];
  const limits = Object.entries(LIMITS).filter(([column]) => column in row).map(([column, name]) => `${name} ${Number(row[column])}`);
  return `REQUIRE ${required} WITH ${limits.join(' ')}`;
}

function mustHavePasswords(accounts: readonly Account[]): void {
  const plugin = accounts.map((account) => account.plugin).find((name) => !PASSWORD_PLUGINS.has(name));
  if (plugin !== undefined) {
    throw new TargetRefusedError(`An account of the two users has the authentication plugin ${/^\w{1,64}$/.test(plugin) ? plugin : 'with an odd name'}, which this function does not `
      + `rotate. Rotate users whose accounts have ${[...PASSWORD_PLUGINS].join(', ')}`);
  }
}

export async function connectMySql(credentials: Credentials, tls: ConnectionOptions | undefined, deadline: Deadline): Promise<MySqlConnection> {
  const { host, port, username: user, password, dbname: database } = credentials;
  // The driver would check the certificate of an address against the name `localhost`.
  if (tls && isIP(host)) {
    throw new TlsError('The key "host" in the value of the secret is an address, and a certificate is for a name. Put the name of the server there, which its certificate has');
  }
  const connection = createConnection({
    host,
    port,
    user,
    password,
    database,
    ssl: tls && { ca: tls.ca as string | string[], rejectUnauthorized: true, verifyIdentity: true, minVersion: tls.minVersion },
    charset: 'UTF8MB4_GENERAL_CI',
    connectTimeout: CONNECT_TIMEOUT,
    // Parsers that are made at run time are for thousands of rows.
    disableEval: true,
  });
  // The driver's own `destroy` only says goodbye, and waits for the server to do the same.
  const destroy = () => { (connection as unknown as { stream: { destroy(): void } }).stream.destroy(); };
  // Without it, a connection that breaks while it is idle would end the process.
  connection.on('error', () => {});
  deadline.signal.addEventListener('abort', destroy);
  const close = async () => {
    await new Promise<void>((resolve) => {
      // A goodbye that waits behind a statement without an answer is never said.
      const timer = setTimeout(() => {
        destroy();
        resolve();
      }, CLOSE_TIMEOUT);
      connection.end(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    deadline.signal.removeEventListener('abort', destroy);
  };
  try {
    await new Promise<void>((resolve, reject) => { connection.connect((error) => { if (error) { reject(error); } else { resolve(); } }); });
  } catch (error) {
    destroy();
    deadline.signal.removeEventListener('abort', destroy);
    const { code = '', errno } = error as DriverError;
    if (NOT_ACCEPTED.has(code) || errno === MARIADB_LOCKED) {
      throw new AuthenticationError('The database server does not accept this user with this password. Put the password that works into the secret, and see that the user is not locked');
    }
    throw toRotationError(error);
  }
  return {
    query: (sql) => new Promise((resolve, reject) => {
      connection.query({ sql, timeout: STATEMENT_TIMEOUT }, (error, rows) => {
        if (error) { reject(toRotationError(error)); } else { resolve(Array.isArray(rows) ? rows as Row[] : []); }
      });
    }),
    close,
  };
}

function toRotationError(error: unknown): RotationError {
  if (error instanceof RotationError) { return error; }
  const { code = '' } = error as DriverError;
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') { return withoutTls(); }
  return connectionError(error as DriverError) ?? refusal('The database server', code, REMEDIES[code]);
}

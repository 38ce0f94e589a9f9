import { createHash, createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { createConnection } from 'mysql2';
import type { Credentials } from '../credentials';
import type { AddPasswordRequest, ChangePasswordRequest, CreateUserRequest, Engine, Partner, Session, ShareRequest } from '../engine';
import { connectionError, NEW_POLICY, notLost, notOrdinary, numbered, refusal, UnprovenUserError, withoutTls, type DriverError } from '../failures';
import { endOfLock, failedLoginLimit, isExpired, isLocked, parseTerms, reconcileTerms, UnknownTermError, type Terms } from './account';
import { manages, reconcileGrants, rolesIn } from './grants';
import { isHashOf, MAX_ROUNDS, nativeHash, roundsOf } from './password-hash';
import { DATABASE_ENGINE_NAMES } from '../../../../src/targets/database/contract';
import { completeStatement } from '../../../../src/targets/database/creation/contract';
import type { Deadline } from '../../../rotation/deadline';
import { AuthenticationError, ConnectivityError, RotationError, SecretValueError, TargetRefusedError, TlsError } from '../../../rotation/errors';
import { remedyOf } from '../../../rotation/service-errors';
import { connectTimeout } from '../../server-login';
import type { DatabaseTls } from '../tls';

const STATEMENT_TIMEOUT = 8_000;
const CLOSE_TIMEOUT = 1_000;
const LOCK_TIMEOUT_SECONDS = 5;
/** After this time the server frees the locks of a function that crashed. */
const IDLE_TIMEOUT_SECONDS = 60;

/**
 * https://dev.mysql.com/doc/refman/8.4/en/user-names.html: 32 characters.
 * https://mariadb.com/docs/server/reference/sql-structure/sql-language-structure/identifier-names: 80 in the oldest supported versions.
 */
const MAX_NAME_CHARACTERS = { mysql: 32, mariadb: 80 };

/** A locked account is treated like a wrong password. */
const NOT_ACCEPTED = new Set(['ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR', 'ER_ACCOUNT_HAS_BEEN_LOCKED', 'ER_MUST_CHANGE_PASSWORD_LOGIN',
  'ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK']);
/** Error numbers of MariaDB for which the driver has the name of another error of MySQL, or no name. */
const MARIADB_BLOCKED = 4150;
const MARIADB_LOCKED = 4151;
const MARIADB_STATEMENT_TIMEOUT = 1969;

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const REMEDIES: Record<string, string> = {
  ER_ACCESS_DENIED_ERROR: 'The user may not do this. A superuser secret needs a user with CREATE USER, SELECT on the database mysql, and all that it is to pass on, WITH GRANT OPTION',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'The user of the superuser secret may not grant a role that the first user has. Grant that role to it WITH ADMIN OPTION',
  ER_BAD_DB_ERROR: 'The database of the key "dbname" does not exist. Correct the key',
  ER_CANT_CREATE_USER_WITH_GRANT: 'The user does not exist under this name. Use {user} for the user of the rotation',
  ER_CANNOT_USER: 'The user can not be changed. See that it exists, and that the superuser may manage it',
  ER_COLUMNACCESS_DENIED_ERROR: 'The user may not read this column. A superuser secret needs a user with SELECT on the database mysql',
  ER_CON_COUNT_ERROR: 'The server has no connection left. Secrets Manager retries the rotation',
  ER_CREDENTIALS_CONTRADICT_TO_HISTORY: 'The password was used before, and password_history forbids to use it again. Remove AWSPENDING with UpdateSecretVersionStage, and rotate again',
  ER_DBACCESS_DENIED_ERROR: 'The user may not do this in the database. Grant it',
  ER_HOST_IS_BLOCKED: 'The server blocks the function after many failed connections. Run FLUSH HOSTS there',
  ER_HOST_NOT_PRIVILEGED: 'The server takes no connection from the address of the function. Create an account for its subnets',
  ER_LOCK_WAIT_TIMEOUT: 'Another session holds a lock. Secrets Manager retries the rotation',
  ER_MISSING_CURRENT_PASSWORD: 'The account has PASSWORD REQUIRE CURRENT, and its first password is not one of the secret. With ALTER USER, give it the password of the version with AWSCURRENT, and rotate again',
  ER_MUST_CHANGE_PASSWORD: 'The password of the user is expired. Give it another one, put that into the secret, and rotate again',
  ER_NOT_VALID_PASSWORD: 'The server does not allow this password, by validate_password or another plugin. ' + NEW_POLICY,
  ER_OPTION_PREVENTS_STATEMENT: 'The server is read only. Put the host of the writer into the secret',
  ER_NONEXISTING_GRANT: 'There is no such account',
  ER_INCORRECT_CURRENT_PASSWORD: 'The password of the user was changed meanwhile. Secrets Manager retries the rotation',
  ER_PARSE_ERROR: 'The server does not know the statement. See that it is MySQL or MariaDB, in a version that this package supports',
  ER_QUERY_TIMEOUT: 'The statement took too long, and the server gave it up. Secrets Manager retries the rotation',
  ER_SECURE_TRANSPORT_REQUIRED: 'The server takes only connections with TLS. Leave plaintextConnection out',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'The user lacks a privilege. A superuser secret needs a user with CREATE USER, SELECT on the database mysql, and all that it is to pass on, WITH '
    + 'GRANT OPTION',
  ER_TABLEACCESS_DENIED_ERROR: 'The user may not read this table. A superuser secret needs a user with SELECT on the database mysql',
  ER_TOO_MANY_USER_CONNECTIONS: 'The user has no connection left. Raise its limit (MAX_USER_CONNECTIONS), so that the function can log in beside the others',
  ER_USER_LIMIT_REACHED: 'The user has reached one of its limits (MAX_QUERIES_PER_HOUR, MAX_UPDATES_PER_HOUR, MAX_CONNECTIONS_PER_HOUR, MAX_USER_CONNECTIONS). Raise the limit',
};

/** Plugins that check a password which the server stores, among those that the driver knows. */
const PASSWORD_PLUGINS = new Set(['caching_sha2_password', 'mysql_native_password', 'sha256_password']);

/**
 * Makes statements independent of the settings of the server, of the account and of `init_connect`. The server cancels a statement before this
 * function gives up, so that none runs later. Only MySQL reads the first comment, and only MariaDB reads the second.
 */
const SESSION = `SET NAMES utf8mb4, SESSION sql_mode = '', sql_quote_show_create = 1, lock_wait_timeout = ${LOCK_TIMEOUT_SECONDS}, SESSION wait_timeout = ${IDLE_TIMEOUT_SECONDS} `
  + `/*!80017 , SESSION print_identified_with_as_hex = ON */ /*M! , SESSION old_passwords = 0, SESSION max_statement_time = ${STATEMENT_TIMEOUT / 1000 - 1} */`;

const NATIVE = 'mysql_native_password';

/** The host of an account that a rotation creates. */
const ANY_HOST = '%';

const CANNOT_USER = 'ER_CANNOT_USER';
/** The errors of MariaDB for a hash, if a plugin has to check the password. With several ways to log in, ALTER USER says only that it failed. */
const HASH_REFUSED = new Set(['ER_NOT_VALID_PASSWORD', 'ER_OPTION_PREVENTS_STATEMENT', CANNOT_USER]);

/**
 * The mark of a user that alternates with another one. In MySQL, an attribute of its accounts with the name of the first user. In MariaDB, a
 * role without rights.
 */
const MARK = 'cdk-rotating-secret';
/** The mark of a user that is being created: in MySQL an attribute, in MariaDB a role without rights. */
const UNFINISHED = { unfinished: true };
export const UNFINISHED_ROLE = `${MARK} unfinished`;
/** The first version of MySQL with attributes of accounts. */
const ATTRIBUTES_SINCE = [8, 0, 21];
/** https://dev.mysql.com/doc/refman/8.0/en/password-management.html#dual-passwords */
const DUAL_PASSWORDS_SINCE = [8, 0, 14];

/** The limit of the SHA-2 plugins, in bytes. MariaDB and mysql_native_password take longer passwords. */
const MAX_PASSWORD_BYTES = 256;

/** The delay before a password changes, if failed logins lock the user. Other copies of this function finish their logins meanwhile. */
const SETTLING_TIME = 1_000;

/** MySQL takes no longer passwords. The mark of an unfinished account comes after this many bytes. */
const UNFINISHED_PREFIX = 200;

type Row = Record<string, unknown>;

/** The part of a connection that is used here. */
export interface MySqlConnection {
  query(sql: string): Promise<Row[]>;
  close(): Promise<void>;
}

export type ConnectMySql = (credentials: Credentials, tls: DatabaseTls | undefined, deadline: Deadline) => Promise<MySqlConnection>;

/** MySQL 8.0 and later and MariaDB 10.4 and later, on RDS, Aurora and elsewhere. Their differences are detected on the server. */
export class MySql implements Engine {
  public readonly engines: readonly string[];
  public readonly defaultPort = 3306;

  constructor(
    private readonly product: 'mysql' | 'mariadb',
    private readonly tls: DatabaseTls | undefined,
    private readonly connect: ConnectMySql = connectMySql,
  ) {
    this.engines = DATABASE_ENGINE_NAMES[product];
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
      return new MySqlSession(connection, credentials, String(version), deadline);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }
}

type Attributes = Readonly<Record<string, unknown>>;

interface Account {
  readonly host: string;
  readonly plugin: string;
  /** The terms on which it may connect. */
  readonly terms: Terms;
  readonly defaultRoles: string;
  /** The attributes of the account. MariaDB has none. */
  readonly attributes: Attributes;
  readonly passwordHash: string;
  /** Of the password before this one, if MySQL accepts it too (RETAIN CURRENT PASSWORD). */
  readonly secondHash?: string;
}

interface OwnAccount {
  readonly name: string;
  /** The host of the account. */
  readonly host: string;
  /** The host that the connection comes from. */
  readonly client: string;
}

class MySqlSession implements Session {
  private ownAccount?: OwnAccount;
  private readonly isMariaDb: boolean;
  private readonly hasAttributes: boolean;
  private readonly hasDualPasswords: boolean;

  constructor(private readonly connection: MySqlConnection, private readonly own: Credentials, version: string, private readonly deadline: Deadline) {
    this.isMariaDb = version.includes('MariaDB');
    this.hasAttributes = !this.isMariaDb && isAtLeast(version, ATTRIBUTES_SINCE);
    this.hasDualPasswords = this.isMariaDb || isAtLeast(version, DUAL_PASSWORDS_SINCE);
  }

  public async user(): Promise<string> {
    return (await this.account()).name;
  }

  public async checkOwnPasswordChange(): Promise<void> {
    await this.mustBeTheOnlyAccount();
    const limit = await this.failedLoginLimit();
    if (limit === 1) {
      throw new TargetRefusedError('One failed login locks the user, by FAILED_LOGIN_ATTEMPTS or max_password_errors. While its password changes, a client with the old one would '
        + 'lock it for good, so nothing was changed. Allow more failed logins, or alternate between two users with RotationStrategy.alternatingUsers');
    }
    if (limit > 1) { await this.deadline.pause(SETTLING_TIME); }
  }

  public async changeOwnPassword(password: string): Promise<void> {
    if (this.isMariaDb) {
      const [created] = await this.connection.query('SHOW CREATE USER CURRENT_USER()');
      const plugin = / IDENTIFIED VIA (\w+)/.exec(String(Object.values(created)[0]))?.[1] ?? NATIVE;
      await this.setMariaDbPassword('', plugin, password);
    } else {
      if (isLong(password) && await this.ownPlugin() !== NATIVE) { throw tooLong(); }
      // With the old password, for users with PASSWORD REQUIRE CURRENT.
      await this.connection.query(`ALTER USER USER() IDENTIFIED BY ${literal(password)} REPLACE ${literal(this.own.password)}`);
    }
  }

  public async addPassword(request: AddPasswordRequest): Promise<void> {
    if (!this.hasDualPasswords) { throw new TargetRefusedError(`The server is older than MySQL ${DUAL_PASSWORDS_SINCE.join('.')}. ${NO_DUAL_PASSWORDS}`); }
    const { username } = request.known;
    await this.lock([username]);
    try {
      await (username === this.own.username ? this.addOwnPassword(request) : this.addPasswordOf(username, request));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== 'ER_PARSE_ERROR') { throw error; }
      throw new TargetRefusedError(`The server refused with ${code}. It doesn't know the statement RETAIN CURRENT PASSWORD of MySQL. ${NO_DUAL_PASSWORDS}`, code);
    }
  }

  /** Statements have no transaction, so the account is locked and marked until all of them succeeded. */
  public async createUser({ user, password, statements, checkInProgress, pendingPassword }: CreateUserRequest): Promise<'completed' | 'exists'> {
    if (user !== user.trim()) { throw new TargetRefusedError('The user name begins or ends with a space, which the server may leave out, so the user was not created. Use another name'); }
    await this.lock([user]);
    const before = await this.accounts(user);
    const account = accountName(user, ANY_HOST);
    const isUnfinished = before.length === 1 && before[0].host === ANY_HOST
      && (await this.isMarkedUnfinished(user, before[0]) || hasPassword(before[0], unfinished(password)));
    if (before.length > 0 && !isUnfinished) {
      return before.some((each) => [password, pendingPassword].some((one) => hasPassword(each, one))) ? 'completed' : 'exists';
    }
    await checkInProgress();
    if (!isUnfinished) { await this.createUnfinished(account, password); }
    for (const [i, statement] of statements.entries()) { await numbered(i, () => this.connection.query(completeStatement(statement, account))); }
    const [created] = await this.accounts(user);
    if (!this.isMariaDb && isLong(password) && created.plugin !== NATIVE) { throw tooLong(); }
    await this.finish(account, created, password);
    return 'completed';
  }

  public async checkIsResettable(user: string, passwords: readonly string[]): Promise<boolean> {
    const accounts = await this.accounts(user);
    for (const account of accounts) {
      const isRefused = await this.isMarkedUnfinished(user, account) || isLocked(account.terms) || isExpired(account.terms);
      if (isRefused || passwords.some((password) => hasPassword(account, password))) { throw notLost(); }
    }
    const seen = new Set(accounts.map(({ host }) => accountName(user, host)));
    for (const each of seen) {
      const lines = await this.grants(each);
      if (manages(lines)) { throw notOrdinary(); }
      for (const role of rolesIn(lines)) { seen.add(role); }
    }
    return accounts.length > 0;
  }

  /** The mark outlives a change of the secret's value. In one statement with the account, so that none is left without it. */
  private async createUnfinished(account: string, password: string): Promise<void> {
    if (this.isMariaDb) {
      const isMarked = await this.withRole(UNFINISHED_ROLE, false, (role) => this.makeMariaDbAccount(`GRANT ${role} TO ${account}`, NATIVE, unfinished(password)));
      if (!isMarked) { await this.makeMariaDbAccount(`CREATE USER ${account}`, NATIVE, unfinished(password)); }
      await this.connection.query(`ALTER USER ${account} ACCOUNT LOCK`);
      return;
    }
    const mark = this.hasAttributes ? ` ATTRIBUTE ${attributesText({ [MARK]: UNFINISHED })}` : '';
    await this.connection.query(`CREATE USER ${account} IDENTIFIED BY ${literal(unfinished(password))} ACCOUNT LOCK${mark}`);
  }

  private async isMarkedUnfinished(user: string, { host, attributes }: Account): Promise<boolean> {
    if (!this.isMariaDb) { return JSON.stringify(attributes[MARK]) === JSON.stringify(UNFINISHED); }
    const rows = await this.connection.query(`SELECT * FROM mysql.roles_mapping WHERE Role = ${literal(UNFINISHED_ROLE)} AND User = ${literal(user)}`);
    return rows.some(({ User, Host }) => String(User) === user && String(Host) === host);
  }

  /** The password, the end of the lock and, in MySQL, the end of the mark are one statement. */
  private async finish(account: string, { plugin, attributes }: Account, password: string): Promise<void> {
    if (!this.isMariaDb) {
      const unmark = attributes[MARK] === undefined ? '' : ` ATTRIBUTE ${attributesText({ [MARK]: null })}`;
      await this.connection.query(`ALTER USER ${account} IDENTIFIED WITH ${plugin} BY ${literal(password)} ACCOUNT UNLOCK${unmark}`);
      return;
    }
    await this.setMariaDbPassword(` FOR ${account}`, NATIVE, password);
    await this.connection.query(`ALTER USER ${account} ACCOUNT UNLOCK`);
    await this.withRole(UNFINISHED_ROLE, false, (role) => this.connection.query(`REVOKE ${role} FROM ${account}`));
  }

  public async changePasswordOf({ user, password }: ChangePasswordRequest): Promise<void> {
    const account = onlyAccount(await this.accounts(user));
    if (!this.isMariaDb && isLong(password) && account.plugin !== NATIVE) { throw tooLong(); }
    await this.changePassword(accountName(user, account.host), account, password);
  }

  public async claim(request: ShareRequest): Promise<Partner> {
    const { user, password, original } = request;
    await this.lock([user, original]);
    const [accounts, originals] = [await this.accounts(user), await this.accounts(original)];
    mustHavePasswords([...originals, ...accounts]);
    // An earlier attempt of this rotation left it. The password comes from the pending value, so nothing else can have set it.
    const hashes = [unfinished(password), password].map(nativeHash);
    const marked = await this.markedHosts(user, original, accounts);
    const used = accounts.filter(({ host }) => originals.some((other) => other.host === host));
    const unmarked = used.filter(({ host, passwordHash }) => !marked.has(host) && !hashes.includes(passwordHash));
    // All accounts are marked at once. So an unmarked account beside a marked one was created by something else, and a login by the marked one
    // proves nothing about it.
    if (marked.size > 0 && unmarked.length > 0) { throw new UnprovenUserError(); }
    return {
      exists: used.length > 0,
      isMarked: (used.length > 0 && unmarked.length === 0) || (await this.markedHosts(original, user, originals)).size > 0,
      isRelated: false,
      isToldByLogin: accounts.length <= 1 && originals.length === 1,
    };
  }

  /** Accounts have no transactions, so the password comes last, when everything else is complete. */
  public async shareWith({ user, password, original, isFirst }: ShareRequest): Promise<void> {
    const originals = await this.accounts(original);
    if (originals.length === 0) {
      throw new TargetRefusedError('There is no account of the user of the version with AWSCURRENT to be seen in mysql.user, so its rights can not be passed on. Let the user of '
        + 'the superuser secret read the database mysql');
    }
    const before = await this.accounts(user);
    if (!this.isMariaDb && isLong(password) && [...originals, ...before].some(({ plugin }) => plugin !== NATIVE)) { throw tooLong(); }
    const isWayBack = isFirst && before.length > 0;
    if (!isWayBack) { await this.copyAccounts(user, password, original, originals, before); }
    const accounts = await this.accounts(user);
    for (const account of isWayBack ? accounts : accounts.filter(({ host }) => originals.some((other) => other.host === host))) {
      await this.changePassword(accountName(user, account.host), account, password);
    }
  }

  public close(): Promise<void> {
    return this.connection.close();
  }

  /** MySQL compares what follows REPLACE with the first password only, so no repetition can make RETAIN keep another one. */
  private async addOwnPassword({ known, password, isKnown, isAdded, checkInProgress }: AddPasswordRequest): Promise<void> {
    if (this.isMariaDb) {
      throw new TargetRefusedError('A user of MariaDB can not give itself a second password, so nothing was changed. Give RotationStrategy.dualPasswords a superuser secret');
    }
    await this.mustBeTheOnlyAccount();
    if (isLong(password) && await this.ownPlugin() !== NATIVE) { throw tooLong(); }
    const change = `ALTER USER USER() IDENTIFIED BY ${literal(password)}`;
    const alter = async (clauses: string) => {
      await checkInProgress();
      try {
        await this.connection.query(change + clauses);
        return true;
      } catch (error) {
        const { code = '' } = error as { code?: string };
        if (code === 'ER_SPECIFIC_ACCESS_DENIED_ERROR') { throw withoutRight(code); }
        // The server looks at the history before it compares.
        if (code === 'ER_CREDENTIALS_CONTRADICT_TO_HISTORY' && await isAdded()) { return true; }
        if (code !== 'ER_INCORRECT_CURRENT_PASSWORD') { throw error; }
        return false;
      }
    };
    // The second statement sets a password that is the first one already. It asks that without a login: a wrong one might lock the user.
    if (await alter(` REPLACE ${literal(known.password)} RETAIN CURRENT PASSWORD`) || await alter(` REPLACE ${literal(password)}`)) { return; }
    // The known password is the second one, as after a rotation that was given up. RETAIN would discard it. If it is not known any more, the first
    // one is not from a rotation, and may be the only one that somebody has.
    if (!await isKnown() || !await alter('')) { throw refusal('The database server', 'ER_INCORRECT_CURRENT_PASSWORD', REMEDIES.ER_INCORRECT_CURRENT_PASSWORD); }
  }

  /** As the superuser. RETAIN keeps whatever is the first password, so the hashes say first which that is. */
  private async addPasswordOf(user: string, { known, password, checkInProgress }: AddPasswordRequest): Promise<void> {
    const { host, plugin, passwordHash, secondHash, terms } = onlyAccount(await this.accounts(user));
    const account = accountName(user, host);
    const hashes = this.isMariaDb ? mariaDbHashes(terms) : [passwordHash, secondHash];
    const rounds = Math.max(...hashes.map((hash) => roundsOf(hash ?? '')));
    if (rounds > MAX_ROUNDS) {
      throw new TargetRefusedError(`The server has ${rounds} rounds for each hash of the user (caching_sha2_password_digest_rounds), and this function computes at most ${MAX_ROUNDS}, so `
        + 'nothing was changed. Set fewer, and give the user its password again, or let the user add its passwords itself, without a superuser secret');
    }
    const place = (one: string) => hashes.findIndex((hash) => hash !== undefined && isHashOf(hash, one));
    if (place(password) !== -1) { return; }
    const kept = place(known.password);
    if (kept === -1) {
      throw new TargetRefusedError('The server accepts a password of the secret, and stores no hash of it that this function knows, so nothing was changed. See that nobody else changes the '
        + 'password, and rotate again');
    }
    if (!this.isMariaDb && isLong(password) && plugin !== NATIVE) { throw tooLong(); }
    await checkInProgress();
    if (this.isMariaDb) {
      await this.setMariaDbPasswords(account, [password, known.password]);
    } else {
      await this.connection.query(`ALTER USER ${account} IDENTIFIED WITH ${plugin} BY ${literal(password)}${kept === 0 ? ' RETAIN CURRENT PASSWORD' : ''}`);
    }
  }

  /** All at once: MariaDB has no first and second password, but ways to log in, of which any will do. */
  private async setMariaDbPasswords(account: string, passwords: readonly string[]): Promise<void> {
    const set = (texts: readonly string[]) => this.connection.query(`ALTER USER ${account} IDENTIFIED VIA ${texts.map((text) => `${NATIVE} USING ${text}`).join(' OR ')}`);
    await this.withHashIfAllowed(() => set(passwords.map((password) => literal(nativeHash(password)))), async () => {
      try {
        await set(passwords.map((password) => `PASSWORD(${literal(password)})`));
      } catch (error) {
        const { code } = error as { code?: string };
        if (code !== CANNOT_USER) { throw error; }
        throw refusal('The database server', code, `A password plugin refuses the pending password, or the one that is to be kept (password_reuse_check does). ${NEW_POLICY}`);
      }
    });
  }

  private async ownPlugin(): Promise<string | undefined> {
    const [created] = await this.connection.query('SHOW CREATE USER CURRENT_USER()');
    return / IDENTIFIED WITH '(\w+)'/.exec(String(Object.values(created)[0]))?.[1];
  }

  /** The account of the session, and the host that the connection comes from. */
  private async account(): Promise<OwnAccount> {
    if (!this.ownAccount) {
      const [{ account, client }] = await this.connection.query('SELECT CURRENT_USER() AS account, USER() AS client');
      const [name, host] = splitAccount(String(account));
      this.ownAccount = { name, host, client: splitAccount(String(client))[1] };
    }
    return this.ownAccount;
  }

  /**
   * A user can change the password of its own account only. This looks for its other accounts, as far as the server shows them. Clients that
   * connect by one of them would be refused after the rotation.
   */
  private async mustBeTheOnlyAccount(): Promise<void> {
    const account = await this.account();
    const { host } = account;
    const others = await this.otherHosts(account);
    if (others.length === 0) { return; }
    throw new TargetRefusedError(`The user has more than one account, and may change the password of one only, so nothing was changed. Its account is for ${hostText(host)}, and there `
      + `are others for ${others.map(hostText).join(', ')}. ${ONE_ACCOUNT}, which changes all of them`);
  }

  private async otherHosts({ name, host, client }: OwnAccount): Promise<string[]> {
    try {
      return (await this.rows(name)).map(({ Host }) => String(Host)).filter((other) => other !== host);
    } catch (error) {
      if (error instanceof ConnectivityError) { throw error; }
    }
    // MariaDB doesn't tell whether an account exists.
    if (this.isMariaDb) { return []; }
    const [a, b, c] = isIP(client) === 4 ? client.split('.') : [];
    const likely = ['%', 'localhost', client, ...a === undefined ? [] : [`${a}.%`, `${a}.${b}.%`, `${a}.${b}.${c}.%`]];
    const found: string[] = [];
    for (const other of new Set(likely)) {
      if (other !== host && await this.exists(name, other)) { found.push(other); }
    }
    return found;
  }

  /** For a user who may not read the other account. The server has different errors for an unknown account and for one without permission. */
  private async exists(name: string, host: string): Promise<boolean> {
    try {
      await this.connection.query(`SHOW GRANTS FOR ${accountName(name, host)}`);
      return true;
    } catch (error) {
      if (!(error instanceof TargetRefusedError)) { throw error; }
      return error.code !== 'ER_NONEXISTING_GRANT';
    }
  }

  private async failedLoginLimit(): Promise<number> {
    if (this.isMariaDb) {
      const [{ limit }] = await this.connection.query('SELECT @@GLOBAL.max_password_errors AS `limit`');
      return Number(limit) < 2 ** 32 - 1 ? Number(limit) : 0;
    }
    return failedLoginLimit(await this.terms('CURRENT_USER()'));
  }

  /** Serializes copies of this function. The server releases the lock with the connection. */
  private async lock(users: readonly string[]): Promise<void> {
    const name = createHash('sha1').update(JSON.stringify([...users].sort())).digest('hex');
    do {
      const [{ locked }] = await this.connection.query(`SELECT GET_LOCK('cdk-rotating-secret ${name}', ${LOCK_TIMEOUT_SECONDS}) AS locked`);
      if (Number(locked) === 1) { return; }
      if (locked === null) { break; }
      this.deadline.signal.throwIfAborted();
    } while (this.deadline.remainingTimeInMillis() > 2 * LOCK_TIMEOUT_SECONDS * 1000);
    throw refusal('The database server', 'ER_LOCK_WAIT_TIMEOUT', REMEDIES.ER_LOCK_WAIT_TIMEOUT);
  }

  /** The stored accounts of a user. The server may compare names without trailing spaces. */
  private async rows(user: string): Promise<Row[]> {
    const rows = await this.connection.query(`SELECT * FROM mysql.user WHERE User = ${literal(user)}${this.isMariaDb ? ' AND is_role = \'N\'' : ''}`);
    return rows.filter(({ User }) => String(User) === user);
  }

  /** A user has an account for each host that it may come from. */
  private async accounts(user: string): Promise<Account[]> {
    const roles = this.isMariaDb ? [] : await this.connection.query(`SELECT * FROM mysql.default_roles WHERE USER = ${literal(user)} ORDER BY 3, 4`);
    const accounts: Account[] = [];
    for (const row of await this.rows(user)) {
      accounts.push({
        host: String(row.Host),
        plugin: String(row.plugin) || NATIVE,
        terms: await this.terms(accountName(user, String(row.Host))),
        defaultRoles: this.isMariaDb
          ? row.default_role ? identifier(String(row.default_role)) : ''
          : roles.filter((role) => role.HOST === row.Host && role.USER === user).map((role) => accountName(String(role.DEFAULT_ROLE_USER), String(role.DEFAULT_ROLE_HOST))).join(', '),
        attributes: attributesOf(row).metadata ?? {},
        secondHash: attributesOf(row).additional_password,
        passwordHash: String(row.authentication_string ?? ''),
      });
    }
    return accounts;
  }

  private async terms(account: string): Promise<Terms> {
    const [created] = await this.connection.query(`SHOW CREATE USER ${account}`);
    try {
      return parseTerms(String(Object.values(created)[0]));
    } catch (error) {
      if (!(error instanceof UnknownTermError)) { throw error; }
      throw new TargetRefusedError(`An account has a property that this function doesn't know${error.part ? ` (${error.part})` : ''}, so it was not changed. Take the property from the `
        + 'account, or report it as an issue of cdk-rotating-secret');
    }
  }

  /** Makes the accounts of `user` equal to those of `original`: adds, changes and locks accounts. */
  private async copyAccounts(
    user: string, password: string, original: string, wanted: readonly Account[], before: readonly Account[],
  ): Promise<void> {
    const marked = await this.markedHosts(user, original, before);
    const isIn = (accounts: readonly Account[], host: string) => accounts.some((account) => account.host === host);
    // Locked and not dropped, because it may be the definer of views and routines.
    for (const { host } of before.filter((account) => marked.has(account.host) && !isLocked(account.terms) && !isIn(wanted, account.host))) {
      await this.connection.query(`ALTER USER ${accountName(user, host)} ACCOUNT LOCK`);
    }
    const unmarked = before.filter(({ host }) => !marked.has(host) && isIn(wanted, host));
    await this.mark(unmarked.map(({ host }) => accountName(user, host)), original);
    for (const { host, plugin } of wanted.filter((account) => !isIn(before, account.host))) {
      // This password comes from the pending value, and the user has no other one until the end.
      await this.create(accountName(user, host), plugin, unfinished(password), original, marked.size > 0);
    }
    const accounts = await this.accounts(user);
    for (const account of wanted) { await this.share(original, account, user, accounts.find(({ host }) => host === account.host)!); }
  }

  /** The hosts of the accounts of `user` that an earlier rotation marked as alternating with `other`. */
  private async markedHosts(user: string, other: string, accounts: readonly Account[]): Promise<ReadonlySet<string>> {
    if (!this.isMariaDb) { return new Set(accounts.filter(({ attributes }) => isMarkOf(attributes[MARK], other)).map(({ host }) => host)); }
    const rows = await this.connection.query(`SELECT * FROM mysql.roles_mapping WHERE Role = ${literal(markRole(other))} AND User = ${literal(user)}`);
    return new Set(rows.filter(({ User }) => String(User) === user).map(({ Host }) => String(Host)));
  }

  /**
   * Creates the account with its mark in one statement, if the server can do that. After a crash between the two, another rotation couldn't
   * continue.
   */
  private async create(account: string, plugin: string, password: string, original: string, mustMark: boolean): Promise<void> {
    if (!this.isMariaDb) {
      const mark = this.hasAttributes ? ` ATTRIBUTE ${attributesText({ [MARK]: markOf(original) })}` : '';
      await this.connection.query(`CREATE USER ${account} IDENTIFIED WITH ${plugin} BY ${literal(password)}${mark}`);
      return;
    }
    const make = (what: string) => this.makeMariaDbAccount(what, plugin, password);
    if (!await this.withMarkRole(original, mustMark, (role) => make(`GRANT ${role} TO ${account}`))) { await make(`CREATE USER ${account}`); }
  }

  private async makeMariaDbAccount(statement: string, plugin: string, password: string): Promise<void> {
    const text = `PASSWORD(${literal(password)})`;
    const set = (by: string) => this.connection.query(`${statement} IDENTIFIED VIA ${plugin} USING ${by}`);
    await (plugin === NATIVE ? this.withHashIfAllowed(() => set(literal(nativeHash(password))), () => set(text)) : set(text));
  }

  /** Marks existing accounts, all at once. */
  private async mark(accounts: readonly string[], original: string): Promise<void> {
    if (accounts.length === 0) { return; }
    if (this.isMariaDb) {
      await this.withMarkRole(original, false, (role) => this.connection.query(`GRANT ${role} TO ${accounts.join(', ')}`));
    } else if (this.hasAttributes) {
      await this.connection.query(`ALTER USER ${accounts.join(', ')} ATTRIBUTE ${attributesText({ [MARK]: markOf(original) })}`);
    }
  }

  private async share(original: string, wanted: Account, user: string, present: Account): Promise<void> {
    const account = accountName(user, present.host);
    const terms = reconcileTerms(wanted.terms, present.terms);
    if (terms !== '') { await this.connection.query(`ALTER USER ${account} ${terms}`); }
    if (this.hasAttributes) {
      const change = attributeChanges({ ...wanted.attributes, [MARK]: markOf(original) }, present.attributes);
      if (change) { await this.connection.query(`ALTER USER ${account} ATTRIBUTE ${attributesText(change)}`); }
    }
    const [granted, had] = [await this.grants(accountName(original, wanted.host)), await this.grants(account)];
    for (const statement of reconcileGrants(account, granted, had)) { await this.connection.query(statement); }
    if (wanted.defaultRoles !== present.defaultRoles) {
      await this.connection.query(`SET DEFAULT ROLE ${wanted.defaultRoles || 'NONE'} ${this.isMariaDb ? 'FOR' : 'TO'} ${account}`);
    }
  }

  /**
   * The mark role in MariaDB, which has no attributes. Returns false if the role belongs to another superuser: then only a login with
   * AWSPREVIOUS is a proof.
   *
   * @throws TargetRefusedError in that case if there must be a mark, because other accounts of the user have it
   */
  private async withMarkRole(first: string, mustMark: boolean, use: (role: string) => Promise<unknown>): Promise<boolean> {
    return this.withRole(markRole(first), mustMark, use);
  }

  private async withRole(name: string, mustMark: boolean, use: (role: string) => Promise<unknown>): Promise<boolean> {
    const role = identifier(name);
    try {
      await this.connection.query(`CREATE ROLE IF NOT EXISTS ${role}`);
      await use(role);
      return true;
    } catch (error) {
      if (mustMark || !(error instanceof TargetRefusedError)) { throw error; }
      return false;
    }
  }

  private async grants(account: string): Promise<string[]> {
    const lines = (await this.connection.query(`SHOW GRANTS FOR ${account}`)).map((row) => String(Object.values(row)[0]));
    return lines.filter((line) => !line.startsWith(`GRANT \`${MARK} `));
  }

  /** Also ends a lock by failed logins, because a check of the pending password may have caused it. */
  private async changePassword(account: string, { plugin, terms, secondHash }: Account, password: string): Promise<void> {
    if (this.isMariaDb) {
      // SET PASSWORD changes the first way to log in only.
      await (isNativeOnly(terms) ? this.setMariaDbPasswords(account, [password]) : this.setMariaDbPassword(` FOR ${account}`, plugin, password));
      if (!isLocked(terms) && await this.failedLoginLimit() > 0) { await this.connection.query(`ALTER USER ${account} ACCOUNT UNLOCK`); }
    } else {
      await this.connection.query(`ALTER USER ${account} IDENTIFIED WITH ${plugin} BY ${literal(password)}${endOfLock(terms)}`);
      if (secondHash !== undefined) { await this.connection.query(`ALTER USER ${account} DISCARD OLD PASSWORD`); }
    }
  }

  /**
   * MariaDB logs statements unchanged, so it gets a hash of the password. It gets the password itself if a plugin has to check it
   * (`strict_password_validation`).
   */
  private async setMariaDbPassword(whose: string, plugin: string, password: string): Promise<void> {
    const set = (by: string) => this.connection.query(`SET PASSWORD${whose} = ${by}`);
    const text = `PASSWORD(${literal(password)})`;
    await (plugin === NATIVE ? this.withHashIfAllowed(() => set(literal(nativeHash(password))), () => set(text)) : set(text));
  }

  /** The errors of a server that wants to see the password have other causes too, so the settings decide. */
  private async withHashIfAllowed(withHash: () => Promise<unknown>, withText: () => Promise<unknown>): Promise<void> {
    try {
      await withHash();
    } catch (error) {
      if (!HASH_REFUSED.has((error as { code?: string }).code ?? '')) { throw error; }
      const [{ judges }] = await this.connection.query('SELECT @@GLOBAL.strict_password_validation AND @@GLOBAL.read_only IN (\'0\', \'OFF\') AND EXISTS (SELECT 1 FROM '
        + 'information_schema.PLUGINS WHERE PLUGIN_TYPE = \'PASSWORD VALIDATION\' AND PLUGIN_STATUS = \'ACTIVE\') AS judges');
      if (Number(judges) !== 1) { throw error; }
      await withText();
    }
  }
}

/** @throws TargetRefusedError unless there is one account, with a password */
function onlyAccount(accounts: readonly Account[]): Account {
  mustHavePasswords(accounts);
  if (accounts.length !== 1) {
    throw new TargetRefusedError(`The user has ${accounts.length === 0 ? 'no account that the superuser sees' : 'more than one account'}, so nothing was changed. `
      + (accounts.length === 0 ? 'Let the user of the superuser secret read the database mysql' : ONE_ACCOUNT));
  }
  return accounts[0];
}

function hasPassword({ passwordHash }: Account, password: string): boolean {
  return roundsOf(passwordHash) <= MAX_ROUNDS && isHashOf(passwordHash, password);
}

const ONE_ACCOUNT = 'Drop the accounts that are not used, or alternate between two users with RotationStrategy.alternatingUsers';

const NO_DUAL_PASSWORDS = 'It can not accept two passwords of a user, so nothing was changed. Upgrade it, or alternate between two users with RotationStrategy.alternatingUsers';

function withoutRight(code: string): TargetRefusedError {
  return new TargetRefusedError(`The database server refused with ${code}, so nothing was changed. The user may not keep its old password as a second one. As an administrator, run `
    + 'GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO that user, or give RotationStrategy.dualPasswords a superuser secret', code);
}

/** The hashes of every way in which an account can log in. */
function mariaDbHashes(terms: Terms): string[] {
  if (!isNativeOnly(terms)) {
    throw new TargetRefusedError(`The account has an authentication method other than ${NATIVE}, which a second password would replace, so nothing was changed. Remove that method, `
      + 'or alternate between two users with RotationStrategy.alternatingUsers');
  }
  return terms.get('IDENTIFIED')!.match(/\*[0-9A-F]{40}/g)!;
}

/** Whether an account of MariaDB has passwords of mysql_native_password, and no other way to log in. */
function isNativeOnly(terms: Terms): boolean {
  return /^IDENTIFIED (?:BY PASSWORD '\*[0-9A-F]{40}'|VIA mysql_native_password USING '\*[0-9A-F]{40}'(?: OR mysql_native_password USING '\*[0-9A-F]{40}')*)$/
    .test(terms.get('IDENTIFIED') ?? '');
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

/** The password of an unfinished account. Servers accept its length, and it is as strong as the password itself. */
function unfinished(password: string): string {
  const prefix = Buffer.from(password).subarray(0, UNFINISHED_PREFIX).toString().replace(/\uFFFD+$/, '');
  return prefix + createHmac('sha256', password).update('unfinished').digest('hex').slice(0, 32);
}

function markOf(first: string): unknown {
  return { alternatesWith: first };
}

/** The mark role of users in MariaDB that alternate with a first user. */
export function markRole(first: string): string {
  return `${MARK} ${createHash('sha256').update(first).digest('hex').slice(0, 32)}`;
}

function isMarkOf(mark: unknown, first: string): boolean {
  return (mark as { alternatesWith?: unknown } | null | undefined)?.alternatesWith === first;
}

interface UserAttributes {
  /** The attributes from CREATE USER and ALTER USER. */
  readonly metadata?: Attributes;
  readonly additional_password?: string;
}

/** The driver may have parsed the column already. */
function attributesOf({ User_attributes: column }: Row): UserAttributes {
  return ((typeof column === 'string' ? JSON.parse(column) : column) as UserAttributes | null | undefined) ?? {};
}

/** The change that makes the attributes `present` equal to `wanted`. Undefined if there is none. */
function attributeChanges(wanted: Attributes, present: Attributes): Record<string, unknown> | undefined {
  const all = [...new Set([...Object.keys(wanted), ...Object.keys(present)])];
  const names = all.filter((name) => JSON.stringify(wanted[name]) !== JSON.stringify(present[name]));
  // The server merges objects, so a removed inner attribute has to be named.
  const change = (to: unknown, from: unknown) => isObject(to) && isObject(from) ? attributeChanges(to, from) ?? {} : to ?? null;
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, change(wanted[name], present[name])]));
}

function isObject(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function attributesText(value: Record<string, unknown>): string {
  return literal(JSON.stringify(value));
}

/** A host has no `@`, but a name may have one. */
function splitAccount(account: string): [name: string, host: string] {
  const at = account.lastIndexOf('@');
  return [account.slice(0, at), account.slice(at + 1)];
}

function isAtLeast(version: string, [major, minor, patch]: readonly number[]): boolean {
  const [a = 0, b = 0, c = 0] = version.split(/[.-]/).map(Number);
  return a !== major ? a > major : b !== minor ? b > minor : c >= patch;
}

function hostText(host: string): string {
  return /^[\w.:%/-]{1,255}$/.test(host) ? `'${host}'` : 'a host with an odd name';
}

/** Most plugins of MySQL refuse it, with an error that says only that the user can't be changed. */
function isLong(password: string): boolean {
  return Buffer.byteLength(password) > MAX_PASSWORD_BYTES;
}

function tooLong(): SecretValueError {
  return new SecretValueError(`The password in the key "password" of the pending version is longer than ${MAX_PASSWORD_BYTES} bytes, which is the most that the authentication plugin `
    + `of the user takes, so nothing was changed. ${NEW_POLICY}`);
}

function mustHavePasswords(accounts: readonly Account[]): void {
  const plugin = accounts.map((account) => account.plugin).find((name) => !PASSWORD_PLUGINS.has(name));
  if (plugin !== undefined) {
    throw new TargetRefusedError(`An account has the authentication plugin ${/^\w{1,64}$/.test(plugin) ? plugin : 'with an odd name'}, which this function does not `
      + `rotate. Rotate users whose accounts have ${[...PASSWORD_PLUGINS].join(', ')}`);
  }
}

export async function connectMySql(credentials: Credentials, tls: DatabaseTls | undefined, deadline: Deadline): Promise<MySqlConnection> {
  const { host, port, username: user, password, dbname: database } = credentials;
  // For an address, the driver would check the certificate against the name `localhost`.
  if (tls && isIP(host)) {
    throw new TlsError('The key "host" in the value of the secret is an address, and a certificate is for a name. Put the name of the server in its certificate there');
  }
  const connection = createConnection({
    host,
    port,
    user,
    password,
    database,
    ssl: tls,
    charset: 'UTF8MB4_GENERAL_CI',
    connectTimeout: connectTimeout(deadline),
    // Parsers that are made at run time only pay off for thousands of rows.
    disableEval: true,
    // None is prepared. The driver takes memory for the most at once: by default half a megabyte for each connection.
    maxPreparedStatements: 1,
  });
  // The driver's own `destroy` waits for the server to close the connection.
  const destroy = () => { (connection as unknown as { stream: { destroy(): void } }).stream.destroy(); };
  // Without a listener, an idle connection that breaks would end the process.
  connection.on('error', () => {});
  deadline.signal.addEventListener('abort', destroy);
  const close = async () => {
    await new Promise<void>((resolve) => {
      // COM_QUIT would wait behind a statement without an answer.
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
    if (NOT_ACCEPTED.has(code) || errno === MARIADB_LOCKED || errno === MARIADB_BLOCKED) {
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
  const { code = '', errno } = error as DriverError;
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') { return withoutTls(); }
  if (errno === MARIADB_STATEMENT_TIMEOUT) { return refusal('The database server', String(errno), REMEDIES.ER_QUERY_TIMEOUT); }
  return connectionError(error as DriverError) ?? refusal('The database server', code || String(errno ?? ''), remedyOf(REMEDIES, code));
}

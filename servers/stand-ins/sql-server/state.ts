/*
 * The logins and users of the stand-in for SQL Server, and what it lets them do.
 * https://learn.microsoft.com/en-us/sql/relational-databases/security/password-policy
 * https://learn.microsoft.com/en-us/sql/relational-databases/security/contained-database-users-making-your-database-portable
 */
import { parse, SqlError, type PasswordOption, type PrincipalOptions, type Statement } from './t-sql';
import type { Cell, Result, Rows } from './tds';

/** What Windows asks of passwords. */
export interface Policy {
  /** How many earlier passwords a user may not have again. */
  readonly history: number;
  /** Whether the minimum age is longer than any test. */
  readonly hasMinimumAge: boolean;
  /** The number of wrong passwords in a row that locks a login. 0 if none does. */
  readonly lockout: number;
  /** Passwords that a filter refuses. */
  readonly filter?: RegExp;
}

/** A login, or a user with a password of a contained database. */
export interface Account {
  readonly name: string;
  password: string;
  readonly earlier: string[];
  checksPolicy: boolean;
  failures: number;
  /** The most of them in a row. */
  mostFailures: number;
  isLocked: boolean;
  isDisabled: boolean;
  isExpired: boolean;
  mustChange: boolean;
  isSysadmin: boolean;
  readonly rights: Set<string>;
}

interface Database {
  readonly name: string;
  readonly isContained: boolean;
  readonly users: Map<string, Account>;
  /** The users of logins, by the logins. */
  readonly usersOf: Map<string, string>;
  isReadOnly: boolean;
}

export interface SqlSession {
  readonly account: Account;
  readonly isContained: boolean;
  database: string;
}

const keyOf = (name: string) => name.toLowerCase();
const denied = (what: string, name: string) => new SqlError(15151, `Cannot alter the ${what} '${name}', because it does not exist or you do not have permission.`);
const failed = (user: string) => new SqlError(18456, `Login failed for user '${user}'.`);

export class ServerState {
  public policy: Policy;
  /** Whether the server takes passwords at all. */
  public takesPasswords = true;
  private readonly logins = new Map<string, Account>();
  private readonly databases = new Map<string, Database>();

  constructor(root: { readonly username: string; readonly password: string }, policy: Policy) {
    this.policy = policy;
    this.databases.set('master', newDatabase('master', false));
    this.logins.set(keyOf(root.username), { ...newAccount(root.username, root.password, false), isSysadmin: true });
  }

  public login(name: string): Account {
    return this.logins.get(keyOf(name))!;
  }

  public database(name: string): Database {
    return this.databases.get(keyOf(name))!;
  }

  /** @throws SqlError, one or two, as the server says them */
  public logIn(user: string, password: string, databaseName: string): SqlSession {
    // The log of the server has the state 58. Clients get the same as for a wrong password.
    if (!this.takesPasswords) { throw failed(user); }
    const database = this.databases.get(keyOf(databaseName === '' ? 'master' : databaseName));
    // A user of the contained database comes before a login with the same name.
    const contained = database?.isContained ? database.users.get(keyOf(user)) : undefined;
    const account = contained ?? this.logins.get(keyOf(user));
    if (!account) { throw failed(user); }
    this.check(account, password);
    if (!database || (!contained && !account.isSysadmin && database.name !== 'master' && !database.usersOf.has(keyOf(user)))) {
      throw new SqlError(4060, `Cannot open database "${databaseName}" requested by the login. The login failed.`);
    }
    return { account, isContained: contained !== undefined, database: database.name };
  }

  /** Nothing of a batch with a syntax error runs. */
  public run(session: SqlSession, batch: string): Result[] {
    return parse(batch).map((statement) => this.resultOf(session, statement));
  }

  private resultOf(session: SqlSession, statement: Statement): Result {
    const rows = this.execute(session, statement);
    const database = statement.kind === 'use' ? session.database : undefined;
    const language = statement.kind === 'set' ? /^LANGUAGE (.*)$/.exec(statement.text)?.[1] : undefined;
    return { rows, database, language };
  }

  private check(account: Account, password: string): void {
    const { name } = account;
    if (account.isLocked) { throw new SqlError(18486, `Login failed for user '${name}' because the account is currently locked out. The system administrator can unlock it.`); }
    if (account.password !== password) {
      this.countFailure(account);
      throw failed(name);
    }
    if (account.isDisabled) { throw new SqlError(18470, `Login failed for user '${name}'. Reason: The account is disabled.`); }
    if (account.mustChange) { throw new SqlError(18488, `Login failed for user '${name}'. Reason: The password of the account must be changed.`); }
    if (account.isExpired) { throw new SqlError(18487, `Login failed for user '${name}'. Reason: The password of the account has expired.`); }
    account.failures = 0;
  }

  private countFailure(account: Account): void {
    account.failures++;
    account.mostFailures = Math.max(account.mostFailures, account.failures);
    if (account.checksPolicy && this.policy.lockout > 0 && account.failures >= this.policy.lockout) { account.isLocked = true; }
  }

  private execute(session: SqlSession, statement: Statement): Rows | undefined {
    const database = this.database(session.database);
    const mayManageLogins = () => session.account.isSysadmin || session.account.rights.has('ALTER ANY LOGIN');
    const mayManageUsers = () => session.account.isSysadmin || session.account.rights.has('ALTER ANY USER');
    const must = (isAllowed: boolean) => { if (!isAllowed) { throw new SqlError(15247, 'User does not have permission to perform this action.'); } };
    switch (statement.kind) {
      case 'set':
        return undefined;
      case 'use':
        if (!this.databases.has(keyOf(statement.text))) { throw new SqlError(911, `Database '${statement.text}' does not exist.`); }
        session.database = this.database(statement.text).name;
        return undefined;
      case 'createLogin': {
        must(mayManageLogins());
        if (this.logins.has(keyOf(statement.name))) { throw new SqlError(15025, `The server principal '${statement.name}' already exists.`); }
        this.logins.set(keyOf(statement.name), this.create(statement.name, statement.options));
        return undefined;
      }
      case 'enableLogin':
        must(mayManageLogins());
        this.existing(this.logins, 'login', statement.name).isDisabled = !statement.isEnabled;
        return undefined;
      case 'dropLogin':
        must(mayManageLogins());
        this.existing(this.logins, 'login', statement.name);
        this.logins.delete(keyOf(statement.name));
        return undefined;
      case 'alterLogin': {
        const account = this.existing(this.logins, 'login', statement.name);
        const isOwn = !session.isContained && account === session.account;
        const may = mayManageLogins() && (!account.isSysadmin || session.account.isSysadmin);
        this.alter(account, 'login', statement.options, isOwn, may);
        return undefined;
      }
      case 'createDatabase':
        must(session.account.isSysadmin);
        this.databases.set(keyOf(statement.name), newDatabase(statement.name, statement.isContained));
        return undefined;
      case 'createUser': {
        must(mayManageUsers());
        if (statement.login !== undefined) {
          database.usersOf.set(keyOf(this.existing(this.logins, 'login', statement.login).name), statement.name);
          return undefined;
        }
        if (!database.isContained) { throw new SqlError(33233, 'You can only create a user with a password in a contained database.'); }
        if (database.users.has(keyOf(statement.name))) { throw new SqlError(15023, `User, group, or role '${statement.name}' already exists in the current database.`); }
        database.users.set(keyOf(statement.name), this.create(statement.name, statement.options));
        return undefined;
      }
      case 'dropUser':
        must(mayManageUsers());
        if (!database.users.delete(keyOf(statement.name)) && !statement.ifExists) { throw denied('user', statement.name); }
        return undefined;
      case 'alterUser': {
        const account = database.users.get(keyOf(statement.name));
        if (!account && [...database.usersOf.values()].some((user) => keyOf(user) === keyOf(statement.name))) {
          throw new SqlError(33234, 'The parameter PASSWORD cannot be provided for users that cannot authenticate in a database.');
        }
        if (!account) { throw denied('user', statement.name); }
        if (database.isReadOnly) { throw new SqlError(3906, `Failed to update database "${database.name}" because the database is read-only.`); }
        this.alter(account, 'user', statement.options, session.isContained && account === session.account, mayManageUsers());
        return undefined;
      }
      case 'grant': {
        must(session.account.isSysadmin);
        const account = statement.right === 'ALTER ANY USER' ? database.users.get(keyOf(statement.to)) ?? this.logins.get(keyOf(statement.to)) : this.logins.get(keyOf(statement.to));
        if (!account) { throw denied('login', statement.to); }
        account.rights.add(statement.right);
        return undefined;
      }
      case 'addSysadmin':
        must(session.account.isSysadmin);
        this.existing(this.logins, 'login', statement.name).isSysadmin = true;
        return undefined;
      case 'select':
        return this.select(session, statement);
    }
  }

  private select(session: SqlSession, { columns }: Extract<Statement, { kind: 'select' }>): Rows {
    const { account, isContained } = session;
    const database = this.database(session.database);
    const own = isContained ? account.name : account.isSysadmin ? 'dbo' : database.usersOf.get(keyOf(account.name)) ?? 'guest';
    const cells = columns.map(({ value }): Cell => {
      switch (value.kind) {
        // The name of a contained user is a SID here.
        case 'originalLogin': return isContained ? 'S-1-9-3-1234567890-1234567890-1234567890-1234567890' : account.name;
        case 'userName': return own;
        case 'databaseName': return database.name;
        case 'ownAuthenticationType': return isContained ? 2 : own === 'guest' ? 0 : 1;
        case 'number': return value.value;
      }
    });
    return {
      names: columns.map(({ name }) => name),
      kinds: columns.map(({ value }) => value.kind === 'ownAuthenticationType' || value.kind === 'number' ? 'number' : 'text'),
      rows: [cells],
    };
  }

  private existing(accounts: ReadonlyMap<string, Account>, what: string, name: string): Account {
    const account = accounts.get(keyOf(name));
    if (!account) { throw denied(what, name); }
    return account;
  }

  private create(name: string, { password, checkPolicy = true }: PrincipalOptions): Account {
    if (!password) { throw new SqlError(102, 'Incorrect syntax near the keyword \'WITH\'.'); }
    if (name.includes('\\')) { throw new SqlError(15006, `'${name}' is not a valid name because it contains invalid characters.`); }
    const account = newAccount(name, password.password, checkPolicy);
    if (checkPolicy) { this.mustMeetPolicy(account, password.password); }
    account.mustChange = password.mustChange;
    return account;
  }

  private alter(account: Account, what: 'login' | 'user', options: PrincipalOptions, isOwn: boolean, mayManage: boolean): void {
    const { password, checkPolicy, checkExpiration } = options;
    if (password) { this.changePassword(account, what, password, isOwn, mayManage); } else if (!mayManage) { throw denied(what, account.name); }
    if (checkPolicy !== undefined) {
      account.checksPolicy = checkPolicy;
      if (!checkPolicy) { account.earlier.length = 0; }
    }
    if (checkExpiration === false) { account.isExpired = false; }
  }

  private changePassword(account: Account, what: string, given: PasswordOption, isOwn: boolean, mayManage: boolean): void {
    const { password, oldPassword, mustChange, unlock } = given;
    if (!mayManage && (!isOwn || oldPassword === undefined)) { throw denied(what, account.name); }
    if (oldPassword !== undefined && account.isLocked) { throw new SqlError(15113, 'Too many failed login attempts.'); }
    if (oldPassword !== undefined && account.password !== oldPassword) {
      this.countFailure(account);
      throw denied(what, account.name);
    }
    if (account.checksPolicy) {
      // An administrator who gives no old password resets it, which the history and the age don't prevent.
      if (oldPassword !== undefined) {
        if (this.policy.hasMinimumAge && account.earlier.length > 0) { throw invalidPassword(15114, 'for the user is too recent to change'); }
        if ([account.password, ...account.earlier].slice(0, this.policy.history).includes(password)) { throw invalidPassword(15115, 'cannot be used at this time'); }
      }
      this.mustMeetPolicy(account, password);
    }
    account.earlier.unshift(account.password);
    account.password = password;
    account.mustChange = mustChange;
    account.isExpired = false;
    if (unlock) {
      account.isLocked = false;
      account.failures = 0;
    }
  }

  private mustMeetPolicy({ name }: Account, password: string): void {
    const because = 'does not meet Windows policy requirements because it is';
    if (password.length < 8) { throw invalidPassword(15116, `${because} too short`); }
    if (password.length > 128) { throw invalidPassword(15117, `${because} too long`); }
    const classes = [/[A-Z]/, /[a-z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((each) => each.test(password)).length;
    if (classes < 3 || (name.length >= 3 && keyOf(password).includes(keyOf(name)))) { throw invalidPassword(15118, `${because} not complex enough`); }
    if (this.policy.filter?.test(password)) { throw invalidPassword(15119, 'does not meet the requirements of the password filter DLL'); }
  }
}

function invalidPassword(number: number, why: string): SqlError {
  return new SqlError(number, `Password validation failed. The password ${why}.`);
}

function newAccount(name: string, password: string, checksPolicy: boolean): Account {
  const isNot = { isLocked: false, isDisabled: false, isExpired: false, mustChange: false, isSysadmin: false };
  return { name, password, earlier: [], checksPolicy, failures: 0, mostFailures: 0, ...isNot, rights: new Set() };
}

function newDatabase(name: string, isContained: boolean): Database {
  return { name, isContained, users: new Map(), usersOf: new Map(), isReadOnly: false };
}

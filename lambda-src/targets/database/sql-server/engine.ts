import type { Credentials } from '../credentials';
import type { ChangePasswordRequest, Engine, Session } from '../engine';
import { connectSqlServer, type ConnectSqlServer, type SqlServerConnection } from './connection';
import { DATABASE_ENGINE_NAMES } from '../../../../src/targets/database/contract';
import type { Deadline } from '../../../rotation/deadline';
import { ConfigurationError, SecretValueError } from '../../../rotation/errors';
import type { DatabaseTls } from '../tls';

/** UTF-16 code units: https://learn.microsoft.com/en-us/sql/relational-databases/databases/database-identifiers */
const MAX_NAME_LENGTH = 128;
/** UTF-16 code units: https://learn.microsoft.com/en-us/sql/relational-databases/security/password-policy */
const MAX_PASSWORD_LENGTH = 128;
/** Windows looks for shorter names in no password: https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/security-policy-settings/password-must-meet-complexity-requirements */
const LEAST_NAME_IN_PASSWORD = 3;

/** As in AWS's own rotation functions. */
const DEFAULT_DATABASE = 'master';

/** In milliseconds. Shorter than the time after which the function gives a statement up, so that none runs later. */
const LOCK_TIMEOUT = 5_000;

/** The value of `authentication_type` for a user with a password of the database: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-database-principals-transact-sql */
const BY_DATABASE = 2;

/** A user of a contained database has no login, and another user may be called as the login is: https://learn.microsoft.com/en-us/sql/t-sql/functions/original-login-transact-sql */
const WHO = 'SELECT ORIGINAL_LOGIN() AS [login], USER_NAME() AS [user], '
  + '(SELECT authentication_type FROM sys.database_principals WHERE principal_id = DATABASE_PRINCIPAL_ID()) AS [type]';

/** Microsoft SQL Server 2012 and later, on RDS and elsewhere. */
export class SqlServer implements Engine {
  public readonly engines = DATABASE_ENGINE_NAMES.sqlServer;
  public readonly defaultPort = 1433;

  constructor(private readonly tls: DatabaseTls | undefined, private readonly connect: ConnectSqlServer = connectSqlServer) {}

  public userNameLimit(name: string): string | undefined {
    return name.length > MAX_NAME_LENGTH ? `${MAX_NAME_LENGTH} characters, the limit of SQL Server` : undefined;
  }

  /** The policy of Windows refuses a password with the name of the user in it. */
  public mayHave(password: string, user: string): boolean {
    return user.length < LEAST_NAME_IN_PASSWORD || !password.toLowerCase().includes(user.toLowerCase());
  }

  public async logIn(credentials: Credentials, deadline: Deadline): Promise<Session> {
    const { dbname, databases } = credentials;
    // A superuser logs in where the user is that it changes: another database may have another user with that name.
    const database = (databases ? databases.changed : dbname) ?? DEFAULT_DATABASE;
    const connection = await this.connect(credentials, database, this.tls, deadline);
    try {
      const [{ login, user, type }] = await connection.query(`SET LOCK_TIMEOUT ${LOCK_TIMEOUT}; ${WHO}`);
      const principal: Principal = type === BY_DATABASE ? { name: String(user), kind: 'USER' } : { name: String(login), kind: 'LOGIN' };
      return new SqlServerSession(connection, credentials, principal);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }
}

/** A login of the server, or a user of a contained database. */
interface Principal {
  readonly name: string;
  readonly kind: 'LOGIN' | 'USER';
}

class SqlServerSession implements Session {
  constructor(private readonly connection: SqlServerConnection, private readonly own: Credentials, private readonly principal: Principal) {}

  public get kind(): Principal['kind'] {
    return this.principal.kind;
  }

  /** A server that ignores case took the name for that of this user. One that doesn't has it exactly so. */
  public async user(): Promise<string> {
    const { name } = this.principal;
    const { username } = this.own;
    return name.toLowerCase() === username.toLowerCase() ? username : name;
  }

  /** A user has one password for all hosts. How many wrong ones lock it is a policy of Windows, which SQL Server doesn't show. */
  public async checkOwnPasswordChange(): Promise<void> {}

  /** With the old password, a user needs no right, and a copy of this function that comes late changes nothing. */
  public async changeOwnPassword(password: string): Promise<void> {
    await this.alter(this.principal, `PASSWORD = ${passwordLiteral(password)} OLD_PASSWORD = ${passwordLiteral(this.own.password)}`);
  }

  /** A superuser may not see which kind the user is, and a login may have the name of a contained user. */
  public async changePasswordOf({ user, password, kind }: ChangePasswordRequest): Promise<void> {
    // Only a reset knows no kind.
    if (kind !== 'LOGIN' && kind !== 'USER') { throw unsupported('resetLostPassword'); }
    if (user.toLowerCase() === this.principal.name.toLowerCase()) {
      throw new SecretValueError('The superuser secret has the user whose password it would change, apart from upper and lower case, which a server may ignore, so nothing was changed. Use the secret of another user '
        + 'that may manage this one');
    }
    await this.alter({ name: user, kind }, `PASSWORD = ${passwordLiteral(password)}`);
  }

  public async createUser(): Promise<never> {
    throw unsupported('creationStatements');
  }

  public async checkIsResettable(): Promise<never> {
    throw unsupported('resetLostPassword');
  }

  public async claim(): Promise<never> {
    throw unsupported('alternating users');
  }

  public async shareWith(): Promise<never> {
    throw unsupported('alternating users');
  }

  public close(): Promise<void> {
    return this.connection.close();
  }

  /**
   * The statement is alone in its batch: the server leaves the passwords of ALTER LOGIN out of its traces, and not those of a batch that runs a text.
   *
   * https://learn.microsoft.com/en-us/archive/blogs/sqlsecurity/filtering-obfuscating-sensitive-text-in-sql-server,
   * https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-login-transact-sql,
   * https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-user-transact-sql
   */
  private async alter({ name, kind }: Principal, options: string): Promise<void> {
    await this.connection.query(`ALTER ${kind} ${identifier(name)} WITH ${options}`);
  }
}

function unsupported(what: string): ConfigurationError {
  return new ConfigurationError(`The configuration has ${what}, which RotationTarget.sqlServer does not have. Give it RotationStrategy.singleUser() without that, and deploy`);
}

/** As QUOTENAME does: https://learn.microsoft.com/en-us/sql/t-sql/functions/quotename-transact-sql */
function identifier(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}

/** With N, the server doesn't convert the text to a code page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/constants-transact-sql */
function literal(text: string): string {
  // https://learn.microsoft.com/en-us/sql/t-sql/language-elements/sql-server-utilities-statements-backslash
  if (/\\\r?\n/.test(text)) {
    throw new SecretValueError('A user name or a password in the secret has a backslash before the end of a line, which SQL Server leaves out, so nothing was changed. Put one without it into the secret');
  }
  return `N'${text.replaceAll('\'', '\'\'')}'`;
}

function passwordLiteral(password: string): string {
  if (password.length > MAX_PASSWORD_LENGTH) {
    throw new SecretValueError(`A password in the secret has more than ${MAX_PASSWORD_LENGTH} characters, the limit of SQL Server, so nothing was changed. Put a shorter one into the secret, or give a shorter passwordLength`);
  }
  return literal(password);
}

import { connectOracle, type ConnectOracle, type OracleConnection, type Row } from './connection';
import { DATABASE_ENGINE_NAMES } from '../../../../src/targets/database/contract';
import { findUserNameProblem, ORACLE_TLS_PORT, storedName } from '../../../../src/targets/database/oracle/contract';
import type { Deadline } from '../../../rotation/deadline';
import { AuthenticationError, ConnectivityError, RotationError, SecretValueError, TargetRefusedError, TlsError } from '../../../rotation/errors';
import { remedyOf } from '../../../rotation/service-errors';
import type { Credentials } from '../credentials';
import type { AddPasswordRequest, Engine, Session } from '../engine';
import { NEW_POLICY, refusal } from '../failures';
import type { DatabaseTls } from '../tls';

/** https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Database-Object-Names-and-Qualifiers.html: since 12.2 */
const MAX_NAME_BYTES = 128;

/** https://docs.oracle.com/en/error-help/db/ora-01017/ */
const WRONG_PASSWORD = 'ORA-01017';
/** https://docs.oracle.com/en/error-help/db/ora-28007/ */
const USED_BEFORE = 'ORA-28007';

const LISTENER = 'See that the keys "host", "port" and "dbname" are right, and that the instance is open: dbname is the name of a service, as lsnrctl or the page of the instance in the console shows it';
const TOO_LONG = 'The password is longer than the server takes, which is 30 bytes before Oracle 23ai. ' + NEW_POLICY;
const WAIT = 'Another session holds a lock on the user. Secrets Manager retries the rotation';

/** https://docs.oracle.com/en/database/oracle/oracle-database/19/netrf/parameters-for-the-sqlnet.ora.html */
const NETWORK_ENCRYPTION = 'set SQLNET.ENCRYPTION_SERVER and SQLNET.CRYPTO_CHECKSUM_SERVER to REQUESTED there, or with TLS SQLNET.IGNORE_ANO_ENCRYPTION_FOR_TCPS to TRUE';

/** https://docs.oracle.com/en/error-help/db/ has a page of each, https://github.com/oracle/node-oracledb those that begin with NJS. */
const REMEDIES: Record<string, string> = {
  'ORA-00018': 'The server has no session left. Secrets Manager retries the rotation',
  'ORA-00020': 'The server has no process left. Secrets Manager retries the rotation',
  'ORA-00054': WAIT,
  'ORA-00604': 'A trigger of the server failed, such as one for logons or for DDL. Look into the log of the server',
  'ORA-00972': TOO_LONG,
  'ORA-00988': TOO_LONG,
  'ORA-01031': 'The user may not change its password. Look for a trigger or a rule of Database Vault that forbids it',
  'ORA-01033': 'The instance is starting or stopping. Secrets Manager retries the rotation',
  'ORA-01034': 'The instance is not open. Start it; Secrets Manager retries the rotation',
  'ORA-01045': 'The user may not log in. As an administrator, run GRANT CREATE SESSION TO that user',
  'ORA-02391': 'The user has no session left. Raise SESSIONS_PER_USER in its profile, so that the function can log in beside the others',
  'ORA-04021': WAIT,
  'ORA-12505': LISTENER,
  'ORA-12514': LISTENER,
  'ORA-12516': 'The listener has no handler left for another session. Secrets Manager retries the rotation',
  'ORA-12520': 'The listener has no handler left for another session. Secrets Manager retries the rotation',
  'ORA-12526': 'The instance is in restricted mode. Open it; Secrets Manager retries the rotation',
  'ORA-12528': 'The instance is not open. Start it; Secrets Manager retries the rotation',
  'ORA-12660': `The server requires native network encryption, which this function does not have: ${NETWORK_ENCRYPTION}`,
  'ORA-16000': 'The database is open for reading only, such as a standby or a replica. Put the host of the primary into the secret',
  'ORA-28000': 'The account is locked. Find the client with an old password, then run ALTER USER with ACCOUNT UNLOCK for the user, as an administrator. Nothing was changed',
  'ORA-28001': 'The password of the user has expired, and a login can not change it here. As an administrator, give the user the password of the version with AWSCURRENT with ALTER USER, '
    + 'and rotate more often than PASSWORD_LIFE_TIME',
  'ORA-28003': 'The PASSWORD_VERIFY_FUNCTION of the profile refuses the password. ' + NEW_POLICY,
  [USED_BEFORE]: 'The user had this password before, and PASSWORD_REUSE_TIME or PASSWORD_REUSE_MAX of its profile forbids to use it again. Remove AWSPENDING with UpdateSecretVersionStage, and rotate '
    + 'again',
  'ORA-28008': 'The password of the user was changed meanwhile. Secrets Manager retries the rotation',
  'ORA-28009': 'SYS is an administrator, which this function does not rotate. Put another user into the secret',
  'ORA-28040': 'The server allows no protocol of a login that the driver has. Set SQLNET.ALLOWED_LOGON_VERSION_SERVER to 12 or 12a there, and give the user its password again',
  'ORA-28221': 'The server asks for the old password of the user, and does not accept that of the secret as one. Secrets Manager retries the rotation',
  'ORA-28365': 'The wallet of the server (Transparent Data Encryption) is closed. Open it',
  'ORA-65066': 'The user is a common user, whose password is the same in all containers. Put a local user of the pluggable database into the secret',
  'NJS-116': 'The server stores only a verifier of Oracle 10g for the user, which the driver does not have. As an administrator, give the user its password again with ALTER USER',
  'NJS-138': 'The server is older than Oracle Database 12.1, which the driver needs',
  'NJS-518': LISTENER,
  'NJS-519': LISTENER,
};

/** Failures of a connection: https://github.com/oracle/node-oracledb/blob/main/lib/errors.js */
const CALL_TIMEOUT = 'NJS-123';
const ENDED = new Set(['NJS-500', 'NJS-501', 'NJS-521']);
const UNREACHABLE = new Set(['NJS-500', 'NJS-501', 'NJS-503', 'NJS-510', 'NJS-511', 'NJS-521', 'NJS-530']);
const UNTRUSTED = new Set(['NJS-506', 'NJS-507', 'NJS-508']);
/** The alerts of TLS for another version, another cipher, or a certificate of the client. The latter may come after the handshake. */
const NOT_IN_COMMON = /alert protocol version|unsupported protocol|alert handshake failure|alert insufficient security|no shared cipher|dh key too small|alert certificate required|alert bad certificate/;
/** What a listener without TLS does with a handshake. */
const NO_TLS = /wrong version number|packet length too long|disconnected before secure TLS connection|ECONNRESET|EPROTO/;

/** https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/USER_PASSWORD_LIMITS.html */
const LIMITS = 'SELECT RESOURCE_NAME, LIMIT FROM SYS.USER_PASSWORD_LIMITS';
/** https://docs.oracle.com/en/database/oracle/oracle-database/19/refrn/USER_USERS.html */
const STATUS = 'SELECT ACCOUNT_STATUS FROM SYS.USER_USERS';
const SESSION_USER = 'SELECT SYS_CONTEXT(\'USERENV\', \'SESSION_USER\') FROM SYS.DUAL';

/** The wrong logins in a row of a rotation with two passwords. */
const WRONG_LOGINS = 2;

interface DriverError {
  readonly code?: string;
  readonly message?: string;
}

/** Oracle Database 19c and later. */
export class Oracle implements Engine {
  public readonly engines = DATABASE_ENGINE_NAMES.oracle;
  /** As in AWS's own rotation functions. TLS has a port of its own. */
  public readonly defaultPort = 1521;
  public readonly endpointPort?: number;

  constructor(private readonly tls: DatabaseTls | undefined, private readonly connect: ConnectOracle = connectOracle) {
    this.endpointPort = tls && ORACLE_TLS_PORT;
  }

  public userNameLimit(name: string): string | undefined {
    return Buffer.byteLength(storedName(name)) > MAX_NAME_BYTES ? `${MAX_NAME_BYTES} bytes, the limit of Oracle` : undefined;
  }

  public async logIn(credentials: Credentials, deadline: Deadline): Promise<Session> {
    mustBeOrdinary(credentials.username);
    const connection = await mapped(() => this.connect(credentials, this.tls, deadline));
    return new OracleSession(connection, credentials);
  }
}

class OracleSession implements Session {
  constructor(private readonly connection: OracleConnection, private readonly own: Credentials) {}

  /** As the secret has the name, if the server takes it for this user: a login with app is one of APP. */
  public async user(): Promise<string> {
    const [[name]] = await this.run(SESSION_USER);
    return name === storedName(this.own.username) ? this.own.username : name ?? '';
  }

  public async checkOwnPasswordChange(): Promise<void> {
    await this.mustAllowWrongLogins(1);
  }

  public async changeOwnPassword(password: string): Promise<void> {
    // REPLACE is needed if the profile has a PASSWORD_VERIFY_FUNCTION.
    await this.run(`ALTER USER ${quoted(storedName(this.own.username))} IDENTIFIED BY ${passwordText(password)} REPLACE ${passwordText(this.own.password)}`);
  }

  /**
   * A change begins a period in which the server accepts the password before it too. In a period that has begun, a change replaces the newer
   * password, and the older one stays. The server doesn't tell which of the two AWSCURRENT is.
   *
   * https://docs.oracle.com/en/database/oracle/oracle-database/23/sqpug/PASSWORD.html
   */
  public async addPassword({ password, isAdded, isPrevious, checkInProgress }: AddPasswordRequest): Promise<void> {
    await this.mustAllowWrongLogins(WRONG_LOGINS);
    if (!(await this.limit('PASSWORD_ROLLOVER_TIME') > 0)) {
      throw new TargetRefusedError('The profile of the user has no PASSWORD_ROLLOVER_TIME, so the server accepts one password, and nothing was changed. As an administrator, set it with ALTER PROFILE '
        + '(Oracle 19.12 and later), or rotate a single user with RotationStrategy.singleUser');
    }
    if (await this.isInRollover()) {
      if (await isAdded()) { return; }
      // The status may be that of a period that has ended, until somebody tries the older password.
      if (await isPrevious() !== false || await this.isInRollover()) { throw stillInRollover(); }
    }
    await checkInProgress();
    try {
      await this.changeOwnPassword(password);
    } catch (error) {
      // Another copy of this function may have set it.
      if (!(error instanceof TargetRefusedError) || error.code !== USED_BEFORE || !await isAdded()) { throw error; }
    }
  }

  public async createUser(): Promise<never> {
    throw withoutSuperuser();
  }

  public async checkIsResettable(): Promise<never> {
    throw withoutSuperuser();
  }

  public async changePasswordOf(): Promise<never> {
    throw withoutSuperuser();
  }

  public async claim(): Promise<never> {
    throw withoutSuperuser();
  }

  public async shareWith(): Promise<never> {
    throw withoutSuperuser();
  }

  public close(): Promise<void> {
    return this.connection.close();
  }

  /** A wrong login would lock the user, whoever makes it. */
  private async mustAllowWrongLogins(least: number): Promise<void> {
    const limit = await this.limit('FAILED_LOGIN_ATTEMPTS');
    if (limit > least) { return; }
    throw new TargetRefusedError(`FAILED_LOGIN_ATTEMPTS in the profile of the user is ${limit}, so a wrong login could lock the user, and nothing was changed. As an administrator, allow more than `
      + `${least} with ALTER PROFILE`);
  }

  /** A limit of the user's profile. Infinity if it has none, NaN if it is unknown. */
  private async limit(name: string): Promise<number> {
    const [, text] = (await this.run(LIMITS)).find(([each]) => each === name) ?? [];
    if (text === undefined || text === null) { return name === 'FAILED_LOGIN_ATTEMPTS' ? Infinity : NaN; }
    // Some sessions have a comma as the decimal point.
    return text === 'UNLIMITED' ? Infinity : Number(text.replace(',', '.'));
  }

  private async isInRollover(): Promise<boolean> {
    const [[status]] = await this.run(STATUS);
    return status?.includes('IN ROLLOVER') ?? false;
  }

  private run(sql: string): Promise<readonly Row[]> {
    return mapped(() => this.connection.execute(sql));
  }
}

function mustBeOrdinary(username: string): void {
  const problem = findUserNameProblem(username);
  if (problem !== undefined) { throw new SecretValueError(`The key "username" in the value of the secret ${problem}`); }
}

/** https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Database-Object-Names-and-Qualifiers.html: any character but the quotation mark. */
function quoted(name: string): string {
  if (name === '' || /["\0]/.test(name)) { throw new TargetRefusedError('The server has a name of the user that can not be in a statement, so nothing was changed. Put another user into the secret'); }
  return `"${name}"`;
}

function passwordText(password: string): string {
  if (password === '' || /["\0]/.test(password)) {
    throw new SecretValueError(`The key "password" in the value of the secret holds a quotation mark, which a password of Oracle can't have, so nothing was changed. ${NEW_POLICY}`);
  }
  return `"${password}"`;
}

function stillInRollover(): TargetRefusedError {
  return new TargetRefusedError('The user has two passwords still (PASSWORD_ROLLOVER_TIME), and a change now could end the one of AWSCURRENT, so nothing was changed. Rotate less often than PASSWORD_ROLLOVER_TIME. To '
    + 'rotate now, give the user the password of AWSCURRENT with ALTER USER … IDENTIFIED BY, as an administrator. Only if that succeeded, run ALTER USER … EXPIRE PASSWORD ROLLOVER PERIOD, and rotate again');
}

/** Synthesis refuses them. */
function withoutSuperuser(): TargetRefusedError {
  return new TargetRefusedError('A superuser is not for Oracle, so nothing was changed. Leave the superuser secret out of the strategy, and deploy');
}

/** The error of the driver as one of this function. Its text is never repeated, because it may quote a statement. */
async function mapped<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof RotationError ? error : toRotationError(error as DriverError);
  }
}

function toRotationError({ code: given = '', message = '' }: DriverError): RotationError {
  if (given === WRONG_PASSWORD) {
    return new AuthenticationError('The database server does not accept this user with this password. Put the password that works into the secret, and see that the user exists in the service of the key "dbname"');
  }
  if (UNTRUSTED.has(given) || (given.startsWith('NJS-') && NOT_IN_COMMON.test(message))) { return tlsError(message); }
  // The listener's own code is in the text of the driver.
  const listener = given === 'NJS-511' ? /\bORA-(\d{5})\b/.exec(message)?.[0] : undefined;
  const code = listener ?? given;
  const remedy = remedyOf(REMEDIES, code);
  if (code === CALL_TIMEOUT) {
    return new ConnectivityError(`The database server doesn't answer a statement in time (${code}). Another session may hold a lock on the user, or clients that log in with an old password again and again keep it `
      + 'waiting: look for "library cache lock" in V$SESSION, and stop those clients. Secrets Manager retries the rotation');
  }
  if (remedy === undefined && UNREACHABLE.has(given)) {
    const also = ENDED.has(given) ? `. A server that ends connections at the login may require native network encryption, which this function does not have: ${NETWORK_ENCRYPTION}`
      : ', and that the port is one with TLS, unless plaintextConnection is set on the RotationTarget';
    return new ConnectivityError(`The database server can't be reached, or doesn't answer in time (${code}). See that it runs, that the keys "host" and "port" are right, that the function is in a VPC with a route to it, `
      + `that their security groups let the function in${also}`);
  }
  return refusal('Oracle', code, remedy);
}

function tlsError(message: string): TlsError {
  if (NOT_IN_COMMON.test(message)) {
    return new TlsError('The database server and this function have no version or cipher of TLS in common, or the server asks for a certificate of the client, which is not supported. No credential was sent. Let the server '
      + 'take TLS 1.2 or later: on Amazon RDS, set SQLNET.SSL_VERSION of the option SSL to 1.2, and SQLNET.CIPHER_SUITE to one that the certificate of the instance allows; elsewhere, set SSL_CLIENT_AUTHENTICATION to '
      + 'FALSE');
  }
  if (NO_TLS.test(message)) {
    return new TlsError('The port does not take connections with TLS, so no credential was sent. TLS has a port of its own in Oracle: on Amazon RDS, add the option SSL to the option group, and put its port, such as 2484, into '
      + 'the key "port", or give host and port as endpoint. Only if that is impossible, set plaintextConnection on the RotationTarget');
  }
  return new TlsError('The certificate of the database server is not trusted, so no credential was sent. Put the name that the certificate is for into the key "host", renew the certificate, or give its certificate authority to the '
    + 'RotationTarget as certificateAuthority');
}

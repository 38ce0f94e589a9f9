import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { Client, type ClientConfig } from 'pg';
import type { Credentials } from './credentials';
import { connectionError, refusal, withoutPassword, withoutTls, type DriverError } from './failures';
import type { DatabaseTls } from './tls';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, ConnectivityError, RotationError, TargetRefusedError } from '../../rotation/errors';
import { remedyOf } from '../../rotation/service-errors';
import { connectTimeout } from '../server-login';

/** About a second of a whole core. More iterations would use up the time of a login. */
export const MAX_ITERATIONS = 1_000_000;

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const NOT_PERMITTED = '42501';

export type Row = Record<string, unknown>;

/** The part of a connection that engines use. */
export interface PostgresConnection {
  /** The iterations of a SCRAM login. Undefined for any other login. */
  readonly scramIterations?: number;
  query(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export type ConnectPostgres = (credentials: Credentials, tls: DatabaseTls | undefined, deadline: Deadline) => Promise<PostgresConnection>;

/** What differs between the systems that speak the protocol of PostgreSQL. */
export interface PostgresSystem {
  /** The name of the system, for errors. */
  readonly name: string;
  /** The database to log in to if the secret has none. */
  readonly defaultDatabase: string;
  /** The longest that a statement may take, in milliseconds. */
  readonly statementTimeout: number;
  /** What to do, by the code of an error. */
  readonly remedies: Readonly<Record<string, string>>;
  /** What to do if the database of the secret refuses the user. */
  readonly mayNotConnect: string;
  /** Whether the error says that the user or its password is wrong, and nothing else. */
  isWrongPassword(error: DriverError): boolean;
  /** The error for a failure of the driver that no code tells. Undefined if it is another one. */
  driverFailure?(error: DriverError): RotationError | undefined;
}

/** Logs in. */
export async function connectTo(
  system: PostgresSystem, credentials: Credentials, tls: DatabaseTls | undefined, deadline: Deadline,
): Promise<PostgresConnection> {
  let asked = false;
  let scramIterations: number | undefined;
  const config: ClientConfig & { scramMaxIterations: number } = {
    host: credentials.host,
    port: credentials.port,
    user: credentials.username,
    password: () => {
      asked = true;
      return credentials.password;
    },
    database: credentials.dbname ?? system.defaultDatabase,
    ssl: tls ?? false,
    application_name: 'cdk-rotating-secret',
    connectionTimeoutMillis: connectTimeout(deadline),
    query_timeout: system.statementTimeout + 1_000,
    // The driver's default limit is lower than what the setting of a server may require.
    scramMaxIterations: MAX_ITERATIONS,
  };
  const client = new Client(config);
  const driver = (client as unknown as { connection: DriverConnection }).connection;
  reportErrorsOfParser(driver);
  // https://www.rfc-editor.org/rfc/rfc5802#section-7: server-first-message
  driver.on('authenticationSASLContinue', ({ data }: { data: string }) => { scramIterations = Number(/,i=(\d+)/.exec(data)?.[1]); });
  // Without a listener, an idle connection that breaks would end the process.
  client.on('error', () => {});
  const destroy = () => { driver.stream.destroy(); };
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
    if (scramIterations! > MAX_ITERATIONS) {
      throw new TargetRefusedError(`The password of the user is stored with more than ${MAX_ITERATIONS} SCRAM iterations, and a login takes too long. Lower the setting scram_iterations, `
        + 'and give the user its password again');
    }
    throw (error as DriverError).code === NOT_PERMITTED ? refusal(system.name, NOT_PERMITTED, system.mayNotConnect) : toRotationError(system, error);
  }
  return {
    scramIterations,
    query: async (sql, parameters) => {
      try {
        return (await client.query<Row>(sql, parameters && [...parameters])).rows;
      } catch (error) {
        throw toRotationError(system, error);
      }
    },
    close,
  };
}

/** Commits the transaction that was begun, if `change` succeeds. */
export async function inTransaction(connection: PostgresConnection, change: () => Promise<void>): Promise<void> {
  try {
    await change();
    await connection.query('COMMIT');
  } catch (error) {
    // After a connection error, a rollback would only wait once more.
    if (!(error instanceof ConnectivityError)) { await connection.query('ROLLBACK').catch(() => {}); }
    throw error;
  }
}

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * With `standard_conforming_strings`, no other character is special:
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS
 */
export function literal(text: string): string {
  return `'${text.replaceAll('\'', '\'\'')}'`;
}

/** The hash that PostgreSQL stores if its `password_encryption` is `md5`, and that Redshift stores for a password in clear text. */
export function md5Verifier(password: string, user: string): string {
  return `md5${createHash('md5').update(password + user).digest('hex')}`;
}

/** A parameter of a user, which applies to its sessions. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** Settings with lists, which the server stores as SQL. They are the same as in `pg_dump`. In the first ones, unquoted names are lower case. */
const LISTS_OF_NAMES = new Set(['search_path', 'temp_tablespaces']);
const LISTS_OF_FILES = new Set(['local_preload_libraries', 'session_preload_libraries', 'shared_preload_libraries', 'unix_socket_directories']);

/** The value as SQL. */
export function settingValue({ name, value }: Setting, quote: (text: string) => string = literal): string {
  const isListOfNames = LISTS_OF_NAMES.has(name.toLowerCase());
  if (!isListOfNames && !LISTS_OF_FILES.has(name.toLowerCase())) { return quote(value); }
  const items = [...value.matchAll(/"((?:[^"]|"")*)"|[^ \t\n\r\v\f,]+/g)].map(([item, quoted]) => {
    if (quoted !== undefined) { return quoted.replaceAll('""', '"'); }
    return isListOfNames ? item.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) : item;
  });
  return items.length === 0 ? quote('') : items.map(quote).join(', ');
}

type DriverStream = Duplex;
type Listen = (event: string, listener: (...args: unknown[]) => void) => Duplex;

/** The part of the driver's connection that it doesn't declare. */
interface DriverConnection extends EventEmitter {
  readonly stream: DriverStream;
  attachListeners(stream: DriverStream): void;
}

/** A message that the driver doesn't know ends its parser with an exception, which would end the process. */
function reportErrorsOfParser(driver: DriverConnection): void {
  driver.attachListeners = (stream) => {
    const on = stream.on.bind(stream) as Listen;
    stream.on = ((event, listener) => on(event, event !== 'data' ? listener : (data) => {
      try {
        listener(data);
      } catch (error) {
        driver.emit('error', error);
      }
    })) satisfies Listen as DriverStream['on'];
    (Object.getPrototypeOf(driver) as DriverConnection).attachListeners.call(driver, stream);
    stream.on = on as DriverStream['on'];
  };
}

function toRotationError(system: PostgresSystem, error: unknown): RotationError {
  if (error instanceof RotationError) { return error; }
  const { code = '', message = '' } = error as DriverError;
  if (system.isWrongPassword(error as DriverError)) {
    return new AuthenticationError(`${system.name} does not accept this user with this password. Put the password that works into the secret, and see that it has not expired (VALID UNTIL)`);
  }
  if (message === 'The server does not support SSL connections') { return withoutTls(); }
  const failure = system.driverFailure?.(error as DriverError);
  if (failure) { return failure; }
  // The code comes first, because the message for a lock that takes too long is like that for a connection.
  const remedy = remedyOf(system.remedies, code);
  return (remedy === undefined ? connectionError(error as DriverError) : undefined) ?? refusal(system.name, code, remedy);
}

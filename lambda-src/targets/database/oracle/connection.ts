import { getConnection, type Connection, type ConnectionAttributes } from 'oracledb';
import { findHostProblem, findServiceProblem } from '../../../../src/targets/database/oracle/contract';
import type { Deadline } from '../../../rotation/deadline';
import { ConnectivityError, SecretValueError } from '../../../rotation/errors';
import { connectTimeout } from '../../server-login';
import type { Credentials } from '../credentials';
import type { DatabaseTls } from '../tls';

/** Texts, as the views of Oracle have them. */
export type Row = readonly (string | null)[];

/** The part of a connection that is used here. Its errors are those of the driver, with codes such as ORA-01017 and NJS-503. */
export interface OracleConnection {
  execute(sql: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export type ConnectOracle = (credentials: Credentials, tls: DatabaseTls | undefined, deadline: Deadline) => Promise<OracleConnection>;

/** In milliseconds. */
const CALL_TIMEOUT = 8_000;
const CLOSE_TIMEOUT = 1_000;
const MAX_ROWS = 100;

export const connectOracle: ConnectOracle = async (credentials, tls, deadline) => {
  deadline.signal.throwIfAborted();
  const { username, password } = credentials;
  const timeout = connectTimeout(deadline);
  const connection = await withinTime(timeout, {
    user: username,
    password,
    connectString: descriptorOf(credentials, { isSecure: tls !== undefined, timeout }),
    // `bundle.ts` takes the certificate authorities from here, and no certificate of a client.
    walletContent: tls && [tls.ca].flat().join('\n'),
    // A cached statement would keep a password in memory.
    stmtCacheSize: 0,
  }, deadline);
  connection.callTimeout = CALL_TIMEOUT;
  return {
    execute: async (sql) => {
      const { rows = [] } = await connection.execute(sql, [], { maxRows: MAX_ROWS });
      return rows.map((row) => row.map((column) => column === null ? null : String(column)));
    },
    close: () => closed(connection),
  };
};

interface DescriptorOptions {
  readonly isSecure: boolean;
  /** In milliseconds. */
  readonly timeout: number;
}

/**
 * The connect descriptor of a login. `dbname` is the name of a service, as in AWS's own rotation functions.
 *
 * https://docs.oracle.com/en/database/oracle/oracle-database/19/netrf/local-naming-parameters-in-tns-ora-file.html
 *
 * @throws SecretValueError if a part of it would change its meaning, or is missing
 */
export function descriptorOf({ host, port, dbname }: Credentials, { isSecure, timeout }: DescriptorOptions): string {
  const hostProblem = findHostProblem(host);
  if (hostProblem !== undefined) { throw new SecretValueError(`The key "host" in the value of the secret ${hostProblem}`); }
  if (dbname === undefined) {
    throw new SecretValueError('The key "dbname" is missing in the value of the secret, and Oracle needs it. Put the name of the service there, such as ORCL; on Amazon RDS it is the name of the database');
  }
  const serviceProblem = findServiceProblem(dbname);
  if (serviceProblem !== undefined) { throw new SecretValueError(`The key "dbname" in the value of the secret ${serviceProblem}`); }
  const seconds = Math.ceil(timeout / 1_000);
  const address = `(ADDRESS=(PROTOCOL=${isSecure ? 'tcps' : 'tcp'})(HOST=${host})(PORT=${port}))`;
  const security = isSecure ? '(SECURITY=(SSL_SERVER_DN_MATCH=ON))' : '';
  return `(DESCRIPTION=(TRANSPORT_CONNECT_TIMEOUT=${seconds})(CONNECT_TIMEOUT=${seconds})${address}(CONNECT_DATA=(SERVICE_NAME=${dbname}))${security})`;
}

/** The time-outs of the driver end when the listener has accepted the connection, and a login can hang after that. */
async function withinTime(milliseconds: number, attributes: ConnectionAttributes, { signal }: Deadline): Promise<Connection> {
  const connecting = getConnection(attributes);
  let giveUp: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(notAnswering()), 2 * milliseconds);
    giveUp = () => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    // If it comes after all, nobody waits for it.
    connecting.then(closed).catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp!);
  }
}

/** A statement without an answer would keep the connection open. */
async function closed(connection: Connection): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => { timer = setTimeout(resolve, CLOSE_TIMEOUT); });
  await Promise.race([connection.close({ drop: true }).catch(() => {}), waited]);
  clearTimeout(timer);
}

function notAnswering(): ConnectivityError {
  return new ConnectivityError('The database server took the connection, and does not answer the login in time. See that the instance is open, and look into its alert log');
}

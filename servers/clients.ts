import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import type { DatabaseServer, Login } from '../tools/servers/server';

export interface TestClient {
  /** The rows of the answer. Empty if it has none. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** @default - the server's admin */
  readonly login?: Login;
  /** @default - the server's */
  readonly port?: number;
  /** @default - `localhost`, as the certificate must say */
  readonly tls?: 'verified' | 'plaintext';
  /** Milliseconds. @default 10000 */
  readonly timeout?: number;
}

/** What a client needs to know of a server. */
export interface Address extends Pick<DatabaseServer, 'engine' | 'port' | 'ca' | 'database' | 'admin'> {
  readonly host: string;
}

/** Logs in with the engine's usual driver. */
export async function connect(server: Address, options: ConnectOptions = {}): Promise<TestClient> {
  const { login = server.admin, port = server.port, tls = 'verified', timeout = 10_000 } = options;
  const ssl = tls === 'verified' ? { ca: server.ca } : undefined;
  const common = { host: server.host, port, user: login.username, password: login.password, database: server.database };

  if (server.engine === 'postgres' || server.engine === 'redshift') {
    const client = new Client({ ...common, ssl, connectionTimeoutMillis: timeout });
    // An error that ends a connection also rejects the waiting query, or the next one.
    client.on('error', () => undefined);
    await client.connect();
    return {
      query: async (sql) => (await client.query(sql)).rows,
      close: async () => client.end(),
    };
  }
  // Without `verifyIdentity`, mysql2 accepts any certificate of the authority, for any host.
  const connection = await createConnection({ ...common, ssl: ssl && { ...ssl, verifyIdentity: true }, connectTimeout: timeout });
  connection.on('error', () => undefined);
  return {
    query: async (sql) => {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? rows as Record<string, unknown>[] : [];
    },
    close: async () => connection.end(),
  };
}

/** Whether a login failed only because the server doesn't accept the credentials. */
export function isRefusal(error: unknown): boolean {
  const { code = '', errno } = error as { code?: string; errno?: number };
  // MariaDB's number for a locked account, for which the driver has no name.
  return /^(28P01|28000|ER_ACCESS_DENIED_ERROR|ER_ACCOUNT_HAS_BEEN_LOCKED)$/.test(code) || errno === 4151;
}

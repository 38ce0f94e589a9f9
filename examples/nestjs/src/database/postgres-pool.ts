import pg from 'pg';
import type { Login } from './login.js';
import type { DriverPool, PoolOptions } from './pool.js';

export function postgresPool({ host, port, dbname, username, password }: Login, options: PoolOptions): DriverPool {
  const pool = new pg.Pool({
    host,
    port,
    database: dbname,
    user: username,
    password,
    // pg wouldn't use TLS by itself. The certificate is verified, and so is the name in it.
    ssl: { rejectUnauthorized: true, ca: options.certificateAuthority },
    max: options.connections,
    maxLifetimeSeconds: options.connectionSeconds,
    connectionTimeoutMillis: options.timeoutMs,
  });
  pool.on('error', options.onError);
  return {
    connect: async () => {
      const client = await pool.connect();
      return {
        client: { query: async <Row>(text: string, values: readonly unknown[] = []) => (await client.query(text, [...values])).rows as Row[] },
        release: (error) => client.release(error),
      };
    },
    end: async () => pool.end(),
  };
}

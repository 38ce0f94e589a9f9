import { createPool } from 'mysql2/promise';
import type { Login } from './login.js';
import type { DriverPool, PoolOptions } from './pool.js';

export function mariaDbPool({ host, port, dbname, username, password }: Login, options: PoolOptions): DriverPool {
  const pool = createPool({
    host,
    port,
    database: dbname,
    user: username,
    password,
    // mysql2 wouldn't use TLS by itself, nor verify the name in the certificate.
    ssl: { rejectUnauthorized: true, verifyIdentity: true, ca: options.certificateAuthority },
    connectionLimit: options.connections,
    connectTimeout: options.timeoutMs,
    // An id is a text, as with PostgreSQL.
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  // The pool of mysql2 has no maximum age for its connections.
  const openedAt = new WeakMap<object, number>();
  pool.on('connection', (connection) => {
    openedAt.set(connection, performance.now());
    connection.on('error', options.onError);
  });
  const isOld = (connection: object) => performance.now() - openedAt.get(connection)! > options.connectionSeconds * 1000;
  return {
    connect: async () => {
      let connection = await pool.getConnection();
      while (isOld(connection.connection)) {
        connection.destroy();
        connection = await pool.getConnection();
      }
      return {
        client: {
          query: async <Row>(text: string, values: readonly unknown[] = []) => {
            const [rows] = await connection.query(text.replace(/\$\d+/g, '?'), [...values]);
            return (Array.isArray(rows) ? rows : []) as Row[];
          },
        },
        release: (error) => error ? connection.destroy() : connection.release(),
      };
    },
    end: async () => pool.end(),
  };
}

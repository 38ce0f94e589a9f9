import pg from 'pg';
import type { SecretVersion } from '../secrets/secret-version.js';
import { parseLogin } from './login.js';

export interface PoolOptions {
  readonly connections: number;
  readonly connectionSeconds: number;
  /** PEM. */
  readonly certificateAuthority?: string;
  readonly timeoutMs: number;
  readonly onError: (error: Error) => void;
}

export interface Connection {
  readonly client: pg.ClientBase;
  /** @param error what went wrong, if the connection shouldn't be used again */
  readonly release: (error?: Error) => void;
}

/** The connections that were made with one version of the secret. */
export class VersionPool {
  private readonly pool: pg.Pool;
  /** Requests that have a connection, or wait for one. */
  private users = 0;
  private readonly drained: Promise<void>;
  private retired = false;
  private drain!: () => void;

  constructor(readonly version: SecretVersion, options: PoolOptions) {
    const { host, port, dbname, username, password } = parseLogin(version.reveal());
    this.pool = new pg.Pool({
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
    this.pool.on('error', options.onError);
    this.drained = new Promise<void>((resolve) => { this.drain = resolve; }).then(() => this.pool.end());
  }

  async connect(): Promise<Connection> {
    this.users++;
    try {
      const client = await this.pool.connect();
      return {
        client,
        release: (error) => {
          client.release(error);
          this.leave();
        },
      };
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /** Nobody new may come. Those who are there finish what they do, and then the connections end. */
  async retire(): Promise<void> {
    this.retired = true;
    // pg.Pool forgets who waits in its queue when it ends, so it may only end when nobody does.
    if (this.users === 0) { this.drain(); }
    return this.drained;
  }

  private leave(): void {
    this.users--;
    if (this.retired && this.users === 0) { this.drain(); }
  }
}

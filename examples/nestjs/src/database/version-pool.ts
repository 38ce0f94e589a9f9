import type { SecretVersion } from '../secrets/secret-version.js';
import { parseLogin, type Engine, type Login } from './login.js';
import { mariaDbPool } from './mariadb-pool.js';
import type { Connection, DriverPool, PoolOptions } from './pool.js';
import { postgresPool } from './postgres-pool.js';

const POOLS: Record<Engine, (login: Login, options: PoolOptions) => DriverPool> = { postgres: postgresPool, mariadb: mariaDbPool };

/** The connections that were made with one version of the secret. */
export class VersionPool {
  private readonly pool: DriverPool;
  /** Requests that have a connection, or wait for one. */
  private users = 0;
  private readonly drained: Promise<void>;
  private retired = false;
  private drain!: () => void;

  constructor(readonly version: SecretVersion, options: PoolOptions) {
    const login = parseLogin(version.reveal());
    this.pool = POOLS[login.engine](login, options);
    this.drained = new Promise<void>((resolve) => { this.drain = resolve; }).then(() => this.pool.end());
  }

  async connect(): Promise<Connection> {
    this.users++;
    try {
      const { client, release } = await this.pool.connect();
      return {
        client,
        release: (error) => {
          release(error);
          this.leave();
        },
      };
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /** Takes no new request. The requests that have a connection finish, and then the connections end. */
  async retire(): Promise<void> {
    this.retired = true;
    // A pool that ends forgets the requests in its queue, so it ends when the queue is empty.
    if (this.users === 0) { this.drain(); }
    return this.drained;
  }

  private leave(): void {
    this.users--;
    if (this.retired && this.users === 0) { this.drain(); }
  }
}

import { readFileSync } from 'node:fs';
import { Injectable, Logger, ServiceUnavailableException, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Configuration } from '../configuration.js';
import type { SecretVersion } from '../secrets/secret-version.js';
import { SecretsService } from '../secrets/secrets.service.js';
import { isLoginRefused } from './login.js';
import type { Client, Connection, PoolOptions } from './pool.js';
import { VersionPool } from './version-pool.js';

/** Queries, with connections of the login that is valid now. Only logins are tried again, never a statement. */
@Injectable()
export class DatabaseService implements OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseService.name);
  private readonly options: PoolOptions;
  private readonly patience: number;
  private pool?: VersionPool;
  private readonly draining = new Set<Promise<void>>();

  constructor(private readonly secrets: SecretsService, config: ConfigService<Configuration, true>) {
    this.patience = config.get('LOGIN_PATIENCE_SECONDS', { infer: true }) * 1000;
    const caFile = config.get('DATABASE_CA_FILE', { infer: true });
    this.options = {
      connections: config.get('DATABASE_CONNECTIONS', { infer: true }),
      connectionSeconds: config.get('DATABASE_CONNECTION_SECONDS', { infer: true }),
      certificateAuthority: caFile === undefined ? undefined : readFileSync(caFile, 'utf8'),
      timeoutMs: this.patience,
      onError: ({ message }) => this.logger.warn(`An idle connection ended: ${message}`),
    };
  }

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.withClient(async (client) => client.query<Row>(text, values));
  }

  /** For transactions, and whatever else needs a connection to itself. */
  async withClient<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const { client, release } = await this.connect();
    try {
      const result = await work(client);
      release();
      return result;
    } catch (error) {
      // Its state is unknown.
      release(error as Error);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.pool) { this.retire(this.pool); }
    this.pool = undefined;
    await Promise.all(this.draining);
  }

  private async connect(): Promise<Connection> {
    const deadline = performance.now() + this.patience;
    for (;;) {
      const pool = this.poolOf(await this.secrets.current());
      try {
        return await pool.connect();
      } catch (error) {
        if (!isLoginRefused(error)) { throw error; }
        // One retry with each version that turns up; usually that is one.
        if (performance.now() > deadline || !await this.secrets.replacementOf(pool.version)) {
          this.logger.error(`The database refuses the login of version ${pool.version.versionId}, and there is no other`);
          throw new ServiceUnavailableException();
        }
      }
    }
  }

  private poolOf(version: SecretVersion): VersionPool {
    const { pool } = this;
    // A read that began earlier may end later, with an older version.
    if (pool && (version.versionId === pool.version.versionId || version.readAt < pool.version.readAt)) { return pool; }
    this.pool = new VersionPool(version, this.options);
    if (pool) { this.retire(pool); }
    return this.pool;
  }

  private retire(pool: VersionPool): void {
    const drained = pool.retire()
      .catch(({ message }: Error) => this.logger.warn(`A pool didn't end well: ${message}`))
      .finally(() => this.draining.delete(drained));
    this.draining.add(drained);
  }
}

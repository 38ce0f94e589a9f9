import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST_LOGIN, type Database } from './database';
import { CountingProxy } from './fault-points';
import { SUPERUSER_SECRET, type Implementation, type Variant } from './implementations';
import { LambdaProcess, type Runtime } from './lambda-process';
import { SecretsManagerServer, SecretsManagerSimulator, type RotationEvent, type SimulatorOptions } from '../../simulator';
import type { Login } from '../../test/servers';

export interface WorldOptions {
  readonly implementation: Implementation;
  readonly variant: Variant;
  readonly database: Database;
  /** How long a call to Secrets Manager takes, in milliseconds. @default 0 */
  readonly latency?: number;
}

/** One function, with a Secrets Manager and a database that it reaches through a proxy. The process stays for many rotations, unless it is killed. */
export class World {
  public static async start({ implementation, variant, database, latency }: WorldOptions): Promise<World> {
    const proxy = await CountingProxy.start(database.server.port);
    const folder = mkdtempSync(join(tmpdir(), 'beside-aws-'));
    const world = new World(variant, database, proxy, folder);
    const reach = () => {
      if (world.reach()) { throw new Error('cut'); }
    };
    world.service = await SecretsManagerServer.start({ execute: (...call) => world.simulator.execute(...call) }, { latency, before: reach, after: reach });
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, database.server.ca);
    world.runtime = implementation.runtimeOf(variant, { url: world.service.url, ca: database.server.ca, caFile });
    return world;
  }

  public simulator = new SecretsManagerSimulator();
  /** The ARN of the secret that rotates. */
  public secret = '';
  public process: LambdaProcess | undefined;
  private service!: SecretsManagerServer;
  private runtime!: Runtime;
  private worlds = 0;
  private onReach: () => boolean = () => false;

  private constructor(
    private readonly variant: Variant, public readonly database: Database, public readonly proxy: CountingProxy, private readonly folder: string,
  ) {
    proxy.reach = () => this.reach();
  }

  /** A new secret and the user as it was at first. The process of the function stays. */
  public async startOver(value = this.valueOf(FIRST_LOGIN), options: SimulatorOptions = {}): Promise<void> {
    this.onReach = () => false;
    await this.database.reset();
    this.simulator = new SecretsManagerSimulator({ seed: ++this.worlds, ...options });
    this.simulator.createSecret(SUPERUSER_SECRET, this.valueOf(this.database.server.admin));
    this.secret = this.simulator.createSecret('app', value);
    this.proxy.sent = [];
  }

  /** The value of a secret for a login. */
  public valueOf({ username, password }: Login, address: { readonly host: string; readonly port: number } = { host: 'localhost', port: this.proxy.port }): string {
    const { engine, database: dbname } = this.database.server;
    return JSON.stringify({ engine, ...address, dbname, username, password, ...this.variant.alternating && { masterarn: SUPERUSER_SECRET } });
  }

  /** Asked at every point of a rotation at which it can be stopped. */
  public whenReached(reach: () => boolean): void { this.onReach = reach; }

  public async invoke(event: RotationEvent): Promise<void> {
    if (!this.process || this.process.hasEnded) { this.process = await LambdaProcess.start(this.runtime); }
    await this.process.invoke(event);
  }

  /** The login that a version of the secret holds. */
  public loginOf(stage: string): Login {
    return JSON.parse(this.simulator.inspect(this.secret).value(stage) as string) as Login;
  }

  public async stop(): Promise<void> {
    await this.process?.kill();
    await this.service.stop();
    await this.proxy.stop();
    rmSync(this.folder, { recursive: true });
  }

  private reach(): boolean { return this.onReach(); }
}

/** A world that is stopped at the end, whatever happens in it. */
export async function inWorld<T>(options: WorldOptions, use: (world: World) => Promise<T>): Promise<T> {
  const world = await World.start(options);
  try {
    return await use(world);
  } finally {
    await world.stop();
  }
}

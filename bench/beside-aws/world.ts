import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST_LOGIN, type Database } from './database';
import { CountingProxy } from './fault-points';
import { SUPERUSER_SECRET, type Implementation, type Variant } from './implementations';
import { LambdaProcess, type Runtime } from './lambda-process';
import type { Login } from '../../servers';
import { rotate, SecretsManagerServer, SecretsManagerSimulator, type RotationEvent, type SimulatorOptions } from '../../simulator';

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface WorldOptions {
  readonly implementation: Implementation;
  readonly variant: Variant;
  readonly database: Database;
  /** How long a call to Secrets Manager takes, in milliseconds. @default 0 */
  readonly latency?: number;
  /** Certificate authorities, as PEM, that the function trusts beside that of the database's server. @default none */
  readonly furtherCa?: string;
}

/** One function, with a Secrets Manager, and a database behind a proxy. The process stays for many rotations, unless it is killed. */
export class World {
  public static async start({ implementation, variant, database, latency, furtherCa = '' }: WorldOptions): Promise<World> {
    const proxy = await CountingProxy.start(database.server.port, () => world.reach());
    const folder = mkdtempSync(join(tmpdir(), 'beside-aws-'));
    const world: World = new World(variant, database, proxy, folder);
    const reach = () => {
      if (world.reach()) { throw new Error('cut'); }
    };
    const simulator = { execute: (...call: Parameters<SecretsManagerSimulator['execute']>) => world.simulator.execute(...call) };
    world.service = await SecretsManagerServer.start(simulator as SecretsManagerSimulator, { latency, before: reach, after: reach });
    const caFile = join(folder, 'ca.pem');
    const ca = database.server.ca + furtherCa;
    writeFileSync(caFile, ca);
    world.runtime = implementation.runtimeOf(variant, { url: world.service.url, ca, caFile });
    return world;
  }

  public simulator = new SecretsManagerSimulator();
  /** The ARN of the secret that rotates. */
  public secret = '';
  public process: LambdaProcess | undefined;
  private service!: SecretsManagerServer;
  private runtime!: Runtime;
  private worlds = 0;
  private onReach?: () => boolean;

  private constructor(
    private readonly variant: Variant, public readonly database: Database, public readonly proxy: CountingProxy, private readonly folder: string,
  ) {}

  /** A new secret and the user as it was at first. The process of the function stays. */
  public async startOver(value = this.valueOf(FIRST_LOGIN), options: SimulatorOptions = {}): Promise<void> {
    this.onReach = undefined;
    await this.database.reset();
    this.simulator = new SecretsManagerSimulator({ seed: ++this.worlds, ...options });
    this.simulator.createSecret(SUPERUSER_SECRET, this.valueOf(this.database.server.admin));
    this.secret = this.simulator.createSecret('app', value);
    this.proxy.sent = [];
  }

  /** The value of a secret for a login. */
  public valueOf({ username, password }: Login, address: Address = { host: 'localhost', port: this.proxy.port }): string {
    const { engine, database: dbname } = this.database.server;
    return JSON.stringify({ engine, ...address, dbname, username, password, ...this.variant.alternating && { masterarn: SUPERUSER_SECRET } });
  }

  /** Asked at every point of a rotation at which it can be stopped. */
  public whenReached(reach: () => boolean): void { this.onReach = reach; }

  /** Ends the process of the function, if there is one, and starts another. */
  public async startProcess(): Promise<LambdaProcess> {
    await this.process?.kill();
    return this.process = await LambdaProcess.start(this.runtime);
  }

  public async invoke(event: RotationEvent): Promise<void> {
    if (!this.process || this.process.hasEnded) { await this.startProcess(); }
    await this.process!.invoke(event);
  }

  /** A rotation, each step once. @returns whether it succeeded */
  public async rotate(): Promise<boolean> {
    const { outcome } = await rotate(this.simulator, this.secret, { attempts: 1, invoke: (event) => this.invoke(event) });
    return outcome === 'succeeded';
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

  private reach(): boolean { return this.onReach?.() ?? false; }
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

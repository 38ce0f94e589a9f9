import { connectRedis, type ConnectRedis } from '../../../../lambda-src/redis/connection';
import { RedisTarget, type Resolve } from '../../../../lambda-src/targets/redis/target';
import { hashOf, letsInRedis, runRedis, startRedis, type RedisProduct, type RedisServer } from '../../../../servers/redis/redis';
import { parseRedisConfig, type RedisTargetConfig } from '../../../../src/targets/redis/contract';
import { Harness, passwordOf } from '../../../harness';

export const PRODUCTS: readonly { readonly name: string; readonly product: RedisProduct }[] = [
  { name: 'Redis 7', product: 'redis-7' },
  { name: 'Valkey 8', product: 'valkey-8' },
];

export const RIGHTS = ['~*', '+get', '+set'];

/** The user of a secret. */
export interface User {
  readonly username: string;
  readonly password: string;
}

export interface RedisHarnessOptions {
  readonly user?: User;
  /** Changes to the value of the secret. */
  readonly changes?: Record<string, unknown>;
  readonly superuserChanges?: Record<string, unknown>;
  readonly config?: Partial<RedisTargetConfig>;
  readonly connect?: (connect: ConnectRedis) => ConnectRedis;
  /** @default - that of the system */
  readonly resolve?: Resolve;
  /** Further nodes. */
  readonly nodes?: readonly RedisServer[];
}

let users = 0;

/** Gives a user exactly one password. */
export async function makeUser(servers: readonly RedisServer[], { username, password }: User, ...rules: string[]): Promise<void> {
  for (const server of servers) {
    await runRedis(server, server.root, ['ACL', 'SETUSER', username, 'reset', 'on', `#${hashOf(password)}`, ...RIGHTS, ...rules]);
    await runRedis(server, server.root, ['ACL', 'SAVE']).catch(() => []);
  }
}

/** A secret of a user of real servers, with the handler that rotates it. */
export class RedisHarness extends Harness {
  public static async make(server: RedisServer, options: RedisHarnessOptions = {}): Promise<RedisHarness> {
    const user = options.user ?? { username: `user_${++users}`, password: `first-password-${users}` };
    const all = [server, ...options.nodes ?? []];
    if (!options.user) { await makeUser(all, user); }
    return new RedisHarness(all, user, options);
  }

  /** The commands that were sent, by the port of the node. */
  public readonly commands: { readonly port: number; readonly args: readonly string[] }[];

  private constructor(public readonly servers: readonly RedisServer[], public readonly user: User, options: RedisHarnessOptions) {
    const [{ host, port, ca, superuser }] = servers;
    const commands: { port: number; args: string[] }[] = [];
    const watched: ConnectRedis = async (...login) => {
      const connection = await connectRedis(...login);
      return {
        command: (...args) => {
          commands.push({ port: login[0].port, args });
          return connection.command(...args);
        },
        close: () => connection.close(),
      };
    };
    super({
      value: JSON.stringify({ host, port, ...user, ...options.changes }),
      config: {
        target: 'redis',
        superuserSecretArn: 'superuser',
        nodes: servers.length > 1 && !options.resolve ? servers.map((each) => `localhost:${each.port}`).join(',') : undefined,
        certificateAuthority: ca,
        passwordPolicy: {},
        ...options.config,
      },
      makeTarget: (config) => new RedisTarget(parseRedisConfig(config), options.connect ? options.connect(watched) : watched, options.resolve),
    });
    this.commands = commands;
    this.simulator.createSecret('superuser', JSON.stringify({ host, port, ...superuser, ...options.superuserChanges }));
  }

  public login(versionIdOrStage: string): User {
    return JSON.parse(this.value(versionIdOrStage)) as User;
  }

  /** Whether every node lets in the user of a version. */
  public async isAccepted(versionIdOrStage: string): Promise<boolean> {
    const accepted = await Promise.all(this.servers.map((server) => letsInRedis(server, this.login(versionIdOrStage))));
    return accepted.every(Boolean);
  }

  /** The passwords that a node has for the user, in its order. */
  public hashes(server = this.servers[0]): Promise<string[]> {
    return passwordHashes(server, this.user.username);
  }

  public hashOf(versionIdOrStage: string): string {
    return hashOf(passwordOf(this.value(versionIdOrStage)));
  }

  /** A whole rotation. */
  public async rotate(): Promise<void> {
    await this.steps(this.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    this.simulator.completeRotation(this.arn);
  }

  /** Whether a password was sent with another command than AUTH. */
  public get sentInClear(): boolean {
    const sent = this.commands.flatMap(({ args }) => args[0] === 'AUTH' ? [] : args);
    return this.passwords.some((password) => sent.some((arg) => arg.includes(password)));
  }

  /** Passwords that must not be sent or logged. */
  public get passwords(): string[] {
    return [...this.allValues.map(passwordOf), this.user.password, this.servers[0].superuser.password];
  }
}

/** The authorities of several servers. */
export function caOf(servers: readonly RedisServer[]): string {
  return servers.map(({ ca }) => ca).join('\n');
}

export async function passwordHashes(server: RedisServer, username: string): Promise<string[]> {
  const lines = await runRedis(server, server.root, ['ACL', 'GETUSER', username]);
  return lines.slice(lines.indexOf('passwords'), lines.indexOf('commands')).filter((line) => /^[0-9a-f]{64}$/.test(line));
}

export async function startNodes(product: RedisProduct, count: number): Promise<RedisServer[]> {
  return Promise.all(Array.from({ length: count }, () => startRedis({ product })));
}


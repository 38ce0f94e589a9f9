import { logInByAmqp } from '../../../../lambda-src/targets/rabbitmq/amqp';
import { callApi, type CallApi } from '../../../../lambda-src/targets/rabbitmq/management';
import { RabbitMqTarget } from '../../../../lambda-src/targets/rabbitmq/target';
import { askRabbitMq, type RabbitMqServer } from '../../../../servers/rabbitmq/rabbitmq';
import { parseRabbitMqConfig, type RabbitMqTargetConfig } from '../../../../src/targets/rabbitmq/contract';
import { Harness, passwordOf } from '../../../harness';

/** The user of a secret. */
export interface User {
  readonly username: string;
  readonly password: string;
}

export interface RabbitMqHarnessOptions {
  readonly user?: User;
  readonly tags?: string;
  /** Changes to the value of the secret. */
  readonly changes?: Record<string, unknown>;
  readonly superuserChanges?: Record<string, unknown>;
  readonly config?: Partial<RabbitMqTargetConfig>;
  readonly call?: (call: CallApi) => CallApi;
}

interface ApiUser {
  readonly password_hash: string;
  readonly tags: string[];
}

let users = 0;

/** A secret of a user of a real server, with the handler that rotates it. */
export class RabbitMqHarness extends Harness {
  public static async make(server: RabbitMqServer, options: RabbitMqHarnessOptions = {}): Promise<RabbitMqHarness> {
    const user = options.user ?? { username: `user ${++users}/ü%`, password: `first-password-${users}` };
    if (!options.user) {
      await askRabbitMq(server, 'PUT', `users/${encodeURIComponent(user.username)}`, { password: user.password, tags: options.tags ?? '' });
    }
    return new RabbitMqHarness(server, user, options);
  }

  /** The calls that were sent: the method and the path, and the body. */
  public readonly calls: { readonly method: string; readonly path: string; readonly body: string }[];

  private constructor(public readonly server: RabbitMqServer, public readonly user: User, options: RabbitMqHarnessOptions) {
    const { host, port, managementPort, ca, administrator } = server;
    const calls: { method: string; path: string; body: string }[] = [];
    const watched: CallApi = (...args) => {
      calls.push({ method: args[3], path: args[4], body: JSON.stringify(args[5] ?? '') });
      return callApi(...args);
    };
    super({
      value: JSON.stringify({ host, port, managementPort, ...user, ...options.changes }),
      config: { target: 'rabbitmq', superuserSecretArn: 'superuser', certificateAuthority: ca, passwordPolicy: {}, ...options.config },
      makeTarget: (config) => new RabbitMqTarget(parseRabbitMqConfig(config), options.call ? options.call(watched) : watched, logInByAmqp),
    });
    this.calls = calls;
    this.simulator.createSecret('superuser', JSON.stringify({ host, port, managementPort, ...administrator, ...options.superuserChanges }));
  }

  public login(versionIdOrStage: string): User {
    return JSON.parse(this.value(versionIdOrStage)) as User;
  }

  /** Whether the server accepts the user of a version, as its HTTP API says to a user with the tag management. */
  public accepts({ username, password }: User): Promise<boolean> {
    const { host, port, ca } = this.server;
    const deadline = { signal: new AbortController().signal, remainingTimeInMillis: () => 30_000 };
    return logInByAmqp({ host, port, username, password }, ca, deadline as Parameters<typeof logInByAmqp>[2]);
  }

  public ask<T>(method: string, resource: string, body?: object): Promise<T> {
    return askRabbitMq<T>(this.server, method, resource, body);
  }

  /** A resource of a user, such as its permissions. */
  public of<T = ApiUser>(username: string, resource = ''): Promise<T> {
    return this.ask('GET', `users/${encodeURIComponent(username)}${resource}`);
  }

  /** A whole rotation. */
  public async rotate(): Promise<void> {
    await this.steps(this.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    this.simulator.completeRotation(this.arn);
  }

  /** The changes that were sent. */
  public get changes(): string[] {
    return this.calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${decodeURIComponent(path)}`);
  }

  /** Whether a password was sent with a call. The Basic authentication of the administrator isn't part of it. */
  public get sentInClear(): boolean {
    // As JSON, in which some characters of a password are escaped.
    return this.passwords.map((password) => JSON.stringify(password).slice(1, -1)).some((text) => this.calls.some(({ body }) => body.includes(text)));
  }

  /** Passwords that must not be sent or logged. */
  public get passwords(): string[] {
    return [...this.allValues.map(passwordOf), this.user.password, this.server.administrator.password];
  }
}

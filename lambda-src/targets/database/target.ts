import { AlternatingUsers } from './alternating-users';
import { WithRepair } from './creation';
import { parseCredentials, type Credentials } from './credentials';
import { DualPasswords } from './dual-passwords';
import type { Engine } from './engine';
import { ManagedUser } from './managed-user';
import { SingleUser } from './single-user';
import { isAccepted, type Strategy } from './strategy';
import { Superuser } from './superuser';
import type { HandlerConfig } from '../../../src/contract';
import { parseNode } from '../../../src/targets/contract';
import { DATABASE_PASSWORD_KEY as PASSWORD, parseDatabaseConfig, type DatabaseTargetConfig } from '../../../src/targets/database/contract';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, ConfigurationError, SecretMismatchError, SecretValueError } from '../../rotation/errors';
import { equalButForKey, mustBeNextPassword, readKey, replaceKey, roomAt } from '../../rotation/secret-value';
import type { SecretValues, Target, ValueRequest } from '../../target';
import { mustShareServer, shareServer, type ServerAddress } from '../server-login';

const USERNAME = 'username';

/** The engines of an asset. */
type EngineFactories = Partial<Record<DatabaseTargetConfig['target'], (config: DatabaseTargetConfig) => Engine>>;

/**
 * The target of a database.
 *
 * @throws Error if it is the configuration of another asset.
 */
export function databaseTarget(config: HandlerConfig, engines: EngineFactories): Target {
  const database = parseDatabaseConfig(config, Object.keys(engines) as DatabaseTargetConfig['target'][]);
  const engine = engines[database.target]!(database);
  const endpoint = endpointOf(database, engine);
  const strategy = strategyOf(database, endpoint);
  return new DatabaseTarget(endpoint ? at(endpoint, engine) : engine, strategy, database.endpointIsServer ? endpoint : undefined);
}

/** The engine, with every login at the endpoint. A host in the value of a secret has no effect then. */
function at(endpoint: ServerAddress, engine: Engine): Engine {
  return {
    engines: engine.engines,
    defaultPort: engine.defaultPort,
    userNameLimit: (name) => engine.userNameLimit(name),
    mayHave: (password, user) => engine.mayHave?.(password, user) ?? true,
    logIn: (credentials, deadline) => engine.logIn({ ...credentials, ...endpoint }, deadline),
  };
}

/** Without a port, it is that of the engine: a port in the value of a secret has no effect either. */
function endpointOf({ endpoint }: DatabaseTargetConfig, { defaultPort, endpointPort = defaultPort }: Engine): ServerAddress | undefined {
  if (endpoint === undefined) { return undefined; }
  const { host, port } = parseNode(endpoint) ?? {};
  if (host === undefined) { throw new ConfigurationError('endpoint of the RotationTarget is not a host, or a host and a port from 1 to 65535. Correct it, and deploy'); }
  return { host, port: port ?? endpointPort };
}

function strategyOf(config: DatabaseTargetConfig, endpoint: ServerAddress | undefined): Strategy {
  const { creationStatements, dualPasswords, resetLostPassword, singleUser, superuserSecretArn } = config;
  if (superuserSecretArn === undefined) { return dualPasswords ? new DualPasswords() : new SingleUser(); }
  const superuser = new Superuser(superuserSecretArn, endpoint);
  const strategy = dualPasswords ? new DualPasswords(superuser)
    : singleUser ? new ManagedUser(superuser) : new AlternatingUsers(superuser);
  return creationStatements || resetLostPassword ? new WithRepair(strategy, superuser, { creationStatements, resetLostPassword }) : strategy;
}

/** The credentials of a database user. */
export class DatabaseTarget implements Target {
  /** @param server the server that the secrets must have; undefined if any */
  constructor(private readonly engine: Engine, private readonly strategy: Strategy, private readonly server?: ServerAddress) {}

  public async createValue({ current, generatePassword }: ValueRequest): Promise<string> {
    this.parse(current);
    const user = readKey(current, USERNAME);
    const nextUser = this.strategy.nextUser(user);
    const limit = this.engine.userNameLimit(nextUser);
    if (limit) {
      throw new SecretValueError(nextUser === user ? `The user name in the key "username" of the secret is longer than ${limit}. Put the name that the server has into the secret`
        : `The name of the user that alternates with the one of the key "username" would be longer than ${limit}. Use a user with a shorter name`);
    }
    const old = readKey(current, PASSWORD);
    const next = this.withNextUser(current);
    const isUsable = (password: string) => password !== old && (this.engine.mayHave?.(password, nextUser) ?? true);
    return replaceKey(next, PASSWORD, await generatePassword(isUsable, roomAt(next, PASSWORD)));
  }

  public validate(value: string): void {
    this.parse(value);
  }

  public async checkNext(next: string, current: () => Promise<string>, versionId: string): Promise<void> {
    mustBeNextPassword(readKey(next, PASSWORD), readKey(await current(), PASSWORD), versionId);
  }

  public isDerived(pending: string, current: string): boolean {
    return equalButForKey(pending, this.withNextUser(current), PASSWORD);
  }

  public async setSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pendingValue, currentValue] = [await values.pending(), await values.current()];
    const [pending, current] = [this.parse(pendingValue), this.parse(currentValue)];
    if (!this.isDerived(pendingValue, currentValue)) {
      throw new SecretMismatchError('The pending value differs from the current one in more than a rotation changes, so it was not sent anywhere. One of them was '
        + 'changed by hand; remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    await this.strategy.setSecret({ engine: this.engine, deadline, values, pending, current });
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pending, current] = [this.parse(await values.pending()), this.parse(await values.current())];
    mustShareServer(pending, current, 'the pending version and the current one');
    // At a deployment, testSecret runs alone, with a copy of the current version.
    if (![current.username, this.strategy.nextUser(current.username)].includes(pending.username)) {
      throw new SecretMismatchError('The key "username" of the pending version is not the user that comes after the current one. Remove AWSPENDING with '
        + 'UpdateSecretVersionStage and rotate again');
    }
    const look = () => isAccepted(this.engine, pending, deadline);
    // A server may take a moment to know a new password everywhere. Wrong logins lock a user of some servers, unless a right one comes in
    // between. If neither password is accepted, it tries again only once, in case the change came in between.
    const isCopy = current.username === pending.username && current.password === pending.password;
    const accepted = await deadline.reread(async () => {
      if (await look()) { return true; }
      if (isCopy) { return false; }
      return current.username !== pending.username || await isAccepted(this.engine, current, deadline) ? undefined : look();
    });
    if (!accepted) {
      throw new AuthenticationError('The server does not accept the pending credentials. See that the user is not locked and that its password has not expired (VALID UNTIL in PostgreSQL); Secrets Manager retries the '
        + 'rotation');
    }
  }

  /** The value with the user of the next version. Every other byte stays the same. */
  private withNextUser(value: string): string {
    const user = readKey(value, USERNAME);
    const next = this.strategy.nextUser(user);
    return next === user ? value : replaceKey(value, USERNAME, next);
  }

  private parse(value: string): Credentials {
    const credentials = parseCredentials(value, this.engine);
    if (this.server && !shareServer(credentials, this.server)) {
      throw new SecretMismatchError('The keys "host" and "port" in the value of the secret are not those of the database of the RotationTarget, so nothing was sent anywhere. Correct them, or give the RotationTarget '
        + 'the endpoint of the server if they are another name of it');
    }
    return credentials;
  }
}

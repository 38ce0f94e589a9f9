import type { Connect } from './connection';
import { DIRECTORY_PASSWORD_KEY as PASSWORD, LDAPS_DEFAULT_PORT, type DirectoryTargetConfig } from '../../../src/targets/directory/contract';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, RotationError, SecretMismatchError, SecretValueError } from '../../rotation/errors';
import { equalButForKey, mustBeNextPassword, readKey, replaceKey, roomAt } from '../../rotation/secret-value';
import type { SecretValues, Target, ValueRequest } from '../../target';
import { mustShareServer, parseServerLogin, readSuperuser, shareServer, superuserRefused, type ServerLogin } from '../server-login';

/** The versions of a rotation. */
export interface Logins {
  readonly pending: ServerLogin;
  readonly current: ServerLogin;
  /** Undefined if no version of this user has AWSPREVIOUS, or if it can't be read. */
  readonly previous?: ServerLogin;
  /** Undefined if the user changes its own password. */
  readonly superuser?: ServerLogin;
}

/** What every directory's connection does. */
interface Bound {
  /** @throws AuthenticationError only if the server doesn't accept the user with the password */
  bind(user: string, password: string): Promise<void>;
  close(): void;
}

/** A user of a directory. */
export abstract class DirectoryTarget<Connection extends Bound, User, Config extends DirectoryTargetConfig> implements Target {
  /** What a user name has to be, for errors. */
  protected abstract readonly userRule: string;

  constructor(protected readonly config: Config, private readonly connect: Connect<Connection>) {}

  public async createValue({ current, generatePassword }: ValueRequest): Promise<string> {
    const login = this.parse(current);
    const isUsable = (password: string) => password !== login.password && this.isUsable(password, login);
    return replaceKey(current, PASSWORD, await generatePassword(isUsable, roomAt(current, PASSWORD)));
  }

  public validate(value: string): void {
    this.parse(value);
  }

  public async checkNext(next: string, current: () => Promise<string>, versionId: string): Promise<void> {
    mustBeNextPassword(readKey(next, PASSWORD), readKey(await current(), PASSWORD), versionId);
  }

  public isDerived(pending: string, current: string): boolean {
    return equalButForKey(pending, current, PASSWORD);
  }

  public async setSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pendingValue, currentValue] = [await values.pending(), await values.current()];
    const [pending, current] = [this.parse(pendingValue), this.parse(currentValue)];
    if (!this.isDerived(pendingValue, currentValue)) {
      throw new SecretMismatchError('The pending value differs from the current one in more than a rotation changes, so it was not sent anywhere. One of them was '
        + 'changed by hand. Remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    const logins = { pending, current, previous: await this.previousLogin(values, current), superuser: await this.superuser(values, current) };
    await this.change(logins, values, deadline);
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pending, current] = [this.parse(await values.pending()), this.parse(await values.current())];
    mustShareServer(pending, current, 'the pending version and the current one');
    if (pending.username !== current.username) {
      throw new SecretMismatchError('The key "username" of the pending version is not that of the current one. Remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    if (!await this.test(pending, current, deadline)) {
      throw new AuthenticationError('The server does not accept the pending credentials. See that the entry exists, that it is not locked, and that its password has not expired. Secrets Manager retries the rotation');
    }
  }

  /** Whether a text can name a user at login. */
  protected abstract isUser(username: string): boolean;

  /** Makes the server accept the pending password. */
  protected abstract change(logins: Logins, values: SecretValues, deadline: Deadline): Promise<void>;

  /** Whether the server accepts the pending password. */
  protected abstract test(pending: ServerLogin, current: ServerLogin, deadline: Deadline): Promise<boolean>;

  /** The user of a connection, as the server names it. Throws if it may not go on. */
  protected abstract identify(connection: Connection, login: ServerLogin): Promise<User>;

  /** Whether the superuser of a connection is the user. One user has many names, and only the server knows all of them. */
  protected abstract isSame(superuser: Connection, user: User): Promise<boolean>;

  /** The same text for the same user, as far as names show it. */
  protected abstract comparable(username: string): string;

  /** Whether the directory takes a password for this user. */
  protected isUsable(_password: string, _login: ServerLogin): boolean {
    return true;
  }

  protected async isAccepted(login: ServerLogin, deadline: Deadline): Promise<boolean> {
    return await this.withUser(login, deadline, async () => true) ?? false;
  }

  /** Undefined if the server doesn't accept the login. */
  protected async withUser<T>(
    login: ServerLogin, deadline: Deadline, use: (connection: Connection, user: User) => Promise<T>,
  ): Promise<T | undefined> {
    const connection = await this.connect(login, this.config.certificateAuthority, deadline);
    try {
      try {
        await connection.bind(login.username, login.password);
      } catch (error) {
        if (error instanceof AuthenticationError) { return undefined; }
        throw error;
      }
      return await use(connection, await this.identify(connection, login));
    } finally {
      connection.close();
    }
  }

  protected async asSuperuser<T>(superuser: ServerLogin, user: User, deadline: Deadline, use: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.connect(superuser, this.config.certificateAuthority, deadline);
    try {
      try {
        await connection.bind(superuser.username, superuser.password);
      } catch (error) {
        if (!(error instanceof AuthenticationError)) { throw error; }
        throw new AuthenticationError(superuserRefused('The server', this.config.superuserSecretArn!));
      }
      if (await this.isSame(connection, user)) { throw ofItself(); }
      return await use(connection);
    } finally {
      connection.close();
    }
  }

  private async superuser(values: SecretValues, current: ServerLogin): Promise<ServerLogin | undefined> {
    const { superuserSecretArn } = this.config;
    if (superuserSecretArn === undefined) { return undefined; }
    const superuser = await readSuperuser(values, superuserSecretArn, (value) => this.parse(value), [current], [current.username]);
    if (this.comparable(superuser.username) === this.comparable(current.username)) { throw ofItself(); }
    return superuser;
  }

  private async previousLogin(values: SecretValues, current: ServerLogin): Promise<ServerLogin | undefined> {
    const value = await values.previous();
    if (value === undefined) { return undefined; }
    try {
      const previous = this.parse(value);
      return previous.username === current.username && shareServer(previous, current) ? previous : undefined;
    } catch (error) {
      if (error instanceof RotationError) { return undefined; }
      throw error;
    }
  }

  /** @throws SecretValueError naming the key that is missing or wrong, and never what it holds */
  private parse(value: string): ServerLogin {
    const login = parseServerLogin(value, LDAPS_DEFAULT_PORT);
    if (!this.isUser(login.username)) { throw new SecretValueError(`The key "username" in the value of the secret is not ${this.userRule}`); }
    return login;
  }
}

function ofItself(): SecretValueError {
  return new SecretValueError('The superuser secret has the user whose password it would change. Use the secret of another user that may manage this one');
}

import type { CacheUser, CacheUserApi } from './user-api';
import {
  CACHE_PASSWORD_KEY as PASSWORD, CACHE_PASSWORD_LENGTH, CACHE_USER_ARN_KEY, CACHE_USERNAME_KEY, isCachePassword, parseCacheEndpoint,
  parseCacheUserArn, type CacheUserIds, type CacheUserTargetConfig,
} from '../../../src/targets/cache-user/contract';
import type { ConnectRedis, RedisNode } from '../../redis/connection';
import { logIn, type Login } from '../../redis/session';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, SecretMismatchError, SecretValueError, TargetNotReadyError, TargetRefusedError } from '../../rotation/errors';
import { equalButForKey, mustBeNextPassword, readKey, replaceKey, roomAt } from '../../rotation/secret-value';
import type { SecretValues, Target, ValueRequest } from '../../target';
import { requiredKey } from '../server-login';

/** The delay between two looks at the user, in milliseconds. */
const PAUSE = 1_000;
/** The time that a step keeps for the error after the last look, in milliseconds. */
const RESERVE = 2_000;
/** The most looks at the user, and the most logins, in one step. A cache knows a change when the user is active, or moments later. */
const LOOKS = 600;
const LOGINS = 30;
/** How often in a row the user must be active. An answer may be older than the change. */
const IN_A_ROW = 2;

/** @throws Error if it isn't the ARN of a user of that service */
export function idsOf({ target, userArn }: CacheUserTargetConfig): CacheUserIds {
  const ids = parseCacheUserArn(target, userArn);
  if (ids) { return ids; }
  throw new Error(`userArn is not the ARN of one user, as ${target} needs. Give the RotationTarget the ARN of the user`);
}

/** A user of ElastiCache or MemoryDB. A rotation replaces the two passwords of the user by the pending and the current one. */
export class CacheUserTarget implements Target {
  constructor(private readonly config: CacheUserTargetConfig, private readonly api: CacheUserApi, private readonly connect: ConnectRedis) {}

  public async createValue({ current, generatePassword }: ValueRequest): Promise<string> {
    const { password: old } = this.parse(current);
    return replaceKey(current, PASSWORD, await generatePassword((password) => password !== old, roomAt(current, PASSWORD)));
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
    // The service doesn't show which passwords a user has, so a repetition sends both again.
    const passwords = [pending.password, current.password];
    for (let isChanged = false; !isChanged;) {
      await this.untilActive(current.username, deadline, 1);
      // A label that moved meanwhile may have made another password the current one.
      await values.checkInProgress();
      deadline.signal.throwIfAborted();
      isChanged = await this.api.setPasswords(passwords, deadline);
      if (!await deadline.pause(PAUSE)) { throw this.notReady(); }
    }
    const { passwordCount } = await this.untilActive(current.username, deadline);
    if (passwordCount !== passwords.length) { throw changedMeanwhile(); }
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pending, current] = [this.parse(await values.pending()), this.parse(await values.current())];
    if (pending.username !== current.username) {
      throw new SecretMismatchError('The key "username" of the pending version is not that of the current one. Remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    const { passwordCount } = await this.untilActive(pending.username, deadline);
    if (passwordCount < new Set([pending.password, current.password]).size) { throw changedMeanwhile(); }
    await this.logIn(pending, deadline);
  }

  /** Logs in to the cache, if the app gave its endpoint, until the cache knows the change. */
  private async logIn(login: Login, deadline: Deadline): Promise<void> {
    const { endpoint } = this.config;
    if (endpoint === undefined) { return; }
    const address = parseCacheEndpoint(endpoint);
    if (!address) { throw new SecretValueError('The endpoint of the RotationTarget is neither a host nor host:port with a port from 1 to 65535. Correct it, and deploy'); }
    const node: RedisNode = { name: `The cache ${endpoint}`, ...address };
    for (let attempt = 1; ; attempt++) {
      try {
        (await logIn(this.connect, node, undefined, login, deadline)).close();
        return;
      } catch (error) {
        if (!(error instanceof AuthenticationError)) { throw error; }
        if (attempt < LOGINS && hasTime(deadline) && await deadline.pause(PAUSE)) { continue; }
        throw new AuthenticationError(`${node.name} does not accept the pending credentials. See that the user is on, that the cache has a user group or an ACL with this user, and that nothing else changes its `
          + 'passwords. Secrets Manager retries the rotation');
      }
    }
  }

  /** Waits until no change of the user is being applied. */
  private async untilActive(username: string, deadline: Deadline, wanted = IN_A_ROW): Promise<CacheUser> {
    for (let look = 1, inARow = 0; ; look++) {
      const user = this.check(await this.api.describe(deadline), username);
      inARow = user.status === 'active' ? inARow + 1 : 0;
      if (inARow === wanted) { return user; }
      if (look === LOOKS || !hasTime(deadline) || !await deadline.pause(PAUSE)) { throw this.notReady(); }
    }
  }

  /** The user, if it is that of the app and of the secret, and has passwords. */
  private check(user: CacheUser | undefined, username: string): CacheUser {
    const { userArn } = this.config;
    if (!user) { throw new TargetRefusedError(`The user ${userArn} does not exist, so nothing was changed. Deploy the user, or give another userArn to the RotationTarget`); }
    if (user.arn !== userArn) { throw new TargetRefusedError(`The service answered with another user than ${userArn}, so nothing was changed. Give the RotationTarget the ARN of the user`); }
    if (user.status === 'deleting') { throw new TargetRefusedError(`The user ${userArn} is being deleted, so nothing was changed. Remove the rotation of the secret`); }
    if (user.authentication !== 'password') {
      throw new TargetRefusedError(`The user ${userArn} does not log in with a password of its own, so nothing was changed. Its authentication type has to be password, and is ${user.authentication === 'iam' ? 'iam' : 'another one'}. `
        + 'Change the user, or remove the rotation of the secret');
    }
    if (user.name !== username) {
      throw new SecretMismatchError(`The key "username" in the value of the secret is not the user name of ${userArn}, so nothing was changed. Put the user name of that user into the secret`);
    }
    return user;
  }

  private notReady(): TargetNotReadyError {
    return new TargetNotReadyError(`The user ${this.config.userArn} does not have the status active yet, because a change of it is still being applied. Secrets Manager retries the rotation, and a repetition is harmless. `
      + 'If it keeps happening, raise the timeout of the RotationFunction');
  }

  /** @throws SecretValueError or SecretMismatchError naming the key that is missing or wrong, and never what it holds */
  private parse(value: string): Login {
    const [username, password] = [CACHE_USERNAME_KEY, PASSWORD].map((key) => requiredKey(value, key));
    const { [CACHE_USER_ARN_KEY]: userArn } = JSON.parse(value) as Record<string, unknown>;
    // Otherwise a right to write the secret would be one to choose the user.
    if (userArn !== undefined && userArn !== this.config.userArn) {
      throw new SecretMismatchError(`The key "${CACHE_USER_ARN_KEY}" in the value of the secret is not the userArn of the RotationTarget, which is ${this.config.userArn}. Correct the key, or remove it`);
    }
    if (!isCachePassword(password)) {
      const { least, most } = CACHE_PASSWORD_LENGTH;
      throw new SecretValueError(`The key "${PASSWORD}" in the value of the secret does not have ${least} to ${most} printable characters of ASCII without a space, which the service needs. Put such a password`);
    }
    return { username, password };
  }
}

function hasTime(deadline: Deadline): boolean {
  return deadline.remainingTimeInMillis() > PAUSE + RESERVE;
}

function changedMeanwhile(): TargetRefusedError {
  return new TargetRefusedError('The user does not have the two passwords of AWSPENDING and AWSCURRENT, so nothing was promoted. Something else changed its passwords. See that the user belongs to this secret alone. '
    + 'Secrets Manager retries the rotation');
}

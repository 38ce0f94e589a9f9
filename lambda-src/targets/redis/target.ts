import { lookup } from 'node:dns/promises';
import type { HandlerConfig } from '../../../src/contract';
import { parseNode } from '../../../src/targets/contract';
import { parseRedisConfig, REDIS_DEFAULT_PORT, REDIS_PASSWORD_KEY as PASSWORD, type RedisTargetConfig } from '../../../src/targets/redis/contract';
import { connectRedis, type ConnectRedis, type RedisNode } from '../../redis/connection';
import { logIn, passwordHash, type RedisSession, type RedisUser } from '../../redis/session';
import type { Deadline } from '../../rotation/deadline';
import { AuthenticationError, ConnectivityError, RotationError, SecretMismatchError, SecretValueError, TargetRefusedError } from '../../rotation/errors';
import { equalButForKey, mustBeNextPassword, readKey, replaceKey, roomAt } from '../../rotation/secret-value';
import type { SecretValues, SetReport, Target, ValueRequest } from '../../target';
import { mustShareServer, parseServerLogin, readSuperuser, shareServer, superuserRefused, type ServerLogin } from '../server-login';

/** @throws Error if it is the configuration of another asset */
export function redisTarget(config: HandlerConfig): Target {
  return new RedisTarget(parseRedisConfig(config), connectRedis);
}

/** The hashes of the passwords of the secret's versions. */
interface VersionHashes {
  readonly pending: string;
  readonly current: string;
  /** Undefined if no version of this user has AWSPREVIOUS, or if it can't be read. */
  readonly previous: string | undefined;
}

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** A user of Redis or Valkey. The passwords of AWSCURRENT and AWSPREVIOUS stay valid beside the pending one. */
export class RedisTarget implements Target {
  constructor(
    private readonly config: RedisTargetConfig,
    private readonly connect: ConnectRedis,
    private readonly resolve: Resolve = (host) => lookup(host, { all: true }),
  ) {}

  public async createValue({ current, generatePassword }: ValueRequest): Promise<string> {
    const { password: old } = parseCredentials(current);
    return replaceKey(current, PASSWORD, await generatePassword((password) => password !== old, roomAt(current, PASSWORD)));
  }

  public validate(value: string): void {
    parseCredentials(value);
  }

  public async checkNext(next: string, current: () => Promise<string>, versionId: string): Promise<void> {
    mustBeNextPassword(readKey(next, PASSWORD), readKey(await current(), PASSWORD), versionId);
  }

  public isDerived(pending: string, current: string): boolean {
    return equalButForKey(pending, current, PASSWORD);
  }

  public async setSecret(values: SecretValues, deadline: Deadline): Promise<SetReport> {
    const [pendingValue, currentValue] = [await values.pending(), await values.current()];
    const [pending, current] = [parseCredentials(pendingValue), parseCredentials(currentValue)];
    if (!this.isDerived(pendingValue, currentValue)) {
      throw new SecretMismatchError('The pending value differs from the current one in more than a rotation changes, so it was not sent anywhere. One of them was '
        + 'changed by hand. Remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    const superuser = await readSuperuser(values, this.config.superuserSecretArn, parseCredentials, [current], [current.username]);
    const previous = await previousHash(values, current);
    const hashes = { pending: passwordHash(pending.password), current: passwordHash(current.password), previous };
    const sessions: RedisSession[] = [];
    try {
      for (const node of await this.nodes(current)) { sessions.push(await this.logInAsSuperuser(node, superuser, deadline)); }
      // All users are checked before one is changed.
      const users: RedisUser[] = [];
      for (const session of sessions) { users.push(checkUser(session, await session.user(current.username), hashes)); }
      const forgetful: string[] = [];
      const removed = new Set<string>();
      for (const [i, session] of sessions.entries()) {
        const old = await change(session, current.username, users[i].passwordHashes, hashes, () => values.checkInProgress());
        for (const hash of old) { removed.add(hash); }
        // Also if there was nothing to change: the copy of the function that changed it may have ended before this.
        if (!await session.save()) { forgetful.push(session.node.name); }
      }
      const warning = forgetful.length === 0 ? undefined : `A restart will undo the rotation, because there is no ACL file: ${forgetful.join(', ')}. Before any restart, write the output `
        + 'of ACL LIST into a file, one user a line. Remove the lines with user and requirepass from the configuration, and set aclfile to the file. Then restart the server';
      return { warning, removedPasswords: removed.size };
    } finally {
      for (const session of sessions) { session.close(); }
    }
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pending, current] = [parseCredentials(await values.pending()), parseCredentials(await values.current())];
    mustShareServer(pending, current, 'the pending version and the current one');
    if (pending.username !== current.username) {
      throw new SecretMismatchError('The key "username" of the pending version is not that of the current one. Remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    // No login is repeated. A server applies a change before it answers, so a later success would be that of another server.
    for (const node of await this.nodes(current)) {
      try {
        (await logIn(this.connect, node, this.config.certificateAuthority, pending, deadline)).close();
      } catch (error) {
        if (!(error instanceof AuthenticationError)) { throw error; }
        throw new AuthenticationError(`${node.name} does not accept the pending credentials. See that the user exists there, is on, and has the password, and that no two servers share an address. `
          + 'Secrets Manager retries the rotation');
      }
    }
  }

  private async logInAsSuperuser(node: RedisNode, superuser: ServerLogin, deadline: Deadline): Promise<RedisSession> {
    try {
      return await logIn(this.connect, node, this.config.certificateAuthority, superuser, deadline);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) { throw error; }
      throw new AuthenticationError(superuserRefused(node.name, this.config.superuserSecretArn));
    }
  }

  /** Every address of every node, because servers may share a name. */
  private async nodes(current: ServerLogin): Promise<RedisNode[]> {
    const all: RedisNode[] = [];
    for (const node of this.namedNodes(current)) {
      const addresses = await this.addresses(node);
      for (const address of addresses) { all.push({ ...node, address, name: addresses.length === 1 ? node.name : `${node.name}, at ${address},` }); }
    }
    return all;
  }

  private namedNodes({ host, port }: ServerLogin): RedisNode[] {
    const { nodes } = this.config;
    if (nodes === undefined) { return [{ name: 'The server', host, port }]; }
    return nodes.split(',').map((text, i, all) => {
      const node = parseNode(text);
      const name = `Node ${i + 1} of ${all.length}`;
      if (!node) { throw new SecretValueError(`${name} in nodes is not a host, or a host and a port from 1 to 65535. Correct nodes of the RotationTarget, and deploy`); }
      return { name: `${name} (${text})`, host: node.host, port: node.port ?? port };
    });
  }

  /** The IPv4 addresses, if there are any. IPv6 addresses are of the same servers then, and the function may have no route to them. */
  private async addresses({ name, host }: RedisNode): Promise<string[]> {
    let found: Awaited<ReturnType<Resolve>>;
    try {
      found = await this.resolve(host);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      throw new ConnectivityError(`The name of ${name} can't be resolved${/^[A-Z_]{1,64}$/.test(code) ? ` (${code})` : ''}. See that it is right, and that the VPC of the function resolves it. `
        + 'Secrets Manager retries the rotation');
    }
    const family = Math.min(...found.map((each) => each.family));
    return [...new Set(found.filter((each) => each.family === family).map(({ address }) => address))];
  }
}

/** @throws SecretValueError naming the key that is missing or wrong, and never what it holds */
function parseCredentials(value: string): ServerLogin {
  const login = parseServerLogin(value, REDIS_DEFAULT_PORT);
  if (/\s/.test(login.username)) { throw new SecretValueError('The key "username" in the value of the secret has a space, which no user of Redis has. Correct it'); }
  return login;
}

async function previousHash(values: SecretValues, current: ServerLogin): Promise<string | undefined> {
  const value = await values.previous();
  if (value === undefined) { return undefined; }
  try {
    const previous = parseCredentials(value);
    return previous.username === current.username && shareServer(previous, current) ? passwordHash(previous.password) : undefined;
  } catch (error) {
    if (error instanceof RotationError) { return undefined; }
    throw error;
  }
}

/** One of the versions must have a password of the user. Otherwise, a right to write the secret would be one to change passwords of other users. */
function checkUser({ node: { name } }: RedisSession, user: RedisUser | undefined, hashes: VersionHashes): RedisUser {
  if (!user) { throw new TargetRefusedError(`${name} has no user with the name of the key "username", so nothing was changed. Create the user there, with the password of the version with AWSCURRENT`); }
  if (!user.isOn) { throw new TargetRefusedError(`${name} has turned the user off, so nothing was changed. Run ACL SETUSER <user> on, or remove the rotation of the secret`); }
  if (user.isWithoutPassword) {
    throw new TargetRefusedError(`${name} accepts the user with any password (nopass), so a rotation can't be verified, and nothing was changed. Run ACL SETUSER <user> resetpass #<SHA-256 of the `
      + 'password of the version with AWSCURRENT>');
  }
  if (![hashes.pending, hashes.current, hashes.previous].some((hash) => hash !== undefined && user.passwordHashes.includes(hash))) {
    throw new AuthenticationError(`${name} accepts neither the current password of the user, nor the pending one, nor the previous one, so nothing was changed. After a restart without ACL file it has the `
      + 'passwords of its configuration. Run ACL SETUSER <user> #<SHA-256 of the password of the version with AWSCURRENT>, and rotate again');
  }
  return user;
}

/** Returns the passwords that were removed. */
async function change(
  session: RedisSession, username: string, present: readonly string[], hashes: VersionHashes, beforeRemoval: () => Promise<void>,
): Promise<string[]> {
  // A node that was restored from an older file may lack the current one. It is added first, so that it stays the older one.
  for (const hash of [hashes.current, hashes.pending]) {
    if (!present.includes(hash)) { await session.addPassword(username, hash); }
  }
  const old = obsolete(present, hashes);
  // A label that moved by hand may have made an old password the current one.
  if (old.length > 0) { await beforeRemoval(); }
  for (const hash of old) { await session.removePassword(username, hash); }
  return old;
}

/**
 * The passwords that no version with a label has, and that were added before the current one. A later one may be the pending password of another
 * rotation, or one that the owner is about to put into the secret. Without AWSPREVIOUS, no password is known to be old. If AWSPREVIOUS has the current
 * password too, another key was changed by hand, and the password before it may still be in use.
 */
function obsolete(present: readonly string[], { pending, current, previous }: VersionHashes): string[] {
  if (previous === undefined || previous === current) { return []; }
  return present.slice(0, Math.max(0, present.indexOf(current))).filter((hash) => hash !== pending && hash !== previous);
}

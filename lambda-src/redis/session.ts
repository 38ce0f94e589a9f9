import { createHash } from 'node:crypto';
import type { ConnectRedis, RedisConnection, RedisNode } from './connection';
import { ErrorReply, type Reply } from './resp';
import type { Deadline } from '../rotation/deadline';
import { AuthenticationError, ConnectivityError, TargetRefusedError, type RotationError } from '../rotation/errors';
import { remedyOf } from '../rotation/service-errors';

/** https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors: the first word of an error is its code. */
const REMEDIES: Record<string, string> = {
  BUSY: 'A script is running. Secrets Manager retries the rotation',
  DENIED: 'The server is in protected mode. Give the default user a password, or set protected-mode to no',
  LOADING: 'The server is starting. Secrets Manager retries the rotation',
  NOAUTH: 'The server asks for a login after a login. Look for a proxy between the function and the server',
  NOPERM: 'The user of the superuser secret may not do this. Run ACL SETUSER <superuser> +acl|setuser +acl|getuser +acl|save +acl|whoami',
};

/** All of these have the code ERR. */
const NO_ACL_FILE = /not configured to use an ACL file/i;
const NO_SUCH_PASSWORD = /does not exist/i;
const CAN_NOT_SAVE = /trying to save the ACLs/i;
const UNKNOWN_COMMAND = /unknown (command|subcommand)/i;

/** A login. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A user of the server. */
export interface RedisUser {
  readonly isOn: boolean;
  /** Whether the server accepts any password. */
  readonly isWithoutPassword: boolean;
  /** In the order in which they were added. */
  readonly passwordHashes: readonly string[];
}

/** The hash that servers store, and that names a password: https://redis.io/docs/latest/commands/acl-setuser/ */
export function passwordHash(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

/**
 * Logs in to a node.
 *
 * @throws AuthenticationError only if the node doesn't accept the user with the password
 */
export async function logIn(
  connect: ConnectRedis, node: RedisNode, certificateAuthority: string | undefined, login: Login, deadline: Deadline,
): Promise<RedisSession> {
  const connection = await connect(node, certificateAuthority, deadline);
  try {
    const session = new RedisSession(connection, node);
    await session.authenticate(login);
    return session;
  } catch (error) {
    connection.close();
    throw error;
  }
}

export class RedisSession {
  constructor(private readonly connection: RedisConnection, public readonly node: RedisNode) {}

  public async authenticate({ username, password }: Login): Promise<void> {
    const reply = await this.connection.command('AUTH', username, password);
    if (reply instanceof ErrorReply && reply.code === 'WRONGPASS') {
      throw new AuthenticationError(`${this.node.name} does not accept this user with this password. See that the user exists there, is on, and has the password`);
    }
    this.mustBe(reply, 'OK', 'AUTH');
    const user = await this.connection.command('ACL', 'WHOAMI');
    // The login named the user, and succeeded. A user may have no right to ACL WHOAMI.
    if (user instanceof ErrorReply && user.code === 'NOPERM') { return; }
    if (user instanceof ErrorReply) { throw this.refusal(user, 'ACL WHOAMI'); }
    if (user !== username) {
      throw new TargetRefusedError(`${this.node.name} accepts the credentials as those of another user than that of the key "username", so nothing was changed. Look for a proxy `
        + 'between the function and the server');
    }
  }

  /** Undefined if the server has no such user. */
  public async user(username: string): Promise<RedisUser | undefined> {
    const reply = await this.connection.command('ACL', 'GETUSER', username);
    if (reply instanceof ErrorReply) { throw this.refusal(reply, 'ACL GETUSER'); }
    if (reply === null) { return undefined; }
    const flags = texts(field(reply, 'flags'));
    const passwordHashes = texts(field(reply, 'passwords'));
    if (!flags || !passwordHashes?.every((hash) => /^[0-9a-f]{64}$/.test(hash))) { throw this.foreign('ACL GETUSER'); }
    return { isOn: flags.includes('on'), isWithoutPassword: flags.includes('nopass'), passwordHashes };
  }

  /** The other passwords of the user stay valid. */
  public async addPassword(username: string, hash: string): Promise<void> {
    this.mustBe(await this.connection.command('ACL', 'SETUSER', username, `#${hash}`), 'OK', 'ACL SETUSER');
  }

  /** Does nothing if another copy of the function removed it before. */
  public async removePassword(username: string, hash: string): Promise<void> {
    const reply = await this.connection.command('ACL', 'SETUSER', username, `!${hash}`);
    if (reply instanceof ErrorReply && NO_SUCH_PASSWORD.test(reply.text)) { return; }
    this.mustBe(reply, 'OK', 'ACL SETUSER');
  }

  /** Writes the users into the ACL file. False if the server has none. */
  public async save(): Promise<boolean> {
    const reply = await this.connection.command('ACL', 'SAVE');
    if (reply instanceof ErrorReply && NO_ACL_FILE.test(reply.text)) { return false; }
    this.mustBe(reply, 'OK', 'ACL SAVE');
    return true;
  }

  public close(): void {
    this.connection.close();
  }

  private mustBe(reply: Reply, wanted: string, command: string): void {
    if (reply instanceof ErrorReply) { throw this.refusal(reply, command); }
    if (reply !== wanted) { throw this.foreign(command); }
  }

  private refusal({ code, text }: ErrorReply, command: string): RotationError {
    return new TargetRefusedError(`${this.node.name} refused ${command} with ${code}. ${remedyOf(REMEDIES, code) ?? remedyOfText(text)}`, code);
  }

  private foreign(command: string): ConnectivityError {
    return new ConnectivityError(`${this.node.name} answers ${command} differently from Redis and Valkey. See that the keys "host" and "port" name a server of Redis 6 or later, or of Valkey`);
  }
}

function remedyOfText(text: string): string {
  if (CAN_NOT_SAVE.test(text)) { return 'It can\'t write its ACL file. See that the folder of the file is writable and has room, and that the folder is mounted, not the file alone, which can\'t be replaced. Read the log of the server'; }
  if (UNKNOWN_COMMAND.test(text)) { return 'It has no such command, or its name was changed. Rotate users of Redis 6 or later, or of Valkey, on a server that lets a superuser change them'; }
  return 'Read the log of the server';
}

/** The value after a name. Names and values alternate. */
function field(reply: Reply, name: string): Reply | undefined {
  if (!Array.isArray(reply)) { return undefined; }
  const items = reply as readonly Reply[];
  const index = items.findIndex((item, i) => i % 2 === 0 && item === name);
  return index < 0 ? undefined : items[index + 1];
}

function texts(reply: Reply | undefined): string[] | undefined {
  return Array.isArray(reply) && reply.every((item) => typeof item === 'string') ? reply as string[] : undefined;
}

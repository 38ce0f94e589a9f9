import { connectRedis, type RedisConnection } from '../../../lambda-src/redis/connection';
import { ErrorReply } from '../../../lambda-src/redis/resp';
import type { Deadline } from '../../../lambda-src/rotation/deadline';
import { hashOf, RedisProbe, SUPERUSER_RIGHTS } from '../../../servers/redis/redis';
import { REDIS_DEFAULT_PORT } from '../../../src/targets/redis/contract';
import type { Login } from '../../../tools/servers/server';
import { redisSubject } from '../../proof/redis';
import type { Address, Ground, Kind, Owner, Run } from '../kind';
import { passwordsOf } from '../passwords';

/** A superuser of the run, with the rights that docs/targets/redis.md asks for. */
const superuserOf = ({ prefix, seed }: Pick<Run, 'prefix' | 'seed'>): Login => ({ username: `${prefix}super`, password: passwordsOf(seed)('superuser') });

/** A connection that ends with its process. */
const FOREVER = { signal: new AbortController().signal, remainingTimeInMillis: () => 30_000 } as Deadline;

/** The error of a server that keeps its users in the configuration. */
const HAS_NO_FILE = /not configured to use an ACL file/;

/** Redis or Valkey, one node of it. */
export const REDIS: Kind = {
  schemes: ['rediss'],
  port: REDIS_DEFAULT_PORT,
  database: '',
  connect: async (address) => ownerOf(address, await logIn(address)),
  open,
};

/** Sends a command, and throws if the server refuses it. */
async function send(connection: RedisConnection, ...command: string[]): Promise<unknown> {
  const reply = await connection.command(...command);
  if (reply instanceof ErrorReply) { throw Object.assign(new Error(`${command[0]} was refused: ${reply.text}`), { code: reply.code }); }
  return reply;
}

async function logIn({ host, port, ca, admin }: Address): Promise<RedisConnection> {
  const connection = await connectRedis({ name: 'The server', host, port }, ca, FOREVER);
  await send(connection, 'AUTH', admin.username, admin.password);
  return connection;
}

/** Without it, a restart brings back users that were removed. */
async function save(connection: RedisConnection): Promise<void> {
  await send(connection, 'ACL', 'SAVE').catch((error: Error) => {
    if (!HAS_NO_FILE.test(error.message)) { throw error; }
  });
}

function ownerOf({ admin }: Address, connection: RedisConnection): Owner {
  const users = async () => (await send(connection, 'ACL', 'USERS') as unknown[]).map(String);
  // Links to replicas and to a primary are no clients. https://redis.io/docs/latest/commands/client-list/
  const sessions = async () => String(await send(connection, 'CLIENT', 'LIST')).split('\n').filter((line) => /\bflags=(?![A-Za-z]*[SM])/.test(line))
    .flatMap((line) => /\buser=(\S+)/.exec(line)?.[1] ?? []);
  return {
    product: async () => {
      const information = String(await send(connection, 'INFO', 'server'));
      const [, valkey] = /^valkey_version:(\S+)/m.exec(information) ?? [];
      return valkey === undefined ? `Redis ${/^redis_version:(\S+)/m.exec(information)?.[1]}` : `Valkey ${valkey}`;
    },
    databases: async () => [],
    otherSessions: async () => sessions().then((names) => names.filter((name) => name !== admin.username), () => undefined),
    lock: {
      mark: async (name) => { await send(connection, 'ACL', 'SETUSER', name, 'off'); },
      unmark: async (name) => { await send(connection, 'ACL', 'DELUSER', name); },
    },
    names: users,
    make: async (run) => {
      const { username, password } = superuserOf(run);
      await send(connection, 'ACL', 'SETUSER', username, 'on', `#${hashOf(password)}`, ...SUPERUSER_RIGHTS.split(' '));
    },
    sessions: (prefix) => sessions().then((names) => names.filter((name) => name.startsWith(prefix)).length, () => undefined),
    remove: async (prefix) => {
      const own = (await users()).filter((name) => name.startsWith(prefix));
      if (own.length > 0) { await send(connection, 'ACL', 'DELUSER', ...own); }
      // The file may have users whom a restart has not brought back yet.
      await save(connection);
      return own;
    },
    close: async () => connection.close(),
  };
}

async function open(run: Run): Promise<Ground> {
  const { address, prefix, seed } = run;
  const { host, port, ca } = address;
  const connection = await logIn(address);
  const probe = new RedisProbe({ address: host === 'localhost' ? '127.0.0.1' : host, host, port, ca });
  const password = passwordsOf(seed);
  const asOwner = async (...command: string[]) => { await send(connection, ...command); };
  const user = { username: `${prefix}app`, password: password('app') };
  const place = {
    host, port, ca, user, asOwner, superuser: superuserOf(run), previousPassword: password('before the first'), letsIn: (login: Login) => probe.letsIn(login),
  };
  return {
    strategies: [{
      name: 'two passwords',
      user,
      isDual: true,
      hasSuperuser: true,
      // It saves the users again.
      isRepeatedWithoutWrites: false,
      subject: () => redisSubject('acceptance', place),
      setPassword: ({ username, password: given }) => asOwner('ACL', 'SETUSER', username, 'resetpass', `#${hashOf(given)}`),
      lockUser: (username) => asOwner('ACL', 'SETUSER', username, 'off'),
    }],
    close: async () => {
      probe.close();
      connection.close();
    },
  };
}

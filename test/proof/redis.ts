import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import { connectRedis, type ConnectRedis, type RedisConnection } from '../../lambda-src/redis/connection';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { RedisTarget } from '../../lambda-src/targets/redis/target';
import { hashOf, RedisProbe, startRedis, type RedisProduct, type RedisServer } from '../../servers/redis/redis';
import { parseRedisConfig } from '../../src/targets/redis/contract';
import type { Login } from '../../tools/servers/server';

const USER = { username: 'app', password: 'first-password-of-all' };
const PREVIOUS = 'password-before-the-first';
const SUPERUSER = 'superuser';

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly expected: Invariant;
  /** What it sends before a command. */
  readonly before?: (connection: RedisConnection, args: readonly string[]) => Promise<unknown> | undefined;
  /** A reply, without sending the command. */
  readonly instead?: (args: readonly string[]) => string | undefined;
  readonly nodes?: (nodes: string) => string;
}

const NAIVE: readonly Naive[] = [
  {
    mistake: 'the old passwords are removed before the new one is added',
    expected: 'accepted',
    before: (connection, [, what, username, rule]) => what === 'SETUSER' && rule.startsWith('#') ? connection.command('ACL', what, username, 'resetpass') : undefined,
  },
  {
    mistake: 'the current password is removed once the new one was added, before anybody has it',
    expected: 'accepted',
    before: (connection, [, what]) => what === 'SAVE' ? connection.command('ACL', 'SETUSER', USER.username, `!${hashOf(USER.password)}`) : undefined,
  },
  {
    mistake: 'the password of AWSPREVIOUS is removed, which readers may still have',
    expected: 'overlaps',
    before: (connection, [, what]) => what === 'SAVE' ? connection.command('ACL', 'SETUSER', USER.username, `!${hashOf(PREVIOUS)}`) : undefined,
  },
  {
    mistake: 'no password is ever removed',
    expected: 'overlaps',
    instead: ([, what, , rule]) => what === 'SETUSER' && rule.startsWith('!') ? 'OK' : undefined,
  },
  { mistake: 'one node is taken for all', expected: 'accepted', nodes: (nodes) => nodes.split(',')[0] },
];

/** A server, and a connection to ask it. */
interface Node {
  readonly server: RedisServer;
  readonly probe: RedisProbe;
}

/** Where a subject has its user: on one server, or on several nodes. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  /** Hosts with their ports, separated by commas. @default - the host of the secret */
  readonly nodes?: string;
  readonly superuser: Login;
  /** The user of the first value. */
  readonly user: Login;
  readonly previousPassword: string;
  /** Runs a command on every node, as one who may do everything. */
  asOwner(...command: string[]): Promise<void>;
  /** Whether every node accepts a login. */
  letsIn(login: Login): Promise<boolean>;
}

export function redisSubject(name: string, place: RedisPlace, naive?: Naive): Subject {
  const { host, port, ca, nodes, superuser, user, previousPassword } = place;
  const json = (login: object) => JSON.stringify({ host, port, ...login });
  return {
    name,
    config: { target: 'redis', superuserSecretArn: SUPERUSER, nodes: naive?.nodes && nodes ? naive.nodes(nodes) : nodes, certificateAuthority: ca, passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler((config) => new RedisTarget(parseRedisConfig(config), watch(dependencies, naive)), dependencies),
    server: {
      reset: () => place.asOwner('ACL', 'SETUSER', user.username, 'reset', 'on', `#${hashOf(previousPassword)}`, `#${hashOf(user.password)}`, '~*', '+get'),
      accepts: (value) => place.letsIn(JSON.parse(value) as Login),
      alwaysAcceptsCurrent: true,
      alwaysAcceptsPrevious: true,
    },
    otherSecrets: { [SUPERUSER]: json(superuser) },
    value: json(user),
    previousValue: json({ ...user, password: previousPassword }),
    secretOf: (value) => {
      try {
        return (JSON.parse(value) as Login).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '' }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
  };
}

function placeOf(all: readonly Node[]): RedisPlace {
  const servers = all.map(({ server }) => server);
  const [{ host, port, superuser }] = servers;
  return {
    host,
    port,
    ca: servers.map((server) => server.ca).join('\n'),
    nodes: servers.map((server) => `localhost:${server.port}`).join(','),
    superuser,
    user: USER,
    previousPassword: PREVIOUS,
    asOwner: async (...command) => {
      for (const { server: { root }, probe } of all) {
        await probe.letsIn(root);
        const answers = [await probe.ask(...command), await probe.ask('ACL', 'SAVE')];
        if (answers.join() !== '+OK,+OK') { throw new Error(`The server can't be reset: ${answers.join()}`); }
      }
    },
    letsIn: async (login) => {
      const accepted = await Promise.all(all.map(({ probe }) => probe.letsIn(login)));
      return accepted.every(Boolean);
    },
  };
}

/** The connections of a copy of the function: every command ends as the proof decides, and they die with it. */
function watch({ perform, dial, life }: HandlerDependencies, naive?: Naive): ConnectRedis {
  return async (node, certificateAuthority, deadline) => {
    dial(node.host);
    const mortal = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    const connection = await perform('connect', 'read', () => connectRedis(node, certificateAuthority, mortal));
    return {
      command: (...args) => {
        const [name, what, , rule] = args;
        return perform(name === 'AUTH' ? name : `${name} ${what}${rule ? ` ${rule[0]}` : ''}`, what === 'SETUSER' || what === 'SAVE' ? 'write' : 'read', async () => {
          await naive?.before?.(connection, args);
          return naive?.instead?.(args) ?? connection.command(...args);
        });
      },
      close: () => connection.close(),
    };
  };
}

/** One node and two, on real servers. */
export async function withRedisSubjects(products: readonly RedisProduct[], use: (subject: Subject) => Promise<void>): Promise<void> {
  for (const product of products) {
    await withServers(product, 2, async (servers) => {
      await use(redisSubject(`${product}, a node`, placeOf(servers.slice(0, 1))));
      await use(redisSubject(`${product}, two nodes`, placeOf(servers)));
    });
  }
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveRedis(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  await withServers('valkey-8', 2, async (servers) => {
    for (const naive of NAIVE) {
      let violation: unknown;
      await exhaust(redisSubject('naive', placeOf(servers), naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
      caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  });
  return caught;
}

async function withServers(product: RedisProduct, count: number, use: (nodes: readonly Node[]) => Promise<void>): Promise<void> {
  const nodes: Node[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const server = await startRedis({ product });
      nodes.push({ server, probe: new RedisProbe(server) });
    }
    await use(nodes);
  } finally {
    for (const { server, probe } of nodes) {
      probe.close();
      await server.stop();
    }
  }
}

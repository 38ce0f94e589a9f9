import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import { connectRedis, type ConnectRedis, type RedisConnection } from '../../lambda-src/redis/connection';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { RedisTarget } from '../../lambda-src/targets/redis/target';
import { hashOf, RedisProbe, startRedis, type RedisProduct, type RedisServer } from '../../servers/redis/redis';
import { parseRedisConfig } from '../../src/targets/redis/contract';

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

function subject(name: string, all: readonly Node[], naive?: Naive): Subject {
  const servers = all.map(({ server }) => server);
  const [{ host, port, superuser }] = servers;
  const ca = servers.map((server) => server.ca).join('\n');
  const nodes = servers.map((server) => `localhost:${server.port}`).join(',');
  const json = (login: object) => JSON.stringify({ host, port, ...login });
  return {
    name,
    config: { target: 'redis', superuserSecretArn: SUPERUSER, nodes: naive?.nodes ? naive.nodes(nodes) : nodes, certificateAuthority: ca, passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler((config) => new RedisTarget(parseRedisConfig(config), watch(dependencies, naive)), dependencies),
    server: {
      reset: async () => {
        for (const { server: { root }, probe } of all) {
          await probe.letsIn(root);
          const answers = [await probe.ask('ACL', 'SETUSER', USER.username, 'reset', 'on', `#${hashOf(PREVIOUS)}`, `#${hashOf(USER.password)}`, '~*', '+get'), await probe.ask('ACL', 'SAVE')];
          if (answers.join() !== '+OK,+OK') { throw new Error(`The server can't be reset: ${answers.join()}`); }
        }
      },
      accepts: async (value) => {
        const { username, password } = JSON.parse(value) as typeof USER;
        const accepted = await Promise.all(all.map(({ probe }) => probe.letsIn({ username, password })));
        return accepted.every(Boolean);
      },
      alwaysAcceptsCurrent: true,
      alwaysAcceptsPrevious: true,
    },
    otherSecrets: { [SUPERUSER]: json(superuser) },
    value: json(USER),
    previousValue: json({ ...USER, password: PREVIOUS }),
    secretOf: (value) => {
      try {
        return (JSON.parse(value) as typeof USER).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '' }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
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
      await use(subject(`${product}, a node`, servers.slice(0, 1)));
      await use(subject(`${product}, two nodes`, servers));
    });
  }
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveRedis(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  await withServers('valkey-8', 2, async (servers) => {
    for (const naive of NAIVE) {
      let violation: unknown;
      await exhaust(subject('naive', servers, naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
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

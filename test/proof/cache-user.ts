import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import type { SignedCall } from '../../lambda-src/aws/signed-call';
import { makeHandler } from '../../lambda-src/handler';
import { connectRedis, type ConnectRedis } from '../../lambda-src/redis/connection';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { CacheUserTarget } from '../../lambda-src/targets/cache-user/cache-user-target';
import { elastiCacheUser } from '../../lambda-src/targets/cache-user/elasticache-user/api';
import { memoryDbUser } from '../../lambda-src/targets/cache-user/memorydb-user/api';
import type { CacheUserApi } from '../../lambda-src/targets/cache-user/user-api';
import { RedisProbe, startRedis, type RedisServer } from '../../servers/redis/redis';
import { CacheService, CacheServiceEndpoint, USER_ARNS } from '../../servers/stand-ins/cache-service';
import { CACHE_USER_TARGETS, parseCacheUserConfig, type CacheUserTargetId } from '../../src/targets/cache-user/contract';

const USER = { username: 'app', password: 'first-password-of-all' };
const PREVIOUS = 'password-before-the-first';

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly expected: Invariant;
  readonly api: (api: CacheUserApi) => Partial<CacheUserApi>;
}

const NAIVE: readonly Naive[] = [
  { mistake: 'only the pending password is sent', expected: 'overlaps', api: (api) => ({ setPasswords: ([pending], deadline) => api.setPasswords([pending], deadline), describe: twoPasswords(api) }) },
  {
    mistake: 'the end of the change is never waited for',
    expected: 'accepted',
    api: (api) => ({
      describe: async (deadline) => {
        const user = await twoPasswords(api)(deadline);
        return user && { ...user, status: 'active' };
      },
    }),
  },
];

function twoPasswords(api: CacheUserApi): CacheUserApi['describe'] {
  return async (deadline) => {
    const user = await api.describe(deadline);
    return user && { ...user, passwordCount: 2 };
  };
}

function subject(target: CacheUserTargetId, server: RedisServer, probe: RedisProbe, naive?: Naive): Subject {
  const service = new CacheService(server, probe);
  const userArn = USER_ARNS[target];
  service.looks = naive ? 20 : 2;
  const endpoint = naive ? undefined : 'cache.example.com';
  return {
    name: naive ? 'naive' : `${target}, over Valkey`,
    config: { target, userArn, endpoint, passwordPolicy: { excludePunctuation: true } },
    makeHandler: (dependencies) => makeHandler((config) => {
      const api = watched(target, service, dependencies);
      return new CacheUserTarget(parseCacheUserConfig(config, target), { ...api, ...naive?.api(api) }, watch(server, dependencies));
    }, dependencies),
    server: {
      reset: () => service.reset(PREVIOUS, USER.password),
      accepts: (value) => service.accepts(JSON.parse(value) as typeof USER),
      alwaysAcceptsCurrent: true,
      revokesPreviousIn: 'setSecret',
    },
    previousValue: JSON.stringify({ ...USER, password: PREVIOUS, user_arn: userArn }),
    value: JSON.stringify({ ...USER, user_arn: userArn }),
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

/** The API of the service, with its protocol but without HTTP. Every request ends as the proof decides. */
function watched(target: CacheUserTargetId, service: CacheService, { perform }: HandlerDependencies): CacheUserApi {
  const endpoint = new CacheServiceEndpoint(service);
  const call: SignedCall = ({ service: id, region, headers, body }) => {
    const text = String(body);
    const isWrite = /ModifyUser|UpdateUser/.test(`${headers['x-amz-target'] ?? ''} ${text}`);
    return perform(isWrite ? 'ChangeUser' : 'DescribeUsers', isWrite ? 'write' : 'read', async () => {
      const [status, answer] = await endpoint.answer(id, region, headers['x-amz-target'] ?? '', text);
      return { status, body: answer };
    });
  };
  return target === 'elasticache-user' ? elastiCacheUser('app-id', 'eu-west-1', call) : memoryDbUser('app', 'eu-west-1', call);
}

function watch(server: RedisServer, { perform, life }: HandlerDependencies): ConnectRedis {
  return async (node, _, deadline) => {
    const mortal = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    const connection = await perform('connect', 'read', () => connectRedis({ ...node, host: 'localhost', port: server.port, address: server.address }, server.ca, mortal));
    return {
      command: (...args) => perform(args[0], 'read', () => connection.command(...args)),
      close: () => connection.close(),
    };
  };
}

/** Both services, over a real Valkey. */
export async function withCacheUserSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  await withValkey(async (server, probe) => {
    for (const target of CACHE_USER_TARGETS) { await use(subject(target, server, probe)); }
  });
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveCacheUsers(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  await withValkey(async (server, probe) => {
    for (const naive of NAIVE) {
      let violation: unknown;
      await exhaust(subject('elasticache-user', server, probe, naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
      caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  });
  return caught;
}

async function withValkey(use: (server: RedisServer, probe: RedisProbe) => Promise<void>): Promise<void> {
  const server = await startRedis({ product: 'valkey-8' });
  const probe = new RedisProbe(server);
  try {
    await use(server, probe);
  } finally {
    probe.close();
    await server.stop();
  }
}

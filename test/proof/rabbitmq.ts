import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { logInByAmqp } from '../../lambda-src/targets/rabbitmq/amqp';
import { callApi, type CallApi } from '../../lambda-src/targets/rabbitmq/management';
import { hashPassword } from '../../lambda-src/targets/rabbitmq/password-hash';
import { RabbitMqTarget } from '../../lambda-src/targets/rabbitmq/target';
import { askRabbitMq, startRabbitMq, type RabbitMqServer } from '../../servers/rabbitmq/rabbitmq';
import { parseRabbitMqConfig } from '../../src/targets/rabbitmq/contract';
import type { Login } from '../../tools/servers/server';

const USER = { username: 'app', password: 'first-password-of-all' };
const SUPERUSER = 'superuser';

type Reply = ReturnType<CallApi>;

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly expected: Invariant;
  readonly alternates: boolean;
  /** The change of a user instead of the right one. */
  readonly change: (change: () => Reply, call: (path: string, body: object) => Reply, path: string, body: object) => Reply;
}

const NOTHING_DONE = { status: 204, body: undefined };

const NAIVE: readonly Naive[] = [
  {
    mistake: 'the current user gets the next password, though users alternate',
    expected: 'accepted',
    alternates: true,
    change: (_, call, path, body) => call(path.includes('_clone') ? path.replace('_clone', '') : `${path}_clone`, body),
  },
  {
    mistake: 'a random password is set before the pending one',
    expected: 'accepted',
    alternates: false,
    change: async (change, call, path, body) => {
      await call(path, { ...body, password_hash: hashPassword('a-password-that-nobody-keeps') });
      return change();
    },
  },
  { mistake: 'nothing is changed', expected: 'recovers', alternates: false, change: async () => NOTHING_DONE },
  { mistake: 'the hash of another password is sent', expected: 'accepted', alternates: false, change: (_, call, path, body) => call(path, { ...body, password_hash: hashPassword('another') }) },
];

/** Where a subject has its user. */
export interface RabbitMqPlace extends Pick<RabbitMqServer, 'port' | 'managementPort' | 'ca'> {
  readonly host: string;
  /** Of the superuser secret. */
  readonly administrator: Login;
  /** The user of the first value. */
  readonly user: Login;
  /** Where the user has a permission. */
  readonly virtualHost: string;
  /** A request to the management API, by one who may do everything. */
  asOwner(method: string, resource: string, body?: object): Promise<unknown>;
}

export function rabbitMqSubject(place: RabbitMqPlace, alternates: boolean, naive?: Naive): Subject {
  const { host, port, managementPort, ca, administrator, user } = place;
  const json = (login: object) => JSON.stringify({ host, port, managementPort, ...login });
  const signal = new AbortController().signal;
  return {
    name: `RabbitMQ, ${alternates ? 'alternating users' : 'a single user'}`,
    config: { target: 'rabbitmq', superuserSecretArn: SUPERUSER, alternatingUsers: alternates || undefined, certificateAuthority: ca, passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler((config) => watched(parseRabbitMqConfig(config), dependencies, naive), dependencies),
    server: {
      reset: async () => {
        await place.asOwner('DELETE', `users/${user.username}_clone`).catch(() => undefined);
        await place.asOwner('PUT', `users/${user.username}`, { password: user.password, tags: '' });
        await place.asOwner('PUT', `permissions/${place.virtualHost}/${user.username}`, { configure: '', write: '', read: '.*' });
      },
      accepts: async (value) => {
        const login = JSON.parse(value) as Login;
        return logInByAmqp({ ...login, host, port }, ca, { signal, remainingTimeInMillis: () => 30_000 } as Deadline);
      },
      alwaysAcceptsCurrent: alternates,
    },
    otherSecrets: { [SUPERUSER]: json(administrator) },
    value: json(user),
    secretOf: (value) => {
      try {
        return (JSON.parse(value) as Login).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => {
      const { username, ...rest } = JSON.parse(value || '{}') as Login;
      return JSON.stringify({ username: username?.replace(/_clone$/, ''), ...rest, password: '' });
    },
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
  };
}

/** Every call of a copy of the function ends as the proof decides, and they die with it. */
function watched(config: ReturnType<typeof parseRabbitMqConfig>, { perform, dial, life }: HandlerDependencies, naive?: Naive): RabbitMqTarget {
  const mortal = (deadline: Deadline) => Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
  return new RabbitMqTarget(
    config,
    (login, ca, deadline, method, path, body) => {
      dial(login.host);
      const kind = method === 'GET' ? 'read' : 'write';
      const call = (otherPath: string, otherBody?: object) =>
        perform(`${method} ${path.split('/')[0]}`, kind, () => callApi(login, ca, mortal(deadline), method, otherPath, otherBody));
      return naive && body && 'password_hash' in body ? naive.change(() => call(path, body), call, path, body) : call(path, body);
    },
    (login, ca, deadline) => {
      dial(login.host);
      return perform('login', 'read', () => logInByAmqp(login, ca, mortal(deadline)));
    },
  );
}

const placeOf = (server: RabbitMqServer): RabbitMqPlace => ({
  ...server, user: USER, virtualHost: 'one', asOwner: (method, resource, body) => askRabbitMq(server, method, resource, body),
});

/** A single user, and alternating users, on a real server. */
export async function withRabbitMqSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  const server = await startRabbitMq();
  try {
    await askRabbitMq(server, 'PUT', 'vhosts/one');
    for (const alternates of [false, true]) { await use(rabbitMqSubject(placeOf(server), alternates)); }
  } finally {
    await server.stop();
  }
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveRabbitMq(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  const server = await startRabbitMq();
  try {
    await askRabbitMq(server, 'PUT', 'vhosts/one');
    for (const naive of NAIVE) {
      let violation: unknown;
      const options = { pairs: false, stale: false, switches: [{}] };
      await exhaust(rabbitMqSubject(placeOf(server), naive.alternates, naive), options).catch((error: unknown) => { violation = error; });
      caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  } finally {
    await server.stop();
  }
  return caught;
}

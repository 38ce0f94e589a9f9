import type { HandlerDependencies, Subject } from './subjects';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { logInByAmqp } from '../../lambda-src/targets/rabbitmq/amqp';
import { callApi } from '../../lambda-src/targets/rabbitmq/management';
import { RabbitMqTarget } from '../../lambda-src/targets/rabbitmq/target';
import { askRabbitMq, startRabbitMq, type RabbitMqServer } from '../../servers/rabbitmq/rabbitmq';
import { parseRabbitMqConfig } from '../../src/targets/rabbitmq/contract';

const USER = { username: 'app', password: 'first-password-of-all' };
const SUPERUSER = 'superuser';

function subject(server: RabbitMqServer, alternates: boolean): Subject {
  const { host, port, managementPort, ca, administrator } = server;
  const json = (login: object) => JSON.stringify({ host, port, managementPort, ...login });
  const signal = new AbortController().signal;
  return {
    name: `RabbitMQ, ${alternates ? 'alternating users' : 'a single user'}`,
    config: { target: 'rabbitmq', superuserSecretArn: SUPERUSER, alternatingUsers: alternates || undefined, certificateAuthority: ca, passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler((config) => watched(parseRabbitMqConfig(config), dependencies), dependencies),
    server: {
      reset: async () => {
        await askRabbitMq(server, 'DELETE', 'users/app_clone').catch(() => undefined);
        await askRabbitMq(server, 'PUT', 'users/app', { password: USER.password, tags: '' });
        await askRabbitMq(server, 'PUT', 'permissions/one/app', { configure: '', write: '', read: '.*' });
      },
      accepts: async (value) => {
        const login = JSON.parse(value) as typeof USER;
        return logInByAmqp({ ...login, host, port }, ca, { signal, remainingTimeInMillis: () => 30_000 } as Deadline);
      },
      alwaysAcceptsCurrent: alternates,
    },
    otherSecrets: { [SUPERUSER]: json(administrator) },
    value: json(USER),
    secretOf: (value) => {
      try {
        return (JSON.parse(value) as typeof USER).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => {
      const { username, ...rest } = JSON.parse(value || '{}') as typeof USER;
      return JSON.stringify({ username: username?.replace(/_clone$/, ''), ...rest, password: '' });
    },
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
  };
}

/** Every call of a copy of the function ends as the proof decides, and they die with it. */
function watched(config: ReturnType<typeof parseRabbitMqConfig>, { perform, dial, life }: HandlerDependencies): RabbitMqTarget {
  const mortal = (deadline: Deadline) => Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
  return new RabbitMqTarget(
    config,
    (login, ca, deadline, method, path, body) => {
      dial(login.host);
      return perform(`${method} ${path.split('/')[0]}`, method === 'GET' ? 'read' : 'write', () => callApi(login, ca, mortal(deadline), method, path, body));
    },
    (login, ca, deadline) => {
      dial(login.host);
      return perform('login', 'read', () => logInByAmqp(login, ca, mortal(deadline)));
    },
  );
}

/** A single user, and alternating users, on a real server. */
export async function withRabbitMqSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  const server = await startRabbitMq();
  try {
    await askRabbitMq(server, 'PUT', 'vhosts/one');
    for (const alternates of [false, true]) { await use(subject(server, alternates)); }
  } finally {
    await server.stop();
  }
}

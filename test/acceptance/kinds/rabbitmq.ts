import { askRabbitMq } from '../../../servers/rabbitmq/rabbitmq';
import { defaultManagementPort, RABBITMQ_DEFAULT_PORT } from '../../../src/targets/rabbitmq/contract';
import type { Login } from '../../../tools/servers/server';
import { rabbitMqSubject, type RabbitMqPlace } from '../../proof/rabbitmq';
import { databaseOf, type Address, type Ground, type Kind, type Owner, type Run, type Strategy } from '../kind';
import { passwordsOf } from '../passwords';

/** The administrator of a run, as docs/targets/rabbitmq.md has it. */
const administratorOf = ({ prefix, seed }: Pick<Run, 'prefix' | 'seed'>): Login => ({ username: `${prefix}super`, password: passwordsOf(seed)('superuser') });

/** RabbitMQ. A virtual host stands for the database. */
export const RABBITMQ: Kind = {
  schemes: ['amqps'],
  port: RABBITMQ_DEFAULT_PORT,
  database: '',
  connect: async (address) => {
    const owner = ownerOf(address);
    await owner.product();
    return owner;
  },
  open,
};

const portOf = ({ host, managementPort }: Address) => managementPort ?? defaultManagementPort(host);

/** A request to the management API, of the user in the URL. */
function askAt(address: Address): <T>(method: string, resource: string, body?: object) => Promise<T> {
  const server = { host: address.host, managementPort: portOf(address), ca: address.ca, administrator: address.admin };
  return (method, resource, body) => askRabbitMq(server, method, resource, body);
}

function ownerOf(address: Address): Owner {
  const ask = askAt(address);
  const namesOf = async (resource: string) => (await ask<{ name: string }[]>('GET', resource)).map(({ name }) => name);
  return {
    product: async () => `RabbitMQ ${(await ask<{ rabbitmq_version: string }>('GET', 'overview')).rabbitmq_version}`,
    databases: () => namesOf('vhosts'),
    otherSessions: async () => (await ask<{ user: string }[]>('GET', 'connections')).map(({ user }) => user).filter((user) => user !== address.admin.username),
    lock: {
      // A user without a password can't log in.
      mark: async (name) => { await ask('PUT', `users/${name}`, { password_hash: '', tags: '' }); },
      unmark: async (name) => { await ask('DELETE', `users/${name}`).catch(() => {}); },
    },
    names: async () => [...await namesOf('users'), ...await namesOf('vhosts')],
    make: async (run) => {
      const { username, password } = administratorOf(run);
      await ask('PUT', `users/${username}`, { password, tags: 'administrator' });
      await ask('PUT', `vhosts/${databaseOf(run.prefix)}`, {});
    },
    remove: async (prefix) => {
      const removed: string[] = [];
      for (const resource of ['users', 'vhosts']) {
        for (const name of (await namesOf(resource)).filter((each) => each.startsWith(prefix))) {
          await ask('DELETE', `${resource}/${name}`);
          removed.push(name);
        }
      }
      return removed;
    },
    close: async () => {},
  };
}

async function open(run: Run): Promise<Ground> {
  const { address, prefix, seed } = run;
  const { host, port, ca } = address;
  const place: RabbitMqPlace = {
    host,
    port,
    ca,
    managementPort: portOf(address),
    administrator: administratorOf(run),
    user: { username: `${prefix}app`, password: passwordsOf(seed)('app') },
    virtualHost: databaseOf(prefix),
    asOwner: askAt(address),
  };
  return { strategies: [false, true].map((alternates) => strategyOf(place, alternates)), close: async () => {} };
}

function strategyOf(place: RabbitMqPlace, alternates: boolean): Strategy {
  const { asOwner, virtualHost } = place;
  const permissionsOf = (username: string) => `permissions/${virtualHost}/${username}`;
  const permit = async (username: string, write: string) => { await asOwner('PUT', permissionsOf(username), { configure: '', write, read: '.*' }); };
  const putUser = async ({ username, password }: Login) => { await asOwner('PUT', `users/${username}`, { password, tags: '' }); };
  return {
    name: alternates ? 'alternating users' : 'a single user',
    user: place.user,
    alternates,
    hasSuperuser: true,
    subject: () => rabbitMqSubject(place, alternates),
    setPassword: putUser,
    createUser: putUser,
    right: {
      give: (username) => permit(username, '.*'),
      take: (username) => permit(username, ''),
      has: async ({ username }) => (await asOwner('GET', permissionsOf(username)) as { write: string }).write === '.*',
    },
  };
}

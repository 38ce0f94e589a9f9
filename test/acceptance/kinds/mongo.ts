import { randomUUID } from 'node:crypto';
import { MongoServerError, type Document, type MongoClient } from 'mongodb';
import { asMongo, mongoClient, type MongoProduct, type Reached } from '../../../servers/mongo/mongo';
import { DATABASE_EXCLUDE_CHARACTERS } from '../../../src/targets/database/contract';
import type { Login } from '../../../tools/servers/server';
import { mongoSubject, type MongoKind, type MongoPlace } from '../../proof/mongo';
import { AWKWARD_PASSWORDS } from '../cases';
import type { Address, Ground, Kind, Owner, Run, Strategy } from '../kind';
import { passwordsOf } from '../passwords';
import { UsageError } from '../usage-error';

const NAMES: Readonly<Record<MongoProduct, string>> = { mongoDb: 'MongoDB', documentDb: 'DocumentDB' };
const STRATEGIES: readonly { readonly kind: MongoKind; readonly name: string }[] = [
  { kind: 'itself', name: 'a single user' },
  { kind: 'superuser', name: 'a single user, changed by a superuser' },
  { kind: 'alternating', name: 'alternating users' },
];

/** Users of the server itself: members of a replica set, and AWS's own of DocumentDB. */
const OF_THE_SERVER = ['__system', 'serviceadmin'];
const DOCUMENTDB_HOST = /\.docdb\.amazonaws\.com(\.cn)?$/i;
const UNAUTHORIZED = 13;

/** The databases of the rights. They never come into being. */
const ownDatabase = (prefix: string) => `${prefix}own`;
const rightDatabase = (prefix: string) => `${prefix}right`;
/** The role of docs/targets/mongodb.md for a user who changes its own password. */
const ownPassword = (prefix: string) => `${prefix}own_password`;
/** A superuser of the run, with the rights that docs/targets/mongodb.md asks for. */
const superuserOf = ({ prefix, seed }: Pick<Run, 'prefix' | 'seed'>): Login => ({ username: `${prefix}super`, password: passwordsOf(seed)('superuser') });

/** MongoDB, or Amazon DocumentDB. All users are in the database admin. */
export function mongoKind(product: MongoProduct): Kind {
  return {
    schemes: [product.toLowerCase(), 'mongodb'].filter((scheme, i, all) => all.indexOf(scheme) === i),
    port: 27017,
    database: 'admin',
    connect: async (address) => {
      const client = mongoClient(reachedAt(product, address), address.admin, address.database);
      return ownerOf(product, address, await client.connect().catch(async (error: Error) => {
        await client.close();
        throw error;
      }));
    },
    open: (run) => open(product, run),
  };
}

const reachedAt = (product: MongoProduct, { host, port, ca }: Address): Reached => ({ product, host, port, ca });

function ownerOf(product: MongoProduct, { host, admin }: Address, client: MongoClient): Owner {
  const run = (command: Document) => client.db('admin').command(command);
  const users = async () => ((await run({ usersInfo: 1 })).users as { user: string }[]).map(({ user }) => user);
  // Older versions of DocumentDB have no roles of users.
  const roles = async () => run({ rolesInfo: 1 }).then((reply) => (reply.roles as { role: string }[]).map(({ role }) => role), () => []);
  return {
    product: async () => {
      if (product === 'mongoDb' && DOCUMENTDB_HOST.test(host)) { throw new UsageError('The target is mongodb, and the host is one of Amazon DocumentDB. Give the target documentdb'); }
      const { isWritablePrimary, ismaster, primary } = await run({ hello: 1 }).catch(() => run({ isMaster: 1 }));
      if (!(isWritablePrimary ?? ismaster)) {
        throw new UsageError(`The server isn't the primary, which alone changes users. ${primary ? `It names ${primary} as the primary. ` : ''}Give the host of the primary, or of a mongos`);
      }
      return `${NAMES[product]} ${(await run({ buildInfo: 1 })).version}`;
    },
    databases: async () => ((await run({ listDatabases: 1, nameOnly: true })).databases as { name: string }[]).map(({ name }) => name),
    otherSessions: async () => (await sessionsOf(product, run))?.filter((name) => name !== admin.username && !OF_THE_SERVER.includes(name)),
    lock: {
      mark: async (name) => { await run({ createUser: name, pwd: randomUUID(), roles: [{ role: 'read', db: `${name}_own` }] }); },
      unmark: async (name) => { await run({ dropUser: name }).catch(() => {}); },
    },
    names: async () => [...await users(), ...await roles()],
    make: async (given) => {
      const { username, password } = superuserOf(given);
      await run({ createUser: username, pwd: password, roles: [{ role: 'userAdminAnyDatabase', db: 'admin' }] });
    },
    remove: async (prefix) => {
      const removed: string[] = [];
      for (const [command, names] of [['dropUser', await users()], ['dropRole', await roles()]] as const) {
        for (const name of names.filter((each) => each.startsWith(prefix))) {
          await run({ [command]: name });
          removed.push(name);
        }
      }
      return removed;
    },
    close: () => client.close(),
  };
}

/**
 * The users of all sessions. Undefined if the server doesn't show them.
 *
 * https://www.mongodb.com/docs/manual/reference/operator/aggregation/currentOp/, which needs the action inprog, and
 * https://docs.aws.amazon.com/documentdb/latest/developerguide/mongo-apis.html
 */
export async function sessionsOf(product: MongoProduct, run: (command: Document) => Promise<Document>): Promise<string[] | undefined> {
  let operations: Document[];
  try {
    if (product === 'documentDb') {
      operations = (await run({ currentOp: 1, $all: true })).inprog as Document[];
    } else {
      const pipeline = [{ $currentOp: { allUsers: true, idleConnections: true } }];
      operations = (await run({ aggregate: 1, pipeline, cursor: { batchSize: 10_000 } })).cursor.firstBatch as Document[];
    }
  } catch (error) {
    if (error instanceof MongoServerError) { return undefined; }
    throw error;
  }
  const users = operations.flatMap(({ effectiveUsers }) => effectiveUsers as { user: string }[] | undefined ?? []);
  // A server that doesn't even show the user of this operation shows none.
  return users.length > 0 ? users.map(({ user }) => user) : undefined;
}

async function open(product: MongoProduct, given: Run): Promise<Ground> {
  const { address, prefix, seed } = given;
  const reached = reachedAt(product, address);
  const client = await mongoClient(reached, address.admin, address.database).connect();
  const asOwner = (command: Document) => client.db('admin').command(command);
  // If the server has no such role, a user can't change its own password, and the strategy isn't run.
  const privileges = [{ resource: { db: 'admin', collection: '' }, actions: ['changeOwnPassword'] }];
  await asOwner({ createRole: ownPassword(prefix), privileges, roles: [] }).catch((error: unknown) => {
    if (!(error instanceof MongoServerError)) { throw error; }
  });
  const user = { username: `${prefix}app`, password: passwordsOf(seed)('app') };
  const own = { role: 'read', db: ownDatabase(prefix) };
  return {
    strategies: STRATEGIES.map(({ kind, name }) => {
      const roles = kind === 'itself' ? [own, { role: ownPassword(prefix), db: 'admin' }] : [own];
      return strategyOf({ ...reached, user, administrator: superuserOf(given), fields: { roles }, passwordPolicy: product === 'documentDb' ? { excludeCharacters: DATABASE_EXCLUDE_CHARACTERS } : {}, asOwner }, kind, name, prefix);
    }),
    close: () => client.close(),
  };
}

function strategyOf(place: MongoPlace, kind: MongoKind, name: string, prefix: string): Strategy {
  const roles = [{ role: 'read', db: rightDatabase(prefix) }];
  const owner = async (command: Document) => { await place.asOwner(command); };
  return {
    name,
    user: place.user,
    alternates: kind === 'alternating',
    hasSuperuser: kind !== 'itself',
    // Synthesis refuses some characters for DocumentDB. SASLprep knows Unicode 3.2, and the usual driver refuses characters that are newer.
    awkwardPasswords: AWKWARD_PASSWORDS.filter((password) => !/[^\0-\uFFFF]/u.test(password) && !(place.product === 'documentDb' && /[/"@]/.test(password))),
    superuserCalls: /^(usersInfo|createUser|updateUser)$/,
    subject: () => mongoSubject(place, kind),
    setPassword: ({ username, password }) => owner({ updateUser: username, pwd: password }),
    createUser: ({ username, password }) => owner({ createUser: username, pwd: password, roles: [{ role: 'read', db: ownDatabase(prefix) }] }),
    right: {
      give: (username) => owner({ grantRolesToUser: username, roles }),
      take: (username) => owner({ revokeRolesFromUser: username, roles }),
      has: (login) => asMongo(place, login, async (client) => {
        try {
          await client.db(rightDatabase(prefix)).command({ find: 'items', limit: 1 });
          return true;
        } catch (error) {
          if (error instanceof MongoServerError && error.code === UNAUTHORIZED) { return false; }
          throw error;
        }
      }),
    },
  };
}

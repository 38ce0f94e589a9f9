import type { MongoClient } from 'mongodb';
import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { decode, encode, type BsonDocument, type BsonObject } from '../../lambda-src/targets/database/mongo/bson';
import { connectMongo, type ConnectMongo, type MongoConnection } from '../../lambda-src/targets/database/mongo/connection';
import { Mongo } from '../../lambda-src/targets/database/mongo/engine';
import { databaseTarget } from '../../lambda-src/targets/database/target';
import { tlsOptions } from '../../lambda-src/targets/database/tls';
import { asMongo, letsInMongo, startMongo, type MongoProduct, type MongoServer } from '../../servers/mongo/mongo';
import type { DatabaseTargetConfig } from '../../src/targets/database/contract';

const USER = { username: 'app', password: 'first-password-of-all' };
const SUPERUSER = 'superuser';
const ADMINISTRATOR = { username: 'rotation', password: 'superuser-of-the-proof' };
const ROLE = 'ownPassword';

type Kind = 'itself' | 'superuser' | 'alternating';
const KINDS: readonly Kind[] = ['itself', 'superuser', 'alternating'];

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly kind: Kind;
  readonly expected: Invariant;
  /** What it does in place of a change of a user. */
  readonly instead: (send: MongoConnection['command'], database: string, command: BsonObject) => Promise<BsonDocument>;
}

const NAIVE: readonly Naive[] = [
  {
    mistake: 'the current user gets the next password, though users alternate',
    kind: 'alternating',
    expected: 'accepted',
    instead: (send, database, { pwd }) => send(database, { updateUser: USER.username, pwd }),
  },
  {
    mistake: 'a random password is set before the pending one',
    kind: 'itself',
    expected: 'accepted',
    instead: async (send, database, command) => {
      await send(database, { ...command, pwd: 'a-password-that-nobody-keeps' });
      return send(database, command);
    },
  },
  { mistake: 'nothing is changed', kind: 'superuser', expected: 'recovers', instead: async () => decode(encode({ ok: 1 })) },
];

function subject(product: MongoProduct, kind: Kind, server: MongoServer, root: MongoClient, naive?: Naive): Subject {
  const { host, port, ca } = server;
  const json = (login: object) => JSON.stringify({ engine: 'mongo', host, port, ssl: true, ...login });
  return {
    name: `${product === 'mongoDb' ? 'MongoDB' : 'DocumentDB'} (a stand-in), ${kind}`,
    config: {
      target: product,
      ...kind === 'itself' ? {} : { superuserSecretArn: SUPERUSER },
      ...kind === 'superuser' ? { singleUser: true } : {},
      certificateAuthority: ca,
      passwordPolicy: {},
    },
    makeHandler: (dependencies) => makeHandler((config) => databaseTarget(config, {
      [product]: (database: DatabaseTargetConfig) => new Mongo(product, tlsOptions(database), watch(dependencies, naive)),
    }), dependencies),
    server: {
      reset: async () => {
        const admin = root.db('admin');
        for (const name of [USER.username, `${USER.username}_clone`]) { await admin.command({ dropUser: name }).catch(() => undefined); }
        await admin.command({ createUser: USER.username, pwd: USER.password, roles: [{ role: ROLE, db: 'admin' }, { role: 'read', db: 'orders' }], mechanisms: ['SCRAM-SHA-1'] });
      },
      accepts: (value) => letsInMongo(server, JSON.parse(value) as typeof USER),
      alwaysAcceptsCurrent: kind === 'alternating',
    },
    otherSecrets: { [SUPERUSER]: json(ADMINISTRATOR) },
    value: json(USER),
    secretOf: (value) => {
      try {
        return (JSON.parse(value) as typeof USER).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '', ...kind === 'alternating' ? { username: '' } : {} }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
  };
}

/** The connections of a copy of the function: every command ends as the proof decides, and they die with it. */
function watch({ perform, dial, life }: HandlerDependencies, naive?: Naive): ConnectMongo {
  return async (address, tls, deadline) => {
    dial(address.host);
    const mortal = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    const connection = await perform('connect', 'read', () => connectMongo(address, tls, mortal));
    const send: MongoConnection['command'] = (database, command) => perform(Object.keys(command)[0], isWrite(command) ? 'write' : 'read', () => connection.command(database, command));
    return {
      hello: (command) => perform('hello', 'read', () => connection.hello(command)),
      command: (database, command) => naive && isWrite(command) ? naive.instead(send, database, command) : send(database, command),
      close: () => connection.close(),
    };
  };
}

function isWrite(command: BsonObject): boolean {
  return 'updateUser' in command || 'createUser' in command;
}

/** Each strategy, on stand-ins for both products. */
export async function withMongoSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  for (const product of ['mongoDb', 'documentDb'] as const) {
    await withServer(product, async (server, root) => {
      for (const kind of product === 'mongoDb' ? KINDS : KINDS.slice(-1)) { await use(subject(product, kind, server, root)); }
    });
  }
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveMongo(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  await withServer('mongoDb', async (server, root) => {
    for (const naive of NAIVE) {
      let violation: unknown;
      await exhaust(subject('mongoDb', naive.kind, server, root, naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
      caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  });
  return caught;
}

async function withServer(product: MongoProduct, use: (server: MongoServer, root: MongoClient) => Promise<void>): Promise<void> {
  const server = await startMongo({ product });
  try {
    await asMongo(server, server.root, async (root) => {
      const admin = root.db('admin');
      await admin.command({ createUser: ADMINISTRATOR.username, pwd: ADMINISTRATOR.password, roles: [{ role: 'userAdminAnyDatabase', db: 'admin' }] });
      await admin.command({ createRole: ROLE, privileges: [{ resource: { db: '', collection: '' }, actions: ['changeOwnPassword'] }], roles: [] });
      await use(server, root);
    });
  } finally {
    await server.stop();
  }
}

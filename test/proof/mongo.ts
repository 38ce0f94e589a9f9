import type { Document } from 'mongodb';
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
import { asMongo, letsInMongo, startMongo, type MongoProduct, type Reached } from '../../servers/mongo/mongo';
import type { DatabaseTargetConfig } from '../../src/targets/database/contract';
import type { Login } from '../../tools/servers/server';

const USER = { username: 'app', password: 'first-password-of-all' };
const SUPERUSER = 'superuser';
const ADMINISTRATOR = { username: 'rotation', password: 'superuser-of-the-proof' };
const ROLE = 'ownPassword';

export type MongoKind = 'itself' | 'superuser' | 'alternating';
const KINDS: readonly MongoKind[] = ['itself', 'superuser', 'alternating'];

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly kind: MongoKind;
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

/** A server on which a subject has its user. */
export interface MongoPlace extends Reached {
  /** The user of the first value. */
  readonly user: Login;
  /** Of the superuser secret. */
  readonly administrator: Login;
  /** What createUser gets besides the name and the password. */
  readonly fields: Document;
  readonly passwordPolicy?: DatabaseTargetConfig['passwordPolicy'];
  /** Runs a command in the database admin, as one who may do everything. */
  asOwner(command: Document): Promise<Document>;
}

export function mongoSubject(place: MongoPlace, kind: MongoKind, naive?: Naive): Subject {
  const { product, host, port, ca, user, administrator, fields, passwordPolicy = {} } = place;
  const json = (login: object) => JSON.stringify({ engine: 'mongo', host, port, ssl: true, ...login });
  return {
    name: `${product === 'mongoDb' ? 'MongoDB' : 'DocumentDB'} (a stand-in), ${kind}`,
    config: {
      target: product,
      ...kind === 'itself' ? {} : { superuserSecretArn: SUPERUSER },
      ...kind === 'superuser' ? { singleUser: true } : {},
      certificateAuthority: ca,
      passwordPolicy,
    },
    makeHandler: (dependencies) => makeHandler((config) => databaseTarget(config, {
      [product]: (database: DatabaseTargetConfig) => new Mongo(product, tlsOptions(database), watch(dependencies, naive)),
    }), dependencies),
    server: {
      reset: async () => {
        for (const name of [user.username, `${user.username}_clone`]) { await place.asOwner({ dropUser: name }).catch(() => undefined); }
        await place.asOwner({ createUser: user.username, pwd: user.password, ...fields });
      },
      accepts: (value) => letsInMongo(place, JSON.parse(value) as Login),
      alwaysAcceptsCurrent: kind === 'alternating',
    },
    otherSecrets: { [SUPERUSER]: json(administrator) },
    value: json(user),
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
    await withPlace(product, async (place) => {
      for (const kind of product === 'mongoDb' ? KINDS : KINDS.slice(-1)) { await use(mongoSubject(place, kind)); }
    });
  }
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveMongo(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  await withPlace('mongoDb', async (place) => {
    for (const naive of NAIVE) {
      let violation: unknown;
      const proof = exhaust(mongoSubject(place, naive.kind, naive), { pairs: false, stale: false, switches: [{}] });
      await proof.catch((error: unknown) => { violation = error; });
      caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  });
  return caught;
}

async function withPlace(product: MongoProduct, use: (place: MongoPlace) => Promise<void>): Promise<void> {
  const server = await startMongo({ product });
  try {
    await asMongo(server, server.root, async (root) => {
      const asOwner = (command: Document) => root.db('admin').command(command);
      await asOwner({ createUser: ADMINISTRATOR.username, pwd: ADMINISTRATOR.password, roles: [{ role: 'userAdminAnyDatabase', db: 'admin' }] });
      await asOwner({ createRole: ROLE, privileges: [{ resource: { db: '', collection: '' }, actions: ['changeOwnPassword'] }], roles: [] });
      const fields = { roles: [{ role: ROLE, db: 'admin' }, { role: 'read', db: 'orders' }], mechanisms: ['SCRAM-SHA-1'] };
      await use({ ...server, user: USER, administrator: ADMINISTRATOR, fields, asOwner });
    });
  } finally {
    await server.stop();
  }
}

import type { BsonDocument, BsonElement, BsonObject, BsonValue } from './bson';
import { connectMongo, type ConnectMongo, type MongoConnection } from './connection';
import { MECHANISMS, Scram, ScramError, type Mechanism } from './scram';
import { parseNode } from '../../../../src/targets/contract';
import { DATABASE_ENGINE_NAMES } from '../../../../src/targets/database/contract';
import type { Deadline } from '../../../rotation/deadline';
import { AuthenticationError, SecretValueError, TargetRefusedError, type RotationError } from '../../../rotation/errors';
import { remedyOf } from '../../../rotation/service-errors';
import type { ServerAddress } from '../../server-login';
import type { Credentials } from '../credentials';
import type { ChangePasswordRequest, Engine, Partner, Session, ShareRequest } from '../engine';
import { NEW_POLICY, refusal } from '../failures';
import { isChangedBySaslPrep } from '../saslprep';
import type { DatabaseTls } from '../tls';

/** https://www.mongodb.com/docs/manual/reference/error-codes/ */
const [USER_NOT_FOUND, AUTHENTICATION_FAILED, COMMAND_NOT_FOUND, USER_EXISTS] = ['11', '18', '59', '51003'];
const UNCONFIRMED = 'The majority of the replica set did not confirm the change of the user, which may be lost. See that its members are up, and in sync. Secrets Manager retries the rotation';
const NEEDS_ANOTHER_PRIMARY = 'The server is not the primary any more. Secrets Manager retries the rotation';
const REMEDIES: Record<string, string> = {
  '2': 'The server does not allow this value, for instance this password. ' + NEW_POLICY,
  '11': 'The user does not exist in its database, which is that of the key "dbname", or admin. Create it there, or correct the key',
  '13': 'The user may not do this. To change its own password, a user needs a role with the action changeOwnPassword on its database; a superuser needs viewUser, changePassword, changeCustomData, createUser and setAuthenticationRestriction there, and grantRole and revokeRole on all databases, '
    + 'as in the role userAdminAnyDatabase. Give a superuser secret to the strategy, or give the user such a role',
  '20': 'The server does not allow this here. See that the keys "host" and "port" name a member of a replica set, or a mongos, on which users can be changed',
  '31': 'A role of the user does not exist. Create the role, or take it away from the first user',
  '50': 'The command took too long. Secrets Manager retries the rotation',
  '64': UNCONFIRMED,
  '91': 'The server is stopping. Secrets Manager retries the rotation',
  '100': UNCONFIRMED,
  '112': 'Another command changed the same user. Secrets Manager retries the rotation',
  '189': NEEDS_ANOTHER_PRIMARY,
  '238': 'The server lacks a part of the command, as some servers that are compatible with MongoDB do. Rotate a single user with RotationStrategy.singleUser',
  '334': 'The server has no user of this name in its database, which is that of the key "dbname", or admin, or no mechanism of SCRAM for it. Create the user, or correct the key, or give the user SCRAM-SHA-256 with a new password',
  '8000': 'Users of MongoDB Atlas are not changed by commands. Rotate them with a target of your own, which calls the API of Atlas',
  '10107': NEEDS_ANOTHER_PRIMARY,
  '11600': 'The server is stopping. Secrets Manager retries the rotation',
  '11602': NEEDS_ANOTHER_PRIMARY,
  '13435': NEEDS_ANOTHER_PRIMARY,
  '13436': NEEDS_ANOTHER_PRIMARY,
  '-301': 'The server has no such mechanism. Amazon DocumentDB has SCRAM-SHA-256 from 5.0.1 on. Give the user a password again with the mechanism SCRAM-SHA-1',
};

/** The database of users that is the default in connection strings, and the only one in Amazon DocumentDB. */
const ADMIN = 'admin';

/** A key in the custom data of the second of two alternating users, whose value is the name of the first one. */
const MARK = 'cdk-rotating-secret';

/** What only the primary has is lost with it. The time-out, in milliseconds, is shorter than that of a change. */
const MAJORITY = { w: 'majority', wtimeout: 5_000 };

/** In milliseconds, and shorter than the time-out of a command. A server under load doesn't make a change that this function gave up. */
const CHANGE_TIMEOUT = 7_000;

/** Parts of a user that the second of two users has as well: https://www.mongodb.com/docs/manual/reference/command/usersInfo/ */
interface Rights {
  readonly roles: BsonElement;
  readonly mechanisms?: BsonElement;
  readonly restrictions?: BsonElement;
  /** Without the mark. */
  readonly customData: ReadonlyMap<string, BsonElement>;
}

interface MongoUser {
  readonly rights: Rights;
  readonly mark?: string;
}

/** A connection to the primary, and the mechanism of a user. */
interface PrimaryConnection {
  readonly connection: MongoConnection;
  readonly mechanism: Mechanism;
}

/** MongoDB 4.0 and later, and Amazon DocumentDB. */
export class Mongo implements Engine {
  public readonly engines = DATABASE_ENGINE_NAMES.mongoDb;
  public readonly defaultPort = 27017;

  constructor(
    private readonly product: 'mongoDb' | 'documentDb', private readonly tls: DatabaseTls | undefined, private readonly connect: ConnectMongo = connectMongo,
  ) {}

  /** The servers name no limit. */
  public userNameLimit(): undefined {
    return undefined;
  }

  public async logIn(credentials: Credentials, deadline: Deadline): Promise<Session> {
    const { dbname, databases } = credentials;
    const isOneDatabase = this.product === 'documentDb';
    const own = isOneDatabase ? ADMIN : (databases ? databases.own : dbname) ?? ADMIN;
    const changed = isOneDatabase ? ADMIN : (databases ? databases.changed : dbname) ?? ADMIN;
    const { connection, mechanism } = await this.connectToPrimary(credentials, own, deadline);
    try {
      await authenticate(connection, credentials, own, mechanism);
      if (!isOneDatabase) { await waitForMajority(connection, deadline); }
      return new MongoSession(connection, deadline, credentials.username, own, changed, !isOneDatabase);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Only the primary changes users. A secondary names it. */
  private async connectToPrimary(credentials: Credentials, database: string, deadline: Deadline): Promise<PrimaryConnection> {
    let address: ServerAddress = credentials;
    for (let hops = 0; ; hops++) {
      const connection = await this.connect(address, this.tls, deadline);
      try {
        const reply = await connection.hello(helloOf(`${database}.${credentials.username}`));
        mustBeOk(reply);
        if (reply.get('isWritablePrimary')?.isTrue ?? reply.get('ismaster')?.isTrue) { return { connection, mechanism: mechanismOf(reply) }; }
        const { host, port } = parseNode(reply.get('primary')?.text ?? '') ?? {};
        if (host === undefined || hops > 0) {
          throw new TargetRefusedError('The server is no primary, and names none, so nothing was changed. Secrets Manager retries the rotation; if it keeps happening, put the host of a '
            + 'member of the replica set that is up into the secret, or that of the cluster endpoint');
        }
        address = { host, port: port ?? this.defaultPort };
        connection.close();
      } catch (error) {
        connection.close();
        throw error;
      }
    }
  }
}

function helloOf(user: string): BsonObject {
  return {
    isMaster: 1,
    helloOk: true,
    saslSupportedMechs: user,
    // https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/handshake.md
    client: { application: { name: 'cdk-rotating-secret' }, driver: { name: 'cdk-rotating-secret', version: '1' }, os: { type: process.platform } },
  };
}

/** Servers that don't name the mechanisms of a user are older than SCRAM-SHA-256: https://github.com/mongodb/specifications/blob/master/source/auth/auth.md */
function mechanismOf(reply: BsonDocument): Mechanism {
  return namedIn(reply)[0] ?? 'SCRAM-SHA-1';
}

/** The mechanisms with a password that a user has and the server allows. */
function namedIn(reply: BsonDocument): readonly Mechanism[] {
  const named = (reply.get('saslSupportedMechs')?.items ?? []).map(({ text }) => text);
  return MECHANISMS.filter((mechanism) => named.includes(mechanism));
}

async function authenticate(connection: MongoConnection, { username, password }: Credentials, database: string, mechanism: Mechanism): Promise<void> {
  // Another version may have a password that works.
  if (mechanism === 'SCRAM-SHA-256' && isChangedBySaslPrep(password)) { throw new AuthenticationError(NOT_ENCODABLE); }
  const scram = new Scram(mechanism, username, password);
  try {
    const first = await connection.command(database, { saslStart: 1, mechanism, payload: scram.first(), options: { skipEmptyExchange: true } });
    const conversationId = first.get('conversationId');
    const final = await connection.command(database, { saslContinue: 1, conversationId, payload: await scram.final(payloadOf(first)) });
    if (!scram.isProven(payloadOf(final))) {
      throw new TargetRefusedError('The server does not prove that it knows the password of the user, so nothing was changed. Look for a proxy between the function and the server');
    }
    // A server that knows no skipEmptyExchange.
    if (final.get('done')?.isTrue !== true) { mustBeOk(await connection.command(database, { saslContinue: 1, conversationId, payload: Buffer.alloc(0) })); }
  } catch (error) {
    if (error instanceof ScramError) { throw new TargetRefusedError(`The login failed, and nothing was changed: ${error.message}. See the parameter scramSHA256IterationCount or scramIterationCount of the server`); }
    if (error instanceof TargetRefusedError && error.code === AUTHENTICATION_FAILED) {
      throw new AuthenticationError('The server does not accept this user with this password. Put the password that works into the secret, and see that its key "dbname" names the database that the user was created in (without the key, '
        + 'admin), and that the user may log in from the network of the function');
    }
    throw error;
  }
}

/**
 * Waits until a failover can't take back what the login read, because a primary reads what it alone has. Also keeps a rotation from a change that
 * couldn't be confirmed. Only a member of a replica set tells of writes: https://www.mongodb.com/docs/manual/reference/command/hello/
 *
 * @throws TargetRefusedError if the majority doesn't follow in time
 */
async function waitForMajority(connection: MongoConnection, deadline: Deadline): Promise<void> {
  let read: bigint | undefined;
  const follows = await deadline.reread(async () => {
    const reply = await connection.command(ADMIN, { isMaster: 1 });
    mustBeOk(reply);
    const written = reply.get('lastWrite')?.document;
    read ??= timeOf(written, 'opTime');
    const confirmed = timeOf(written, 'majorityOpTime');
    return read === undefined || confirmed === undefined || confirmed >= read ? true : undefined;
  });
  if (!follows) {
    throw new TargetRefusedError('The majority of the replica set does not follow the primary, so nothing is changed, and no change is taken as '
      + 'done. See that its members are up, and in sync. Secrets Manager retries the rotation');
  }
}

/** Undefined if the server tells none. */
function timeOf(written: BsonDocument | undefined, name: string): bigint | undefined {
  return written?.get(name)?.document?.get('ts')?.timestamp || undefined;
}

function payloadOf(reply: BsonDocument): Buffer {
  mustBeOk(reply);
  return reply.get('payload')?.binary ?? Buffer.alloc(0);
}

const NOT_ENCODABLE = 'The key "password" in the value of the secret holds a character that the clients of MongoDB encode differently (SASLprep). Use another one';

function mustBeEncodable(password: string): void {
  if (isChangedBySaslPrep(password)) { throw new SecretValueError(NOT_ENCODABLE); }
}

/** @throws TargetRefusedError or UnexpectedError with the code of the server */
function mustBeOk(reply: BsonDocument): void {
  // A change that was made, and not confirmed.
  const unconfirmed = reply.get('writeConcernError')?.document;
  if (unconfirmed) { throw refusalOf(unconfirmed); }
  if (!reply.get('ok')?.isTrue) { throw refusalOf(reply); }
}

/** Without the text of the server, which may quote a command. */
function refusalOf(reply: BsonDocument): RotationError {
  const code = String(reply.get('code')?.number ?? '');
  return code === AUTHENTICATION_FAILED ? new TargetRefusedError('The server refused a login. Put the password that works into the secret', code) : refusal('MongoDB', code, remedyOf(REMEDIES, code));
}

class MongoSession implements Session {
  /** What `claim` read. */
  private claimed?: { readonly partner?: MongoUser; readonly original?: MongoUser };

  /**
   * @param own the database of the user of this session
   * @param changed the database of the users that it changes
   * @param isMongo whether the server is known to keep custom data and authentication restrictions
   */
  constructor(
    private readonly connection: MongoConnection, private readonly deadline: Deadline, private readonly username: string,
    private readonly own: string, private readonly changed: string, private readonly isMongo: boolean,
  ) {}

  public async user(): Promise<string> {
    const reply = await this.connection.command(ADMIN, { connectionStatus: 1 });
    // The login named the user, and succeeded.
    if (String(reply.get('code')?.number) === COMMAND_NOT_FOUND) { return this.username; }
    mustBeOk(reply);
    const users = reply.get('authInfo')?.document?.get('authenticatedUsers')?.items ?? [];
    return users.map((each) => each.document?.get('user')?.text ?? '').join();
  }

  /** A user of a database has one password for all hosts, and no server of MongoDB locks a user after wrong logins. */
  public async checkOwnPasswordChange(): Promise<void> {}

  public async changeOwnPassword(password: string): Promise<void> {
    mustBeEncodable(password);
    mustBeOk(await this.change(this.own, { updateUser: this.username, pwd: password, mechanisms: await this.mechanismsOf(this.username, this.own) }));
  }

  public async createUser(): Promise<never> {
    throw withoutStatements();
  }

  public async checkIsResettable(): Promise<never> {
    throw withoutStatements();
  }

  public async changePasswordOf({ user, password }: ChangePasswordRequest): Promise<void> {
    mustBeEncodable(password);
    mustBeOk(await this.change(this.changed, { updateUser: user, pwd: password, mechanisms: await this.mechanismsOf(user, this.changed) }));
  }

  /** Reads both users. There are no locks, but each change of a user is one command. */
  public async claim({ user, original, isFirst }: ShareRequest): Promise<Partner> {
    const [partner, first] = [await this.find(user), await this.find(original)];
    this.claimed = { partner, original: first };
    const hasEqualRights = partner !== undefined && first !== undefined && haveSame(partner.rights, first.rights);
    return {
      exists: partner !== undefined,
      // A user may be allowed to change its own custom data, and its mark would give it the first user, with all rights of that.
      isMarked: isFirst ? hasEqualRights && first.mark === user : partner?.mark === original,
      isRelated: hasEqualRights,
      // A password comes with all rights, but the rights of the first user may have changed since.
      isToldByLogin: partner === undefined || isFirst || hasEqualRights,
    };
  }

  public async shareWith({ user, password, original, isFirst }: ShareRequest): Promise<void> {
    mustBeEncodable(password);
    const { partner, original: first } = this.claimed ?? {};
    if (partner && isFirst) { return this.changePasswordOf({ user, password }); }
    if (!first) {
      throw new TargetRefusedError('The superuser does not find the user of the version with AWSCURRENT in its database, so nothing was changed. See that the key "dbname" of the secret names the database that the user was created in, and '
        + 'that the superuser may see its users (viewUser)');
    }
    const mechanisms = await this.mechanismsOf(original, this.changed);
    const rights = { ...this.rightsFor(first.rights, partner?.rights, isFirst ? undefined : original), ...mechanisms && { mechanisms } };
    if (!partner) {
      const reply = await this.change(this.changed, { createUser: user, pwd: password, ...rights });
      // Another copy of this function created it a moment ago.
      if (String(reply.get('code')?.number) !== USER_EXISTS) { return mustBeOk(reply); }
    }
    mustBeOk(await this.change(this.changed, { updateUser: user, pwd: password, ...rights }));
  }

  public async close(): Promise<void> {
    this.connection.close();
  }

  /**
   * Up to MongoDB 4.4, and with some settings later, a server answers before another member has the change. After a failover, it would accept the
   * old password again. Amazon DocumentDB always stores a change durably, and documents neither option for changes of users.
   *
   * https://www.mongodb.com/docs/manual/reference/command/updateUser/
   */
  private change(database: string, command: BsonObject): Promise<BsonDocument> {
    // 0 is no limit.
    const maxTimeMS = Math.max(1, Math.min(CHANGE_TIMEOUT, Math.floor(this.deadline.remainingTimeInMillis())));
    return this.connection.command(database, { ...command, ...this.isMongo && { writeConcern: MAJORITY, maxTimeMS } });
  }

  /**
   * A new password without mechanisms has all mechanisms of the server, also those that were taken from the user. Undefined if the server names
   * none, as Amazon DocumentDB before 5.0.1: https://docs.aws.amazon.com/documentdb/latest/devguide/scram-sha-256-auth.html
   */
  private async mechanismsOf(user: string, database: string): Promise<readonly Mechanism[] | undefined> {
    const reply = await this.connection.command(ADMIN, { isMaster: 1, saslSupportedMechs: `${database}.${user}` });
    mustBeOk(reply);
    const named = namedIn(reply);
    return named.length > 0 ? named : undefined;
  }

  /** All of them in one command, so that a user with the new password has all rights, and none that the first user lost. */
  private rightsFor({ roles, mechanisms, restrictions, customData }: Rights, present: Rights | undefined, mark: string | undefined): BsonObject {
    const data: Record<string, BsonValue> = { ...Object.fromEntries(customData) };
    // Amazon DocumentDB documents no custom data, so it gets none that it didn't show.
    if (this.isMongo && mark !== undefined) { data[MARK] = mark; }
    const isCustom = this.isMongo || customData.size > 0 || (present?.customData.size ?? 0) > 0;
    return {
      roles,
      mechanisms,
      authenticationRestrictions: restrictions ?? (present?.restrictions && []),
      customData: isCustom ? data : undefined,
    };
  }

  /** Undefined if there is no such user. */
  private async find(user: string): Promise<MongoUser | undefined> {
    const reply = await this.connection.command(this.changed, {
      usersInfo: { user, db: this.changed }, showAuthenticationRestrictions: this.isMongo ? true : undefined,
    });
    if (String(reply.get('code')?.number) === USER_NOT_FOUND) { return undefined; }
    mustBeOk(reply);
    const found = reply.get('users')?.items?.[0]?.document;
    const roles = found?.get('roles');
    if (!found || !roles) { return undefined; }
    const customData = new Map(found.get('customData')?.document);
    const mark = customData.get(MARK)?.text;
    customData.delete(MARK);
    const restrictions = found.get('authenticationRestrictions');
    return {
      mark,
      rights: { roles, mechanisms: found.get('mechanisms'), restrictions: restrictions?.items?.length ? restrictions : undefined, customData },
    };
  }
}

function haveSame(one: Rights, other: Rights): boolean {
  const [data, otherData] = [one.customData, other.customData];
  return keysOf(one.roles) === keysOf(other.roles) && keysOf(one.mechanisms) === keysOf(other.mechanisms)
    && isEqual(one.restrictions, other.restrictions) && data.size === otherData.size
    && [...data].every(([name, value]) => isEqual(value, otherData.get(name)));
}

/** A server may list roles and mechanisms in any order. */
function keysOf(list: BsonElement | undefined): string {
  const items = (list?.items ?? []).map(({ text, document }) => JSON.stringify(text ?? [document?.get('role')?.text, document?.get('db')?.text]));
  return items.sort().join();
}

function isEqual(one: BsonElement | undefined, other: BsonElement | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

/** Synthesis refuses them. */
function withoutStatements(): TargetRefusedError {
  return new TargetRefusedError('creationStatements and resetLostPassword are not for MongoDB, so nothing was changed. Leave them out of the strategy, and deploy');
}

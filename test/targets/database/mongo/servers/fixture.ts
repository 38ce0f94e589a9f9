import { connectMongo, type ConnectMongo } from '../../../../../lambda-src/targets/database/mongo/connection';
import { Mongo } from '../../../../../lambda-src/targets/database/mongo/engine';
import { databaseTarget } from '../../../../../lambda-src/targets/database/target';
import { tlsOptions } from '../../../../../lambda-src/targets/database/tls';
import { letsInMongo, mongoUser, runMongo, type MongoServer } from '../../../../../servers/mongo/mongo';
import { type DatabaseTargetConfig } from '../../../../../src/targets/database/contract';
import { Harness, passwordOf } from '../../../../harness';

export type Kind = 'itself' | 'superuser' | 'alternating';

export const KINDS: readonly Kind[] = ['itself', 'superuser', 'alternating'];

/** The user of a secret. */
export interface User {
  readonly username: string;
  readonly password: string;
}

export interface MongoHarnessOptions {
  readonly kind?: Kind;
  readonly user?: User;
  /** Fields of createUser. */
  readonly fields?: Record<string, unknown>;
  /** Of the user. @default - admin */
  readonly database?: string;
  /** Changes to the value of the secret. */
  readonly changes?: Record<string, unknown>;
  readonly superuserChanges?: Record<string, unknown>;
  readonly config?: Partial<DatabaseTargetConfig>;
  readonly connect?: (connect: ConnectMongo) => ConnectMongo;
}

export const SUPERUSER: User = { username: 'rotation', password: 'superuser-of-the-tests' };
const OWN_PASSWORD = 'ownPassword';

let users = 0;

/** The superuser and the role of docs/targets/mongodb.md. */
export async function makeSuperuser(server: MongoServer): Promise<void> {
  await runMongo(server, { createUser: SUPERUSER.username, pwd: SUPERUSER.password, roles: [{ role: 'userAdminAnyDatabase', db: 'admin' }] });
  await runMongo(server, { createRole: OWN_PASSWORD, privileges: [{ resource: { db: '', collection: '' }, actions: ['changeOwnPassword'] }], roles: [] });
}

export async function makeMongoUser(server: MongoServer, { username, password }: User, fields: Record<string, unknown> = {}, database = 'admin'): Promise<void> {
  await runMongo(server, {
    createUser: username, pwd: password, roles: [{ role: 'readWrite', db: 'orders' }, { role: OWN_PASSWORD, db: 'admin' }], ...fields,
  }, database);
}

/** A secret of a user of a stand-in, with the handler that rotates it. */
export class MongoHarness extends Harness {
  public static async make(server: MongoServer, options: MongoHarnessOptions = {}): Promise<MongoHarness> {
    const user = options.user ?? { username: `user_${++users}`, password: `first-password-${users}` };
    if (!options.user) { await makeMongoUser(server, user, options.fields, options.database); }
    return new MongoHarness(server, user, options);
  }

  /** The commands that were sent, by their names. */
  public readonly sent: string[];
  private readonly database?: string;

  private constructor(public readonly server: MongoServer, public readonly user: User, options: MongoHarnessOptions) {
    const { host, port, ca, product } = server;
    const sent: string[] = [];
    const watched: ConnectMongo = async (...login) => {
      const connection = await connectMongo(...login);
      return {
        hello: (command) => connection.hello(command),
        command: (database, command) => {
          sent.push(Object.keys(command)[0]);
          return connection.command(database, command);
        },
        close: () => connection.close(),
      };
    };
    const kind = options.kind ?? 'itself';
    const dbname = options.database;
    super({
      value: JSON.stringify({ engine: 'mongo', host, port, ssl: true, dbname, ...user, ...options.changes }),
      config: {
        target: product,
        superuserSecretArn: kind === 'itself' ? undefined : 'superuser',
        singleUser: kind === 'superuser' ? true : undefined,
        certificateAuthority: ca,
        passwordPolicy: {},
        ...options.config,
      } as DatabaseTargetConfig,
      makeTarget: (config) => databaseTarget(config, {
        [product]: (database: DatabaseTargetConfig) => new Mongo(product, tlsOptions(database), options.connect ? options.connect(watched) : watched),
      }),
    });
    this.sent = sent;
    this.database = dbname;
    this.simulator.createSecret('superuser', JSON.stringify({ engine: 'mongo', host, port, ...SUPERUSER, ...options.superuserChanges }));
  }

  public login(versionIdOrStage: string): User {
    return JSON.parse(this.value(versionIdOrStage)) as User;
  }

  /** Whether the server lets in the user of a version. */
  public isAccepted(versionIdOrStage: string): Promise<boolean> {
    return letsInMongo(this.server, this.login(versionIdOrStage), this.database);
  }

  /** The user as the server shows it. */
  public shown(username = this.user.username): ReturnType<typeof mongoUser> {
    return mongoUser(this.server, username, this.database);
  }

  /** A whole rotation. */
  public async rotate(): Promise<void> {
    await this.steps(this.start(), 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
    this.simulator.completeRotation(this.arn);
  }

  /** Passwords that must not be logged. */
  public get passwords(): string[] {
    return [...this.allValues.map(passwordOf), this.user.password, SUPERUSER.password, this.server.root.password];
  }
}

import { Connection } from 'tedious';
import { connectSqlServer, type ConnectSqlServer } from '../../../../../lambda-src/targets/database/sql-server/connection';
import { SqlServer } from '../../../../../lambda-src/targets/database/sql-server/engine';
import { databaseTarget } from '../../../../../lambda-src/targets/database/target';
import { tlsOptions } from '../../../../../lambda-src/targets/database/tls';
import type { SqlServerStandIn } from '../../../../../servers/stand-ins/sql-server/sql-server';
import type { Account } from '../../../../../servers/stand-ins/sql-server/state';
import { type DatabaseTargetConfig } from '../../../../../src/targets/database/contract';
import { Harness, passwordOf } from '../../../../harness';

/** Who the secret's user is, and who sets its password. */
export type Kind = 'login' | 'contained user' | 'login, by a superuser' | 'contained user, by a superuser';

export const KINDS: readonly Kind[] = ['login', 'contained user', 'login, by a superuser', 'contained user, by a superuser'];
export const BY_ITSELF: readonly Kind[] = ['login', 'contained user'];

export interface User {
  readonly username: string;
  readonly password: string;
}

export interface SqlServerHarnessOptions {
  readonly kind?: Kind;
  /** An existing user. @default - a new one */
  readonly user?: User;
  /** Changes to the value of the secret. */
  readonly changes?: Record<string, unknown>;
  readonly superuserChanges?: Record<string, unknown>;
  readonly config?: Partial<DatabaseTargetConfig>;
  readonly connect?: (connect: ConnectSqlServer) => ConnectSqlServer;
}

/** The contained database of the tests. */
export const SHOP = 'shop';
export const SUPERUSER: User = { username: 'rotation', password: 'Superuser-of-the-tests-1' };

export const identifier = (name: string) => `[${name.replaceAll(']', ']]')}]`;
export const literal = (text: string) => `N'${text.replaceAll('\'', '\'\'')}'`;

/** The contained database, and the superuser of docs/targets/sql-server.md. */
export function prepare({ asRoot, asRootIn }: SqlServerStandIn): void {
  asRoot(`CREATE DATABASE ${SHOP} CONTAINMENT = PARTIAL`, `CREATE LOGIN ${SUPERUSER.username} WITH PASSWORD = ${literal(SUPERUSER.password)}`, `GRANT ALTER ANY LOGIN TO ${SUPERUSER.username}`);
  asRootIn(SHOP, `CREATE USER ${SUPERUSER.username} FOR LOGIN ${SUPERUSER.username}`, `GRANT ALTER ANY USER TO ${SUPERUSER.username}`);
}

export function makeUser({ asRoot, asRootIn }: SqlServerStandIn, kind: Kind, { username, password }: User): void {
  if (kind.startsWith('login')) { asRoot(`CREATE LOGIN ${identifier(username)} WITH PASSWORD = ${literal(password)}`); } else { asRootIn(SHOP, `CREATE USER ${identifier(username)} WITH PASSWORD = ${literal(password)}`); }
}

/** Whether the usual driver logs in. */
export async function letsIn({ port, ca }: Pick<SqlServerStandIn, 'port' | 'ca'>, { username, password, dbname }: User & { readonly dbname?: string }): Promise<boolean> {
  const connection = new Connection({
    server: 'localhost',
    authentication: { type: 'default', options: { userName: username, password } },
    options: { port, database: dbname, encrypt: true, trustServerCertificate: false, cryptoCredentialsDetails: { ca } },
  });
  const error = await new Promise<Error | undefined>((resolve) => { connection.connect(resolve); });
  connection.close();
  if (error && (error as { code?: string }).code !== 'ELOGIN') { throw error; }
  return error === undefined;
}

let users = 0;

/** A secret of a user of the stand-in, with the handler that rotates it. */
export class SqlServerHarness extends Harness {
  public static make(server: SqlServerStandIn, options: SqlServerHarnessOptions = {}): SqlServerHarness {
    const user = options.user ?? { username: `user_${++users}`, password: `First-password-${users}` };
    if (!options.user) { makeUser(server, options.kind ?? 'login', user); }
    return new SqlServerHarness(server, user, options);
  }

  /** The batches that were sent. */
  public readonly sent: string[];
  /** The databases that were logged in to. */
  public readonly databases: string[];
  private readonly kind: Kind;

  private constructor(public readonly server: SqlServerStandIn, public readonly user: User, options: SqlServerHarnessOptions) {
    const { host, port, ca } = server;
    const [sent, databases]: string[][] = [[], []];
    const dial = options.connect ? options.connect(connectSqlServer) : connectSqlServer;
    const watched: ConnectSqlServer = async (credentials, database, tls, deadline) => {
      databases!.push(database);
      const connection = await dial(credentials, database, tls, deadline);
      return {
        query: (batch) => {
          sent!.push(batch);
          return connection.query(batch);
        },
        close: () => connection.close(),
      };
    };
    const kind = options.kind ?? 'login';
    const dbname = kind.startsWith('login') ? undefined : SHOP;
    super({
      value: JSON.stringify({ engine: 'sqlserver', host, port, dbname, ...user, ...options.changes }),
      config: {
        target: 'sqlServer',
        ...kind.endsWith('superuser') ? { superuserSecretArn: 'superuser', singleUser: true } : {},
        certificateAuthority: ca,
        passwordPolicy: {},
        ...options.config,
      } as DatabaseTargetConfig,
      makeTarget: (config) => databaseTarget(config, { sqlServer: (database) => new SqlServer(tlsOptions(database), watched) }),
    });
    this.sent = sent!;
    this.databases = databases!;
    this.kind = kind;
    this.simulator.createSecret('superuser', JSON.stringify({ engine: 'sqlserver', host, port, ...SUPERUSER, ...options.superuserChanges }));
  }

  /** The user as the server has it. */
  public get account(): Account {
    const { state } = this.server;
    return this.kind.startsWith('login') ? state.login(this.user.username) : state.database(SHOP).users.get(this.user.username.toLowerCase())!;
  }

  public login(versionIdOrStage: string): User & { readonly dbname?: string } {
    return JSON.parse(this.value(versionIdOrStage)) as User;
  }

  /** Whether the server lets in the user of a version. */
  public isAccepted(versionIdOrStage: string): Promise<boolean> {
    return letsIn(this.server, this.login(versionIdOrStage));
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

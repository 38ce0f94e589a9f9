import type { HandlerDependencies, Server, Subject } from './subjects';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import type { Credentials } from '../../lambda-src/targets/database/credentials';
import { connectMySql, MySql } from '../../lambda-src/targets/database/mysql/engine';
import { connectPostgres, Postgres } from '../../lambda-src/targets/database/postgres/engine';
import { md5Verifier } from '../../lambda-src/targets/database/postgres-protocol';
import { connectRedshift, Redshift, redshiftTls } from '../../lambda-src/targets/database/redshift/engine';
import { databaseTarget } from '../../lambda-src/targets/database/target';
import { tlsOptions, type DatabaseTls } from '../../lambda-src/targets/database/tls';
import { connect, isRefusal, type Address } from '../../servers/clients';
import type { DatabaseTargetConfig } from '../../src/targets/database/contract';
import type { Engine, Login } from '../../tools/servers/server';

/** The name of the superuser secret. */
export const SUPERUSER = 'superuser';

/** A server on which subjects have their users. */
export interface Place extends Address {
  /** Begins the names of all users. Needs no quotes in SQL. */
  readonly prefix: string;
  /** Whether the owner isn't `admin`. Then `admin` has to be told to administer what the owner makes. */
  readonly hasOtherOwner: boolean;
  /** One password for each purpose. Needs no escapes in SQL. */
  password(purpose: string): string;
  /** Runs a statement of the owner, who makes and resets users. */
  asOwner(sql: string): Promise<unknown>;
}

/** What is proven of a strategy: its configuration, and what the server accepts. */
export interface Variant {
  readonly name: string;
  readonly config: Pick<DatabaseTargetConfig, 'dualPasswords' | 'superuserSecretArn' | 'singleUser' | 'resetLostPassword'>;
  readonly creationStatements?: (place: Place) => readonly string[];
  readonly alternates?: boolean;
  /** Whether the configuration has the server, and the secrets have another one or none. */
  readonly hasEndpoint?: boolean;
  /** The user of the secret, after the prefix. */
  readonly user: string;
  /** Statements of the owner before each history. */
  readonly startingOver: (place: Place) => string[];
  /** Whether the server accepts no version before the first rotation. */
  readonly startsRefused?: boolean;
}

const APP = 'app';

export const SINGLE: Variant = { name: 'a single user', config: {}, user: APP, startingOver: remakeApp };
export const ALTERNATING: Variant = { name: 'alternating users', config: { superuserSecretArn: SUPERUSER }, alternates: true, user: APP, startingOver: remakeApp };
export const DUAL: Variant = { name: 'two passwords', config: { dualPasswords: true }, user: APP, startingOver: (place) => [...remakeApp(place), ...giveSecondPassword(place)] };
export const DUAL_BY_SUPERUSER: Variant = {
  ...DUAL, name: 'two passwords, added by a superuser', config: { dualPasswords: true, superuserSecretArn: SUPERUSER },
};
/**
 * A user that a rotation creates. The server accepts no version before that. RDS manages the superuser secret, and the host in the secret was
 * changed.
 */
export const CREATED: Variant = {
  name: 'a single user that a rotation creates, at the endpoint',
  hasEndpoint: true,
  config: { superuserSecretArn: SUPERUSER, singleUser: true },
  creationStatements: ({ engine, prefix, database }) => [
    engine === 'postgres' ? `GRANT ${prefix}app_rights TO {user}`
      : engine === 'redshift' ? `GRANT ROLE ${prefix}app_rights TO {user}` : `GRANT SELECT ON ${database}.* TO {user}`,
  ],
  user: 'created',
  startsRefused: true,
  startingOver: (place) => {
    const { engine, prefix } = place;
    return [`DROP USER IF EXISTS ${prefix}created`, ...engine === 'postgres' ? [`DROP ROLE IF EXISTS ${prefix}app_rights`, `CREATE ROLE ${prefix}app_rights${administered(place)}`] : []];
  },
};
/** A user of PostgreSQL or Redshift who accepts no version of the secret before a rotation. */
export const RESET: Variant = {
  name: 'a single user whose lost password the superuser resets',
  config: { superuserSecretArn: SUPERUSER, singleUser: true, resetLostPassword: true },
  user: 'lost',
  startsRefused: true,
  startingOver: (place) => {
    const { engine, prefix, password } = place;
    if (engine === 'redshift') { return [`DROP USER IF EXISTS ${prefix}lost`, inRedshift({ username: `${prefix}lost`, password: password('Of 1 lost user itself') })]; }
    return [`DROP USER IF EXISTS ${prefix}lost`, `CREATE ROLE ${prefix}lost LOGIN PASSWORD '${password('of the lost user itself')}'${administered(place)}`];
  },
};

/** The user of a variant's first value. */
export function firstUser({ prefix, password }: Place, { user }: Variant): Login {
  return { username: prefix + user, password: password(user) };
}

function administered({ hasOtherOwner, admin }: Place): string {
  return hasOtherOwner ? ` ADMIN ${admin.username}` : '';
}

/** The second password of the user, if it has two: that of AWSPREVIOUS. */
const previousPassword = ({ password }: Place) => password('before the first');

const inRedshift = ({ username, password }: Login) => `CREATE USER ${username} PASSWORD '${md5Verifier(password, username)}'`;

function remakeApp({ engine, prefix, password, database }: Place): string[] {
  const user = prefix + APP;
  if (engine === 'redshift') {
    return [
      `DROP USER IF EXISTS ${user}_clone`, `DROP USER IF EXISTS ${user}`, inRedshift({ username: user, password: password(APP) }),
      `ALTER GROUP ${prefix}readers ADD USER ${user}`, `GRANT ROLE ${prefix}app_rights TO ${user}`,
    ];
  }
  const rights = engine === 'postgres' ? `GRANT CREATE ON DATABASE ${database} TO ${user}` : `GRANT SELECT, INSERT, CREATE, DROP ON ${database}.* TO ${user}`;
  return engine === 'postgres'
    // The role stays, because it may have a right in the database.
    ? [`DROP ROLE IF EXISTS ${user}_clone`, `ALTER ROLE ${user} LOGIN PASSWORD '${password(APP)}'`]
    : [`DROP USER IF EXISTS ${user}_clone, ${user}`, `CREATE USER ${user} IDENTIFIED BY '${password(APP)}'`, rights];
}

/** PostgreSQL's role of the secret, which `remakeApp` resets, and the group and the role of Redshift's. */
export function makeApp(place: Place): string[] {
  const { engine, prefix, database } = place;
  if (engine === 'redshift') { return [`CREATE GROUP ${prefix}readers`, `CREATE ROLE ${prefix}app_rights`]; }
  return engine === 'postgres' ? [`CREATE ROLE ${prefix}${APP} LOGIN${administered(place)}`, `GRANT CREATE ON DATABASE ${database} TO ${prefix}${APP}`] : [];
}

function giveSecondPassword(place: Place): string[] {
  const { engine, prefix, password } = place;
  const user = prefix + APP;
  return engine === 'mariadb'
    ? [`ALTER USER ${user} IDENTIFIED VIA mysql_native_password USING PASSWORD('${password(APP)}') OR mysql_native_password USING PASSWORD('${previousPassword(place)}')`]
    : [
      `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${user}`, `ALTER USER ${user} IDENTIFIED BY '${previousPassword(place)}'`,
      `ALTER USER ${user} IDENTIFIED BY '${password(APP)}' RETAIN CURRENT PASSWORD`,
    ];
}

/** Statements without a lasting effect. */
const READ = /^\s*(SELECT|SHOW|BEGIN|SET (?!PASSWORD|DEFAULT ROLE))/i;

type Engines = Required<Pick<Parameters<typeof databaseTarget>[1], Engine>>;

/** @param makeTarget makes the target in place of `databaseTarget` */
export function databaseSubject(name: string, place: Place, variant: Variant, makeTarget = databaseTarget): Subject {
  const { engine, host, port, ca, database: dbname, admin } = place;
  const json = (login: Login) => JSON.stringify({ engine, dbname, host: variant.hasEndpoint ? 'changed.example' : host, port, ...login });
  const login = (value: string) => JSON.parse(value) as Login;
  const user = firstUser(place, variant);
  const { creationStatements, config } = variant;
  const server: Server = {
    reset: async () => {
      for (const statement of variant.startingOver(place)) { await place.asOwner(statement); }
    },
    accepts: (value) => letsIn(place, login(value)),
    alwaysAcceptsCurrent: variant.alternates === true || config.dualPasswords === true,
    revokesPreviousIn: config.dualPasswords ? 'setSecret' : undefined,
  };
  return {
    name: `${name}, ${variant.name}`,
    config: {
      target: engine,
      certificateAuthority: ca,
      passwordPolicy: {},
      ...config,
      ...creationStatements ? { creationStatements: creationStatements(place) } : {},
      ...variant.hasEndpoint ? { endpoint: `${host}:${port}` } : {},
    },
    makeHandler: (dependencies) => makeHandler((given) => {
      const engines: Engines = {
        postgres: (database) => new Postgres(tlsOptions(database), watch(connectPostgres, dependencies)),
        redshift: (database) => new Redshift(redshiftTls(database), watch(connectRedshift, dependencies)),
        mysql: (database) => new MySql('mysql', tlsOptions(database), watch(connectMySql, dependencies)),
        mariadb: (database) => new MySql('mariadb', tlsOptions(database), watch(connectMySql, dependencies)),
      };
      return makeTarget(given, engines);
    }, dependencies),
    server,
    endpoint: variant.hasEndpoint ? host : undefined,
    otherSecrets: { [SUPERUSER]: variant.hasEndpoint ? JSON.stringify(admin) : json(admin) },
    startsRefused: variant.startsRefused,
    value: json(user),
    previousValue: config.dualPasswords ? json({ ...user, password: previousPassword(place) }) : undefined,
    secretOf: (value) => {
      try {
        return login(value).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '', ...variant.alternates ? { username: '' } : {} }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
  };
}

/** Whether the server accepts a login, without the code of the target. */
export async function letsIn(place: Place, login: Login): Promise<boolean> {
  try {
    await (await connect(place, { login })).close();
    return true;
  } catch (error) {
    if (isRefusal(error)) { return false; }
    throw error;
  }
}

/** A connection of a copy of the function. */
export interface DatabaseConnection {
  query(sql: string, parameters?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}
type Connect = (credentials: Credentials, tls: DatabaseTls | undefined, deadline: Deadline) => Promise<DatabaseConnection>;

/** The connections of a copy of the function. The proof decides how every login and every statement ends, and the connections die with the copy. */
function watch(dialler: Connect, { perform, dial, life }: HandlerDependencies): Connect {
  return async (credentials, tls, deadline) => {
    dial(credentials.host);
    const mortal = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    const connection = await perform(`log in as ${credentials.username}`, 'read', () => dialler(credentials, tls, mortal));
    return {
      ...connection,
      query: (sql, parameters) => perform(sql.split(/ (?:PASSWORD|IDENTIFIED|=) /)[0], READ.test(sql) ? 'read' : 'write', () => connection.query(sql, parameters)),
      close: () => connection.close(),
    };
  };
}

import { exhaust } from './exhaustion';
import type { HandlerDependencies, Server, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { AlternatingUsers } from '../../lambda-src/targets/database/alternating-users';
import type { Credentials } from '../../lambda-src/targets/database/credentials';
import { DualPasswords } from '../../lambda-src/targets/database/dual-passwords';
import { connectMySql, MySql } from '../../lambda-src/targets/database/mysql/engine';
import { connectPostgres, Postgres } from '../../lambda-src/targets/database/postgres/engine';
import { md5Verifier } from '../../lambda-src/targets/database/postgres-protocol';
import { connectRedshift, Redshift, redshiftTls } from '../../lambda-src/targets/database/redshift/engine';
import { SingleUser } from '../../lambda-src/targets/database/single-user';
import type { DatabaseRotation, Strategy } from '../../lambda-src/targets/database/strategy';
import { Superuser } from '../../lambda-src/targets/database/superuser';
import { DatabaseTarget, databaseTarget } from '../../lambda-src/targets/database/target';
import { tlsOptions, type DatabaseTls } from '../../lambda-src/targets/database/tls';
import { startMariaDb, startMySql, startPostgres, startRedshiftStandIn, type DatabaseServer, type Login } from '../../servers';
import { connect, isRefusal, type TestClient } from '../../servers/clients';
import type { DatabaseTargetConfig } from '../../src/targets/database/contract';

const USER: Login = { username: 'app', password: 'first-password-of-all' };
const SUPERUSER = 'superuser';
/** The second password that the server accepts, if it accepts two. */
const PREVIOUS = 'password-before-the-first';

/** What is proven of a strategy: its configuration, and what the server accepts. */
interface Variant {
  readonly name: string;
  readonly make: () => Strategy;
  readonly config: Pick<DatabaseTargetConfig, 'dualPasswords' | 'superuserSecretArn' | 'singleUser' | 'creationStatements' | 'resetLostPassword'>;
  readonly alternates?: boolean;
  /** Whether the configuration has the server, and the secrets have another one or none. */
  readonly hasEndpoint?: boolean;
  /** The user of the first value. */
  readonly user?: Login;
  /** Statements as the superuser before each history, in place of those that make the user. */
  readonly startingOver?: (server: DatabaseServer) => string[];
}

const SINGLE: Variant = { name: 'a single user', make: () => new SingleUser(), config: {} };
const ALTERNATING: Variant = { name: 'alternating users', make: () => new AlternatingUsers(new Superuser(SUPERUSER)), config: { superuserSecretArn: SUPERUSER }, alternates: true };
const DUAL: Variant = { name: 'two passwords', make: () => new DualPasswords(), config: { dualPasswords: true } };
const DUAL_BY_SUPERUSER: Variant = {
  name: 'two passwords, added by a superuser', make: () => new DualPasswords(new Superuser(SUPERUSER)), config: { dualPasswords: true, superuserSecretArn: SUPERUSER },
};
/**
 * A user that a rotation creates. The server accepts no version before that. RDS manages the superuser secret, and the host in the secret was
 * changed.
 */
const created = (statement: string): Variant => ({
  name: 'a single user that a rotation creates, at the endpoint',
  hasEndpoint: true,
  make: () => new SingleUser(),
  config: { superuserSecretArn: SUPERUSER, singleUser: true, creationStatements: [statement] },
  user: { username: 'created', password: 'password-before-its-user' },
  startingOver: ({ engine, admin }) => ['DROP USER IF EXISTS created', ...engine === 'postgres' ? ['DROP ROLE IF EXISTS app_rights', `CREATE ROLE app_rights ADMIN ${admin.username}`] : []],
});
const CREATED_IN_POSTGRES = created('GRANT app_rights TO {user}');
const CREATED = created('GRANT SELECT ON app.* TO {user}');
/** A user who accepts no version of the secret before a rotation. */
const RESET: Variant = {
  name: 'a single user whose lost password the superuser resets',
  make: () => new SingleUser(),
  config: { superuserSecretArn: SUPERUSER, singleUser: true, resetLostPassword: true },
  user: { username: 'lost', password: 'password-that-it-never-had' },
  startingOver: ({ admin }) => ['DROP USER IF EXISTS lost', `CREATE ROLE lost LOGIN PASSWORD 'its-own-password' ADMIN ${admin.username}`],
};
const inRedshift = ({ username, password }: Login) => `CREATE USER ${username} PASSWORD '${md5Verifier(password, username)}'`;
const CREATED_IN_REDSHIFT: Variant = { ...created('GRANT ROLE app_rights TO {user}'), startingOver: () => ['DROP USER IF EXISTS created'] };
const RESET_IN_REDSHIFT: Variant = { ...RESET, startingOver: () => ['DROP USER IF EXISTS lost', inRedshift({ username: 'lost', password: 'its-own-password' })] };
/** Statements without a lasting effect. */
const READ = /^\s*(SELECT|SHOW|BEGIN|SET (?!PASSWORD|DEFAULT ROLE))/i;

function startingOver({ engine, database }: DatabaseServer, { config }: Variant): string[] {
  const { username, password } = USER;
  if (engine === 'redshift') {
    return [`DROP USER IF EXISTS ${username}_clone`, `DROP USER IF EXISTS ${username}`, inRedshift(USER), `ALTER GROUP readers ADD USER ${username}`, `GRANT ROLE app_rights TO ${username}`];
  }
  const second = engine === 'mariadb'
    ? [`ALTER USER ${username} IDENTIFIED VIA mysql_native_password USING PASSWORD('${password}') OR mysql_native_password USING PASSWORD('${PREVIOUS}')`]
    : [`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${username}`, `ALTER USER ${username} IDENTIFIED BY '${PREVIOUS}'`, `ALTER USER ${username} IDENTIFIED BY '${password}' RETAIN CURRENT PASSWORD`];
  return engine === 'postgres'
    ? [`DROP ROLE IF EXISTS ${username}_clone`, `ALTER ROLE ${username} PASSWORD '${password}'`]
    : [
      `DROP USER IF EXISTS ${username}_clone, ${username}`, `CREATE USER ${username} IDENTIFIED BY '${password}'`,
      `GRANT SELECT, INSERT, CREATE, DROP ON ${database}.* TO ${username}`, ...config.dualPasswords ? second : [],
    ];
}

/** The naive strategies. `wrong` replaces the strategy. */
interface Naive {
  readonly mistake: string;
  readonly expected: Invariant;
  readonly variant: Variant;
  readonly on: 'MySQL 8.0' | 'MariaDB 11.8';
  readonly wrong: (rotation: DatabaseRotation) => Promise<void>;
}

const NAIVE: readonly Naive[] = [
  {
    mistake: 'the password is changed without looking whether it was changed already',
    expected: 'recovers',
    variant: SINGLE,
    on: 'MariaDB 11.8',
    wrong: (rotation) => asCurrent(rotation, rotation.pending.password),
  },
  {
    mistake: 'the current user gets the next password, though users alternate',
    expected: 'accepted',
    variant: ALTERNATING,
    on: 'MariaDB 11.8',
    wrong: (rotation) => asCurrent(rotation, rotation.pending.password),
  },
  {
    mistake: 'a random password is set before the pending one',
    expected: 'accepted',
    variant: SINGLE,
    on: 'MariaDB 11.8',
    wrong: (rotation) => asCurrent(rotation, 'a-password-that-nobody-keeps', rotation.pending.password),
  },
  {
    mistake: 'nothing is changed',
    expected: 'recovers',
    variant: SINGLE,
    on: 'MariaDB 11.8',
    wrong: async () => {},
  },
  {
    mistake: 'RETAIN is repeated, without a look whether the password is there already',
    expected: 'accepted',
    variant: DUAL,
    on: 'MySQL 8.0',
    wrong: (rotation) => query(rotation, RETAIN(rotation)),
  },
  {
    mistake: 'the old password is discarded as soon as the new one is set',
    expected: 'accepted',
    variant: DUAL,
    on: 'MySQL 8.0',
    wrong: (rotation) => query(rotation, RETAIN(rotation), 'ALTER USER USER() DISCARD OLD PASSWORD'),
  },
  {
    mistake: 'the host of the secret is used, though the configuration has an endpoint',
    expected: 'dialsOwnHost',
    variant: CREATED,
    on: 'MariaDB 11.8',
    wrong: async ({ engine, current, deadline }) => (await engine.logIn(current, deadline)).close(),
  },
];

async function asCurrent({ engine, current, deadline }: DatabaseRotation, ...passwords: string[]): Promise<void> {
  const session = await engine.logIn(current, deadline);
  for (const password of passwords) { await session.changeOwnPassword(password); }
  await session.close();
}

const RETAIN = ({ pending }: DatabaseRotation) => `ALTER USER USER() IDENTIFIED BY '${pending.password.replaceAll('\\', '\\\\').replaceAll('\'', '\'\'')}' RETAIN CURRENT PASSWORD`;

/** Statements of the user itself, on the connection that the proof watches. */
async function query({ engine, current, deadline }: DatabaseRotation, ...statements: string[]): Promise<void> {
  const session = await engine.logIn(current, deadline);
  const { connection } = session as unknown as { connection: DatabaseConnection };
  for (const statement of statements) { await connection.query(statement); }
  await session.close();
}

function subject(name: string, server: DatabaseServer, root: TestClient, variant: Variant, naive?: Naive): Subject {
  const { engine, host, port, ca, database: dbname, admin } = server;
  const json = (login: Login) => JSON.stringify({ engine, dbname, host: variant.hasEndpoint ? 'changed.example' : host, port, ...login });
  const login = (value: string) => JSON.parse(value) as Login;
  const probe: Server = {
    reset: async () => {
      for (const statement of variant.startingOver?.(server) ?? startingOver(server, variant)) { await root.query(statement); }
    },
    accepts: async (value) => {
      try {
        await (await connect(server, { login: login(value) })).close();
        return true;
      } catch (error) {
        if (isRefusal(error)) { return false; }
        throw error;
      }
    },
    alwaysAcceptsCurrent: variant.alternates === true || variant.config.dualPasswords === true,
    revokesPreviousIn: variant.config.dualPasswords ? 'setSecret' : undefined,
  };
  return {
    name: `${name}, ${variant.name}`,
    config: { target: engine, certificateAuthority: ca, passwordPolicy: {}, ...variant.config, ...variant.hasEndpoint ? { endpoint: `${host}:${port}` } : {} },
    makeHandler: (dependencies) => makeHandler((config) => {
      const engines = {
        postgres: (database: DatabaseTargetConfig) => new Postgres(tlsOptions(database), watch(connectPostgres, dependencies)),
        mysql: (database: DatabaseTargetConfig) => new MySql('mysql', tlsOptions(database), watch(connectMySql, dependencies)),
        mariadb: (database: DatabaseTargetConfig) => new MySql('mariadb', tlsOptions(database), watch(connectMySql, dependencies)),
        redshift: (database: DatabaseTargetConfig) => new Redshift(redshiftTls(database), watch(connectRedshift, dependencies)),
      };
      if (!naive) { return databaseTarget(config, engines); }
      const strategy = variant.make();
      strategy.setSecret = naive.wrong;
      return new DatabaseTarget(engines[engine](config as DatabaseTargetConfig), strategy);
    }, dependencies),
    server: probe,
    endpoint: variant.hasEndpoint ? host : undefined,
    otherSecrets: { [SUPERUSER]: variant.hasEndpoint ? JSON.stringify(admin) : json(admin) },
    startsRefused: variant.startingOver !== undefined,
    value: json(variant.user ?? USER),
    previousValue: variant.config.dualPasswords ? json({ ...USER, password: PREVIOUS }) : undefined,
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

interface DatabaseConnection {
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

const KINDS = [
  { name: 'PostgreSQL 18', start: () => startPostgres({ settings: { scram_iterations: 1 } }), variants: [SINGLE, ALTERNATING, CREATED_IN_POSTGRES, RESET] },
  { name: 'MySQL 8.0', start: () => startMySql(), variants: [SINGLE, ALTERNATING, DUAL, DUAL_BY_SUPERUSER, CREATED] },
  { name: 'MariaDB 11.8', start: () => startMariaDb(), variants: [SINGLE, ALTERNATING, DUAL_BY_SUPERUSER, CREATED] },
  { name: 'PostgreSQL 15', start: () => startPostgres({ version: '15' }), variants: [SINGLE, ALTERNATING] },
  { name: 'the stand-in for Redshift', start: () => startRedshiftStandIn(), variants: [SINGLE, ALTERNATING, CREATED_IN_REDSHIFT, RESET_IN_REDSHIFT] },
];

/** Every kind of database with every strategy, on real servers. */
export async function withDatabaseSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  for (const kind of KINDS) {
    await withServer(kind, async (server, root) => {
      for (const variant of kind.variants) { await use(subject(kind.name, server, root, variant)); }
    });
  }
}

/** The first invariant that each of the naive strategies breaks. */
export async function catchNaiveStrategies(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  for (const kind of KINDS.filter(({ name }) => NAIVE.some(({ on }) => on === name))) {
    await withServer(kind, async (server, root) => {
      for (const naive of NAIVE.filter(({ on }) => on === kind.name)) {
        let violation: unknown;
        await exhaust(subject('naive', server, root, naive.variant, naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
        caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
      }
    });
  }
  return caught;
}

async function withServer({ start }: typeof KINDS[number], use: (server: DatabaseServer, root: TestClient) => Promise<void>): Promise<void> {
  const server = await start();
  const root = await connect(server, { login: server.root });
  try {
    if (server.engine === 'postgres') {
      const admin = await connect(server);
      await admin.query(`CREATE ROLE ${USER.username} LOGIN`);
      await admin.query(`GRANT CREATE ON DATABASE ${server.database} TO ${USER.username}`);
      await admin.close();
    }
    if (server.engine === 'redshift') {
      for (const statement of ['CREATE GROUP readers', 'CREATE ROLE app_rights']) { await root.query(statement); }
    }
    await use(server, root);
  } finally {
    await root.close();
    await server.stop();
  }
}

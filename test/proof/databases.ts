import type { ConnectionOptions } from 'node:tls';
import { exhaust } from './exhaustion';
import type { HandlerDependencies, Server, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { AlternatingUsers } from '../../lambda-src/targets/database/alternating-users';
import type { Credentials } from '../../lambda-src/targets/database/credentials';
import { connectMySql, MySql } from '../../lambda-src/targets/database/mysql/engine';
import { connectPostgres, Postgres } from '../../lambda-src/targets/database/postgres/engine';
import { SingleUser } from '../../lambda-src/targets/database/single-user';
import type { DatabaseRotation } from '../../lambda-src/targets/database/strategy';
import { DatabaseTarget, databaseTarget } from '../../lambda-src/targets/database/target';
import { tlsOptions } from '../../lambda-src/targets/database/tls';
import type { DatabaseTargetConfig } from '../../src/targets/database/contract';
import { startMariaDb, startMySql, startPostgres, type DatabaseServer, type Login } from '../servers';
import { connect, isRefusal, type TestClient } from '../servers/clients';

const USER: Login = { username: 'app', password: 'first-password-of-all' };
const SUPERUSER = 'superuser';
/** Statements without a lasting effect. */
const READ = /^\s*(SELECT|SHOW|BEGIN|SET (?!PASSWORD|DEFAULT ROLE))/i;

function startingOver({ engine, database }: DatabaseServer): string[] {
  const { username, password } = USER;
  return engine === 'postgres'
    ? [`DROP ROLE IF EXISTS ${username}_clone`, `ALTER ROLE ${username} PASSWORD '${password}'`]
    : [
      `DROP USER IF EXISTS ${username}_clone, ${username}`, `CREATE USER ${username} IDENTIFIED BY '${password}'`,
      `GRANT SELECT, INSERT, CREATE, DROP ON ${database}.* TO ${username}`,
    ];
}

/** The naive strategies. `wrong` replaces the strategy. */
interface Naive {
  readonly mistake: string;
  readonly expected: Invariant;
  readonly alternating: boolean;
  readonly wrong: (rotation: DatabaseRotation) => Promise<void>;
}

const NAIVE: readonly Naive[] = [
  {
    mistake: 'the password is changed without looking whether it was changed already',
    expected: 'recovers',
    alternating: false,
    wrong: (rotation) => asCurrent(rotation, rotation.pending.password),
  },
  {
    mistake: 'the current user gets the next password, though users alternate',
    expected: 'accepted',
    alternating: true,
    wrong: (rotation) => asCurrent(rotation, rotation.pending.password),
  },
  {
    mistake: 'a random password is set before the pending one',
    expected: 'accepted',
    alternating: false,
    wrong: (rotation) => asCurrent(rotation, 'a-password-that-nobody-keeps', rotation.pending.password),
  },
  {
    mistake: 'nothing is changed',
    expected: 'recovers',
    alternating: false,
    wrong: async () => {},
  },
];

async function asCurrent({ engine, current, deadline }: DatabaseRotation, ...passwords: string[]): Promise<void> {
  const session = await engine.logIn(current, deadline);
  for (const password of passwords) { await session.changeOwnPassword(password); }
  await session.close();
}

function subject(name: string, server: DatabaseServer, root: TestClient, alternating: boolean, naive?: Naive): Subject {
  const { engine, host, port, ca, database: dbname, admin } = server;
  const json = (login: Login) => JSON.stringify({ engine, host, port, dbname, ...login });
  const login = (value: string) => JSON.parse(value) as Login;
  const probe: Server = {
    reset: async () => { for (const statement of startingOver(server)) { await root.query(statement); } },
    accepts: async (value) => {
      try {
        await (await connect(server, { login: login(value) })).close();
        return true;
      } catch (error) {
        if (isRefusal(error)) { return false; }
        throw error;
      }
    },
    alwaysAcceptsCurrent: alternating,
  };
  return {
    name: `${name}, ${alternating ? 'alternating users' : 'a single user'}`,
    config: { target: engine, certificateAuthority: ca, superuserSecretArn: alternating ? SUPERUSER : undefined, passwordPolicy: {} },
    makeHandler: (dependencies) => makeHandler((config) => {
      const engines = {
        postgres: (database: DatabaseTargetConfig) => new Postgres(tlsOptions(database), watch(connectPostgres, dependencies)),
        mysql: (database: DatabaseTargetConfig) => new MySql('mysql', tlsOptions(database), watch(connectMySql, dependencies)),
        mariadb: (database: DatabaseTargetConfig) => new MySql('mariadb', tlsOptions(database), watch(connectMySql, dependencies)),
      };
      if (!naive) { return databaseTarget(config, engines); }
      const strategy = alternating ? new AlternatingUsers(SUPERUSER) : new SingleUser();
      strategy.setSecret = naive.wrong;
      return new DatabaseTarget(engines[engine](config as DatabaseTargetConfig), strategy);
    }, dependencies),
    server: probe,
    otherSecrets: { [SUPERUSER]: json(admin) },
    value: json(USER),
    secretOf: (value) => {
      try {
        return login(value).password;
      } catch {
        return undefined;
      }
    },
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '', ...alternating ? { username: '' } : {} }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `by-hand-password-${n}` }),
  };
}

interface DatabaseConnection {
  query(sql: string, parameters?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}
type Connect = (credentials: Credentials, tls: ConnectionOptions | undefined, deadline: Deadline) => Promise<DatabaseConnection>;

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
  { name: 'PostgreSQL 18', start: () => startPostgres({ settings: { scram_iterations: 1 } }) },
  { name: 'MySQL 8.0', start: () => startMySql() },
  { name: 'MariaDB 11.8', start: () => startMariaDb() },
  { name: 'PostgreSQL 15', start: () => startPostgres({ version: '15' }) },
];

/** Every kind of database with every strategy, on real servers. */
export async function withDatabaseSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  for (const kind of KINDS) {
    await withServer(kind, async (server, root) => {
      for (const alternating of [false, true]) { await use(subject(kind.name, server, root, alternating)); }
    });
  }
}

/** The first invariant that each of the naive strategies breaks, on one kind of database. */
export async function catchNaiveStrategies(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  await withServer(KINDS[2], async (server, root) => {
    for (const naive of NAIVE) {
      let violation: unknown;
      await exhaust(subject('naive', server, root, naive.alternating, naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
      caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  });
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
    await use(server, root);
  } finally {
    await root.close();
    await server.stop();
  }
}

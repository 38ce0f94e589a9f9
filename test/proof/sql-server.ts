import { exhaust } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { Deadline } from '../../lambda-src/rotation/deadline';
import { connectSqlServer, type ConnectSqlServer, type SqlServerConnection } from '../../lambda-src/targets/database/sql-server/connection';
import { SqlServer } from '../../lambda-src/targets/database/sql-server/engine';
import { databaseTarget } from '../../lambda-src/targets/database/target';
import { tlsOptions } from '../../lambda-src/targets/database/tls';
import { startSqlServerStandIn, type SqlServerStandIn } from '../../servers/stand-ins/sql-server/sql-server';
import type { Account } from '../../servers/stand-ins/sql-server/state';

const USER = { username: 'app', password: 'First-password-of-all-1' };
const SUPERUSER = 'superuser';
const ADMINISTRATOR = { username: 'rotation', password: 'Superuser-of-the-proof-1' };
const SHOP = 'shop';

interface Kind {
  readonly name: string;
  readonly isContained?: boolean;
  readonly bySuperuser?: boolean;
}

const LOGIN: Kind = { name: 'a login' };
const KINDS: readonly Kind[] = [
  LOGIN, { name: 'a contained user', isContained: true }, { name: 'a login, by a superuser', bySuperuser: true }, { name: 'a contained user, by a superuser', isContained: true, bySuperuser: true },
];

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly kind: Kind;
  readonly expected: Invariant;
  /** What it does in place of a change of a user. */
  readonly instead: (send: SqlServerConnection['query'], batch: string) => ReturnType<SqlServerConnection['query']>;
}

const NAIVE: readonly Naive[] = [
  {
    mistake: 'a random password is set before the pending one',
    kind: { name: 'a login, by a superuser', bySuperuser: true },
    expected: 'accepted',
    instead: async (send, batch) => {
      await send(batch.replace(/PASSWORD = N'.*'$/, 'PASSWORD = N\'A-password-that-nobody-keeps-1\''));
      return send(batch);
    },
  },
  { mistake: 'nothing is changed', kind: LOGIN, expected: 'recovers', instead: async () => [] },
  {
    mistake: 'the statement has the same password as the old one and as the new one',
    kind: LOGIN,
    expected: 'recovers',
    instead: (send, batch) => send(batch.replace(/PASSWORD = (N'(?:[^']|'')*') OLD_PASSWORD = (N'(?:[^']|'')*')/, 'PASSWORD = $2 OLD_PASSWORD = $2')),
  },
];

function subject({ name, isContained = false, bySuperuser = false }: Kind, server: SqlServerStandIn, naive?: Naive): Subject {
  const { host, port, ca, state } = server;
  const dbname = isContained ? SHOP : undefined;
  const json = (login: object) => JSON.stringify({ engine: 'sqlserver', host, port, dbname, ...login });
  const account = (): Account => isContained ? state.database(SHOP).users.get(USER.username)! : state.login(USER.username);
  return {
    name: `SQL Server (a stand-in), ${name}`,
    config: {
      target: 'sqlServer',
      ...bySuperuser ? { superuserSecretArn: SUPERUSER, singleUser: true } : {},
      certificateAuthority: ca,
      passwordPolicy: {},
    },
    makeHandler: (dependencies) => makeHandler((config) => databaseTarget(config, {
      sqlServer: (database) => new SqlServer(tlsOptions(database), watch(dependencies, naive)),
    }), dependencies),
    server: {
      reset: async () => { Object.assign(account(), { password: USER.password, failures: 0, isLocked: false }); },
      accepts: async (value) => account().password === (JSON.parse(value) as typeof USER).password && !account().isLocked,
      alwaysAcceptsCurrent: false,
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
    restOf: (value) => JSON.stringify({ ...JSON.parse(value || '{}'), password: '' }),
    changedByHand: (value, n) => JSON.stringify({ ...JSON.parse(value), password: `By-hand-password-${n}` }),
  };
}

/** The connections of a copy of the function: every batch ends as the proof decides, and they die with it. */
function watch({ perform, dial, life }: HandlerDependencies, naive?: Naive): ConnectSqlServer {
  return async (credentials, database, tls, deadline) => {
    dial(credentials.host);
    const mortal = Object.create(deadline, { signal: { value: AbortSignal.any([deadline.signal, life]) } }) as Deadline;
    const connection = await perform(`log in as ${credentials.username}`, 'read', () => connectSqlServer(credentials, database, tls, mortal));
    const send: SqlServerConnection['query'] = (batch) => perform(batch.split(' WITH ')[0], isWrite(batch) ? 'write' : 'read', () => connection.query(batch));
    return {
      query: (batch) => naive && isWrite(batch) ? naive.instead(send, batch) : send(batch),
      close: () => connection.close(),
    };
  };
}

function isWrite(batch: string): boolean {
  return batch.startsWith('ALTER ');
}

/** A login and a contained user, each by itself and by a superuser. */
export async function withSqlServerSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  await withServer(async (server) => {
    for (const kind of KINDS) { await use(subject(kind, server)); }
  });
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveSqlServer(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  await withServer(async (server) => {
    for (const naive of NAIVE) {
      let violation: unknown;
      const wrong = subject(naive.kind, server, naive);
      await exhaust(wrong, { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
      caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
    }
  });
  return caught;
}

async function withServer(use: (server: SqlServerStandIn) => Promise<void>): Promise<void> {
  const server = await startSqlServerStandIn();
  try {
    const withPassword = ({ username, password }: typeof USER) => `${username} WITH PASSWORD = '${password}'`;
    const [user, administrator] = [withPassword(USER), withPassword(ADMINISTRATOR)];
    server.asRoot(`CREATE LOGIN ${user}`, `CREATE LOGIN ${administrator}`, `GRANT ALTER ANY LOGIN TO ${ADMINISTRATOR.username}`, `CREATE DATABASE ${SHOP} CONTAINMENT = PARTIAL`);
    const { username } = ADMINISTRATOR;
    server.asRootIn(SHOP, `CREATE USER ${user}`, `CREATE USER ${username} FOR LOGIN ${username}`, `GRANT ALTER ANY USER TO ${username}`);
    await use(server);
  } finally {
    await server.stop();
  }
}

import {
  ALTERNATING, CREATED, databaseSubject, DUAL, DUAL_BY_SUPERUSER, makeApp, RESET, SINGLE, SUPERUSER, type DatabaseConnection, type Place,
  type Variant,
} from './database-subject';
import { exhaust } from './exhaustion';
import type { Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { AlternatingUsers } from '../../lambda-src/targets/database/alternating-users';
import { DualPasswords } from '../../lambda-src/targets/database/dual-passwords';
import { SingleUser } from '../../lambda-src/targets/database/single-user';
import type { DatabaseRotation, Strategy } from '../../lambda-src/targets/database/strategy';
import { Superuser } from '../../lambda-src/targets/database/superuser';
import { DatabaseTarget } from '../../lambda-src/targets/database/target';
import { startMariaDb, startMySql, startPostgres, startRedshiftStandIn } from '../../servers';
import { connect } from '../../servers/clients';
import type { DatabaseTargetConfig } from '../../src/targets/database/contract';

/** The naive strategies. `wrong` replaces the strategy. */
interface Naive {
  readonly mistake: string;
  readonly expected: Invariant;
  readonly variant: Variant;
  readonly strategy: () => Strategy;
  readonly on: 'MySQL 8.0' | 'MariaDB 11.8';
  readonly wrong: (rotation: DatabaseRotation) => Promise<void>;
}

const single = () => new SingleUser();

const NAIVE: readonly Naive[] = [
  {
    mistake: 'the password is changed without looking whether it was changed already',
    expected: 'recovers',
    variant: SINGLE,
    strategy: single,
    on: 'MariaDB 11.8',
    wrong: (rotation) => asCurrent(rotation, rotation.pending.password),
  },
  {
    mistake: 'the current user gets the next password, though users alternate',
    expected: 'accepted',
    variant: ALTERNATING,
    strategy: () => new AlternatingUsers(new Superuser(SUPERUSER)),
    on: 'MariaDB 11.8',
    wrong: (rotation) => asCurrent(rotation, rotation.pending.password),
  },
  {
    mistake: 'a random password is set before the pending one',
    expected: 'accepted',
    variant: SINGLE,
    strategy: single,
    on: 'MariaDB 11.8',
    wrong: (rotation) => asCurrent(rotation, 'a-password-that-nobody-keeps', rotation.pending.password),
  },
  {
    mistake: 'nothing is changed',
    expected: 'recovers',
    variant: SINGLE,
    strategy: single,
    on: 'MariaDB 11.8',
    wrong: async () => {},
  },
  {
    mistake: 'RETAIN is repeated, without a look whether the password is there already',
    expected: 'accepted',
    variant: DUAL,
    strategy: () => new DualPasswords(),
    on: 'MySQL 8.0',
    wrong: (rotation) => query(rotation, RETAIN(rotation)),
  },
  {
    mistake: 'the old password is discarded as soon as the new one is set',
    expected: 'accepted',
    variant: DUAL,
    strategy: () => new DualPasswords(),
    on: 'MySQL 8.0',
    wrong: (rotation) => query(rotation, RETAIN(rotation), 'ALTER USER USER() DISCARD OLD PASSWORD'),
  },
  {
    mistake: 'the host of the secret is used, though the configuration has an endpoint',
    expected: 'dialsOwnHost',
    variant: CREATED,
    strategy: single,
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

function naiveSubject(place: Place, { variant, strategy: make, wrong }: Naive): Subject {
  return databaseSubject('naive', place, variant, (config, engines) => {
    const strategy = make();
    strategy.setSecret = wrong;
    return new DatabaseTarget(engines[place.engine]!(config as DatabaseTargetConfig), strategy);
  });
}

const KINDS = [
  { name: 'PostgreSQL 18', start: () => startPostgres({ settings: { scram_iterations: 1 } }), variants: [SINGLE, ALTERNATING, CREATED, RESET] },
  { name: 'MySQL 8.0', start: () => startMySql(), variants: [SINGLE, ALTERNATING, DUAL, DUAL_BY_SUPERUSER, CREATED] },
  { name: 'MariaDB 11.8', start: () => startMariaDb(), variants: [SINGLE, ALTERNATING, DUAL_BY_SUPERUSER, CREATED] },
  { name: 'PostgreSQL 15', start: () => startPostgres({ version: '15' }), variants: [SINGLE, ALTERNATING] },
  { name: 'the stand-in for Redshift', start: () => startRedshiftStandIn(), variants: [SINGLE, ALTERNATING, CREATED, RESET] },
];

/** Every kind of database with every strategy, on real servers. */
export async function withDatabaseSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  for (const kind of KINDS) {
    await withPlace(kind, async (place) => {
      for (const variant of kind.variants) { await use(databaseSubject(kind.name, place, variant)); }
    });
  }
}

/** The first invariant that each of the naive strategies breaks. */
export async function catchNaiveStrategies(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  for (const kind of KINDS.filter(({ name }) => NAIVE.some(({ on }) => on === name))) {
    await withPlace(kind, async (place) => {
      for (const naive of NAIVE.filter(({ on }) => on === kind.name)) {
        let violation: unknown;
        await exhaust(naiveSubject(place, naive), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
        caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
      }
    });
  }
  return caught;
}

async function withPlace({ start }: typeof KINDS[number], use: (place: Place) => Promise<void>): Promise<void> {
  const server = await start();
  const root = await connect(server, { login: server.root });
  const { engine, host, port, ca, database, admin } = server;
  const place: Place = {
    engine,
    host,
    port,
    ca,
    database,
    admin,
    prefix: '',
    password: (purpose) => `${purpose.replaceAll(' ', '-')}-is-what-it-is-for`,
    asOwner: (sql) => root.query(sql),
    hasOtherOwner: true,
  };
  try {
    for (const statement of makeApp(place)) { await place.asOwner(statement); }
    await use(place);
  } finally {
    await root.close();
    await server.stop();
  }
}

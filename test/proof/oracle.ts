import { exhaust, giveUp } from './exhaustion';
import type { HandlerDependencies, Subject } from './subjects';
import { Violation, type Invariant } from './world';
import { makeHandler } from '../../lambda-src/handler';
import type { ConnectOracle } from '../../lambda-src/targets/database/oracle/connection';
import { Oracle } from '../../lambda-src/targets/database/oracle/engine';
import { databaseTarget } from '../../lambda-src/targets/database/target';
import type { DatabaseTargetConfig } from '../../src/targets/database/contract';
import { OracleUsers } from '../targets/database/oracle/stand-in';

const USER = { username: 'app', password: 'first-password-of-all' };
const NAME = 'APP';
const PERIOD = 24 * 60 * 60 * 1_000;

const KINDS = ['single user', 'dual passwords'] as const;
type Kind = typeof KINDS[number];

/** How the target may be wrong. */
interface Naive {
  readonly mistake: string;
  readonly kind: Kind;
  readonly expected: Invariant;
  /** What it does in place of a change of the user. */
  readonly instead: (send: (sql: string) => Promise<unknown>, sql: string) => Promise<unknown>;
}

const NAIVE: readonly Naive[] = [
  {
    mistake: 'the period of two passwords ends right after the change',
    kind: 'dual passwords',
    expected: 'accepted',
    instead: async (send, sql) => {
      await send(sql);
      await send(`ALTER USER "${NAME}" EXPIRE PASSWORD ROLLOVER PERIOD`);
    },
  },
  {
    mistake: 'a random password is set before the pending one',
    kind: 'single user',
    expected: 'accepted',
    instead: async (send, sql) => {
      await send(`ALTER USER "${NAME}" IDENTIFIED BY "nobody keeps this"`);
      await send(sql.replace(/ REPLACE .*/, ''));
    },
  },
  { mistake: 'nothing is changed', kind: 'single user', expected: 'recovers', instead: async () => undefined },
];

interface Variant {
  readonly naive?: Naive;
  /** Whether the period of two passwords may end before a rotation does. */
  readonly hasNoHurry?: boolean;
}

/** A user of the model of Oracle's statements. */
function subject(kind: Kind, { naive, hasNoHurry = false }: Variant = {}): Subject {
  let users = new OracleUsers();
  let lastAsked = '';
  const json = (login: object) => JSON.stringify({ engine: 'oracle', host: 'db.example.com', port: 2484, dbname: 'ORCL', ...login });
  const value = json(USER);
  const passwordOf = (text: string) => (JSON.parse(text) as typeof USER).password;
  return {
    name: `Oracle (a model), ${kind}`,
    config: { target: 'oracle', dualPasswords: kind === 'dual passwords' ? true : undefined, passwordPolicy: { passwordLength: 30, excludeCharacters: '"' } } as DatabaseTargetConfig,
    makeHandler: (dependencies) => makeHandler((config) => databaseTarget(config, {
      oracle: () => new Oracle(undefined, watch(() => users, dependencies, naive)),
    }), dependencies),
    server: {
      reset: async () => {
        users = new OracleUsers(kind === 'dual passwords' ? { rolloverTime: 1, failedLoginAttempts: 3 } : { failedLoginAttempts: 10 });
        users.add(NAME, USER.password);
        lastAsked = value;
      },
      accepts: async (text) => {
        lastAsked = text;
        return users.accepts(NAME, passwordOf(text));
      },
      // The next rotation begins after the period of two passwords. With two passwords, the proof asks for AWSCURRENT only.
      elapse: () => { if (hasNoHurry || users.accounts.get(NAME)?.password === passwordOf(lastAsked)) { users.now += 2 * PERIOD; } },
      obey: (error) => {
        if (!error.includes('EXPIRE PASSWORD ROLLOVER PERIOD')) { return false; }
        users.alter(`ALTER USER ${NAME} IDENTIFIED BY "${passwordOf(lastAsked)}"`);
        users.alter(`ALTER USER ${NAME} EXPIRE PASSWORD ROLLOVER PERIOD`);
        return true;
      },
      alwaysAcceptsCurrent: kind === 'dual passwords',
    },
    previousValue: json({ ...USER, password: 'the-password-before-the-first' }),
    value,
    secretOf: (text) => {
      try {
        return passwordOf(text);
      } catch {
        return undefined;
      }
    },
    restOf: (text) => JSON.stringify({ ...JSON.parse(text || '{}'), password: '' }),
    changedByHand: (text, n) => JSON.stringify({ ...JSON.parse(text), password: `by-hand-password-${n}` }),
  };
}

/** The connections of a copy of the function: every call ends as the proof decides. */
function watch(users: () => OracleUsers, { perform, dial }: HandlerDependencies, naive?: Naive): ConnectOracle {
  return async (credentials, ...rest) => {
    dial(credentials.host);
    const connection = await perform('connect', 'read', () => users().connect(credentials, ...rest));
    const send = (sql: string) => perform(sql.split(' ', 2).join(' '), sql.startsWith('ALTER') ? 'write' : 'read', () => connection.execute(sql));
    return {
      execute: async (sql) => {
        if (!naive || !sql.startsWith('ALTER')) { return send(sql); }
        await naive.instead(send, sql);
        return [];
      },
      close: () => connection.close(),
    };
  };
}

/** Each strategy. */
export async function withOracleSubjects(use: (subject: Subject) => Promise<void>): Promise<void> {
  for (const kind of KINDS) { await use(subject(kind)); }
}

/** The first invariant that each of the naive variants breaks. */
export async function catchNaiveOracle(): Promise<(Pick<Naive, 'mistake' | 'expected'> & { readonly caught: Invariant | undefined })[]> {
  const caught: (Pick<Naive, 'mistake' | 'expected'> & { caught: Invariant | undefined })[] = [];
  for (const naive of NAIVE) {
    let violation: unknown;
    await exhaust(subject(naive.kind, { naive }), { pairs: false, stale: false, switches: [{}] }).catch((error: unknown) => { violation = error; });
    caught.push({ ...naive, caught: violation instanceof Violation ? violation.invariant : undefined });
  }
  return caught;
}

/** The invariant that is broken if AWSPENDING is removed after setSecret, and no rotation ends within the period of two passwords. */
export async function catchLateEnd(): Promise<Invariant | undefined> {
  try {
    await giveUp(subject('dual passwords', { hasNoHurry: true }));
    return undefined;
  } catch (error) {
    return error instanceof Violation ? error.invariant : undefined;
  }
}

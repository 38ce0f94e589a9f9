import { Token } from 'aws-cdk-lib';
import { CLONE_SUFFIX, DATABASE_ENGINE_NAMES, type DatabaseTargetConfig } from './contract';
import { DOCUMENT_DB } from '../../adopted/databases';
import { invalid } from '../../invalid';
import { MAX_PORT, portOf } from '../contract';

/** What the constructs need to know of a database system. */
export interface DatabaseEngine {
  /** The asset of its handler. */
  readonly asset: string;
  /** The values of the key `engine` of its secrets. */
  readonly engines: readonly string[];
  readonly defaultPort: number;
  /** Who can add a second password to a user; undefined if the system accepts one password for a user. */
  readonly secondPasswordBy?: 'superuser' | 'user';
  /** Statements that can't be in a transaction. Undefined if creationStatements have none. */
  readonly notInTransaction?: RegExp;
  /** Whether it has no SQL, so that a rotation can't create a user with statements, nor look for all that a user may do. */
  readonly hasNoStatements?: boolean;
  /** The engines of its resources in an app, if they aren't those of its secrets. */
  readonly resourceEngines?: readonly string[];
  /** The passwords that it takes, if it is stricter than the default policy. */
  readonly passwordLimit?: { readonly least: number; readonly most: number; readonly refused: string };
  /** The longest user name. Undefined if the system names none. */
  readonly userNameLimit?: { readonly limit: number; readonly unit: string; readonly measure: (name: string) => number };
}

const CHARACTERS = { unit: 'characters', measure: (name: string) => [...name].length };

export const DATABASE_ENGINES: Readonly<Record<DatabaseTargetConfig['target'], DatabaseEngine>> = {
  postgres: {
    asset: 'postgres',
    engines: DATABASE_ENGINE_NAMES.postgres,
    defaultPort: 5432,
    // https://www.postgresql.org/docs/current/sql-createdatabase.html
    notInTransaction: /^\s*(?:(?:create|drop)\s+(?:database|tablespace)|vacuum|(?:create|drop|reindex)\b.*\bconcurrently)\b/i,
    // https://www.postgresql.org/docs/current/limits.html
    userNameLimit: { limit: 63, unit: 'bytes', measure: (name) => Buffer.byteLength(name) },
  },
  mysql: {
    asset: 'mysql',
    engines: DATABASE_ENGINE_NAMES.mysql,
    defaultPort: 3306,
    secondPasswordBy: 'user',
    // https://dev.mysql.com/doc/refman/8.4/en/user-names.html
    userNameLimit: { limit: 32, ...CHARACTERS },
  },
  mariadb: {
    asset: 'mysql',
    engines: DATABASE_ENGINE_NAMES.mariadb,
    defaultPort: 3306,
    secondPasswordBy: 'superuser',
    // https://mariadb.com/kb/en/identifier-names/
    userNameLimit: { limit: 80, ...CHARACTERS },
  },
  mongoDb: { asset: 'mongo', engines: DATABASE_ENGINE_NAMES.mongoDb, defaultPort: 27017, hasNoStatements: true },
  documentDb: {
    asset: 'mongo',
    engines: DATABASE_ENGINE_NAMES.documentDb,
    resourceEngines: [DOCUMENT_DB],
    defaultPort: 27017,
    hasNoStatements: true,
    // https://docs.aws.amazon.com/documentdb/latest/developerguide/API_CreateDBCluster.html
    passwordLimit: { least: 8, most: 100, refused: '/"@' },
  },
};

/** The target that rotates the users of a database engine. Undefined if there is none. */
export function factoryFor(engine: string): string | undefined {
  const [target] = Object.entries(DATABASE_ENGINES).find(([, { engines, resourceEngines = engines }]) => resourceEngines.includes(engine)) ?? [];
  return target && `RotationTarget.${target}`;
}

/** The parts of a target that the values of its secrets depend on. */
export interface DatabaseUser {
  readonly engine: DatabaseEngine;
  /** The factory of the target. */
  readonly factory: string;
  /** Whether a second user, with another name, alternates with the first. */
  readonly alternates: boolean;
}

/** The keys of a database secret that are checked at synthesis. */
export const CHECKED_KEYS = ['username', 'engine', 'port'] as const;

/**
 * Throws if a value couldn't be rotated, as far as it is known. Another construct may add missing keys, except the user name.
 *
 * @param property where the value is given
 */
export function checkDatabaseValue(property: string, value: Readonly<Record<string, unknown>>, { engine, factory, alternates }: DatabaseUser): void {
  const [username, system, port] = CHECKED_KEYS.map((key) => Object.hasOwn(value, key) ? value[key] : undefined);
  if (!isToken(username)) {
    if (typeof username !== 'string' || username === '') {
      throw invalid(property, `${username === undefined ? 'has no username' : 'has a username that is not a string of at least one character'}. Give it the user whose `
        + 'password the secret holds, such as {"username":"app"}');
    }
    checkUserName(property, username, engine, alternates);
  }
  if (system !== undefined && !isToken(system) && !engine.engines.includes(system as string)) {
    throw invalid(property, `has the engine ${JSON.stringify(system)}, and ${factory} rotates ${engine.engines.join(', ')}. Correct it, leave it out for attach to add it, or give `
      + 'the target of that engine');
  }
  if (port !== undefined && port !== null && !isToken(port) && portOf(port) === undefined) {
    throw invalid(property, `has the port ${JSON.stringify(port)}, which is not a whole number from 1 to ${MAX_PORT}. Correct it, or leave it out`);
  }
}

function checkUserName(property: string, username: string, { userNameLimit }: DatabaseEngine, alternates: boolean): void {
  if (!userNameLimit) { return; }
  const { limit, unit, measure } = userNameLimit;
  const suffix = alternates && !isClone(username) ? CLONE_SUFFIX : '';
  const length = measure(username + suffix);
  if (length > limit) {
    throw invalid(property, `has a username of ${measure(username)} ${unit}, and the database takes ${limit}`
      + `${suffix ? `, of which alternating users need ${CLONE_SUFFIX.length} for ${CLONE_SUFFIX}, the end of the other user's name` : ''}. Use a user with a shorter name`);
  }
}

function isClone(username: string): boolean {
  return username.endsWith(CLONE_SUFFIX) && username !== CLONE_SUFFIX;
}

function isToken(value: unknown): boolean {
  return Token.isUnresolved(value);
}

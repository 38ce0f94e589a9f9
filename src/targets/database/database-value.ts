import { Duration, Token } from 'aws-cdk-lib';
import { CLONE_SUFFIX, DATABASE_ENGINE_NAMES, type DatabaseTargetConfig } from './contract';
import { ORACLE_TLS_PORT } from './oracle/contract';
import { checkOracleValue } from './oracle/value';
import { DOCUMENT_DB } from '../../adopted/databases';
import { includedTypes } from '../../contract';
import { invalid } from '../../invalid';
import { hasTokens, type Generator } from '../../value/generator';
import { MAX_PORT, portOf } from '../contract';

/** What the constructs need to know of a database system. */
export interface DatabaseEngine {
  /** The asset of its handler. */
  readonly asset: string;
  /** The values of the key `engine` of its secrets. */
  readonly engines: readonly string[];
  /** Those of the tests, with their versions. */
  readonly servers?: readonly string[];
  /** What the tests have in place of a server. */
  readonly standIns?: readonly string[];
  /** The services and products with such servers, which tests can't run. */
  readonly services: readonly string[];
  readonly defaultPort: number;
  /** The usual port for TLS, if that is another one. */
  readonly tlsPort?: number;
  /** The default time-out of the function. Undefined if it is that of other targets. */
  readonly timeout?: Duration;
  /** Who can add a second password to a user; undefined if the system accepts one password for a user. */
  readonly secondPasswordBy?: 'superuser' | 'user';
  /** Statements that can't be in a transaction. Undefined if creationStatements have none. */
  readonly notInTransaction?: RegExp;
  /** Whether it has no SQL, so that a rotation can't create a user with statements, nor look for all that a user may do. */
  readonly hasNoStatements?: boolean;
  /** Whether every user changes its own password, and no superuser does. */
  readonly hasNoSuperuser?: boolean;
  /** Whether a rotation changes the password of one user that exists, and nothing else. */
  readonly hasSingleUserOnly?: boolean;
  /** The engines of its resources in an app, if they aren't those of its secrets. */
  readonly resourceEngines?: readonly string[];
  /** The default length of passwords, if the system takes no longer ones. */
  readonly passwordLength?: number;
  /** What the system asks of a password. Undefined if it takes any. */
  readonly passwordRules?: PasswordRules;
  /** Throws if a value couldn't be rotated, for a reason that only this system has. */
  readonly checkValue?: (property: string, value: Readonly<Record<string, unknown>>) => void;
  /** The longest user name. Undefined if the system names none. */
  readonly userNameLimit?: { readonly limit: number; readonly unit: string; readonly measure: (name: string) => number };
  /** What a user with a password has not in its name, with what to do. Undefined if the system names nothing. */
  readonly notInUserName?: { readonly character: string; readonly because: string };
}

/** What a system asks of every password. */
interface PasswordRules {
  readonly system: string;
  readonly least: number;
  readonly most: number;
  /** Characters that no password has. */
  readonly excluded: string;
  /** Whether each password has a lowercase letter, an uppercase letter and a digit. */
  readonly hasEachType?: boolean;
  /** How many of the four types of characters each password has. */
  readonly types?: number;
}

/** Of MongoDB and DocumentDB. */
const MONGO_STAND_INS = ['SecantusDB 0.7 with the parts of users that it lacks', 'FerretDB 1.24, which has logins and no roles'];
const CHARACTERS = { unit: 'characters', measure: (name: string) => [...name].length };

export const DATABASE_ENGINES: Readonly<Record<DatabaseTargetConfig['target'], DatabaseEngine>> = {
  postgres: {
    asset: 'postgres',
    engines: DATABASE_ENGINE_NAMES.postgres,
    servers: ['PostgreSQL 15', 'PostgreSQL 18'],
    services: ['Amazon RDS', 'Amazon Aurora'],
    defaultPort: 5432,
    // https://www.postgresql.org/docs/current/sql-createdatabase.html
    notInTransaction: /^\s*(?:(?:create|drop)\s+(?:database|tablespace)|vacuum|(?:create|drop|reindex)\b.*\bconcurrently)\b/i,
    // https://www.postgresql.org/docs/current/limits.html
    userNameLimit: { limit: 63, unit: 'bytes', measure: (name) => Buffer.byteLength(name) },
  },
  mysql: {
    asset: 'mysql',
    engines: DATABASE_ENGINE_NAMES.mysql,
    servers: ['MySQL 8.0', 'MySQL 9.7'],
    services: ['Amazon RDS', 'Amazon Aurora'],
    defaultPort: 3306,
    secondPasswordBy: 'user',
    // https://dev.mysql.com/doc/refman/8.4/en/user-names.html
    userNameLimit: { limit: 32, ...CHARACTERS },
  },
  mariadb: {
    asset: 'mysql',
    engines: DATABASE_ENGINE_NAMES.mariadb,
    servers: ['MariaDB 10.11', 'MariaDB 11.8'],
    services: ['Amazon RDS'],
    defaultPort: 3306,
    secondPasswordBy: 'superuser',
    // https://mariadb.com/kb/en/identifier-names/
    userNameLimit: { limit: 80, ...CHARACTERS },
  },
  redshift: {
    asset: 'redshift',
    engines: DATABASE_ENGINE_NAMES.redshift,
    standIns: ['PostgreSQL 18 behind a server with the statements of Redshift'],
    services: ['Amazon Redshift'],
    defaultPort: 5439,
    // Views of the catalog take seconds in a busy cluster, and a rotation of two users reads some twenty.
    timeout: Duration.minutes(2),
    // https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_DATABASE.html, r_VACUUM_command.html, r_CREATE_EXTERNAL_TABLE.html, r_ALTER_TABLE_APPEND.html,
    // r_GRANT.html, r_REVOKE.html
    notInTransaction: /^\s*(?:(?:create|drop)\s+database|vacuum|(?:create|alter|drop)\s+external\s+table|alter\s+table\b.*\bappend|(?:grant|revoke)\b.*\bon\s+external)\b/i,
    // https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html
    passwordRules: { system: 'Redshift', least: 8, most: 64, excluded: '\'"\\/@ ', hasEachType: true },
    // https://docs.aws.amazon.com/redshift/latest/dg/r_names.html
    userNameLimit: { limit: 127, unit: 'bytes', measure: (name) => Buffer.byteLength(name) },
  },
  mongoDb: {
    asset: 'mongo',
    engines: DATABASE_ENGINE_NAMES.mongoDb,
    standIns: MONGO_STAND_INS,
    services: ['MongoDB'],
    defaultPort: 27017,
    hasNoStatements: true,
  },
  documentDb: {
    asset: 'mongo',
    engines: DATABASE_ENGINE_NAMES.documentDb,
    resourceEngines: [DOCUMENT_DB],
    standIns: MONGO_STAND_INS,
    services: ['Amazon DocumentDB'],
    defaultPort: 27017,
    hasNoStatements: true,
    // https://docs.aws.amazon.com/documentdb/latest/developerguide/API_CreateDBCluster.html
    passwordRules: { system: 'DocumentDB', least: 8, most: 100, excluded: '/"@' },
  },
  oracle: {
    asset: 'oracle',
    engines: DATABASE_ENGINE_NAMES.oracle,
    standIns: ['a model of Oracle\'s statements in memory'],
    services: ['Oracle Database', 'Amazon RDS'],
    defaultPort: 1521,
    tlsPort: ORACLE_TLS_PORT,
    checkValue: checkOracleValue,
    secondPasswordBy: 'user',
    hasNoSuperuser: true,
    // https://docs.oracle.com/en/database/oracle/oracle-database/19/dbseg/configuring-authentication.html
    passwordRules: { system: 'Oracle', least: 1, most: 30, excluded: '"' },
    passwordLength: 30,
    // https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/Database-Object-Names-and-Qualifiers.html
    userNameLimit: { limit: 128, unit: 'bytes', measure: (name) => Buffer.byteLength(name.replace(/^"(.*)"$/, '$1')) },
  },
  sqlServer: {
    asset: 'sql-server',
    engines: DATABASE_ENGINE_NAMES.sqlServer,
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html,
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/sqlserver-dev-edition.creating-instance.html
    resourceEngines: [
      'sqlserver-ee', 'sqlserver-se', 'sqlserver-ex', 'sqlserver-web', 'sqlserver-dev-ee', 'sqlserver-dev-se',
      'custom-sqlserver-ee', 'custom-sqlserver-se', 'custom-sqlserver-web', 'custom-sqlserver-dev',
    ],
    standIns: ['a server of our own with the protocol and the statements of SQL Server'],
    services: ['Microsoft SQL Server', 'Amazon RDS'],
    defaultPort: 1433,
    hasSingleUserOnly: true,
    // https://learn.microsoft.com/en-us/sql/relational-databases/security/password-policy
    passwordRules: { system: 'SQL Server', least: 8, most: 128, excluded: '', types: 3 },
    // UTF-16 code units: https://learn.microsoft.com/en-us/sql/relational-databases/databases/database-identifiers
    userNameLimit: { limit: 128, unit: 'characters', measure: (name) => name.length },
    // https://learn.microsoft.com/en-us/sql/t-sql/statements/create-login-transact-sql
    notInUserName: { character: '\\', because: 'only logins of Windows have one, whose passwords SQL Server does not have. Use a login or a user with a password of SQL Server' },
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
export const CHECKED_KEYS = ['username', 'engine', 'port', 'host', 'dbname'] as const;

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
  engine.checkValue?.(property, Object.fromEntries(CHECKED_KEYS.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]])));
}

function checkUserName(property: string, username: string, { notInUserName, userNameLimit }: DatabaseEngine, alternates: boolean): void {
  if (notInUserName && username.includes(notInUserName.character)) {
    throw invalid(property, `has the username ${username} with the character ${notInUserName.character}, and ${notInUserName.because}`);
  }
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

/**
 * Throws if the system would refuse generated passwords. Tokens aren't checked.
 *
 * @param policy the policy, complete with its defaults
 * @param nameOf the name of a property of the policy, for errors
 */
export function checkPasswordRules({ passwordRules }: DatabaseEngine, policy: Generator, nameOf: (property: string) => string): void {
  if (!passwordRules || hasTokens(policy)) { return; }
  const { system, least, most, excluded, hasEachType = false, types } = passwordRules;
  const { passwordLength: length, excludeCharacters = '' } = policy;
  if (length !== undefined && (length < least || length > most)) {
    throw invalid(nameOf('passwordLength'), `is ${length}, and a password of ${system} has ${least} to ${most} characters. Give a length from ${least} to ${most}`);
  }
  for (const property of ['excludeLowercase', 'excludeUppercase', 'excludeNumbers'] as const) {
    if (hasEachType && policy[property]) { throw invalid(nameOf(property), `is true, and a password of ${system} has at least one lowercase letter, one uppercase letter and one digit. Leave it out`); }
  }
  if (hasEachType && policy.requireEachIncludedType === false) {
    throw invalid(nameOf('requireEachIncludedType'), `is false, and a password of ${system} has at least one lowercase letter, one uppercase letter and one digit. Leave it out`);
  }
  if (types !== undefined) { checkTypes(types, system, policy, nameOf); }
  const allowed = includedTypes(policy).join('') + (policy.includeSpace && !excludeCharacters.includes(' ') ? ' ' : '');
  const refused = [...excluded].filter((character) => allowed.includes(character));
  if (refused.includes(' ')) { throw invalid(nameOf('includeSpace'), `is true, and a password of ${system} has no space. Leave it out`); }
  if (refused.length > 0) {
    throw invalid(nameOf('excludeCharacters'), `lacks ${refused.join(' ')}, which a password of ${system} can't have. Add them, or leave out excludeCharacters`);
  }
}

/** Throws if a password might have characters of too few types. */
function checkTypes(least: number, system: string, policy: Generator, nameOf: (property: string) => string): void {
  const asked = `and a password of ${system} has characters of ${least} of the four types: lowercase letters, uppercase letters, digits and punctuation`;
  const excluding = (['excludeLowercase', 'excludeUppercase', 'excludeNumbers', 'excludePunctuation'] as const).filter((property) => policy[property]);
  if (4 - excluding.length < least) { throw invalid(nameOf(excluding[0]), `is true together with ${excluding.slice(1).join(', ')}, ${asked}. Leave out ${excluding.length - (4 - least)} of them`); }
  if (policy.requireEachIncludedType === false) { throw invalid(nameOf('requireEachIncludedType'), `is false, ${asked}. Leave it out`); }
}

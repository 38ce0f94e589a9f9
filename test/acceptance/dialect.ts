import { randomBytes } from 'node:crypto';
import type { TestClient } from '../../servers/clients';
import type { Engine, Login } from '../../tools/servers/server';

/** The engines of the suite. */
export type AcceptedEngine = Exclude<Engine, 'redshift'>;

/** Begins the names of all databases and users of the suite. */
export const NAME = 'crs_accept_';

/** A prefix for the names of a run. With eight digits, the second one of two users fits MySQL's 32 characters. */
export const newPrefix = () => `${NAME}${randomBytes(4).toString('hex')}_`;

/** The prefixes in names, each once. */
export function prefixesOf(names: readonly string[]): string[] {
  const pattern = new RegExp(`^${NAME}[0-9a-f]{8}_`);
  return [...new Set(names.flatMap((name) => pattern.exec(name) ?? []))];
}

/** The database of a run, by its prefix. */
export const databaseOf = (prefix: string) => `${prefix}db`;

/** The statements of an engine, for a user who may create databases and users. Names and passwords need no quotes. */
export interface Dialect {
  /** The name and the version of the server. */
  product(client: TestClient): Promise<string>;
  databases(client: TestClient): Promise<string[]>;
  /** The users of other sessions that the user can see, one for each session. */
  otherSessions(client: TestClient): Promise<string[]>;
  /** Takes the lock of the suite, which ends with the session. False if another run has it. */
  lock(client: TestClient): Promise<boolean>;
  /** The prefixes of all runs that have left something. */
  prefixes(client: TestClient): Promise<string[]>;
  /** Makes the database of a run. */
  make(client: TestClient, prefix: string): Promise<void>;
  /** How many sessions use the database of a run. */
  sessions(client: TestClient, prefix: string): Promise<number>;
  /** Removes the users and the database of a run, and returns their names. */
  remove(client: TestClient, prefix: string): Promise<string[]>;

  createUser(login: Login): string[];
  setPassword(login: Login): string[];
  lockUser(user: string): string;
  grantUpdate(user: string): string;
  revokeUpdate(user: string): string;
}

/** The table of the cases on rights. */
export const TABLE = 'items';

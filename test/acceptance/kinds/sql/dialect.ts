import type { TestClient } from '../../../../servers/clients';
import type { Engine, Login } from '../../../../tools/servers/server';
import type { Place, Variant } from '../../../proof/database-subject';
import type { AcceptanceCase } from '../../cases';
import type { Address, Run } from '../../kind';

/** The statements of an engine, for a user who may create databases and users. Names and passwords need no quotes. */
export interface Dialect {
  readonly engine: Engine;
  readonly schemes: readonly string[];
  readonly port: number;
  /** What the URL has after the host, if it has nothing. */
  readonly database: string;
  readonly variants: readonly Variant[];
  readonly ownCases: readonly AcceptanceCase<SqlGround>[];
  /** Parts of passwords, if the server refuses some. @default AWKWARD_PASSWORDS */
  readonly awkwardPasswords?: readonly string[];
  /** The name and the version of the server. */
  product(client: TestClient): Promise<string>;
  /** Whether the server is of this engine, by its name and version. */
  isOwn(product: string): boolean;
  databases(client: TestClient): Promise<string[]>;
  /** The users of other sessions that the user can see, one for each session. Undefined if the server doesn't show them. */
  otherSessions(client: TestClient): Promise<string[] | undefined>;
  /** Takes the lock of the suite, which ends with the session. False if another run has it. Absent if the server has none: then `mark` and `unmark`. */
  lock?(client: TestClient): Promise<boolean>;
  mark?(name: string): string;
  unmark?(name: string): string;
  /** The names of databases, users and the like. */
  names(client: TestClient): Promise<string[]>;
  /** Makes the database of a run, or what stands for it. */
  make(client: TestClient, run: Omit<Run, 'everyBoundary'>): Promise<void>;
  /** Where the strategies run, and whose superuser they have. */
  at(run: Run): Partial<Address>;
  /** Makes the table of a run, and what else its strategies need. */
  prepare(prefix: string): string[];
  table(prefix: string): string;
  /** How many sessions use what a run has made. Undefined if the server doesn't show them. */
  sessions(client: TestClient, prefix: string): Promise<number | undefined>;
  /** Removes the users and the database of a run, and returns their names. */
  remove(client: TestClient, prefix: string): Promise<string[]>;

  createUser(login: Login, prefix: string): string[];
  setPassword(login: Login): string[];
  lockUser(user: string): string;
  giveRight(user: string, prefix: string): string;
  takeRight(user: string, prefix: string): string;
}

/** What the cases of an engine use. */
export interface SqlGround {
  readonly place: Place;
  /** Runs statements of a user. */
  asUser(login: Login, ...statements: string[]): Promise<void>;
}

/** The table of the cases on rights. */
export const TABLE = 'items';

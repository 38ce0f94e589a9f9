import { randomBytes } from 'node:crypto';
import type { AcceptanceCase } from './cases';
import type { Login } from '../../tools/servers/server';
import type { Subject } from '../proof/subjects';

/** Begins the names of all databases and users of the suite. */
export const NAME = 'crs_accept_';

/** A prefix for the names of a run. With eight digits, the second one of two users fits MySQL's 32 characters. */
export const newPrefix = () => `${NAME}${randomBytes(4).toString('hex')}_`;

/** The prefixes in names, each once. */
export function prefixesOf(names: readonly string[]): string[] {
  const pattern = new RegExp(`(?<![\\w-])${NAME}[0-9a-f]{8}_`);
  return [...new Set(names.flatMap((name) => pattern.exec(name) ?? []))];
}

/** The database of a run, by its prefix. */
export const databaseOf = (prefix: string) => `${prefix}db`;

/** The server of the user. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** What the URL has after the host. */
  readonly database: string;
  /** The authorities of the certificate, as PEM. */
  readonly ca: string;
  /** Of RabbitMQ's management API. @default - the one of the product */
  readonly managementPort?: number;
  /** Who makes and removes the users of the suite. */
  readonly admin: Login;
}

/** A kind of server that the suite can try. */
export interface Kind {
  /** The schemes of its URLs. */
  readonly schemes: readonly string[];
  readonly port: number;
  /** What the URL has after the host, if it has nothing. */
  readonly database: string;
  /** The host and the rest of the URL of the example. */
  readonly example?: string;
  /** Logs in as the user of the address. */
  connect(address: Address): Promise<Owner>;
  /** Prepares a run, whose names `make` has begun. */
  open(run: Run): Promise<Ground>;
}

/** The session of the user who makes and removes what a run needs. */
export interface Owner {
  /** Keeps a second run out. */
  readonly lock: Lock;
  /**
   * The name and the version of the server.
   *
   * @throws UsageError if it is of another kind, or can't be tried
   */
  product(): Promise<string>;
  /** The names that may say that people depend on the server: of databases, or what the server has in their place. */
  databases(): Promise<string[]>;
  /** The users of other sessions. Undefined if the server doesn't show them to this user. */
  otherSessions(): Promise<string[] | undefined>;
  /** The names of all that runs may have made. */
  names(): Promise<string[]>;
  /** Makes what `open` needs. */
  make(run: Omit<Run, 'everyBoundary'>): Promise<void>;
  /** How many sessions of a run there are. Absent or undefined if the server doesn't show them. */
  sessions?(prefix: string): Promise<number | undefined>;
  /** Removes all that a run has made, and returns the names. Can be repeated. */
  remove(prefix: string): Promise<string[]>;
  close(): Promise<void>;
}

/** What keeps a second run out: a lock of the server, which ends with the session, or marks that a run renews as long as it lives. */
export type Lock = { take(): Promise<boolean> } | { mark(name: string): Promise<void>; unmark(name: string): Promise<void> };

/** One run on a server. */
export interface Run {
  readonly address: Address;
  /** Begins the names of all users and databases. */
  readonly prefix: string;
  /** Makes the passwords. */
  readonly seed: string;
  /** Stops at each n-th call. */
  readonly everyBoundary: number;
}

/** The strategies on a server that is prepared. */
export interface Ground {
  readonly strategies: readonly Strategy[];
  close(): Promise<void>;
}

/**
 * A strategy, and what the owner of the server does in the cases. What is absent can't be done on such a server, so the cases that need it aren't
 * tried.
 */
export interface Strategy {
  readonly name: string;
  /** The user of the first value. */
  readonly user: Login;
  readonly alternates?: boolean;
  /** Whether the server accepts two passwords. */
  readonly isDual?: boolean;
  readonly hasSuperuser?: boolean;
  /** Whether a rotation creates the user. */
  readonly creates?: boolean;
  /** A statement of the creation that fails. */
  readonly failingStatement?: string;
  /** Whether the server accepts no version before the first rotation. */
  readonly startsRefused?: boolean;
  /** Whether the configuration has the server, and the secrets have another one or none. */
  readonly hasEndpoint?: boolean;
  /** Whether a repetition of setSecret writes nothing. @default true */
  readonly isRepeatedWithoutWrites?: boolean;
  /** Parts of passwords, if clients can't log in with all. @default AWKWARD_PASSWORDS */
  readonly awkwardPasswords?: readonly string[];
  /** The calls that only a superuser makes. */
  readonly superuserCalls?: RegExp;
  /** The name of a user who doesn't exist. @default 'somebody_else' */
  readonly nobody?: string;
  /** A right that a user can be given. */
  readonly right?: {
    give(username: string): Promise<void>;
    take(username: string): Promise<void>;
    has(login: Login): Promise<boolean>;
  };
  /** Cases that only such a server has. */
  readonly ownCases?: readonly AcceptanceCase[];
  /** Its server is reset at the beginning of each case. */
  subject(): Subject;
  /** A password, and no other one. Has quotes and backslashes in some cases. */
  setPassword(login: Login): Promise<void>;
  /** Keeps a user from logging in with the right password. */
  lockUser?(username: string): Promise<void>;
  createUser?(login: Login): Promise<void>;
}

/** What the server shows a client that asks for TLS. */
export type ServerTls =
  /** A certificate for `localhost`, `db.test.internal` and 127.0.0.1 by the authority in `ca`. */
  | 'good'
  /** By the same authority, for another host. */
  | 'wrongHost'
  /** As the good one, but its time is over. */
  | 'expired'
  /** As the good one, but by an authority that isn't `ca`. */
  | 'unknownCa'
  /** The server doesn't know TLS. */
  | 'none';

export interface ServerOptions {
  /** @default 'good' */
  readonly tls?: ServerTls;
  /** Plaintext connections are let in. @default - only if there is no TLS */
  readonly plaintext?: boolean;
  /** The server judges passwords: `passwordcheck`, `validate_password` or `simple_password_check`. @default false */
  readonly passwordPolicy?: boolean;
  /** The server's own settings, by name. */
  readonly settings?: Record<string, string | number>;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export type Engine = 'postgres' | 'mysql' | 'mariadb';

/** A database server of its own, on 127.0.0.1, with its data in a temporary folder. It ends with the process that started it. */
export interface DatabaseServer {
  readonly engine: Engine;
  /** As the server says it. */
  readonly version: string;
  readonly host: 'localhost';
  readonly port: number;
  /** An empty database that `admin` owns or has all rights to. */
  readonly database: string;
  /** May do what the master user of an RDS instance may. */
  readonly admin: Login;
  /** May do everything. */
  readonly root: Login;
  /** The authority that made the server's certificate, unless it is of an unknown one. PEM. */
  readonly ca: string;
  /** All that the server has written to its logs so far, each statement that it was sent included. */
  logs(): Promise<string>;
  /** From here on the server hangs: connections are neither answered nor closed. */
  pause(): void;
  resume(): void;
  /** Ends the server at once and removes its data. */
  stop(): Promise<void>;
}

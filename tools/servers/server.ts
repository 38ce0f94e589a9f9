/** What the server offers a client that asks for TLS. */
export type ServerTls =
  /** A certificate for `localhost`, `db.test.internal` and 127.0.0.1 by the authority in `ca`. */
  | 'good'
  /** From the same authority, for another host. */
  | 'wrongHost'
  /** Like the good one, but expired. */
  | 'expired'
  /** Like the good one, but from an authority other than `ca`. */
  | 'unknownCa'
  /** The server has no TLS. */
  | 'none';

export interface ServerOptions {
  /** @default 'good' */
  readonly tls?: ServerTls;
  /** Whether plaintext connections are accepted. @default - only if there is no TLS */
  readonly plaintext?: boolean;
  /** Whether the server checks passwords: `passwordcheck`, `validate_password` or `simple_password_check`. @default false */
  readonly passwordPolicy?: boolean;
  /** The server's own settings, by name. */
  readonly settings?: Record<string, string | number>;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Engines with a real server. */
export type RealEngine = 'postgres' | 'mysql' | 'mariadb';
/** Redshift has a stand-in only. */
export type Engine = RealEngine | 'redshift';

/** A database server of its own, on 127.0.0.1, with its data in a temporary folder. It ends with the process that started it. */
export interface DatabaseServer {
  readonly engine: Engine;
  /** The version that the server reports. */
  readonly version: string;
  readonly host: 'localhost';
  readonly port: number;
  /** An empty database that `admin` owns or has all rights to. */
  readonly database: string;
  /** Has the rights of the master user of an RDS instance. */
  readonly admin: Login;
  /** Has all rights. */
  readonly root: Login;
  /** The authority of the server's certificate, unless it is an unknown one. PEM. */
  readonly ca: string;
  /** The server's logs so far, with all statements that it received. */
  logs(): Promise<string>;
  /** Makes the server hang: connections are neither answered nor closed. */
  pause(): void;
  resume(): void;
  /** Kills the server and removes its data. */
  stop(): Promise<void>;
}

/** A server that can be killed and restarted with its data, as after a crash of its host. */
export interface RestartableServer extends DatabaseServer {
  /** Ends the server with SIGKILL, and keeps its data. */
  kill(): Promise<void>;
  /** After `kill`. */
  restart(): Promise<void>;
}

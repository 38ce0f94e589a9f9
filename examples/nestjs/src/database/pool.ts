/** A connection to a database, of any engine. */
export interface Client {
  /** @param text with placeholders `$1`, `$2` and so on, in their order */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Connection {
  readonly client: Client;
  /** @param error what went wrong, if the connection shouldn't be used again */
  readonly release: (error?: Error) => void;
}

/** The pool of a driver. */
export interface DriverPool {
  connect(): Promise<Connection>;
  /** To be called when no connection is in use, and none is waited for. */
  end(): Promise<void>;
}

export interface PoolOptions {
  readonly connections: number;
  readonly connectionSeconds: number;
  /** PEM. */
  readonly certificateAuthority?: string;
  readonly timeoutMs: number;
  readonly onError: (error: Error) => void;
}

/** The part of the driver that is used here. */
declare module 'oracledb' {
  export interface Connection {
    /** The time that a call may take, in milliseconds. */
    callTimeout: number;
    execute(sql: string, binds: readonly never[], options: { readonly maxRows: number }): Promise<{ readonly rows?: readonly (readonly unknown[])[] }>;
    close(options: { readonly drop: true }): Promise<void>;
  }

  export interface ConnectionAttributes {
    readonly user: string;
    readonly password: string;
    readonly connectString: string;
    readonly walletContent?: string;
    readonly stmtCacheSize: number;
  }

  export function getConnection(attributes: ConnectionAttributes): Promise<Connection>;
}

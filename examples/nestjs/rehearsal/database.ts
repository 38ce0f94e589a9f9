import { readFile } from 'node:fs/promises';

export interface User {
  readonly username: string;
  readonly password: string;
}

/** A real server on the loopback interface, with TLS, in a folder that is gone when it stops. */
export interface Database {
  /** Where it is, in the keys of a secret. */
  readonly address: { readonly engine: 'postgres' | 'mariadb'; readonly host: string; readonly port: number; readonly dbname: string };
  /** As the master user of RDS: may make users and isn't a superuser. */
  readonly master: User;
  /** The authority of the server's certificate, as PEM, and the file that it is in. */
  readonly authority: string;
  readonly authorityFile: string;
  /** The asset of the function that rotates its users. */
  readonly asset: string;
  /** The rows of each statement. */
  run(user: User, ...statements: string[]): Promise<{ readonly rows: Record<string, unknown>[] }[]>;
  /** What whoever sets up the database does once: a user that isn't there yet, and its tables. */
  makeUser(username: string): Promise<User>;
  stop(): Promise<void>;
}

export async function schemaOf(file: string): Promise<string> {
  return readFile(new URL(`../${file}`, import.meta.url), 'utf8');
}

export type Engine = 'postgres' | 'mariadb';

/** What the secret of a database says, in the keys that RDS and Secrets Manager use. */
export interface Login {
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  readonly username: string;
  readonly password: string;
}

/** @throws Error that names what is missing and quotes nothing, as `JSON.parse` would */
export function parseLogin(text: string): Login {
  let login: Partial<Login> | null;
  try {
    login = JSON.parse(text) as typeof login;
  } catch {
    throw new Error('The secret is not JSON');
  }
  const { engine, host, port, dbname, username, password } = login ?? {};
  const texts = { engine, host, dbname, username, password };
  const missing = Object.entries(texts).filter(([, value]) => typeof value !== 'string' || value === '').map(([key]) => key);
  if (!Number.isInteger(Number(port ?? NaN))) { missing.push('port'); }
  if (missing.length > 0) { throw new Error(`The secret has no ${missing.join(', no ')}`); }
  if (engine !== 'postgres' && engine !== 'mariadb') { throw new Error('The engine of the secret is neither postgres nor mariadb'); }
  return { ...texts as Login, port: Number(port) };
}

/**
 * https://www.postgresql.org/docs/current/errcodes-appendix.html: invalid_password, invalid_authorization_specification.
 * https://mariadb.com/docs/server/reference/error-codes/mariadb-error-codes-1000-to-1099/e1045: access denied.
 */
const REFUSALS = ['28P01', '28000', 'ER_ACCESS_DENIED_ERROR'];

/** Whether the server doesn't take the login, as opposed to everything else that may go wrong. */
export function isLoginRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && REFUSALS.includes(error.code as string);
}

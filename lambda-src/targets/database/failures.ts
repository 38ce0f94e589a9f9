import { ConnectivityError, RotationError, TargetRefusedError, TlsError, UnexpectedError } from '../../rotation/errors';
import { isTlsError } from '../../rotation/service-errors';

/** The parts of a driver's error that are read. Its message is never repeated, because it may quote a statement. */
export interface DriverError {
  readonly code?: string;
  readonly errno?: number;
  readonly message?: string;
  /** MySQL and MariaDB: set if the error is from the server, and not from the driver. */
  readonly sqlState?: string;
  /** PostgreSQL: likewise. */
  readonly severity?: string;
}

const UNREACHABLE = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ENODATA', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNABORTED',
  'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT',
]);

/** The messages of a connection that breaks before it is secure. mysql2 gives it the same code as an untrusted certificate. */
const CUT_WHILE_SECURING = /ECONNRESET|EPIPE|disconnected before secure TLS connection/;

/** OpenSSL's codes and messages for a server that has no version or cipher of TLS in common with the function. */
const NO_COMMON_TLS = /PROTOCOL[_ ]VERSION|UNSUPPORTED[_ ]PROTOCOL|HANDSHAKE[_ ]FAILURE/i;

/** What to do if the server refuses a password. The version of the rotation can't get another one. */
export const NEW_POLICY = 'Give the target a passwordPolicy whose passwords it takes, remove AWSPENDING with UpdateSecretVersionStage, and rotate again';

/** The error of a failed connection, which is alike for all drivers. Undefined if the server itself refused. */
export function connectionError({ code = '', message = '', sqlState, severity }: DriverError): RotationError | undefined {
  if (sqlState !== undefined || severity !== undefined) { return undefined; }
  if (isTlsError(code) && NO_COMMON_TLS.test(`${code} ${message}`)) {
    return new TlsError(`The database server has no version and cipher of TLS in common with the function, or asks for a client certificate (${code}), so no credential was sent. Turn on TLS 1.2 there, with ciphers that `
      + 'OpenSSL still has, and let it ask for no client certificate');
  }
  if (isTlsError(code) && !CUT_WHILE_SECURING.test(message)) {
    return new TlsError(`The certificate of the database server is not trusted (${code}), so no credential was sent. Put the name that the certificate is for into `
      + 'the key "host", renew the certificate, or give its certificate authority to the RotationTarget as certificateAuthority');
  }
  if (UNREACHABLE.has(code) || CUT_WHILE_SECURING.test(message) || /timeout|timed out|terminated|closed/i.test(message)) {
    return new ConnectivityError(`The database server can't be reached, or doesn't answer in time${code === '' ? '' : ` (${code})`}. See that it runs, that the keys "host" and `
      + '"port" are right, that the function is in a VPC with a route to it, and that their security groups let the function in');
  }
  return undefined;
}

export function withoutTls(): TlsError {
  return new TlsError('The database server does not take connections with TLS, so no credential was sent. Turn TLS on there; only if that is impossible, set '
    + 'plaintextConnection on the RotationTarget');
}

export function withoutPassword(): TargetRefusedError {
  return new TargetRefusedError('The database server accepts this user without a password, so a rotation can not be verified. Require a password there');
}

/** The alternating user exists, and nothing proves that it belongs to the secret. */
export class UnprovenUserError extends TargetRefusedError {
  constructor() {
    super('The user that alternates exists already, and nothing proves that it belongs to this secret, so nothing was changed. If it belongs to something '
      + 'else, put a user with another name into the secret. If it belongs to this secret, drop it, and the next rotation creates it again; or, if the version with AWSPREVIOUS '
      + 'names it, give it the password of that version');
  }
}

/** Runs one of `creationStatements`. Its error has the number of the statement, and never its text. */
export async function numbered(i: number, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ConnectivityError || !(error instanceof RotationError)) { throw error; }
    const { code = '', message } = error as TargetRefusedError;
    throw new TargetRefusedError(`The statement at index ${i} of creationStatements failed, so the user can't log in yet. ${message}`, code);
  }
}

/** The user may do more than a rotation is allowed to give away. */
export function notOrdinary(): TargetRefusedError {
  return new TargetRefusedError('The server accepts no version of the secret, and the user may manage other users or is a superuser, so its password is not reset. Give it the password of the version with '
    + 'AWSCURRENT, or put the password that works into the secret, and rotate again');
}

/** The user is refused, and another password would not change that. */
export function notLost(): TargetRefusedError {
  return new TargetRefusedError('The server accepts no version of the secret, and the user is locked, expired or may not log in, so its password is not reset. Unlock the user, or end its expiry '
    + '(VALID UNTIL in PostgreSQL, PASSWORD EXPIRE in MySQL), and rotate again');
}

/** The error of a statement or a login, by the server's code. */
export function refusal(system: string, code: string, remedy: string | undefined): RotationError {
  if (remedy !== undefined) { return new TargetRefusedError(`${system} refused with ${code}. ${remedy}`, code); }
  return new UnexpectedError(`${system} failed${/^[\w-]{1,64}$/.test(code) ? ` with ${code}` : ''}. See the list of its error codes, and the log of the server`);
}

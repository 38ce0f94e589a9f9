import { connectLdap, type ConnectLdap, type LdapConnection } from './connection';
import { passwordHash } from './password-hash';
import type { HandlerConfig } from '../../../../src/contract';
import { LDAP_PASSWORD_KEY as PASSWORD, LDAPS_DEFAULT_PORT, looksLikeDn, parseLdapConfig, type LdapTargetConfig } from '../../../../src/targets/directory/ldap/contract';
import type { Deadline } from '../../../rotation/deadline';
import { AuthenticationError, RotationError, SecretMismatchError, SecretValueError, TargetRefusedError } from '../../../rotation/errors';
import { equalButForKey, mustBeNextPassword, readKey, replaceKey, roomAt } from '../../../rotation/secret-value';
import type { SecretValues, Target, ValueRequest } from '../../../target';
import { mustShareServer, parseServerLogin, readSuperuser, shareServer, superuserRefused, type ServerLogin } from '../../server-login';

/** @throws Error if it is the configuration of another asset */
export function ldapTarget(config: HandlerConfig): Target {
  return new LdapTarget(parseLdapConfig(config), connectLdap);
}

/** The versions of a rotation. */
interface Logins {
  readonly pending: ServerLogin;
  readonly current: ServerLogin;
  /** Undefined if no version of this user has AWSPREVIOUS, or if it can't be read. */
  readonly previous?: ServerLogin;
  /** Undefined if the user changes its own password. */
  readonly superuser?: ServerLogin;
}

/** A user of an LDAP directory. */
export class LdapTarget implements Target {
  constructor(private readonly config: LdapTargetConfig, private readonly connect: ConnectLdap) {}

  public async createValue({ current, generatePassword }: ValueRequest): Promise<string> {
    const { password: old } = parseCredentials(current);
    return replaceKey(current, PASSWORD, await generatePassword((password) => password !== old, roomAt(current, PASSWORD)));
  }

  public validate(value: string): void {
    parseCredentials(value);
  }

  public async checkNext(next: string, current: () => Promise<string>, versionId: string): Promise<void> {
    mustBeNextPassword(readKey(next, PASSWORD), readKey(await current(), PASSWORD), versionId);
  }

  public isDerived(pending: string, current: string): boolean {
    return equalButForKey(pending, current, PASSWORD);
  }

  public async setSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pendingValue, currentValue] = [await values.pending(), await values.current()];
    const [pending, current] = [parseCredentials(pendingValue), parseCredentials(currentValue)];
    if (!this.isDerived(pendingValue, currentValue)) {
      throw new SecretMismatchError('The pending value differs from the current one in more than a rotation changes, so it was not sent anywhere. One of them was '
        + 'changed by hand. Remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    const logins: Logins = { pending, current, previous: await previousLogin(values, current), superuser: await this.superuser(values, current) };
    await (this.config.dualPasswords ? this.addPassword(logins, values, deadline) : this.changePassword(logins, deadline));
  }

  public async testSecret(values: SecretValues, deadline: Deadline): Promise<void> {
    const [pending, current] = [parseCredentials(await values.pending()), parseCredentials(await values.current())];
    mustShareServer(pending, current, 'the pending version and the current one');
    if (pending.username !== current.username) {
      throw new SecretMismatchError('The key "username" of the pending version is not that of the current one. Remove AWSPENDING with UpdateSecretVersionStage and rotate again');
    }
    // Servers behind one name may take a moment. Wrong logins lock a user, unless a right one comes in between.
    const look = () => this.isAccepted(pending, deadline);
    const accepted = await deadline.reread(async () => {
      if (await look()) { return true; }
      return await this.isAccepted(current, deadline) ? undefined : look();
    });
    if (!accepted) {
      throw new AuthenticationError('The server does not accept the pending credentials. See that the entry exists, that it is not locked, and that its password has not expired. Secrets Manager retries the rotation');
    }
  }

  /** One password. Tries the likely one first, because a server may lock a user after one or a few wrong logins. */
  private async changePassword({ pending, current, previous, superuser }: Logins, deadline: Deadline): Promise<void> {
    const change = async (known: ServerLogin) => this.withUser(known, deadline, async (connection) => {
      await this.changeOrFindOut(pending, deadline, () => superuser
        ? this.asSuperuser(superuser, deadline, (other) => other.modifyPassword({ userIdentity: known.username, newPassword: pending.password }))
        : connection.modifyPassword({ oldPassword: known.password, newPassword: pending.password }));
      return true;
    });
    if (await change(current)) { return; }
    // An earlier attempt, or another copy of this function, may have changed it.
    if (await this.isAccepted(pending, deadline)) { return; }
    if (previous && await change(previous)) { return; }
    throw noneAccepted();
  }

  /**
   * Two passwords, and the pending one. Each write names all passwords that stay, so it can be repeated, and one operation makes the change. Until
   * there is an AWSPREVIOUS with another password, no password is known to be old, so none is removed.
   */
  private async addPassword({ pending, current, previous: known, superuser }: Logins, values: SecretValues, deadline: Deadline): Promise<void> {
    const previous = known?.password === current.password ? undefined : known;
    const currentAccepted = await this.isAccepted(current, deadline);
    // A password that was taken from the user is never given back.
    const previousAccepted = previous !== undefined && await this.isAccepted(previous, deadline);
    const mustLook = previous === undefined || !(currentAccepted || previousAccepted);
    const pendingAccepted = mustLook && await this.isAccepted(pending, deadline);
    // One of the versions must have a password of the user. Otherwise, a right to write the secret would be one to change passwords of other users.
    if (!currentAccepted && !previousAccepted && !pendingAccepted) { throw noneAccepted(); }
    const [operation, logins] = previous === undefined
      ? ['add' as const, [...currentAccepted ? [] : [current], ...pendingAccepted ? [] : [pending]]]
      : ['replace' as const, [...previousAccepted ? [previous] : [], current, pending]];
    if (logins.length === 0) { return; }
    const hashes = [...new Set(logins.map(({ password }) => password))].map((password) => passwordHash(password));
    await this.asSuperuser(superuser!, deadline, async (connection) => {
      // A label that moved by hand may have made an old password the current one.
      if (operation === 'replace') { await values.checkInProgress(); }
      await this.changeOrFindOut(pending, deadline, () => connection.modifyValues(current.username, operation, hashes));
    });
  }

  /** Runs `change`. If it fails, finds out whether it was done: only the reply may be lost, or another copy of the function did it. */
  private async changeOrFindOut(pending: ServerLogin, deadline: Deadline, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      // A refusal is an answer, and another look would be one more wrong login. But a server is unwilling (53) to verify an old password that another
      // copy of the function changed.
      if (error instanceof AuthenticationError || (error instanceof TargetRefusedError && error.code !== '53')) { throw error; }
      if (!await this.isAccepted(pending, deadline).catch(() => false)) { throw error; }
    }
  }

  private async isAccepted(login: ServerLogin, deadline: Deadline): Promise<boolean> {
    return await this.withUser(login, deadline, async () => true) ?? false;
  }

  /** Undefined if the server doesn't accept the login. */
  private async withUser<T>(login: ServerLogin, deadline: Deadline, use: (connection: LdapConnection) => Promise<T>): Promise<T | undefined> {
    const connection = await this.connect(login, this.config.certificateAuthority, deadline);
    try {
      try {
        await connection.bind(login.username, login.password);
      } catch (error) {
        if (error instanceof AuthenticationError) { return undefined; }
        throw error;
      }
      mustBeKnown(await connection.whoAmI());
      return await use(connection);
    } finally {
      connection.close();
    }
  }

  private async asSuperuser<T>(superuser: ServerLogin, deadline: Deadline, use: (connection: LdapConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect(superuser, this.config.certificateAuthority, deadline);
    try {
      try {
        await connection.bind(superuser.username, superuser.password);
      } catch (error) {
        if (!(error instanceof AuthenticationError)) { throw error; }
        throw new AuthenticationError(superuserRefused('The server', this.config.superuserSecretArn!));
      }
      mustBeKnown(await connection.whoAmI());
      return await use(connection);
    } finally {
      connection.close();
    }
  }

  private async superuser(values: SecretValues, current: ServerLogin): Promise<ServerLogin | undefined> {
    const { superuserSecretArn } = this.config;
    if (superuserSecretArn === undefined) { return undefined; }
    const superuser = await readSuperuser(values, superuserSecretArn, parseCredentials, [current], [current.username]);
    if (comparable(superuser.username) === comparable(current.username)) {
      throw new SecretValueError('The superuser secret has the user whose password it would change. Use the secret of another user that may manage this one');
    }
    return superuser;
  }
}

/** @throws SecretValueError naming the key that is missing or wrong, and never what it holds */
function parseCredentials(value: string): ServerLogin {
  const login = parseServerLogin(value, LDAPS_DEFAULT_PORT);
  if (!looksLikeDn(login.username)) {
    throw new SecretValueError('The key "username" in the value of the secret is not a distinguished name. Put one such as uid=app,ou=services,dc=example,dc=com into it');
  }
  return login;
}

async function previousLogin(values: SecretValues, current: ServerLogin): Promise<ServerLogin | undefined> {
  const value = await values.previous();
  if (value === undefined) { return undefined; }
  try {
    const previous = parseCredentials(value);
    return previous.username === current.username && shareServer(previous, current) ? previous : undefined;
  } catch (error) {
    if (error instanceof RotationError) { return undefined; }
    throw error;
  }
}

/** Distinguished names are case insensitive for most attributes, with white space around separators. */
function comparable(dn: string): string {
  return dn.toLowerCase().replace(/\s*([,=+])\s*/g, '$1').trim();
}

/** A server may take a login for an anonymous one: https://www.rfc-editor.org/rfc/rfc4513#section-5.1.2 */
function mustBeKnown(authorizationIdentity: string | undefined): void {
  if (authorizationIdentity === '' || authorizationIdentity === 'dn:') {
    throw new TargetRefusedError('The server takes the login for an anonymous one, so nothing was changed. Look for a proxy between the function and the server');
  }
}

function noneAccepted(): AuthenticationError {
  return new AuthenticationError('The server accepts neither the current password, nor the pending one, nor the previous one, so nothing was changed. Create the entry if it was never created, or give it the password of '
    + 'the version with AWSCURRENT, or put the password that works into the secret, and rotate again. See that the entry is not locked (ppolicy: pwdAccountLockedTime) and that its password has not expired');
}

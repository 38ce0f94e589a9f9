import { connectLdap, type LdapConnection } from './connection';
import { passwordHash } from './password-hash';
import type { PasswordModify } from './password-modify';
import type { HandlerConfig } from '../../../../src/contract';
import { looksLikeDn } from '../../../../src/targets/directory/contract';
import { parseLdapConfig, type LdapTargetConfig } from '../../../../src/targets/directory/ldap/contract';
import type { Deadline } from '../../../rotation/deadline';
import { AuthenticationError, TargetRefusedError } from '../../../rotation/errors';
import type { SecretValues, Target } from '../../../target';
import type { ServerLogin } from '../../server-login';
import { DirectoryTarget, type Logins } from '../directory-target';

/** @throws Error if it is the configuration of another asset */
export function ldapTarget(config: HandlerConfig): Target {
  return new LdapTarget(parseLdapConfig(config), connectLdap);
}

/** A user that the server accepted. */
interface Accepted {
  /** As the server names it. Undefined if the server doesn't say. */
  readonly identity: string | undefined;
}

/** A user of an LDAP directory. */
export class LdapTarget extends DirectoryTarget<LdapConnection, Accepted, LdapTargetConfig> {
  protected readonly userRule = 'a distinguished name. Put one such as uid=app,ou=services,dc=example,dc=com into it';

  protected isUser(username: string): boolean {
    return looksLikeDn(username);
  }

  protected async change(logins: Logins, values: SecretValues, deadline: Deadline): Promise<void> {
    await (this.config.dualPasswords ? this.addPassword(logins, values, deadline) : this.changePassword(logins, values, deadline));
  }

  protected async test(pending: ServerLogin, current: ServerLogin, deadline: Deadline): Promise<boolean> {
    // Servers behind one name may take a moment. Wrong logins lock a user, unless a right one comes in between.
    const look = () => this.isAccepted(pending, deadline);
    return await deadline.reread(async () => {
      if (await look()) { return true; }
      return await this.isAccepted(current, deadline) ? undefined : look();
    }) ?? false;
  }

  protected async identify(connection: LdapConnection): Promise<Accepted> {
    return { identity: checkIdentity(await connection.whoAmI()) };
  }

  /** One entry has many distinguished names: aliases of attributes, escapes, forms of Unicode. */
  protected async isSame(superuser: LdapConnection, { identity }: Accepted): Promise<boolean> {
    const own = checkIdentity(await superuser.whoAmI());
    return own !== undefined && identity !== undefined && this.comparable(own) === this.comparable(identity);
  }

  /** Distinguished names are case insensitive for most attributes, with white space around separators. */
  protected comparable(dn: string): string {
    return dn.toLowerCase().replace(/\s*([,=+])\s*/g, '$1').trim();
  }

  /** One password. Tries the likely one first, because a server may lock a user after one or a few wrong logins. */
  private async changePassword({ pending, current, previous, superuser }: Logins, values: SecretValues, deadline: Deadline): Promise<void> {
    const change = async (known: ServerLogin) => this.withUser(known, deadline, async (own, user) => {
      const modify = async (connection: LdapConnection, request: Omit<PasswordModify, 'newPassword'>) => {
        // A superuser changes any password, so an old copy of the function would undo a later rotation. After a rotation that was given up, no version
        // with a label would have the password.
        await values.checkInProgress();
        await this.changeOrFindOut(pending, deadline, () => connection.modifyPassword({ ...request, newPassword: pending.password }));
      };
      await (superuser
        ? this.asSuperuser(superuser, user, deadline, (other) => modify(other, { userIdentity: known.username }))
        : modify(own, { oldPassword: known.password }));
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
    const currentAccepted = await this.accepted(current, deadline);
    // A password that was taken from the user is never given back.
    const previousAccepted = previous && await this.accepted(previous, deadline);
    const mustLook = previous === undefined || !(currentAccepted ?? previousAccepted);
    const pendingAccepted = mustLook ? await this.accepted(pending, deadline) : undefined;
    // One of the versions must have a password of the user. Otherwise, a right to write the secret would be one to change passwords of other users.
    const user = currentAccepted ?? previousAccepted ?? pendingAccepted;
    if (!user) { throw noneAccepted(); }
    const [operation, logins] = previous === undefined
      ? ['add' as const, [...currentAccepted ? [] : [current], ...pendingAccepted ? [] : [pending]]]
      : ['replace' as const, [...previousAccepted ? [previous] : [], current, pending]];
    if (logins.length === 0) { return; }
    const hashes = [...new Set(logins.map(({ password }) => password))].map((password) => passwordHash(password));
    await this.asSuperuser(superuser!, user, deadline, async (connection) => {
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

  private accepted(login: ServerLogin, deadline: Deadline): Promise<Accepted | undefined> {
    return this.withUser(login, deadline, async (_, user) => user);
  }
}

/** A server may take a login for an anonymous one: https://www.rfc-editor.org/rfc/rfc4513#section-5.1.2 */
function checkIdentity(identity: string | undefined): string | undefined {
  if (identity === '' || identity === 'dn:') {
    throw new TargetRefusedError('The server takes the login for an anonymous one, so nothing was changed. Look for a proxy between the function and the server');
  }
  return identity;
}

function noneAccepted(): AuthenticationError {
  return new AuthenticationError('The server accepts neither the current password, nor the pending one, nor the previous one, so nothing was changed. Create the entry if it was never created, or give it the password of '
    + 'the version with AWSCURRENT, or put the password that works into the secret, and rotate again. See that the entry is not locked (ppolicy: pwdAccountLockedTime) and that its password has not expired');
}

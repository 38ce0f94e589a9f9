import { connectAd, PASSWORD_RESTRICTION, type AdConnection, type Sid } from './connection';
import type { HandlerConfig } from '../../../../src/contract';
import {
  hasNoneOf, parseActiveDirectoryConfig, parseAdUser, partsOfName, type ActiveDirectoryTargetConfig,
} from '../../../../src/targets/directory/active-directory/contract';
import type { Deadline } from '../../../rotation/deadline';
import { AuthenticationError, TargetRefusedError } from '../../../rotation/errors';
import type { SecretValues, Target } from '../../../target';
import type { ServerLogin } from '../../server-login';
import { DirectoryTarget, type Logins } from '../directory-target';

/** @throws Error if it is the configuration of another asset */
export function activeDirectoryTarget(config: HandlerConfig): Target {
  return new ActiveDirectoryTarget(parseActiveDirectoryConfig(config), connectAd);
}

/**
 * A user of Active Directory.
 *
 * For another hour, the domain accepts the password before the present one at a login: https://learn.microsoft.com/en-us/troubleshoot/windows-server/windows-security/new-setting-modifies-ntlm-network-authentication
 * So a login doesn't show that a password is the present one. Only a change by the user or a reset does.
 */
export class ActiveDirectoryTarget extends DirectoryTarget<AdConnection, Sid, ActiveDirectoryTargetConfig> {
  protected readonly userRule = 'a user principal name, a distinguished name or a name with its domain. Put one such as app@ad.example.com into it';

  protected isUser(username: string): boolean {
    return parseAdUser(username) !== undefined;
  }

  protected comparable(username: string): string {
    return username.toLowerCase();
  }

  protected override isUsable(password: string, { username }: ServerLogin): boolean {
    return hasNoneOf(partsOfName(parseAdUser(username)!), password);
  }

  protected async change({ pending, current, previous, superuser }: Logins, values: SecretValues, deadline: Deadline): Promise<void> {
    // The likely one first, because a domain may lock a user after a few wrong logins.
    const logins = [current, pending, ...previous && previous.password !== current.password ? [previous] : []];
    for (const login of logins) {
      const changed = superuser
        ? await this.reset(login, superuser, pending, values, deadline)
        : await this.changeItself(login, pending, values, deadline);
      if (changed) { return; }
    }
    throw new AuthenticationError('The domain accepts neither the current password, nor the pending one, nor the previous one as the present one, so nothing was changed. Create the user if it was never created, or reset '
      + 'its password to that of the version with AWSCURRENT, or put the password that works into the secret, and rotate again');
  }

  /** A failed login would be one more wrong password for the domain, so there is no second look. A domain controller asks the others before it refuses. */
  protected async test(pending: ServerLogin, _current: ServerLogin, deadline: Deadline): Promise<boolean> {
    return this.isAccepted(pending, deadline);
  }

  protected async identify(connection: AdConnection, { username }: ServerLogin): Promise<Sid> {
    return connection.findUser(username, parseAdUser(username)!);
  }

  protected async isSame(superuser: AdConnection, sid: Sid): Promise<boolean> {
    return superuser.isUser(sid);
  }

  /** False if the password isn't the present one. */
  private async changeItself(login: ServerLogin, pending: ServerLogin, values: SecretValues, deadline: Deadline): Promise<boolean> {
    return await this.withUser(login, deadline, async (connection, sid) => {
      // After a rotation that was given up, no version with a label would have the password.
      await values.checkInProgress();
      try {
        await connection.changePassword(sid, login.password, pending.password);
        return true;
      } catch (error) {
        if (error instanceof AuthenticationError) { return false; }
        // The policy looks at the new password after the old one was right. So the pending password is the present one, and the history has it.
        if (login === pending && error instanceof TargetRefusedError && error.code === PASSWORD_RESTRICTION) { return true; }
        throw error;
      }
    }) ?? false;
  }

  /**
   * False if the domain doesn't accept the login. The reset is repeated even if the domain accepts the pending password: it may be the one
   * before the present one.
   */
  private async reset(login: ServerLogin, superuser: ServerLogin, pending: ServerLogin, values: SecretValues, deadline: Deadline): Promise<boolean> {
    const sid = await this.withUser(login, deadline, async (_, user) => user);
    if (sid === undefined) { return false; }
    await this.asSuperuser(superuser, sid, deadline, async (connection) => {
      // A reset takes any password, so an old copy of the function would undo a later rotation.
      await values.checkInProgress();
      await connection.resetPassword(sid, pending.password);
    });
    return true;
  }
}

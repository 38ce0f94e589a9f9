import { Attribute, Change, EqualityFilter, OrFilter, type Entry, type ResultCodeError } from 'ldapts';
import type { AdUserName } from '../../../../src/targets/directory/active-directory/contract';
import { AuthenticationError, TargetRefusedError } from '../../../rotation/errors';
import { remedyOf } from '../../../rotation/service-errors';
import { connectWith, DirectoryConnection, type Connect, type Refusal } from '../connection';

/** A connection to a domain controller. Its errors name no value. */
export interface AdConnection {
  /** @throws AuthenticationError only if the domain doesn't accept the user with the password */
  bind(username: string, password: string): Promise<void>;
  /** The security identifier of the user of the connection. Throws if the name isn't that of the user who logged in. */
  findUser(username: string, name: AdUserName): Promise<Sid>;
  /** Whether the user of the connection is the one with this identifier. One user has several names. */
  isUser(sid: Sid): Promise<boolean>;
  /** By the user itself. @throws AuthenticationError if the old password isn't the present one, even if the domain accepts it at a login */
  changePassword(sid: Sid, oldPassword: string, newPassword: string): Promise<void>;
  /** By a superuser. The identifier stays that of the user, even if another entry gets its name. */
  resetPassword(sid: Sid, newPassword: string): Promise<void>;
  close(): void;
}

/** A security identifier, in hexadecimal digits. */
export type Sid = string;

export type ConnectAd = Connect<AdConnection>;

/** The refusal of a password by the policy of the domain: ERROR_PASSWORD_RESTRICTION, https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--1300-1699- */
export const PASSWORD_RESTRICTION = '0000052D';

/** ERROR_INVALID_PASSWORD: https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--0-499- */
const INVALID_PASSWORD = '00000056';

const INVALID_CREDENTIALS = 49;

/** The errors in the answer to a login whose password was not refused. https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--1300-1699- */
const LOGIN_REMEDIES: Record<string, string> = {
  '52f': 'A restriction of the account forbids this login. Take the user out of the group Protected Users, or give it another restriction',
  '530': 'The user may not log in at this time. Change the logon hours of the user',
  '531': 'The user may not log in from this computer. Allow the domain controller in the workstations of the user',
  '532': 'The password has expired. Reset it to that of the version with AWSCURRENT, and rotate more often than the maximum age of the policy, or let the password never expire',
  '533': 'The user is disabled. Enable it, and rotate again',
  '569': 'The user has no right to log in over the network. Give it this right on the domain controllers',
  '701': 'The account has expired. Change its expiry date, and rotate again',
  '773': 'The user has to change its password at the next login. Take this flag from the user, and rotate again',
  '775': 'The account is locked after too many wrong passwords. Find the client that has an old password, unlock the account, and rotate again',
};

/** By the Windows error at the beginning of the answer. */
const WRITE_REMEDIES: Record<string, string> = {
  '00000005': 'The user of the connection has no right to do this. See docs/targets/active-directory.md for the rights, and that the user may change its password if it does so itself',
  '0000001F': 'The domain controller takes this only over an encrypted connection. Look for a proxy between the function and the domain controller',
  [PASSWORD_RESTRICTION]: 'The password policy of the domain refused the new password, and the current one still works. Look at its length, complexity, history and minimum age. Set passwordPolicy of the '
    + 'RotationTarget accordingly, or give a superuserSecret if the minimum age refused it: it doesn\'t apply to a reset. Then remove AWSPENDING with UpdateSecretVersionStage, and rotate again',
  '00000775': LOGIN_REMEDIES['775'],
};

/** By the result code: https://www.rfc-editor.org/rfc/rfc4511#appendix-A.2 */
const REMEDIES: Record<string, string> = {
  8: 'The domain controller asks for a stronger authentication. Allow simple binds over TLS',
  10: 'It is a read-only domain controller, or one of another domain. Put the host of a writable domain controller of the user\'s domain into the key "host"',
  32: 'There is no such entry in this domain. Put the host of a domain controller of the user\'s domain into the key "host"',
  50: WRITE_REMEDIES['00000005'],
  51: 'The domain controller is busy. Secrets Manager retries the rotation',
  52: 'The domain controller is unavailable, or shuts down. Secrets Manager retries the rotation',
};

class Connection extends DirectoryConnection implements AdConnection {
  public async bind(username: string, password: string): Promise<void> {
    await this.perform(() => this.client.bind(username, password), loginRefused);
  }

  public async findUser(username: string, name: AdUserName): Promise<Sid> {
    return this.perform(async () => {
      const root = await this.root();
      const { searchEntries } = await this.client.search(name.kind === 'dn' ? name.dn : root.domain, {
        ...name.kind === 'dn' ? { scope: 'base' } : { scope: 'sub', filter: filterFor(username, name.name) },
        attributes: ['objectSid', 'objectClass'],
        explicitBufferAttributes: ['objectSid'],
      });
      // Names alone could be those of another user.
      const [sid, further] = searchEntries.filter(({ objectClass }) => [objectClass].flat().some((each) => String(each) === 'user'))
        .flatMap(({ objectSid }) => sidsIn(objectSid)).filter((each) => root.sids.has(each)) as (Sid | undefined)[];
      if (sid === undefined || further !== undefined) {
        throw new TargetRefusedError('The domain controller accepts the login, and doesn\'t show the entry of its user, so nothing was changed. Put the host of a domain controller of the user\'s domain into '
          + 'the key "host", and let the user read its own entry');
      }
      return sid;
    }, refusalOf('the search for the user'));
  }

  public async isUser(sid: Sid): Promise<boolean> {
    return this.perform(async () => (await this.root()).sids.has(sid), refusalOf('to tell the user of the login'));
  }

  public async changePassword(sid: Sid, oldPassword: string, newPassword: string): Promise<void> {
    await this.perform(() => this.client.modify(nameOf(sid), [unicodePwd('delete', oldPassword), unicodePwd('add', newPassword)]), refusalOf('the change of the password'));
  }

  public async resetPassword(sid: Sid, newPassword: string): Promise<void> {
    await this.perform(() => this.client.modify(nameOf(sid), unicodePwd('replace', newPassword)), refusalOf('the reset of the password'));
  }

  /** The domain, and the identifiers of the user of the connection and its groups: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-adts/96f7b086-1ca3-4764-9a08-33f8f7a543db */
  private async root(): Promise<{ readonly domain: string; readonly sids: ReadonlySet<Sid> }> {
    const attributes = { attributes: ['defaultNamingContext', 'tokenGroups'], explicitBufferAttributes: ['tokenGroups'] };
    const { searchEntries: [{ defaultNamingContext, tokenGroups }] } = await this.client.search('', { scope: 'base', ...attributes });
    const domain = [defaultNamingContext].flat()[0] as string | undefined;
    if (domain === undefined) { throw new TargetRefusedError('The server is no domain controller of Active Directory. Put the host of one into the key "host", or give RotationTarget.ldap'); }
    return { domain: String(domain), sids: new Set(sidsIn(tokenGroups)) };
  }
}

export const connectAd: ConnectAd = connectWith(Connection);

/** https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-adts/6e803168-f140-4d23-b2d3-c3a8ab5917d2 */
function unicodePwd(operation: 'add' | 'delete' | 'replace', password: string): Change {
  return new Change({ operation, modification: new Attribute({ type: 'unicodePwd', values: [Buffer.from(`"${password}"`, 'utf16le')] }) });
}

/** Values of filters are sent as they are, without a syntax. */
function filterFor(username: string, name: string): OrFilter {
  return new OrFilter({ filters: [new EqualityFilter({ attribute: 'userPrincipalName', value: username }), new EqualityFilter({ attribute: 'sAMAccountName', value: name })] });
}

/** https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-adts/92a54869-38d7-4e71-a3be-5f67a0dcdd7e */
function nameOf(sid: Sid): string {
  return `<SID=${sid}>`;
}

/** The identifiers in an attribute, which is empty if the user may not see it. */
function sidsIn(attribute: Entry[string]): Sid[] {
  return [attribute].flat().flatMap((value) => Buffer.isBuffer(value) ? [value.toString('hex')] : []);
}

const loginRefused: Refusal = (error) => {
  if (error.code !== INVALID_CREDENTIALS) { return refusalOf('the login')(error); }
  const [, code] = /\bdata ([0-9a-f]{3,8}),/i.exec(error.message) ?? [];
  const remedy = code === undefined ? undefined : remedyOf(LOGIN_REMEDIES, code.toLowerCase());
  return remedy === undefined
    ? new AuthenticationError('The domain does not accept this user with this password. See that the user exists and has the password')
    : new TargetRefusedError(`The domain controller refused the login with the error ${code}. ${remedy}`, code);
};

function refusalOf(what: string): Refusal {
  return (error: ResultCodeError) => {
    const [, code = ''] = /^([0-9A-F]{8}):/i.exec(error.message) ?? [];
    const windowsError = code.toUpperCase();
    if (windowsError === INVALID_PASSWORD) { return new AuthenticationError('The old password is not the present one of the user. See which version of the secret has the present one'); }
    const remedy = remedyOf(WRITE_REMEDIES, windowsError) ?? remedyOf(REMEDIES, String(error.code)) ?? 'Read the event log of the domain controller';
    const detail = windowsError === '' ? '' : ` and the Windows error ${windowsError}`;
    return new TargetRefusedError(`The domain controller refused ${what} with the result code ${error.code}${detail}. ${remedy}`, windowsError || String(error.code));
  };
}

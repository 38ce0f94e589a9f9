import { Attribute, Change, ResultCodeError } from 'ldapts';
import { encodePasswordModify, PASSWORD_MODIFY, type PasswordModify } from './password-modify';
import { AuthenticationError, TargetRefusedError } from '../../../rotation/errors';
import { remedyOf } from '../../../rotation/service-errors';
import { connectWith, DirectoryConnection, type Connect, type Refusal } from '../connection';

/** A connection to a directory. Its errors name no value. */
export interface LdapConnection {
  /** @throws AuthenticationError only if the server doesn't accept the user with the password */
  bind(dn: string, password: string): Promise<void>;
  /** The user of the connection, as the server names it. Undefined if the server doesn't say. Empty if it is anonymous. */
  whoAmI(): Promise<string | undefined>;
  modifyPassword(request: PasswordModify): Promise<void>;
  /** Changes the values of userPassword, all in one operation. */
  modifyValues(dn: string, operation: 'add' | 'replace', values: readonly string[]): Promise<void>;
  close(): void;
}

export type ConnectLdap = Connect<LdapConnection>;

/** https://www.rfc-editor.org/rfc/rfc4532 */
const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';

const INVALID_CREDENTIALS = 49;
const UNWILLING_TO_PERFORM = 53;
const INSUFFICIENT_ACCESS = 50;
const REFERRAL = 10;

/** The result codes of any operation: https://www.rfc-editor.org/rfc/rfc4511#appendix-A.2 */
const REMEDIES: Record<string, string> = {
  1: 'It is an error within the server, or the order of operations is wrong for it. Read the log of the server',
  2: 'The server has no such operation. See that it supports LDAP 3 and the password modify operation (RFC 3062)',
  8: 'The server asks for a stronger authentication. Allow simple binds over TLS for this user',
  10: 'The server is a replica that is read only, or doesn\'t hold the entry. Put the host of the writer into the key "host"',
  13: 'The server asks for more confidentiality. Allow the cipher of this connection (security ssf=… in OpenLDAP)',
  21: 'The value isn\'t of the syntax of userPassword. Read the log of the server',
  32: 'There is no entry with the distinguished name of the key "username". Create it, or correct the key',
  34: 'The key "username" is not a distinguished name. Put one such as uid=app,ou=services,dc=example,dc=com into the secret',
  48: 'The entry has no password, or the server allows no simple bind for it. Give it the password of the version with AWSCURRENT',
  50: 'The user of the connection may not do this. Give it the right to write userPassword of the entry, or take pwdReset from the entry. docs/targets/ldap.md shows the rights',
  51: 'The server is busy. Secrets Manager retries the rotation',
  52: 'The server is unavailable, or shuts down. Secrets Manager retries the rotation',
  65: 'The class of the entry doesn\'t allow userPassword. Give the entry the class simpleSecurityObject',
};

/** The refusals of a change. A wrong password has another code. */
const POLICY_REMEDIES: Record<string, string> = {
  19: 'Its password policy refused the new password, and the current one still works. Look at the quality, the length, the history and the minimum age (ppolicy: pwdCheckQuality, pwdMinLength, pwdInHistory, '
    + 'pwdMinAge), and set passwordPolicy of the RotationTarget accordingly. With dualPasswords, no policy may apply to the entry: give RotationStrategy.singleUser',
  50: 'The user of the connection may not do this, and the current password still works. Give it the right to write userPassword of the entry, as docs/targets/ldap.md shows. See that the policy lets it (ppolicy: '
    + 'pwdAllowUserChange if the user changes its own password, no pwdSafeModify if a superuser does), and that the entry has no pwdReset',
  53: 'It is unwilling to change the password, and the current one still works. See that the user has the rights =xw on userPassword of its own entry, that the database isn\'t read only, and that the policy lets the user change its password (ppolicy: pwdAllowUserChange)',
};

class Connection extends DirectoryConnection implements LdapConnection {
  public async bind(dn: string, password: string): Promise<void> {
    await this.perform(() => this.client.bind(dn, password), refusalOf('a login'));
  }

  public async whoAmI(): Promise<string | undefined> {
    const refusal = refusalOf('to tell the user of the login', { 50: 'The user has to change its password before anything else (ppolicy: pwdReset, pwdMustChange). Set pwdMustChange to FALSE in its policy' });
    return this.perform(async () => {
      try {
        const { value = '' } = await this.client.exop(WHO_AM_I);
        return value.toString();
      } catch (error) {
        if (error instanceof ResultCodeError && error.code !== INSUFFICIENT_ACCESS) { return undefined; }
        throw error;
      }
    }, refusal);
  }

  public async modifyPassword(request: PasswordModify): Promise<void> {
    await this.perform(() => this.client.exop(PASSWORD_MODIFY, encodePasswordModify(request)), refusalOf('the change of the password', POLICY_REMEDIES));
  }

  public async modifyValues(dn: string, operation: 'add' | 'replace', values: readonly string[]): Promise<void> {
    const modification = new Attribute({ type: 'userPassword', values: [...values] });
    await this.perform(() => this.client.modify(dn, new Change({ operation, modification })), refusalOf('the change of userPassword', POLICY_REMEDIES));
  }
}

export const connectLdap: ConnectLdap = connectWith(Connection);

function refusalOf(what: string, remedies: Record<string, string> = {}): Refusal {
  return ({ code }) => {
    if (code === INVALID_CREDENTIALS) {
      return new AuthenticationError('The server does not accept this user with this password. See that the entry exists, is not locked, and has the password, and that the password has not expired');
    }
    const remedy = remedyOf(remedies, String(code)) ?? remedyOf(REMEDIES, String(code))
      ?? (code === UNWILLING_TO_PERFORM ? 'It is unwilling to accept the user. See that the user isn\'t turned off' : 'Read the log of the server');
    return new TargetRefusedError(`The server refused ${what} with the result code ${code}${code === REFERRAL ? ' (referral)' : ''}. ${remedy}`, String(code));
  };
}

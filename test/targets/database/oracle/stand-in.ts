/*
 * A model of what Oracle Database does with the statements of a rotation, by its documentation. No server is behind it. Whatever the grammar of
 * ALTER USER does not allow is an error, with the code that Oracle documents.
 *
 * https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/ALTER-USER.html
 */
import type { ConnectOracle, OracleConnection, Row } from '../../../../lambda-src/targets/database/oracle/connection';

/** The limits of a profile, with the defaults of Oracle. */
export interface Profile {
  readonly failedLoginAttempts?: number;
  readonly verifies?: (password: string) => boolean;
  /** In days. */
  readonly rolloverTime?: number;
  readonly forbidsReuse?: boolean;
  /** Whether the status tells the end of a period only after a login with the older password. */
  readonly tellsEndLate?: boolean;
  /** Whether sessions write numbers with a comma. */
  readonly hasDecimalComma?: boolean;
}

interface Account {
  password: string;
  /** The password before it, which is accepted until a time. */
  older?: { readonly password: string; readonly until: number };
  readonly history: string[];
  failures: number;
  status: 'OPEN' | 'EXPIRED' | 'EXPIRED(GRACE)' | 'LOCKED' | 'LOCKED(TIMED)';
  mayLogIn: boolean;
}

const DAY = 24 * 60 * 60 * 1_000;
/** In bytes, before Oracle 23ai. */
const MAX_PASSWORD = 30;

export class OracleError extends Error {
  constructor(public readonly code: string) {
    super(`${code}: the text of the driver, which may quote a statement`);
  }
}

type Token = { readonly kind: 'word' | 'quoted'; readonly text: string };

/** Words, and identifiers in quotation marks. */
function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let rest = sql.trimStart(); rest !== ''; rest = rest.trimStart()) {
    const [all, quoted, word] = /^(?:"([^"\0]*)"|([A-Za-z][\w$#]*))/.exec(rest) ?? [];
    if (all === undefined) { throw new OracleError('ORA-00911'); }
    if (quoted === '') { throw new OracleError('ORA-01741'); }
    rest = rest.slice(all.length);
    // Two identifiers without a space between them are one that is wrong.
    if (rest !== '' && !/^\s/.test(rest)) { throw new OracleError('ORA-00922'); }
    tokens.push(quoted !== undefined ? { kind: 'quoted', text: quoted } : { kind: 'word', text: word });
  }
  return tokens;
}

/** An unquoted name has uppercase letters. A password is case sensitive in either way. */
const nameOf = ({ kind, text }: Token) => kind === 'quoted' ? text : text.toUpperCase();

export class OracleUsers {
  public readonly accounts = new Map<string, Account>();
  /** In milliseconds. */
  public now = 0;
  /** The logins, each with whether it was accepted. */
  public readonly logins: boolean[] = [];
  /** The statements of all sessions. */
  public readonly statements: string[] = [];

  constructor(public profile: Profile = {}) {}

  public add(name: string, password: string): Account {
    const account: Account = { password, history: [password], failures: 0, status: 'OPEN', mayLogIn: true };
    this.accounts.set(name, account);
    return account;
  }

  public readonly connect: ConnectOracle = async ({ username, password }) => {
    const [token] = tokensOf(username);
    const name = nameOf(token);
    this.logIn(name, password);
    return this.session(name);
  };

  /** Whether a login would be accepted, without one. */
  public accepts(name: string, password: string): boolean {
    const account = this.accounts.get(name);
    return account !== undefined && account.status !== 'LOCKED' && account.status !== 'LOCKED(TIMED)' && this.passwordsOf(account).includes(password);
  }

  /** As an administrator. */
  public alter(sql: string): void {
    this.alterUser(sql, undefined);
  }

  public logIn(name: string, password: string): void {
    const account = this.accounts.get(name);
    if (!account) { throw this.refuse('ORA-01017'); }
    if (account.status.startsWith('LOCKED')) { throw this.refuse('ORA-28000'); }
    if (!this.passwordsOf(account).includes(password)) {
      const { failedLoginAttempts = 10 } = this.profile;
      if (account.older?.password === password) { account.older = undefined; }
      if (++account.failures >= failedLoginAttempts) { account.status = 'LOCKED(TIMED)'; }
      throw this.refuse('ORA-01017');
    }
    if (account.status === 'EXPIRED') { throw this.refuse('ORA-28001'); }
    if (!account.mayLogIn) { throw this.refuse('ORA-01045'); }
    account.failures = 0;
    this.logins.push(true);
  }

  private refuse(code: string): OracleError {
    this.logins.push(false);
    return new OracleError(code);
  }

  private session(name: string): OracleConnection {
    let isOpen = true;
    return {
      execute: async (sql) => {
        if (!isOpen) { throw new OracleError('NJS-500'); }
        this.statements.push(sql);
        return this.run(sql, name);
      },
      close: async () => { isOpen = false; },
    };
  }

  /** Runs a statement in a session of a user. */
  public run(sql: string, name: string): readonly Row[] {
    switch (sql) {
      case 'SELECT SYS_CONTEXT(\'USERENV\', \'SESSION_USER\') FROM SYS.DUAL': return [[name]];
      case 'SELECT ACCOUNT_STATUS FROM SYS.USER_USERS': return [[`${this.accounts.get(name)!.status}${this.isInRollover(name) ? ' & IN ROLLOVER' : ''}`]];
      case 'SELECT RESOURCE_NAME, LIMIT FROM SYS.USER_PASSWORD_LIMITS': {
        const { failedLoginAttempts = 10, rolloverTime = 0, hasDecimalComma } = this.profile;
        const text = (limit: number) => {
          const digits = String(limit).replace(/^0\./, '.');
          return limit === Infinity ? 'UNLIMITED' : hasDecimalComma ? digits.replace('.', ',') : digits;
        };
        return [
          ['FAILED_LOGIN_ATTEMPTS', text(failedLoginAttempts)], ['PASSWORD_LIFE_TIME', '180'], ['PASSWORD_VERIFY_FUNCTION', this.profile.verifies ? 'VERIFY' : null],
          ['PASSWORD_ROLLOVER_TIME', text(rolloverTime)],
        ];
      }
      default: break;
    }
    this.alterUser(sql, name);
    return [];
  }

  /** @param by the user of the session, or undefined for an administrator */
  private alterUser(sql: string, by: string | undefined): void {
    const tokens = tokensOf(sql);
    const isWords = (from: number, ...words: string[]) => words.every((word, i) => tokens[from + i]?.kind === 'word' && tokens[from + i].text.toUpperCase() === word);
    if (!isWords(0, 'ALTER', 'USER')) { throw new OracleError('ORA-00900'); }
    if (tokens[2] === undefined) { throw new OracleError('ORA-00987'); }
    const name = nameOf(tokens[2]);
    const account = this.accounts.get(name);
    // Whether a user exists is told to nobody who may not alter it.
    if (by !== undefined && by !== name) { throw new OracleError('ORA-01031'); }
    if (!account) { throw new OracleError('ORA-01918'); }
    if (isWords(3, 'EXPIRE', 'PASSWORD', 'ROLLOVER', 'PERIOD') && tokens.length === 7) {
      account.older = undefined;
      return;
    }
    if (isWords(3, 'ACCOUNT') && tokens.length === 5 && by === undefined) {
      account.status = isWords(4, 'LOCK') ? 'LOCKED' : 'OPEN';
      account.failures = 0;
      return;
    }
    if (!isWords(3, 'IDENTIFIED', 'BY')) { throw new OracleError('ORA-00922'); }
    const [password, replace, old, ...more] = tokens.slice(5);
    if (password === undefined) { throw new OracleError('ORA-00988'); }
    const isReplacing = replace?.kind === 'word' && replace.text.toUpperCase() === 'REPLACE' && old !== undefined;
    if ((replace !== undefined && !isReplacing) || more.length > 0) { throw new OracleError('ORA-00922'); }
    this.changePassword(account, password.text, isReplacing ? old.text : undefined, by !== undefined);
  }

  private changePassword(account: Account, password: string, old: string | undefined, isOwn: boolean): void {
    const { verifies, forbidsReuse, rolloverTime = 0 } = this.profile;
    if (Buffer.byteLength(password) > MAX_PASSWORD) { throw new OracleError('ORA-00972'); }
    if (isOwn && old === undefined && verifies) { throw new OracleError('ORA-28221'); }
    if (isOwn && old !== undefined && !this.passwordsOf(account).includes(old)) { throw new OracleError('ORA-28008'); }
    if (verifies?.(password) === false) { throw new OracleError('ORA-28003'); }
    if (forbidsReuse && account.history.includes(password)) { throw new OracleError('ORA-28007'); }
    // In a period that has begun, the older password and the end stay: https://docs.oracle.com/en/database/oracle/oracle-database/23/sqpug/PASSWORD.html
    const present = this.passwordsOf(account).length > 1 ? account.older : undefined;
    account.older = present ?? (rolloverTime > 0 ? { password: account.password, until: this.now + rolloverTime * DAY } : undefined);
    account.password = password;
    account.history.push(password);
    if (account.status.startsWith('EXPIRED')) { account.status = 'OPEN'; }
  }

  private isInRollover(name: string): boolean {
    const account = this.accounts.get(name)!;
    return this.profile.tellsEndLate ? account.older !== undefined : this.passwordsOf(account).length > 1;
  }

  /** The newer one first. */
  private passwordsOf({ password, older }: Account): string[] {
    return older && this.now < older.until ? [password, older.password] : [password];
  }
}

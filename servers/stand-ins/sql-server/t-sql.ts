/*
 * The statements of Transact-SQL that the stand-in for SQL Server knows, as Microsoft documents them. Anything else is a syntax error.
 * https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-login-transact-sql
 * https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-user-transact-sql
 * https://learn.microsoft.com/en-us/sql/t-sql/statements/create-login-transact-sql
 */

/** An error of the server, with its number. */
export class SqlError extends Error {
  constructor(public readonly number: number, message: string) {
    super(message);
  }
}

interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'binary' | 'mark' | 'end';
  readonly text: string;
}

/** What a password may be followed by. */
export interface PasswordOption {
  readonly password: string;
  readonly oldPassword?: string;
  readonly mustChange: boolean;
  readonly unlock: boolean;
}

export interface PrincipalOptions {
  readonly password?: PasswordOption;
  readonly checkPolicy?: boolean;
  readonly checkExpiration?: boolean;
}

export type Expression =
  | { readonly kind: 'originalLogin' | 'userName' | 'databaseName' | 'ownAuthenticationType' }
  | { readonly kind: 'number'; readonly value: number };

export type Statement =
  | { readonly kind: 'set' | 'use'; readonly text: string }
  | { readonly kind: 'alterLogin' | 'createLogin'; readonly name: string; readonly options: PrincipalOptions }
  | { readonly kind: 'enableLogin'; readonly name: string; readonly isEnabled: boolean }
  | { readonly kind: 'dropLogin' | 'dropUser'; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: 'alterUser' | 'createUser'; readonly name: string; readonly options: PrincipalOptions; readonly login?: string }
  | { readonly kind: 'createDatabase'; readonly name: string; readonly isContained: boolean }
  | { readonly kind: 'grant'; readonly right: 'ALTER ANY LOGIN' | 'ALTER ANY USER'; readonly to: string }
  | { readonly kind: 'addSysadmin'; readonly name: string }
  | { readonly kind: 'select'; readonly columns: readonly { readonly name: string; readonly value: Expression }[] };

/** The options that a driver sets, each with its values. */
const SETTINGS = /^(ANSI_NULLS|ANSI_NULL_DFLT_ON|ANSI_PADDING|ANSI_WARNINGS|ARITHABORT|CONCAT_NULL_YIELDS_NULL|CURSOR_CLOSE_ON_COMMIT|IMPLICIT_TRANSACTIONS|NUMERIC_ROUNDABORT|QUOTED_IDENTIFIER|XACT_ABORT)$/;
const VALUES = /^(DATEFIRST|DATEFORMAT|LANGUAGE|TEXTSIZE|LOCK_TIMEOUT)$/;
const MAX_NAME = 128;

/** @throws SqlError as the server does: nothing of a batch with a syntax error runs */
export function parse(batch: string): Statement[] {
  return new Parser(tokens(batch)).batch();
}

function tokens(sql: string): Token[] {
  const found: Token[] = [];
  const rule = /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|([Nn])?'((?:[^']|'')*)'|\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|(0x[0-9A-Fa-f]*)|(\d+)|([A-Za-z_@#\u0080-\uffff][\w@#$\u0080-\uffff]*)|([=,;().*])/y;
  let at = 0;
  while (at < sql.length) {
    rule.lastIndex = at;
    const match = rule.exec(sql);
    if (!match) {
      const quote = /^(?:[Nn]?'|\[|")/.test(sql.slice(at));
      throw quote ? new SqlError(105, 'Unclosed quotation mark after the character string.') : syntaxError(sql[at]!);
    }
    at = rule.lastIndex;
    const [, national, string, bracketed, quoted, binary, number, word, mark] = match;
    if (string !== undefined) {
      // A backslash continues a text in the next line. Without N, a text is in a code page, here that of ASCII.
      const text = string.replaceAll('\'\'', '\'').replaceAll(/\\\r?\n/g, '');
      found.push({ kind: 'string', text: national === undefined ? text.replaceAll(/[^\0-\x7f]/g, '?') : text });
    } else if (bracketed !== undefined) {
      found.push({ kind: 'quoted', text: bracketed.replaceAll(']]', ']') });
    } else if (quoted !== undefined) {
      found.push({ kind: 'quoted', text: quoted.replaceAll('""', '"') });
    } else if (binary !== undefined) {
      found.push({ kind: 'binary', text: binary });
    } else if (number !== undefined) {
      found.push({ kind: 'number', text: number });
    } else if (word !== undefined) {
      found.push({ kind: 'word', text: word });
    } else if (mark !== undefined) {
      found.push({ kind: 'mark', text: mark });
    }
  }
  return [...found, { kind: 'end', text: '' }];
}

function syntaxError(near: string): SqlError {
  return new SqlError(102, `Incorrect syntax near '${near.slice(0, 1)}'.`);
}

class Parser {
  private at = 0;

  constructor(private readonly found: readonly Token[]) {}

  public batch(): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      while (this.mark(';')) {}
      if (this.next.kind === 'end') { return statements; }
      statements.push(this.statement());
    }
  }

  private statement(): Statement {
    if (this.words('ALTER', 'LOGIN')) { return this.alterLogin(); }
    if (this.words('CREATE', 'LOGIN')) {
      const name = this.name();
      this.must('WITH');
      return { kind: 'createLogin', name, options: this.options('createLogin') };
    }
    if (this.words('DROP', 'LOGIN')) { return { kind: 'dropLogin', name: this.name(), ifExists: false }; }
    if (this.words('ALTER', 'USER')) {
      const name = this.name();
      this.must('WITH');
      return { kind: 'alterUser', name, options: this.options('alterUser') };
    }
    if (this.words('CREATE', 'USER')) { return this.createUser(); }
    if (this.words('DROP', 'USER')) { return { kind: 'dropUser', ifExists: this.words('IF', 'EXISTS'), name: this.name() }; }
    if (this.words('CREATE', 'DATABASE')) { return { kind: 'createDatabase', name: this.name(), isContained: this.containment() }; }
    if (this.words('GRANT', 'ALTER', 'ANY')) {
      const right = this.words('LOGIN') ? 'ALTER ANY LOGIN' : 'ALTER ANY USER';
      if (right === 'ALTER ANY USER') { this.must('USER'); }
      this.must('TO');
      return { kind: 'grant', right, to: this.name() };
    }
    if (this.words('ALTER', 'SERVER', 'ROLE', 'SYSADMIN', 'ADD', 'MEMBER')) { return { kind: 'addSysadmin', name: this.name() }; }
    if (this.words('USE')) { return { kind: 'use', text: this.name() }; }
    if (this.words('SET')) { return this.set(); }
    if (this.words('SELECT')) { return this.select(); }
    throw syntaxError(this.next.text);
  }

  private alterLogin(): Statement {
    const name = this.name();
    if (this.words('ENABLE')) { return { kind: 'enableLogin', name, isEnabled: true }; }
    if (this.words('DISABLE')) { return { kind: 'enableLogin', name, isEnabled: false }; }
    this.must('WITH');
    return { kind: 'alterLogin', name, options: this.options('alterLogin') };
  }

  private createUser(): Statement {
    const name = this.name();
    if (this.words('FOR', 'LOGIN')) { return { kind: 'createUser', name, options: {}, login: this.name() }; }
    this.must('WITH');
    return { kind: 'createUser', name, options: this.options('createUser') };
  }

  private containment(): boolean {
    if (!this.words('CONTAINMENT')) { return false; }
    this.mustMark('=');
    if (this.words('NONE')) { return false; }
    this.must('PARTIAL');
    return true;
  }

  private options(of: 'alterLogin' | 'createLogin' | 'alterUser' | 'createUser'): PrincipalOptions {
    const options: { password?: PasswordOption; checkPolicy?: boolean; checkExpiration?: boolean } = {};
    do {
      if (this.words('PASSWORD')) {
        this.mustMark('=');
        options.password = this.password(of);
      } else if (of.endsWith('Login') && this.words('CHECK_POLICY')) {
        options.checkPolicy = this.onOrOff();
      } else if (of.endsWith('Login') && this.words('CHECK_EXPIRATION')) {
        options.checkExpiration = this.onOrOff();
      } else {
        throw syntaxError(this.next.text);
      }
    } while (this.mark(','));
    return options;
  }

  private password(of: 'alterLogin' | 'createLogin' | 'alterUser' | 'createUser'): PasswordOption {
    const password = this.string();
    let [mustChange, unlock] = [false, false];
    if (of.startsWith('alter') && this.words('OLD_PASSWORD')) {
      this.mustMark('=');
      return { password, oldPassword: this.string(), mustChange, unlock };
    }
    for (;;) {
      if (of.endsWith('Login') && !mustChange && this.words('MUST_CHANGE')) { mustChange = true; } else if (of === 'alterLogin' && !unlock && this.words('UNLOCK')) { unlock = true; } else { break; }
    }
    return { password, mustChange, unlock };
  }

  private onOrOff(): boolean {
    this.mustMark('=');
    if (this.words('ON')) { return true; }
    this.must('OFF');
    return false;
  }

  private set(): Statement {
    const { kind, text } = this.take();
    const name = text.toUpperCase();
    if (kind === 'word' && SETTINGS.test(name) && (this.words('ON') || this.words('OFF'))) { return { kind: 'set', text: name }; }
    if (kind === 'word' && VALUES.test(name) && ['word', 'number'].includes(this.next.kind)) { return { kind: 'set', text: `${name} ${this.take().text}` }; }
    if (name === 'TRANSACTION' && this.words('ISOLATION', 'LEVEL', 'READ', 'COMMITTED')) { return { kind: 'set', text: name }; }
    throw syntaxError(text);
  }

  private select(): Statement {
    const columns: { name: string; value: Expression }[] = [];
    do {
      const value = this.expression();
      this.must('AS');
      columns.push({ value, name: this.name() });
    } while (this.mark(','));
    return { kind: 'select', columns };
  }

  private expression(): Expression {
    if (this.mark('(')) {
      for (const word of ['SELECT', 'AUTHENTICATION_TYPE', 'FROM']) { this.must(word); }
      this.must('SYS');
      this.mustMark('.');
      this.must('DATABASE_PRINCIPALS');
      for (const word of ['WHERE', 'PRINCIPAL_ID']) { this.must(word); }
      this.mustMark('=');
      this.call('DATABASE_PRINCIPAL_ID');
      this.mustMark(')');
      return { kind: 'ownAuthenticationType' };
    }
    if (this.next.kind === 'number') { return { kind: 'number', value: Number(this.take().text) }; }
    if (this.next.text.toUpperCase() === 'ORIGINAL_LOGIN') { this.call('ORIGINAL_LOGIN'); return { kind: 'originalLogin' }; }
    if (this.next.text.toUpperCase() === 'USER_NAME') { this.call('USER_NAME'); return { kind: 'userName' }; }
    this.call('DB_NAME');
    return { kind: 'databaseName' };
  }

  private call(name: string): void {
    this.must(name);
    this.mustMark('(');
    this.mustMark(')');
  }

  private name(): string {
    const { kind, text } = this.take();
    if (kind !== 'word' && kind !== 'quoted') { throw syntaxError(text); }
    if (text.length > MAX_NAME) { throw new SqlError(103, `The identifier that starts with '${text.slice(0, 3)}' is too long. Maximum length is 128.`); }
    return text;
  }

  private string(): string {
    const { kind, text } = this.take();
    if (kind !== 'string') { throw syntaxError(text); }
    return text;
  }

  private get next(): Token {
    return this.found[this.at]!;
  }

  private take(): Token {
    const token = this.next;
    if (token.kind !== 'end') { this.at++; }
    return token;
  }

  /** Whether these words come next. Takes them if they do. */
  private words(...wanted: string[]): boolean {
    const come = wanted.every((word, i) => {
      const token = this.found[this.at + i];
      return token?.kind === 'word' && token.text.toUpperCase() === word;
    });
    if (come) { this.at += wanted.length; }
    return come;
  }

  private must(word: string): void {
    if (!this.words(word)) { throw syntaxError(this.next.text); }
  }

  private mark(text: string): boolean {
    if (this.next.kind !== 'mark' || this.next.text !== text) { return false; }
    this.at++;
    return true;
  }

  private mustMark(text: string): void {
    if (!this.mark(text)) { throw syntaxError(this.next.text); }
  }
}

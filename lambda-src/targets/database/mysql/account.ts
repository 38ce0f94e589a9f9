import { outline } from './grants';

/** A part of an account in `SHOW CREATE USER`. */
interface Clause {
  /** The pattern of its text, with quoted text blanked out. */
  readonly pattern: RegExp;
  /** The value if the server leaves it out. Undefined for parts that are copied in another way, or not at all. */
  readonly byDefault?: string;
}

/**
 * Every part that MySQL 9.7 and MariaDB 11.8 show of an account, in the order of ALTER USER.
 *
 * https://dev.mysql.com/doc/refman/9.7/en/create-user.html,
 * https://mariadb.com/docs/server/reference/sql-statements/account-management-sql-statements/create-user
 */
const CLAUSES: Readonly<Record<string, Clause>> = {
  'IDENTIFIED': { pattern: /^IDENTIFIED (?:WITH|VIA|BY) .+$/ },
  'DEFAULT ROLE': { pattern: /^DEFAULT ROLE .+$/ },
  'REQUIRE': { pattern: /^REQUIRE (?:NONE|SSL|X509|(?:(?:SUBJECT|ISSUER|CIPHER) _+(?: AND)? ?)+)$/, byDefault: 'REQUIRE NONE' },
  'MAX_QUERIES_PER_HOUR': { pattern: /^MAX_QUERIES_PER_HOUR \d+$/, byDefault: 'MAX_QUERIES_PER_HOUR 0' },
  'MAX_UPDATES_PER_HOUR': { pattern: /^MAX_UPDATES_PER_HOUR \d+$/, byDefault: 'MAX_UPDATES_PER_HOUR 0' },
  'MAX_CONNECTIONS_PER_HOUR': { pattern: /^MAX_CONNECTIONS_PER_HOUR \d+$/, byDefault: 'MAX_CONNECTIONS_PER_HOUR 0' },
  'MAX_USER_CONNECTIONS': { pattern: /^MAX_USER_CONNECTIONS -?\d+$/, byDefault: 'MAX_USER_CONNECTIONS 0' },
  'MAX_STATEMENT_TIME': { pattern: /^MAX_STATEMENT_TIME [\d.]+$/, byDefault: 'MAX_STATEMENT_TIME 0' },
  'ACCOUNT': { pattern: /^ACCOUNT (?:UN)?LOCK$/, byDefault: 'ACCOUNT UNLOCK' },
  // Without a word after it, the password was expired by hand. A new password ends that.
  'PASSWORD EXPIRE': { pattern: /^PASSWORD EXPIRE(?: DEFAULT| NEVER| INTERVAL \d+ DAY)?$/, byDefault: 'PASSWORD EXPIRE DEFAULT' },
  'PASSWORD HISTORY': { pattern: /^PASSWORD HISTORY (?:DEFAULT|\d+)$/, byDefault: 'PASSWORD HISTORY DEFAULT' },
  'PASSWORD REUSE INTERVAL': { pattern: /^PASSWORD REUSE INTERVAL (?:DEFAULT|\d+ DAY)$/, byDefault: 'PASSWORD REUSE INTERVAL DEFAULT' },
  'PASSWORD REQUIRE CURRENT': { pattern: /^PASSWORD REQUIRE CURRENT(?: DEFAULT| OPTIONAL)?$/, byDefault: 'PASSWORD REQUIRE CURRENT DEFAULT' },
  'FAILED_LOGIN_ATTEMPTS': { pattern: /^FAILED_LOGIN_ATTEMPTS \d+$/, byDefault: 'FAILED_LOGIN_ATTEMPTS 0' },
  'PASSWORD_LOCK_TIME': { pattern: /^PASSWORD_LOCK_TIME (?:\d+|UNBOUNDED)$/, byDefault: 'PASSWORD_LOCK_TIME 0' },
  'COMMENT': { pattern: /^COMMENT _+$/ },
  'ATTRIBUTE': { pattern: /^ATTRIBUTE _+$/ },
};

const START = new RegExp(` (?:WITH (?=MAX_))?(${Object.keys(CLAUSES).join('|')})(?= |$)`, 'g');
const EXPIRED = 'PASSWORD EXPIRE';

/** The parts of an account, by their keywords. */
export type Terms = ReadonlyMap<string, string>;

/**
 * Parses a line of `SHOW CREATE USER`.
 *
 * @throws UnknownTermError if there is an unknown part: it could not be copied
 */
export function parseTerms(line: string): Terms {
  const shape = outline(line);
  const [account] = /^CREATE USER _+@_+/.exec(shape) ?? [''];
  const rest = shape.slice(account.length);
  const starts = [...rest.matchAll(START)].filter(({ index, 1: name }) => !isWithin(name, rest.slice(0, index)));
  const terms = new Map<string, string>();
  const first = starts[0]?.index ?? rest.length;
  if (account === '' || first !== 0) { throw new UnknownTermError(rest.slice(0, first)); }
  starts.forEach(({ index, 0: start, 1: name }, i) => {
    const [from, to] = [account.length + index + start.length - name.length, account.length + (starts[i + 1]?.index ?? shape.length)];
    if (!CLAUSES[name].pattern.test(shape.slice(from, to)) || terms.has(name)) { throw new UnknownTermError(shape.slice(from, to)); }
    terms.set(name, line.slice(from, to));
  });
  return terms;
}

/** `REQUIRE` begins a part, and also ends the name of another one. */
function isWithin(name: string, before: string): boolean {
  return name === 'REQUIRE' && before.endsWith(' PASSWORD');
}

/** A part of an account that this file doesn't know. */
export class UnknownTermError extends Error {
  /** The keywords of the part. Undefined if they could hold anything else. */
  public readonly part?: string;

  constructor(shape: string) {
    super('A part of what the server says of an account is not known');
    this.part = /^[A-Z_ \d]{1,60}/.exec(shape.trim())?.[0].replace(/_{2,}.*$/, '').trim();
  }
}

/** The clauses of `ALTER USER` that change the terms `present` to `wanted`. Empty if they are the same. */
export function reconcileTerms(wanted: Terms, present: Terms): string {
  const changed = Object.entries(CLAUSES).filter(([name, { byDefault }]) => {
    const [want, have] = [wanted.get(name) ?? byDefault, present.get(name) ?? byDefault];
    return byDefault !== undefined && want !== have && want !== EXPIRED;
  });
  const texts = changed.map(([name, { byDefault }]) => wanted.get(name) ?? byDefault!);
  const firstLimit = texts.findIndex((text) => text.startsWith('MAX_'));
  return texts.map((text, i) => i === firstLimit ? `WITH ${text}` : text).join(' ');
}

/** Whether an account was locked by hand. */
export function isLocked(terms: Terms): boolean {
  return terms.get('ACCOUNT') === 'ACCOUNT LOCK';
}

/** Whether the password was expired by hand, so that a login can do nothing but change it. */
export function isExpired(terms: Terms): boolean {
  return terms.get('PASSWORD EXPIRE') === EXPIRED;
}

/** The number of failed logins in a row that locks the account. 0 if none does. */
export function failedLoginLimit(terms: Terms): number {
  return Number(terms.get('FAILED_LOGIN_ATTEMPTS')?.split(' ')[1] ?? 0);
}

/** The clauses of ALTER USER that end a lock by failed logins, without ending a lock by hand. */
export function endOfLock(terms: Terms): string {
  return ['FAILED_LOGIN_ATTEMPTS', 'PASSWORD_LOCK_TIME'].map((name) => terms.get(name)).filter((text) => text !== undefined).map((text) => ` ${text}`).join('');
}

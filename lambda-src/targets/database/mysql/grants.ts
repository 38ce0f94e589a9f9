/** One right of a user in `SHOW GRANTS`, without the user. */
interface Right {
  /** A privilege, a privilege on one column, `GRANT OPTION`, or a role. */
  readonly what: string;
  /** The text after ON. Undefined for a role. */
  readonly object?: string;
  /** Whether it may be passed on, if that is set for each right: roles, PROXY and the dynamic privileges of MySQL. */
  readonly option?: string;
  /** Whether it is an exception from a global right (MySQL's `partial_revokes`). */
  readonly isException: boolean;
}

const ALL = 'ALL PRIVILEGES';
const GRANT_OPTION = 'GRANT OPTION';
const DYNAMIC = /^[A-Z]+(?:_[A-Z]+)+$/;

// Quoted text as a whole, or a single character.
const TOKEN = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|[^`'"]/gs;

/** The text with all quoted text and parentheses blanked out. Positions stay the same. */
export function outline(text: string): string {
  let depth = 0;
  let result = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '(') { depth++; }
    result += depth > 0 || token.length > 1 ? '_'.repeat(token.length) : token;
    if (token === ')') { depth--; }
  }
  return result;
}

function splitList(text: string): string[] {
  const ends = [...outline(text).matchAll(/,|$/g)].map(({ index }) => index);
  return ends.map((end, i) => text.slice(i === 0 ? 0 : ends[i - 1] + 1, end).trim());
}

/** `SELECT (a, b)` is two rights. */
function splitColumns(privilege: string): string[] {
  const [, name, columns] = /^([A-Z ]+) \((.+)\)$/s.exec(privilege) ?? [];
  return columns === undefined ? [privilege] : splitList(columns).map((column) => `${name} (${column})`);
}

/** The rights in a line of `SHOW GRANTS` for an account. Empty for other lines. */
function rightsIn(line: string): Right[] {
  const shape = outline(line);
  const [, verb] = /^(GRANT|REVOKE) /.exec(shape) ?? [];
  const isException = verb === 'REVOKE';
  const to = shape.lastIndexOf(isException ? ' FROM ' : ' TO ');
  if (verb === undefined || !/^ (?:TO|FROM) _+@_+/.test(shape.slice(to))) { return []; }
  const on = shape.indexOf(' ON ');
  const object = on < 0 ? undefined : line.slice(on + ' ON '.length, to);
  const [, option] = / WITH (GRANT|ADMIN) OPTION/.exec(shape.slice(to)) ?? [];
  const isPassedOnAlone = (what: string) => object === undefined || what === 'PROXY' || DYNAMIC.test(what);

  const items = splitList(line.slice(verb.length + 1, on < 0 ? to : on)).flatMap(splitColumns);
  const rights = items.filter((what) => what !== 'USAGE').map((what) => ({ what, object, option: isPassedOnAlone(what) ? option : undefined, isException }));
  return option !== undefined && !items.some(isPassedOnAlone) ? [...rights, { what: GRANT_OPTION, object, isException }] : rights;
}

/** Whether rights from `SHOW GRANTS` let their user manage others, or change the tables that have the users. Every global right counts. */
export function manages(lines: readonly string[]): boolean {
  return lines.some((line) => {
    const shape = outline(line);
    const isGlobal = / ON \*\.\* /.test(shape) && !shape.startsWith('GRANT USAGE ');
    const [, database = ''] = / ON (?:TABLE |PROCEDURE |FUNCTION )?[`"]((?:[^`"]|``|"")*)[`"]\./.exec(line) ?? [];
    return isGlobal || / WITH (?:GRANT|ADMIN) OPTION/.test(shape) || shape.startsWith('GRANT PROXY ') || covers(database, 'mysql');
  });
}

/** Whether the name of a database in a right, which may have wildcards, is that of `database` too. */
function covers(pattern: string, database: string): boolean {
  const source = pattern.replaceAll(/\\?[^]/g, (part) => part === '%' ? '.*' : part === '_' ? '.' : part.slice(-1).replace(/[.*+?^${}()|[\]\\]/, '\\$&'));
  return new RegExp(`^${source}$`, 'i').test(database);
}

/** The roles in rights from `SHOW GRANTS`, as the server quotes them. */
export function rolesIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const shape = outline(line);
    return shape.startsWith('GRANT ') && !shape.includes(' ON ') ? splitList(line.slice('GRANT '.length, shape.lastIndexOf(' TO '))) : [];
  });
}

/** The statements that change the rights of `account` from `present` to `wanted`. Both are lines of `SHOW GRANTS`. */
export function reconcileGrants(account: string, wanted: readonly string[], present: readonly string[]): string[] {
  const [want, have] = [new RightSet(wanted), new RightSet(present)];
  const extra = have.rights.filter((right) => !want.has(right) && !want.implies(right));
  // Revoking ALL PRIVILEGES revokes every other right on the object, so these are granted again.
  const lost = new Set(extra.filter(({ what }) => what === ALL).map(({ object }) => object));
  const missing = want.rights.filter((right) => !have.has(right) || lost.has(right.object));
  return [...grouped(extra).reverse().flatMap((rights) => take(account, rights)), ...grouped(missing).map((rights) => give(account, rights))];
}

class RightSet {
  public readonly rights: Right[];
  private readonly ids: Set<string>;

  constructor(lines: readonly string[]) {
    this.rights = lines.flatMap(rightsIn);
    this.ids = new Set(this.rights.map(idOf));
  }

  public has(right: Right): boolean {
    return this.ids.has(idOf(right));
  }

  /** Revoking a single privilege of ALL PRIVILEGES would turn it into a list of all others. */
  public implies({ what, object, option, isException }: Right): boolean {
    return !isException && option === undefined && object !== undefined && what !== GRANT_OPTION && what !== 'PROXY' && !what.endsWith(')')
      && this.has({ what: ALL, object, isException });
  }
}

function idOf({ what, object, option, isException }: Right): string {
  return JSON.stringify([what, object, option, isException]);
}

/**
 * Groups the rights that one statement can grant or revoke. Exceptions come last, because they need the global right. MariaDB takes one role at
 * a time.
 */
function grouped(rights: readonly Right[]): Right[][] {
  const groups = new Map<string, Right[]>();
  for (const right of [...rights].sort((a, b) => Number(a.isException) - Number(b.isException))) {
    const id = idOf({ ...right, what: right.what === 'PROXY' || right.object === undefined ? right.what : '' });
    groups.set(id, [...groups.get(id) ?? [], right]);
  }
  return [...groups.values()];
}

function give(account: string, rights: readonly Right[]): string {
  const [{ object, option, isException }] = rights;
  const privileges = rights.map(({ what }) => what).filter((what) => what !== GRANT_OPTION);
  if (isException) { return revoke(account, privileges, object); }
  return grant(account, privileges, object, privileges.length < rights.length ? 'GRANT' : option);
}

function take(account: string, rights: readonly Right[]): string[] {
  const [{ object, isException }] = rights;
  const items = rights.map(({ what }) => what);
  if (isException) { return [grant(account, items, object)]; }
  // A statement with both would apply to all objects.
  return items.includes(ALL) && items.includes(GRANT_OPTION)
    ? [revoke(account, [ALL], object), revoke(account, [GRANT_OPTION], object)] : [revoke(account, items, object)];
}

function grant(account: string, items: readonly string[], object?: string, option?: string): string {
  return `GRANT ${items.join(', ') || 'USAGE'}${object === undefined ? '' : ` ON ${object}`} TO ${account}${option ? ` WITH ${option} OPTION` : ''}`;
}

function revoke(account: string, items: readonly string[], object?: string): string {
  return `REVOKE ${items.join(', ')}${object === undefined ? '' : ` ON ${object}`} FROM ${account}`;
}

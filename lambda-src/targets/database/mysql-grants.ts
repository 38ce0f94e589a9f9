/** A right, as `SHOW GRANTS` tells it, without whose it is. */
export interface Grant {
  /** What follows GRANT, one at a time: a privilege, the privilege on one column, or a role. */
  readonly granted: ReadonlySet<string>;
  /** What follows ON; absent where roles are granted. */
  readonly object?: string;
  /** GRANT or ADMIN, where the right may be passed on. */
  readonly option?: 'GRANT' | 'ADMIN';
  /** Whether it takes away a part of a right to everything (`partial_revokes`). */
  readonly isRevoked: boolean;
}

const ALL = 'ALL PRIVILEGES';

// Quoted text, in which nothing means anything, or else a character.
const TOKEN = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|[^`'"]/gs;

/** The text with everything that is quoted or in parentheses blanked out, so that positions in it are those in the text. */
function outline(text: string): string {
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
  const items: string[] = [];
  let start = 0;
  for (const { index } of outline(text).matchAll(/,/g)) {
    items.push(text.slice(start, index).trim());
    start = index + 1;
  }
  return [...items, text.slice(start).trim()].filter((item) => item !== '');
}

/** `SELECT (a, b)` is two rights. */
function splitColumns(privilege: string): string[] {
  const open = outline(privilege).indexOf('_');
  if (open < 0 || !privilege.endsWith(')')) { return [privilege]; }
  const name = privilege.slice(0, open).trim();
  return splitList(privilege.slice(open + 1, -1)).map((column) => `${name} (${column})`);
}

/** A line of `SHOW GRANTS`; undefined where it says nothing about rights. */
export function parseGrant(line: string): Grant | undefined {
  const shape = outline(line);
  const [, verb] = /^(GRANT|REVOKE) /.exec(shape) ?? [];
  const to = shape.lastIndexOf(verb === 'REVOKE' ? ' FROM ' : ' TO ');
  if (verb === undefined || to < 0) { return undefined; }
  const on = shape.indexOf(' ON ');
  const list = line.slice(verb.length + 1, on < 0 ? to : on);
  const [, option] = / WITH (?:[^_]* )?(GRANT|ADMIN) OPTION/.exec(shape.slice(to)) ?? [];
  const granted = new Set(splitList(list).flatMap(splitColumns).map((item) => item === 'ALL' ? ALL : item).filter((item) => item !== 'USAGE'));
  return { granted, object: on < 0 ? undefined : line.slice(on + 4, to), option: option as Grant['option'], isRevoked: verb === 'REVOKE' };
}

/** The statements that give `account` what `wanted` says, where it has what `present` says, and nothing more. */
export function reconcileGrants(account: string, wanted: readonly string[], present: readonly string[]): string[] {
  const [want, have] = [collect(wanted), collect(present)];
  const statements: string[] = [];
  for (const [id, grant] of want) {
    const { granted = new Set<string>(), option } = have.get(id) ?? {};
    if (granted.has(ALL) && !grant.granted.has(ALL)) { statements.push(...take(account, { ...grant, granted: new Set([ALL]), option })); }
    const had = granted.has(ALL) && !grant.granted.has(ALL) ? new Set<string>() : granted;
    const missing = [...grant.granted].filter((item) => !had.has(item));
    if (grant.option && grant.option !== option) {
      statements.push(give(account, grant, grant.granted.size > 0 ? [...grant.granted] : ['USAGE'], grant.option));
    } else if (missing.length > 0) {
      statements.push(give(account, grant, missing, grant.option));
    }
    const extra = grant.granted.has(ALL) ? [] : [...had].filter((item) => !grant.granted.has(item));
    if (extra.length > 0) { statements.push(...take(account, { ...grant, granted: new Set(extra), option: undefined })); }
    if (option === 'GRANT' && !grant.option && !grant.isRevoked && !granted.has(ALL)) {
      statements.push(`REVOKE GRANT OPTION ON ${grant.object} FROM ${account}`);
    }
  }
  for (const [id, grant] of have) {
    if (!want.has(id)) { statements.push(...take(account, grant)); }
  }
  return statements;
}

/** One entry for each object, however many lines there are about it. */
function collect(lines: readonly string[]): Map<string, Grant> {
  const grants = new Map<string, Grant>();
  for (const line of lines) {
    const grant = parseGrant(line);
    if (!grant || (grant.granted.size === 0 && !grant.option)) { continue; }
    const id = JSON.stringify([grant.object, grant.isRevoked, grant.object === undefined ? grant.option : undefined, grant.granted.has('PROXY')]);
    const other = grants.get(id);
    grants.set(id, other ? { ...grant, granted: new Set([...other.granted, ...grant.granted]), option: grant.option ?? other.option } : grant);
  }
  return grants;
}

function give(account: string, { object, isRevoked }: Grant, items: readonly string[], option: Grant['option']): string {
  if (isRevoked) { return `REVOKE ${items.join(', ')} ON ${object} FROM ${account}`; }
  return `GRANT ${items.join(', ')}${object === undefined ? '' : ` ON ${object}`} TO ${account}${option ? ` WITH ${option} OPTION` : ''}`;
}

function take(account: string, { granted, object, option, isRevoked }: Grant): string[] {
  const items = [...granted];
  if (isRevoked) { return [`GRANT ${items.join(', ')} ON ${object} TO ${account}`]; }
  const rights = items.length > 0 ? [`REVOKE ${items.join(', ')}${object === undefined ? '' : ` ON ${object}`} FROM ${account}`] : [];
  return option === 'GRANT' && object !== undefined && !granted.has('PROXY') ? [...rights, `REVOKE GRANT OPTION ON ${object} FROM ${account}`] : rights;
}

/**
 * Rights that a user has by itself, and not by a group or a role. No statement gives them to another user as a whole, and Redshift has no SET ROLE, so
 * users that alternate may not have any.
 */

/** What a user may own in the database of the session. Databases are those of the cluster. */
const OWNED: readonly (readonly [what: string, from: string, owner: string])[] = [
  // Clients make temporary tables all the time, and those end with their sessions.
  ['tables or views', 'pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT LIKE \'pg_temp%\'', 'c.relowner'],
  ['schemas', 'pg_namespace n', 'n.nspowner'],
  ['functions', 'pg_proc p', 'p.proowner'],
  ['databases', 'pg_database d', 'd.datdba'],
  ['roles', 'svv_roles r JOIN pg_user o ON o.usename = r.role_owner', 'o.usesysid'],
];

const KINDS = ['relation', 'column', 'schema', 'function', 'ml_model', 'database', 'datashare', 'language', 'iam', 'system'];

/**
 * The views of rights in the database of the session, with the columns of the grantee. Superusers see all rows.
 *
 * https://docs.aws.amazon.com/redshift/latest/dg/svv_views.html
 */
const GRANTED: readonly (readonly [what: string, view: string, name: string, type: string])[] = [
  ...KINDS.map((kind) => [`rights in svv_${kind}_privileges`, `svv_${kind}_privileges`, 'identity_name', 'identity_type'] as const),
  ['rights in svv_default_privileges', 'svv_default_privileges', 'grantee_name', 'grantee_type'],
  ['policies in svv_rls_attached_policy', 'svv_rls_attached_policy', 'grantee', 'granteekind'],
  ['policies in svv_attached_masking_policy', 'svv_attached_masking_policy', 'grantee', 'grantee_type'],
];

/** A query for one thing that one of two users, `$1` and `$2`, owns: the column `what`. */
export const OWNED_BY_USERS = OWNED
  .map(([what, from, owner]) => `SELECT '${what}' AS "what" FROM ${from} JOIN pg_user u ON u.usesysid = ${owner} WHERE u.usename IN ($1, $2)`)
  .join(' UNION ALL ') + ' LIMIT 1';

/** Views that grow with the tables of a database, and may take seconds. */
const LARGE = /^svv_(relation|column)_/;

function grantedIn(views: typeof GRANTED): string {
  return views.map(([what, view, name, type]) => `SELECT '${what}' AS "what" FROM ${view} WHERE ${name} IN ($1, $2) AND ${type} = 'user'`).join(' UNION ALL ') + ' LIMIT 1';
}

/** Queries for one right that one of two users, `$1` and `$2`, has by itself: the column `what`. Large views have the time of a statement each. */
export const GRANTED_TO_USERS: readonly string[] = [
  ...GRANTED.filter(([, view]) => LARGE.test(view)).map((view) => grantedIn([view])),
  grantedIn(GRANTED.filter(([, view]) => !LARGE.test(view))),
];

/** A role that another role has. */
export interface RoleGrant {
  readonly role: string;
  readonly granted: string;
}

/** The roles, and all that they have by further roles. */
export function allRoles(roles: readonly string[], grants: readonly RoleGrant[]): Set<string> {
  const all = new Set(roles);
  // A set also visits what is added meanwhile.
  for (const role of all) { grants.filter((grant) => grant.role === role).forEach(({ granted }) => all.add(granted)); }
  return all;
}

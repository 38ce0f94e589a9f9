/*
 * A stand-in for Amazon Redshift, which nothing but AWS runs: PostgreSQL behind a server that knows only statements of Redshift. It translates them,
 * and answers every other one with a syntax error. It shows that rotations come to their end and in which order, not that Redshift agrees.
 * https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_commands.html
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, connect as dial, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Client } from 'pg';
import { makeCertificate } from '../../tools/servers/certificates';
import type { DatabaseServer, Login, ServerOptions } from '../../tools/servers/server';
import { makeFolder } from '../../tools/servers/server-process';
import { startPostgres } from '../postgres/postgres';

const DATABASE = 'dev';
const ADMIN: Login = { username: 'awsuser', password: 'Admin-of-the-tests-1' };

/** Groups, roles and users have names of their own in Redshift, and share theirs in PostgreSQL. */
const PREFIXES = { group: 'group ', role: 'role ' } as const;

/** Redshift's catalog, as far as it is known here. Columns that nothing reads are missing. */
const CATALOG = `
CREATE SCHEMA redshift;
GRANT USAGE ON SCHEMA redshift TO PUBLIC;
CREATE TABLE redshift.of_users (id oid PRIMARY KEY, syslog text, timeout int);
CREATE TABLE redshift.of_roles (permission text, role text);
CREATE TABLE redshift.others (view text, name text);
CREATE TABLE redshift.owners (role text, owner text);
CREATE FUNCTION redshift.kind(name name) RETURNS text LANGUAGE sql AS $$ SELECT CASE WHEN name LIKE 'group %' THEN 'group' WHEN name LIKE 'role %' THEN 'role' ELSE 'user' END $$;
CREATE FUNCTION redshift.called(name name) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(name, '^(group|role) ', '') $$;
CREATE VIEW redshift.pg_user AS SELECT rolname::text AS usename, oid::int4 AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper, rolvaliduntil::text AS valuntil,
  (SELECT s.setconfig FROM pg_db_role_setting s WHERE s.setrole = r.oid AND s.setdatabase = 0) AS useconfig FROM pg_roles r WHERE rolcanlogin;
CREATE VIEW redshift.pg_group AS SELECT redshift.called(rolname) AS groname, oid::int4 AS grosysid,
  (SELECT array_agg(m.member::int4) FROM pg_auth_members m WHERE m.roleid = r.oid) AS grolist FROM pg_roles r WHERE redshift.kind(rolname) = 'group';
CREATE VIEW redshift.svv_user_info AS SELECT rolname::text AS user_name, rolcreatedb AS createdb, rolsuper AS superuser,
  CASE WHEN rolconnlimit < 0 THEN 'UNLIMITED' ELSE rolconnlimit::text END AS connection_limit, coalesce(o.syslog, 'RESTRICTED') AS syslog_access, coalesce(o.timeout, 0) AS session_timeout
  FROM pg_roles r LEFT JOIN redshift.of_users o ON o.id = r.oid WHERE rolcanlogin;
CREATE VIEW redshift.svv_user_grants AS SELECT u.rolname::text AS user_name, redshift.called(r.rolname) AS role_name, m.admin_option
  FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member JOIN pg_roles r ON r.oid = m.roleid WHERE u.rolcanlogin AND redshift.kind(r.rolname) = 'role';
CREATE VIEW redshift.svv_role_grants AS SELECT redshift.called(u.rolname) AS role_name, redshift.called(r.rolname) AS granted_role_name
  FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member JOIN pg_roles r ON r.oid = m.roleid WHERE redshift.kind(u.rolname) = 'role' AND redshift.kind(r.rolname) = 'role';
CREATE VIEW redshift.svv_system_privileges AS SELECT permission AS system_privilege, role AS identity_name, 'role'::text AS identity_type FROM redshift.of_roles
  UNION ALL SELECT 'CREATE SCHEMA', name, 'user' FROM redshift.others WHERE view = 'system';
CREATE VIEW redshift.svv_roles AS SELECT redshift.called(rolname) AS role_name, coalesce(o.owner, '${ADMIN.username}') AS role_owner
  FROM pg_roles LEFT JOIN redshift.owners o ON o.role = redshift.called(rolname) WHERE redshift.kind(rolname) = 'role';
CREATE VIEW redshift.stv_sessions AS SELECT backend_start AS starttime, pid AS process, usename::char(50) AS user_name, datname::char(50) AS db_name FROM pg_stat_activity WHERE datname IS NOT NULL;
${[
  ['relation', 'pg_class', 'relacl', 'relowner'], ['column', 'pg_attribute', 'attacl', '0::oid'], ['schema', 'pg_namespace', 'nspacl', 'nspowner'], ['function', 'pg_proc', 'proacl', 'proowner'],
  ['database', 'pg_database', 'datacl', 'datdba'], ['language', 'pg_language', 'lanacl', 'lanowner'],
].map(([object, table, acl, owner]) => `CREATE VIEW redshift.svv_${object}_privileges AS SELECT redshift.called(r.rolname) AS identity_name, redshift.kind(r.rolname) AS identity_type
  FROM pg_catalog.${table} t CROSS JOIN LATERAL aclexplode(t.${acl}) a JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> t.${owner};`).join('\n').replaceAll('t.0::oid', '0')}
CREATE VIEW redshift.svv_default_privileges AS SELECT redshift.called(r.rolname) AS grantee_name, redshift.kind(r.rolname) AS grantee_type
  FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> d.defaclrole;
${['iam', 'datashare', 'ml_model'].map((object) => `CREATE VIEW redshift.svv_${object}_privileges AS SELECT name AS identity_name, 'user'::text AS identity_type FROM redshift.others
  WHERE view = '${object}';`).join('\n')}
CREATE VIEW redshift.svv_rls_attached_policy AS SELECT name AS grantee, 'user'::text AS granteekind FROM redshift.others WHERE view = 'rls';
CREATE VIEW redshift.svv_attached_masking_policy AS SELECT name AS grantee, 'user'::text AS grantee_type FROM redshift.others WHERE view = 'masking';
GRANT SELECT ON ALL TABLES IN SCHEMA redshift TO PUBLIC;
CREATE ROLE ${ADMIN.username} SUPERUSER LOGIN PASSWORD '${ADMIN.password}';
`;

const NAME = '("(?:[^"]|"")+"|[a-z_]\\w*)';
const TEXT = '(\'(?:[^\'\\\\]|\'\')*\')';
/** https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html */
const CLEAR_TEXT = /^'(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[!-~]{8,64}'$/;

type Translate = (...parts: string[]) => string | undefined;

const user = (name: string) => name;
const group = (name: string) => prefixed(PREFIXES.group, name);
const role = (name: string) => prefixed(PREFIXES.role, name);

function prefixed(prefix: string, name: string): string {
  return name.startsWith('"') ? `"${prefix}${name.slice(1)}` : `"${prefix}${name}"`;
}

function textOf(name: string): string {
  return `'${(name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name).replaceAll('\'', '\'\'')}'`;
}

/** Undefined if Redshift would refuse the password. */
function password(given: string): string | undefined {
  return /^'md5[0-9a-f]{32}'$/.test(given) || CLEAR_TEXT.test(given) && !/["'\\/@]/.test(given.slice(1, -1)) ? given : undefined;
}

const ofUser = (column: string, value: string, name: string) => `INSERT INTO redshift.of_users (id, ${column}) SELECT oid, ${value} FROM pg_catalog.pg_roles WHERE rolname = ${textOf(name)} `
  + `ON CONFLICT (id) DO UPDATE SET ${column} = excluded.${column}`;

/** Redshift has no superuser with a disabled password: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html */
const unless = (condition: string, statement: string) => `DO $unless$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_authid WHERE ${condition}) THEN `
  + `RAISE EXCEPTION 'cannot disable password for a superuser' USING ERRCODE = '0A000'; END IF; ${statement}; END $unless$`;

const valid = (until: string | undefined) => until === undefined ? '' : ` VALID UNTIL ${until}`;

/** The statements, each with its translation. */
const STATEMENTS: readonly (readonly [RegExp, Translate])[] = ([
  ['SET search_path TO pg_catalog', () => 'SET search_path TO redshift, pg_catalog'],
  ['SET datestyle TO ISO', () => 'SET datestyle TO ISO'],
  ['SET statement_timeout TO (\\d+)', (ms) => `SET statement_timeout TO ${ms}`],
  ['SET enable_case_sensitive_identifier TO true', () => 'SET redshift.case_sensitive TO true'],
  // https://docs.aws.amazon.com/redshift/latest/dg/r_VERSION.html
  ['SELECT version\\(\\) AS "?name"?', () => 'SELECT \'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0 (a stand-in)\' AS "name"'],
  ['BEGIN', () => 'BEGIN'],
  ['COMMIT', () => 'COMMIT'],
  ['ROLLBACK', () => 'ROLLBACK'],
  // No statement of Redshift: tests block changes of users with it.
  ['LOCK pg_shadow', () => 'LOCK TABLE pg_authid IN SHARE MODE'],
  [`CREATE USER ${NAME} PASSWORD DISABLE(?: IN GROUP ${NAME})?`, (name, of) => `CREATE ROLE ${user(name)} LOGIN${of === undefined ? '' : ` IN ROLE ${group(of)}`}`],
  [`CREATE USER ${NAME} PASSWORD ${TEXT} IN GROUP ${NAME}`, (name, given, of) => password(given) && `CREATE ROLE ${user(name)} LOGIN PASSWORD ${given} IN ROLE ${group(of)}`],
  [`CREATE USER ${NAME} PASSWORD ${TEXT}`, (name, given) => password(given) && `CREATE ROLE ${user(name)} LOGIN PASSWORD ${given}`],
  [`CREATE USER ${NAME} PASSWORD ${TEXT} CREATEUSER`, (name, given) => password(given) && `CREATE ROLE ${user(name)} SUPERUSER LOGIN PASSWORD ${given}`],
  [`DROP USER (IF EXISTS )?${NAME}`, (ifExists, name) => `DROP ROLE ${ifExists ?? ''}${user(name)}`],
  [`ALTER USER ${NAME} PASSWORD ${TEXT}(?: VALID UNTIL ${TEXT})?`, (name, given, until) => password(given) && `ALTER ROLE ${user(name)} PASSWORD ${given}${valid(until)}`],
  [`ALTER USER ${NAME} PASSWORD DISABLE`, (name) => unless(`rolsuper AND rolname = ${textOf(name)}`, `ALTER ROLE ${user(name)} PASSWORD NULL`)],
  [`ALTER USER ${NAME} VALID UNTIL ${TEXT}`, (name, until) => `ALTER ROLE ${user(name)}${valid(until)}`],
  [`ALTER USER ${NAME} (CREATEDB|NOCREATEDB)`, (name, attribute) => `ALTER ROLE ${user(name)} ${attribute}`],
  [`ALTER USER ${NAME} NOCREATEUSER`, (name) => `ALTER ROLE ${user(name)} NOSUPERUSER`],
  [`ALTER USER ${NAME} CREATEUSER`, (name) => unless(`rolpassword IS NULL AND rolname = ${textOf(name)}`, `ALTER ROLE ${user(name)} SUPERUSER`)],
  [`ALTER USER ${NAME} CONNECTION LIMIT (\\d+|UNLIMITED)`, (name, limit) => `ALTER ROLE ${user(name)} CONNECTION LIMIT ${limit === 'UNLIMITED' ? '-1' : limit}`],
  [`ALTER USER ${NAME} SYSLOG ACCESS (RESTRICTED|UNRESTRICTED)`, (name, access) => ofUser('syslog', `'${access}'`, name)],
  [`ALTER USER ${NAME} SESSION TIMEOUT (\\d+)`, (name, seconds) => ofUser('timeout', seconds, name)],
  [`ALTER USER ${NAME} RESET SESSION TIMEOUT`, (name) => ofUser('timeout', '0', name)],
  [`ALTER USER ${NAME} SET ${NAME} TO (${TEXT}(?:, ${TEXT})*|\\w+)`, (name, setting, value) => `ALTER ROLE ${user(name)} SET ${setting} TO ${value}`],
  [`ALTER USER ${NAME} RESET ${NAME}`, (name, setting) => `ALTER ROLE ${user(name)} RESET ${setting}`],
  [`CREATE GROUP ${NAME}`, (name) => `CREATE ROLE ${group(name)} NOLOGIN`],
  [`ALTER GROUP ${NAME} ADD USER ${NAME}`, (name, member) => `GRANT ${group(name)} TO ${user(member)}`],
  [`ALTER GROUP ${NAME} DROP USER ${NAME}`, (name, member) => `REVOKE ${group(name)} FROM ${user(member)}`],
  [`DROP ROLE ${NAME} FORCE`, (name) => `DROP ROLE ${role(name)}`],
  [`DROP GROUP ${NAME}`, (name) => `DROP ROLE ${group(name)}`],
  [`CREATE ROLE ${NAME}`, (name) => `CREATE ROLE ${role(name)} NOLOGIN`],
  [`GRANT ROLE ${NAME} TO ROLE ${NAME}`, (name, to) => `GRANT ${role(name)} TO ${role(to)}`],
  [`GRANT ROLE ${NAME} TO ${NAME}( WITH ADMIN OPTION)?`, (name, to, admin) => `GRANT ${role(name)} TO ${user(to)}${admin ?? ''}`],
  [`REVOKE (ADMIN OPTION FOR )?ROLE ${NAME} FROM ${NAME}`, (admin, name, from) => `REVOKE ${admin ?? ''}${role(name)} FROM ${user(from)}`],
  [`GRANT (ALTER USER|CREATE USER|CREATE SCHEMA) TO ROLE ${NAME}`, (permission, name) => `INSERT INTO redshift.of_roles VALUES ('${permission}', ${textOf(name)})`],
  [`GRANT ([A-Z, ]+) ON (\\S+|SCHEMA \\S+|DATABASE \\S+) TO GROUP ${NAME}`, (what, on, to) => `GRANT ${what} ON ${on} TO ${group(to)}`],
  [`GRANT ([A-Z, ]+) ON ALL TABLES IN SCHEMA ${NAME} TO ROLE ${NAME}`, (what, schema, to) => `GRANT ${what} ON ALL TABLES IN SCHEMA ${schema} TO ${role(to)}`],
  [`GRANT ([A-Z, ]+) ON (\\S+|SCHEMA \\S+|DATABASE \\S+) TO ROLE ${NAME}`, (what, on, to) => `GRANT ${what} ON ${on} TO ${role(to)}`],
  [`GRANT ([A-Z, ]+) ON (\\S+|SCHEMA \\S+|DATABASE \\S+) TO ${NAME}`, (what, on, to) => `GRANT ${what} ON ${on} TO ${user(to)}`],
  [`REVOKE ([A-Z, ]+) ON (\\S+|SCHEMA \\S+|DATABASE \\S+) FROM ${NAME}`, (what, on, from) => `REVOKE ${what} ON ${on} FROM ${user(from)}`],
  ['(CREATE (?:TEMP )?TABLE|INSERT INTO|UPDATE|DROP TABLE|CREATE SCHEMA|ALTER TABLE|DROP SCHEMA) (.+)', (what, rest) => `${what} ${rest}`],
] satisfies [string, Translate][]).map(([pattern, make]) => [new RegExp(`^${pattern}$`, 'i'), make]);

const CATALOG_NAMES = new Set([...CATALOG.matchAll(/CREATE VIEW redshift\.(\w+)/g)].map(([, name]) => name!).concat('pg_class', 'pg_namespace', 'pg_proc', 'pg_database', 'pg_temp'));

/** The statement for PostgreSQL. Undefined if it isn't one of Redshift, as far as the stand-in knows. */
export function translate(sql: string): string | undefined {
  const statement = sql.trim();
  for (const [pattern, make] of STATEMENTS) {
    const match = pattern.exec(statement);
    const made = match && make(...match.slice(1) as string[]);
    if (made !== null && made !== undefined) { return made; }
  }
  return /^SELECT\b/i.test(statement) && isQuery(statement) ? statement : undefined;
}

/** A query of what PostgreSQL 8.0 and Redshift have in common. */
function isQuery(sql: string): boolean {
  const plain = sql.replaceAll(/'(?:[^'\\]|'')*'/g, '\'\'');
  return !/^SELECT\s+FROM\b|;/i.test(plain)
    && [...plain.matchAll(/\b(?:pg|svv|svl|stl|stv|information_schema)_?\w*/gi)].every(([name]) => CATALOG_NAMES.has(name.toLowerCase()))
    && [...plain.matchAll(/::(\w+)/g)].every(([, type]) => type === 'text')
    && [...plain.matchAll(/(\w+)\s*\(/g)].every(([, word]) => ['ANY', 'IN', 'AND', 'OR'].includes(word!));
}

export interface RedshiftStandIn extends DatabaseServer {
  /** The statements that were refused because they aren't known. */
  readonly refused: readonly string[];
  /** The users whose passwords are stored as SHA-256. */
  readonly withSha256: Set<string>;
  /** Statements as PostgreSQL knows them, as its own superuser. */
  asPostgres(...statements: string[]): Promise<Record<string, unknown>[]>;
}

export async function startRedshiftStandIn(options: ServerOptions = {}): Promise<RedshiftStandIn> {
  const { tls = 'good' } = options;
  const folder = makeFolder();
  const postgres = await startPostgres({ tls: 'none', settings: { password_encryption: 'md5', ...options.settings } });
  const certificate = await makeCertificate(join(folder, 'tls'), tls === 'none' ? 'good' : tls);
  const asPostgres = async (database: string, statements: readonly string[]) => {
    const client = new Client({ host: 'localhost', port: postgres.port, user: postgres.root.username, password: postgres.root.password, database });
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) { rows = (await client.query<Record<string, unknown>>(statement)).rows; }
      return rows;
    } finally {
      await client.end();
    }
  };
  await asPostgres('postgres', [`CREATE DATABASE ${DATABASE}`]);
  await asPostgres(DATABASE, [CATALOG, 'GRANT ALL ON SCHEMA public TO PUBLIC']);

  const refused: string[] = [];
  const withSha256 = new Set<string>();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const upstream = dial(postgres.port, '127.0.0.1');
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.setNoDelay(true);
      each.on('error', () => {}).on('close', () => sockets.delete(each));
    }
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    new Conversation(upstream, refused, withSha256).begin(socket, tls === 'none' ? undefined : { cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile) }, options.plaintext ?? tls === 'none');
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    ...postgres,
    engine: 'redshift',
    version: `a stand-in on PostgreSQL ${postgres.version}`,
    port: (server.address() as AddressInfo).port,
    database: DATABASE,
    admin: ADMIN,
    root: ADMIN,
    ca: certificate.ca,
    asPostgres: (...statements) => asPostgres(DATABASE, statements),
    refused,
    withSha256,
    stop: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => { server.close(resolve); });
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const SSL_REQUEST = 80_877_103;
const SYNTAX_ERROR = 'no_statement_of_redshift';

/** One connection of a client. https://www.postgresql.org/docs/current/protocol-message-formats.html */
class Conversation {
  private isCaseSensitive = false;
  private hasBegun = false;

  constructor(private readonly upstream: Socket, private readonly refused: string[], private readonly withSha256: ReadonlySet<string>) {}

  public begin(socket: Socket, tls: { readonly cert: Buffer; readonly key: Buffer } | undefined, plaintext: boolean): void {
    socket.once('data', (first) => {
      const asksForTls = first.length === 8 && first.readInt32BE(4) === SSL_REQUEST;
      if (asksForTls && !tls) { socket.write('N'); }
      if (asksForTls && tls) {
        socket.write('S');
        this.converse(new TLSSocket(socket, { isServer: true, ...tls }), Buffer.alloc(0));
      } else if (plaintext) {
        this.converse(socket, asksForTls ? Buffer.alloc(0) : first);
      } else {
        socket.end(errorMessage('28000', 'no pg_hba.conf entry for host, SSL off'));
      }
    });
  }

  private converse(client: Duplex, first: Buffer): void {
    let [fromClient, fromServer] = [first, Buffer.alloc(0)];
    client.on('error', () => {});
    const take = (data: Buffer) => {
      fromClient = Buffer.concat([fromClient, data]);
      for (;;) {
        const header = this.hasBegun ? 1 : 0;
        if (fromClient.length < header + 4) { return; }
        const length = header + fromClient.readInt32BE(header);
        if (fromClient.length < length) { return; }
        const message = fromClient.subarray(0, length);
        fromClient = fromClient.subarray(length);
        if (this.hasBegun) { this.upstream.write(this.statementOf(message)); } else { this.greet(client, message); }
      }
    };
    client.on('data', take);
    take(Buffer.alloc(0));
    this.upstream.on('data', (data: Buffer) => {
      fromServer = Buffer.concat([fromServer, data]);
      while (fromServer.length >= 5 && fromServer.length >= 1 + fromServer.readInt32BE(1)) {
        const length = 1 + fromServer.readInt32BE(1);
        const message = fromServer.subarray(0, length);
        fromServer = fromServer.subarray(length);
        // PostgreSQL 8.0 has one code for all failed logins.
        client.write(message[0] === 0x45 ? Buffer.from(message.toString('latin1').replace('\0C28P01\0', '\0C28000\0'), 'latin1') : message);
      }
    });
    this.upstream.on('end', () => client.end());
  }

  /** The first message. */
  private greet(client: Duplex, message: Buffer): void {
    this.hasBegun = true;
    const [, name = ''] = /user\0([^\0]*)\0/.exec(message.toString('utf8', 8)) ?? [];
    if (this.withSha256.has(name)) { client.write(digestRequest()); } else { this.upstream.write(message); }
  }

  private statementOf(message: Buffer): Buffer {
    const type = String.fromCharCode(message[0]!);
    if (type !== 'Q' && type !== 'P') { return message; }
    const from = type === 'Q' ? 5 : message.indexOf(0, 5) + 1;
    const to = message.indexOf(0, from);
    const sql = message.toString('utf8', from, to);
    const body = Buffer.concat([message.subarray(5, from), Buffer.from(this.translated(sql)), message.subarray(to)]);
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length + 4);
    return Buffer.concat([message.subarray(0, 1), length, body]);
  }

  private translated(sql: string): string {
    if (sql === 'SET enable_case_sensitive_identifier TO true') { this.isCaseSensitive = true; }
    const folded = this.isCaseSensitive ? sql : sql.replaceAll(/"(?:[^"]|"")*"/g, (name) => name.toLowerCase());
    const translated = translate(folded);
    if (translated === undefined) { this.refused.push(sql); }
    return translated ?? SYNTAX_ERROR;
  }
}

function errorMessage(code: string, text: string): Buffer {
  const body = Buffer.from(`SFATAL\0C${code}\0M${text}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** https://github.com/aws/amazon-redshift-python-driver: the algorithm, the salt and the nonce of the server, each with its length. */
function digestRequest(): Buffer {
  const bytes = createHash('sha256').update('salt').digest().subarray(0, 8);
  const message = Buffer.alloc(1 + 4 + 4 + 4 + 2 * (4 + bytes.length));
  message.write('R');
  [message.length - 1, 13, 0, bytes.length].forEach((number, i) => message.writeInt32BE(number, 1 + 4 * i));
  bytes.copy(message, 17);
  message.writeInt32BE(bytes.length, 25);
  bytes.copy(message, 29);
  return message;
}

/*
 * The rotation contract's cases for Redshift, on a stand-in: PostgreSQL behind a server that knows only statements of Redshift. They show what a
 * rotation sends and where it ends, not that Redshift agrees.
 */
import { beforeClaim, created, dialledVersions, expectNoSecrets, fails, giveUp, putPrevious } from './failing';
import { CASE_SENSITIVE, DatabaseHarness, letsIn, makeUser, run, type DatabaseHarnessOptions } from './fixture';
import { Deadline } from '../../../../lambda-src/rotation/deadline';
import { RotationSupersededError } from '../../../../lambda-src/rotation/errors';
import { Redshift, redshiftTls } from '../../../../lambda-src/targets/database/redshift/engine';
import { startRedshiftStandIn, type Login, type RedshiftStandIn } from '../../../../servers';
import { failure } from '../../../harness';

let server: RedshiftStandIn;
beforeAll(async () => {
  server = await startRedshiftStandIn();
  await asAdmin('CREATE GROUP readers', 'CREATE GROUP writers', 'CREATE ROLE app', 'CREATE ROLE operator', 'CREATE TABLE things (name varchar(20))',
    'GRANT SELECT ON things TO GROUP readers', 'GRANT INSERT ON things TO ROLE app');
});
afterAll(async () => { await server.stop(); });
// The handler sends nothing that the stand-in doesn't know.
afterEach(() => { expect(server.refused).toEqual([]); });

const make = (options: DatabaseHarnessOptions = {}) => DatabaseHarness.make(server, { strategy: 'alternatingUsers', ...options });
const asAdmin = (...statements: string[]) => run(server, server.admin, CASE_SENSITIVE, ...statements);

let names = 0;
async function userWith(...statements: string[]): Promise<Login> {
  const user = { username: `worker_${++names}`, password: `first-password-of-it-${names}` };
  await makeUser(server, user);
  await asAdmin(...statements.map((statement) => statement.replaceAll('{user}', user.username)));
  return user;
}

/** What Redshift's catalog has about a user. */
async function catalogOf(username: string): Promise<unknown> {
  const ask = (sql: string) => server.asPostgres('SET search_path TO redshift, pg_catalog', sql.replace('?', `'${username}'`));
  return {
    groups: (await ask('SELECT g.groname FROM pg_group g, pg_user u WHERE u.usesysid = ANY(g.grolist) AND u.usename = ? AND g.groname NOT LIKE \'cdk-%\' ORDER BY 1')).map(({ groname }) => groname),
    roles: await ask('SELECT role_name, admin_option FROM svv_user_grants WHERE user_name = ? ORDER BY 1'),
    attributes: await ask('SELECT createdb, superuser, connection_limit, syslog_access, session_timeout FROM svv_user_info WHERE user_name = ?'),
    terms: await ask('SELECT coalesce(valuntil, \'infinity\') AS valuntil, useconfig FROM pg_user WHERE usename = ?'),
  };
}

describe('a single user', () => {
  test('cases 25, 43, 48: changes its own password', async () => {
    const h = await make({ strategy: 'singleUser' });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await letsIn(server, h.user)).toBe(false);
    expectNoSecrets(h);
  });

  test('case 70: no statement has the password, so no log of the cluster has it', async () => {
    const sent: string[] = [];
    const h = await make({
      strategy: 'singleUser',
      connection: (connection) => ({
        ...connection,
        query: (sql, parameters) => {
          sent.push(sql);
          return connection.query(sql, parameters);
        },
      }),
    });
    await h.rotate();
    const { password } = h.login('AWSCURRENT');
    expect(sent.filter((sql) => sql.includes('PASSWORD'))).toEqual([expect.stringMatching(/^ALTER USER "user_\d+" PASSWORD 'md5[0-9a-f]{32}'$/)]);
    expect(sent.join('\n')).not.toContain(password);
    expect(await server.logs()).not.toContain(password);
  });

  test('case 44: a wrong password has the code of every failed login in PostgreSQL 8.0, and is taken for one', async () => {
    const h = await make({ strategy: 'singleUser', changes: { password: 'not-the-Password-1' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /accepts neither the pending password, nor the current one/);
  });

  test('case 56: a retry after the change finds it out', async () => {
    const h = await make({ strategy: 'singleUser' });
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    h.dialled.length = 0;
    await h.step(rotation, 'setSecret');
    expect(dialledVersions(h)).toEqual(['AWSCURRENT', 'AWSPENDING']);
  });
});

describe('alternating users', () => {
  test('cases 34, 35: the second user has the groups, roles, attributes and settings of the first', async () => {
    const user = await userWith('ALTER GROUP readers ADD USER {user}', 'GRANT ROLE app TO {user}', 'GRANT ROLE operator TO {user} WITH ADMIN OPTION', 'ALTER USER {user} CREATEDB',
      'ALTER USER {user} CONNECTION LIMIT 40', 'ALTER USER {user} SYSLOG ACCESS UNRESTRICTED', 'ALTER USER {user} SESSION TIMEOUT 600', 'ALTER USER {user} VALID UNTIL \'2199-01-02 00:00:00+00\'',
      'ALTER USER {user} SET search_path TO \'public\', \'App\'', 'ALTER USER {user} SET statement_timeout TO \'60000\'');
    const h = await make({ user });
    await h.rotate();
    const clone = h.login('AWSCURRENT');
    expect(clone.username).toBe(`${user.username}_clone`);
    expect(await catalogOf(clone.username)).toEqual(await catalogOf(user.username));
    expect(await catalogOf(clone.username)).toMatchObject({ groups: ['readers'], attributes: [{ createdb: true, connection_limit: '40', syslog_access: 'UNRESTRICTED', session_timeout: 600 }] });
    for (const login of [user, clone]) { await run(server, login, 'INSERT INTO public.things VALUES (\'it\')', 'SELECT name FROM public.things'); }
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(user.username);
    expect(await letsIn(server, clone)).toBe(true);
    expect(await letsIn(server, user)).toBe(false);
    await h.rotate();
    expect(await letsIn(server, clone)).toBe(false);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expectNoSecrets(h);
  });

  test('cases 34, 77: the second user becomes a superuser with a password, as Redshift asks for, and is none when the first user is none', async () => {
    const user = await userWith('ALTER USER {user} CREATEUSER');
    const h = await make({ user });
    await h.rotate();
    const clone = `${user.username}_clone`;
    const isSuperuser = async () => (await server.asPostgres(`SELECT rolsuper FROM pg_roles WHERE rolname = '${clone}'`))[0].rolsuper;
    expect(await isSuperuser()).toBe(true);
    await asAdmin(`ALTER USER ${user.username} NOCREATEUSER`);
    await h.rotate();
    await h.rotate();
    expect(await isSuperuser()).toBe(false);
    // A person disabled the password of the second user, which is to become a superuser.
    await h.rotate();
    await asAdmin(`ALTER USER ${clone} PASSWORD DISABLE`, `ALTER USER ${user.username} CREATEUSER`);
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(clone);
    expect(await isSuperuser()).toBe(true);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expectNoSecrets(h);
  });

  test('cases 41, 77: what changed for the first user changes for the second at its next turn', async () => {
    const user = await userWith('ALTER GROUP readers ADD USER {user}', 'GRANT ROLE app TO {user}', 'GRANT ROLE operator TO {user} WITH ADMIN OPTION', 'ALTER USER {user} CREATEDB',
      'ALTER USER {user} SET statement_timeout TO \'60000\'', 'ALTER USER {user} VALID UNTIL \'2199-01-02 00:00:00+00\'');
    const h = await make({ user });
    await h.rotate();
    await h.rotate();
    await asAdmin(...['ALTER GROUP readers DROP USER {user}', 'ALTER GROUP writers ADD USER {user}', 'REVOKE ROLE app FROM {user}', 'REVOKE ADMIN OPTION FOR ROLE operator FROM {user}',
      'ALTER USER {user} NOCREATEDB', 'ALTER USER {user} RESET statement_timeout', 'ALTER USER {user} VALID UNTIL \'infinity\''].map((sql) => sql.replace('{user}', user.username)));
    await h.rotate();
    expect(await catalogOf(`${user.username}_clone`)).toEqual(await catalogOf(user.username));
    expect(await catalogOf(user.username)).toMatchObject({ groups: ['writers'], roles: [{ role_name: 'operator', admin_option: false }], terms: [{ valuntil: 'infinity', useconfig: null }] });
  });

  test('rights of a role count for both users at once, also those given later', async () => {
    const user = await userWith('GRANT ROLE app TO {user}');
    const h = await make({ user });
    await h.rotate();
    await asAdmin('CREATE TABLE later (name varchar(20))', 'GRANT INSERT ON later TO ROLE app');
    for (const login of [user, h.login('AWSCURRENT')]) { await run(server, login, 'INSERT INTO public.later VALUES (\'it\')'); }
  });

  const asRoot = (sql: string) => async (user: string) => { await server.asPostgres(sql.replaceAll('{user}', user)); };
  test.each<[string, (user: string) => Promise<unknown>, RegExp]>([
    ['owns a table', asRoot('CREATE TABLE owned_{user} (); ALTER TABLE owned_{user} OWNER TO {user}'), /owns tables or views/],
    ['owns a schema', asRoot('CREATE SCHEMA owned_{user} AUTHORIZATION {user}'), /owns schemas/],
    ['owns a function', asRoot('CREATE FUNCTION owned_{user}() RETURNS int LANGUAGE sql AS \'SELECT 1\'; ALTER FUNCTION owned_{user} OWNER TO {user}'), /owns functions/],
    ['owns a database', asRoot('CREATE DATABASE owned_{user} OWNER {user}'), /owns databases/],
    ['owns a role', asRoot('CREATE ROLE "role owned_{user}"; INSERT INTO redshift.owners VALUES (\'owned_{user}\', \'{user}\')'), /owns roles/],
    ['has a right to a table', (user) => asAdmin(`GRANT SELECT ON things TO ${user}`), /has rights in svv_relation_privileges by itself/],
    ['has a right to a column', asRoot('GRANT SELECT (name) ON things TO {user}'), /has rights in svv_column_privileges by itself/],
    ['has a right to a schema', (user) => asAdmin(`GRANT USAGE ON SCHEMA public TO ${user}`), /has rights in svv_schema_privileges by itself/],
    ['has a right to a function', asRoot('CREATE FUNCTION for_{user}() RETURNS int LANGUAGE sql AS \'SELECT 1\'; GRANT EXECUTE ON FUNCTION for_{user} TO {user}'), /has rights in svv_function_privileges by itself/],
    ['has a right to the database', (user) => asAdmin(`GRANT CREATE ON DATABASE dev TO ${user}`), /has rights in svv_database_privileges by itself/],
    ['has a right to a language', asRoot('GRANT USAGE ON LANGUAGE plpgsql TO {user}'), /has rights in svv_language_privileges by itself/],
    ['has rights to later tables', asRoot('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {user}'), /has rights in svv_default_privileges by itself/],
    ['may assume a role of IAM', asRoot('INSERT INTO redshift.others VALUES (\'iam\', \'{user}\')'), /has rights in svv_iam_privileges by itself/],
    ['may alter a datashare', asRoot('INSERT INTO redshift.others VALUES (\'datashare\', \'{user}\')'), /has rights in svv_datashare_privileges by itself/],
    ['may run a model', asRoot('INSERT INTO redshift.others VALUES (\'ml_model\', \'{user}\')'), /has rights in svv_ml_model_privileges by itself/],
    ['has a right to the cluster', asRoot('INSERT INTO redshift.others VALUES (\'system\', \'{user}\')'), /has rights in svv_system_privileges by itself/],
    ['has a row-level policy', asRoot('INSERT INTO redshift.others VALUES (\'rls\', \'{user}\')'), /has policies in svv_rls_attached_policy by itself/],
    ['has a masking policy', asRoot('INSERT INTO redshift.others VALUES (\'masking\', \'{user}\')'), /has policies in svv_attached_masking_policy by itself/],
    ['has a schema of its name', asRoot('CREATE SCHEMA {user}'), /A schema has the name of one of the two users that alternate, and its search_path has \$user/],
  ])('case 41: a first user that %s is refused, because the second one would not have it', async (_, give, text) => {
    const user = await userWith();
    await give(user.username);
    const h = await make({ user });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', new RegExp(`${text.source}.*so (?:nothing was changed|the other one would find other tables, and nothing was changed)`));
    expect(await letsIn(server, user)).toBe(true);
    expect(await server.asPostgres(`SELECT FROM pg_roles WHERE rolname = '${user.username}_clone'`)).toEqual([]);
  });

  test('a schema with the name of the user is no problem if the search_path has no $user', async () => {
    const user = await userWith('ALTER USER {user} SET search_path TO \'public\'');
    await server.asPostgres(`CREATE SCHEMA ${user.username}`);
    const h = await make({ user });
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(`${user.username}_clone`);
  });

  test('case 71: a temporary table of a client is no problem', async () => {
    const user = await userWith();
    const h = await make({ user });
    const client = await server.asPostgres(`SET SESSION AUTHORIZATION ${user.username}; CREATE TEMP TABLE mine ()`, 'SELECT 1');
    expect(client).toHaveLength(1);
    await h.rotate();
  });

  test('what the second user made while it was current is found before the first one is', async () => {
    const user = await userWith('GRANT ROLE app TO {user}');
    const h = await make({ user });
    await h.rotate();
    await server.asPostgres(`CREATE TABLE made_by_${user.username} (); ALTER TABLE made_by_${user.username} OWNER TO ${user.username}_clone`);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /owns tables or views, which the other one could not change or drop/);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 99: a user of the name that another thing made is left alone', async () => {
    const user = await userWith();
    const other = { username: `${user.username}_clone`, password: 'password-of-Somebody-1' };
    await makeUser(server, other);
    const h = await make({ user });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret/);
    expect(await letsIn(server, other)).toBe(true);
  });

  test('a copy of a rotation that was given up does not overwrite the password of a later one', async () => {
    const h: DatabaseHarness = await make({
      engine: beforeClaim(async () => {
        giveUp(h);
        await h.rotate();
      }),
    });
    const rotation = await created(h);
    expect((await failure(h.step(rotation, 'setSecret'))).name).toBe('VersionNotPendingError');
    expect(h.login('AWSCURRENT').username).toBe(`${h.user.username}_clone`);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 100: the mark is made together with the user, so a retry knows it', async () => {
    const user = await userWith();
    const h = await make({ user });
    await h.step(await created(h), 'setSecret');
    expect(await server.asPostgres(`SELECT FROM redshift.pg_group WHERE groname = 'cdk-rotating-secret ${user.username}' AND grolist IS NOT NULL`)).toHaveLength(1);
  });

  test('the second user of AWS\'s own rotation, which has rights by itself, is taken over once a role has them', async () => {
    const user = await userWith('GRANT ROLE app TO {user}');
    const clone = { username: `${user.username}_clone`, password: 'password-of-Aws-1' };
    await makeUser(server, clone);
    await asAdmin(`GRANT SELECT ON things TO ${clone.username}`);
    const h = await make({ user });
    putPrevious(h, clone);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /has rights in svv_relation_privileges by itself/);
    expect(await letsIn(server, clone)).toBe(true);
    await asAdmin(`REVOKE SELECT ON things FROM ${clone.username}`);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await catalogOf(clone.username)).toEqual(await catalogOf(user.username));
  });

  test('case 40: a superuser secret without a superuser is refused, because it would not see all rights', async () => {
    const helper = await userWith();
    const h = await make({ user: await userWith(), superuserChanges: { ...helper } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /is not a superuser of Redshift, so it does not see all rights of the user, and nothing was changed/);
  });
});

test('case 33: a statement has 20 seconds, because views of the catalog take long in a busy cluster', async () => {
  const statements: string[] = [];
  const h = await make({
    strategy: 'singleUser',
    user: await userWith(),
    connection: (connection) => ({
      ...connection,
      query: (sql, parameters) => {
        statements.push(sql);
        return connection.query(sql, parameters);
      },
    }),
  });
  await h.rotate();
  expect(statements).toContain('SET statement_timeout TO 20000');
});

describe('users', () => {
  test('a user whose password is stored as SHA-256 is told from a wrong password, and ends no process', async () => {
    const h = await make({ strategy: 'singleUser' });
    server.withSha256.add(h.user.username);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /stored as SHA-256, and this function can log in only with the MD5/);
    server.withSha256.delete(h.user.username);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
  });

  test('case 96: a name with capital letters and quotes is exact', async () => {
    const user = { username: 'App "of" Mine', password: 'first-password-of-it-1' };
    await makeUser(server, user);
    const h = await make({ user });
    await h.rotate();
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(h.login('AWSCURRENT').username).toBe(user.username);
  });

  const SUPERUSER = { superuserSecretArn: 'superuser', singleUser: true };
  test('case 94: a missing user is created with its rights, and the password comes last', async () => {
    const user = { username: 'created_one', password: 'first-password-of-it-1' };
    const statements = ['GRANT ROLE app TO {user}', 'ALTER GROUP readers ADD USER {user}'];
    const h = await make({ strategy: 'singleUser', user, config: { ...SUPERUSER, creationStatements: statements } });
    await h.rotate();
    expect(await catalogOf(user.username)).toMatchObject({ groups: ['readers'], roles: [{ role_name: 'app' }] });
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    // Twice, and a user with rights of its own choice keeps them.
    await asAdmin('ALTER GROUP readers DROP USER created_one');
    await h.rotate();
    expect(await catalogOf(user.username)).toMatchObject({ groups: [] });
  });

  test('case 94: a statement makes the missing user a superuser, which Redshift refuses for a disabled password', async () => {
    const user = { username: 'created_superuser', password: 'first-password-of-it-1' };
    const h = await make({ strategy: 'singleUser', user, config: { ...SUPERUSER, creationStatements: ['ALTER USER {user} CREATEUSER'] } });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await server.asPostgres('SELECT rolsuper FROM pg_roles WHERE rolname = \'created_superuser\'')).toEqual([{ rolsuper: true }]);
  });

  test('case 97: a statement fails, so there is no user', async () => {
    const user = { username: 'created_two', password: 'first-password-of-it-1' };
    const h = await make({ strategy: 'singleUser', user, config: { ...SUPERUSER, creationStatements: ['GRANT ROLE missing_role TO {user}'] } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /The statement at index 0 of creationStatements failed/);
    expect(await server.asPostgres('SELECT FROM pg_roles WHERE rolname = \'created_two\'')).toEqual([]);
  });

  test('a rotation that was superseded changes nothing, also if something else made the user meanwhile', async () => {
    const user = { username: 'created_four', password: 'first-password-of-it-1' };
    const engine = new Redshift(redshiftTls({ certificateAuthority: server.ca }));
    const credentials = { ...server.admin, host: server.host, port: server.port, dbname: server.database };
    const session = await engine.logIn(credentials, new Deadline(() => 30_000));
    const request = {
      user: user.username,
      password: user.password,
      pendingPassword: 'pending-password-of-it-1',
      statements: [],
      checkInProgress: async () => {
        await makeUser(server, { ...user, password: 'password-of-Somebody-1' });
        throw new RotationSupersededError('It was superseded. Rotate again');
      },
    };
    await expect(session.createUser(request)).rejects.toThrow(RotationSupersededError);
    await session.close();
  });

  test('case 61: copies that create the user at once all succeed', async () => {
    const user = { username: 'created_three', password: 'first-password-of-it-1' };
    const h = await make({ strategy: 'singleUser', user, config: { ...SUPERUSER, creationStatements: ['GRANT ROLE app TO {user}'] } });
    const rotation = await created(h);
    await Promise.all([h.handler, h.makeHandler(), h.makeHandler(), h.makeHandler()].map((handler) => h.step(rotation, 'setSecret', handler)));
    await h.steps(rotation, 'testSecret', 'finishSecret');
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test.each([['is another one', []], ['is disabled, which Redshift does not show', ['ALTER USER {user} PASSWORD DISABLE']]])('a lost password that %s is reset on request', async (_, statements) => {
    const user = await userWith(...statements);
    const h = await make({ strategy: 'singleUser', user: { ...user, password: 'not-its-password-1' }, config: { ...SUPERUSER, resetLostPassword: true } });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test.each<[string, string[], RegExp]>([
    ['is a superuser', ['ALTER USER {user} CREATEUSER'], /may manage other users or is a superuser, so its password is not reset/],
    ['may alter users by a role of its role', ['CREATE ROLE outer_{user}', 'CREATE ROLE inner_{user}', 'GRANT ROLE inner_{user} TO ROLE outer_{user}', 'GRANT ALTER USER TO ROLE inner_{user}', 'GRANT ROLE outer_{user} TO {user}'],
      /may manage other users or is a superuser, so its password is not reset/],
    ['has a role of the system', ['CREATE ROLE "sys:secadmin"', 'GRANT ROLE "sys:secadmin" TO {user}'], /may manage other users or is a superuser, so its password is not reset/],
    ['is expired', ['ALTER USER {user} VALID UNTIL \'2001-02-03\''], /is locked, expired or may not log in, so its password is not reset/],
  ])('a lost password of a user that %s is not reset', async (_, statements, text) => {
    const user = await userWith(...statements);
    const h = await make({ strategy: 'singleUser', user: { ...user, password: 'not-its-password-1' }, config: { ...SUPERUSER, resetLostPassword: true } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', text);
  });

  test('a lost password of a user that has a right to the cluster by itself is not reset, and a role of the name of a user is another thing', async () => {
    const [user, other] = [await userWith(), await userWith()];
    await server.asPostgres(`INSERT INTO redshift.others VALUES ('system', '${user.username}')`);
    const of = (login: Login) => make({ strategy: 'singleUser', user: { ...login, password: 'not-its-password-1' }, config: { ...SUPERUSER, resetLostPassword: true } });
    const h = await of(user);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /may manage other users or is a superuser, so its password is not reset/);
    await asAdmin(`CREATE ROLE ${user.username}`, `GRANT ROLE ${user.username} TO ${other.username}`);
    await (await of(other)).rotate();
  });

  test('a single user whose password a superuser changes', async () => {
    const h = await make({ strategy: 'singleUser', config: SUPERUSER });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('a setting with a backslash, which is special in Redshift, is refused and not copied wrongly', async () => {
    const user = await userWith();
    await server.asPostgres(`ALTER ROLE ${user.username} SET datestyle TO 'ISO'`, `ALTER ROLE ${user.username} SET application_name TO 'a\\b'`);
    const h = await make({ user });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /A setting of the user has a backslash/);
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(false);
  });
});

/*
 * What is PostgreSQL's own about two users who share everything, on real servers: contract cases 32, 70 and 71, and what users, settings and
 * memberships there may be.
 */
import { Client } from 'pg';
import { created, expectNoSecrets, fails, formsOf } from './failing';
import { DatabaseHarness, KINDS, letsIn, makeUser, POSTGRES, quoteName, run, STRATEGIES, valueFor, type DatabaseHarnessOptions } from './fixture';
import { scramVerifier } from '../../../lambda-src/targets/database/scram';
import type { DatabaseServer, Login } from '../../databases';
import { passwordOf } from '../harness';

let users = 0;

describe.each(KINDS.filter(({ target }) => target === 'postgres'))('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(() => server.stop());

  const make = (options: DatabaseHarnessOptions = {}) => DatabaseHarness.make(server, { strategy: 'alternatingUsers', ...options });
  const asRoot = (...statements: string[]) => run(server, server.root, ...statements);

  /** A user with a name that nobody else has. */
  async function user(attributes = ''): Promise<Login> {
    const login = { username: `owner_${++users}`, password: 'first-password-of-it' };
    await makeUser(server, login);
    if (attributes !== '') { await asRoot(`ALTER ROLE ${login.username} ${attributes}`); }
    return login;
  }

  test('case 71: what either user makes, the other one can use, change and drop, rotation after rotation', async () => {
    const h = await make({ user: await user() });
    const { username } = h.user;
    for (let n = 1; n <= 4; n++) {
      const maker = h.login('AWSCURRENT');
      const schema = `${username}_schema_${n}`;
      await run(server, maker, `CREATE SCHEMA ${schema}`, `CREATE TABLE ${schema}.things (id serial, name text)`, `INSERT INTO ${schema}.things (name) VALUES ('one')`,
        `CREATE VIEW ${schema}.names AS SELECT name FROM ${schema}.things`, `CREATE FUNCTION ${schema}.count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM ${schema}.things'`,
        `CREATE TYPE ${schema}.mood AS ENUM ('well')`, `SELECT lo_create(${4_000 + 10 * users + n})`, `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO PUBLIC`);
      await h.rotate();
      const other = h.login('AWSCURRENT');
      expect(other.username).not.toBe(maker.username);
      await run(server, other, `INSERT INTO ${schema}.things (name) VALUES ('two')`, `ALTER TABLE ${schema}.things ADD COLUMN more int`, `CREATE INDEX ON ${schema}.things (name)`,
        `CREATE OR REPLACE VIEW ${schema}.names AS SELECT name FROM ${schema}.things WHERE name <> ''`, `ALTER TYPE ${schema}.mood ADD VALUE 'better'`);
      expect(await run(server, other, `SELECT ${schema}.count() AS n, nextval('${schema}.things_id_seq') AS id`)).toEqual([{ n: '2', id: '3' }]);
      await run(server, other, `SELECT lo_unlink(${4_000 + 10 * users + n})`);
      // The one who made it is still there, and goes on.
      await run(server, maker, `INSERT INTO ${schema}.things (name) VALUES ('three')`, `CREATE TABLE ${schema}.later (id int)`);
      await run(server, other, `DROP TABLE ${schema}.later`, `DROP SCHEMA ${schema} CASCADE`);
    }
  });

  test('case 71: everything belongs to the first user, also where a pool resets its connections', async () => {
    const h = await make({ user: await user() });
    await h.rotate();
    const { username } = h.user;
    for (const reset of ['RESET ROLE', 'DISCARD ALL', 'RESET ALL', 'SET SESSION AUTHORIZATION DEFAULT']) {
      expect(await run(server, h.login('AWSCURRENT'), reset, 'SELECT current_user AS who, session_user AS login')).toEqual([{ who: username, login: `${username}_clone` }]);
    }
    await run(server, h.login('AWSCURRENT'), 'RESET ROLE', `CREATE SCHEMA ${username}`);
    expect(await asRoot(`SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = '${username}'`)).toEqual([{ owner: username }]);
  });

  test('case 71: policies of rows see the same user', async () => {
    const h = await make({ user: await user() });
    const table = `rows_of_${h.user.username}`;
    await run(server, server.admin, `CREATE TABLE ${table} (whose text)`, `INSERT INTO ${table} VALUES ('${h.user.username}'), ('somebody')`, `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
      `CREATE POLICY own ON ${table} USING (whose = current_user)`, `GRANT SELECT ON ${table} TO ${h.user.username}`);
    await h.rotate();
    expect(await run(server, h.login('AWSCURRENT'), `SELECT whose FROM ${table}`)).toEqual([{ whose: h.user.username }]);
  });

  test('case 71: what a clone owned before it acted as the first user is told, with what to do, and works after that', async () => {
    const h = await make({ user: await user() });
    const clone = { username: `${h.user.username}_clone`, password: 'made-by-another-tool' };
    await makeUser(server, clone);
    await run(server, clone, `CREATE SCHEMA ${clone.username}`);
    for (const login of [clone, h.user]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...login }) }); }
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /owns objects of its own.*REASSIGN OWNED BY/);
    expect(await letsIn(server, clone)).toBe(true);
    await asRoot(`REASSIGN OWNED BY ${clone.username} TO ${h.user.username}`);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await run(server, h.login('AWSCURRENT'), `CREATE TABLE ${clone.username}.it (id int)`)).toEqual([]);
  });

  test('case 41: rights and memberships of the first user hold for the other one at once', async () => {
    const h = await make({ user: await user() });
    const { username } = h.user;
    await h.rotate();
    await asRoot(`CREATE ROLE group_of_${username}`, `CREATE TABLE for_${username} (id int)`, `GRANT INSERT ON for_${username} TO group_of_${username}`, `GRANT group_of_${username} TO ${username}`);
    await run(server, h.login('AWSCURRENT'), `INSERT INTO for_${username} VALUES (1)`);
    await asRoot(`REVOKE group_of_${username} FROM ${username}`);
    await expect(run(server, h.login('AWSCURRENT'), `INSERT INTO for_${username} VALUES (1)`)).rejects.toMatchObject({ code: '42501' });
  });

  describe('settings', () => {
    const settingsOf = async (username: string) => Object.fromEntries((await asRoot(
      `SELECT coalesce(d.datname, '') AS database, s.setconfig AS settings FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE r.rolname = '${username}'`,
    )).map(({ database, settings }) => [database as string, (settings as string[]).filter((setting) => !setting.startsWith('role=')).sort()]));

    test('case 34: of the user, everywhere and in one database, are those of the other user, however odd, and go when they go', async () => {
      const h = await make({ user: await user() });
      const { username } = h.user;
      await asRoot(`ALTER ROLE ${username} SET statement_timeout TO '7s'`, `ALTER ROLE ${username} SET search_path TO "$user", "Odd ""name""", 'it''s; DROP ROLE x', public`,
        `ALTER ROLE ${username} IN DATABASE ${server.database} SET work_mem TO '6MB'`, `ALTER ROLE ${username} IN DATABASE ${server.database} SET application_name TO $$a'); ALTER ROLE x SUPERUSER; --\\$$`,
        `ALTER ROLE ${username} SET temp_tablespaces TO ''`);
      await h.rotate();
      const clone = `${username}_clone`;
      expect(await settingsOf(clone)).toEqual(await settingsOf(username));
      expect((await settingsOf(clone))['']).toHaveLength(3);
      expect(await run(server, h.login('AWSCURRENT'), 'SHOW search_path')).toEqual(await run(server, h.user, 'SHOW search_path'));
      await asRoot(`ALTER ROLE ${username} RESET search_path`, `ALTER ROLE ${username} IN DATABASE ${server.database} RESET ALL`, `ALTER ROLE ${username} SET statement_timeout TO '8s'`);
      await h.rotate();
      await h.rotate();
      expect(await settingsOf(clone)).toEqual(await settingsOf(username));
      expect((await settingsOf(clone))['']).toContain('statement_timeout=8s');
    });

    test('case 34: the limits of connections and of time are the same', async () => {
      const h = await make({ user: await user('CONNECTION LIMIT 7 VALID UNTIL \'2099-01-02 03:04:05+00\'') });
      await h.rotate();
      const terms = (username: string) => asRoot(`SELECT rolconnlimit, rolvaliduntil FROM pg_roles WHERE rolname = '${username}'`);
      expect(await terms(`${h.user.username}_clone`)).toEqual(await terms(h.user.username));
    });

    test('that the superuser may not give are told by name', async () => {
      const h = await make({ user: await user() });
      await asRoot(`ALTER ROLE ${h.user.username} SET log_statement TO 'none'`);
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /may not SET log_statement for the user that alternates.*GRANT SET ON PARAMETER/);
      expect(await letsIn(server, h.user)).toBe(true);
    });
  });

  test.each(STRATEGIES)('case 32: %s: names and passwords with everything that is special in SQL are taken as they are', async (strategy) => {
    const username = `"; DROP ROLE x; -- ' \\ %s $1 ü 😀 ${strategy[0]}`;
    const database = `odd "db" '; -- % $1 \\ é 😀 ${strategy}`;
    const login = { username, password: 'Pässw\'"\\;%`$1 😀 `--' };
    await asRoot(`CREATE DATABASE ${quoteName(server, database)}`);
    await makeUser(server, login);
    await asRoot(`ALTER ROLE ${quoteName(server, username)} IN DATABASE ${quoteName(server, database)} SET application_name TO 'it'`);
    const before = await asRoot('SELECT count(*) AS n FROM pg_roles');
    const h = await make({ strategy, user: login, changes: { dbname: database } });
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(await run({ ...server, database }, h.login('AWSCURRENT'), 'SELECT current_database() AS db, session_user AS who')).toEqual([{ db: database, who: h.login('AWSCURRENT').username }]);
    }
    expect(await asRoot('SELECT count(*) AS n FROM pg_roles')).toEqual([{ n: String(Number(before[0].n) + (strategy === 'singleUser' ? 0 : 1)) }]);
    expectNoSecrets(h);
  });

  test('case 36: the server cuts names at 63 bytes, which is why a longer one is refused before', async () => {
    const [longest, longer] = ['u'.repeat(63), 'v'.repeat(64)];
    await asRoot(`CREATE ROLE ${longest}`, `CREATE ROLE ${longer}`);
    expect(await asRoot('SELECT rolname FROM pg_roles WHERE rolname LIKE \'uuuu%\' OR rolname LIKE \'vvvv%\' ORDER BY 1')).toEqual([{ rolname: longest }, { rolname: 'v'.repeat(63) }]);
  });

  test('case 70: no password of any version is in the log of the server, in any form, after rotations by both strategies', async () => {
    for (const strategy of STRATEGIES) {
      const h = await make({ strategy, user: await user() });
      const passwords: string[] = [];
      for (let n = 0; n < 3; n++) {
        await h.rotate();
        passwords.push(passwordOf(h.value('AWSCURRENT')));
      }
      const logs = await server.logs();
      expect(logs).toMatch(new RegExp(`ALTER ROLE "${h.user.username}(_clone)?" PASSWORD 'SCRAM-SHA-256\\$4096:`));
      expect(passwords.flatMap(formsOf).filter((form) => logs.includes(form))).toEqual([]);
      expect(logs).not.toContain(valueFor(server, server.admin));
    }
  });

  test('a user whom somebody else made is refused where the superuser may not manage it, with what to do, and rotates after that', async () => {
    const login = { username: `stranger_${++users}`, password: 'first-password-of-it' };
    await asRoot(`CREATE ROLE ${login.username} LOGIN PASSWORD '${login.password}'`);
    const h = await make({ user: login });
    const rotation = await created(h);
    if (kind.name === 'PostgreSQL 18') {
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /refused with 42501.*ADMIN OPTION/);
      expect(await letsIn(server, login)).toBe(true);
      await asRoot(`GRANT ${login.username} TO ${server.admin.username} WITH ADMIN OPTION`);
    }
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('the superuser may be a real one', async () => {
    const h = await make({ superuserChanges: server.root as unknown as Record<string, unknown> });
    await h.rotate();
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('a user who may not log in is told so', async () => {
    const h = await make({ strategy: 'singleUser', user: await user() });
    const rotation = await created(h);
    await asRoot(`ALTER ROLE ${h.user.username} NOLOGIN`);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /refused with 28000.*NOLOGIN/);
  });
});

describe.each(KINDS.filter(({ target }) => target === 'postgres'))('$name with password_encryption = md5', (kind) => {
  test.each(STRATEGIES)('%s: a verifier of that kind is sent, and no password', async (strategy) => {
    const server = await kind.start({ settings: { password_encryption: 'md5' } });
    try {
      const h = await DatabaseHarness.make(server, { strategy });
      await h.rotate();
      await h.rotate();
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      const logs = await server.logs();
      expect(logs).toMatch(/PASSWORD 'md5[0-9a-f]{32}'/);
      expect(logs).not.toContain(passwordOf(h.value('AWSCURRENT')));
    } finally {
      await server.stop();
    }
  });
});

describe.each(KINDS.filter(({ target }) => target === 'postgres'))('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start({ settings: { wal_level: 'replica', max_wal_senders: 2 } }); });
  afterAll(async () => { await server.stop(); });

  const asRoot = (...statements: string[]) => run(server, server.root, ...statements);
  const verifierOf = async (username: string) => String((await asRoot(`SELECT rolpassword FROM pg_authid WHERE rolname = '${username}'`))[0].rolpassword);

  test.each(STRATEGIES.flatMap((strategy) => [
    ['the user', (user: string) => `ALTER ROLE ${user} SET password_encryption TO 'md5'`],
    ['the user in the database', (user: string) => `ALTER ROLE ${user} IN DATABASE app SET password_encryption TO 'md5'`],
    ['the database', () => 'ALTER DATABASE app SET password_encryption TO \'md5\''],
    ['everybody', () => 'ALTER ROLE ALL SET password_encryption TO \'md5\''],
    ['the superuser of the secret', () => 'ALTER ROLE master SET password_encryption TO \'md5\''],
  ].map(([whose, statement]) => [strategy, whose, statement] as [typeof strategy, string, (user: string) => string])))('case 76: %s: password_encryption of %s does not weaken what a login by SCRAM has proved', async (strategy, _, statement) => {
    const h = await DatabaseHarness.make(server, { strategy });
    try {
      await asRoot(statement(h.user.username));
      for (let n = 0; n < 2; n++) {
        await h.rotate();
        expect(await verifierOf(h.login('AWSCURRENT').username)).toMatch(/^SCRAM-SHA-256\$/);
        expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      }
    } finally {
      await asRoot('ALTER DATABASE app RESET password_encryption', 'ALTER ROLE ALL RESET password_encryption', 'ALTER ROLE master RESET password_encryption');
    }
  });

  test('case 76: a verifier has as many iterations as the login has proved, whatever is set', async () => {
    const h = await DatabaseHarness.make(server);
    await asRoot(`ALTER ROLE ${h.user.username} PASSWORD '${scramVerifier(h.user.password, 9_000)}'`);
    if (kind === POSTGRES) { await asRoot(`ALTER ROLE ${h.user.username} SET scram_iterations TO 1`); }
    await h.rotate();
    expect(await verifierOf(h.user.username)).toMatch(/^SCRAM-SHA-256\$9000:/);
  });

  async function replicates(login: Login): Promise<boolean> {
    const client = new Client({ ...{ replication: 'database' } as object, host: server.host, port: server.port, user: login.username, password: login.password, database: server.database, ssl: { ca: server.ca } });
    try {
      await client.connect();
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === '42501') { return false; }
      throw error;
    } finally {
      await client.end();
    }
  }

  test('cases 34, 77: REPLICATION of the first user, which the server looks at before a session acts as another one, is passed on and taken away', async () => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', superuserChanges: { ...server.root } });
    await asRoot(`ALTER ROLE ${h.user.username} REPLICATION`);
    await h.rotate();
    expect(await replicates(h.user)).toBe(true);
    expect(await replicates(h.login('AWSCURRENT'))).toBe(true);
    await asRoot(`ALTER ROLE ${h.user.username} NOREPLICATION`);
    await h.rotate();
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(`${h.user.username}_clone`);
    expect(await replicates(h.login('AWSCURRENT'))).toBe(false);
  });

  test('case 34: REPLICATION that the superuser of the secret may not pass on is refused with the reason, and nothing is changed', async () => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers' });
    await asRoot(`ALTER ROLE ${h.user.username} REPLICATION`);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /has the attribute REPLICATION, which the server looks at when the other one logs in.*Run ALTER ROLE with REPLICATION/);
    expect(await asRoot(`SELECT 1 FROM pg_roles WHERE rolname = '${h.user.username}_clone'`)).toEqual([]);
  });

  test('case 34: a first user that is a superuser', async () => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', superuserChanges: { ...server.root } });
    await asRoot(`ALTER ROLE ${h.user.username} SUPERUSER`);
    await h.rotate();
    expect(await asRoot(`SELECT rolsuper FROM pg_roles WHERE rolname = '${h.user.username}_clone'`)).toEqual([{ rolsuper: true }]);
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 77: a setting that the first user has no more, the other one loses too', async () => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers' });
    await asRoot(`ALTER ROLE ${h.user.username} SET statement_timeout TO '1h'`);
    await h.rotate();
    expect(await run(server, h.login('AWSCURRENT'), 'SHOW statement_timeout')).toEqual([{ statement_timeout: '1h' }]);
    await asRoot(`ALTER ROLE ${h.user.username} RESET statement_timeout`);
    await h.rotate();
    await h.rotate();
    expect(await run(server, h.login('AWSCURRENT'), 'SHOW statement_timeout')).toEqual([{ statement_timeout: '0' }]);
  });

  test('case 99: membership alone, which anybody may have given, is no proof', async () => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers' });
    const clone = { username: `${h.user.username}_clone`, password: 'password-of-somebody' };
    await makeUser(server, clone);
    await asRoot(`GRANT ${h.user.username} TO ${clone.username}`);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /nothing shows that it belongs to this secret/);
    expect(await letsIn(server, clone)).toBe(true);
  });

  test('case 99: the second user of a rotation of AWS, which is a member and logs in with AWSPREVIOUS, goes on', async () => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers' });
    const clone = { username: `${h.user.username}_clone`, password: 'password-of-the-clone' };
    await asRoot(`CREATE ROLE ${clone.username} LOGIN PASSWORD '${clone.password}'`, `GRANT ${h.user.username} TO ${clone.username}`);
    if (kind === POSTGRES) { await asRoot(`GRANT ${clone.username} TO master WITH ADMIN OPTION`); } else { await asRoot(`ALTER ROLE master CREATEROLE`); }
    for (const login of [clone, h.user]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...login }) }); }
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    }
  });
});

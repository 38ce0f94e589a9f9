/*
 * Tests specific to PostgreSQL, on real servers: contract cases 32, 70, 71, 76, 77, 99 and 100, and the variety of users, settings and
 * memberships.
 */
import { Client, type ClientConfig } from 'pg';
import { created, expectNoSecrets, fails, formsOf, pendingWith, putPrevious } from './failing';
import { DatabaseHarness, KINDS, letsIn, makeUser, quoteName, run, STRATEGIES, valueFor, type DatabaseHarnessOptions } from './fixture';
import { scramVerifier } from '../../../../lambda-src/targets/database/postgres/scram';
import type { DatabaseServer, Login } from '../../../../servers';
import { connect } from '../../../../servers/clients';
import { passwordOf } from '../../../harness';

let users = 0;

describe.each(KINDS.filter(({ target }) => target === 'postgres'))('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(() => server.stop());

  const make = (options: DatabaseHarnessOptions = {}) => DatabaseHarness.make(server, { strategy: 'alternatingUsers', ...options });
  const asRoot = (...statements: string[]) => run(server, server.root, ...statements);

  /** A user with a unique name. */
  async function user(attributes = ''): Promise<Login> {
    const login = { username: `owner_${++users}`, password: 'first-password-of-it' };
    await makeUser(server, login);
    if (attributes !== '') { await asRoot(`ALTER ROLE ${login.username} ${attributes}`); }
    return login;
  }

  /** The server's stored password of a user. */
  async function verifierOf(username: string): Promise<string> {
    return (await asRoot(`SELECT rolpassword FROM pg_authid WHERE rolname = '${username}'`))[0].rolpassword as string;
  }

  /** All parts of users that a rotation could change. */
  const stateOf = (...usernames: string[]) => asRoot(
    'SELECT to_jsonb(a) AS role, (SELECT jsonb_agg(m ORDER BY m.roleid, m.member) FROM pg_auth_members m WHERE a.oid IN (m.roleid, m.member)) AS memberships, '
    + '(SELECT jsonb_agg(s ORDER BY s.setdatabase) FROM pg_db_role_setting s WHERE s.setrole = a.oid) AS settings '
    + `FROM pg_authid a WHERE rolname IN (${usernames.map((name) => `'${name}'`).join()}) ORDER BY rolname`);

  test('case 71: objects that either user creates can be used, changed and dropped by the other one, rotation after rotation', async () => {
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
      // The session that created it is still open, and continues.
      await run(server, maker, `INSERT INTO ${schema}.things (name) VALUES ('three')`, `CREATE TABLE ${schema}.later (id int)`);
      await run(server, other, `DROP TABLE ${schema}.later`, `DROP SCHEMA ${schema} CASCADE`);
    }
  });

  test('case 71: everything belongs to the first user, even if a pool resets its connections', async () => {
    const h = await make({ user: await user() });
    await h.rotate();
    const { username } = h.user;
    for (const reset of ['RESET ROLE', 'DISCARD ALL', 'RESET ALL', 'SET SESSION AUTHORIZATION DEFAULT']) {
      expect(await run(server, h.login('AWSCURRENT'), reset, 'SELECT current_user AS who, session_user AS login')).toEqual([{ who: username, login: `${username}_clone` }]);
    }
    await run(server, h.login('AWSCURRENT'), 'RESET ROLE', `CREATE SCHEMA ${username}`);
    expect(await asRoot(`SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = '${username}'`)).toEqual([{ owner: username }]);
  });

  test('case 71: row policies see the same user', async () => {
    const h = await make({ user: await user() });
    const table = `rows_of_${h.user.username}`;
    await run(server, server.admin, `CREATE TABLE ${table} (whose text)`, `INSERT INTO ${table} VALUES ('${h.user.username}'), ('somebody')`, `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
      `CREATE POLICY own ON ${table} USING (whose = current_user)`, `GRANT SELECT ON ${table} TO ${h.user.username}`);
    await h.rotate();
    expect(await run(server, h.login('AWSCURRENT'), `SELECT whose FROM ${table}`)).toEqual([{ whose: h.user.username }]);
  });

  test('case 71: objects that a clone owned before it acted as the first user are an error with what to do, and work after that', async () => {
    const h = await make({ user: await user() });
    const clone = { username: `${h.user.username}_clone`, password: 'made-by-another-tool' };
    await makeUser(server, clone);
    putPrevious(h, clone);
    await run(server, clone, `CREATE SCHEMA ${clone.username}`);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /owns objects of its own.*REASSIGN OWNED BY.*docs\/moving\.md#from-awss-rotation-of-two-postgresql-users$/);
    expect(await letsIn(server, clone)).toBe(true);
    await asRoot(`REASSIGN OWNED BY ${clone.username} TO ${h.user.username}`);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await run(server, h.login('AWSCURRENT'), `CREATE TABLE ${clone.username}.it (id int)`)).toEqual([]);
  });

  test('case 41: rights and memberships of the first user apply to the other one at once', async () => {
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

    test('case 34: of the user, everywhere and in one database, are those of the other user, however odd, and are removed with them', async () => {
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

    test('that the superuser may not set are in the error by name', async () => {
      const h = await make({ user: await user() });
      await asRoot(`ALTER ROLE ${h.user.username} SET log_statement TO 'none'`);
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /may not SET log_statement for the user that alternates.*GRANT SET ON PARAMETER/);
      expect(await letsIn(server, h.user)).toBe(true);
    });
  });

  test.each(STRATEGIES)('case 32: %s: names and passwords with every special character of SQL work', async (strategy) => {
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

  test('case 36: the server cuts names at 63 bytes, so a longer one is refused before', async () => {
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

  test('a user of another creator is refused if the superuser may not manage it, with what to do, and rotates after that', async () => {
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

  test('the superuser may have the attribute SUPERUSER', async () => {
    const h = await make({ superuserChanges: server.root as unknown as Record<string, unknown> });
    await h.rotate();
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('a user that may not connect to the database gets that error', async () => {
    await asRoot('CREATE DATABASE closed');
    await asRoot('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
    const h = await make({ strategy: 'singleUser', user: await user(), changes: { dbname: 'closed' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /refused with 42501\. The user may not connect to the database of the key "dbname".*GRANT CONNECT on it/);
    await asRoot('DROP DATABASE closed');
  });

  test('a user that may not log in gets that error', async () => {
    const h = await make({ strategy: 'singleUser', user: await user() });
    const rotation = await created(h);
    await asRoot(`ALTER ROLE ${h.user.username} NOLOGIN`);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /refused with 28000.*NOLOGIN/);
  });

  describe('case 76: the stored verifier', () => {
    const undo: string[] = [];
    afterEach(async () => {
      if (undo.length > 0) { await asRoot(...undo.splice(0)); }
    });

    test.each([
      ['the user', (username: string) => [[`ALTER ROLE ${username} SET password_encryption TO 'md5'`], []] as string[][]],
      ['the superuser', () => [['ALTER ROLE master SET password_encryption TO \'md5\''], ['ALTER ROLE master RESET password_encryption']]],
      ['all users', () => [['ALTER ROLE ALL SET password_encryption TO \'md5\''], ['ALTER ROLE ALL RESET password_encryption']]],
      ['the database', () => [['ALTER DATABASE app SET password_encryption TO \'md5\''], ['ALTER DATABASE app RESET password_encryption']]],
      ['the server', () => [['ALTER SYSTEM SET password_encryption TO \'md5\'', 'SELECT pg_reload_conf(), pg_sleep(0.3)'], ['ALTER SYSTEM RESET password_encryption', 'SELECT pg_reload_conf(), pg_sleep(0.3)']]],
    ])('is SCRAM if pg_hba.conf requires it, even if password_encryption of %s is md5', async (_, statements) => {
      const logins = [await user(), await user()];
      for (const [index, strategy] of STRATEGIES.entries()) {
        const h = await make({ strategy, user: logins[index] });
        const [before, after] = statements(h.user.username);
        undo.push(...after);
        await asRoot(...before);
        for (let n = 0; n < 3; n++) {
          await h.rotate();
          expect(await verifierOf(h.login('AWSCURRENT').username)).toMatch(/^SCRAM-SHA-256\$/);
          expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
        }
        const rotation = await created(h);
        await h.step(rotation, 'setSecret');
        await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
        expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      }
    });

    test.each(STRATEGIES)('%s: has at least as many iterations as the one of the login', async (strategy) => {
      const h = await make({ strategy, user: await user() });
      await asRoot(`ALTER ROLE ${h.user.username} PASSWORD '${await scramVerifier(h.user.password, 9_000)}'`);
      if (kind.name === 'PostgreSQL 18') { await asRoot(`ALTER ROLE ${h.user.username} SET scram_iterations TO 1000`); }
      for (let n = 0; n < 3; n++) {
        await h.rotate();
        expect(await verifierOf(h.login('AWSCURRENT').username)).toMatch(/^SCRAM-SHA-256\$9000:/);
      }
    });

    test('has more iterations than the driver\'s default limit, if the login had', async () => {
      const h = await make({ strategy: 'singleUser', user: await user() });
      await asRoot(`ALTER ROLE ${h.user.username} PASSWORD '${await scramVerifier(h.user.password, 150_000)}'`);
      await h.rotate();
      expect(await verifierOf(h.user.username)).toMatch(/^SCRAM-SHA-256\$150000:/);
    });

    test('that would make a login take minutes is refused at once, with what to do', async () => {
      const h = await make({ strategy: 'singleUser', user: await user() });
      const before = await verifierOf(h.user.username);
      const rotation = await created(h);
      const start = Date.now();
      if (kind.name === 'PostgreSQL 18') {
        await asRoot(`ALTER ROLE ${h.user.username} SET scram_iterations TO 2147483647`);
        await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /scram_iterations is higher than 1000000.*Lower the setting/);
        expect(await verifierOf(h.user.username)).toBe(before);
      }
      // With ALTER ROLE, the server would try an empty password with it, for minutes.
      await asRoot(`UPDATE pg_authid SET rolpassword = '${before.replace('$4096:', '$2147483647:')}' WHERE rolname = '${h.user.username}'`);
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /stored with more than 1000000 SCRAM iterations.*Lower the setting/);
      expect(Date.now() - start).toBeLessThan(5_000);
    });
  });

  describe('case 99: an existing user with the name of the other one', () => {
    /** Two unrelated users. The secret is of `mine`. */
    async function strangers(isFirst: boolean) {
      const first = await user();
      const second = { username: `${first.username}_clone`, password: 'password-of-the-second' };
      await makeUser(server, second);
      const [mine, stranger] = isFirst ? [second, first] : [first, second];
      return { first, second, mine, stranger, h: await make({ user: mine }) };
    }

    const DIRECTIONS = [[false, '_clone'], [true, 'the name without _clone']] as const;
    const UNPROVEN = [
      ['nothing in common', () => []],
      ['a membership that was granted by hand', (first: string, second: string) => [`GRANT ${first} TO ${second}`]],
      ['a membership the other way round', (first: string, second: string) => [`GRANT ${second} TO ${first}`]],
      ['the setting without the membership', (first: string, second: string) => [`ALTER ROLE ${second} SET role TO ${first}`]],
      ['the setting for one database only', (first: string, second: string) => [`GRANT ${first} TO ${second}`, `ALTER ROLE ${second} IN DATABASE app SET role TO ${first}`]],
      ['another role in the setting', (first: string, second: string) => [`GRANT ${first}, pg_monitor TO ${second}`, `ALTER ROLE ${first} SET role TO pg_monitor`, `ALTER ROLE ${second} SET role TO pg_monitor`]],
    ] as const;

    describe.each(DIRECTIONS)('(isFirst %p: %s)', (isFirst) => {
      test.each(UNPROVEN)('with %s is refused, and nothing is changed', async (_, statements) => {
        const { first, second, stranger, h } = await strangers(isFirst);
        const sql = statements(first.username, second.username);
        if (sql.length > 0) { await asRoot(...sql); }
        const before = await stateOf(first.username, second.username);
        const rotation = await created(h);
        for (let n = 0; n < 2; n++) {
          await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret, so nothing was changed/);
        }
        expect(await stateOf(first.username, second.username)).toEqual(before);
        expect(await letsIn(server, stranger)).toBe(true);
      });

      test('is refused to a value with its name and without its password', async () => {
        const { first, second, mine, stranger, h } = await strangers(isFirst);
        putPrevious(h, { ...stranger, password: 'guessed-password' });
        const before = await stateOf(first.username, second.username);
        await fails(h, h.step(pendingWith(h, { username: stranger.username }), 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs/);
        expect(await stateOf(first.username, second.username)).toEqual(before);
        expect(await letsIn(server, mine)).toBe(true);
      });

      test('is accepted if AWSPREVIOUS logs in, as with AWS\'s own template, and so is the retry after that', async () => {
        const { first, second, mine, stranger, h } = await strangers(isFirst);
        await asRoot(`GRANT ${first.username} TO ${second.username}`);
        putPrevious(h, stranger);
        const rotation = await created(h);
        await h.step(rotation, 'setSecret');
        const before = await stateOf(first.username, second.username);
        await h.step(rotation, 'setSecret');
        expect(await stateOf(first.username, second.username)).toEqual(before);
        await h.steps(rotation, 'testSecret', 'finishSecret');
        h.simulator.completeRotation(h.arn);
        expect(await letsIn(server, mine)).toBe(true);
        await h.rotate();
        await h.rotate();
        expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      });
    });

    test('is accepted if an earlier rotation created it: its mark is on the server', async () => {
      const h = await make({ user: await user() });
      await h.rotate();
      await asRoot(`ALTER ROLE ${h.user.username}_clone PASSWORD 'a-password-nobody-knows'`);
      const another = await make({ user: h.user });
      await another.rotate();
      await another.rotate();
      expect(await letsIn(server, another.login('AWSCURRENT'))).toBe(true);
      expect(await letsIn(server, another.login('AWSPREVIOUS'))).toBe(true);
    });

    test('case 77: that may not log in any more may again after its next turn', async () => {
      const h = await make({ user: await user() });
      const rotation = await created(h);
      await h.step(rotation, 'setSecret');
      await asRoot(`ALTER ROLE ${h.user.username}_clone NOLOGIN NOINHERIT`);
      await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    });
  });

  describe('case 100: the proof', () => {
    test('exists whenever the user does: a crash before the password leaves no user', async () => {
      let crashes = true;
      const h = await make({
        user: await user(),
        connection: (connection) => ({
          ...connection,
          query: async (sql, parameters) => {
            if (crashes && /PASSWORD/.test(sql)) {
              await connection.close();
              throw new Error('The function died');
            }
            return connection.query(sql, parameters);
          },
        }),
      });
      const rotation = await created(h);
      await expect(h.step(rotation, 'setSecret')).rejects.toThrow();
      expect(await stateOf(`${h.user.username}_clone`)).toEqual([]);
      crashes = false;
      await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    });

    test('outlives a rotation that was abandoned after setSecret', async () => {
      const h = await make({ user: await user() });
      for (let n = 0; n < 3; n++) {
        await h.step(await created(h), 'setSecret');
        const versionId = h.secret.stages.AWSPENDING;
        h.simulator.perform('CancelRotateSecret', { SecretId: h.arn });
        h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: versionId });
        await h.rotate();
      }
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    });

    test('is a login with the pending password, if the first user has a role of its own in its settings', async () => {
      const h = await make({ user: await user() });
      await asRoot(`GRANT pg_monitor TO ${h.user.username}`, `ALTER ROLE ${h.user.username} SET role TO pg_monitor`);
      for (let n = 0; n < 3; n++) {
        const rotation = await created(h);
        await h.step(rotation, 'setSecret');
        const before = await stateOf(h.login('AWSPENDING').username);
        await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
        h.simulator.completeRotation(h.arn);
        expect(await stateOf(h.login('AWSCURRENT').username)).toEqual(before);
        expect(await run(server, h.login('AWSCURRENT'), 'SELECT current_user AS who')).toEqual([{ who: 'pg_monitor' }]);
      }
    });
  });

  test('case 73: twenty copies of setSecret at once all succeed, even if the first waits longer than the lock time-out', async () => {
    const h = await make({ user: await user() });
    const rotation = await created(h);
    const holder = await connect(server, { login: server.root });
    await holder.query('BEGIN');
    await holder.query(`SELECT pg_advisory_xact_lock(hashtextextended('cdk-rotating-secret ${h.user.username} ${h.user.username}_clone', 0))`);
    const released = new Promise((resolve) => setTimeout(resolve, 6_000)).then(() => holder.close());
    await Promise.all(Array.from({ length: 20 }, () => h.step(rotation, 'setSecret', h.makeHandler())));
    await released;
    await h.steps(rotation, 'testSecret', 'finishSecret');
    expect((await server.logs()).match(new RegExp(`ALTER ROLE "${h.user.username}_clone" PASSWORD`, 'g'))).toHaveLength(1);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('the server\'s time-outs for idle sessions don\'t end a transaction that waits for a login', async () => {
    const h = await make({ user: await user() });
    await h.rotate();
    await asRoot(`ALTER ROLE ${server.admin.username} SET idle_in_transaction_session_timeout TO 1`);
    try {
      await h.rotate();
    } finally {
      await asRoot(`ALTER ROLE ${server.admin.username} RESET idle_in_transaction_session_timeout`);
    }
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });
});

/** The attributes that the server checks before a session acts as the first user. */
describe.each(KINDS.filter(({ target }) => target === 'postgres'))('$name with replication', (kind) => {
  let server: DatabaseServer;
  let replicators = 0;
  beforeAll(async () => { server = await kind.start({ settings: { wal_level: 'logical', max_wal_senders: 4, max_replication_slots: 4 } }); });
  afterAll(() => server.stop());
  const asRoot = (...statements: string[]) => run(server, server.root, ...statements);

  async function replicates({ username, password }: Login): Promise<boolean> {
    const config: ClientConfig & { replication: string } = {
      host: server.host, port: server.port, user: username, password, database: server.database, ssl: { ca: server.ca }, replication: 'database',
    };
    const client = new Client(config);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('IDENTIFY_SYSTEM');
      await client.query(`CREATE_REPLICATION_SLOT "${username}" TEMPORARY LOGICAL pgoutput`);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === '42501') { return false; }
      throw error;
    } finally {
      await client.end();
    }
  }

  async function make(attributes: string, superuserChanges: Record<string, unknown> = {}) {
    const user = { username: `replicator_${++replicators}`, password: 'first-password-of-it' };
    await makeUser(server, user);
    await asRoot(`ALTER ROLE ${user.username} ${attributes}`);
    return DatabaseHarness.make(server, { strategy: 'alternatingUsers', user, superuserChanges });
  }

  const ROOT = () => server.root as unknown as Record<string, unknown>;

  test('case 77: the second user has REPLICATION if the first one has it, and loses it at its next turn', async () => {
    const h = await make('REPLICATION', ROOT());
    const { username } = h.user;
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(`${username}_clone`);
    expect(await replicates(h.login('AWSCURRENT'))).toBe(true);
    await h.rotate();
    expect(await replicates(h.login('AWSCURRENT'))).toBe(true);
    await asRoot(`ALTER ROLE ${username} NOREPLICATION`);
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(`${username}_clone`);
    expect(await replicates(h.login('AWSCURRENT'))).toBe(false);
  });

  test('case 77: the second user has SUPERUSER if the first one has it, with reserved connections, and loses it at its next turn', async () => {
    const h = await make('SUPERUSER CONNECTION LIMIT 0', ROOT());
    const { username } = h.user;
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    await h.rotate();
    await asRoot(`ALTER ROLE ${username} NOSUPERUSER CONNECTION LIMIT 7`);
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(`${username}_clone`);
    expect(await asRoot(`SELECT rolsuper FROM pg_roles WHERE rolname = '${username}_clone'`)).toEqual([{ rolsuper: false }]);
  });

  test('REPLICATION that the superuser may not grant is refused with what to do, and nothing is changed; a second user that was created by hand works', async () => {
    const h = await make('REPLICATION');
    const { username } = h.user;
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /only the first one has REPLICATION.*may not change that, so nothing was changed\. Since PostgreSQL 16: make the second one yourself, as docs.second-user.md shows, or use the superuser secret of a user with REPLICATION\. Before/);
    expect(await asRoot(`SELECT FROM pg_roles WHERE rolname = '${username}_clone'`)).toEqual([]);
    expect(await letsIn(server, h.user)).toBe(true);
    // As in docs/second-user.md.
    await asRoot(`CREATE ROLE ${username}_clone LOGIN REPLICATION`, `GRANT ${username} TO ${username}_clone`, `ALTER ROLE ${username}_clone SET role TO ${username}`,
      `GRANT ${username}_clone TO ${server.admin.username} WITH ADMIN OPTION`);
    // On 15, a user with CREATEROLE can't even set the password of one with REPLICATION.
    if (kind.name === 'PostgreSQL 15') {
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /refused with 42501/);
      return;
    }
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await replicates(h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 77: REPLICATION that the superuser may not remove is refused with what to do, and works after that', async () => {
    const h = await make('');
    const { username } = h.user;
    await h.rotate();
    await h.rotate();
    await asRoot(`ALTER ROLE ${username}_clone REPLICATION`);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /only the second one has REPLICATION.*run ALTER ROLE NOREPLICATION for the second one, whose name ends with _clone/);
    await asRoot(`ALTER ROLE ${username}_clone NOREPLICATION`);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });
});

describe.each(KINDS.filter(({ target }) => target === 'postgres'))('$name with password_encryption = md5', (kind) => {
  test.each(STRATEGIES)('%s: sends a verifier of that kind, and no password', async (strategy) => {
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

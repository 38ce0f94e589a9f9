/*
 * What a rotation must never break: the login of AWSCURRENT, and every user that doesn't belong to the secret. On real servers: the rotation
 * contract's cases 74 to 78, 99 and 100, if they are the same for all servers or specific to MySQL and MariaDB.
 */
import { created, expectNoSecrets, fails, pendingWith } from './failing';
import { DatabaseHarness, KINDS, letsIn, makeUser, quoteName, REDSHIFT, run, speaksPostgres, type Connection, type DatabaseHarnessOptions } from './fixture';
import type { DatabaseServer, Login, RedshiftStandIn } from '../../../../servers';
import { connect } from '../../../../servers/clients';
import { failure } from '../../../harness';

const PASSWORD = 'first-password-of-it';
let names = 0;

describe.each([...KINDS, REDSHIFT])('$name', (kind) => {
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  const make = (options: DatabaseHarnessOptions = {}) => DatabaseHarness.make(server, { strategy: 'alternatingUsers', ...options });

  async function madeUser(username: string, password = PASSWORD): Promise<Login> {
    await makeUser(server, { username, password });
    return { username, password };
  }

  /** Everything that the server shows of a user. */
  async function stateOf(username: string): Promise<unknown> {
    const sql = speaksPostgres(server)
      ? `SELECT a.*, (SELECT array_agg(m.roleid::regrole::text) FROM pg_auth_members m WHERE m.member = a.oid) AS roles, (SELECT array_agg(setconfig) FROM pg_db_role_setting WHERE setrole = a.oid) AS settings
         FROM pg_authid a WHERE rolname = '${username}'`
      : `SELECT * FROM mysql.${server.engine === 'mariadb' ? 'global_priv' : 'user'} WHERE User = '${username}'`;
    return server.engine === 'redshift' ? (server as RedshiftStandIn).asPostgres(sql) : run(server, server.root, sql);
  }

  test.each([
    ['_clone of the user', (name: string) => [name, `${name}_clone`]],
    ['first of a user whose name ends with _clone', (name: string) => [`${name}_clone`, name]],
  ] as const)('case 99: an unrelated user with the name of the %s is not changed', async (_, namesOf) => {
    const [own, foreign] = namesOf(`billing_${++names}`);
    const owner = await madeUser(foreign, 'password-of-somebody');
    const h = await make({ user: await madeUser(own) });
    const before = await stateOf(foreign);
    const rotation = await created(h);
    for (let i = 0; i < 2; i++) {
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret, so nothing was changed\. If it belongs to something else, put/);
    }
    expect(h.dialled.map(({ username }) => username)).not.toContain(foreign);
    expect(await stateOf(foreign)).toEqual(before);
    expect(await letsIn(server, owner)).toBe(true);
    expect(await letsIn(server, h.user)).toBe(true);
  });

  test('case 99: a user in a value that was put by hand is not changed', async () => {
    const victim = await madeUser(`victim_${++names}`, 'password-of-somebody');
    const own = await madeUser(`${victim.username}_clone`);
    const h = await make();
    await h.rotate();
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...own }) });
    const before = await stateOf(victim.username);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret/);
    expect(await stateOf(victim.username)).toEqual(before);
    expect(await letsIn(server, victim)).toBe(true);
  });

  test('case 99: a user that AWSPREVIOUS logs in as belongs to the secret, as after a rotation by another function', async () => {
    const first = await madeUser(`moved_${++names}`);
    const clone = await madeUser(`${first.username}_clone`, 'password-of-the-clone');
    const h = await make({ user: first });
    for (const login of [clone, first]) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...login }) }); }
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(h.login('AWSCURRENT').username).toBe(n % 2 === 0 ? clone.username : first.username);
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    }
  });

  test('case 99: a user whose password in AWSPREVIOUS is wrong is not changed', async () => {
    const first = await madeUser(`stale_${++names}`);
    const clone = await madeUser(`${first.username}_clone`, 'password-of-somebody');
    const h = await make({ user: first });
    for (const login of [{ ...clone, password: 'not-the-password' }, first]) {
      h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...login }) });
    }
    const before = await stateOf(clone.username);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret/);
    if (server.engine !== 'mysql') { expect(await stateOf(clone.username)).toEqual(before); }
    expect(await letsIn(server, clone)).toBe(true);
  });

  test('case 99: a user of an earlier rotation is recognized by its mark, whatever AWSPREVIOUS holds', async () => {
    const h = await make();
    await h.rotate();
    await h.rotate();
    for (let n = 0; n < 2; n++) { h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: h.value('AWSCURRENT') + ' '.repeat(n + 1) }); }
    for (let n = 0; n < 2; n++) {
      await h.rotate();
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    }
  });

  test('case 100: the retry completes the creation of the other user after a crash at any statement', async () => {
    let left = Infinity;
    const connection = (made: Connection): Connection => ({
      ...made,
      query: async (sql, parameters) => {
        if (left-- <= 0) {
          await made.close();
          throw new Error('The function died');
        }
        return made.query(sql, parameters);
      },
      close: () => made.close(),
    });
    for (let n = 0; ; n++) {
      left = Infinity;
      const h = await make({ connection });
      const rotation = await created(h);
      left = n;
      const died = await h.step(rotation, 'setSecret').then(() => false, () => true);
      left = Infinity;
      await h.steps(rotation, 'createSecret', 'setSecret', 'testSecret', 'finishSecret');
      expect(h.login('AWSCURRENT').username).toBe(`${h.user.username}_clone`);
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      expect(await letsIn(server, h.login('AWSPREVIOUS'))).toBe(true);
      if (!died) {
        expect(n).toBeGreaterThan(8);
        break;
      }
    }
  });

  test.each(['singleUser', 'alternatingUsers'] as const)('20 copies of every step at once: %s: none fails, and no reader is locked out', async (strategy) => {
    const h = await make({ strategy });
    const copies = Array.from({ length: 20 }, () => h.makeHandler());
    for (let round = 0; round < 2; round++) {
      const rotation = h.start();
      for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
        await Promise.all(copies.map((copy) => h.step(rotation, step, copy)));
        expect(await letsIn(server, h.login(strategy === 'alternatingUsers' || step === 'createSecret' || step === 'finishSecret' ? 'AWSCURRENT' : 'AWSPENDING'))).toBe(true);
      }
      h.simulator.completeRotation(h.arn);
    }
    expectNoSecrets(h);
  });
});

describe.each(KINDS.filter(({ target }) => target !== 'postgres'))('$name', (kind) => {
  const isMariaDb = kind.target === 'mariadb';
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(async () => { await server.stop(); });

  const asAdmin = (...statements: string[]) => run(server, server.admin, ...statements);
  const asRoot = (...statements: string[]) => run(server, server.root, ...statements);

  async function madeUser(terms = '', hosts: readonly string[] = ['%']): Promise<Login> {
    const user = { username: `kept_${++names}`, password: PASSWORD };
    for (const host of hosts) {
      const account = `${quoteName(server, user.username)}@'${host}'`;
      await asAdmin(`CREATE USER ${account} IDENTIFIED BY '${PASSWORD}' ${terms}`, `GRANT SELECT, INSERT ON app.* TO ${account}`);
    }
    return user;
  }

  async function termsOf(username: string, host = '%'): Promise<string> {
    const [created_] = await asRoot(`SHOW CREATE USER ${quoteName(server, username)}@'${host}'`);
    return String(Object.values(created_)[0]).replace(/^CREATE USER \S+ /, '').replace(/IDENTIFIED (BY|VIA|WITH) .*?(?= REQUIRE| PASSWORD EXPIRE| ACCOUNT| WITH MAX_|$)/s, '').replace(/ ATTRIBUTE '.*/, '');
  }

  test.each(['singleUser', 'alternatingUsers'] as const)('case 74: %s: a user that the server stores with other characters is refused before anything changes', async (strategy) => {
    const username = `emo${++names}😀`;
    await asAdmin(`CREATE USER \`emo${names}?\` IDENTIFIED BY '${PASSWORD}'`, `GRANT SELECT ON app.* TO \`emo${names}?\``);
    const h = await DatabaseHarness.make(server, { strategy, user: { username, password: PASSWORD } });
    if (!await letsIn(server, h.user)) { return; }
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /accepts the credentials as those of another user than that of the key "username", so nothing was changed/);
    expect(await letsIn(server, h.user)).toBe(true);
  });

  const LOCKING = isMariaDb ? 'SET GLOBAL max_password_errors = ' : undefined;
  const limit = async (attempts: number): Promise<Login> => {
    if (LOCKING) { await asRoot(`${LOCKING}${attempts}`); }
    return madeUser(LOCKING ? '' : `FAILED_LOGIN_ATTEMPTS ${attempts} PASSWORD_LOCK_TIME UNBOUNDED`);
  };

  test('case 75: a single user that one failed login locks is refused, and can still log in', async () => {
    try {
      const h = await DatabaseHarness.make(server, { user: await limit(1) });
      const rotation = await created(h);
      for (let i = 0; i < 3; i++) {
        await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /One failed login locks the user.*so nothing was changed\. Allow more failed logins, or alternate/);
        expect(await letsIn(server, h.user)).toBe(true);
      }
    } finally {
      if (LOCKING) { await asRoot(`${LOCKING}${2 ** 32 - 1}`); }
    }
  });

  test('case 75: a single user that two failed logins lock rotates, also after a lost reply and beside a failing test', async () => {
    try {
      const h = await DatabaseHarness.make(server, { user: await limit(2) });
      await h.rotate();
      const rotation = await created(h);
      await failure(h.step(rotation, 'testSecret'));
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      await h.step(rotation, 'setSecret');
      await h.steps(rotation, 'setSecret', 'testSecret', 'setSecret', 'testSecret', 'finishSecret');
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    } finally {
      if (LOCKING) { await asRoot(`${LOCKING}${2 ** 32 - 1}`); }
    }
  });

  test('case 75: alternating users that one failed login locks rotate', async () => {
    try {
      const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user: await limit(1) });
      for (let n = 0; n < 4; n++) {
        await h.rotate();
        expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
        expect(await letsIn(server, h.login('AWSPREVIOUS'))).toBe(true);
      }
    } finally {
      if (LOCKING) { await asRoot(`${LOCKING}${2 ** 32 - 1}`); }
    }
  });

  test('case 75: twenty copies at once do not lock a single user that three failed logins lock', async () => {
    try {
      const h = await DatabaseHarness.make(server, { user: await limit(3) });
      const rotation = await created(h);
      await Promise.all(Array.from({ length: 20 }, async () => h.step(rotation, 'setSecret', h.makeHandler({ sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) }))));
      await h.steps(rotation, 'testSecret', 'finishSecret');
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    } finally {
      if (LOCKING) { await asRoot(`${LOCKING}${2 ** 32 - 1}`); }
    }
  });

  const TERMS = isMariaDb
    ? ['PASSWORD EXPIRE NEVER', 'PASSWORD EXPIRE INTERVAL 90 DAY', 'REQUIRE SSL', 'WITH MAX_STATEMENT_TIME 12', 'REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 900 PASSWORD EXPIRE NEVER']
    : ['PASSWORD EXPIRE NEVER', 'PASSWORD EXPIRE INTERVAL 90 DAY', 'PASSWORD HISTORY 3', 'PASSWORD REUSE INTERVAL 3 DAY', 'PASSWORD REQUIRE CURRENT OPTIONAL', 'REQUIRE SSL',
      'FAILED_LOGIN_ATTEMPTS 5 PASSWORD_LOCK_TIME 2', 'PASSWORD EXPIRE NEVER ATTRIBUTE \'{"team": "billing"}\'', 'REQUIRE SSL PASSWORD EXPIRE NEVER PASSWORD HISTORY 5 FAILED_LOGIN_ATTEMPTS 9 PASSWORD_LOCK_TIME UNBOUNDED'];

  test.each(TERMS)('cases 34, 77: an account with %s: the other user has the same, and loses it when the first one does', async (terms) => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user: await madeUser(terms) });
    await h.rotate();
    expect(await termsOf(`${h.user.username}_clone`)).toBe(await termsOf(h.user.username));
    const plain = await madeUser();
    const wanted = await termsOf(plain.username);
    expect(await termsOf(h.user.username)).not.toBe(wanted);
    const off = isMariaDb
      ? 'REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 0 MAX_STATEMENT_TIME 0 PASSWORD EXPIRE DEFAULT'
      : 'REQUIRE NONE PASSWORD EXPIRE DEFAULT PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT FAILED_LOGIN_ATTEMPTS 0 PASSWORD_LOCK_TIME 0';
    await asAdmin(`ALTER USER ${quoteName(server, h.user.username)}@'%' ${off}`);
    await h.rotate();
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(`${h.user.username}_clone`);
    expect(await termsOf(`${h.user.username}_clone`)).toBe(await termsOf(h.user.username));
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  const hostsOf = async (username: string) => (await asRoot(`SELECT Host AS host FROM mysql.user WHERE User = '${username}' ORDER BY 1`)).map(({ host }) => host);
  const isLocked = async (username: string, host: string) => (await termsOf(username, host)).includes('ACCOUNT LOCK');

  test('case 77: an account that the first user no longer has is locked for the other one, and unlocked when the first one has it again', async () => {
    const user = await madeUser('', ['%', '127.0.0.1']);
    const clone = `${user.username}_clone`;
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user });
    await h.rotate();
    expect(await hostsOf(clone)).toEqual(['%', '127.0.0.1']);
    await asAdmin(`DROP USER '${user.username}'@'%'`);
    await h.rotate();
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(clone);
    expect(await isLocked(clone, '%')).toBe(true);
    expect(await isLocked(clone, '127.0.0.1')).toBe(false);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    await asAdmin(`CREATE USER '${user.username}'@'%' IDENTIFIED BY '${PASSWORD}'`, `GRANT SELECT, INSERT ON app.* TO '${user.username}'@'%'`);
    await h.rotate();
    await h.rotate();
    expect(await isLocked(clone, '%')).toBe(false);
    await asAdmin(`DROP USER '${user.username}'@'127.0.0.1'`, `DROP USER '${clone}'@'127.0.0.1'`);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 99: an account with the name of the other user and another host is not changed', async () => {
    const user = await madeUser();
    const clone = `${user.username}_clone`;
    await asAdmin(`CREATE USER '${clone}'@'10.1.2.3' IDENTIFIED BY 'password-of-somebody'`, `GRANT SELECT ON app.* TO '${clone}'@'10.1.2.3'`);
    const state = () => asRoot(`SELECT * FROM mysql.${isMariaDb ? 'global_priv' : 'user'} WHERE User = '${clone}' AND Host = '10.1.2.3'`);
    const before = await state();
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user });
    for (let n = 0; n < 3; n++) { await h.rotate(); }
    expect(h.login('AWSCURRENT').username).toBe(clone);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await state()).toEqual(before);

    // The first user gets an account for that host too. A login by AWSPREVIOUS with the account of a rotation proves nothing about this one.
    await asAdmin(`CREATE USER '${user.username}'@'10.1.2.3' IDENTIFIED BY '${PASSWORD}'`);
    await h.rotate();
    expect(h.login('AWSPREVIOUS').username).toBe(clone);
    const rotation = await created(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /nothing proves that it belongs to this secret, so nothing was changed/);
    expect(await state()).toEqual(before);
    await asAdmin(`DROP USER '${clone}'@'10.1.2.3'`);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await hostsOf(clone)).toEqual(['%', '10.1.2.3']);
  });

  // Servers remove the space when they create the user. MariaDB looks it up with the space afterwards.
  test('case 99: a user that was created with a space at the end of the name is not changed', async () => {
    const user = await madeUser();
    await asAdmin(`CREATE USER '${user.username}_clone '@'%' IDENTIFIED BY 'password-of-somebody'`);
    const state = () => asRoot(`SELECT * FROM mysql.${isMariaDb ? 'global_priv' : 'user'} WHERE User LIKE '${user.username}%'`);
    const before = await state();
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user });
    await failure(h.step(await created(h), 'setSecret'));
    expect(await state()).toEqual(before);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test.each([
    ['made', async (_: Login) => {}],
    ['adopted', async ({ username }: Login) => {
      await asAdmin(`CREATE USER '${username}_clone'@'%' IDENTIFIED BY 'password-of-the-clone'`, `GRANT SELECT ON app.* TO '${username}_clone'@'%'`);
    }],
  ])('case 100: after a crash at any statement, the next rotation can continue with the accounts, whatever its password: %s', async (_, prepare) => {
    let statements = 0;
    let last = Infinity;
    const connection = (inner: Connection): Connection => Object.assign(Object.create(inner) as Connection, {
      query: async (sql: string) => {
        if (/^(CREATE|GRANT|ALTER|SET PASSWORD)/.test(sql) && ++statements > last) { throw new Error('the function died'); }
        return inner.query(sql);
      },
      close: async () => inner.close(),
    });
    let stopped = 0;
    for (let isOver = false; !isOver;) {
      const user = await madeUser('', ['%', '10.1.2.3']);
      await prepare(user);
      const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user, connection });
      for (const login of [{ username: `${user.username}_clone`, password: 'password-of-the-clone' }, user]) {
        h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: JSON.stringify({ ...JSON.parse(h.value('AWSCURRENT')), ...login }) });
      }
      [statements, last] = [0, ++stopped];
      isOver = await h.step(await created(h), 'setSecret').then(() => true, () => false);
      last = Infinity;
      if (isOver) { break; }
      h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: h.secret.stages.AWSPENDING });
      h.simulator.completeRotation(h.arn);
      await h.rotate();
      expect(h.login('AWSCURRENT').username).toBe(`${user.username}_clone`);
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    }
    expect(stopped).toBeGreaterThan(4);
  });

  test('the server ends an abandoned session within a minute, and its lock too', async () => {
    const idle: number[] = [];
    const connection = (inner: Connection): Connection => Object.assign(Object.create(inner) as Connection, {
      close: async () => {
        idle.push(...(await inner.query('SELECT @@SESSION.wait_timeout AS seconds')).map(({ seconds }) => Number(seconds)));
        await inner.close();
      },
    });
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user: await madeUser(), connection });
    await h.step(await created(h), 'setSecret');
    expect(new Set(idle)).toEqual(new Set([60]));
  });

  test('a lock that the server refuses is an error at once', async () => {
    const connection = (inner: Connection): Connection => Object.assign(Object.create(inner) as Connection, {
      query: async (sql: string) => sql.includes('GET_LOCK') ? inner.query('SELECT NULL AS locked') : inner.query(sql),
      close: async () => inner.close(),
    });
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user: await madeUser(), connection });
    const start = Date.now();
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /Another session holds a lock/);
    expect(Date.now() - start).toBeLessThan(4_000);
  });

  test('a single user that may read one column of mysql.user rotates', async () => {
    const user = await madeUser();
    await asRoot(`GRANT SELECT (Host, User) ON mysql.user TO '${user.username}'@'%'`);
    const h = await DatabaseHarness.make(server, { user });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 56: a rotation that changed one of two accounts does not count as done, and its retry changes both', async () => {
    const user = await madeUser('', ['%', '10.1.2.3']);
    let changes = 0;
    let refused = 0;
    const connection = (inner: Connection): Connection => Object.assign(Object.create(inner) as Connection, {
      query: async (sql: string) => {
        const isChange = isMariaDb ? /^(SET PASSWORD FOR|ALTER USER \S+ IDENTIFIED VIA)/.test(sql) : /^ALTER USER \S+ IDENTIFIED WITH/.test(sql);
        if (isChange && ++changes === refused) { return inner.query('SELECT 1 FROM no_such.t'); }
        return inner.query(sql);
      },
      close: async () => inner.close(),
    });
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user, connection });
    const hashes = async () => new Set((await asRoot(`SELECT authentication_string AS hash FROM mysql.user WHERE User = '${user.username}_clone'`)).map(({ hash }) => String(hash)));
    for (const failing of [1, 2]) {
      const rotation = await created(h);
      [changes, refused] = [0, failing];
      await failure(h.step(rotation, 'setSecret'));
      expect(changes).toBe(failing);
      refused = 0;
      await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
      expect(changes).toBeGreaterThanOrEqual(failing + 2);
      if (isMariaDb) { expect((await hashes()).size).toBe(1); }
      h.simulator.completeRotation(h.arn);
      await h.rotate();
    }
  });

  if (!isMariaDb) {
    test('case 77: the other user loses a removed part of an attribute too', async () => {
      const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user: await madeUser('ATTRIBUTE \'{"team": {"name": "billing", "floor": {"n": 3, "wing": "b"}}}\'') });
      const attributesOf = async (username: string) => {
        const [{ attributes }] = await asRoot(`SELECT ATTRIBUTE AS attributes FROM information_schema.USER_ATTRIBUTES WHERE USER = '${username}'`);
        return (typeof attributes === 'string' ? JSON.parse(attributes) : attributes) as { team: unknown };
      };
      await h.rotate();
      await asAdmin(`ALTER USER '${h.user.username}'@'%' ATTRIBUTE '{"team": {"name": null, "floor": {"wing": null}}}'`);
      await h.rotate();
      await h.rotate();
      expect((await attributesOf(`${h.user.username}_clone`)).team).toEqual({ floor: { n: 3 } });
    });
  }

  if (isMariaDb) {
    test('case 99: alternating users keep rotating with another superuser secret, and beside a role with the name of a user', async () => {
      const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user: await madeUser() });
      await h.rotate();
      await h.rotate();
      const other = { username: `master_${++names}`, password: 'password-of-the-other' };
      await asRoot(`CREATE USER '${other.username}'@'%' IDENTIFIED BY '${other.password}'`, `GRANT ALL PRIVILEGES ON *.* TO '${other.username}'@'%' WITH GRANT OPTION`);
      h.simulator.perform('PutSecretValue', { SecretId: 'superuser', SecretString: JSON.stringify({ engine: 'mariadb', host: server.host, port: server.port, ...other }) });
      for (let n = 0; n < 3; n++) { await h.rotate(); }
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);

      const single = await madeUser();
      await asRoot(`CREATE ROLE '${single.username}'`, `GRANT SELECT ON mysql.* TO '${single.username}'@'%'`);
      const beside = await DatabaseHarness.make(server, { user: single });
      await beside.rotate();
      expect(await letsIn(server, beside.login('AWSCURRENT'))).toBe(true);
    });
  }

  if (!isMariaDb) {
    test('a rotation leaves no second password on the server', async () => {
      const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers', user: await madeUser() });
      await h.rotate();
      const early = h.login('AWSCURRENT');
      await h.rotate();
      await asRoot(`ALTER USER '${early.username}'@'%' IDENTIFIED BY 'another-password-of-it' RETAIN CURRENT PASSWORD`);
      h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString: h.value('AWSCURRENT').replace(/}$/, ',"n":1}') });
      await h.rotate();
      expect(h.login('AWSCURRENT').username).toBe(early.username);
      expect(await letsIn(server, early)).toBe(false);
    });
  }

  test('a single user with an account for another host is refused, if the server shows it, and both accounts keep their password', async () => {
    const user = await madeUser('', ['%', '127.0.0.1']);
    if (isMariaDb) { await asRoot(`GRANT SELECT ON mysql.* TO '${user.username}'@'127.0.0.1'`); }
    const h = await DatabaseHarness.make(server, { user });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /has more than one account, .*Its account is for '127\.0\.0\.1', and there are others for '%'/);
    expect(await letsIn(server, user)).toBe(true);
    await asAdmin(`DROP USER '${user.username}'@'127.0.0.1'`);
    expect(await letsIn(server, user)).toBe(true);
  });

  test.each(['singleUser', 'alternatingUsers'] as const)('case 78: %s: the server cancels a statement that waits for a global read lock, and the retry completes', async (strategy) => {
    const h = await DatabaseHarness.make(server, { strategy });
    const rotation = await created(h);
    const root = await connect(server, { login: server.root });
    await root.query('FLUSH TABLES WITH READ LOCK');
    try {
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /took too long|holds a lock|doesn't answer/);
    } finally {
      await root.query('UNLOCK TABLES');
      await root.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(false);
    await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  }, 60_000);

  test('a password of the greatest length that the server accepts alternates', async () => {
    const h = await DatabaseHarness.make(server, { strategy: 'alternatingUsers' });
    await h.steps(pendingWith(h, { username: `${h.user.username}_clone`, password: 'x'.repeat(250) }), 'setSecret', 'testSecret', 'finishSecret');
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });
});

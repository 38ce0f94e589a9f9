/* Accounts, rights and plugins of MySQL and MariaDB, on real servers: contract cases 32, 34 to 36, 41, 70 and 72. */
import { created, expectNoSecrets, fails, formsOf, pendingWith } from './failing';
import { DatabaseHarness, KINDS, letsIn, makeUser, run, STRATEGIES, type DatabaseHarnessOptions } from './fixture';
import type { DatabaseServer, Login } from '../../../../servers';
import { passwordOf } from '../../../harness';

const PASSWORD = 'first-password-of-it';
let users = 0;

describe.each(KINDS.filter(({ target }) => target !== 'postgres'))('$name', (kind) => {
  const isMariaDb = kind.target === 'mariadb';
  const native = isMariaDb || kind.name === 'MySQL 8.0';
  let server: DatabaseServer;
  beforeAll(async () => { server = await kind.start(); });
  afterAll(() => server.stop());

  const make = (options: DatabaseHarnessOptions = {}) => DatabaseHarness.make(server, { strategy: 'alternatingUsers', ...options });
  const asRoot = (...statements: string[]) => run(server, server.root, ...statements);
  const asAdmin = (...statements: string[]) => run(server, server.admin, ...statements);

  /** A user of its own with an account for every connection. */
  async function user(...statements: ((account: string) => string)[]): Promise<Login> {
    const login = { username: `owner_${++users}`, password: PASSWORD };
    await makeUser(server, login);
    await asAdmin(...statements.map((statement) => statement(`\`${login.username}\`@'%'`)));
    return login;
  }

  /** The server's output for an account, without its name, its password and its mark. */
  async function rightsOf(username: string, host = '%'): Promise<string[]> {
    const account = `\`${username}\`@\`${host}\``;
    const lines = [...await asRoot(`SHOW GRANTS FOR ${account}`), ...await asRoot(`SHOW CREATE USER ${account}`)].map((row) => String(Object.values(row)[0]));
    return lines.map((line) => line.replaceAll(/\(([^()]*)\)/g, (_, columns: string) => `(${columns.split(', ').sort().join(', ')})`).replaceAll(new RegExp(`[\`']${username}[\`']`, 'g'), 'IT')
      .replace(/(IDENTIFIED (BY|VIA|WITH) .*?)(?= REQUIRE| PASSWORD EXPIRE| WITH MAX_|$)/s, 'IDENTIFIED').replace(/ DEFAULT ROLE .*?(?= REQUIRE)/, '').replace(/ ATTRIBUTE '\{"cdk-rotating-secret": \{"alternatesWith": "[^"]*"\}\}'/, ''))
      .filter((line) => !line.startsWith('GRANT `cdk-rotating-secret ')).sort();
  }

  const defaultRolesOf = async (username: string) => isMariaDb
    ? asRoot(`SELECT default_role AS role FROM mysql.user WHERE User = '${username}'`)
    : asRoot(`SELECT DEFAULT_ROLE_USER AS role FROM mysql.default_roles WHERE USER = '${username}' ORDER BY 1`);

  const pluginOf = async (username: string) => (await asRoot(`SELECT plugin FROM mysql.user WHERE User = '${username}'`)).map(({ plugin }) => plugin);

  test.each(STRATEGIES)('case 30: a password of 256 bytes is set with %s, and a longer one only if the server accepts it', async (strategy) => {
    const h = await make({ strategy });
    const next = strategy === 'singleUser' ? {} : { username: `${h.user.username}_clone` };
    await h.step(pendingWith(h, { ...next, password: 'p'.repeat(256) }), 'setSecret');
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
    const other = await make({ strategy });
    const longer = pendingWith(other, { ...strategy === 'singleUser' ? {} : { username: `${other.user.username}_clone` }, password: 'p'.repeat(257) });
    if (isMariaDb) {
      await other.step(longer, 'setSecret');
      expect(await letsIn(server, other.login('AWSPENDING'))).toBe(true);
    } else {
      await fails(other, other.step(longer, 'setSecret'), 'SecretValueError', /longer than 256 bytes, which is the most that the authentication plugin of the user takes, so nothing was changed\. Give the target a passwordPolicy .*, remove AWSPENDING/);
      expect(await letsIn(server, other.user)).toBe(true);
    }
  });

  // The superuser of MySQL has ROLE_ADMIN, which MariaDB doesn't have.
  if (isMariaDb) {
    test('a role that the superuser may not grant is an error with what to grant', async () => {
      await asRoot('CREATE ROLE IF NOT EXISTS not_to_pass_on');
      const h = await make();
      await asRoot(`GRANT not_to_pass_on TO \`${h.user.username}\`@'%'`);
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError',
        /ER_ACCESS_DENIED_NO_PASSWORD_ERROR\. The user of the superuser secret may not grant a role that the first user has\. Grant that role to it WITH ADMIN OPTION/);
      expect(await letsIn(server, h.user)).toBe(true);
    });
  }

  const RIGHTS: [string, (n: number) => ((account: string) => string)[]][] = [
    ['everything in a database, to be passed on', () => [(account) => `GRANT ALL PRIVILEGES ON app.* TO ${account} WITH GRANT OPTION`]],
    ['some rights in databases whose names have wildcards and quotes', () => ['a\\_b%', 'it\'s', 'with `tick', 'ü'].map((name) =>
      (account) => `GRANT SELECT, INSERT ON \`${name.replaceAll('`', '``')}\`.* TO ${account}`)],
    ['some columns', () => [(account) => `GRANT SELECT (id, name), UPDATE (name) ON app.things TO ${account}`]],
    ['a procedure', () => [(account) => `GRANT EXECUTE ON PROCEDURE app.doing TO ${account}`]],
    ['rights on everything', () => [(account) => `GRANT PROCESS, RELOAD, SELECT ON *.* TO ${account}`]],
    ['a role by default', () => [
      (account) => `GRANT reader TO ${account}`,
      (account) => `SET DEFAULT ROLE reader ${isMariaDb ? 'FOR' : 'TO'} ${account}`,
    ]],
    ['two roles', () => ['reader', 'writer'].map((role) => (account) => `GRANT ${role} TO ${account}`)],
    ['a role that may be passed on', () => [(account) => `GRANT writer TO ${account} WITH ADMIN OPTION`]],
    ['TLS and limits', () => [(account) => `ALTER USER ${account} REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 1000 MAX_USER_CONNECTIONS 7`]],
  ];

  beforeAll(async () => {
    await asRoot('CREATE TABLE app.things (id int, name varchar(20))', 'CREATE PROCEDURE app.doing() SELECT 1', 'CREATE ROLE reader, writer', 'GRANT SELECT ON app.* TO reader',
      'GRANT INSERT ON app.* TO writer', ...['reader', 'writer'].map((role) => `GRANT ${role} TO '${server.admin.username}' WITH ADMIN OPTION`));
    for (const name of ['app', 'a\\_b%', 'it\'s', 'with `tick', 'ü']) { await asRoot(`GRANT ALL PRIVILEGES ON \`${name.replaceAll('`', '``')}\`.* TO '${server.admin.username}' WITH GRANT OPTION`); }
  });

  test.each(RIGHTS)('case 34: %s: the other user has the same', async (_, statements) => {
    const h = await make({ user: await user(...statements(users)) });
    await h.rotate();
    const { username } = h.user;
    expect(await rightsOf(`${username}_clone`)).toEqual(await rightsOf(username));
    expect(await defaultRolesOf(`${username}_clone`)).toEqual(await defaultRolesOf(username));
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    const before = await rightsOf(username);
    await h.rotate();
    expect(await rightsOf(username)).toEqual(before);
  });

  test('case 41: the other user gets or loses the same as the first user later, and never the reverse', async () => {
    const login = await user((account) => `GRANT ALL PRIVILEGES ON app.* TO ${account} WITH GRANT OPTION`, (account) => `GRANT reader TO ${account}`);
    const { username } = login;
    const h = await make({ user: login });
    await h.rotate();
    await asAdmin(`REVOKE ALL PRIVILEGES ON app.* FROM \`${username}\`@'%'`, `REVOKE GRANT OPTION ON app.* FROM \`${username}\`@'%'`, `REVOKE reader FROM \`${username}\`@'%'`,
      `GRANT SELECT (id) ON app.things TO \`${username}\`@'%'`, `GRANT writer TO \`${username}\`@'%'`);
    const wanted = await rightsOf(username);
    await h.rotate();
    expect(await rightsOf(username)).toEqual(wanted);
    await h.rotate();
    expect(h.login('AWSCURRENT').username).toBe(`${username}_clone`);
    expect(await rightsOf(`${username}_clone`)).toEqual(wanted);
  });

  test('cases 34, 35: every account of the user, for each host, has its counterpart', async () => {
    const username = `hosts_${++users}`;
    const accounts = ['localhost', '127.0.0.1', '10.%', 'db.example.com'].map((host) => ({ host, account: `'${username}'@'${host}'` }));
    for (const { account } of accounts) { await asAdmin(`CREATE USER ${account} IDENTIFIED BY '${PASSWORD}'`); }
    await asAdmin(`GRANT SELECT ON app.* TO '${username}'@'localhost'`, `GRANT SELECT ON app.* TO '${username}'@'127.0.0.1'`, `GRANT INSERT ON app.* TO '${username}'@'10.%'`);
    const h = await make({ user: { username, password: PASSWORD } });
    const hostsOf = async (name: string) => (await asRoot(`SELECT Host AS host FROM mysql.user WHERE User = '${name}' ORDER BY 1`)).map(({ host }) => host);
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      expect(await hostsOf(`${username}_clone`)).toEqual(accounts.map(({ host }) => host).sort());
      for (const { host } of accounts) { expect(await rightsOf(`${username}_clone`, host)).toEqual(await rightsOf(username, host)); }
    }
  });

  const PLUGINS = isMariaDb ? ['mysql_native_password'] : ['caching_sha2_password', 'sha256_password', ...native ? ['mysql_native_password'] : []];

  test.each(PLUGINS.flatMap((plugin) => STRATEGIES.map((strategy) => [plugin, strategy] as const)))('case 72: the plugin %s is kept: %s', async (plugin, strategy) => {
    const username = `plugin_${++users}`;
    await asAdmin(isMariaDb ? `CREATE USER '${username}' IDENTIFIED VIA ${plugin} USING PASSWORD('${PASSWORD}')` : `CREATE USER '${username}' IDENTIFIED WITH ${plugin} BY '${PASSWORD}'`,
      `GRANT SELECT ON app.* TO '${username}'`);
    const h = await make({ strategy, user: { username, password: PASSWORD } });
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      expect(await pluginOf(h.login('AWSCURRENT').username)).toEqual([plugin]);
    }
  });

  if (!isMariaDb && native) {
    test.each(STRATEGIES)('case 30: mysql_native_password accepts a password of more than 256 bytes: %s', async (strategy) => {
      const username = `long_${++users}`;
      await asAdmin(`CREATE USER '${username}' IDENTIFIED WITH mysql_native_password BY '${PASSWORD}'`, `GRANT SELECT ON app.* TO '${username}'`);
      const h = await make({ strategy, user: { username, password: PASSWORD } });
      const next = strategy === 'singleUser' ? {} : { username: `${username}_clone` };
      await h.step(pendingWith(h, { ...next, password: 'p'.repeat(300) }), 'setSecret');
      expect(await letsIn(server, h.login('AWSPENDING'))).toBe(true);
    });
  }

  test(`case 72: a plugin without a password fails, with its name: ${isMariaDb ? 'unix_socket' : 'auth_socket'}`, async () => {
    const h = await make({ user: await user() });
    const rotation = await created(h);
    // The server doesn't check whether it is loaded while the account is never used.
    await asRoot(`CREATE USER '${h.user.username}_clone'@'10.%' IDENTIFIED ${isMariaDb ? 'VIA unix_socket' : 'WITH mysql_no_login'}`).catch(async () => {
      await asRoot(`CREATE USER '${h.user.username}_clone'@'10.%'`, `UPDATE mysql.user SET plugin = 'auth_socket' WHERE User = '${h.user.username}_clone'`);
    });
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /has the authentication plugin \w+, which this function does not rotate/);
    expect(await letsIn(server, h.user)).toBe(true);
  });

  test('case 36: the server refuses names that are longer than the limit', async () => {
    const limit = isMariaDb ? 128 : 32;
    await asRoot(`CREATE USER '${'l'.repeat(limit)}'`);
    await expect(asRoot(`CREATE USER '${'m'.repeat(limit + 1)}'`)).rejects.toMatchObject({ code: 'ER_WRONG_STRING_LENGTH' });
  });

  test.each(STRATEGIES)('case 32: %s: names and passwords with every special character of SQL work', async (strategy) => {
    const username = `"; DROP\\ \`x\` '%$ü_${strategy[0]}`;
    const database = `odd "db" \`; -- % \\ é ${strategy[0]}`;
    const quoted = `\`${database.replaceAll('`', '``')}\``;
    const login = { username, password: 'Pässw\'"\\;%`$1 😀 `--' };
    await asRoot(`CREATE DATABASE ${quoted}`);
    await makeUser(server, login);
    await asRoot(`GRANT SELECT ON *.* TO \`${username.replaceAll('`', '``')}\`@'%'`, `GRANT SELECT ON *.* TO '${server.admin.username}'@'%' WITH GRANT OPTION`);
    const h = await make({ strategy, user: login, changes: { dbname: database }, superuserChanges: { dbname: undefined } });
    for (let n = 0; n < 3; n++) {
      await h.rotate();
      expect(await run({ ...server, database }, h.login('AWSCURRENT'), 'SELECT DATABASE() AS db')).toEqual([{ db: database }]);
    }
    expectNoSecrets(h);
  });

  test('case 70: no password of any version is in any log of the server, in any form, after rotations by both strategies', async () => {
    for (const strategy of STRATEGIES) {
      const h = await make({ strategy, user: await user() });
      const passwords: string[] = [];
      for (let n = 0; n < 3; n++) {
        await h.rotate();
        passwords.push(passwordOf(h.value('AWSCURRENT')));
      }
      const logs = await server.logs();
      expect(logs).toMatch(new RegExp(`(ALTER USER|SET PASSWORD).*${strategy === 'singleUser' ? '' : h.user.username}`));
      expect(passwords.flatMap(formsOf).filter((form) => logs.includes(form))).toEqual([]);
    }
  });

  if (!isMariaDb) {
    test('case 34: exceptions from a global right are copied (partial_revokes)', async () => {
      await asRoot('SET GLOBAL partial_revokes = ON');
      const login = await user();
      await asRoot('CREATE DATABASE IF NOT EXISTS hidden', `GRANT SELECT ON *.* TO '${login.username}'`, `REVOKE SELECT ON hidden.* FROM '${login.username}'`);
      const h = await make({ user: login, superuserChanges: server.root as unknown as Record<string, unknown> });
      await h.rotate();
      expect((await rightsOf(`${login.username}_clone`)).join()).toContain('REVOKE SELECT ON `hidden`');
      expect(await rightsOf(`${login.username}_clone`)).toEqual(await rightsOf(login.username));
    });

    test.each(STRATEGIES)('%s: a user that has to give its password to change it rotates (PASSWORD REQUIRE CURRENT)', async (strategy) => {
      const h = await make({ strategy, user: await user((account) => `ALTER USER ${account} PASSWORD REQUIRE CURRENT`) });
      await h.rotate();
      await h.rotate();
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    });
  }
});

describe.each(KINDS.filter(({ target }) => target !== 'postgres'))('$name with other settings', (kind) => {
  test('sql_mode and the initial statements of connections have no effect', async () => {
    const server = await kind.start({ settings: { sql_mode: 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', init_connect: 'SET @it = 1' } });
    try {
      for (const strategy of STRATEGIES) {
        const login = { username: `quo"te_${strategy[0]}`, password: 'with\\back\'slash' };
        await run(server, server.admin, `CREATE USER 'quo"te_${strategy[0]}' IDENTIFIED BY 'with\\back''slash'`, `GRANT SELECT ON app.* TO 'quo"te_${strategy[0]}'`);
        const h = await DatabaseHarness.make(server, { strategy, user: login });
        await h.rotate();
        await h.rotate();
        expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      }
    } finally {
      await server.stop();
    }
  });
});

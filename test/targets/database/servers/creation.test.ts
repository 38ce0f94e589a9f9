/*
 * The rotation contract's cases of the first user, on real servers: users that a rotation creates, passwords that a superuser sets, and superuser
 * secrets as RDS makes them.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { created, dialledUsers, expectNoSecrets, fails } from './failing';
import { DatabaseHarness, KINDS, letsIn, makeUser, MARIADB, MYSQL, POSTGRES, quoteLiteral, quoteName, run, type Connection, type DatabaseHarnessOptions, type Kind } from './fixture';
import { ConnectivityError } from '../../../../lambda-src/rotation/errors';
import type { DatabaseServer, Login } from '../../../../servers';
import type { DatabaseTargetConfig } from '../../../../src/targets/database/contract';
import { failure } from '../../../harness';

const SUPERUSER = { superuserSecretArn: 'superuser' };
const STRATEGIES: Readonly<Record<string, Partial<DatabaseTargetConfig>>> = {
  'a single user': { ...SUPERUSER, singleUser: true },
  'alternating users': SUPERUSER,
  'two passwords': { ...SUPERUSER, dualPasswords: true },
};

let server: DatabaseServer;
let names = 0;

function missingUser(username = `made_${++names}`): Login {
  return { username, password: `first-password-${++names}` };
}

/** A role or a database user group with the rights of the app, and the statement that passes them on. */
async function statements(): Promise<string[]> {
  const name = `rights_${++names}`;
  if (server.engine === 'postgres') {
    await run(server, server.admin, `CREATE ROLE ${name}`, `CREATE SCHEMA ${name}`, `GRANT ALL ON SCHEMA ${name} TO ${name}`);
    return [`GRANT ${name} TO {user}`, 'ALTER ROLE {user} CONNECTION LIMIT 5', `CREATE TABLE ${name}.of_the_app (id int)`, `GRANT ALL ON ${name}.of_the_app TO {user}`];
  }
  await run(server, server.admin, `CREATE TABLE app.${name} (id int)`);
  return [`GRANT SELECT ON app.${name} TO {user}`, `GRANT INSERT ON app.${name} TO {user}`, 'GRANT CREATE, DROP ON app.* TO {user}'];
}

/** What the user may do, as the server says. */
async function rights({ username }: Login): Promise<string> {
  const rows = server.engine === 'postgres'
    ? await run(server, server.root, 'SELECT r.rolname, u.rolconnlimit FROM pg_roles u LEFT JOIN pg_auth_members m ON m.member = u.oid LEFT JOIN pg_roles r ON r.oid = m.roleid '
      + `WHERE u.rolname = ${quoteLiteral(server, username)} ORDER BY 1`)
    : await run(server, server.root, `SHOW GRANTS FOR ${quoteName(server, username)}@'%'`);
  return JSON.stringify(rows).replaceAll(/IDENTIFIED [^"]*/g, '');
}

async function make(config: Partial<DatabaseTargetConfig>, options: DatabaseHarnessOptions = {}): Promise<DatabaseHarness> {
  return DatabaseHarness.make(server, { user: missingUser(), ...options, config: { ...config, ...options.config } });
}

/** The password of a half-made account in MySQL and MariaDB, which anybody with AWSCURRENT can compute. */
function unfinished(password: string): string {
  return password + createHmac('sha256', password).update('unfinished').digest('hex').slice(0, 32);
}

/** Counts the statements, and lets the connection break at one of them: before the server gets it, or before its answer comes. */
function breaking(at: { statement: number; sent: boolean }) {
  let sent = 0;
  let isOver = false;
  const watch = (inner: Connection): Connection => Object.assign(Object.create(inner) as Connection, {
    query: async (sql: string, parameters?: readonly unknown[]) => {
      if (isOver || sent++ !== at.statement) { return inner.query(sql, parameters); }
      if (at.sent) { await inner.query(sql, parameters).catch(() => {}); }
      await inner.close();
      throw new ConnectivityError('The connection broke. Secrets Manager retries the rotation');
    },
    close: async () => inner.close(),
  });
  const end = () => {
    isOver = true;
    return sent;
  };
  return { watch, end };
}

describe.each(KINDS)('$name', (kind) => {
  beforeAll(async () => { server = await kind.start(); });
  afterAll(() => server.stop());

  const strategies = Object.keys(STRATEGIES).filter((strategy) => kind.target !== 'postgres' || strategy !== 'two passwords');

  describe.each(strategies)('%s', (strategy) => {
    const config = STRATEGIES[strategy];

    test('case 94: a missing user is created with its rights, and AWSCURRENT logs in after each rotation', async () => {
      const creationStatements = await statements();
      const h = await make({ ...config, creationStatements });
      expect(await letsIn(server, h.user)).toBe(false);
      await h.rotate();
      const [first, expected] = [h.user, await rights(h.user)];
      expect(expected).toContain('rights_');
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      await h.rotate();
      await h.rotate();
      expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
      expect(await rights(first)).toBe(expected);
      expectNoSecrets(h);
    });

    test('case 97: a statement fails, so no version logs in, and the error has the number of the statement and not its text', async () => {
      const h = await make({ ...config, creationStatements: [...(await statements()).slice(0, 1), 'GRANT missing_thing_of_the_app TO {user}'] });
      const rotation = await created(h);
      const error = await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /The statement at index 1 of creationStatements failed, so the user can't log in yet\. /);
      expect(error.message).not.toContain('missing_thing');
      expect(await Promise.all(['AWSCURRENT', 'AWSPENDING'].map((version) => letsIn(server, h.login(version))))).toEqual([false, false]);
    });

    test('case 95: an existing user gets no right of the statements', async () => {
      const user = missingUser();
      await makeUser(server, user);
      const before = await rights(user);
      const h = await make({ ...config, creationStatements: await statements() }, { user });
      await h.rotate();
      await h.rotate();
      expect(await rights(user)).toBe(before);
    });

    test('case 95: an existing user with another password keeps it, and gets nothing', async () => {
      const user = missingUser();
      await makeUser(server, user);
      const before = await rights(user);
      const h = await make({ ...config, creationStatements: await statements() }, { user: { ...user, password: 'not-its-password' } });
      await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /./);
      expect(await rights(user)).toBe(before);
      expect(await letsIn(server, user)).toBe(true);
    });
  });

  test.each(['"', '\'', '`', '\\', '$', '{user}', '$&', ';', '--', '%', '@', ' ', 'ä', '_clone'])('case 96: a user with %j in its name', async (text) => {
    const user = missingUser(`q${++names}${text}x`);
    const h = await make({ ...STRATEGIES['alternating users'], creationStatements: await statements() }, { user });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await letsIn(server, user)).toBe(true);
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await rights(user)).toContain('rights_');
  });

  test('case 94: the connection breaks at every statement: no login without all rights, and the retry completes the user', async () => {
    const config = STRATEGIES['a single user'];
    let [broken, statement] = [0, 0];
    for (let isOver = false; !isOver; statement++) {
      for (const sent of [false, true]) {
        const failing = breaking({ statement, sent });
        const creationStatements = await statements();
        const h = await make({ ...config, creationStatements }, { connection: failing.watch });
        const rotation = await created(h);
        const error = await h.step(rotation, 'setSecret').then(() => undefined, (thrown: unknown) => thrown);
        isOver = failing.end() <= statement;
        const mayLogIn = await Promise.all(['AWSCURRENT', 'AWSPENDING'].map((version) => letsIn(server, h.login(version))));
        if (mayLogIn.includes(true)) { expect(await rights(h.user)).toContain(server.engine === 'postgres' ? '"rolconnlimit":5' : 'CREATE, DROP'); }
        broken += error === undefined ? 0 : 1;
        await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
        expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
        expect(await rights(h.user)).toContain('rights_');
      }
    }
    expect(broken).toBeGreaterThan(20);
  });

  test('case 94: a rotation was given up within the statements, and the next one completes the user', async () => {
    const h = await make({ ...STRATEGIES['a single user'], creationStatements: [...(await statements()).slice(0, 1), 'GRANT later_role TO {user}'] });
    await failure(h.step(await created(h), 'setSecret'));
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSPENDING', RemoveFromVersionId: h.secret.stages.AWSPENDING });
    h.simulator.completeRotation(h.arn);
    await run(server, server.admin, 'CREATE ROLE later_role');
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await rights(h.user)).toContain('later_role');
    await run(server, server.root, ...server.engine === 'postgres' ? [`REVOKE later_role FROM ${h.user.username}`, 'DROP ROLE later_role'] : ['DROP ROLE later_role']);
  });

  test('a user that is left within its statements is completed by a secret with another password, and its password is not reset before', async () => {
    if (server.engine === 'postgres') { return; }
    const creationStatements = [...(await statements()).slice(0, 1), `GRANT later_${++names} TO {user}`];
    const h = await make({ ...STRATEGIES['a single user'], creationStatements, resetLostPassword: true });
    await failure(h.step(await created(h), 'setSecret'));
    expect(await letsIn(server, { ...h.user, password: unfinished(h.user.password) })).toBe(false);
    const reset = await make({ ...STRATEGIES['a single user'], resetLostPassword: true }, { user: { ...h.user, password: 'password-of-another-secret' } });
    await fails(reset, reset.step(await created(reset), 'setSecret'), 'TargetRefusedError', /its password is not reset/);
    await run(server, server.admin, `CREATE ROLE ${creationStatements[1].split(' ')[1]}`);
    const other = await make({ ...STRATEGIES['a single user'], creationStatements, resetLostPassword: true }, { user: { ...h.user, password: 'password-of-another-secret' } });
    await other.rotate();
    expect(await letsIn(server, other.login('AWSCURRENT'))).toBe(true);
    expect(await rights(h.user)).toContain('later_');
    expect(await rights(h.user)).not.toContain('unfinished');
  });

  test('an existing user with another password gets no further failed login', async () => {
    if (server.engine === 'postgres') { return; }
    const user = missingUser();
    await makeUser(server, user);
    const h = await make({ ...STRATEGIES['a single user'], creationStatements: [] }, { user: { ...user, password: 'not-its-password' } });
    await failure(h.step(await created(h), 'setSecret'));
    expect(dialledUsers(h).filter((name) => name === user.username)).toHaveLength(2);
  });

  test('resetLostPassword: the password of a user that is refused for another reason is not reset', async () => {
    const user = missingUser();
    await makeUser(server, user);
    const name = quoteName(server, user.username);
    await run(server, server.root, server.engine === 'postgres' ? `ALTER ROLE ${name} VALID UNTIL '2001-01-01'` : `ALTER USER ${name}@'%' ACCOUNT LOCK`);
    const h = await make(STRATEGIES['a single user'], { user, config: { resetLostPassword: true } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /locked, expired or may not log in/);
    await run(server, server.root, server.engine === 'postgres' ? `ALTER ROLE ${name} VALID UNTIL 'infinity'` : `ALTER USER ${name}@'%' ACCOUNT UNLOCK`);
    expect(await letsIn(server, user)).toBe(true);
  });

  test('without creationStatements, a missing user is an error, and is not created', async () => {
    const h = await make(STRATEGIES['a single user']);
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /Create the user if it was never created/);
    expect(await letsIn(server, h.login('AWSPENDING'))).toBe(false);
  });

  test('the superuser sets the password of a single user, after a login with a version of the secret', async () => {
    const h = await make(STRATEGIES['a single user'], { user: undefined });
    await h.rotate();
    expect(dialledUsers(h).slice(0, 2)).toEqual([h.user.username, server.admin.username]);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    expect(await letsIn(server, h.user)).toBe(false);
  });

  test('resetLostPassword: the superuser sets the password of a user that accepts no version, and only then', async () => {
    const user = missingUser();
    await makeUser(server, user);
    const value = { ...user, password: 'not-its-password' };
    const without = await make(STRATEGIES['a single user'], { user: value });
    await fails(without, without.step(await created(without), 'setSecret'), 'AuthenticationError', /accepts neither the pending password, nor the current one, nor the previous one/);
    const h = await make(STRATEGIES['a single user'], { user: value, config: { resetLostPassword: true } });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('resetLostPassword: the password of a user that may manage others is not reset', async () => {
    const grants = server.engine === 'postgres'
      ? ['ALTER ROLE {user} CREATEROLE', 'ALTER ROLE {user} REPLICATION', 'ALTER ROLE {user} SUPERUSER', `CREATE ROLE managers_${names} CREATEROLE ROLE {user}`]
      : ['GRANT CREATE USER ON *.* TO {user}', 'GRANT SELECT ON app.* TO {user} WITH GRANT OPTION', 'GRANT UPDATE ON mysql.* TO {user}', 'GRANT managers TO {user}'];
    if (server.engine !== 'postgres') { await run(server, server.root, 'CREATE ROLE managers', 'GRANT CREATE USER ON *.* TO managers'); }
    for (const grant of grants) {
      const user = missingUser();
      await makeUser(server, user);
      await run(server, server.root, grant.replace('{user}', server.engine === 'postgres' ? user.username : `'${user.username}'@'%'`));
      const h = await make(STRATEGIES['a single user'], { user: { ...user, password: 'not-its-password' }, config: { resetLostPassword: true } });
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /its password is not reset/);
      expect(await letsIn(server, user)).toBe(true);
    }
  });

  test('resetLostPassword: a missing user is not created', async () => {
    const h = await make(STRATEGIES['a single user'], { config: { resetLostPassword: true } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /Create the user if it was never created/);
  });
});

describe.each([POSTGRES, MYSQL, MARIADB])('the statements of docs/first-deployment.md: $name', (kind) => {
  const page = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'first-deployment.md'), 'utf8');
  const [inSchema, ownSchema, inMySql] = [...page.matchAll(/```sql\n([^`]*)```/g)].map(([, block]) => block.trim().split('\n'));

  beforeAll(async () => {
    server = await kind.start();
    if (server.engine === 'postgres') { await run(server, server.root, `GRANT ALL ON DATABASE ${server.database} TO ${server.admin.username} WITH GRANT OPTION`); }
  });
  afterAll(() => server.stop());

  test.each(kind.target === 'postgres' ? [['for its own schema', ownSchema], ['in a schema that exists', inSchema]] : [['for a database', inMySql]])('create a user %s', async (_, creationStatements) => {
    expect(creationStatements.length).toBeGreaterThanOrEqual(2);
    const h = await make({ ...STRATEGIES['a single user'], creationStatements });
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
    const statement = server.engine === 'postgres' ? 'SELECT FROM pg_namespace WHERE nspname = \'app\' AND has_schema_privilege(nspname, \'USAGE\')' : 'SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES WHERE TABLE_SCHEMA = \'app\'';
    expect((await run(server, h.login('AWSCURRENT'), statement)).length).toBeGreaterThan(0);
  });
});

describe.each([POSTGRES, MYSQL, MARIADB])('a superuser secret as RDS makes it: $name', (kind: Kind) => {
  beforeAll(async () => { server = await kind.start(); });
  afterAll(() => server.stop());

  const WITHOUT_SERVER = { engine: undefined, host: undefined, port: undefined, dbname: undefined };
  const endpoint = () => `${server.host}:${server.port}`;

  test.each(['a single user', 'alternating users'])('case 98: a username and a password, at the endpoint of the configuration: %s', async (strategy) => {
    const config = { ...STRATEGIES[strategy], endpoint: endpoint(), creationStatements: await statements() };
    const h = await make(config, { superuserChanges: WITHOUT_SERVER });
    await h.rotate();
    await h.rotate();
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('case 98: without an endpoint, nothing of it is sent anywhere', async () => {
    const h = await make(STRATEGIES['alternating users'], { user: undefined, superuserChanges: WITHOUT_SERVER });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretValueError', /In the superuser secret superuser: /);
    expect(h.dialled).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['the host of the secret', { host: 'attacker.example' }, WITHOUT_SERVER],
    ['the port of the secret', { port: 1 }, WITHOUT_SERVER],
    ['the host of both', { host: 'attacker.example' }, { host: 'attacker.example' }],
    ['the host of the superuser secret', {}, { host: 'attacker.example' }],
    ['the port of the superuser secret', {}, { port: 1 }],
    ['both hosts and both ports', { host: 'attacker.example', port: 1 }, { host: 'attacker.example', port: 1 }],
  ])('case 98: changed by hand: %s; every login is at the endpoint, or there is none', async (_, changes, superuserChanges) => {
    const h = await make({ ...STRATEGIES['alternating users'], endpoint: endpoint() }, { user: undefined, changes, superuserChanges });
    await h.steps(h.start(), 'createSecret', 'setSecret', 'testSecret').catch(() => {});
    expect(h.reached.filter((address) => address !== endpoint())).toEqual([]);
  });

  test('case 98: without a port, the endpoint has that of the engine, whatever the secret has', async () => {
    const h = await make({ ...STRATEGIES['alternating users'], endpoint: server.host }, { user: undefined, superuserChanges: WITHOUT_SERVER });
    await failure(h.step(await created(h), 'setSecret'));
    expect(new Set(h.reached)).toEqual(new Set([`${server.host}:${server.engine === 'postgres' ? 5432 : 3306}`]));
  });

  test.each([{ host: 'other.example' }, { port: 1 }])('a secret of another server than the database, %j, is refused without a login', async (changes) => {
    const h = await make({ ...STRATEGIES['alternating users'], endpoint: endpoint(), endpointIsServer: true }, { user: undefined, changes, superuserChanges: WITHOUT_SERVER });
    const error = await failure(h.step(h.start(), 'createSecret'));
    expect(error.message).toMatch(/not those of the database of the RotationTarget/);
    expect(h.reached).toEqual([]);
  });

  test('the engine of the secret was changed by hand: no login', async () => {
    const h = await make({ ...STRATEGIES['alternating users'], endpoint: endpoint() }, { user: undefined, changes: { engine: 'oracle' }, superuserChanges: WITHOUT_SERVER });
    const error = await failure(h.step(h.start(), 'createSecret'));
    expect(error.name).toBe('SecretValueError');
    expect(h.dialled).toEqual([]);
  });

  test('the user of the secret is that of the superuser secret: no login', async () => {
    const h = await make({ ...STRATEGIES['a single user'], endpoint: endpoint(), resetLostPassword: true }, {
      user: undefined, changes: { username: server.admin.username }, superuserChanges: WITHOUT_SERVER,
    });
    await fails(h, h.step(await created(h), 'setSecret'), 'SecretValueError', /The superuser secret has the user whose password it would change/);
    expect(h.dialled).toEqual([]);
  });

  test('the superuser secret rotates between the reading and the login', async () => {
    const admin = { username: `admin_${++names}`, password: 'password-before-its-rotation' };
    await run(server, server.root, ...server.engine === 'postgres' ? [`CREATE ROLE ${admin.username} LOGIN SUPERUSER PASSWORD '${admin.password}'`]
      : [`CREATE USER ${admin.username} IDENTIFIED BY '${admin.password}'`, `GRANT ALL ON *.* TO ${admin.username} WITH GRANT OPTION`]);
    const after = 'password-after-its-rotation';
    let isRotated = false;
    const h = await make({ ...STRATEGIES['alternating users'], endpoint: endpoint(), creationStatements: await statements() }, {
      superuserChanges: { ...WITHOUT_SERVER, ...admin },
      engine: (engine) => ({
        ...engine,
        userNameLimit: (name) => engine.userNameLimit(name),
        logIn: async (credentials, deadline) => {
          if (credentials.username === admin.username && !isRotated) {
            isRotated = true;
            await run(server, server.root, server.engine === 'postgres' ? `ALTER ROLE ${admin.username} PASSWORD '${after}'` : `ALTER USER ${admin.username} IDENTIFIED BY '${after}'`);
            h.simulator.perform('PutSecretValue', { SecretId: 'superuser', SecretString: JSON.stringify({ ...admin, password: after }) });
          }
          return engine.logIn(credentials, deadline);
        },
      }),
    });
    await h.rotate();
    expect(isRotated).toBe(true);
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });

  test('a superuser that is refused is tried once', async () => {
    const h = await make({ ...STRATEGIES['alternating users'], endpoint: endpoint() }, { user: undefined, superuserChanges: { ...WITHOUT_SERVER, password: 'not-its-password' } });
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /does not accept the credentials of the superuser secret/);
    expect(dialledUsers(h).filter((user) => user === server.admin.username)).toHaveLength(1);
  });

  test('the secret has another host than the endpoint, such as that of a reader or a proxy', async () => {
    const h = await make({ endpoint: endpoint() }, { user: undefined, changes: { host: 'reader.example.com', port: 6432 } });
    await h.rotate();
    expect(JSON.parse(h.value('AWSCURRENT'))).toMatchObject({ host: 'reader.example.com', port: 6432 });
    expect(await letsIn(server, h.login('AWSCURRENT'))).toBe(true);
  });
});

/*
 * The rotation contract's cases of two passwords at a time, on real servers. Cases 91 and 93 don't apply: a writer is one node, and it applies
 * a password at once.
 */
import { created, expectNoSecrets, fails, giveUp, passwordStatements, setPassword } from './failing';
import { DatabaseHarness, KINDS, letsIn, makeUser, POSTGRES, run, type Connection, type DatabaseHarnessOptions, type Kind } from './fixture';
import { nativeHash, sha256Crypt } from '../../../../lambda-src/targets/database/mysql/password-hash';
import type { DatabaseServer, Login } from '../../../../servers';
import { failure } from '../../../harness';

const NAMED = (name: string) => KINDS.find((kind) => kind.name === name)!;
const MYSQLS = ['MySQL 8.0', 'MySQL 9.7'].map(NAMED);
const MARIADBS = ['MariaDB 11.8', 'MariaDB 10.11'].map(NAMED);

interface Setting {
  readonly kind: Kind;
  /** Who adds the passwords. */
  readonly by: 'user' | 'superuser';
}

const SETTINGS: readonly Setting[] = [
  ...MYSQLS.map((kind) => ({ kind, by: 'user' as const })),
  ...[...MYSQLS, ...MARIADBS].map((kind) => ({ kind, by: 'superuser' as const })),
];

let server: DatabaseServer;
let by: Setting['by'];
let names = 0;

async function use(setting: Setting): Promise<void> {
  server = await setting.kind.start();
  by = setting.by;
}

/** A user with one account, made with `terms`. */
async function madeUser(terms = '', plugin = ''): Promise<Login> {
  const user = { username: `dual_${++names}`, password: `first-password-${names}` };
  await run(server, server.admin, `CREATE USER '${user.username}'@'%' IDENTIFIED ${plugin ? `WITH ${plugin} ` : ''}BY '${user.password}' ${terms}`,
    `GRANT SELECT ON app.* TO '${user.username}'@'%'`);
  if (by === 'user') { await run(server, server.root, `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO '${user.username}'@'%'`); }
  return user;
}

async function make(options: DatabaseHarnessOptions = {}): Promise<DatabaseHarness> {
  return DatabaseHarness.make(server, {
    ...options,
    user: options.user ?? await madeUser(),
    config: { dualPasswords: true, ...by === 'superuser' ? { superuserSecretArn: 'superuser' } : {}, ...options.config },
  });
}

/** What the server stores of the passwords of the user. */
async function stored(h: DatabaseHarness): Promise<string> {
  const table = server.engine === 'mariadb' ? 'global_priv' : 'user';
  return JSON.stringify(await run(server, server.root, `SELECT * FROM mysql.${table} WHERE User = '${h.user.username}'`));
}

const accepted = async (h: DatabaseHarness, ...versions: string[]) => Promise.all(versions.map((version) => letsIn(server, h.login(version))));

/** Stands between the engine and its driver, and looks at every statement. */
function watching(look: (sql: string, send: () => Promise<Record<string, unknown>[]>) => Promise<Record<string, unknown>[]>) {
  return (inner: Connection): Connection => Object.assign(Object.create(inner) as Connection, {
    query: (sql: string) => look(sql, () => inner.query(sql)),
    close: async () => inner.close(),
  });
}

const isChange = (sql: string) => sql.startsWith('ALTER USER');

describe.each(SETTINGS.map((setting) => ({ ...setting, name: `${setting.kind.name}, passwords added by the ${setting.by}` })))('$name', (setting) => {
  beforeAll(() => use(setting));
  afterAll(() => server.stop());

  test('cases 87, 89: at every instant AWSCURRENT is accepted, and AWSPREVIOUS until setSecret replaces it', async () => {
    let changes = 0;
    let h: DatabaseHarness | undefined;
    h = await make({
      connection: watching(async (sql, send) => {
        const hasPrevious = h!.secret.stages.AWSPREVIOUS !== undefined && changes === 0;
        if (hasPrevious) { expect(await accepted(h!, 'AWSPREVIOUS')).toEqual([true]); }
        const rows = await send();
        expect(await accepted(h!, 'AWSCURRENT')).toEqual([true]);
        if (isChange(sql)) { changes++; }
        return rows;
      }),
    });
    for (let n = 0; n < 3; n++) {
      const before = n > 0 ? h.login('AWSPREVIOUS') : undefined;
      const rotation = await created(h);
      changes = 0;
      await h.step(rotation, 'setSecret');
      expect(changes).toBe(1);
      expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT')).toEqual([true, true]);
      await h.steps(rotation, 'testSecret', 'finishSecret');
      h.simulator.completeRotation(h.arn);
      expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
      if (before) { expect(await letsIn(server, before)).toBe(false); }
      expect(h.login('AWSCURRENT').username).toBe(h.user.username);
    }
    expectNoSecrets(h);
  });

  test('case 88: setSecret that is repeated, also by copies at the same time, changes nothing more', async () => {
    const h = await make();
    await h.rotate();
    const rotation = await created(h);
    await h.step(rotation, 'setSecret');
    // A user of MySQL sets the password that it has, so that the salt of its hash is another one.
    const kept = async () => (await stored(h)).replace(by === 'user' ? /"(?:authentication_string|password_last_changed)":"(?:[^"\\]|\\.)*",/g : '', '');
    const before = await kept();
    for (let n = 0; n < 3; n++) { await h.step(rotation, 'setSecret'); }
    await Promise.all(Array.from({ length: 5 }, () => h.step(rotation, 'setSecret')));
    expect(await kept()).toBe(before);
    expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT')).toEqual([true, true]);
  });

  test('cases 88, 73: copies that run at the same time from the start keep AWSCURRENT', async () => {
    const h = await make();
    await h.rotate();
    const rotation = await created(h);
    await Promise.all(Array.from({ length: 6 }, () => h.step(rotation, 'setSecret')));
    expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT')).toEqual([true, true]);
  });

  test('case 90: a second password from elsewhere is replaced, and AWSCURRENT is not', async () => {
    const h = await make();
    const others = { ...h.user, password: 'password-of-somebody' };
    await run(server, server.root, ...server.engine === 'mariadb'
      ? [`ALTER USER '${h.user.username}'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('${h.user.password}') OR mysql_native_password USING PASSWORD('${others.password}')`]
      : [`ALTER USER '${h.user.username}'@'%' IDENTIFIED BY '${others.password}'`, `ALTER USER '${h.user.username}'@'%' IDENTIFIED BY '${h.user.password}' RETAIN CURRENT PASSWORD`]);
    expect([await letsIn(server, h.user), await letsIn(server, others)]).toEqual([true, true]);
    await h.rotate();
    expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
    expect(await letsIn(server, others)).toBe(false);
  });

  test('a rotation that was given up after setSecret leaves AWSCURRENT as the second password, and the next one keeps it at every instant', async () => {
    let h: DatabaseHarness | undefined;
    h = await make({
      connection: watching(async (_, send) => {
        const rows = await send();
        expect(await accepted(h!, 'AWSCURRENT')).toEqual([true]);
        return rows;
      }),
    });
    await h.rotate();
    for (let n = 0; n < 2; n++) {
      await h.step(await created(h), 'setSecret');
      const givenUp = h.login('AWSPENDING');
      giveUp(h);
      await h.step(await created(h), 'setSecret');
      expect(await letsIn(server, givenUp)).toBe(false);
      expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT')).toEqual([true, true]);
      giveUp(h);
    }
    await h.rotate();
    expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
  });

  test('AWSCURRENT that was moved back to the previous version is kept by the next rotation', async () => {
    const h = await make();
    await h.rotate();
    const { AWSCURRENT: from, AWSPREVIOUS: to } = h.secret.stages;
    h.simulator.perform('UpdateSecretVersionStage', { SecretId: h.arn, VersionStage: 'AWSCURRENT', MoveToVersionId: to, RemoveFromVersionId: from });
    await h.step(await created(h), 'setSecret');
    expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true, false]);
  });

  test('case 26: if only the previous password works, it is the one that is kept', async () => {
    const h = await make();
    await h.rotate();
    const rotation = await created(h);
    await setPassword(server, h.login('AWSPREVIOUS'));
    if (server.engine === 'mysql') { await run(server, server.root, `ALTER USER '${h.user.username}'@'%' DISCARD OLD PASSWORD`); }
    if (server.engine === 'mariadb') {
      await run(server, server.root, `ALTER USER '${h.user.username}'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('${h.login('AWSPREVIOUS').password}')`);
    }
    await h.step(rotation, 'setSecret');
    expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, false, true]);
  });

  test('case 28: where no password works, it fails as authentication, and nothing is changed', async () => {
    const h = await make();
    await setPassword(server, { ...h.user, password: 'changed-by-hand-1' });
    const before = await stored(h);
    await fails(h, h.step(await created(h), 'setSecret'), 'AuthenticationError', /accepts neither the pending password, nor the current one, nor the previous one/);
    expect(await stored(h)).toBe(before);
  });

  test('case 56: the function dies before or after any statement, and the retry completes', async () => {
    let sent = 0;
    let last = Infinity;
    let phase: 'before' | 'after' = 'before';
    const connection = watching(async (_, send) => {
      if (++sent > last || (sent === last && phase === 'before')) { throw new Error('the function died'); }
      const rows = await send();
      if (sent === last) { throw new Error('the function died'); }
      return rows;
    });
    const h = await make({ connection });
    await h.rotate();
    for (const when of ['before', 'after'] as const) {
      phase = when;
      for (let n = 1, isOver = false; !isOver; n++) {
        const rotation = await created(h);
        [sent, last] = [0, n];
        isOver = await h.step(rotation, 'setSecret').then(() => true, () => false);
        last = Infinity;
        expect(await accepted(h, 'AWSCURRENT')).toEqual([true]);
        await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
        h.simulator.completeRotation(h.arn);
        expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
        expect(n).toBeLessThan(30);
      }
    }
  }, 120_000);

  test('a rotation that was cancelled while it waited writes nothing', async () => {
    let h: DatabaseHarness | undefined;
    const connection = watching(async (sql, send) => {
      const rows = await send();
      if (sql.includes('GET_LOCK')) { giveUp(h!); }
      return rows;
    });
    h = await make({ connection });
    const rotation = await created(h);
    const before = await stored(h);
    await failure(h.step(rotation, 'setSecret'));
    expect(await stored(h)).toBe(before);
  });

  test('AWSCURRENT that moved while the step waited is kept, and the rotation ends', async () => {
    const others = 'password-of-somebody';
    let h: DatabaseHarness | undefined;
    let isArmed = false;
    const connection = watching(async (sql, send) => {
      const rows = await send();
      if (isArmed && sql.includes('GET_LOCK')) {
        await run(server, server.root, server.engine === 'mysql'
          ? `ALTER USER '${h!.user.username}'@'%' IDENTIFIED BY '${others}'`
          : `ALTER USER '${h!.user.username}'@'%' IDENTIFIED VIA mysql_native_password USING '${nativeHash(others)}' OR mysql_native_password USING '${nativeHash(h!.login('AWSCURRENT').password)}'`);
        const { AWSCURRENT: from, BY_HAND: to } = h!.secret.stages;
        h!.simulator.perform('UpdateSecretVersionStage', { SecretId: h!.arn, VersionStage: 'AWSCURRENT', MoveToVersionId: to, RemoveFromVersionId: from });
      }
      return rows;
    });
    h = await make({ connection });
    await h.rotate();
    await h.step(await created(h), 'setSecret');
    giveUp(h);
    // Before the rotation, because a version that is made by hand ends it.
    const SecretString = JSON.stringify({ ...h.login('AWSCURRENT'), password: others });
    h.simulator.perform('PutSecretValue', { SecretId: h.arn, SecretString, VersionStages: ['BY_HAND'] });
    const rotation = await created(h);
    isArmed = true;
    expect((await failure(h.step(rotation, 'setSecret'))).name).toBe('RotationSupersededError');
    expect(h.login('AWSCURRENT').password).toBe(others);
    expect(await accepted(h, 'AWSCURRENT')).toEqual([true]);
  });

  test('a user with more than one account is refused, and both accounts keep their password', async () => {
    const h = await make();
    await run(server, server.admin, `CREATE USER '${h.user.username}'@'10.1.2.%' IDENTIFIED BY '${h.user.password}'`);
    if (by === 'user') { await run(server, server.root, `GRANT SELECT ON mysql.* TO '${h.user.username}'@'%'`); }
    const before = await stored(h);
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /more than one account.*Drop the accounts that are not used/);
    expect(await stored(h)).toBe(before);
  });

  test('cases 69, 70: no password is in the logs of the server, in an error or in a line of ours', async () => {
    const h = await make();
    for (let n = 0; n < 2; n++) { await h.rotate(); }
    const logs = (await server.logs()).split('\n').filter((line) => !line.includes('CREATE USER')).join('\n');
    for (const version of ['AWSCURRENT', 'AWSPREVIOUS']) { expect(logs).not.toContain(h.login(version).password); }
    expect(await passwordStatements(server, h.user.username)).toBeGreaterThan(1);
    expectNoSecrets(h);
  });

  if (setting.kind.target === 'mysql') {
    test.each(setting.kind.name === 'MySQL 8.0' ? ['caching_sha2_password', 'sha256_password', 'mysql_native_password'] : ['caching_sha2_password', 'sha256_password'])(
      'case 72: the plugin %s is kept', async (plugin) => {
        const h = await make({ user: await madeUser('', plugin) });
        for (let n = 0; n < 3; n++) { await h.rotate(); }
        expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
        expect(await stored(h)).toContain(`"plugin":"${plugin}"`);
      });

    test('case 75: an account that one failed login locks rotates, also if a step is repeated or a rotation is given up', async () => {
      const h = await make({ user: await madeUser('FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME UNBOUNDED') });
      for (let n = 0; n < 2; n++) {
        const rotation = await created(h);
        await h.steps(rotation, 'setSecret', 'setSecret', 'testSecret', 'finishSecret');
        h.simulator.completeRotation(h.arn);
        await h.step(await created(h), 'setSecret');
        giveUp(h);
      }
      expect(await accepted(h, 'AWSCURRENT')).toEqual([true]);
    });

    test('an account with a password history rotates, also if a step is repeated or a rotation is given up', async () => {
      const h = await make({ user: await madeUser('PASSWORD HISTORY 5') });
      for (let n = 0; n < 2; n++) {
        await h.steps(await created(h), 'setSecret', 'setSecret', 'testSecret', 'finishSecret');
        h.simulator.completeRotation(h.arn);
        expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
        await h.step(await created(h), 'setSecret');
        giveUp(h);
      }
    });

    test('an account with PASSWORD REQUIRE CURRENT rotates', async () => {
      const h = await make({ user: await madeUser('PASSWORD REQUIRE CURRENT') });
      for (let n = 0; n < 2; n++) { await h.rotate(); }
      await h.step(await created(h), 'setSecret');
      giveUp(h);
      const rotation = await created(h);
      if (by === 'superuser') {
        await h.step(rotation, 'setSecret');
      } else {
        await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /PASSWORD REQUIRE CURRENT.*give it the password of the version with AWSCURRENT, and rotate again/);
        await setPassword(server, h.login('AWSCURRENT'));
        await h.step(rotation, 'setSecret');
      }
      expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT')).toEqual([true, true]);
    });

    test.each([
      ['is older than 8.0.14', (sql: string) => sql.startsWith('SELECT VERSION()') ? 'SELECT \'8.0.13\' AS version' : sql, /older than MySQL 8\.0\.14\..*nothing was changed. Upgrade it/],
      ['does not know the statement', (sql: string) => sql.replace('RETAIN CURRENT PASSWORD', 'RETAIN THIS'), /ER_PARSE_ERROR.*nothing was changed. Upgrade it/],
    ])('a server that %s is refused', async (_, rewrite, text) => {
      const connection = (inner: Connection): Connection => Object.assign(Object.create(inner) as Connection, {
        query: (sql: string) => inner.query(rewrite(sql)),
        close: async () => inner.close(),
      });
      const h = await make({ connection });
      const before = await stored(h);
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', text);
      expect(await stored(h)).toBe(before);
    });
  }

  if (setting.by === 'user') {
    test('a password that is set while the step waits is kept, if AWSCURRENT is not accepted any more', async () => {
      const others = 'password-of-somebody';
      let h: DatabaseHarness | undefined;
      let isArmed = false;
      const connection = watching(async (sql, send) => {
        const rows = await send();
        if (isArmed && sql.includes('GET_LOCK')) { await setPassword(server, { ...h!.user, password: others }); }
        return rows;
      });
      h = await make({ connection });
      await h.rotate();
      const rotation = await created(h);
      isArmed = true;
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /The password of the user was changed meanwhile/);
      expect(await letsIn(server, { ...h.user, password: others })).toBe(true);
      expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([false, false, true]);
    });

    test('no wrong login finds out whether the pending password is there already', async () => {
      const h = await make({ user: await madeUser('FAILED_LOGIN_ATTEMPTS 2 PASSWORD_LOCK_TIME UNBOUNDED') });
      await h.rotate();
      await h.step(await created(h), 'setSecret');
      giveUp(h);
      await h.steps(await created(h), 'setSecret', 'setSecret');
      expect(h.dialled.length).toBeGreaterThan(1);
      expect(h.dialled.map(({ password }) => password)).not.toContain(h.login('AWSPENDING').password);
      expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT')).toEqual([true, true]);
    });

    test('case 75: an account that one failed login locks, with PASSWORD REQUIRE CURRENT, rotates if a step is repeated', async () => {
      const h = await make({ user: await madeUser('FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME UNBOUNDED PASSWORD REQUIRE CURRENT') });
      for (let n = 0; n < 2; n++) {
        await h.steps(await created(h), 'setSecret', 'setSecret', 'testSecret', 'finishSecret');
        h.simulator.completeRotation(h.arn);
      }
      expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
    });

    test('a user without the right is told which one, and nothing is changed', async () => {
      const h = await make();
      await run(server, server.root, `REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM '${h.user.username}'@'%'`);
      const before = await stored(h);
      const rotation = await created(h);
      await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /nothing was changed.*GRANT APPLICATION_PASSWORD_ADMIN ON \*\.\* TO/);
      expect(await stored(h)).toBe(before);
      await run(server, server.root, `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO '${h.user.username}'@'%'`);
      await h.steps(rotation, 'setSecret', 'testSecret', 'finishSecret');
      expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
    });
  } else {
    if (setting.kind.name === 'MySQL 9.7') {
      test('an account whose hashes are PBKDF2 rotates, also if a step is repeated or a rotation is given up', async () => {
        await run(server, server.root, 'SET GLOBAL caching_sha2_password_storage_format = PBKDF2_SHA512');
        try {
          const h = await make();
          expect(await stored(h)).toContain('"authentication_string":"$B$');
          for (let n = 0; n < 2; n++) {
            await h.steps(await created(h), 'setSecret', 'setSecret', 'testSecret', 'finishSecret');
            h.simulator.completeRotation(h.arn);
            await h.step(await created(h), 'setSecret');
            expect(await accepted(h, 'AWSPENDING', 'AWSCURRENT')).toEqual([true, true]);
            giveUp(h);
          }
        } finally {
          await run(server, server.root, 'SET GLOBAL caching_sha2_password_storage_format = DEFAULT');
        }
      });
    }

    if (setting.kind.target === 'mysql') {
      test('an account whose hash has too many rounds is refused, and nothing is changed', async () => {
        const h = await make();
        const hash = `$A$065$${'s'.repeat(20)}${sha256Crypt(h.user.password, 's'.repeat(20), 101_000)}`;
        await run(server, server.root, `ALTER USER '${h.user.username}'@'%' IDENTIFIED WITH caching_sha2_password AS '${hash}'`);
        const before = await stored(h);
        await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /101000 rounds.*at most 100000, so nothing was changed/);
        expect(await stored(h)).toBe(before);
      });
    }

    test('a superuser secret that is not accepted, or that is of the same user, fails, and nothing is changed', async () => {
      const wrong = await make({ superuserChanges: { password: 'not-the-password' } });
      await fails(wrong, wrong.step(await created(wrong), 'setSecret'), 'AuthenticationError', /does not accept the credentials of the superuser secret/);
      expect(await accepted(wrong, 'AWSPENDING', 'AWSCURRENT')).toEqual([false, true]);
      const user = await madeUser();
      const same = await make({ user, superuserChanges: { ...user } });
      await fails(same, same.step(await created(same), 'setSecret'), 'SecretValueError', /The superuser secret has the user whose password it would change/);
      expect(await letsIn(server, user)).toBe(true);
    });
  }

  if (setting.kind.target === 'mariadb') {
    test('a user of MariaDB without a superuser secret is refused', async () => {
      const h = await make({ config: { superuserSecretArn: undefined } });
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /nothing was changed. Give RotationStrategy\.dualPasswords a superuser secret/);
    });

    test.each(['dualPasswords', 'singleUser', 'alternatingUsers'])('a server that is read only gets no password, with %s', async (strategy) => {
      const sent: string[] = [];
      const h = await make({
        config: { ...strategy === 'dualPasswords' ? {} : { dualPasswords: undefined }, ...strategy === 'singleUser' ? { superuserSecretArn: undefined } : {} },
        connection: watching(async (sql, send) => {
          sent.push(sql);
          return send();
        }),
      });
      const rotation = await created(h);
      await run(server, server.root, 'SET GLOBAL read_only = 1');
      try {
        await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /read only|CREATE USER/);
      } finally {
        await run(server, server.root, 'SET GLOBAL read_only = 0');
      }
      expect(sent.filter((sql) => /ALTER|CREATE|SET PASSWORD/.test(sql)).length).toBeGreaterThan(0);
      for (const { password } of [h.login('AWSPENDING'), h.login('AWSCURRENT')]) { expect(sent.join('\n')).not.toContain(password); }
    });

    test('alternating users after dual passwords leave the user one password', async () => {
      const dual = await make();
      await dual.rotate();
      const others = [dual.login('AWSPREVIOUS'), dual.login('AWSCURRENT')];
      const h = await make({ user: dual.login('AWSCURRENT'), config: { dualPasswords: undefined } });
      for (let n = 0; n < 2; n++) { await h.rotate(); }
      expect(h.login('AWSCURRENT').username).toBe(dual.user.username);
      expect(await accepted(h, 'AWSCURRENT')).toEqual([true]);
      expect(await Promise.all(others.map((login) => letsIn(server, login)))).toEqual([false, false]);
    });

    test('an account that can log in by another way is refused, and nothing is changed', async () => {
      const h = await make();
      await run(server, server.root, `ALTER USER '${h.user.username}'@'%' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('${h.user.password}')`);
      const before = await stored(h);
      await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /an authentication method other than mysql_native_password.*nothing was changed/);
      expect(await stored(h)).toBe(before);
    });
  }
});

test.each(MARIADBS)('$name that judges passwords sees them, and rotates', async (kind) => {
  await use({ kind: { ...kind, start: () => kind.start({ passwordPolicy: true }) }, by: 'superuser' });
  try {
    const user = { username: 'judged', password: 'First-Password-1' };
    await makeUser(server, user);
    const h = await make({ user });
    for (let n = 0; n < 2; n++) { await h.rotate(); }
    expect(await accepted(h, 'AWSCURRENT', 'AWSPREVIOUS')).toEqual([true, true]);
    await run(server, server.root, 'INSTALL SONAME \'password_reuse_check\'');
    await h.rotate();
    const rotation = await created(h);
    const before = await stored(h);
    await fails(h, h.step(rotation, 'setSecret'), 'TargetRefusedError', /or the one that is to be kept \(password_reuse_check does\)/);
    expect(await stored(h)).toBe(before);
  } finally {
    await server.stop();
  }
});

test('PostgreSQL, whose configuration no construct makes, is refused by the handler', async () => {
  server = await POSTGRES.start();
  try {
    const h = await DatabaseHarness.make(server, { config: { dualPasswords: true } });
    await fails(h, h.step(await created(h), 'setSecret'), 'TargetRefusedError', /no second password for a user, so nothing was changed. Alternate between two users/);
    expect(await letsIn(server, h.user)).toBe(true);
  } finally {
    await server.stop();
  }
});

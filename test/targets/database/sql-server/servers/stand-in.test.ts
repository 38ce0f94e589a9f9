/*
 * The stand-in for SQL Server itself: what it refuses, so that a test on it fails for a wrong statement.
 */
import { Connection, Request, TYPES } from 'tedious';
import { startSqlServerStandIn, type SqlServerStandIn } from '../../../../../servers/stand-ins/sql-server/sql-server';
import { parse } from '../../../../../servers/stand-ins/sql-server/t-sql';
import { resultTokens } from '../../../../../servers/stand-ins/sql-server/tds';

const numberOf = (batch: string) => {
  try {
    parse(batch);
    return undefined;
  } catch (error) {
    return (error as { number?: number }).number;
  }
};

test.each([
  'ALTER LOGIN app WITH PASSWORD = \'x\'',
  'alter login [a]]b] with password = N\'it\'\'s\' old_password = N\'y\';',
  'ALTER LOGIN "app" WITH PASSWORD = \'x\' MUST_CHANGE UNLOCK, CHECK_POLICY = ON, CHECK_EXPIRATION = OFF',
  'ALTER LOGIN app ENABLE',
  'ALTER USER app WITH PASSWORD = \'x\' OLD_PASSWORD = \'y\'',
  'SET LOCK_TIMEOUT 5000; SELECT ORIGINAL_LOGIN() AS [login]',
])('takes %s', (batch) => {
  expect(numberOf(batch)).toBeUndefined();
});

test.each([
  ['ALTER LOGIN WITH PASSWORD = \'x\'', 102],
  ['ALTER LOGIN \'app\' WITH PASSWORD = \'x\'', 102],
  ['ALTER LOGIN [a]b] WITH PASSWORD = \'x\'', 102],
  ['ALTER LOGIN app PASSWORD = \'x\'', 102],
  ['ALTER LOGIN app WITH PASSWORD \'x\'', 102],
  ['ALTER LOGIN app WITH PASSWORD = x', 102],
  ['ALTER LOGIN app WITH PASSWORD = @p', 102],
  ['ALTER LOGIN app WITH PASSWORD = \'x', 105],
  ['ALTER LOGIN app WITH PASSWORD = \'it\'s\'', 105],
  ['ALTER LOGIN app WITH OLD_PASSWORD = \'y\' PASSWORD = \'x\'', 102],
  ['ALTER LOGIN app WITH PASSWORD = \'x\', OLD_PASSWORD = \'y\'', 102],
  ['ALTER LOGIN app WITH PASSWORD = \'x\' OLD_PASSWORD = \'y\' UNLOCK', 102],
  ['ALTER USER app WITH PASSWORD = \'x\' UNLOCK', 102],
  ['ALTER USER app WITH PASSWORD = \'x\', CHECK_POLICY = OFF', 102],
  ['ALTER LOGIN app WITH PASSWORD = \'x\'; DROP TABLE users', 102],
  [`ALTER LOGIN ${'a'.repeat(129)} WITH PASSWORD = 'x'`, 103],
  ['SELECT password FROM users', 102],
])('refuses %s with %d', (batch, number) => {
  expect(numberOf(batch)).toBe(number);
});

test('a text without N loses what the code page lacks, and a backslash continues it in the next line', () => {
  const passwordIn = (batch: string) => (parse(batch)[0] as { options: { password: { password: string } } }).options.password.password;
  expect(passwordIn('ALTER LOGIN app WITH PASSWORD = \'ü漢\'')).toBe('??');
  expect(passwordIn('ALTER LOGIN app WITH PASSWORD = N\'ü漢\'')).toBe('ü漢');
  expect(passwordIn('ALTER LOGIN app WITH PASSWORD = N\'a\\\nb\'')).toBe('ab');
});

describe('started', () => {
  let server: SqlServerStandIn;
  beforeAll(async () => { server = await startSqlServerStandIn(); });
  afterAll(() => server.stop());

  async function withDriver(
    run: (connection: Connection, request: Request) => void, sql: string, watch = (_: Connection) => {},
  ): Promise<Error | null | undefined> {
    const { username, password } = server.root;
    const connection = new Connection({
      server: 'localhost',
      authentication: { type: 'default', options: { userName: username, password } },
      options: { port: server.port, encrypt: true, trustServerCertificate: false, cryptoCredentialsDetails: { ca: server.ca } },
    });
    watch(connection);
    await new Promise<void>((resolve, reject) => { connection.connect((error) => { if (error) { reject(error); } else { resolve(); } }); });
    try {
      return await new Promise((resolve) => { run(connection, new Request(sql, resolve)); });
    } finally {
      connection.close();
    }
  }

  test('a login gets the database, the language and the collation, and each statement of a batch its end', async () => {
    const seen: string[] = [];
    const watch = (connection: Connection) => {
      connection.on('infoMessage', ({ number }: { number: number }) => seen.push(`info ${number}`));
      connection.on('databaseChange', (database: string) => seen.push(`database ${database}`));
      connection.on('languageChange', (language: string) => seen.push(`language ${language}`));
    };
    const counts: (number | undefined)[] = [];
    const error = await withDriver((connection, request) => {
      seen.push(`batch after the code page ${(connection as unknown as { databaseCollation?: { codepage?: string } }).databaseCollation?.codepage}`);
      request.on('done', (count: number | undefined) => counts.push(count));
      connection.execSqlBatch(request);
    }, 'SET LOCK_TIMEOUT 5000; SELECT 1 AS [one]; SET LANGUAGE us_english; USE master', watch);
    expect(error).toBeFalsy();
    const [language, database] = [['language us_english', 'info 5703'], ['database master', 'info 5701']];
    // The second time, it is the batch that the driver sends after each login.
    expect(seen).toEqual([...database, ...language, ...language, 'batch after the code page CP1252', ...language, ...database]);
    expect(counts).toEqual([undefined, 1, undefined, undefined]);
  });

  test('rows come with a bitmap of their nulls, or without one, and are the same', async () => {
    const rows: unknown[][] = [];
    for (let n = 0; n < 2; n++) {
      await withDriver((connection, request) => {
        request.on('row', (row: { value: unknown }[]) => rows.push(row.map(({ value }) => value)));
        connection.execSqlBatch(request);
      }, 'SELECT 7 AS [seven], ORIGINAL_LOGIN() AS [login]');
    }
    expect(rows).toEqual([[7, server.root.username], [7, server.root.username]]);
    const table = { names: ['a', 'b', 'c'], kinds: ['text', 'number', 'text'] as const, rows: [[null, null, 'x']] };
    const [compressed, plain] = [true, false].map((each) => Buffer.concat(resultTokens({ rows: table }, { more: false, compressed: each })));
    const row = [2, 0, 0x78, 0];
    expect(compressed!.includes(Buffer.from([0xd2, 0b011, ...row, 0xfd]))).toBe(true);
    expect(plain!.includes(Buffer.from([0xd1, 0xff, 0xff, 0, ...row, 0xfd]))).toBe(true);
  });

  test('its trace shows a password that the driver sends with sp_executesql, and not one of a login in a batch of its own', async () => {
    await withDriver((connection, request) => {
      request.addParameter('name', TYPES.NVarChar, 'x');
      connection.execSql(request);
    }, 'EXEC(\'ALTER LOGIN app WITH PASSWORD = N\'\'Shown-password-1\'\'\')');
    await withDriver((connection, request) => connection.execSqlBatch(request), 'ALTER LOGIN app WITH PASSWORD = N\'Hidden-password-1\'');
    await withDriver((connection, request) => connection.execSqlBatch(request), 'ALTER USER app WITH PASSWORD = N\'Of-a-user-1\'');
    const trace = server.trace.join('\n');
    expect(trace).toContain('Shown-password-1');
    // Microsoft says this of logins alone.
    expect(trace).toContain('Of-a-user-1');
    expect(trace).not.toContain('Hidden-password-1');
  });

  test('a user changes only its own password, with the old one, and nothing of a batch with a syntax error runs', () => {
    server.asRoot('CREATE LOGIN one WITH PASSWORD = \'First-password-1\'', 'CREATE LOGIN two WITH PASSWORD = \'First-password-1\'');
    const session = server.state.logIn('one', 'First-password-1', '');
    for (const batch of [
      'ALTER LOGIN two WITH PASSWORD = \'Second-password-2\' OLD_PASSWORD = \'First-password-1\'', 'ALTER LOGIN one WITH PASSWORD = \'Second-password-2\'',
      'ALTER LOGIN one WITH PASSWORD = \'Second-password-2\' OLD_PASSWORD = \'Wrong-password-1\'', 'ALTER LOGIN three WITH PASSWORD = \'Second-password-2\'',
    ]) { expect(() => server.state.run(session, batch)).toThrow(/because it does not exist or you do not have permission/); }
    expect(() => server.state.run(session, 'ALTER LOGIN one WITH PASSWORD = \'Second-password-2\' OLD_PASSWORD = \'First-password-1\'; nonsense')).toThrow(/Incorrect syntax/);
    expect([server.state.login('one').password, server.state.login('two').password]).toEqual(['First-password-1', 'First-password-1']);
  });

  test('no login or user with a password has a backslash in its name', () => {
    for (const create of ['LOGIN', 'USER']) {
      expect(() => {
        server.asRoot('CREATE DATABASE other CONTAINMENT = PARTIAL');
        server.asRootIn('other', `CREATE ${create} [DOMAIN\\app] WITH PASSWORD = 'First-password-1'`);
      }).toThrow(/not a valid name/);
    }
  });

  test('a lockout counts wrong passwords, a right one resets the count, and an administrator unlocks', () => {
    server.state.policy = { history: 0, hasMinimumAge: false, lockout: 2 };
    server.asRoot('CREATE LOGIN locked WITH PASSWORD = \'First-password-1\'');
    const logIn = (password: string) => () => server.state.logIn('locked', password, '');
    expect(logIn('wrong')).toThrow(/Login failed/);
    expect(logIn('First-password-1')).not.toThrow();
    expect(logIn('wrong')).toThrow(/Login failed/);
    expect(logIn('wrong')).toThrow(/Login failed/);
    expect(logIn('First-password-1')).toThrow(/locked out/);
    server.asRoot('ALTER LOGIN locked WITH PASSWORD = \'First-password-1\' UNLOCK');
    expect(logIn('First-password-1')).not.toThrow();
  });
});

/*
 * The stand-in for SQL Server itself: what it refuses, so that a test on it fails for a wrong statement.
 */
import { Connection, Request, TYPES } from 'tedious';
import { startSqlServerStandIn, type SqlServerStandIn } from '../../../../../servers/stand-ins/sql-server/sql-server';
import { parse } from '../../../../../servers/stand-ins/sql-server/t-sql';

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

  async function withDriver(run: (connection: Connection, request: Request) => void, sql: string): Promise<Error | null | undefined> {
    const { username, password } = server.root;
    const connection = new Connection({
      server: 'localhost',
      authentication: { type: 'default', options: { userName: username, password } },
      options: { port: server.port, encrypt: true, trustServerCertificate: false, cryptoCredentialsDetails: { ca: server.ca } },
    });
    await new Promise<void>((resolve, reject) => { connection.connect((error) => { if (error) { reject(error); } else { resolve(); } }); });
    try {
      return await new Promise((resolve) => { run(connection, new Request(sql, resolve)); });
    } finally {
      connection.close();
    }
  }

  test('its trace shows a password that the driver sends with sp_executesql, and not one in a batch of its own', async () => {
    await withDriver((connection, request) => {
      request.addParameter('name', TYPES.NVarChar, 'x');
      connection.execSql(request);
    }, 'EXEC(\'ALTER LOGIN app WITH PASSWORD = N\'\'Shown-password-1\'\'\')');
    await withDriver((connection, request) => connection.execSqlBatch(request), 'ALTER LOGIN app WITH PASSWORD = N\'Hidden-password-1\'');
    const trace = server.trace.join('\n');
    expect(trace).toContain('Shown-password-1');
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

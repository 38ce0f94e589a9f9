import * as fc from 'fast-check';
import { completeStatement, findStatementProblem, USER_PLACEHOLDER } from '../../../src/targets/database/creation/contract';

test.each([
  'GRANT app_readers TO {user}',
  'GRANT SELECT, INSERT ON app.* TO {user}',
  'GRANT ALL ON SCHEMA "odd; -- name" TO {user}',
  'CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION {user}',
  'ALTER ROLE {user} SET search_path TO \'app\', \'it\'\'s\'',
  'ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT SELECT ON TABLES TO {user}',
  'SET DEFAULT ROLE `app role` TO {user}',
  'ALTER USER {user} REQUIRE SSL PASSWORD EXPIRE NEVER',
  'GRANT CONNECT ON DATABASE app\n  TO {user}',
  'COMMENT ON ROLE {user} IS \'{"of":"the app"}\'',
  'CREATE TABLE commit_log (id int)',
])('%s is a statement', (statement) => {
  expect(findStatementProblem(statement)).toBeUndefined();
});

test.each([
  ['', 'is empty'],
  [' \n ', 'is empty'],
  ['GRANT a TO "{user}"', 'within quotes'],
  ['GRANT a TO \'{user}\'', 'within quotes'],
  ['GRANT a TO `{user}`', 'within quotes'],
  ['GRANT a TO {user}@\'%\'', 'next to another character of a name'],
  ['GRANT a TO {user}_clone', 'next to another character of a name'],
  ['GRANT a TO my{user}', 'next to another character of a name'],
  ['GRANT a TO {user}{user}', undefined],
  ['GRANT a TO {username}', 'has a brace'],
  ['GRANT a TO {{user}}', 'has a brace'],
  ['GRANT a TO {user}; DROP TABLE b', 'has a semicolon'],
  ['GRANT a TO {user} -- why', 'has a comment'],
  ['GRANT a /* why */ TO {user}', 'has a comment'],
  ['GRANT a TO {user} # why', 'has a comment'],
  ['GRANT a$b TO {user}', 'has a comment, a dollar sign'],
  ['DO $$ BEGIN END $$', 'has a comment, a dollar sign'],
  ['SELECT \'a\\\' TO {user}', 'has a quote that does not end, or a backslash within quotes'],
  ['SELECT \'a', 'has a quote that does not end'],
  ['SELECT "a', 'has a quote that does not end'],
  ['COMMIT', 'belongs to the session'],
  ['rollback', 'belongs to the session'],
  [' BEGIN', 'belongs to the session'],
  ['SET ROLE app', 'belongs to the session'],
  ['SET\n SESSION AUTHORIZATION app', 'belongs to the session'],
  ['RESET ALL', 'belongs to the session'],
  ['USE app', 'belongs to the session'],
  ['CREATE USER {user}', 'creates, drops or renames the user'],
  ['create role if not exists {user} LOGIN', 'creates, drops or renames the user'],
  ['DROP USER {user}', 'creates, drops or renames the user'],
  ['ALTER ROLE {user} PASSWORD \'x\'', 'sets a password'],
  ['ALTER USER {user} IDENTIFIED BY \'x\'', 'sets a password'],
  ['GRANT a TO {user} IDENTIFIED VIA unix_socket', 'sets a password'],
  ['ALTER ROLE {user} PASSWORD E\'x\'', 'sets a password'],
  ['ALTER ROLE {user} PASSWORD\'x\'', 'sets a password'],
  ['ALTER ROLE {user} PASSWORD U&\'x\'', 'sets a password'],
  ['SET PASSWORD FOR {user} = \'x\'', 'belongs to the session'],
  ['CREATE SUBSCRIPTION s CONNECTION \'password=x\' PUBLICATION p', 'takes the login or the name from the user'],
  ['ALTER ROLE {user} NOLOGIN', 'takes the login or the name from the user'],
  ['ALTER ROLE {user} RENAME TO b', 'takes the login or the name from the user'],
  ['ALTER USER {user} ACCOUNT LOCK', 'takes the login or the name from the user'],
  ['SELECT set_config(\'password_encryption\', \'md5\', false)', 'takes the login or the name from the user'],
  ['EXECUTE IMMEDIATE \'COMMIT\'', 'takes the login or the name from the user'],
])('%j: %s', (statement, problem) => {
  if (problem === undefined) { return expect(findStatementProblem(statement)).toBeUndefined(); }
  expect(findStatementProblem(statement)).toContain(problem);
});

test('the name is put in as it is, wherever the placeholder stands', () => {
  expect(completeStatement('GRANT a TO {user}, b, {user}', '"$& {user} $1"')).toBe('GRANT a TO "$& {user} $1", b, "$& {user} $1"');
});

test('a statement that is accepted has no text in which a quoted name could end', () => {
  const piece = fc.constantFrom(USER_PLACEHOLDER, '\'', '"', '`', '\\', ' ', ';', '-', '/', '*', '$', '#', 'a', '\n', '{', '}', 'E\'', '@');
  fc.assert(fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
    const statement = pieces.join('');
    if (findStatementProblem(statement) !== undefined) { return; }
    // A reader of its own: the state at each placeholder must be outside of quotes.
    let quote = '';
    for (let i = 0; i < statement.length; i++) {
      if (quote === '' && statement.startsWith(USER_PLACEHOLDER, i)) { continue; }
      expect(quote !== '' && statement.startsWith(USER_PLACEHOLDER, i)).toBe(false);
      if (quote === '') {
        if ('\'"`'.includes(statement[i])) { quote = statement[i]; }
        expect(';#$\\'.includes(statement[i])).toBe(false);
      } else {
        expect(statement[i]).not.toBe('\\');
        if (statement[i] === quote) { quote = ''; }
      }
    }
    expect(quote).toBe('');
  }), { numRuns: 2_000 });
});

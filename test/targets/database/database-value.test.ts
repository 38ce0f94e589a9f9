import { AlternatingUsers } from '../../../lambda-src/targets/database/alternating-users';
import type { Engine } from '../../../lambda-src/targets/database/engine';
import { Mongo } from '../../../lambda-src/targets/database/mongo/engine';
import { MySql } from '../../../lambda-src/targets/database/mysql/engine';
import { Oracle } from '../../../lambda-src/targets/database/oracle/engine';
import { Postgres } from '../../../lambda-src/targets/database/postgres/engine';
import { Redshift } from '../../../lambda-src/targets/database/redshift/engine';
import { SqlServer } from '../../../lambda-src/targets/database/sql-server/engine';
import { Superuser } from '../../../lambda-src/targets/database/superuser';
import { DATABASE_TARGETS } from '../../../src/targets/database/contract';
import { type DatabaseTargetConfig } from '../../../src/targets/database/contract';
import { checkDatabaseValue, DATABASE_ENGINES } from '../../../src/targets/database/database-value';

const HANDLERS: Record<DatabaseTargetConfig['target'], Engine> = {
  postgres: new Postgres(undefined),
  mysql: new MySql('mysql', undefined),
  mariadb: new MySql('mariadb', undefined),
  redshift: new Redshift(undefined),
  mongoDb: new Mongo('mongoDb', undefined),
  documentDb: new Mongo('documentDb', undefined),
  oracle: new Oracle(undefined),
  sqlServer: new SqlServer(undefined),
};

describe.each(DATABASE_TARGETS)('%s: the constructs and the handler agree on', (target) => {
  const [engine, handler] = [DATABASE_ENGINES[target], HANDLERS[target]];
  const accepts = (username: string, alternates: boolean) => {
    try {
      checkDatabaseValue('value', { username }, { engine, factory: target, alternates });
      return true;
    } catch {
      return false;
    }
  };

  test('the names of the engine', () => {
    expect([...engine.engines].sort()).toEqual([...handler.engines].sort());
  });

  test('the port', () => {
    expect(engine.defaultPort).toBe(handler.defaultPort);
  });

  test.each(['a', 'é', '\u{1f511}'])('the longest name, of %s', (character) => {
    const lengths = Array.from({ length: 130 }, (_, index) => index + 1);
    // Oracle's have to be in quotation marks if they aren't ASCII.
    const names = lengths.map((length) => character.repeat(length)).map((name) => target === 'oracle' ? `"${name}"` : name);
    expect(names.map((name) => accepts(name, false))).toEqual(names.map((name) => handler.userNameLimit(name) === undefined));
  });

  test.each(['', '_clone', '_clone_clone'])('the longest name of one of two users, with %j at its end', (end) => {
    const { nextUser } = new AlternatingUsers(new Superuser('superuser'));
    const names = Array.from({ length: 130 }, (_, index) => 'a'.repeat(index + (end === '' ? 1 : 0)) + end);
    const fits = (name: string) => handler.userNameLimit(name) === undefined && handler.userNameLimit(nextUser(name)) === undefined;
    expect(names.map((name) => accepts(name, true))).toEqual(names.map(fits));
  });
});

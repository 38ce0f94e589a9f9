import * as fs from 'node:fs';
import * as path from 'node:path';
import type { RestartableServer, ServerOptions } from '../../tools/servers/server';
import { installed, withOwnLibraries } from '../installation';
import { ADMIN, asArguments, DATABASE, ROOT, runServer, startMySqlLike } from '../mysql-like';

export type MariaDbVersion = '10.11' | '11.8';

export interface MariaDbOptions extends ServerOptions {
  /** @default '11.8' */
  readonly version?: MariaDbVersion;
}

// The rights in the user guide of RDS. Since 11.3, reading a routine's text needs its own privilege.
const rdsPrivileges = (version: MariaDbVersion) => [
  'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'RELOAD', 'PROCESS', 'REFERENCES', 'INDEX', 'ALTER', 'SHOW DATABASES',
  'CREATE TEMPORARY TABLES', 'LOCK TABLES', 'EXECUTE', 'REPLICATION SLAVE', 'REPLICATION CLIENT', 'CREATE VIEW', 'SHOW VIEW',
  'CREATE ROUTINE', 'ALTER ROUTINE', 'CREATE USER', 'EVENT', 'TRIGGER', ...(version === '10.11' ? [] : ['SHOW CREATE ROUTINE']),
];
const setup = (version: MariaDbVersion) => `
CREATE USER '${ROOT.username}'@'%' IDENTIFIED BY '${ROOT.password}';
GRANT ALL PRIVILEGES ON *.* TO '${ROOT.username}'@'%' WITH GRANT OPTION;
CREATE USER '${ADMIN.username}'@'%' IDENTIFIED BY '${ADMIN.password}';
GRANT ${rdsPrivileges(version).join(', ')} ON *.* TO '${ADMIN.username}'@'%' WITH GRANT OPTION;
CREATE DATABASE ${DATABASE};
DELETE FROM mysql.global_priv WHERE User = 'root';
FLUSH PRIVILEGES;
`;
const SMALL = { 'innodb-log-file-size': '8M', 'innodb-undo-tablespaces': 0, 'feedback': 'OFF' };

export async function startMariaDb(options: MariaDbOptions = {}): Promise<RestartableServer> {
  const { version = '11.8' } = options;
  const part = `mariadb-${version}`;
  const folder = installed(part);
  const share = path.join(folder, 'usr/share', version === '10.11' ? 'mysql' : 'mariadb');
  const command = [
    ...withOwnLibraries(folder, 'usr/sbin/mariadbd'), '--no-defaults', `--basedir=${path.join(folder, 'usr')}`,
    `--plugin-dir=${path.join(folder, 'usr/lib/mysql/plugin')}`, `--lc-messages-dir=${share}`, `--character-sets-dir=${share}/charsets`,
  ];
  return startMySqlLike({
    engine: 'mariadb',
    part,
    command,
    setup: setup(version),
    initialize: async (data) => {
      const tables = ['system_tables', 'performance_tables', 'system_tables_data'].map((name) => fs.readFileSync(
        path.join(share, `${version === '10.11' ? 'mysql' : 'mariadb'}_${name}.sql`), 'utf8',
      ));
      await runServer(
        [...command, '--bootstrap', `--datadir=${data}`, ...asArguments(SMALL)], data, () => false,
        ['CREATE DATABASE mysql;', 'USE mysql;', 'SET @auth_root_socket = NULL;', ...tables].join('\n'),
      );
    },
    settings: SMALL,
    noTls: { 'skip-ssl': 'ON' },
    passwordPolicy: { settings: { 'plugin-load-add': 'simple_password_check' } },
  }, options);
}

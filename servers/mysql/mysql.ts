import * as path from 'node:path';
import type { RestartableServer, ServerOptions } from '../../tools/servers/server';
import { installed, withOwnLibraries } from '../installation';
import { ADMIN, DATABASE, type MySqlLike, ROOT, runServer, startMySqlLike } from '../mysql-like';

export type MySqlVersion = '8.0' | '9.7';

export interface MySqlOptions extends ServerOptions {
  /** @default '8.0', and '9.7' with `passwordPolicy`, because the build of 8.0 lacks `validate_password` */
  readonly version?: MySqlVersion;
}

// The rights in the user guide of RDS.
const RDS_PRIVILEGES = [
  'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'RELOAD', 'PROCESS', 'REFERENCES', 'INDEX', 'ALTER', 'SHOW DATABASES',
  'CREATE TEMPORARY TABLES', 'LOCK TABLES', 'EXECUTE', 'REPLICATION SLAVE', 'REPLICATION CLIENT', 'CREATE VIEW', 'SHOW VIEW',
  'CREATE ROUTINE', 'ALTER ROUTINE', 'CREATE USER', 'EVENT', 'TRIGGER', 'CREATE ROLE', 'DROP ROLE', 'APPLICATION_PASSWORD_ADMIN',
  'ROLE_ADMIN', 'XA_RECOVER_ADMIN',
];
const SETUP = `
CREATE USER '${ROOT.username}'@'%' IDENTIFIED BY '${ROOT.password}';
GRANT ALL PRIVILEGES ON *.* TO '${ROOT.username}'@'%' WITH GRANT OPTION;
CREATE USER '${ADMIN.username}'@'%' IDENTIFIED BY '${ADMIN.password}';
CREATE DATABASE ${DATABASE};
DROP USER 'root'@'localhost';
`;

export async function startMySql(options: MySqlOptions = {}): Promise<RestartableServer> {
  const { passwordPolicy = false, version = passwordPolicy ? '9.7' : '8.0' } = options;
  if (passwordPolicy && version === '8.0') throw new Error("The build of MySQL 8.0 lacks validate_password: leave out version, or say '9.7'");
  return startMySqlLike(version === '8.0' ? mySql80() : mySql97(), options);
}

function mySql80(): MySqlLike {
  const folder = installed('mysql-8.0');
  return mySql(
    'mysql-8.0', [...withOwnLibraries(folder, 'bin/mysqld', 'lib/private'), '--no-defaults', `--basedir=${folder}`], ['SET_USER_ID'],
  );
}

function mySql97(): MySqlLike {
  const folder = installed('mysql-9.7');
  const command = [
    ...withOwnLibraries(folder, 'usr/sbin/mysqld'), '--no-defaults', `--basedir=${folder}/usr`,
    `--plugin-dir=${path.join(folder, 'usr/lib/mysql/plugin')}`, `--lc-messages-dir=${path.join(folder, 'usr/share/mysql')}`,
    `--character-sets-dir=${path.join(folder, 'usr/share/mysql/charsets')}`,
  ];
  return mySql('mysql-9.7', command, ['SET_ANY_DEFINER', 'ALLOW_NONEXISTENT_DEFINER']);
}

function mySql(part: string, program: string[], furtherPrivileges: string[]): MySqlLike {
  const command = [...program, '--secure-file-priv=NULL'];
  return {
    engine: 'mysql',
    part,
    command,
    setup: `${SETUP}GRANT ${[...RDS_PRIVILEGES, ...furtherPrivileges].join(', ')} ON *.* TO '${ADMIN.username}'@'%' WITH GRANT OPTION;\n`,
    initialize: async (data) => runServer(
      [...command, '--initialize-insecure', `--datadir=${data}`, '--innodb-redo-log-capacity=8M'], data, () => false,
    ),
    settings: { 'mysqlx': 'OFF', 'innodb-redo-log-capacity': '8M' },
    noTls: { 'tls-version': '', 'auto-generate-certs': 'OFF' },
    passwordPolicy: { sql: "INSTALL COMPONENT 'file://component_validate_password';\n" },
  };
}

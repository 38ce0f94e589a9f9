export { startMariaDb, type MariaDbOptions, type MariaDbVersion } from './mariadb';
export { startMySql, type MySqlOptions, type MySqlVersion } from './mysql';
export { startPostgres, type PostgresOptions, type PostgresVersion } from './postgres';
export { Proxy } from './proxy';
export type { DatabaseServer, Engine, Login, ServerOptions, ServerTls } from './server';

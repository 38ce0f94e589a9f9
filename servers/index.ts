export { startMariaDb, type MariaDbOptions, type MariaDbVersion } from './mariadb/mariadb';
export { startMySql, type MySqlOptions, type MySqlVersion } from './mysql/mysql';
export { startPostgres, type PostgresOptions, type PostgresVersion } from './postgres/postgres';
export { startRedshiftStandIn, type RedshiftStandIn } from './stand-ins/redshift';
export { Proxy } from './proxy';
export type { DatabaseServer, Engine, Login, RealEngine, RestartableServer, ServerOptions, ServerTls } from '../tools/servers/server';

import type { Dialect } from './dialect';
import { MYSQL_LIKE } from './mysql-like';
import { POSTGRES } from './postgres';
import type { Engine } from '../../tools/servers/server';

export const DIALECTS: Readonly<Record<Engine, Dialect>> = { postgres: POSTGRES, mysql: MYSQL_LIKE, mariadb: MYSQL_LIKE };

import type { AcceptedEngine, Dialect } from './dialect';
import { MYSQL_LIKE } from './mysql-like';
import { POSTGRES } from './postgres';
import type { Engine } from '../../tools/servers/server';

const DIALECTS: Readonly<Record<AcceptedEngine, Dialect>> = { postgres: POSTGRES, mysql: MYSQL_LIKE, mariadb: MYSQL_LIKE };

/** An address has only engines of the suite. */
export const dialectOf = (engine: Engine): Dialect => DIALECTS[engine as AcceptedEngine];

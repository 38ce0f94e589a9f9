import type { Kind } from '../kind';
import { LDAP } from './ldap';
import { mongoKind } from './mongo';
import { RABBITMQ } from './rabbitmq';
import { REDIS } from './redis';
import { MARIADB, MYSQL } from './sql/mysql-like';
import { POSTGRES } from './sql/postgres';
import { REDSHIFT } from './sql/redshift';
import { sqlKind } from './sql/sql';

/** The kinds of servers of the suite, by the targets of the command. */
export const KINDS = {
  postgres: sqlKind(POSTGRES),
  mysql: sqlKind(MYSQL),
  mariadb: sqlKind(MARIADB),
  redshift: sqlKind(REDSHIFT),
  mongodb: mongoKind('mongoDb'),
  documentdb: mongoKind('documentDb'),
  redis: REDIS,
  rabbitmq: RABBITMQ,
  ldap: LDAP,
} as const satisfies Record<string, Kind>;

export type TargetName = keyof typeof KINDS;

export const kindOf = (target: TargetName): Kind => KINDS[target];

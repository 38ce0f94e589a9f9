import { makeHandler } from '../handler';
import { databaseTarget } from '../targets/database/database';
import { Postgres } from '../targets/database/postgres';
import { tlsOptions } from '../targets/database/tls';

export const handler = makeHandler((config) => databaseTarget(config, { postgres: (database) => new Postgres(tlsOptions(database)) }));

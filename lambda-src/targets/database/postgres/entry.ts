import { makeHandler } from '../../../handler';
import { databaseTarget } from '../target';
import { Postgres } from './engine';
import { tlsOptions } from '../tls';

export const handler = makeHandler((config) => databaseTarget(config, { postgres: (database) => new Postgres(tlsOptions(database)) }));

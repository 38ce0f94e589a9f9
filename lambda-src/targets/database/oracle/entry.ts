import { makeHandler } from '../../../handler';
import { databaseTarget } from '../target';
import { Oracle } from './engine';
import { tlsOptions } from '../tls';

export const handler = makeHandler((config) => databaseTarget(config, { oracle: (database) => new Oracle(tlsOptions(database)) }));

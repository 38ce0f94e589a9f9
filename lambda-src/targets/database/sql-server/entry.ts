import { makeHandler } from '../../../handler';
import { databaseTarget } from '../target';
import { SqlServer } from './engine';
import { tlsOptions } from '../tls';

export const handler = makeHandler((config) => databaseTarget(config, { sqlServer: (database) => new SqlServer(tlsOptions(database)) }));

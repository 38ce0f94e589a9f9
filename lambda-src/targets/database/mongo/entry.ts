import { makeHandler } from '../../../handler';
import { databaseTarget } from '../target';
import { Mongo } from './engine';
import { tlsOptions } from '../tls';

export const handler = makeHandler((config) => databaseTarget(config, {
  mongoDb: (database) => new Mongo('mongoDb', tlsOptions(database)),
  documentDb: (database) => new Mongo('documentDb', tlsOptions(database)),
}));

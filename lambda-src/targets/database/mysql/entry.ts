import { makeHandler } from '../../../handler';
import { databaseTarget } from '../target';
import { MySql } from './engine';
import { tlsOptions } from '../tls';

export const handler = makeHandler((config) => databaseTarget(config, {
  mysql: (database) => new MySql('mysql', tlsOptions(database)),
  mariadb: (database) => new MySql('mariadb', tlsOptions(database)),
}));

import { makeHandler } from '../handler';
import { databaseTarget } from '../targets/database/database';
import { MySql } from '../targets/database/mysql';
import { tlsOptions } from '../targets/database/tls';

export const handler = makeHandler((config) => databaseTarget(config, {
  mysql: (database) => new MySql('mysql', tlsOptions(database)),
  mariadb: (database) => new MySql('mariadb', tlsOptions(database)),
}));

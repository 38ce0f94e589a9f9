import { startMySql } from '../../../../servers';
import { RotationTarget } from '../../../../src';
import { sceneOf } from '../database';

export const scene = sceneOf({
  product: 'MySQL',
  part: 'mysql-8.0',
  start: () => startMySql(),
  target: (options) => RotationTarget.mysql(options),
  makeUser: ({ username, password }, database) => [`CREATE USER ${username} IDENTIFIED BY '${password}'`, `GRANT SELECT ON ${database}.* TO ${username}`],
});

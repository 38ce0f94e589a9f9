import { startMariaDb } from '../../../../servers';
import { RotationTarget } from '../../../../src';
import { sceneOf } from '../database';

export const scene = sceneOf({
  product: 'MariaDB',
  part: 'mariadb-11.8',
  start: () => startMariaDb(),
  target: (options) => RotationTarget.mariadb(options),
  makeUser: ({ username, password }, database) => [`CREATE USER ${username} IDENTIFIED BY '${password}'`, `GRANT SELECT ON ${database}.* TO ${username}`],
});

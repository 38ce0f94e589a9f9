import { startPostgres } from '../../../../servers';
import { RotationTarget } from '../../../../src';
import { sceneOf } from '../database';

export const scene = sceneOf({
  product: 'PostgreSQL',
  part: 'postgres',
  start: () => startPostgres(),
  target: (options) => RotationTarget.postgres(options),
  makeUser: ({ username, password }) => [`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`],
});

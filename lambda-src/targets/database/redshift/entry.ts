import { makeHandler } from '../../../handler';
import { databaseTarget } from '../target';
import { Redshift, redshiftTls } from './engine';

export const handler = makeHandler((config) => databaseTarget(config, { redshift: (database) => new Redshift(redshiftTls(database)) }));

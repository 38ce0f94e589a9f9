import { ldapTarget } from './target';
import { makeHandler } from '../../../handler';

export const handler = makeHandler(ldapTarget);

import { activeDirectoryTarget } from './target';
import { makeHandler } from '../../../handler';

export const handler = makeHandler(activeDirectoryTarget);

import { elastiCacheUserTarget } from './target';
import { makeHandler } from '../../../handler';

export const handler = makeHandler(elastiCacheUserTarget);

import { redisTarget } from './target';
import { makeHandler } from '../../handler';

export const handler = makeHandler(redisTarget);

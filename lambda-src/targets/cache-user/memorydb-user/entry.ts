import { memoryDbUserTarget } from './target';
import { makeHandler } from '../../../handler';

export const handler = makeHandler(memoryDbUserTarget);

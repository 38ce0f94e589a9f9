import { generatedTarget } from './target';
import { makeHandler } from '../../handler';

export const handler = makeHandler(generatedTarget);

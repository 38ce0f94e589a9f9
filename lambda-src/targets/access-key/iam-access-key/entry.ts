import { iamAccessKeyTarget } from './target';
import { makeHandler } from '../../../handler';

export const handler = makeHandler(iamAccessKeyTarget);

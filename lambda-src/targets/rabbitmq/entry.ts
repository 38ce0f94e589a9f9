import { rabbitMqTarget } from './target';
import { makeHandler } from '../../handler';

export const handler = makeHandler(rabbitMqTarget);
